"""What is fitted over seeds, with its interval."""
import numpy as np

from .table import Row, slope

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


def fitted(part, quantity, published, statistic, arrays, low=-np.inf, high=np.inf, **options):
    """The Row of statistic(*arrays), one number of all seeds; if finite with its `bootstrap`."""
    value = statistic(*arrays)
    interval = bootstrap(statistic, *arrays, **options) if np.isfinite(value) else None
    return Row(part, quantity, published, value, low, high, seeds=len(arrays[0]), interval=interval)


def exponent(p, values):
    """Of the mean over seeds ~ p^-exponent, values (seeds, sizes)."""
    return -slope(np.log(p), np.log(values.mean(0)))
