"""Checks of arguments: each error says who was called, with what, and what was expected."""
from numbers import Integral, Real

import numpy as np


def generator(owner, rng):
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng is {rng!r}, expected a numpy.random.Generator")


def integer(owner, name, value, low, high=None, high_name=""):
    """An integer from low up, and up to high if there is one, which the message calls high_name."""
    fits = isinstance(value, Integral) and not isinstance(value, bool)
    if not fits or value < low or (high is not None and value > high):
        span = "or more" if high is None else f"to {high_name} = {high}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected an integer, {low} {span}")


def number(owner, name, value, expected, fits):
    """A finite real number for which fits(value); `expected` says so in words."""
    real = isinstance(value, Real) and not isinstance(value, bool)
    if not real or not np.isfinite(value) or not fits(value):
        raise ValueError(f"{owner}: {name} is {value!r}, expected {expected}")


def positive(owner, name, value):
    number(owner, name, value, "a positive number", lambda value: value > 0)


def floating(owner, dtype):
    """The numpy dtype, which has to be a real floating-point one."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if dtype is None or found is None or found.kind != "f":
        raise TypeError(f"{owner}: dtype is {dtype!r}, expected a floating-point type")
    return found


def finite(owner, name, array):
    """No inf, nan or NaT in an array of numbers or times; the first one is named."""
    if array.dtype.kind in "fcmM" and not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0].tolist()
        value = array[tuple(index)]
        raise ValueError(f"{owner}: {name}{index} is {value}, expected finite numbers")


def features(owner, x, n_features):
    """A finite real array of shape (n, n_features)."""
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiu":
        found = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"{owner}: x is {found}, expected a numpy array of real numbers")
    if x.ndim != 2 or x.shape[1] != n_features:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, {n_features})")
    finite(owner, "x", x)
