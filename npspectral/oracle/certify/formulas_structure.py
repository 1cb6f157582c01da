"""First witness, the structured layers: phi in factors, a nested network, a masked weight.

Forward and hand-derived backward in scalar loops, in the forms in which people compute them: phi
formed or its factors applied in turn, W formed or not ("split"), the blocks of Phi Lambda Phi^-1
formed or a forward substitution in their place.
"""
from functools import partial

from .arithmetic import total
from .formulas_layers import (affine_backward, affine_forward, dense_backward, function,
                              spectral_backward, spectral_forward, split_backward, split_forward,
                              through_backward, through_forward, weight, weight_backward)


# phi = L q^T with r the triangle of L row by row, phi = r q^T, phi = u diag(s) v

def factors(kind, own):
    """The matrices whose product is phi, the one that is applied first at the front."""
    if kind == "spectral_svd":
        ranks = range(len(own["s"]))
        return [own["v"], [[own["s"][m] if m == n else 0 for n in ranks] for m in ranks], own["u"]]
    return [_turned(own["q"]), triangle(own) if kind == "spectral_qr" else own["r"]]


def triangle(own):
    """L (n_out, k), zeros included."""
    found, entries, k = [], iter(own["r"]), len(own["q"][0])
    for i in range(len(own["lambda_out"])):
        width = min(i + 1, k)
        found.append([next(entries) for _ in range(width)] + [0] * (k - width))
    return found


def _turned(matrix):
    return [list(column) for column in zip(*matrix)]


def eigenvectors(kind, own):
    """phi_ij."""
    if kind == "spectral_svd":
        return [[total(u * s * v for u, s, v in zip(row, own["s"], column))
                 for column in zip(*own["v"])] for row in own["u"]]
    lower = triangle(own) if kind == "spectral_qr" else own["r"]
    return [[total(a * b for a, b in zip(row, q_row)) for q_row in own["q"]] for row in lower]


def learned(kind, own, grad_phi):
    """r or s from grad_phi: grad_L = grad_phi q, grad_s_m = sum_ij u_im grad_phi_ij v_mj."""
    if kind == "spectral_svd":
        return {"s": [total(u_row[m] * g * v for u_row, row in zip(own["u"], grad_phi)
                            for g, v in zip(row, own["v"][m])) for m in range(len(own["s"]))]}
    grad_lower = [[total(g * q_row[m] for g, q_row in zip(row, own["q"]))
                   for m in range(len(own["q"][0]))] for row in grad_phi]
    return {"r": _packed(grad_lower) if kind == "spectral_qr" else grad_lower}


def _packed(lower):
    return [entry for i, row in enumerate(lower) for entry in row[:i + 1]]


def _kind(layer):
    return layer["layer"].split(",")[0]


def factored_forward(transfer, layer, own, x):
    return transfer(layer, {**own, "phi": eigenvectors(_kind(layer), own)}, x)


def factored_backward(transfer, layer, own, x, grad_y):
    kind = _kind(layer)
    grads, grad_x = transfer(layer, {**own, "phi": eigenvectors(kind, own)}, x, grad_y)
    return {**grads, **learned(kind, own, grads.pop("phi"))}, grad_x


def in_turn_forward(layer, own, x):
    return through_forward(factors(_kind(layer), own), own, x)


def in_turn_backward(layer, own, x, grad_y):
    grad_factors, grads, grad_x = through_backward(factors(_kind(layer), own), own, x, grad_y)
    if _kind(layer) == "spectral_svd":
        return {**grads, "s": [row[m] for m, row in enumerate(grad_factors[1])]}, grad_x
    packed = _kind(layer) == "spectral_qr"
    return {**grads, "r": _packed(grad_factors[1]) if packed else grad_factors[1]}, grad_x


# W~ = W where |W| > c, else 0

def masked_weight(layer, own):
    """The weight before the mask, |W| - c, and W~."""
    matrix = own["weight"] if layer["of"] == "dense" else weight(_with_phi(layer["of"], own))
    threshold = quantile(layer, matrix) if "sparsity" in layer else layer["threshold"]
    excess = [[abs(w) - threshold for w in row] for row in matrix]
    return matrix, excess, _kept(excess, matrix)


