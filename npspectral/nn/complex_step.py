"""Derivatives without differences: d f(q + t v) / dt = Im f(q + i h v) / h for analytic f.

The step subtracts nothing, so h may be as small as the dtype allows, and the error h^2 f''' / 6 as
good as nothing (Squire and Trapp 1998, SIAM Review 40, 110).
"""
import numpy as np


def widened(array):
    """A copy; of float16 and float32 in float64, where their products neither under- nor overflow.

    What is no floating array, such as labels, comes back as it is.
    """
    if isinstance(array, np.ndarray) and array.dtype.kind == "f":
        return array.astype(np.promote_types(array.dtype, np.float64))
    return array


def slopes(function, at, direction, largest=1.0):
    """The derivative of every entry of function(at) along `direction`, and what is tiny there.

    h is eps^2 of the size of `at`, which is float64 or wider, and smaller still in the measure in
    which numbers are larger than 1: neither h nor h times one of them, `largest`, changes an
    argument by as much as eps. Where that moves no result by a number with all its digits, the
    results hardly depend on `at`, and h is eps^(3/4). Derivatives below tiny / h lose digits.
    """
    size, limits = np.abs(at).max(initial=0) or 1, np.finfo(at.dtype)
    h = limits.eps ** 2 * min(1, size) / max(1, size, largest)
    result = _moved(function, at, h, direction)
    if np.abs(result).max(initial=0) < limits.tiny / limits.eps ** 2:
        h = limits.eps ** 0.75
        result = _moved(function, at, h, direction)
    return result / h, limits.tiny / h


def _moved(function, at, h, direction):
    result = function(at + 1j * (h * direction))
    if not np.iscomplexobj(result):
        raise TypeError("a complex argument gave a real result: the forward is not analytic")
    return result.imag


def unit(at, flat):
    """Zeros like `at`, with a 1 at the flat index."""
    array = np.zeros_like(at)
    array.flat[flat] = 1
    return array
