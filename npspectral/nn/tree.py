"""Trees of arrays, as parameters, gradients and states are: arrays, or dicts or tuples of trees."""
import numpy as np


def items(tree, path=""):
    """Yield (path, array) of every array, such as ("0/phi", ...), in the order of the tree."""
    if isinstance(tree, dict):
        for name, branch in tree.items():
            yield from items(branch, f"{path}/{name}" if path else name)
    elif isinstance(tree, tuple):
        for position, branch in enumerate(tree):
            yield from items(branch, f"{path}/{position}" if path else str(position))
    else:
        yield path, tree


def map(function, tree, *others):
    """The tree of function(a, b, ...), for a of `tree` and b, ... at its place in the others."""
    if isinstance(tree, dict):
        return {name: map(function, branch, *(other[name] for other in others))
                for name, branch in tree.items()}
    if isinstance(tree, tuple):
        return tuple(map(function, *branches) for branches in zip(tree, *others, strict=True))
    return function(tree, *others)


def aligned(tree, *others):
    """Yield (a, b, ...) for every array of `tree` and those at the same place in the others."""
    if isinstance(tree, dict):
        for name, branch in tree.items():
            for other in others:
                if name not in other:
                    raise ValueError(f"tree: {name!r} is not among {sorted(other)}")
            yield from aligned(branch, *(other[name] for other in others))
    elif isinstance(tree, tuple):
        for branches in zip(tree, *others, strict=True):
            yield from aligned(*branches)
    else:
        yield tree, *others


def merge(tree, part):
    """`tree` with the arrays of `part` wherever `part` has them."""
    if isinstance(tree, dict):
        return {**tree, **part}
    return tuple(merge(*branches) for branches in zip(tree, part, strict=True))


def leaves(tree):
    """The list of all arrays, in the order of `items`."""
    if isinstance(tree, dict):
        return [array for branch in tree.values() for array in leaves(branch)]
    if isinstance(tree, tuple):
        return [array for branch in tree for array in leaves(branch)]
    return [tree]


def paths(tree):
    """The keys that lead to each array, such as (0, "phi"), in the order of `items`."""
    if isinstance(tree, (dict, tuple)):
        branches = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return [(key, *path) for key, branch in branches for path in paths(branch)]
    return [()]


def gathered(tree, paths):
    """The list of the arrays at these paths.

    A training step knows the paths beforehand: `aligned` would take much longer.
    """
    arrays = []
    for path in paths:
        branch = tree
        for key in path:
            branch = branch[key]
        arrays.append(branch)
    return arrays


def ravel(tree):
    """All arrays one after the other as one vector theta (P,)."""
    return np.concatenate([np.ravel(array) for array in leaves(tree)])


def unravel(theta, like):
    """The inverse of `ravel`: a tree of views into theta (P,), with the shapes that `like` has."""
    if theta.shape != (size(like),):
        raise ValueError(f"unravel: theta has shape {theta.shape}, expected ({size(like)},)")
    last = 0

    def part(array):
        nonlocal last
        first, last = last, last + array.size
        return theta[first:last].reshape(array.shape)
    return map(part, like)


def copy(tree):
    """The same tree with every array copied."""
    return map(np.copy, tree)


def locked(tree):
    """The same tree with a read-only view of every array, to be handed to code of the user."""
    return map(_view, tree)


def _view(array):
    if isinstance(array, np.ndarray):
        array = array.view()
        array.flags.writeable = False
    return array


def size(tree):
    """How many numbers the arrays of the tree hold."""
    return sum(array.size for array in leaves(tree))