def quantile(layer, matrix):
    """Between the order statistics of |W| on both sides of the place sparsity (n - 1)."""
    sizes = sorted(abs(w) for row in matrix for w in row)
    place = layer["sparsity"] * (len(sizes) - 1)
    place = getattr(place, "value", place)
    below = int(place)
    if place == below:
        return sizes[below]
    return sizes[below] + (sizes[below + 1] - sizes[below]) * (place - below)


def _kept(excess, matrix):
    return [[w if over > 0 else 0 * w for over, w in zip(*rows)] for rows in zip(excess, matrix)]


def _with_phi(kind, own):
    return own if kind == "spectral" else {**own, "phi": eigenvectors(kind, own)}


def sparse_forward(layer, own, x):
    return affine_forward(masked_weight(layer, own)[2], own, x)


def sparse_backward(layer, own, x, grad_y):
    kind, (_, excess, kept) = layer["of"], masked_weight(layer, own)
    grads, grad_x = dense_backward(layer, {**own, "weight": kept}, x, grad_y)
    grad_weight = _kept(excess, grads.pop("weight"))
    if kind == "dense":
        return {**grads, "weight": grad_weight}, grad_x
    grads |= weight_backward(_with_phi(kind, own), grad_weight)
    return {**grads, **(learned(kind, own, grads.pop("phi")) if kind != "spectral" else {})}, grad_x


# z_k = W_k u_{k-1} + bias_k,  u_k = f(z_k) - phi_k u_{k-1}

def transfers(layer, own):
    """Parameters of each transfer under the names of a spectral layer, and their own names."""
    for k in range(1, 1 + sum(name.startswith("phi_") for name in own)):
        names = {"phi": f"phi_{k}", "bias": f"bias_{k}",
                 "lambda_in": f"lambda_{k - 1}" if layer["shared"] else f"lambda_in_{k}",
                 "lambda_out": f"lambda_{k}" if layer["shared"] else f"lambda_out_{k}"}
        yield {key: own[name] for key, name in names.items() if name in own}, names


def nested_states(layer, own, x, transfer=spectral_forward):
    """u_{k-1} and z_k of every transfer; y is the last z."""
    parts, found, u = [part for part, _ in transfers(layer, own)], [], x
    for part in parts:
        z = transfer(layer, part, u)
        found.append((u, z))
        h = [[function({"layer": layer["activation"]}, entry)[0] for entry in row] for row in z]
        image = affine_forward(part["phi"], {}, u)
        u = _plus(h, _negative(image)) if layer["skip"] else h
    return found


def _plus(a, b):
    if a and isinstance(a[0], list):
        return [_plus(*rows) for rows in zip(a, b, strict=True)]
    return [p + q for p, q in zip(a, b, strict=True)]


def _negative(matrix):
    return [[-entry for entry in row] for row in matrix]


def nested_forward(transfer, layer, own, x):
    return nested_states(layer, own, x, transfer)[-1][1]


def nested_backward(forward, backward, layer, own, x, grad_y):
    """grad_u_{k-1} = grad_z W - grad_u_k phi_k, and -grad_u_k^T u_{k-1} on top of grad_phi_k."""
    states, parts = nested_states(layer, own, x, forward), list(transfers(layer, own))
    grads, grad_u = {}, grad_y
    for k in reversed(range(len(parts))):
        (u, z), (part, names), grad_h = states[k], parts[k], grad_u
        last = k + 1 == len(parts)
        grad_z = grad_h if last else _bent_back(layer, z, grad_h)
        found, grad_u = backward(layer, part, u, grad_z)
        _collect(grads, names, found)
        if layer["skip"] and not last:
            grad_phi, _, back = affine_backward(part["phi"], {}, u, _negative(grad_h))
            _collect(grads, names, {"phi": grad_phi})
            grad_u = _plus(grad_u, back)
    return grads, grad_u


def _bent_back(layer, z, grad_h):
    return [[function({"layer": layer["activation"]}, entry)[1] * g for entry, g in zip(*rows)]
            for rows in zip(z, grad_h)]


def _collect(grads, names, found):
    """Gradients of one transfer on top of what other transfers gave to the same parameters."""
    for key, grad in found.items():
        grads[names[key]] = _plus(grads[names[key]], grad) if names[key] in grads else grad


