"""What is refused wherever an argument enters: what is no plain array, missing values, sizes."""
from numbers import Integral, Real

import numpy as np

PLAIN = np.ndarray, np.memmap       # no subclass else: a mask is lost, a matrix multiplies its way
PIECE = 1 << 20                     # numbers looked at in one go


def plain(owner, name, array, kinds="fiu", expected="a numpy array of real numbers"):
    """Refuse what is no plain array of these kinds of dtype."""
    if type(array) not in PLAIN or array.dtype.kind not in kinds:
        came = array.dtype if type(array) in PLAIN else type(array).__name__
        raise TypeError(f"{owner}: {name} is {came}, expected {expected}")


def finite(owner, name, array, expected="finite numbers"):
    """Refuse inf, nan and NaT; the first one is named. A memory map is never read whole."""
    if array.dtype.kind not in "fcmM":
        return
    rows = np.atleast_1d(array)
    step = max(1, PIECE * len(rows) // max(1, rows.size))
    for begin in range(0, len(rows), step):
        wrong = ~np.isfinite(rows[begin:begin + step])
        if wrong.any():
            index = np.argwhere(wrong)[0]
            index[0] += begin
            _name(owner, name, array, index[:array.ndim], expected)


def present(owner, name, array, expected="no missing value"):
    """Refuse NaN, NaT, NA and None in an array of any kind; the first one is named."""
    lost = missing(array)
    if lost.any():
        _name(owner, name, array, np.argwhere(lost)[0], expected)


def labels(owner, name, labels, n):
    """Refuse what is not one label of any kind for each of n samples, none of them missing."""
    plain(owner, name, labels, "biufOSUTmM", "a numpy array of labels")
    if labels.shape != (n,):
        raise ValueError(f"{owner}: {name} has shape {labels.shape}, expected ({n},)")
    present(owner, name, labels, "a label")


def integer(owner, name, value, low, high=None, high_name=""):
    """Refuse what is no integer from low up, and up to high, which has a name, if there is one."""
    fits = isinstance(value, Integral) and not isinstance(value, bool)
    if not fits or value < low or (high is not None and value > high):
        high = f"{high_name} = {high}" if high_name else high
        span = f"{low} or more" if high is None else f"{low} to {high}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected an integer, {span}")


def number(owner, name, value, expected, fits):
    """Refuse what is no real number for which fits(value); `expected` says so in words."""
    if not isinstance(value, Real) or isinstance(value, bool) or not fits(value):
        raise ValueError(f"{owner}: {name} is {value!r}, expected {expected}")


def missing(array):
    """Where an array has no value, as booleans."""
    if array.dtype.kind in "fcmM":
        return array != array
    if array.dtype.kind in "OT":
        return np.asarray(np.frompyfunc(_absent, 1, 1)(array.astype(object)), bool)
    return np.zeros(array.shape, bool)


def _absent(value):
    try:
        return value is None or bool(value != value)
    except TypeError:                                       # NA is neither equal nor unequal
        return True
    except ValueError:                                      # an array, which is something
        return False


def _name(owner, name, array, index, expected):
    place = index.tolist() or ""
    raise ValueError(f"{owner}: {name}{place} is {array[tuple(index)]}, expected {expected}")
