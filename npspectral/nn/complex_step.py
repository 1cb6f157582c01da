"""Derivatives without differences: d f(q + t v) / dt = Im f(q + i h v) / h for analytic f.

Nothing is subtracted, so h can be so small that the error h^2 f''' / 6 lies below rounding.
Source: Squire and Trapp 1998, SIAM Review 40, 110.
"""
import numpy as np


def widened(array):
    """A copy of a floating array, in float64 if its dtype is narrower.

    Products of float32 numbers neither under- nor overflow there. What is no floating array, such
    as labels, is returned as it is.
    """
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        return array.astype(np.promote_types(array.dtype, np.float64))
    return array


def slopes(function, at, direction, largest=1.0):
    """The derivatives of all entries of function(at) along `direction`, and the number tiny / h.

        h = eps^2 min(1, size) / max(1, size, largest),    size = max |at|

    `at` is float64 or wider. `largest` is the largest number that function multiplies `at` by, so
    h and h * largest are at most eps^2. If then every imaginary part of the result lies so near
    to 0 that digits are lost, the result hardly depends on `at`, and the larger h = eps^(3/4) is
    used. Derivatives below tiny / h lose digits (tiny: the smallest normal number).
    """
    size, limits = np.abs(at).max(initial=0) or 1, np.finfo(at.dtype)
    h = limits.eps ** 2 * min(1, size) / max(1, size, largest)
    result = _moved(function, at, h, direction)
    if np.abs(result).max(initial=0) < limits.tiny / limits.eps ** 2:
        h = limits.eps ** 0.75
        result = _moved(function, at, h, direction)
    return result / h, limits.tiny / h


def _moved(function, at, h, direction):
    """Im function(at + i h direction), not yet divided by h."""
    result = function(at + 1j * (h * direction))
    if not np.iscomplexobj(result):
        raise TypeError("a complex argument gave a real result: the forward is not analytic")
    return result.imag


def unit(at, flat):
    """Zeros like `at`, with a 1 at the flat index."""
    array = np.zeros_like(at)
    array.flat[flat] = 1
    return array
