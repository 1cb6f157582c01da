"""Second witness: forward passes alone, transcribed from the definitions and nothing else here.

The spectral layer is the lower block of the whole state after Phi Lambda Phi^-1, activations and
losses are written as a paper prints them, optimizers as sums over the past. Derivatives come from
differences of these in 120 digits. All functions take and give Decimal numbers, or lists of them.
"""
from decimal import Decimal, getcontext
from functools import lru_cache

ZERO, ONE, TWO = Decimal(0), Decimal(1), Decimal(2)


def network(layers, params, x):
    """y of a stack of layers for a batch x."""
    for layer, own in zip(layers, params):
        x = [_layer(layer, own, sample) for sample in x]
    return x


def _layer(layer, own, sample):
    kind = layer["layer"]
    if kind == "spectral":
        image = _transfer(own["phi"], own["lambda_in"], own["lambda_out"], sample)
    elif kind == "dense":
        image = [_dot(row, sample) for row in own["weight"]]
    else:
        return [ACTIVATIONS[kind](layer, entry) for entry in sample]
    return [a + b for a, b in zip(image, own["bias"])] if "bias" in own else image


def _transfer(phi, lambda_in, lambda_out, sample):
    """Giambagli et al. 2021: the state (x, 0) goes to Phi Lambda Phi^-1 (x, 0); its end is kept."""
    n_in, n_out = len(lambda_in), len(lambda_out)
    state = list(sample) + [ZERO] * n_out
    state = state[:n_in] + [state[n_in + i] - _dot(phi[i], state[:n_in]) for i in range(n_out)]
    state = [eigenvalue * entry for eigenvalue, entry in zip(lambda_in + lambda_out, state)]
    state = state[:n_in] + [state[n_in + i] + _dot(phi[i], state[:n_in]) for i in range(n_out)]
    return state[n_in:]


def _dot(a, b):
    return sum((p * q for p, q in zip(a, b)), ZERO)


def exp(x):
    """e^x, remembered: a difference moves one unit of many, and the others come again."""
    return _exp(x, getcontext().prec)


@lru_cache(maxsize=4096)
def _exp(x, digits):
    return x.exp()


def _tanh(x):
    return (exp(x) - exp(-x)) / (exp(x) + exp(-x))


ACTIVATIONS = {
    "identity": lambda layer, x: x,
    "relu": lambda layer, x: max(x, ZERO),
    "leaky_relu": lambda layer, x: max(x, ZERO) + layer["slope"] * min(x, ZERO),
    "elu": lambda layer, x: x if x > 0 else layer["alpha"] * (exp(x) - ONE),
    "tanh": lambda layer, x: _tanh(x),
    "sigmoid": lambda layer, x: ONE / (ONE + exp(-x)),
    "softplus": lambda layer, x: (ONE + exp(layer["sharpness"] * x)).ln() / layer["sharpness"],
}


def loss(spec, y, target, weights=None):
    """The value of a loss for a batch y."""
    weights = weights or [ONE] * len(y)
    own = [LOSSES[spec["loss"]](spec, row, aim) for row, aim in zip(y, target)]
    value = _dot(weights, own)
    return value / sum(weights) if spec["reduction"] == "mean" else value


def _per_output(term):
    return lambda spec, y, t: sum((term(spec, a, b) for a, b in zip(y, t)), ZERO) / len(y)


def _softmax_cross_entropy(spec, y, t):
    q = [ONE if k == t else ZERO for k in range(len(y))] if isinstance(t, int) else t
    partition = sum(exp(entry) for entry in y)
    return -_dot(q, [(exp(entry) / partition).ln() for entry in y])


def _binary_cross_entropy(spec, y, t):
    s = ONE / (ONE + exp(-y))
    return -(t * s.ln() + (ONE - t) * (ONE - s).ln())


LOSSES = {
    "mean_squared_error": _per_output(lambda spec, y, t: (y - t) ** 2),
    "softmax_cross_entropy": _softmax_cross_entropy,
    "binary_cross_entropy_with_logits": _per_output(_binary_cross_entropy),
    "hinge": _per_output(lambda spec, y, t: max(ZERO, ONE - t * y)),
    "soft_hinge": _per_output(lambda spec, y, t: (
        ONE + exp(spec["sharpness"] * (ONE - t * y))).ln() / spec["sharpness"]),
    "quadratic_hinge": _per_output(lambda spec, y, t: max(ZERO, ONE - t * y) ** 2 / TWO),
}


def penalty(spec, array):
    """The value of a penalty on a vector or a matrix."""
    rows = array if isinstance(array[0], list) else [array]
    entries = [entry for row in rows for entry in row]
    l1, l2 = sum(abs(entry) for entry in entries), _dot(entries, entries)
    if spec["penalty"] == "group_lasso":
        groups = rows if spec["axis"] == -1 else [list(column) for column in zip(*rows)]
        return spec["strength"] * sum(_dot(group, group).sqrt() for group in groups)
    if spec["penalty"] == "elastic_net":
        return spec["strength"] * (spec["ratio"] * l1 + (ONE - spec["ratio"]) * l2)
    return spec["strength"] * {"l1": l1, "l2": l2}[spec["penalty"]]


def realized_weight(own):
    """The matrix of a spectral layer, column by column: what it makes of each unit vector."""
    n_in = len(own["lambda_in"])
    units = [[ONE if i == j else ZERO for i in range(n_in)] for j in range(n_in)]
    columns = [_transfer(own["phi"], own["lambda_in"], own["lambda_out"], unit) for unit in units]
    return [list(row) for row in zip(*columns)]


def optimizer(spec, theta, gradients):
    """theta after each gradient; moments as weighted sums over all gradients so far."""
    trace = []
    for t in range(1, len(gradients) + 1):
        past = [[gradient[k] for gradient in gradients[:t]] for k in range(len(theta))]
        steps = [OPTIMIZERS[spec["optimizer"]](spec, t, own) for own in past]
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
