"""Arguments of estimators as plain arrays, checked in scikit-learn's manner.

Lists, data frames and whatever else numpy.asarray takes are accepted. If scikit-learn's
check_estimator looks for certain words in an error, the error has them. Other errors have this
package's form.
"""
import sys
import warnings
from numbers import Integral, Real

import numpy as np

from . import refuse
from .magnitude import power_of_two


class NotFitted(ValueError, AttributeError):
    """An estimator that is not fitted was asked to predict; as scikit-learn's NotFittedError."""


def features(owner, X):
    """X as a float array (n, n_features) of finite numbers, n and n_features at least 1."""
    x = _numbers(owner, "X", X, columns=getattr(X, "columns", ()))
    if x.ndim != 2:
        raise ValueError(f"{owner}: X has shape {x.shape}, expected (n, n_features). "
                         f"Reshape your data")
    for size, what in zip(x.shape, ("sample(s)", "feature(s)")):
        if size == 0:
            raise ValueError(f"{owner}: X has 0 {what} (shape={x.shape}) while a minimum of 1 is "
                             f"required.")
    return x


def feature_names(X):
    """The names of a data frame's columns (n_features,) if all are strings, else None."""
    names = getattr(X, "columns", ())
    if len(names) == 0 or not all(isinstance(name, str) for name in names):
        return None
    return np.asarray(names, object)


def same_names(owner, X, fitted):
    """Refuse a data frame whose columns are not those of fit; warn if only one of both has any."""
    names = feature_names(X)
    if names is None and fitted is not None:
        warnings.warn(f"X does not have valid feature names, but {owner} was fitted with feature "
                      f"names", stacklevel=4)
    elif names is not None and fitted is None:
        warnings.warn(f"X has feature names, but {owner} was fitted without feature names",
                      stacklevel=4)
    elif names is not None and not np.array_equal(names, fitted):
        raise ValueError(f"{owner}: The feature names should match those that were passed during "
                         f"fit: they are {names.tolist()}, expected {fitted.tolist()}")


def targets(owner, y, n):
    """y as a float array (n,) or (n, n_outputs) of finite numbers."""
    y = _numbers(owner, "y", _given(owner, y))
    if y.ndim not in (1, 2) or len(y) != n or y.size == 0:
        raise ValueError(f"{owner}: y has shape {y.shape}, expected ({n},) or ({n}, n_outputs)")
    return y


def targets_like(owner, y, predicted):
    """y as `targets` gives it, in the shape of predicted; (n,) and (n, 1) stand for each other."""
    y = targets(owner, y, len(predicted))
    if y.size != predicted.size:
        raise ValueError(f"{owner}: y has shape {y.shape}, expected {predicted.shape}")
    return y.reshape(predicted.shape)


def column(owner, y, n):
    """y as an array (n,) of anything; (n, 1) is accepted with a warning, as scikit-learn does."""
    y = _array(owner, "y", _given(owner, y))
    if y.shape == (n, 1):
        warnings.warn("A column-vector y was passed when a 1d array was expected; use ravel().",
                      known_as("DataConversionWarning", UserWarning), stacklevel=3)
        y = y[:, 0]
    if y.shape != (n,):
        raise ValueError(f"{owner}: y has shape {y.shape}, expected ({n},)")
    refuse.present(owner, "y", y, "a label, no NaN and no other missing value")
    return y


def classes(owner, y):
    """The classes (K,) in order, and the number of each sample's class (n,), of labels y (n,)."""
    _discrete(owner, y)
    try:
        found, numbers = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{owner}: Unknown label type: y has classes that cannot be put in "
                         f"order: {error}") from error
    if len(found) == 1:
        raise ValueError(f"{owner}: y has 1 class, {found.tolist()[0]!r}, expected 2 or more")
    return found, numbers


def labels_like(owner, y, n, classes):
    """Labels y (n,) to compare with classes: text with text, numbers with numbers."""
    y = column(owner, y, n)
    _discrete(owner, y)
    came, expected = _sort(y), _sort(classes)
    if came != expected:
        raise ValueError(f"{owner}: y holds {came}, expected {expected} as in fit")
    return y


def weights(owner, sample_weight, n):
    """sample_weight as a float array (n,) of numbers >= 0, not all of them 0; ones for None."""
    if sample_weight is None:
        return np.ones(n)
    weight = _numbers(owner, "sample_weight", sample_weight)
    if weight.shape != (n,):
        raise ValueError(f"{owner}: sample_weight has shape {weight.shape}, expected ({n},)")
    if weight.min() < 0 or weight.max() == 0:
        raise ValueError(f"{owner}: sample_weight runs from {weight.min()} to {weight.max()}, "
                         f"expected none below 0 and not only zeros")
    return weight / power_of_two(weight)            # the sum of large ones would overflow


