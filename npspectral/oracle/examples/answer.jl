# NOT RUN: no test runs this spectral layer in Julia, which answers the case files.
# answer.rs and answer.mjs do the same and are run by the tests. Needs no package.
#
#     julia answer.jl FOLDER answers.json
#     npspectral judge answers.json --suite full
#
# FOLDER is what `npspectral vectors export FOLDER` wrote. Replace spectral() by a call of your own
# code. What this layer cannot do is answered by "skipped". Arrays are vectors, row by row.

# ---- the text twin: a line begins with a keyword; a number is 16 hexadecimal digits of a binary64

bits(word) = reinterpret(Float64, parse(UInt64, word; base=16))

struct Case
    id::String
    kind::String
    trainable::Vector{String}
    layers::Vector{Tuple{String,Float64}}   # name and its constant, such as the slope of leaky_relu
    inputs::Dict{String,Tuple{Vector{Int},Vector{Float64}}}                     # shape and numbers
end

"""The suite's version and the cases of one file."""
function cases_of(path)
    lines = split.(readlines(path))
    if isempty(lines) || lines[1][1] != "npspectral-cases"
        error("$path: no case file")
    end
    cases = Case[]
    for words in lines[2:end]
        if words[1] == "case"
            push!(cases, Case(words[2], words[3], [], [], Dict()))
        elseif words[1] == "trainable"
            append!(cases[end].trainable, words[3:end])
        elseif words[1] == "layer"
            number = findfirst(==("number"), words)
            push!(cases[end].layers, (words[2], number === nothing ? 0.0 : bits(words[number+1])))
        elseif words[1] == "in"
            rank = parse(Int, words[3])
            shape = parse.(Int, words[4:3+rank])
            cases[end].inputs[words[2]] = (shape, bits.(words[4+rank:end]))
        end
    end
    complete = count(words -> words[1] == "end", lines) == length(cases) == parse(Int, lines[1][8])
    complete || error("$path: cases are missing")
    return String(lines[1][4]), cases
end

# ---- your code: y = f(x W' + bias), W_ij = (lambda_in_j - lambda_out_i) phi_ij

sigmoid(z) = z > 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z))

# Name -> a function and its derivative; k is its constant.
const ACTIVATIONS = Dict(
    "identity" => (z, k) -> (z, 1.0),
    "relu" => (z, k) -> z > 0 ? (z, 1.0) : (0.0, 0.0),
    "leaky_relu" => (z, k) -> z > 0 ? (z, 1.0) : (k * z, k),
    "elu" => (z, k) -> z > 0 ? (z, 1.0) : (k * expm1(z), k * exp(z)),
    "tanh" => (z, k) -> (tanh(z), 1 / cosh(z)^2),
    "sigmoid" => (z, k) -> (sigmoid(z), sigmoid(z) * sigmoid(-z)),
    "softplus" => (z, k) -> ((max(k * z, 0.0) + log1p(exp(-abs(k * z)))) / k, sigmoid(k * z)))

struct Refused <: Exception
    why::String
end

"""y and all gradients; throws Refused on shapes that do not fit."""
function spectral(f, k, inputs)
    (x_shape, x), (phi_shape, phi) = inputs["x"], inputs["phi"]
    (grad_shape, grad_y), (_, l_in), (_, l_out) = (inputs[name] for name in
                                                   ("grad_y", "lambda_in", "lambda_out"))
    n_in, n_out = length(l_in), length(l_out)
    bias = haskey(inputs, "bias") ? inputs["bias"][2] : zeros(n_out)
    fits = x_shape[end] == n_in && phi_shape == [n_out, n_in] && length(bias) == n_out &&
           grad_shape == [x_shape[1:end-1]; n_out]
    fits || throw(Refused("shapes do not fit $n_in eigenvalues in and $n_out out"))
    batch = prod(x_shape[1:end-1])
    y = zeros(batch * n_out)
    grads = Dict("x" => zeros(batch * n_in), "phi" => zeros(n_out * n_in), "bias" => zeros(n_out),
                 "lambda_in" => zeros(n_in), "lambda_out" => zeros(n_out))
    for b in 0:batch-1, i in 1:n_out
        at_x, at_phi = b * n_in .+ (1:n_in), (i - 1) * n_in .+ (1:n_in)
        gap = l_in .- l_out[i]
        z = sum(gap .* phi[at_phi] .* x[at_x]) + bias[i]
        y[b*n_out+i], slope = f(z, k)
        grad_z = grad_y[b*n_out+i] * slope
        grad_w = grad_z .* x[at_x]
        grads["bias"][i] += grad_z
        grads["x"][at_x] .+= grad_z .* (gap .* phi[at_phi])
        grads["phi"][at_phi] .+= gap .* grad_w
        grads["lambda_in"] .+= phi[at_phi] .* grad_w
        grads["lambda_out"][i] -= sum(phi[at_phi] .* grad_w)
    end
    return y, grads
end

# ---- the answers

array(name, v) = "\"$name\": [" *
    join(("\"" * string(reinterpret(UInt64, x); base=16, pad=16) * "\"" for x in v), ", ") * "]"

function answer(case)
    names = first.(case.layers)
    activation = length(names) == 2 ? names[2] : "identity"
    if !(length(names) in (1, 2)) || names[1] != "spectral" || !haskey(ACTIVATIONS, activation)
        return "{\"skipped\": \"no such layer here\"}"
    end
    case.kind in ("vjp", "error") || return "{\"skipped\": \"no such kind of case here\"}"
    try
        y, grads = spectral(ACTIVATIONS[activation], case.layers[end][2], case.inputs)
        asked = [array("grad_$name", grads[name]) for name in ["x"; case.trainable]]
        return "{" * join([array("y", y); asked], ", ") * "}"
    catch refusal
        refusal isa Refused || rethrow()
        return "{\"error\": \"$(refusal.why)\"}"
    end
end

function main(folder, path)
    answers, suite = String[], ""
    for file in filter(endswith(".txt"), readdir(folder; join=true))
        suite, cases = cases_of(file)
        append!(answers, ["\"$(case.id)\": $(answer(case))" for case in cases])
    end
    isempty(answers) && error("$folder: holds no case file")
    open(path, "w") do out
        print(out, "{\"suite\": \"$suite\", \"dtype\": \"float64\", ",
              "\"implementation\": \"Julia\", \"answers\": {\n", join(answers, ",\n"), "\n}}\n")
    end
    println("$(length(answers)) cases are answered in $path")
end

main(ARGS...)
