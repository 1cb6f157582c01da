"""A unit for numbers of any size, so that their squares neither overflow nor vanish."""
import numpy as np


def power_of_two(x, axis=None):
    """The largest power of two not above max |x|, in the dtype of x; 1 where all of x are 0.

    Dividing by it, and multiplying by it again, is exact but for what is below the smallest number.
    """
    largest = np.maximum(np.max(x, axis), -np.min(x, axis))
    _, exponent = np.frexp(largest)
    return np.where(largest > 0, np.ldexp(np.ones_like(largest), exponent - 1), 1)
