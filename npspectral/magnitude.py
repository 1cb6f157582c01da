"""Numbers of any size: a unit in which their squares neither overflow nor vanish."""
import numpy as np


def power_of_two(x, axis=None, keepdims=False):
    """The largest power of two not above max |x|, in the dtype of x; 1 where all of x are 0.

    Division by it is exact, except for numbers that become smaller than the smallest normal one.
    """
    largest = np.maximum(np.max(x, axis, keepdims=keepdims), -np.min(x, axis, keepdims=keepdims))
    _, exponent = np.frexp(largest)
    return np.where(largest > 0, np.ldexp(np.ones_like(largest), exponent - 1), 1)


def norms(x, axis=-1):
    """sqrt(sum x^2) along an axis, also where the squares overflow or vanish."""
    unit = power_of_two(x, axis, keepdims=True)
    scaled = x / unit
    return np.sqrt((scaled * scaled).sum(axis)) * np.squeeze(unit, axis)


def variances(owner, scaled, unit):
    """scaled unit^2: the variances of x, from those of x / unit.

    Raises ValueError if their dtype cannot hold them. Variances that are only rounding of the
    largest may become 0.
    """
    with np.errstate(over="ignore", under="ignore"):
        result = scaled * unit * unit
    limits = np.finfo(result.dtype)
    least = result[scaled > np.finfo(float).eps * scaled.max()].min(initial=limits.max)
    if not (limits.tiny <= least and result.max() <= limits.max):
        raise ValueError(f"{owner}: x reaches {unit:.1e}, whose square is no {result.dtype}, "
                         f"expected x of a scale nearer to 1")
    return result
