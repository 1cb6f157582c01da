"""Which columns are much alike: a tree of them, and groups of it to be priced together.

    r_jk    correlation of the columns j, k of x (n, p); 0 if one is constant
    d_jk    1 - |r_jk|
The two nearest clusters are joined, again and again; clusters A, B are at the mean of d_jk over j
in A, k in B (average linkage). Groups are the clusters that were joined at 1 - threshold or below.

A column of a file may have become several of x: then d of two such columns is the least of theirs.
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes


@dataclass(frozen=True, repr=False)
class ColumnTree(Shapes):
    """c columns as a tree that is cut into groups.

    names           of the columns
    group (c,)      of each column, from 0 on as they come
    merges (c-1, 4) scipy's linkage: the two clusters, their distance d, the number of columns
    threshold       groups were joined at d <= 1 - threshold
    """

    names: tuple
    group: np.ndarray
    merges: np.ndarray
    threshold: float

    def order(self):
        """The columns (c,) in an order in which no lines of the tree cross."""
        from scipy.cluster.hierarchy import leaves_list
        return leaves_list(self.merges).tolist() if len(self.merges) else [0]

    def words(self):
        """A sentence for each group of several columns, which names them all."""
        for group in range(self.group.max() + 1):
            names = [name for name, own in zip(self.names, self.group) if own == group]
            if len(names) > 1:
                yield (f"Priced together, as they correlate by {self.threshold:g} or more in the "
                       f"mean: {', '.join(names)}.")

    def branches(self, place):
        """The lines of the tree below the cut: ((r, r, r, r), (y, y, y, y)) of each merge.

        place says where columns are, y; r = 1 - d. A line leads from one cluster to where it meets
        the other, half between both, and to that.
        """
        at = {column: (1.0, y) for column, y in place.items()}
        for number, (one, other, distance, _) in enumerate(self.merges.tolist()):
            if distance <= 1 - self.threshold and one in at and other in at:
                (r_1, y_1), (r_2, y_2), r = at[one], at[other], 1 - distance
                at[len(self.group) + number] = r, (y_1 + y_2) / 2
                yield (r_1, r, r, r_2), (y_1, y_1, y_2, y_2)


def column_tree(x, threshold, names=None, source=None):
    """The ColumnTree of x (n, p), or of c columns of a file that x is made of.

    source (p,): the column of the file that each of x is made of, 0 to c - 1 in order.

    >>> x = np.random.default_rng(0).standard_normal((50, 2))
    >>> column_tree(x[:, [0, 1, 0]], 0.7).group.tolist()
    [0, 1, 0]
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform
    x = refuse.real("column_tree", "x", x, 2)
    refuse.share("column_tree", "threshold", threshold)
    distance = 1 - _correlations(x)
    if source is not None:
        first = _first_of_each(source, x.shape[1])
        distance = np.minimum.reduceat(np.minimum.reduceat(distance, first, 0), first, 1)
    names = tuple(f"x{j}" for j in range(len(distance))) if names is None else tuple(names)
    if len(distance) == 1:
        return ColumnTree(names, np.zeros(1, int), np.zeros((0, 4)), threshold)
    merges = linkage(squareform(distance, checks=False), "average")
    found = fcluster(merges, 1 - threshold, "distance")
    _, first, label = np.unique(found, return_index=True, return_inverse=True)
    return ColumnTree(names, np.argsort(np.argsort(first))[label], merges, threshold)


def _correlations(x):
    """|r| (p, p), at most 1."""
    centered = x - x.mean(0)
    length = np.sqrt((centered * centered).sum(0))
    unit = centered / np.where(length > 0, length, 1)
    return np.abs(unit.T @ unit).clip(max=1)


def _first_of_each(source, p):
    """The first place (c,) of each number in source (p,), which is 0, 0, 1, 2, 2, and so on."""
    source = refuse.numbers("column_tree", "source", source, 1, "iu")
    refuse.length("column_tree", "source", source, p)
    steps = np.diff(source.astype(int), prepend=-1)
    if steps[0] != 1 or not np.isin(steps, (0, 1)).all():
        raise ValueError(f"column_tree: source is {source}, expected 0, 0, 1 and so on in order")
    return np.flatnonzero(steps)