def generator(owner, random_state):
    """A numpy Generator, made from a random_state as scikit-learn takes it.

    None draws a seed from numpy's global state and a RandomState from itself; an integer is the
    seed; a Generator is used as it is.
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, Integral) and random_state >= 0:
        return np.random.default_rng(random_state)
    if random_state is None or isinstance(random_state, np.random.RandomState):
        state = np.random if random_state is None else random_state
        return np.random.default_rng(state.randint(2**32, size=4, dtype=np.uint32))
    raise ValueError(f"{owner}: random_state is {random_state!r}, expected None, an integer >= 0, "
                     f"a RandomState or a Generator")


def known_as(name, otherwise):
    """scikit-learn's exception of that name, which users catch; `otherwise` if it is not loaded."""
    return getattr(sys.modules.get("sklearn.exceptions"), name, otherwise)


def _given(owner, y):
    if y is None:
        raise ValueError(f"{owner}: requires y to be passed, but the target y is None")
    return y


def _discrete(owner, y):
    """Refuse numbers that are no classes: complex ones, and those between the integers."""
    if y.dtype.kind == "c":
        raise ValueError(_no_complex(owner, "y", y))
    if y.dtype.kind == "f" and (_numbers(owner, "y", y) != np.round(y)).any():
        raise ValueError(f"{owner}: Unknown label type: continuous; y has numbers between the "
                         f"integers, expected classes")


def _sort(labels):
    """The kind of labels in words: numbers, text or objects of a type."""
    if labels.dtype.kind in "biuf" or all(isinstance(one, (Real, np.bool_)) for one in labels):
        return "numbers"
    if labels.dtype.kind in "UT" or all(isinstance(one, str) for one in labels):
        return "text"
    return f"{type(labels[0]).__name__} objects"


def _no_complex(owner, name, array):
    return (f"{owner}: Complex data not supported: {name} has dtype {array.dtype}, "
            f"expected real numbers")


def _array(owner, name, given):
    """The argument as an array; refuse sparse matrices, masks and subclasses but np.memmap."""
    if hasattr(given, "toarray"):
        raise TypeError(f"{owner}: {name} is sparse ({type(given).__name__}), "
                        f"expected a dense array")
    if isinstance(given, np.ndarray) and type(given) not in refuse.PLAIN:
        raise TypeError(f"{owner}: {name} is {type(given).__name__}, expected an array without "
                        f"a mask, a list or a data frame")
    rows = given if isinstance(given, (list, tuple)) else ()
    if any(isinstance(row, np.ma.MaskedArray) for row in rows):
        raise TypeError(f"{owner}: {name} has masked rows, expected rows without a mask")
    try:
        array = np.asarray(given)
    except ValueError as error:                             # rows of unequal lengths
        raise ValueError(f"{owner}: {name} is no table of numbers: {error}") from error
    if array.dtype.kind == "V":
        raise TypeError(f"{owner}: {name} has the fields {array.dtype.names}, expected one number "
                        f"in each place: numpy.column_stack([{name}[field] for field in ...])")
    return array


def _numbers(owner, name, given, columns=()):
    """The argument as a float array of finite numbers; an error names the row and the column."""
    array = _array(owner, name, given)
    if array.dtype.kind == "c":
        raise ValueError(_no_complex(owner, name, array))
    if array.dtype.kind in "mM":
        raise TypeError(f"{owner}: {name} has dtype {array.dtype}, expected numbers")
    _all_there(owner, name, array, refuse.missing(array), columns)
    try:
        array = array.astype(float, copy=False)
    except (TypeError, ValueError) as error:
        place, value = _no_number(array)
        cure = ("; text takes a column of 0 and 1 for each of its values, see "
                "help(npspectral.estimators)" if isinstance(value, str) else "")
        raise type(error)(f"{owner}: {name}{_index(place, columns)} is {value!r}, expected a "
                          f"number: {error}{cure}") from error
    _all_there(owner, name, array, ~np.isfinite(array), columns)
    return array


def _all_there(owner, name, array, wrong, columns):
    if wrong.any():
        place = np.argwhere(wrong)[0].tolist()
        cure = "; leave such rows out, or fill them in" if place else ""
        raise ValueError(f"{owner}: {name}{_index(place, columns)} is {array[tuple(place)]}, "
                         f"expected finite numbers, no NaN and no infinity{cure}")


def _no_number(array):
    """The place and the value of the first entry that float() does not accept."""
    for place in np.ndindex(array.shape):
        try:
            float(array[place])
        except (TypeError, ValueError):
            return place, array[place]
    return (), array


def _index(place, columns):
    """The text [row, column], with the column's name if it has one."""
    place = list(map(str, place))
    if len(place) == 2 and len(columns):
        place[1] = repr(columns[int(place[1])])
    return f"[{', '.join(place)}]" if place else ""
