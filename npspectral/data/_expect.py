"""Checks of arguments: each error says who was called, with what, and what was expected."""
import math

import numpy as np

from .. import refuse
from ..refuse import finite, integer, labels, plain, present

__all__ = ["finite", "integer", "labels", "plain", "present"]       # theirs and those below


def generator(owner, rng):
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng is {rng!r}, expected a numpy.random.Generator")


def number(owner, name, value, expected, fits):
    """A finite real number for which fits(value); `expected` says so in words."""
    refuse.number(owner, name, value, expected,
                  lambda value: -math.inf < value < math.inf and fits(value))


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


def features(owner, x, n_features):
    """A finite real array of shape (n, n_features)."""
    plain(owner, "x", x)
    if x.ndim != 2 or x.shape[1] != n_features:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, {n_features})")
    finite(owner, "x", x)
