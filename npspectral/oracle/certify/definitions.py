"""Second witness: forward passes alone, transcribed from the definitions and nothing else here.

The spectral layer is the lower block of the whole state after Phi Lambda Phi^-1, activations and
losses are written as a paper prints them, optimizers as sums over the past. Derivatives come from
differences of these in 120 digits. All functions take and give Decimal numbers, or lists of them.
"""
from decimal import getcontext
from functools import lru_cache

from . import definitions_images
from .definitions_recurrent import ONE, TWO, ZERO, complex_recurrent, dot, recurrent


def network(layers, params, x):
    """y of a stack of layers for a batch x."""
    return states(layers, params, x)[-1]


def states(layers, params, x):
    """x, and the batch behind every layer."""
    through = [x]
    for layer, layer_params in zip(layers, params):
        if layer["layer"] == "batch_norm":
            x = definitions_images.batch_norm(layer, layer_params, x)
        else:
            formed = _formed(layer, layer_params)
            x = [_layer(layer, formed, sample) for sample in x]
        through.append(x)
    return through


def moved_statistics(layers, params, before):
    """Position -> the running mean and variance after a batch, of normalizations in training."""
    return {k: definitions_images.moved_statistics(layers[k], params[k], before[k])
            for k in range(len(layers)) if layers[k].get("training")}


def _formed(layer, params):
    """The parameters with phi, or with the weight of a sparse layer, which serve all samples."""
    kind = layer["layer"]
    if "of" in layer:
        return {**params, "weight": _matrix(layer["of"], params)}
    return {**params, "phi": _eigenvectors(kind, params)} if kind.startswith("spectral") else params


def _layer(layer, params, sample):
    kind = layer["layer"]
    if kind in ACTIVATIONS:
        return [ACTIVATIONS[kind](layer, entry) for entry in sample]
    if kind in definitions_images.OF_SAMPLES:
        return definitions_images.OF_SAMPLES[kind](layer, params, sample)
    if kind == "nested":
        return _nested(layer, params, sample)
    if kind in RECURRENT:
        bend = ACTIVATIONS[layer["activation"]]
        return RECURRENT[kind](layer, params, sample, lambda entry: bend(layer, entry), _tanh)
    if kind in ("sparse_static", "sparse_dynamic"):
        image = [sum((w * x for keep, w, x in zip(keeps, row, sample) if keep), ZERO)
                 for keeps, row in zip(layer["mask"], params["weight"])]
    elif kind == "dense":
        image = [layer.get("scale", ONE) * dot(row, sample) for row in params["weight"]]
    else:
        image = _transfer(params, sample)
    return [a + b for a, b in zip(image, params["bias"])] if "bias" in params else image


RECURRENT = {"recurrent": recurrent, "complex_recurrent": complex_recurrent}


def _transfer(params, sample):
    """Giambagli et al. 2021: the state (x, 0) goes to Phi Lambda Phi^-1 (x, 0), whose end is y."""
    phi, lambda_in, lambda_out = params["phi"], params["lambda_in"], params["lambda_out"]
    n_in, n_out = len(lambda_in), len(lambda_out)
    state = list(sample) + [ZERO] * n_out
    state = state[:n_in] + [state[n_in + i] - dot(phi[i], state[:n_in]) for i in range(n_out)]
    state = [eigenvalue * entry for eigenvalue, entry in zip(lambda_in + lambda_out, state)]
    state = state[:n_in] + [state[n_in + i] + dot(phi[i], state[:n_in]) for i in range(n_out)]
    return state[n_in:]


def _eigenvectors(kind, params):
    """phi by its entries: sum_m u_im s_m v_mj, sum_m L_im q_jm, or as it is given."""
    if kind == "spectral":
        return params["phi"]
    if kind == "spectral_svd":
        u, s, v = params["u"], params["s"], params["v"]
        return [[sum((s[m] * row[m] * v[m][j] for m in range(len(s))), ZERO)
                 for j in range(len(v[0]))] for row in u]
    q, r, k = params["q"], params["r"], len(params["q"][0])
    lower = r if kind == "spectral_full_qr" else [
        [_packed(r, k, i, m) for m in range(k)] for i in range(len(params["lambda_out"]))]
    return [[dot(row, q_row) for q_row in q] for row in lower]


