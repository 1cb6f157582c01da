"""Exact nearest neighbors in Euclidean distance, and the vote of the k nearest.

A k-d tree finds them where the points fill few dimensions. Elsewhere a matrix product is faster. It
gives, for a query q and every point x of d numbers,

    a = |x|^2 - 2 q.x = |q - x|^2 - |q|^2     with an error of at most
    E = (d + 16) eps (|q|^2 + max |x|^2)

This loses the digits of small distances, so it only proposes candidates: all x with a <= tau + 2 E.
The points are split into groups, and tau is the k-th smallest of the groups' least a, so that tau
is at least the k-th smallest a of all. No true neighbor is missed: even the k-th nearest has
|q - x|^2 - |q|^2 <= tau + E, and so a <= tau + 2 E. The distances of the candidates are then
computed from differences q - x.

Source: k-d trees, Bentley 1975, Commun. ACM 18, 509 (by SciPy); the bound is derived here.
"""
import numpy as np

from ... import refuse
from ...magnitude import norms, power_of_two

ELEMENTS = 250_000                  # numbers in one block: it bounds memory and stays in cache
LEAST = 1e-150                      # squares of smaller distances lose digits


def nearest_neighbors(x, k, queries=None):
    """Distances and indices (n, k), nearest first, of the k rows of x nearest to each query.

    x (p, d), queries (n, d). Without queries, the rows of x are the queries: then a row is not its
    own neighbor, but a copy of it is one, at distance 0. Equal distances come in any order.
    Differences below 1e-300 of the largest number count as 0.
    Raises TypeError or ValueError on arguments that do not fit, and if x has too few rows.
    """
    owner = "nearest_neighbors"
    x, itself = refuse.real(owner, "x", x, 2), queries is None
    refuse.integer(owner, "k", k, 1, len(x) - itself)
    queries = x if itself else refuse.real(owner, "queries", queries, 2)
    if queries.shape[1] != x.shape[1]:
        raise ValueError(f"{owner}: queries has {queries.shape[1]} features, expected "
                         f"{x.shape[1]} as x")
    unit = max(power_of_two(x), power_of_two(queries))
    x, queries = x / unit, queries / unit
    search = _by_tree if _few_dimensions(x) and _squarable(x, queries) else _by_product
    distances, indices = search(x, queries, k + itself)
    distances *= unit
    return _without_self(distances, indices) if itself else (distances, indices)


def nearest_neighbor_vote(x, labels, queries, k=5):
    """The commonest label (n,) among the k nearest rows of x to each query.

    x (p, d), labels (p,), queries (n, d). Of equally common labels the smallest is taken.
    """
    owner = "nearest_neighbor_vote"
    _, indices = nearest_neighbors(x, k, queries)
    refuse.labels(owner, "labels", labels, len(x))
    classes, codes = np.unique(np.asarray(labels), return_inverse=True)
    votes = np.zeros((len(indices), len(classes)), int)
    for column in codes[indices].T:
        votes[np.arange(len(votes)), column] += 1
    return classes[votes.argmax(1)]


def _by_tree(x, queries, k):
    """The k nearest rows of x by a k-d tree, a query itself included if it is a row of x."""
    from scipy.spatial import cKDTree
    distances, indices = cKDTree(x).query(queries, k)
    return distances.reshape(-1, k), indices.reshape(-1, k)


def _by_product(x, queries, k):
    """The k nearest rows of x by matrix products, in blocks of queries."""
    center, n_groups = x.mean(0), max(64, 4 * k)
    columns, index = _in_groups(x - center, n_groups)
    largest = columns[-1, index < len(x)].max()
    rows = max(1, ELEMENTS // index.size)
    nearest = []
    for block in np.split(queries, range(rows, len(queries), rows)):
        centered = block - center
        squares = np.einsum("ij,ij->i", centered, centered)
        error = (x.shape[1] + 16) * np.finfo(float).eps * (squares + largest)
        centered = np.concatenate([centered, np.ones((len(block), 1))], 1)
        proposed = (centered @ columns.reshape(len(columns), -1)).reshape(-1, *index.shape)
        minima = proposed.min(2)
        bound = np.partition(minima, k - 1, 1)[:, k - 1] + 2 * error
        row, group = np.nonzero(minima <= bound[:, None])   # the other groups have no candidate
        pair, place = np.nonzero(proposed[row, group] <= bound[row, None])
        nearest.append(_nearest_candidates(x, block, row[pair], index[group[pair], place], k))
    distances, indices = (np.concatenate(parts) for parts in zip(*nearest))
    return distances, indices


def _in_groups(x, n_groups):
    """(-2 x^T, |x|^2) as (d + 1, n_groups, width), and the row of x that each column comes from.

    Row i is in group i % n_groups, so that rows which follow each other, and may be near each
    other, are in different groups. Columns without a row are infinitely far.
    """
    width = -(-len(x) // n_groups)
    index = np.arange(width * n_groups).reshape(width, n_groups).T
    present = index < len(x)
    columns = np.zeros((x.shape[1] + 1, n_groups, width))
    columns[:-1, present] = -2 * x[index[present]].T
    columns[-1] = np.inf
    columns[-1, present] = np.einsum("ij,ij->i", x, x)[index[present]]
    return columns, index


def _nearest_candidates(x, block, rows, columns, k):
    """The k nearest of each row's candidates, which come in pairs (row, column), row by row."""
    distances = np.empty(len(rows))
    size = max(1, ELEMENTS // x.shape[1])
    for start in range(0, len(rows), size):
        pairs = slice(start, start + size)
        distances[pairs] = _lengths(x[columns[pairs]] - block[rows[pairs]])
    order = np.lexsort((columns, distances, rows))
    first = np.searchsorted(rows, np.arange(len(block)))
    chosen = order[first[:, None] + np.arange(k)]
    return distances[chosen], columns[chosen]


def _lengths(rows):
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    small = lengths < LEAST
    lengths[small] = norms(rows[small])
    return lengths


def _squarable(*arrays):
    """Whether every number but 0 is so large that squares of differences do not vanish.

    A k-d tree compares such squares. The largest number is near 1.
    """
    return all(np.abs(x[x != 0]).min(initial=1) > LEAST / np.finfo(float).eps for x in arrays)


def _few_dimensions(x):
    """Whether a k-d tree is the faster search, as the points seem to fill fewer than 10 dimensions.

    If points fill d dimensions, the distances r1 < r2 to the two nearest have mean log(r2 / r1) =
    1 / d. It is estimated from 300 of the points. A tree looks at ever more points as d grows, and
    a look costs the more, the more features there are.
    """
    sample = x[::max(1, len(x) // 300)]
    if x.shape[1] > 100 or len(sample) < 3:
        return False
    _, nearest, second = _by_product(sample, sample, 3)[0].T
    apart = nearest > 0
    return bool(apart.any() and np.log(second[apart] / nearest[apart]).mean() > 1 / 10)


def _without_self(distances, indices):
    """Take each row's own index out; if copies of the row left it no place, take out a copy."""
    itself = indices == np.arange(len(indices))[:, None]
    itself[~itself.any(1), 0] = True
    shape = len(indices), -1
    return distances[~itself].reshape(shape), indices[~itself].reshape(shape)
