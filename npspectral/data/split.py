"""A random split into training and test examples."""
import numpy as np

from .. import refuse


def train_test_split(rng, x, target, test_fraction=0.2):
    """(x_train, target_train), (x_test, target_test): copies, in random order.

    x (n, ...), target (n, ...); the test part has round(test_fraction n) examples, and neither
    part may be empty. The default is the split of Chicchi et al. 2024, arXiv 2406.01183.
    Raises TypeError or ValueError on arguments that do not fit.
    """
    owner = "train_test_split"
    refuse.generator(owner, rng)
    for name, array in (("x", x), ("target", target)):
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            raise TypeError(f"{owner}: {name} is {type(array).__name__}, expected a numpy array "
                            f"of one or more axes")
    if len(x) != len(target):
        raise ValueError(f"{owner}: target has {len(target)} rows, expected {len(x)} as x")
    refuse.number(owner, "test_fraction", test_fraction, "a number between 0 and 1",
                  lambda value: 0 < value < 1)
    n_test = round(test_fraction * len(x))
    if not 0 < n_test < len(x):
        raise ValueError(f"{owner}: test_fraction is {test_fraction}, which puts {n_test} of "
                         f"{len(x)} examples into the test part; neither part may be empty")
    order = rng.permutation(len(x))
    test, train = order[:n_test], order[n_test:]
    return (x[train], target[train]), (x[test], target[test])