def _packed(r, k, i, m):
    """L_im: row i begins behind 1 + 2 + ... + i entries, of which none has more than k."""
    begin = i * (i + 1) // 2 if i <= k else k * (k + 1) // 2 + (i - k) * k
    return r[begin + m] if m <= i else ZERO


def with_masks(layers, params):
    """The layers, the sparse ones with the mask that is constant where their weight is moved."""
    return [{**layer, "mask": _mask(layer, _matrix(layer["of"], layer_params))}
            if "of" in layer else layer for layer, layer_params in zip(layers, params)]


def _matrix(kind, params):
    """The matrix whose small entries are masked, column by column of what it makes of units."""
    if kind == "dense":
        return params["weight"]
    return weight({**params, "phi": _eigenvectors(kind, params)})


def _mask(layer, matrix):
    """|w| > c, where c is a number or the linear quantile of all |w|."""
    sizes = sorted(abs(entry) for row in matrix for entry in row)
    c = layer.get("threshold")
    if c is None:
        place = layer["sparsity"] * (len(sizes) - 1)
        below = int(place)
        above = min(below + 1, len(sizes) - 1)
        c = (1 - place + below) * sizes[below] + (place - below) * sizes[above]
    return [[abs(entry) > c for entry in row] for row in matrix]


def _nested(layer, params, sample):
    """The state of all nodes through Phi Lambda Phi^-1, once for every layer that is reached.

    Phi = 1 + N, N the phi_k below the diagonal.
    """
    depth = sum(name.startswith("phi_") for name in params)
    phis = [params[f"phi_{k}"] for k in range(1, 1 + depth)]
    sizes = [len(phis[0][0])] + [len(phi) for phi in phis]
    state = [list(sample)] + [[ZERO] * size for size in sizes[1:]]
    for k in range(1, len(sizes)):
        names = (f"lambda_{k - 1}", f"lambda_{k}") if layer["shared"] else (
            f"lambda_in_{k}", f"lambda_out_{k}")
        seen = state if layer["skip"] else [
            part if at == k - 1 else [ZERO] * len(part) for at, part in enumerate(state)]
        turned, scaled = _by_inverse(phis, seen), [[ZERO] * size for size in sizes]
        for at, name in zip((k - 1, k), names):
            scaled[at] = [eigenvalue * entry for eigenvalue, entry in zip(params[name], turned[at])]
        reached = _sum(_lowered(phis, scaled, ONE)[k], scaled[k])
        if f"bias_{k}" in params:
            reached = _sum(reached, params[f"bias_{k}"])
        if k + 1 < len(sizes):
            reached = [ACTIVATIONS[layer["activation"]](layer, entry) for entry in reached]
        state[k] = reached
    return state[-1]


def _by_inverse(phis, state):
    """Phi^-1 times a state: 1 - N + N^2 - ..., which breaks off."""
    term = result = state
    for _ in phis:
        term = _lowered(phis, term, -ONE)
        result = [_sum(a, b) for a, b in zip(result, term)]
    return result


def _lowered(phis, state, sign):
    """sign N times a state: what every layer gets from the one before."""
    return [[ZERO] * len(state[0])] + [
        [sign * dot(row, before) for row in phi] for phi, before in zip(phis, state)]


def _sum(a, b):
    return [p + q for p, q in zip(a, b)]


def exp(x):
    """e^x, remembered: a difference moves one unit of many, and the others come again."""
    return _exp(x, getcontext().prec)


@lru_cache(maxsize=4096)
def _exp(x, digits):
    return x.exp()


def ln(x):
    return _ln(x, getcontext().prec)


@lru_cache(maxsize=4096)
def _ln(x, digits):
    return x.ln()


def _tanh(x):
    return (exp(x) - exp(-x)) / (exp(x) + exp(-x))


ACTIVATIONS = {
    "identity": lambda layer, x: x,
    "relu": lambda layer, x: max(x, ZERO),
    "leaky_relu": lambda layer, x: max(x, ZERO) + layer["slope"] * min(x, ZERO),
    "elu": lambda layer, x: x if x > 0 else layer["alpha"] * (exp(x) - ONE),
    "tanh": lambda layer, x: _tanh(x),
    "sigmoid": lambda layer, x: ONE / (ONE + exp(-x)),
    "softplus": lambda layer, x: ln(ONE + exp(layer["sharpness"] * x)) / layer["sharpness"],
}


