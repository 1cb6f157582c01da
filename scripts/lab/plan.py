"""Runs that are to be made, and what they returned as arrays."""
import numpy as np

from npspectral.sweep import grid


def each_seed(function, seeds, **parameters):
    """The runs of a function of a seed, for the first seeds, that differ in nothing else."""
    return grid(function, **{name: [value] for name, value in parameters.items()},
                seed=range(seeds))


def chosen(keep, function, cases, by):
    """Key -> that one of its cases which does best, by this number of its run with the seed 0."""
    found = keep({key: grid(function, case=some, seed=[0]) for key, some in cases.items()})
    return {key: some[np.argmax(stack(found[key])[by])] for key, some in cases.items()}


def stack(rows):
    """A list of dicts with the same names as one dict of arrays, one row each."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def by_seed(rows, seeds):
    """Rows of one seed after the other, each with the same sizes, as arrays (seed, size, ...)."""
    return {name: array.reshape(seeds, -1, *array.shape[1:]) for name, array in stack(rows).items()}


def axes(names):
    """name of an array -> names of its axes, from axes -> arrays: {"seed, p": "errors steps"}."""
    return {name: tuple(text.split(", ")) if text else () for text, arrays in names.items()
            for name in arrays.split()}
