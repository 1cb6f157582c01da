"""What is refused wherever an array enters: what is no plain array, and values that are missing."""
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