def loss(spec, y, target, weights=None):
    """The value of a loss for a batch y."""
    weights = weights or [ONE] * len(y)
    losses = [LOSSES[spec["loss"]](spec, row, aim) for row, aim in zip(y, target)]
    value = dot(weights, losses)
    return value / sum(weights) if spec["reduction"] == "mean" else value


def _per_output(term):
    return lambda spec, y, t: sum((term(spec, a, b) for a, b in zip(y, t)), ZERO) / len(y)


def _softmax_cross_entropy(spec, y, t):
    q = [ONE if k == t else ZERO for k in range(len(y))] if isinstance(t, int) else t
    partition = sum(exp(entry) for entry in y)
    return -dot(q, [ln(exp(entry) / partition) for entry in y])


def _binary_cross_entropy(spec, y, t):
    s = ONE / (ONE + exp(-y))
    return -(t * ln(s) + (ONE - t) * ln(ONE - s))


LOSSES = {
    "mean_squared_error": _per_output(lambda spec, y, t: (y - t) ** 2),
    "softmax_cross_entropy": _softmax_cross_entropy,
    "binary_cross_entropy_with_logits": _per_output(_binary_cross_entropy),
    "hinge": _per_output(lambda spec, y, t: max(ZERO, ONE - t * y)),
    "soft_hinge": _per_output(lambda spec, y, t: ln(
        ONE + exp(spec["sharpness"] * (ONE - t * y))) / spec["sharpness"]),
    "quadratic_hinge": _per_output(lambda spec, y, t: max(ZERO, ONE - t * y) ** 2 / TWO),
}


def penalty(spec, array):
    """The value of a penalty on a vector or a matrix."""
    rows = array if isinstance(array[0], list) else [array]
    entries = [entry for row in rows for entry in row]
    l1, l2 = sum(abs(entry) for entry in entries), dot(entries, entries)
    if spec["penalty"] == "group_lasso":
        groups = rows if spec["axis"] == -1 else [list(column) for column in zip(*rows)]
        return spec["strength"] * sum(dot(group, group).sqrt() for group in groups)
    if spec["penalty"] == "elastic_net":
        return spec["strength"] * (spec["ratio"] * l1 + (ONE - spec["ratio"]) * l2)
    return spec["strength"] * {"l1": l1, "l2": l2}[spec["penalty"]]


def weight(params):
    """The matrix of a spectral layer, column by column: what it makes of each unit vector."""
    n_in = len(params["lambda_in"])
    units = [[ONE if i == j else ZERO for i in range(n_in)] for j in range(n_in)]
    return [list(row) for row in zip(*(_transfer(params, unit) for unit in units))]


def optimizer(spec, theta, gradients):
    """theta after each gradient; moments as weighted sums over all gradients so far."""
    trace = []
    for t in range(1, len(gradients) + 1):
        pasts = [[gradient[k] for gradient in gradients[:t]] for k in range(len(theta))]
        steps = [OPTIMIZERS[spec["optimizer"]](spec, t, past) for past in pasts]
        shrink = ONE - spec["learning_rate"] * spec["decay"]
        theta = [shrink * entry - spec["learning_rate"] * step
                 for entry, step in zip(theta, steps)]
        trace.append(theta)
    return trace


def _discounted(beta, past):
    return past[-1] + sum((beta ** (len(past) - s) * g for s, g in enumerate(past[:-1], 1)), ZERO)


def _adam(spec, t, past):
    b1, b2 = spec["beta1"], spec["beta2"]
    m_hat = (ONE - b1) * _discounted(b1, past) / (ONE - b1 ** t)
    v_hat = (ONE - b2) * _discounted(b2, [g * g for g in past]) / (ONE - b2 ** t)
    return m_hat / (v_hat.sqrt() + spec["eps"])


def _adamax(spec, t, past):
    m_hat = (ONE - spec["beta1"]) * _discounted(spec["beta1"], past) / (ONE - spec["beta1"] ** t)
    u = max(spec["beta2"] ** (t - s) * abs(g) for s, g in enumerate(past, 1))
    return m_hat / (u + spec["eps"])


OPTIMIZERS = {"sgd": lambda spec, t, past: _discounted(spec["momentum"], past),
              "adam": _adam, "adamax": _adamax}
