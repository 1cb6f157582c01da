"""Arguments of a selection: columns of a table, groups of them, folds of samples."""
import numpy as np

from ... import refuse


def checked_columns(owner, columns, p):
    """The columns (g,) as integers, if they are different ones of p columns."""
    columns = refuse.numbers(owner, "columns", columns, 1, "iu")
    if not (0 <= columns.min() and columns.max() < p) or len(np.unique(columns)) < len(columns):
        raise ValueError(f"{owner}: columns is {columns.tolist()}, expected different ones of "
                         f"0 to {p - 1}")
    return columns


def checked_numbers(owner, name, numbers, n, most=None):
    """numbers (n,), if they are 0 to their largest, and none of these is left out."""
    numbers = refuse.numbers(owner, name, numbers, 1, "iu")
    refuse.length(owner, name, numbers, n)
    found = np.unique(numbers)
    if not np.array_equal(found, np.arange(most or len(found))):
        expected = f"all of 0 to {most - 1}" if most else "0, 1, and so on, none left out"
        raise ValueError(f"{owner}: {name} has the values {found[:9].tolist()}, "
                         f"expected {expected}")
    return numbers


def checked_samples(owner, x, target):
    """x (n, p) and a target for each of its rows, if they are plain and finite."""
    x = refuse.array(owner, "x", x, 2)
    target = refuse.array(owner, "target", target, min(max(1, np.ndim(target)), 2))
    refuse.length(owner, "target", target, len(x))
    return x, target
