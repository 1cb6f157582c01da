"""First witness: forward and hand-derived backward in scalar loops, over any kind of number.

Run with Bounded numbers it gives the golden values and their scales S, with Short the exact ones.
The textbook forms are used (1 - tanh^2, p - q), so that S allows for a candidate that uses them.
Matrices are lists of rows. A layer is a dict such as {"layer": "spectral"} or {"layer": "elu",
"alpha": ...}; its parameters are a dict of lists; nothing here is shared with npspectral.nn.
"""
from fractions import Fraction

from . import formulas_complex, formulas_recurrent, formulas_structure
from .arithmetic import total
from .formulas_layers import (dense_backward, dense_forward, function, sigmoid, softplus,
                              spectral_backward, spectral_forward, split_backward, split_forward)


def network_forward(layers, params, x):
    """y of a stack, and the input of each layer."""
    inputs = []
    for layer, own in zip(layers, params):
        inputs.append(x)
        x = LINEAR[layer["layer"]][0](layer, own, x) if layer["layer"] in LINEAR else [
            [function(layer, entry)[0] for entry in row] for row in x]
    return x, inputs


def network_backward(layers, params, inputs, grad_y):
    """Gradients of all parameters, a dict a layer, and grad_x."""
    grads = [{} for _ in layers]
    for i in reversed(range(len(layers))):
        kind = layers[i]["layer"]
        if kind in LINEAR:
            grads[i], grad_y = LINEAR[kind][1](layers[i], params[i], inputs[i], grad_y)
        else:
            grad_y = [[function(layers[i], entry)[1] * g for entry, g in zip(row, grad_row)]
                      for row, grad_row in zip(inputs[i], grad_y)]
    return grads, grad_y


LINEAR = {"spectral": (spectral_forward, spectral_backward),
          "spectral, split": (split_forward, split_backward),
          "dense": (dense_forward, dense_backward), **formulas_structure.LINEAR,
          **formulas_recurrent.LINEAR, **formulas_complex.LINEAR}


def forms(layers):
    """The stack computed in other ways, which differ by rounding alone; S has to allow for each."""
    others = [[name for name in LINEAR if name.startswith(f"{layer['layer']}, ")]
              for layer in layers]
    for k in range(max(map(len, others), default=0)):
        yield [{**layer, "layer": names[min(k, len(names) - 1)]} if names else layer
               for layer, names in zip(layers, others)]


def loss(spec, y, target, weights=None):
    """Value and grad_y of a loss {"loss": name, "reduction": ..., "sharpness": ...}."""
    scales = _sample_scales(spec, len(y), weights)
    values, grads = [], []
    for scale, row, aim in zip(scales, y, target):
        value, grad = LOSSES[spec["loss"]](spec, row, aim)
        values.append(scale * value)
        grads.append([scale * g for g in grad])
    return total(values), grads


def _sample_scales(spec, batch, weights):
    if weights is None:
        return [1 if spec["reduction"] == "sum" else Fraction(1, batch)] * batch
    return weights if spec["reduction"] == "sum" else [w / total(weights) for w in weights]


def _mean(terms):
    """Mean of (value, derivative) over a sample's outputs."""
    terms = list(terms)
    return total(value for value, _ in terms) / len(terms), [d / len(terms) for _, d in terms]


def _squared(spec, y, t):
    return _mean(((a - b) * (a - b), 2 * (a - b)) for a, b in zip(y, t))


def _cross_entropy(spec, y, t):
    q = [1 if k == t else 0 for k in range(len(y))] if isinstance(t, int) else t
    top = max(y, key=lambda entry: getattr(entry, "value", entry))
    e = [(entry - top).exp() for entry in y]
    value = total(e).ln() - total(q_k * (entry - top) for q_k, entry in zip(q, y))
    return value, [e_k / total(e) - q_k for e_k, q_k in zip(e, q)]


def _binary(spec, y, t):
    return _mean((softplus(a) - b * a, sigmoid(a) - b) for a, b in zip(y, t))


