"""First witness, the layers: forward passes in scalar loops, over numbers or nodes of the tape.

A transfer takes (layer, params, x) and gives y; see formulas.py. "split" is the spectral layer
without its weight, as some implementations compute it.
"""
from functools import partial

from .arithmetic import either
from .tape import dot, linked, plain


def weight(params):
    """W_ij = (lambda_in_j - lambda_out_i) phi_ij."""
    return [[(lambda_in - lambda_out) * phi for lambda_in, phi in zip(params["lambda_in"], row)]
            for lambda_out, row in zip(params["lambda_out"], params["phi"])]


def affine(matrix, x, bias=None):
    """y_bi = sum_j W_ij x_bj + bias_i."""
    return plus([[dot(row, sample) for row in matrix] for sample in x], bias)


def plus(y, bias):
    return [[a + b for a, b in zip(row, bias)] for row in y] if bias else y


def spectral(layer, params, x):
    return affine(weight(params), x, params.get("bias"))


def split(layer, params, x):
    """The same layer without W: sum_j phi_ij lambda_in_j x_j - lambda_out_i sum_j phi_ij x_j."""
    return through([params["phi"]], params, x)


def through(factors, params, x):
    """The split form where phi is a product of matrices, applied one after the other."""
    start = [[a * x_j for a, x_j in zip(params["lambda_in"], sample)] for sample in x]
    end = x
    for factor in factors:
        start, end = affine(factor, start), affine(factor, end)
    return plus([[a - lambda_out * b for a, b, lambda_out in zip(*rows, params["lambda_out"])]
                 for rows in zip(start, end)], params.get("bias"))


def dense(layer, params, x):
    weight = params["weight"]
    if "scale" in layer:
        weight = [[layer["scale"] * entry for entry in row] for row in weight]
    return affine(weight, x, params.get("bias"))


def sigmoid(x):
    """1 / (1 + exp(-x)); the derivative of log(exp(0) + exp(x)) is also taken as exp(x - that)."""
    e = (-abs(x)).exp()
    y = either(1 / (1 + e) if x > 0 else e / (1 + e), (x - softplus(x)).exp())
    return y.sloped(sigmoid_slope, x)


def sigmoid_slope(x):
    return sigmoid(x) * (1 - sigmoid(x))


def softplus(x):
    y = (x if x > 0 else 0 * x) + (1 + (-abs(x)).exp()).ln()
    return y.sloped(sigmoid, x)


def _elu(layer, x):
    if x > 0:
        return x, 1
    y = layer["alpha"] * x.expm1()
    return y, either(layer["alpha"] * x.exp(), y + layer["alpha"])


def _tanh(layer, x):
    y = x.tanh()
    return y, 1 - y * y


def _sigmoid(layer, x):
    y = sigmoid(x)
    return y, y * (1 - y)


def _softplus(layer, x):
    k = layer["sharpness"]
    return softplus(k * x) / k, sigmoid(k * x)


# the value and the derivative at x; at a kink the derivative from the left
ACTIVATIONS = {
    "identity": lambda layer, x: (x, 1),
    "relu": lambda layer, x: (x, 1) if x > 0 else (0 * x, 0),
    "leaky_relu": lambda layer, x: (x, 1) if x > 0 else (layer["slope"] * x, layer["slope"]),
    "elu": _elu, "tanh": _tanh, "sigmoid": _sigmoid, "softplus": _softplus}


def activated(layer, rows):
    """f of every entry; the tape takes the derivative from the formula beside it."""
    function = partial(ACTIVATIONS[layer["layer"]], layer)
    return [[applied(function, entry) for entry in row] for row in rows]


def applied(function, x):
    """The value of (value, derivative) = function(x), which is linked to x by its derivative."""
    value, slope = function(plain(x))
    return linked(value, (x, slope))
