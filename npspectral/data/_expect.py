"""Checks of arguments: each error says who was called, with what, and what was expected."""
from numbers import Integral, Real

import numpy as np

from ..refuse import finite, plain, present


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


def labels(owner, name, labels, n):
    """One label of any kind for each of n samples, none of them missing."""
    plain(owner, name, labels, "biufOSUTmM", "a numpy array of labels")
    if labels.shape != (n,):
        raise ValueError(f"{owner}: {name} has shape {labels.shape}, expected ({n},)")
    present(owner, name, labels, "a label")


def features(owner, x, n_features):
    """A finite real array of shape (n, n_features)."""
    plain(owner, "x", x)
    if x.ndim != 2 or x.shape[1] != n_features:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, {n_features})")
    finite(owner, "x", x)