def _hinge(spec, y, t):
    return _mean((1 - b * a, -b) if b * a < 1 else (0 * a, 0 * b) for a, b in zip(y, t))


def _soft_hinge(spec, y, t):
    k = spec["sharpness"]
    return _mean((softplus(k * (1 - b * a)) / k, -b * sigmoid(k * (1 - b * a)))
                 for a, b in zip(y, t))


def _quadratic_hinge(spec, y, t):
    return _mean(((1 - b * a) * (1 - b * a) / 2, -b * (1 - b * a)) if b * a < 1 else (0 * a, 0 * b)
                 for a, b in zip(y, t))


LOSSES = {"mean_squared_error": _squared, "softmax_cross_entropy": _cross_entropy,
          "binary_cross_entropy_with_logits": _binary, "hinge": _hinge,
          "soft_hinge": _soft_hinge, "quadratic_hinge": _quadratic_hinge}


def penalty(spec, array):
    """Value and gradient of {"penalty": "l1" | "l2" | "elastic_net" | "group_lasso", ...}."""
    matrix = array if isinstance(array[0], list) else [array]
    s, kind = spec["strength"], spec["penalty"]
    if kind == "group_lasso":
        return _group_lasso(spec, matrix)
    r = {"l1": 1, "l2": 0}.get(kind, spec.get("ratio"))
    value = s * total(r * abs(w) + (1 - r) * (w * w) for row in matrix for w in row)
    grad = [[s * (r * _sign(w) + 2 * (1 - r) * w) for w in row] for row in matrix]
    return value, grad if matrix is array else grad[0]


def _sign(w):
    return 1 if w > 0 else -1 if w < 0 else 0


def _group_lasso(spec, matrix):
    columns = spec["axis"] == 0
    groups = [list(column) for column in zip(*matrix)] if columns else matrix
    norms = [total(w * w for w in group).sqrt() for group in groups]
    grads = [[spec["strength"] * w / norm if norm > 0 else 0 * w for w in group]
             for group, norm in zip(groups, norms)]
    return spec["strength"] * total(norms), [list(row) for row in zip(*grads)] if columns else grads


def optimizer(spec, theta, gradients):
    """theta after each gradient; spec as {"optimizer": "adam", "learning_rate": ...}."""
    state = [dict(m=0 * entry, v=0 * entry) for entry in theta]
    trace = []
    for t, gradient in enumerate(gradients, 1):
        theta = [OPTIMIZERS[spec["optimizer"]](spec, t, entry, g, own)
                 for entry, g, own in zip(theta, gradient, state)]
        trace.append(theta)
    return trace


def _decayed(spec, entry):
    return entry - spec["learning_rate"] * spec["decay"] * entry if spec["decay"] else entry


def _sgd(spec, t, entry, g, own):
    own["m"] = spec["momentum"] * own["m"] + g
    return _decayed(spec, entry) - spec["learning_rate"] * own["m"]


def _adam(spec, t, entry, g, own):
    b1, b2 = spec["beta1"], spec["beta2"]
    own["m"] = b1 * own["m"] + (1 - b1) * g
    own["v"] = b2 * own["v"] + (1 - b2) * (g * g)
    m_hat, v_hat = own["m"] / (1 - b1 ** t), own["v"] / (1 - b2 ** t)
    return _decayed(spec, entry) - spec["learning_rate"] * m_hat / (v_hat.sqrt() + spec["eps"])


def _adamax(spec, t, entry, g, own):
    b1, b2 = spec["beta1"], spec["beta2"]
    own["m"] = b1 * own["m"] + (1 - b1) * g
    decayed = b2 * own["v"]
    own["v"] = decayed if decayed > abs(g) else abs(g)
    rate = spec["learning_rate"] / (1 - b1 ** t)
    return _decayed(spec, entry) - rate * own["m"] / (own["v"] + spec["eps"])


OPTIMIZERS = {"sgd": _sgd, "adam": _adam, "adamax": _adamax}
