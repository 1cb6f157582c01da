"""Intrinsic dimension of a cloud of points by the ratio of its two nearest distances (TwoNN).

Where the density is constant over the second neighbor's distance r2, in d dimensions,

    mu = r2 / r1     P(mu > t) = t^-d  (t >= 1)     log mu ~ exponential of rate d

whatever the density is. With S = sum log mu over N points, the estimators are

    two_nn_ml         N / S          the most likely d
    two_nn_unbiased   (N - 1) / S    S ~ Gamma(N, 1/d), so its mean is d and its sd d / sqrt(N - 2)
    two_nn_posterior  (N + 1) / S    the mean of d under a flat prior; biased by 2 / (N - 1)
    two_nn_fit        the slope through the origin of -log(1 - i/N) against the i-th smallest
                      log mu, i up to a share of N
    two_nn_fit_published   the same by the convention of a published code

for independent mu. Points of one cloud share neighbors, and boundaries lower the result.
Distances are those of float64 differences: float32 products make near copies coincide.

Source: Facco, d'Errico, Rodriguez and Laio 2017, Sci. Rep. 7, 12140; for layers of networks and by
blocks, Ansuini, Laio, Macke and Zoccolan 2019, NeurIPS. Which public code takes which: two_nn_ml
none, two_nn_unbiased DADApy ('ml'), two_nn_posterior mariogeiger/feature_lazy.
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ...magnitude import power_of_two
from .neighbors import nearest_neighbors


@dataclass(frozen=True)
class Dimension:
    """value: the estimate; n_points: how many mu it is made of; copies: rows left out before."""

    value: float
    n_points: int
    copies: int


def neighbor_ratios(x):
    """mu (N,) of the N distinct rows of x (p, n), and the p - N copies, which are left out.

    A copy makes r1 = 0 and says nothing about dimension; layers of ReLU give many of them. One of
    each is kept, so every mu is finite and at least 1. -0 equals 0.
    Deviation: the published codes drop points with r1 = 0, all copies of a point and not all but
    one, or let nan through.
    Raises ValueError if fewer than 3 rows are distinct.
    """
    x = refuse.real("neighbor_ratios", "x", x, 2)
    x = x / power_of_two(x)                     # ratios do not change, but squares are numbers
    points, distances = x, _two_nearest(x)
    if not distances.all():                     # sorting the rows takes longer than the search
        points = np.unique(x, axis=0)
        distances = _two_nearest(points)
    nearest, second = distances.T
    if nearest.min() < 1e-300:
        raise ValueError("neighbor_ratios: x has distinct rows that differ by less than 1e-300 of "
                         "its largest number, expected no such difference")
    return second / nearest, len(x) - len(points)


def two_nn_ml(mu):
    """N / sum log mu: the most likely dimension."""
    logs = _logs("two_nn_ml", mu)
    return float(len(logs) / logs.sum())


def two_nn_unbiased(mu):
    """(N - 1) / sum log mu: its mean is the dimension, its sd the dimension / sqrt(N - 2)."""
    logs = _logs("two_nn_unbiased", mu)
    return float((len(logs) - 1) / logs.sum())


def two_nn_posterior(mu):
    """(N + 1) / sum log mu: the mean of the dimension's posterior under a flat prior."""
    logs = _logs("two_nn_posterior", mu)
    return float((len(logs) + 1) / logs.sum())


def two_nn_fit(mu, keep=0.9):
    """sum a b / sum a^2,  a = log mu sorted, b = -log(1 - i/N),  i = 1 .. floor(keep N), below N.

    The largest ratios, least like those of a constant density, are left out. i = N always is,
    b being infinite there.
    """
    logs = np.sort(_logs("two_nn_fit", mu))
    refuse.number("two_nn_fit", "keep", keep, "above 0, up to 1", lambda keep: 0 < keep <= 1)
    return _slope("two_nn_fit", logs, len(logs), min(int(keep * len(logs)), len(logs) - 1))


def two_nn_fit_published(mu):
    """The fit of the public code of Ansuini et al. 2019, on the same mu.

    It leaves out mu = 1 and counts N without them, drops the two largest mu (its comment says
    one), and fits the first floor(0.9 N).
    """
    logs = np.sort(_logs("two_nn_fit_published", mu))
    logs = logs[logs > 0]
    return _slope("two_nn_fit_published", logs, len(logs),
                  min(int(0.9 * len(logs)), len(logs) - 2))


def intrinsic_dimension(x, estimate=two_nn_unbiased):
    """Dimension of the rows of x (p, n); `estimate` takes mu (N,) and gives a number."""
    mu, copies = neighbor_ratios(x)
    return Dimension(estimate(mu), len(mu), copies)


def block_dimensions(rng, x, n_blocks, estimate=two_nn_unbiased):
    """Dimension of each of n_blocks disjoint blocks of p // n_blocks rows of x, drawn at random.

    Fewer points look at a larger scale: an estimate that stays the same from 1 to 20 blocks is a
    dimension, one that falls with the blocks' size is noise or curvature. p % n_blocks rows, drawn
    at random, are in no block.
    """
    owner = "block_dimensions"
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng is {rng!r}, expected a numpy.random.Generator")
    x = refuse.real(owner, "x", x, 2)
    refuse.integer(owner, "n_blocks", n_blocks, 1, len(x) // 3)
    size = len(x) // n_blocks
    order = rng.permutation(len(x))[:size * n_blocks]
    return [intrinsic_dimension(x[rows], estimate) for rows in order.reshape(n_blocks, size)]


def _two_nearest(points):
    if len(points) < 3:
        raise ValueError(f"neighbor_ratios: x has {len(points)} distinct rows, expected 3 or more")
    return nearest_neighbors(points, 2)[0]


def _logs(owner, mu):
    mu = refuse.real(owner, "mu", mu, 1)
    if len(mu) < 3:
        raise ValueError(f"{owner}: mu has {len(mu)} entries, expected 3 or more")
    if mu.min() < 1:
        raise ValueError(f"{owner}: mu[{mu.argmin()}] is {mu.min()}, expected 1 or more")
    if mu.max() == 1:
        raise ValueError(f"{owner}: every mu is 1, as on a lattice: no dimension follows")
    return np.log(mu)


def _slope(owner, logs, n, fitted):
    a, b = logs[:max(fitted, 0)], -np.log1p(-np.arange(1, fitted + 1) / n)
    if not a.any():
        raise ValueError(f"{owner}: no mu above 1 is left among the {len(a)} to fit")
    return float(a @ b / (a @ a))
