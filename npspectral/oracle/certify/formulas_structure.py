"""First witness, the structured layers: phi in factors, a nested network, a masked weight.

Forward passes in scalar loops, in the forms in which people compute them: phi formed or its factors
applied in turn, W formed or not ("split"), the blocks of Phi Lambda Phi^-1 formed or a forward
substitution in their place.
"""
from functools import partial

from .formulas_layers import activated, affine, plus, spectral, split, through, weight
from .matrices import turned
from .tape import dot, total


# phi = L q^T with r the triangle of L row by row, phi = r q^T, phi = u diag(s) v

def kind_of(layer):
    return layer["layer"].split(",")[0]


def factors(kind, params):
    """The matrices whose product is phi, the one that is applied first at the front."""
    if kind == "spectral_svd":
        ranks = range(len(params["s"]))
        diagonal = [[params["s"][m] if m == n else 0 for n in ranks] for m in ranks]
        return [params["v"], diagonal, params["u"]]
    return [turned(params["q"]), left_factor(kind, params)]


def left_factor(kind, params):
    """r as it is, or L (n_out, k) from the entries of its triangle, zeros included."""
    if kind == "spectral_full_qr":
        return params["r"]
    rows, entries, k = [], iter(params["r"]), len(params["q"][0])
    for i in range(len(params["lambda_out"])):
        width = min(i + 1, k)
        rows.append([next(entries) for _ in range(width)] + [0] * (k - width))
    return rows


def eigenvectors(kind, params):
    """phi_ij."""
    if kind == "spectral_svd":
        return [[total(u * s * v for u, s, v in zip(row, params["s"], column))
                 for column in zip(*params["v"])] for row in params["u"]]
    return [[dot(row, q_row) for q_row in params["q"]] for row in left_factor(kind, params)]


def with_phi(kind, params):
    return params if kind == "spectral" else {**params, "phi": eigenvectors(kind, params)}


def factored(transfer, layer, params, x):
    return transfer(layer, with_phi(kind_of(layer), params), x)


def in_turn(layer, params, x):
    return through(factors(kind_of(layer), params), params, x)


# W~ = W where |W| > c, else 0; the tape does not see c, which only decides

def masked_weight(layer, params):
    """The weight before the mask, |W| - c, and W~."""
    matrix = params["weight"] if layer["of"] == "dense" else weight(with_phi(layer["of"], params))
    threshold = quantile(layer, matrix) if "sparsity" in layer else layer["threshold"]
    excess = [[abs(w) - threshold for w in row] for row in matrix]
    return matrix, excess, masked(excess, matrix)


def quantile(layer, matrix):
    """Between the order statistics of |W| on both sides of the place sparsity (n - 1)."""
    sizes = sorted(abs(w) for row in matrix for w in row)
    place = layer["sparsity"] * (len(sizes) - 1)
    place = getattr(place, "value", place)
    below = int(place)
    if place == below:
        return sizes[below]
    return sizes[below] + (sizes[below + 1] - sizes[below]) * (place - below)


def masked(excess, matrix):
    return [[w if over > 0 else 0 * w for over, w in zip(*rows)] for rows in zip(excess, matrix)]


def sparse(layer, params, x):
    return affine(masked_weight(layer, params)[2], x, params.get("bias"))


# z_k = W_k u_{k-1} + bias_k,  u_k = f(z_k) - phi_k u_{k-1}

def transfers(layer, params):
    """The parameters of each transfer of a nested network, under the names of a spectral layer."""
    for k in range(1, 1 + sum(name.startswith("phi_") for name in params)):
        names = {"phi": f"phi_{k}", "bias": f"bias_{k}",
                 "lambda_in": f"lambda_{k - 1}" if layer["shared"] else f"lambda_in_{k}",
                 "lambda_out": f"lambda_{k}" if layer["shared"] else f"lambda_out_{k}"}
        yield {key: params[name] for key, name in names.items() if name in params}


def hidden(layer, z):
    return activated({"layer": layer["activation"]}, z)


def nested_states(transfer, layer, params, x):
    """z_k of every transfer; y is the last one."""
    states, u = [], x
    for part in transfers(layer, params):
        states.append(transfer(layer, part, u))
        h, image = hidden(layer, states[-1]), affine(part["phi"], u)
        u = [[a - b for a, b in zip(*rows)] for rows in zip(h, image)] if layer["skip"] else h
    return states


def nested(transfer, layer, params, x):
    return nested_states(transfer, layer, params, x)[-1]


def blocks(transfer, layer, params, x):
    """The same by the blocks A_kj = W_k B_{k-1,j} of Phi Lambda Phi^-1, B_kj = -phi_k B_{k-1,j}.

    Blocks are kept transposed, so that W_k is applied to their rows as to the samples of a batch.
    """
    h, inverse = [x], []
    for part in transfers(layer, params):
        n = len(part["lambda_in"])
        inverse.append([[int(i == j) for i in range(n)] for j in range(n)])
        if not layer["skip"]:
            inverse = [[] for _ in inverse[:-1]] + inverse[-1:]
        linear = {key: entry for key, entry in part.items() if key != "bias"}
        across = [transfer(layer, linear, rows) for rows in inverse]
        z = [[total(h_m * row[i] for state, block in zip(h, across)
                    for h_m, row in zip(state[b], block)) for i in range(len(part["lambda_out"]))]
             for b in range(len(x))]
        z = plus(z, part.get("bias"))
        h.append(hidden(layer, z))
        inverse = [[[-entry for entry in row] for row in affine(part["phi"], rows)]
                   for rows in inverse]
    return z


FACTORED = ("spectral_qr", "spectral_full_qr", "spectral_svd")
TRANSFERS = {
    "nested": partial(nested, spectral), "nested, split": partial(nested, split),
    "nested, blocks": partial(blocks, spectral), "nested, split blocks": partial(blocks, split),
    "sparse_static": sparse, "sparse_dynamic": sparse,
    **{name: partial(factored, spectral) for name in FACTORED},
    **{f"{name}, split": partial(factored, split) for name in FACTORED},
    **{f"{name}, in turn": in_turn for name in FACTORED}}
