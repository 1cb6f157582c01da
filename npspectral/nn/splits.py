"""Dense layers to spectral ones by the split of least penalty, and spectral layers back to dense.

A row of weights W_i = -lambda_out_i phi_i (lambda_in = 0) is the same for every split between
eigenvalue and eigenvector. Under the penalty a lambda^2 + b |phi|^2 the split is decided: with
t = lambda^2, a t + b |W_i|^2 / t is least at t^2 = (b / a) |W_i|^2, where it is 2 sqrt(a b) |W_i|.
So spectral L2 penalties weigh W as a group lasso over nodes does. The same holds for the columns
W_.j = lambda_in_j phi_.j (lambda_out = 0), the groups being inputs.

Source: the penalties of Giambagli et al. 2023, NeurIPS (rows), and Chicchi et al. 2024,
arXiv 2406.01183 (columns); the minimum is the inequality of the two means.
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
    """A Spectral layer of the same weight and bias, with its parameters; for a Chain, all layers.

    over="node":  lambda_in = 0 declared, lambda_out_i = (on_phi / on_lambda)^(1/4) sqrt(|W_i|),
                  phi_i = -W_i / lambda_out_i
    over="input": lambda_out = 0 declared, lambda_in_j from the column, phi_.j = W_.j / lambda_in_j

    Eigenvalues are never negative: phi has the sign. A row (column) of zeros gets eigenvalue 0 and
    eigenvector 0, where both gradients vanish: it stays. W comes back to two roundings. on_lambda
    and on_phi are the strengths of L2 on the two parameters (L2 has no factor 1/2).
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
    """The Dense layer of the same weight and bias, with its parameters; for a Chain, all layers.

    Takes every layer that has `weight`. Raises TypeError on others with parameters.
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
    """lambda >= 0 (n,) and phi with lambda phi = weight, along the axis that a group runs over."""
    top = np.abs(weight).max(axis, keepdims=True)
    top[top == 0] = 1                                       # squares of small entries do not vanish
    norm = top * np.sqrt((np.abs(weight / top) ** 2).sum(axis, keepdims=True))
    eigenvalues = ratio ** 0.25 * np.sqrt(norm)
    return eigenvalues.ravel(), weight / np.where(eigenvalues == 0, 1, eigenvalues)


def _renamed(layer, names):
    """What trains in the new layer: `names` if anything but the bias did, the bias if it did."""
    matrix = names if set(layer.learned) - {"bias"} else ()
    return (*matrix, *({"bias"} & set(layer.learned)))


def _bias(params):
    return {"bias": np.array(params["bias"])} if "bias" in params else {}
