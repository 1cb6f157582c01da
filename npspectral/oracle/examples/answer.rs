//! A spectral layer in Rust that answers the case files. Needs no crate.
//!
//!     rustc -O -o answer answer.rs && ./answer FOLDER answers.json
//!     npspectral judge answers.json --suite full
//!
//! FOLDER is what `npspectral vectors export FOLDER` wrote. Replace spectral() by a call of your
//! own code; f32 and "float32" in the next two lines answer in float32. What this layer cannot do
//! is answered by "skipped". Exit code 2: a file cannot be read.
type Real = f64;
const DTYPE: &str = "float64";

use std::{collections::HashMap, env, error::Error, fs, process};

struct Array {
    shape: Vec<usize>,
    v: Vec<Real>,
}

#[derive(Default)]
struct Case {
    id: String,
    kind: String,
    trainable: Vec<String>,
    layers: Vec<(String, Real)>, // name and its constant, such as the slope of leaky_relu
    inputs: HashMap<String, Array>,
}

type Grads = Vec<(&'static str, Vec<Real>)>;

// ---- the text twin: a line begins with a keyword; a number is 16 hexadecimal digits of a binary64

fn bits(word: &str) -> Result<Real, std::num::ParseIntError> {
    Ok(f64::from_bits(u64::from_str_radix(word, 16)?) as Real)
}

/// The suite's version and the cases of one file.
fn read(text: &str) -> Result<(String, Vec<Case>), Box<dyn Error>> {
    let head: Vec<&str> = text.lines().next().unwrap_or("").split(' ').collect();
    if head.len() < 8 || head[0] != "npspectral-cases" {
        return Err("no case file".into());
    }
    let (mut cases, mut ended): (Vec<Case>, usize) = (Vec::new(), 0);
    for line in text.lines().skip(1) {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "case" {
            cases.push(Case { id: words[1].into(), kind: words[2].into(), ..Case::default() });
        }
        let case = cases.last_mut().ok_or("no case begins")?;
        match words[0] {
            "trainable" => case.trainable = words[2..].iter().map(|w| w.to_string()).collect(),
            "layer" => {
                let number = words.iter().position(|&word| word == "number");
                let constant = number.map_or(Ok(0.0), |at| bits(words[at + 1]))?;
                case.layers.push((words[1].into(), constant));
            }
            "in" => {
                let rank: usize = words[2].parse()?;
                let shape = words[3..3 + rank].iter().map(|w| w.parse()).collect::<Result<_, _>>()?;
                let v = words[3 + rank..].iter().map(|w| bits(w)).collect::<Result<_, _>>()?;
                case.inputs.insert(words[1].into(), Array { shape, v });
            }
            "end" => ended += 1,
            _ => {}
        }
    }
    if ended != head[7].parse::<usize>()? || ended != cases.len() {
        return Err("cases are missing".into());
    }
    Ok((head[3].into(), cases))
}

// ---- your code: y = f(x W' + bias), W_ij = (lambda_in_j - lambda_out_i) phi_ij

fn sigmoid(z: Real) -> Real {
    if z > 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// A function and its derivative; None if there is none of that name.
fn activation(name: &str, k: Real, z: Real) -> Option<(Real, Real)> {
    let positive = z > 0.0;
    Some(match name {
        "identity" => (z, 1.0),
        "relu" => if positive { (z, 1.0) } else { (0.0, 0.0) },
        "leaky_relu" => if positive { (z, 1.0) } else { (k * z, k) },
        "elu" => if positive { (z, 1.0) } else { (k * z.exp_m1(), k * z.exp()) },
        "tanh" => (z.tanh(), 1.0 / (z.cosh() * z.cosh())),
        "sigmoid" => (sigmoid(z), sigmoid(z) * sigmoid(-z)),
        "softplus" => (((k * z).max(0.0) + (-(k * z).abs()).exp().ln_1p()) / k, sigmoid(k * z)),
        _ => return None,
    })
}

/// y and all gradients, or why the input is refused.
fn spectral(case: &Case, name: &str, k: Real) -> Result<Grads, String> {
    let get = |key: &str| case.inputs.get(key).ok_or(format!("{key} is missing"));
    let (x, phi, grad_y) = (get("x")?, get("phi")?, get("grad_y")?);
    let (l_in, l_out, bias) = (get("lambda_in")?, get("lambda_out")?, case.inputs.get("bias"));
    let (n_in, n_out) = (l_in.v.len(), l_out.v.len());
    let (batch_shape, width) = x.shape.split_at(x.shape.len() - 1);
    if width != [n_in] || phi.shape != [n_out, n_in] || bias.is_some_and(|b| b.v.len() != n_out)
        || grad_y.shape != [batch_shape, &[n_out]].concat() {
        return Err(format!("shapes do not fit {n_in} eigenvalues in and {n_out} out"));
    }
    let batch = batch_shape.iter().product();
    let (mut y, mut grad_x) = (vec![0.0; batch * n_out], vec![0.0; batch * n_in]);
    let (mut grad_phi, mut grad_bias) = (vec![0.0; n_out * n_in], vec![0.0; n_out]);
    let (mut grad_in, mut grad_out) = (vec![0.0; n_in], vec![0.0; n_out]);
    for b in 0..batch {
        for i in 0..n_out {
            let weight = |j| (l_in.v[j] - l_out.v[i]) * phi.v[n_in * i + j];
            let product: Real = (0..n_in).map(|j| weight(j) * x.v[n_in * b + j]).sum();
            let z = product + bias.map_or(0.0, |bias| bias.v[i]);
            let (value, slope) = activation(name, k, z).ok_or("no such activation")?;
            let grad_z = grad_y.v[n_out * b + i] * slope;
            y[n_out * b + i] = value;
            grad_bias[i] += grad_z;
            for j in 0..n_in {
                let grad_w = grad_z * x.v[n_in * b + j];
                grad_x[n_in * b + j] += grad_z * weight(j);
                grad_phi[n_in * i + j] += (l_in.v[j] - l_out.v[i]) * grad_w;
                grad_in[j] += phi.v[n_in * i + j] * grad_w;
                grad_out[i] -= phi.v[n_in * i + j] * grad_w;
            }
        }
    }
    Ok(vec![("y", y), ("x", grad_x), ("phi", grad_phi), ("bias", grad_bias),
            ("lambda_in", grad_in), ("lambda_out", grad_out)])
}

// ---- the answers

fn answer(case: &Case) -> String {
    let names: Vec<&str> = case.layers.iter().map(|(name, _)| name.as_str()).collect();
    let (name, k) = match names[..] {
        ["spectral"] => ("identity", 0.0),
        ["spectral", name] if activation(name, 1.0, 0.0).is_some() => (name, case.layers[1].1),
        _ => return r#"{"skipped": "no such layer here"}"#.into(),
    };
    if case.kind != "vjp" && case.kind != "error" {
        return r#"{"skipped": "no such kind of case here"}"#.into();
    }
    let asked = |name: &str| ["y", "x"].contains(&name) || case.trainable.iter().any(|t| t == name);
    let array = |(name, v): &(&str, Vec<Real>)| {
        let width = 2 * std::mem::size_of::<Real>();
        let words = v.iter().map(|x| format!("\"{:0width$x}\"", x.to_bits())).collect::<Vec<_>>();
        let prefix = if *name == "y" { "" } else { "grad_" };
        format!("\"{prefix}{name}\": [{}]", words.join(", "))
    };
    match spectral(case, name, k) {
        Err(why) => format!("{{\"error\": \"{why}\"}}"),
        Ok(grads) => {
            let asked: Vec<_> = grads.iter().filter(|(name, _)| asked(name)).map(array).collect();
            format!("{{{}}}", asked.join(", "))
        }
    }
}

fn run(folder: &str, path: &str) -> Result<usize, Box<dyn Error>> {
    let (mut suite, mut answers) = (String::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|end| end == "txt") {
            let (version, cases) = read(&fs::read_to_string(&file)?)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            suite = version;
            answers.extend(cases.iter().map(|case| format!("\"{}\": {}", case.id, answer(case))));
        }
    }
    if answers.is_empty() {
        return Err(format!("{folder}: holds no case file").into());
    }
    let fields = [("suite", suite.as_str()), ("dtype", DTYPE), ("implementation", "Rust")];
    let head = fields.map(|(name, text)| format!("\"{name}\": \"{text}\", ")).concat();
    fs::write(path, format!("{{{head}\"answers\": {{\n{}\n}}}}\n", answers.join(",\n")))?;
    Ok(answers.len())
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let [folder, path] = &words[..] else {
        eprintln!("usage: answer FOLDER answers.json");
        process::exit(2);
    };
    match run(folder, path) {
        Ok(n) => println!("{n} cases are answered in {path}"),
        Err(error) => {
            eprintln!("{error}");
            process::exit(2);
        }
    }
}
