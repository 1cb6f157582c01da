"""Checks of arguments: each error says who was called, with what, and what was expected."""
from functools import partial
from numbers import Real

import numpy as np

from .. import refuse
from ..nn import tree
from ..refuse import finite


def plain(owner, name, array):
    """A read-only view of the array, or of a memory map as a plain array."""
    refuse.ndarray(owner, name, array)
    return tree.locked(array.view(np.ndarray))


def data(owner, x, target):
    """x (n, n_in) and n targets as read-only views; refuse other shapes, nan and inf."""
    x, target = plain(owner, "x", x), plain(owner, "target", target)
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, n_in) with n >= 1")
    if target.ndim == 0 or len(target) != len(x):
        raise ValueError(f"{owner}: target has shape {target.shape}, expected {len(x)} rows as x")
    finite(owner, "x", x)
    finite(owner, "target", target)
    return x, target


def number(owner, name, value, expected, fits):
    """The value as a float; refuse what is no real number or fails fits(value).

    `expected` says in words what fits.
    """
    refuse.number(owner, name, value, expected, fits)
    return float(value)


def moments(owner, values):
    """Increasing finite times above 0, as a tuple of floats."""
    times = _listed(owner, "times", values, "increasing numbers > 0")
    if not (all(isinstance(time, Real) for time in times)
            and all(a < b < np.inf for a, b in zip((0.0, *times), times))):
        raise ValueError(f"{owner}: times is {times!r}, expected increasing numbers > 0")
    return tuple(float(time) for time in times)


def function(owner, name, value):
    """Refuse what cannot be called, and classes."""
    if not callable(value) or isinstance(value, type):
        raise TypeError(f"{owner}: {name} is {value!r}, expected a function")


def functions(owner, name, values):
    """The functions as a tuple, so that a generator of them is used up only here."""
    values = _listed(owner, name, values, "a list of functions")
    for position, value in enumerate(values):
        function(owner, f"{name}[{position}]", value)
    return values


def metrics(owner, values):
    """Name -> metric. A partial goes by its function's name, an object by its class's."""
    found = {}
    for metric in functions(owner, "metrics", values):
        named = metric
        while isinstance(named, partial) and not hasattr(named, "__name__"):
            named = named.func
        name = getattr(named, "__name__", type(named).__name__)
        if name == "loss" or name.startswith("validation_"):
            raise ValueError(f"{owner}: a metric is named {name!r}, a name that fit gives itself; "
                             f"expected another __name__")
        if name in found:
            raise ValueError(f"{owner}: two metrics are named {name!r}, expected a __name__ each")
        found[name] = metric
    return found


def optimizer(owner, value):
    """Refuse what is not an instance with the methods init and step."""
    methods = [callable(getattr(value, name, None)) for name in ("init", "step")]
    if isinstance(value, type) or not all(methods):
        raise TypeError(f"{owner}: optimizer is {value!r}, "
                        f"expected an instance with the methods init and step")


def _listed(owner, name, values, expected):
    try:
        if callable(values) or isinstance(values, (str, bytes, dict)):
            raise TypeError
        return tuple(values)
    except TypeError:
        raise TypeError(f"{owner}: {name} is {values!r}, expected {expected}") from None
