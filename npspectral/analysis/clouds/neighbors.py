"""Exact nearest neighbors in Euclidean distance, and the vote of the k nearest.

Two ways to the same answer: a k-d tree where the points fill few dimensions, else a matrix product,

    a = |z|^2 - 2 x.z = |x - z|^2 - |x|^2     within  E = (n + 16) eps (|x|^2 + max |z|^2)

which is fast and loses the digits of small distances. It therefore only proposes candidates: with
tau at least the k-th smallest a, all z with a <= tau + 2 E, which no true neighbor can miss (the
k-th true one has |x - z|^2 - |x|^2 <= tau + E, and so a <= tau + 2 E). tau is the k-th smallest of
the minima of groups of columns. The candidates' distances are then computed from differences.
"""
import numpy as np

from ... import refuse
from ...magnitude import norms, power_of_two

ELEMENTS = 250_000                  # of a block, which bounds memory and stays in cache
LEAST = 1e-150                      # a distance whose square has all its digits


def nearest_neighbors(x, k, queries=None):
    """Distances and indices (n, k), nearest first, of the k rows of x nearest to each query.

    x (p, d), queries (n, d). Without queries those are the rows of x, and a row is no neighbor of
    itself, while a copy of it is one, at distance 0. Among equal distances the order is arbitrary.
    What differs by less than 1e-300 of the largest number counts as equal.
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
    """The commonest label (n,) among the k nearest rows of x; of equally common ones the smallest.

    x (p, d), labels (p,), queries (n, d).
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
    """The same by matrix products, in blocks of queries."""
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
    """(-2 x^T, |x|^2) as (d + 1, n_groups, width), and which row of x each column is.

    Row i is in group i % n_groups: neighbors in the order of x, which may be neighbors in space,
    are apart. Columns without a row are infinitely far.
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
    """Whether no two numbers, which reach 1, differ by so little that a tree's squares vanish."""
    return all(np.abs(x[x != 0]).min(initial=1) > LEAST / np.finfo(float).eps for x in arrays)


def _few_dimensions(x):
    """Whether a k-d tree is the faster search, judged by how near the neighbors of a sample are.

    In d dimensions the distances r1 < r2 of 300 points have mean log(r2 / r1) = 1 / d; a tree
    looks at ever more points as d grows, and each look costs as much as there are features.
    """
    sample = x[::max(1, len(x) // 300)]
    if x.shape[1] > 100 or len(sample) < 3:
        return False
    _, nearest, second = _by_product(sample, sample, 3)[0].T
    apart = nearest > 0
    return bool(apart.any() and np.log(second[apart] / nearest[apart]).mean() > 1 / 10)


def _without_self(distances, indices):
    """Take each row's own index out; where copies crowded it out, one of these goes instead."""
    itself = indices == np.arange(len(indices))[:, None]
    itself[~itself.any(1), 0] = True
    shape = len(indices), -1
    return distances[~itself].reshape(shape), indices[~itself].reshape(shape)