# The same by the blocks A_kj = W_k B_{k-1,j} of Phi Lambda Phi^-1, B_kj = -phi_k B_{k-1,j}. Blocks
# are kept transposed, so that W_k is applied to their rows as to the samples of a batch.

def blocks_forward(transfer, layer, own, x):
    return _blocks(transfer, layer, own, x)[1][-1]


def _blocks(transfer, layer, own, x):
    """Per transfer B_{k-1,j} and A_kj of all j < k; z_k; h_0, h_1, ..."""
    h, z, found, inverse = [x], [], [], []
    for part, _ in transfers(layer, own):
        linear = {key: entry for key, entry in part.items() if key != "bias"}
        n = len(part["lambda_in"])
        inverse.append([[1 if i == j else 0 for i in range(n)] for j in range(n)])
        if not layer["skip"]:
            inverse = [[] for _ in inverse[:-1]] + inverse[-1:]
        blocks = [transfer(layer, linear, b) for b in inverse]
        found.append((inverse, blocks))
        z.append([[total(state[s][m] * block[m][i] for state, block in zip(h, blocks)
                         for m in range(len(block))) for i in range(len(part["lambda_out"]))]
                  for s in range(len(x))])
        if "bias" in part:
            z[-1] = [[a + b for a, b in zip(row, part["bias"])] for row in z[-1]]
        h.append([[function({"layer": layer["activation"]}, entry)[0] for entry in row]
                  for row in z[-1]])
        inverse = [_negative(affine_forward(part["phi"], {}, b)) for b in inverse]
    return found, z, h


def blocks_backward(forward, backward, layer, own, x, grad_y):
    found, z, h = _blocks(forward, layer, own, x)
    parts, grads = list(transfers(layer, own)), {}
    grad_h = [None] * len(parts) + [grad_y]
    grad_inverse = [None] * len(parts)
    for k in reversed(range(len(parts))):
        (part, names), (inverse, blocks) = parts[k], found[k]
        grad_z = grad_y if k + 1 == len(parts) else _bent_back(layer, z[k], grad_h[k + 1])
        if "bias" in part:
            grads[names["bias"]] = [total(row[i] for row in grad_z)
                                    for i in range(len(part["bias"]))]
        linear = {key: entry for key, entry in part.items() if key != "bias"}
        for j, (b, block) in enumerate(zip(inverse, blocks)):
            if not b:
                continue
            if grad_inverse[j] is not None:             # B_kj = -phi_k B_{k-1,j} of the next one
                grad_phi, _, grad_b = affine_backward(part["phi"], {}, b,
                                                      _negative(grad_inverse[j]))
                _collect(grads, names, {"phi": grad_phi})
            grad_block, _, back = affine_backward(_turned(block), {}, h[j], grad_z)
            own_grads, own_grad_b = backward(layer, linear, b, _turned(grad_block))
            _collect(grads, names, own_grads)
            grad_b = own_grad_b if grad_inverse[j] is None else _plus(grad_b, own_grad_b)
            grad_inverse[j] = grad_b if layer["skip"] else None
            grad_h[j] = _plus(grad_h[j], back) if grad_h[j] else back
    return grads, grad_h[0]


SPLIT = (split_forward, split_backward)
FORMED = (spectral_forward, spectral_backward)
LINEAR = {
    "nested": (partial(nested_forward, FORMED[0]), partial(nested_backward, *FORMED)),
    "nested, split": (partial(nested_forward, SPLIT[0]), partial(nested_backward, *SPLIT)),
    "nested, blocks": (partial(blocks_forward, FORMED[0]), partial(blocks_backward, *FORMED)),
    "nested, split blocks": (partial(blocks_forward, SPLIT[0]), partial(blocks_backward, *SPLIT)),
    "sparse_static": (sparse_forward, sparse_backward),
    "sparse_dynamic": (sparse_forward, sparse_backward)}
for _name in ("spectral_qr", "spectral_full_qr", "spectral_svd"):
    LINEAR |= {_name: (partial(factored_forward, FORMED[0]), partial(factored_backward, FORMED[1])),
               f"{_name}, split": (partial(factored_forward, SPLIT[0]),
                                   partial(factored_backward, SPLIT[1])),
               f"{_name}, in turn": (in_turn_forward, in_turn_backward)}
