"""One vocabulary of refusals: each says who was called, with what, and what was expected.

    Spectral(784, 10): x has 100 features, expected 784

`owner` names the function or class that was called, `name` its argument. A function whose docstring
begins with "Refuse" returns nothing; the others return what their docstring begins with.
"""
import math
from numbers import Integral, Real

import numpy as np

PLAIN = np.ndarray, np.memmap       # a masked array would lose its mask, np.matrix has its own @
PIECE = 1 << 20                     # numbers looked at in one go
TILE = 64                           # rows of a matrix that are compared with columns in one go
ROUNDING = 1e-6                     # relative error of a Gram matrix that was computed in float32


def ndarray(owner, name, array):
    """Refuse what is no array or memory map, whatever is in it."""
    if type(array) not in PLAIN:
        raise TypeError(f"{owner}: {name} is {type(array).__name__}, expected a numpy.ndarray")


def plain(owner, name, array, kinds="fiu", expected="a numpy array of real numbers"):
    """Refuse what is no plain array with a dtype of these kinds, the letters of dtype.kind."""
    if type(array) not in PLAIN or array.dtype.kind not in kinds:
        came = array.dtype if type(array) in PLAIN else type(array).__name__
        raise TypeError(f"{owner}: {name} is {came}, expected {expected}")


def finite(owner, name, array, expected="finite numbers"):
    """Refuse inf, nan and NaT; the error names the first. A memory map is read piece by piece."""
    if array.dtype.kind not in "fcmM":
        return
    rows = np.atleast_1d(array)
    step = max(1, PIECE * len(rows) // max(1, rows.size))
    for begin in range(0, len(rows), step):
        wrong = ~np.isfinite(rows[begin:begin + step])
        if wrong.any():
            index = np.argwhere(wrong)[0]
            index[0] += begin
            _entry(owner, name, array, index[:array.ndim], expected)


def present(owner, name, array, expected="no missing value"):
    """Refuse NaN, NaT, NA and None in an array of any kind; the error names the first."""
    lost = missing(array)
    if lost.any():
        _entry(owner, name, array, np.argwhere(lost)[0], expected)


def array(owner, name, array, ndim, kinds="fiu"):
    """The array in its own dtype, if it is plain, real, finite, not empty and has ndim axes."""
    plain(owner, name, array, kinds)
    if array.ndim != ndim or array.size == 0:
        axes = ", ".join("nmk"[:ndim]) + ("," if ndim == 1 else "")
        raise ValueError(f"{owner}: {name} has shape {array.shape}, expected ({axes}), not empty")
    finite(owner, name, array)
    return np.asarray(array)


def real(owner, name, values, ndim):
    """The array in float64, if `array` accepts it."""
    return np.asarray(array(owner, name, values, ndim), float)


def numbers(owner, name, values, ndim, kinds="fiu"):
    """The array in its own dtype, if `array` accepts it; numbers and lists become arrays first."""
    given = np.asarray(values) if isinstance(values, (list, tuple, Real)) else values
    return array(owner, name, given, ndim, kinds)


def each(owner, name, values, n):
    """The array (n,) in its own dtype, or the one number that stands for all of them."""
    given = numbers(owner, name, values, min(1, np.ndim(values)))
    if given.ndim:
        length(owner, name, given, n)
    return given


def length(owner, name, array, expected):
    """Refuse an array of another length than expected."""
    if len(array) != expected:
        raise ValueError(f"{owner}: {name} has {len(array)} entries, expected {expected}")


def features(owner, x, n_features):
    """Refuse what is no finite real array of shape (n, n_features)."""
    plain(owner, "x", x)
    if x.ndim != 2 or x.shape[1] != n_features:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, {n_features})")
    finite(owner, "x", x)


def symmetric(owner, name, matrix):
    """The matrix (p, p) in float64, if it is symmetric up to ROUNDING."""
    matrix = real(owner, name, matrix, 2)
    if matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{owner}: {name} has shape {matrix.shape}, expected (p, p)")
    equal_transpose(owner, name, matrix)
    return matrix


