"""First witness: forward passes in scalar loops, over any kind of number; the tape differentiates.

On nodes of Bounded numbers they give the golden values and their scales S, on Short the exact ones.
The textbook forms are used (1 - tanh^2, p - q), so that S allows for a candidate that uses them.
Matrices are lists of rows. A layer is a dict such as {"layer": "spectral"} or {"layer": "elu",
"alpha": ...}; its parameters are a dict of lists; nothing here is shared with npspectral.nn.
"""
from fractions import Fraction

from . import formulas_complex, formulas_images, formulas_recurrent, formulas_structure
from .formulas_layers import activated, applied, dense, sigmoid, softplus, spectral, split
from .formulas_layers import weight                 # noqa: F401 -- what a penalty may be put on
from .tape import plain, total

TRANSFERS = {"spectral": spectral, "spectral, split": split, "dense": dense,
             **formulas_structure.TRANSFERS, **formulas_recurrent.TRANSFERS,
             **formulas_complex.TRANSFERS, **formulas_images.TRANSFERS}


def network(layers, params, x):
    """y of a stack of layers for a batch x."""
    return states(layers, params, x)[-1]


def states(layers, params, x):
    """The inputs of all layers of a stack, and its output y at the end."""
    through = [x]
    for layer, layer_params in zip(layers, params):
        transfer = TRANSFERS.get(layer["layer"])
        through.append(transfer(layer, layer_params, through[-1]) if transfer
                       else activated(layer, through[-1]))
    return through


def moved_statistics(layers, params, through):
    """Position -> the running mean and variance after a batch, of normalizations in training."""
    return {position: formulas_images.moved_statistics(layer, layer_params, before)
            for position, (layer, layer_params, before) in enumerate(zip(layers, params, through))
            if layer.get("training")}


def forms(layers):
    """The stack computed in other ways, which differ by rounding alone; S has to allow for each."""
    others = [[name for name in TRANSFERS if name.startswith(f"{layer['layer']}, ")]
              for layer in layers]
    for k in range(max(map(len, others), default=0)):
        yield [{**layer, "layer": names[min(k, len(names) - 1)]} if names else layer
               for layer, names in zip(layers, others)]


def loss(spec, y, target, weights=None):
    """The value of a loss {"loss": name, "reduction": ..., "sharpness": ...}."""
    scales = _sample_scales(spec, len(y), weights)
    return total(scale * LOSSES[spec["loss"]](spec, row, aim)
                 for scale, row, aim in zip(scales, y, target))


def _sample_scales(spec, batch, weights):
    if weights is None:
        return [1 if spec["reduction"] == "sum" else Fraction(1, batch)] * batch
    return weights if spec["reduction"] == "sum" else [w / total(weights) for w in weights]


def _per_output(term):
    """The mean over a sample's outputs."""
    return lambda spec, y, t: total(term(spec, a, b) for a, b in zip(y, t)) / len(y)


def _cross_entropy(spec, y, t):
    q = [1 if k == t else 0 for k in range(len(y))] if isinstance(t, int) else t
    top = plain(max(y, key=lambda entry: entry.value))          # a constant, as it cancels
    e = [(entry - top).exp() for entry in y]
    return total(e).ln() - total(q_k * (entry - top) for q_k, entry in zip(q, y))


def _softplus(x):
    return applied(lambda number: (softplus(number), sigmoid(number)), x)


LOSSES = {
    "mean_squared_error": _per_output(lambda spec, a, b: (a - b) * (a - b)),
    "softmax_cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _per_output(lambda spec, a, b: _softplus(a) - b * a),
    "hinge": _per_output(lambda spec, a, b: 1 - b * a if b * a < 1 else 0 * a),
    "soft_hinge": _per_output(lambda spec, a, b: (
        _softplus(spec["sharpness"] * (1 - b * a)) / spec["sharpness"])),
    "quadratic_hinge": _per_output(lambda spec, a, b: (
        (1 - b * a) * (1 - b * a) / 2 if b * a < 1 else 0 * a))}


def penalty(spec, array):
    """The value of {"penalty": "l1" | "l2" | "elastic_net" | "group_lasso", ...}."""
    matrix = array if isinstance(array[0], list) else [array]
    if spec["penalty"] == "group_lasso":
        groups = zip(*matrix) if spec["axis"] == 0 else matrix
        return spec["strength"] * total(total(w * w for w in group).sqrt() for group in groups)
    r = {"l1": 1, "l2": 0}.get(spec["penalty"], spec.get("ratio"))
    return spec["strength"] * total(r * abs(w) + (1 - r) * (w * w) for row in matrix for w in row)


def optimizer(spec, theta, gradients):
    """theta after each gradient; spec as {"optimizer": "adam", "learning_rate": ...}."""
    moments = [dict(m=0 * entry, v=0 * entry) for entry in theta]
    trace = []
    for t, gradient in enumerate(gradients, 1):
        theta = [OPTIMIZERS[spec["optimizer"]](spec, t, entry, g, moment)
                 for entry, g, moment in zip(theta, gradient, moments)]
        trace.append(theta)
    return trace


def _decayed(spec, entry):
    return entry - spec["learning_rate"] * spec["decay"] * entry if spec["decay"] else entry


def _sgd(spec, t, entry, g, moment):
    moment["m"] = spec["momentum"] * moment["m"] + g
    return _decayed(spec, entry) - spec["learning_rate"] * moment["m"]


def _adam(spec, t, entry, g, moment):
    b1, b2 = spec["beta1"], spec["beta2"]
    m = moment["m"] = b1 * moment["m"] + (1 - b1) * g
    v = moment["v"] = b2 * moment["v"] + (1 - b2) * (g * g)
    m_hat, v_hat = m / (1 - b1 ** t), v / (1 - b2 ** t)
    return _decayed(spec, entry) - spec["learning_rate"] * m_hat / (v_hat.sqrt() + spec["eps"])


def _adamax(spec, t, entry, g, moment):
    b1, b2 = spec["beta1"], spec["beta2"]
    m = moment["m"] = b1 * moment["m"] + (1 - b1) * g
    v = moment["v"] = max(abs(g), b2 * moment["v"], key=lambda number: number.value)
    rate = spec["learning_rate"] / (1 - b1 ** t)
    return _decayed(spec, entry) - rate * m / (v + spec["eps"])


OPTIMIZERS = {"sgd": _sgd, "adam": _adam, "adamax": _adamax}
