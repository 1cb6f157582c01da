"""First witness, the layers: forward and hand-derived backward of transfers and functions.

A transfer takes (layer, own, x), its backward (layer, own, x, grad_y) -> (grads, grad_x); see
formulas.py. "split" is the spectral layer without its weight, as some implementations compute it.
"""
from .arithmetic import either, tanh, total


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


def spectral_forward(layer, own, x):
    return affine_forward(weight(own), own, x)


def spectral_backward(layer, own, x, grad_y):
    grad_weight, grads, grad_x = affine_backward(weight(own), own, x, grad_y)
    return {**weight_backward(own, grad_weight), **grads}, grad_x


def split_forward(layer, own, x):
    """The same layer without W: sum_j phi_ij lambda_in_j x_j - lambda_out_i sum_j phi_ij x_j."""
    return through_forward([own["phi"]], own, x)


def split_backward(layer, own, x, grad_y):
    (grad_phi,), grads, grad_x = through_backward([own["phi"]], own, x, grad_y)
    return {**grads, "phi": grad_phi}, grad_x


def through_forward(factors, own, x):
    """The split form where phi is a product of matrices, applied one after the other."""
    scaled = [[a * x_j for a, x_j in zip(own["lambda_in"], sample)] for sample in x]
    start, end = _images(factors, scaled)[-1], _images(factors, x)[-1]
    y = [[a - lambda_out * b for a, b, lambda_out in zip(*rows, own["lambda_out"])]
         for rows in zip(start, end)]
    return [[a + b for a, b in zip(row, own["bias"])] for row in y] if "bias" in own else y


def through_backward(factors, own, x, grad_y):
    """Gradients of the factors, of the other parameters, and grad_x; v = grad_y phi, u = x phi^T:

    grad_lambda_in = sum_b x v, grad_lambda_out = -sum_b grad_y u.
    """
    lambda_in, lambda_out = own["lambda_in"], own["lambda_out"]
    u = _images(factors, x)[-1]
    scaled = [[a * x_j for a, x_j in zip(lambda_in, sample)] for sample in x]
    shrunk = [[a * g for a, g in zip(lambda_out, row)] for row in grad_y]
    from_start, v = _images_backward(factors, scaled, grad_y)
    from_end, v_shrunk = _images_backward(factors, x, shrunk)
    grads = {}
    if "bias" in own:
        grads["bias"] = [total(row[i] for row in grad_y) for i in range(len(lambda_out))]
    grads["lambda_in"] = [total(sample[j] * row[j] for sample, row in zip(x, v))
                          for j in range(len(lambda_in))]
    grads["lambda_out"] = [-total(row[i] * u_row[i] for row, u_row in zip(grad_y, u))
                           for i in range(len(lambda_out))]
    grad_factors = [[[a - b for a, b in zip(*rows)] for rows in zip(*pair)]
                    for pair in zip(from_start, from_end)]
    return grad_factors, grads, [[a * v_j - s for a, v_j, s in zip(lambda_in, *rows)]
                                 for rows in zip(v, v_shrunk)]


def _images(factors, x):
    """x, and what each factor makes of it in turn."""
    found = [x]
    for factor in factors:
        found.append(affine_forward(factor, {}, found[-1]))
    return found


def _images_backward(factors, x, grad_y):
    kept, grads = _images(factors, x), []
    for factor, before in reversed(list(zip(factors, kept))):
        grad_factor, _, grad_y = affine_backward(factor, {}, before, grad_y)
        grads.insert(0, grad_factor)
    return grads, grad_y


def dense_forward(layer, own, x):
    return affine_forward(own["weight"], own, x)


def dense_backward(layer, own, x, grad_y):
    grad_weight, grads, grad_x = affine_backward(own["weight"], own, x, grad_y)
    return {"weight": grad_weight, **grads}, grad_x


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