def equal_transpose(owner, name, matrix):
    """Refuse a square matrix that differs from its transpose by more than ROUNDING."""
    strips = (slice(begin, begin + TILE) for begin in range(0, len(matrix), TILE))
    asymmetry = max(np.abs(matrix[strip, strip.start:] - matrix[strip.start:, strip].T).max()
                    for strip in strips)
    if asymmetry > ROUNDING * max(matrix.max(), -matrix.min()):
        raise ValueError(f"{owner}: {name} differs from its transpose by {asymmetry:.1e}, "
                         f"expected a symmetric matrix")


def semidefinite(owner, gram, eigenvalue):
    """Refuse a Gram matrix whose lowest known eigenvalue is below 0 by more than ROUNDING."""
    allowed = ROUNDING * len(gram) ** 0.5 * max(gram.max(), -gram.min())
    if eigenvalue < -allowed:
        raise ValueError(f"{owner}: gram has an eigenvalue of {eigenvalue:.1e} or less, expected a "
                         f"positive semidefinite matrix, to a rounding of {allowed:.1e}")


def signs(owner, y, n):
    """The labels y (n,) in float64, if they are -1 and +1 and both occur."""
    y = real(owner, "y", y, 1)
    length(owner, "y", y, n)
    values = np.unique(y)
    if not np.array_equal(values, (-1.0, 1.0)):
        raise ValueError(f"{owner}: y has the values {values[:5].tolist()}, expected -1 and +1")
    return y


def labels(owner, name, labels, n):
    """Refuse what is no array (n,) of labels of any kind, and missing labels."""
    plain(owner, name, labels, "biufOSUTmM", "a numpy array of labels")
    if labels.shape != (n,):
        raise ValueError(f"{owner}: {name} has shape {labels.shape}, expected ({n},)")
    present(owner, name, labels, "a label")


def missing(array):
    """Booleans of the array's shape: True where it holds NaN, NaT, NA or None."""
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


def _entry(owner, name, array, index, expected):
    place = index.tolist() or ""
    raise ValueError(f"{owner}: {name}{place} is {array[tuple(index)]}, expected {expected}")


def integer(owner, name, value, low, high=None, high_name=""):
    """Refuse what is no integer from low up, or from low to high; high_name says what high is."""
    fits = isinstance(value, Integral) and not isinstance(value, bool)
    if not fits or value < low or (high is not None and value > high):
        high = f"{high_name} = {high}" if high_name else high
        span = f"{low} or more" if high is None else f"{low} to {high}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected an integer, {span}")


def number(owner, name, value, expected, fits):
    """Refuse what is no real number for which fits(value); `expected` says so in words."""
    if not isinstance(value, Real) or isinstance(value, bool) or not fits(value):
        raise ValueError(f"{owner}: {name} is {value!r}, expected {expected}")


def positive(owner, name, value):
    """Refuse what is no finite number above 0."""
    number(owner, name, value, "a positive number", lambda value: 0 < value < math.inf)


def not_negative(owner, name, value):
    """Refuse what is no finite number of 0 or more."""
    number(owner, name, value, "0 or more", lambda value: 0 <= value < math.inf)


def share(owner, name, value):
    """Refuse what is no number from 0 to 1."""
    number(owner, name, value, "0 to 1", lambda value: 0 <= value <= 1)


def sign(owner, name, value):
    """Refuse what is neither 1 nor -1."""
    number(owner, name, value, "1 or -1", lambda value: abs(value) == 1)


def generator(owner, rng):
    """Refuse what is no generator of random numbers."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng is {rng!r}, expected a numpy.random.Generator")


def floating(owner, dtype):
    """The numpy dtype, if it is a real floating-point one."""
    try:
        if dtype is not None and np.dtype(dtype).kind == "f":
            return np.dtype(dtype)
    except TypeError:
        pass
    raise TypeError(f"{owner}: dtype is {dtype!r}, expected a floating-point type")
