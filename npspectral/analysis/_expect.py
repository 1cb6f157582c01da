"""Checks of arguments: each error says who was called, with what, and what was expected."""
from numbers import Integral, Real

import numpy as np


def real(owner, name, array, ndim):
    """The array in float64: a real numpy array, ndim axes, not empty, nothing infinite or nan."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        came = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise TypeError(f"{owner}: {name} is {came}, expected a numpy array of real numbers")
    if array.ndim != ndim or array.size == 0:
        axes = ", ".join("nmk"[:ndim]) + ("," if ndim == 1 else "")
        raise ValueError(f"{owner}: {name} has shape {array.shape}, expected ({axes}), not empty")
    if not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(f"{owner}: {name}{index} is {array[tuple(index)]}, "
                         f"expected finite numbers")
    return np.asarray(array, float)


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


def signs(owner, y, length):
    """Labels -1 and +1 in float64, one per sample, each at least once."""
    y = real(owner, "y", y, 1)
    same_length(owner, "y", y, length)
    found = np.unique(y)
    if not np.array_equal(found, (-1.0, 1.0)):
        raise ValueError(f"{owner}: y has the values {found[:5].tolist()}, expected -1 and +1")
    return y


def integer(owner, name, value, low, high=None):
    fits = isinstance(value, Integral) and not isinstance(value, bool)
    if not fits or value < low or (high is not None and value > high):
        span = f"{low} or more" if high is None else f"{low} to {high}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected an integer, {span}")


def number(owner, name, value, expected, fits):
    """A real number for which fits(value); `expected` says so in words."""
    if not isinstance(value, Real) or isinstance(value, bool) or not fits(value):
        raise ValueError(f"{owner}: {name} is {value!r}, expected {expected}")
