"""First witness: forward and hand-derived backward in scalar loops, over any kind of number.

Run with Bounded numbers it gives the golden values and their scales S, with Short the exact ones.
The textbook forms are used (1 - tanh^2, p - q), so that S allows for a candidate that uses them.
Matrices are lists of rows. A layer is a dict such as {"layer": "spectral"} or {"layer": "elu",
"alpha": ...}; its parameters are a dict of lists; nothing here is shared with npspectral.nn.
"""
from fractions import Fraction

from ._numbers import either, tanh, total


def network_forward(layers, params, x):
    """y of a stack, and the input of each layer."""
    inputs = []
    for layer, own in zip(layers, params):
        inputs.append(x)
        x = LINEAR[layer["layer"]][0](own, x) if layer["layer"] in LINEAR else [
            [function(layer, entry)[0] for entry in row] for row in x]
    return x, inputs


def network_backward(layers, params, inputs, grad_y):
    """Gradients of all parameters, a dict a layer, and grad_x."""
    grads = [{} for _ in layers]
    for i in reversed(range(len(layers))):
        kind = layers[i]["layer"]
        if kind in LINEAR:
            grads[i], grad_y = LINEAR[kind][1](params[i], inputs[i], grad_y)
        else:
            grad_y = [[function(layers[i], entry)[1] * g for entry, g in zip(row, grad_row)]
                      for row, grad_row in zip(inputs[i], grad_y)]
    return grads, grad_y


def weight(own):
    """W_ij = (lambda_in_j - lambda_out_i) phi_ij."""
    return [[(lambda_in - lambda_out) * phi for lambda_in, phi in zip(own["lambda_in"], row)]
            for lambda_out, row in zip(own["lambda_out"], own["phi"])]


def weight_backward(own, grad_weight):
    """lambda_in, lambda_out, phi from G: sum_i phi G, -sum_j phi G, (lambda_in - lambda_out) G."""
    rows, columns = range(len(own["phi"])), range(len(own["phi"][0]))
    product = [[own["phi"][i][j] * grad_weight[i][j] for j in columns] for i in rows]
    return {"lambda_in": [total(product[i][j] for i in rows) for j in columns],
            "lambda_out": [-total(product[i]) for i in rows],
            "phi": [[(own["lambda_in"][j] - own["lambda_out"][i]) * grad_weight[i][j]
                     for j in columns] for i in rows]}


def affine_forward(matrix, own, x):
    y = [[total(w * x_j for w, x_j in zip(row, sample)) for row in matrix] for sample in x]
    if "bias" in own:
        y = [[y_i + b for y_i, b in zip(sample, own["bias"])] for sample in y]
    return y


def affine_backward(matrix, own, x, grad_y):
    """G_ij = sum_b grad_y_bi x_bj, grad_bias, grad_x_bj = sum_i grad_y_bi W_ij."""
    rows, columns, batch = range(len(matrix)), range(len(matrix[0])), range(len(x))
    grad_matrix = [[total(grad_y[b][i] * x[b][j] for b in batch) for j in columns] for i in rows]
    grad_x = [[total(grad_y[b][i] * matrix[i][j] for i in rows) for j in columns] for b in batch]
    grads = {}
    if "bias" in own:
        grads["bias"] = [total(grad_y[b][i] for b in batch) for i in rows]
    return grad_matrix, grads, grad_x


def spectral_forward(own, x):
    return affine_forward(weight(own), own, x)


def spectral_backward(own, x, grad_y):
    grad_weight, grads, grad_x = affine_backward(weight(own), own, x, grad_y)
    return {**weight_backward(own, grad_weight), **grads}, grad_x


def split_forward(own, x):
    """The same layer without W: sum_j phi_ij lambda_in_j x_j - lambda_out_i sum_j phi_ij x_j."""
    scaled = [[a * x_j for a, x_j in zip(own["lambda_in"], sample)] for sample in x]
    start, end = affine_forward(own["phi"], {}, scaled), affine_forward(own["phi"], {}, x)
    y = [[a - lambda_out * b for a, b, lambda_out in zip(*rows, own["lambda_out"])]
         for rows in zip(start, end)]
    return [[a + b for a, b in zip(row, own["bias"])] for row in y] if "bias" in own else y


def split_backward(own, x, grad_y):
    """Its backward, v = grad_y phi and u = x phi^T: grad_lambda_in = sum_b x v, and so on."""
    lambda_in, lambda_out, phi = own["lambda_in"], own["lambda_out"], own["phi"]
    u = affine_forward(phi, {}, x)
    scaled = [[a * x_j for a, x_j in zip(lambda_in, sample)] for sample in x]
    shrunk = [[a * g for a, g in zip(lambda_out, row)] for row in grad_y]
    from_start, grads, v = affine_backward(phi, own, scaled, grad_y)
    from_end, _, v_shrunk = affine_backward(phi, {}, x, shrunk)
    grads["phi"] = [[a - b for a, b in zip(*rows)] for rows in zip(from_start, from_end)]
    grads["lambda_in"] = [total(sample[j] * row[j] for sample, row in zip(x, v))
                          for j in range(len(lambda_in))]
    grads["lambda_out"] = [-total(row[i] * u_row[i] for row, u_row in zip(grad_y, u))
                           for i in range(len(lambda_out))]
    return grads, [[a * v_j - s for a, v_j, s in zip(lambda_in, *rows)]
                   for rows in zip(v, v_shrunk)]


def dense_forward(own, x):
    return affine_forward(own["weight"], own, x)


def dense_backward(own, x, grad_y):
    grad_weight, grads, grad_x = affine_backward(own["weight"], own, x, grad_y)
    return {"weight": grad_weight, **grads}, grad_x


LINEAR = {"spectral": (spectral_forward, spectral_backward),
          "spectral, split": (split_forward, split_backward),
          "dense": (dense_forward, dense_backward)}


def sigmoid(x):
    """1 / (1 + exp(-x)); the derivative of log(exp(0) + exp(x)) is also taken as exp(x - that)."""
    e = (-abs(x)).exp()
    return either(1 / (1 + e) if x > 0 else e / (1 + e), (x - softplus(x)).exp())


def softplus(x):
    return (x if x > 0 else 0 * x) + (1 + (-abs(x)).exp()).ln()


def function(layer, x):
    """An elementwise layer's value and derivative at x; at a kink the derivative from the left."""
    kind = layer["layer"]
    if kind == "identity":
        return x, 1
    if kind == "relu":
        return (x, 1) if x > 0 else (0 * x, 0)
    if kind == "leaky_relu":
        return (x, 1) if x > 0 else (layer["slope"] * x, layer["slope"])
    if kind == "elu":
        if x > 0:
            return x, 1
        y = layer["alpha"] * x.expm1()
        return y, either(layer["alpha"] * x.exp(), y + layer["alpha"])
    if kind == "tanh":
        y = tanh(x)
        return y, 1 - y * y
    if kind == "sigmoid":
        y = sigmoid(x)
        return y, y * (1 - y)
    if kind == "softplus":
        k = layer["sharpness"]
        return softplus(k * x) / k, sigmoid(k * x)
    raise ValueError(f"no formula for layer {kind!r}")


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
