"""A basis of the vectors whose entries have the sum 0, by one reflection.

    H = I - 2 v v^T / |v|^2     v = (1, ..., 1) / sqrt(n) + (1, 0, ..., 0)

The reflection H takes (1, ..., 1) / sqrt(n) to (-1, 0, ..., 0), and it is symmetric and orthogonal.
So its first column is -(1, ..., 1) / sqrt(n), and the other columns are the basis.
"""
import numpy as np


def reduced(rows):
    """Components (..., n - 1) of rows (..., n) along the basis: rows H without its first entry."""
    v = _normal(rows.shape[-1])
    return (rows - (rows @ v)[..., None] * v)[..., 1:]


def whole(components):
    """The vector (n,) of sum 0 that has these components (n - 1,)."""
    v = _normal(len(components) + 1)
    vector = np.append(0.0, components)
    return vector - (v @ vector) * v


def _normal(n):
    """v sqrt(2) / |v|, so that H = I - v v^T with this v."""
    v = np.full(n, n ** -0.5)
    v[0] += 1
    return v / v[0] ** 0.5
