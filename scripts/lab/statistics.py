"""Intervals of what is measured over seeds."""
import numpy as np

DRAWS, LEVEL = 2000, 0.95


def bootstrap(statistic, *arrays, draws=DRAWS, level=LEVEL):
    """(low, high): the percentile interval of statistic(*arrays), whose first axis is the seed.

    Seeds are drawn with replacement, the same for all arrays, by a generator of its own: the same
    arrays give the same interval. Draws whose statistic is NaN are left out.
    """
    rng, n = np.random.default_rng(0), len(arrays[0])
    values = [statistic(*(array[rows] for array in arrays))
              for rows in rng.integers(n, size=(draws, n))]
    low, high = np.nanquantile(np.array(values, float), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
