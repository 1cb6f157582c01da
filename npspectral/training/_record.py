"""What records share: equality by the bits of their arrays, and one short line to print."""
import dataclasses

import numpy as np


class Snapshot:
    """Base of a frozen dataclass that holds arrays.

    `shown` names the fields that are printed, unless they are None.
    """

    shown: tuple[str, ...] = ()
    __hash__ = None                     # type: ignore[assignment]  # as for everything with arrays

    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, field.name), getattr(other, field.name))
                   for field in dataclasses.fields(self))

    def __repr__(self):
        values = {name: value for name in self.shown if (value := getattr(self, name)) is not None}
        return f"{type(self).__name__}(" + ", ".join(
            f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value!r}"
            for name, value in values.items()) + ")"


def _same(a, b):
    """Whether two trees are equal: arrays in shape, dtype and bits, all else in type and repr."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[name], b[name]) for name in a)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return (a.shape, a.dtype) == (b.shape, b.dtype) and _same_bits(a, b)
    return type(a) is type(b) and repr(a) == repr(b)


def _same_bits(a, b):
    if a.dtype.char in "gG":                # longdouble has padding bytes, which mean nothing
        return np.array_equal(a, b, equal_nan=True) and all(
            np.array_equal(np.signbit(part(a)), np.signbit(part(b))) for part in (np.real, np.imag))
    return a.tobytes() == b.tobytes()
