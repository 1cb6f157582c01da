"""Dense layers turned into spectral ones of least penalty, and spectral layers into dense ones.

With lambda_in = 0 a row of weights is W_i = -lambda_out_i phi_i, a product that many pairs give.
The penalty a lambda_out_i^2 + b |phi_i|^2 picks one of them. With t = lambda_out_i^2 it is
    a t + b |W_i|^2 / t,    least at t = sqrt(b / a) |W_i|, where it equals 2 sqrt(a b) |W_i|.
So L2 penalties on lambda_out and phi act on W as a group lasso does: they sum the lengths of its
rows, one for each node. With lambda_out = 0 the same holds for the columns
W_.j = lambda_in_j phi_.j, one for each input.

Source: the penalties of Giambagli et al. 2023, NeurIPS (rows), and Chicchi et al. 2024,
arXiv 2406.01183 (columns); the minimum is where the arithmetic mean of the two terms equals their
geometric mean.
"""
import numpy as np

from ._expect import check_number
from .activations import Elementwise
from .chain import Chain
from .dense import Dense
from .spectral import Spectral

FREE = {"node": "lambda_out", "input": "lambda_in"}
ZERO = {"node": "lambda_in", "input": "lambda_out"}


def to_spectral(layer, params, over="node", on_lambda=1.0, on_phi=1.0):
    """A Spectral layer with the same weight and bias, and its params; of a Chain, every layer.

    With c = (on_phi / on_lambda)^(1/4):
    over="node":  lambda_in = 0, lambda_out_i = c sqrt(|W_i|),   phi_i = -W_i / lambda_out_i
    over="input": lambda_out = 0, lambda_in_j = c sqrt(|W_.j|),  phi_.j = W_.j / lambda_in_j
    The set that is 0 is a constant of the new layer.

    on_lambda and on_phi are the strengths of the penalties L2 on the two parameters. Eigenvalues
    are >= 0, and phi carries the sign. The new layer's W equals the old one up to two roundings.
    A row (column) of zeros gets eigenvalue 0 and eigenvector 0. There both gradients are 0, so
    training leaves it at 0.
    Raises ValueError on other choices, TypeError on layers without a weight.
    """
    if over not in FREE:
        raise ValueError(f"to_spectral: over is {over!r}, expected 'node' or 'input'")
    ratio = (check_number("to_spectral", "on_phi", on_phi, low=0)
             / check_number("to_spectral", "on_lambda", on_lambda, low=0))

    def convert(layer, params):
        eigenvalues, phi = _split(layer.weight(params), 1 if over == "node" else 0, ratio)
        spectral = Spectral(layer.n_in, layer.n_out, "bias" in params,
                            _renamed(layer, (FREE[over], "phi")), **{ZERO[over]: 0.0})
        return spectral, {FREE[over]: eigenvalues, "phi": -phi if over == "node" else phi,
                          **_bias(params)}
    return _converted("to_spectral", convert, layer, params)


def to_dense(layer, params):
    """The Dense layer with the same weight and bias, and its params; of a Chain, every layer.

    Any layer with a method `weight` will do. Raises TypeError on others that have parameters.
    """
    def convert(layer, params):
        dense = Dense(layer.n_in, layer.n_out, "bias" in params, _renamed(layer, ("weight",)))
        return dense, {"weight": np.array(layer.weight(params)), **_bias(params)}
    return _converted("to_dense", convert, layer, params)


def _converted(owner, convert, layer, params):
    """`convert` applied to every layer with a weight; activations stay as they are."""
    if isinstance(layer, Chain):
        if len(params) != len(layer.layers):
            raise ValueError(f"{owner}: params has {len(params)} entries, "
                             f"expected one for each of {len(layer.layers)} layers")
        pairs = [_converted(owner, convert, *pair) for pair in zip(layer.layers, params)]
        return Chain(*(layer for layer, _ in pairs)), tuple(part for _, part in pairs)
    if isinstance(layer, Elementwise):
        return layer, {}
    if not hasattr(layer, "weight"):
        raise TypeError(f"{owner}: layer is {layer!r}, expected one with a weight, or a Chain")
    came = {name: array.shape for name, array in params.items()}
    if came != layer.shapes:
        raise ValueError(f"{owner}: params of {layer.label} has the shapes {came}, "
                         f"expected {layer.shapes}")
    return convert(layer, params)


def _split(weight, axis, ratio):
    """Eigenvalues >= 0 (n,) and phi, their product is weight; `axis` runs along one group."""
    top = np.abs(weight).max(axis, keepdims=True)
    top[top == 0] = 1                                       # squares of small entries do not vanish
    norm = top * np.sqrt((np.abs(weight / top) ** 2).sum(axis, keepdims=True))
    eigenvalues = ratio ** 0.25 * np.sqrt(norm)
    return eigenvalues.ravel(), weight / np.where(eigenvalues == 0, 1, eigenvalues)


def _renamed(layer, names):
    """What the new layer trains: `names` if the old one trains its matrix, the bias if it does."""
    matrix = names if set(layer.learned) - {"bias"} else ()
    return (*matrix, *({"bias"} & set(layer.learned)))


def _bias(params):
    return {"bias": np.array(params["bias"])} if "bias" in params else {}
