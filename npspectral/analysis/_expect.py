"""Checks of arguments: each error says who was called, with what, and what was expected."""
from numbers import Real

import numpy as np

from .. import refuse
from ..nn import Chain, tree
from ..refuse import integer, labels, number

__all__ = ["integer", "labels", "number"]         # theirs and those below


def array(owner, name, array, ndim, kinds="fiu"):
    """The array in its own dtype: plain, real, ndim axes, not empty, nothing infinite or nan."""
    refuse.plain(owner, name, array, kinds)
    if array.ndim != ndim or array.size == 0:
        axes = ", ".join("nmk"[:ndim]) + ("," if ndim == 1 else "")
        raise ValueError(f"{owner}: {name} has shape {array.shape}, expected ({axes}), not empty")
    refuse.finite(owner, name, array)
    return np.asarray(array)


def real(owner, name, values, ndim):
    """The same in float64."""
    return np.asarray(array(owner, name, values, ndim), float)


def numbers(owner, name, values, ndim, kinds="fiu"):
    """The array in its own dtype; a number and a list are taken, too."""
    given = np.asarray(values) if isinstance(values, (list, tuple, Real)) else values
    return array(owner, name, given, ndim, kinds)


def params(owner, params, network=None):
    """A tree of parameters: plain arrays of finite numbers, of the shapes of the network."""
    for path, values in tree.items(params):
        name = f"params[{path!r}]" if path else "params"
        refuse.plain(owner, name, values, "fc", "a numpy array of a floating dtype")
        refuse.finite(owner, name, values)
    if network is not None:
        _shapes(owner, params, network)


def _shapes(owner, params, network):
    if isinstance(network, Chain):
        if len(params) != len(network.layers):
            raise ValueError(f"{owner}: params has {len(params)} entries, expected one for each of "
                             f"{len(network.layers)} layers")
        for own, layer in zip(params, network.layers):
            _shapes(owner, own, layer)
    elif hasattr(network, "shapes"):
        came = tree.map(np.shape, params)
        if came != network.shapes:
            raise ValueError(f"{owner}: params has the shapes {came}, expected {network.shapes}")


def same_length(owner, name, array, length):
    if len(array) != length:
        raise ValueError(f"{owner}: {name} has {len(array)} entries, expected {length}")


def gram(owner, matrix):
    """A symmetric matrix in float64, to the rounding of the products that it is made of."""
    matrix = real(owner, "gram", matrix, 2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{owner}: gram has shape {matrix.shape}, expected (p, p)")
    asymmetry = (matrix - matrix.T).max()                   # its least is the same with a minus
    if asymmetry > 1e-6 * max(matrix.max(), -matrix.min()):
        raise ValueError(f"{owner}: gram differs from its transpose by {asymmetry:.1e}, "
                         f"expected a symmetric matrix")
    return matrix


def semidefinite(owner, gram, eigenvalue):
    """No eigenvalue of a Gram matrix is below 0 beyond the rounding of products, to float32."""
    allowed = 1e-6 * len(gram) ** 0.5 * max(gram.max(), -gram.min())
    if eigenvalue < -allowed:
        raise ValueError(f"{owner}: gram has an eigenvalue of {eigenvalue:.1e} or less, expected a "
                         f"positive semidefinite matrix, to a rounding of {allowed:.1e}")


def signs(owner, y, length):
    """Labels -1 and +1 in float64, one per sample, each at least once."""
    y = real(owner, "y", y, 1)
    same_length(owner, "y", y, length)
    found = np.unique(y)
    if not np.array_equal(found, (-1.0, 1.0)):
        raise ValueError(f"{owner}: y has the values {found[:5].tolist()}, expected -1 and +1")
    return y
