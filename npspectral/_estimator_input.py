"""What users of scikit-learn hand over, as plain arrays; its own checks give the wording of errors.

An error that scikit-learn's check_estimator looks for says what it wants to read, the others have
this package's form. Lists, data frames and whatever else numpy.asarray takes are accepted.
"""
import sys
import warnings
from numbers import Integral

import numpy as np


class NotFitted(ValueError, AttributeError):
    """Asked for what only a fitted estimator has, as scikit-learn's NotFittedError."""


def features(owner, X):
    """X as a float array (n, n_features) of finite numbers, n and n_features at least 1."""
    x = _numbers(owner, "X", X)
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


def targets(owner, y, n):
    """y as a float array (n,) or (n, n_outputs) of finite numbers."""
    y = _numbers(owner, "y", _given(owner, y))
    if y.ndim not in (1, 2) or len(y) != n or y.size == 0:
        raise ValueError(f"{owner}: y has shape {y.shape}, expected ({n},) or ({n}, n_outputs)")
    return y


def targets_like(owner, y, predicted):
    """y as `targets`, in the shape of what was predicted; of one output (n,) and (n, 1) are one."""
    y = targets(owner, y, len(predicted))
    if y.size != predicted.size:
        raise ValueError(f"{owner}: y has shape {y.shape}, expected {predicted.shape}")
    return y.reshape(predicted.shape)


def column(owner, y, n):
    """y as an array (n,) of anything; (n, 1) is accepted with a warning, as scikit-learn does."""
    y = np.asarray(_given(owner, y))
    if y.shape == (n, 1):
        warnings.warn("A column-vector y was passed when a 1d array was expected; use ravel().",
                      known_as("DataConversionWarning", UserWarning), stacklevel=3)
        y = y[:, 0]
    if y.shape != (n,):
        raise ValueError(f"{owner}: y has shape {y.shape}, expected ({n},)")
    return y


def classes(owner, y):
    """The classes (K,) in order, and the number of each sample's class (n,), of labels y (n,)."""
    if y.dtype.kind == "f" and (_numbers(owner, "y", y) != np.round(y)).any():
        raise ValueError(f"{owner}: Unknown label type: continuous; y has numbers between the "
                         f"integers, expected classes")
    try:
        found, numbers = np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{owner}: Unknown label type: y has classes that cannot be put in "
                         f"order: {error}") from error
    if len(found) == 1:
        raise ValueError(f"{owner}: y has 1 class, {found.tolist()[0]!r}, expected 2 or more")
    return found, numbers


def generator(owner, random_state):
    """A numpy Generator from what scikit-learn takes, which is None, an integer or a RandomState.

    None draws from numpy's global state, as there; a Generator is used as it is.
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
    """scikit-learn's class of that name if it is loaded, for who catches that; or `otherwise`."""
    return getattr(sys.modules.get("sklearn.exceptions"), name, otherwise)


def _given(owner, y):
    if y is None:
        raise ValueError(f"{owner}: requires y to be passed, but the target y is None")
    return y


def _numbers(owner, name, array):
    if hasattr(array, "toarray"):
        raise TypeError(f"{owner}: {name} is sparse ({type(array).__name__}), "
                        f"expected a dense array")
    array = np.asarray(array)
    if array.dtype.kind == "c":
        raise ValueError(f"{owner}: Complex data not supported: {name} has dtype {array.dtype}, "
                         f"expected real numbers")
    array = array.astype(float, copy=False)
    if not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(f"{owner}: {name}{index} is {array[tuple(index)]}, expected finite "
                         f"numbers, no NaN and no infinity")
    return array
