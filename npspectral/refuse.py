"""What is refused wherever an array enters: what is no plain array, and values that are missing."""
import numpy as np

PLAIN = np.ndarray, np.memmap       # no subclass else: a mask is lost, a matrix multiplies its way


def plain(owner, name, array, kinds="fiu", expected="a numpy array of real numbers"):
    """Refuse what is no plain array of these kinds of dtype."""
    if type(array) not in PLAIN or array.dtype.kind not in kinds:
        came = array.dtype if type(array) in PLAIN else type(array).__name__
        raise TypeError(f"{owner}: {name} is {came}, expected {expected}")


def finite(owner, name, array, expected="finite numbers"):
    """Refuse inf, nan and NaT; the first one is named."""
    if array.dtype.kind in "fcmM" and not np.isfinite(array).all():
        _first(owner, name, array, ~np.isfinite(array), expected)


def present(owner, name, array, expected="no missing value"):
    """Refuse NaN, NaT, NA and None in an array of any kind; the first one is named."""
    lost = missing(array)
    if lost.any():
        _first(owner, name, array, lost, expected)


def missing(array):
    """Where an array has no value, as booleans."""
    if array.dtype.kind in "fcmM":
        return array != array
    if array.dtype.kind in "OT":
        return np.frompyfunc(_absent, 1, 1)(array.astype(object)).astype(bool)
    return np.zeros(array.shape, bool)


def _absent(value):
    try:
        return value is None or bool(value != value)
    except TypeError:                                       # NA is neither equal nor unequal
        return True
    except ValueError:                                      # an array, which is something
        return False


def _first(owner, name, array, wrong, expected):
    index = np.argwhere(wrong)[0].tolist()
    raise ValueError(f"{owner}: {name}{index} is {array[tuple(index)]}, "
                     f"expected {expected}")
