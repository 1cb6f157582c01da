"""Intrinsic dimension of a cloud of points by the ratio of its two nearest distances (TwoNN).

r1 and r2 are the distances of a point to its nearest and to its second nearest neighbor. If the
points fill d dimensions, and their density is constant out to r2,

    mu = r2 / r1     P(mu > t) = t^-d  (t >= 1)     log mu ~ exponential of rate d

whatever that density is. With S = sum log mu over N points, the estimators of d are

    two_nn_ml         N / S          the most likely d
    two_nn_unbiased   (N - 1) / S    has mean d and standard deviation d / sqrt(N - 2), since
                                     S ~ Gamma(N, 1/d)
    two_nn_posterior  (N + 1) / S    the mean of d under a flat prior; too large by the share
                                     2 / (N - 1), on average
    two_nn_fit        the slope of a line through the origin, as -log P(mu > t) = d log t: the i-th
                      smallest log mu to the right, -log(1 - i/N) upwards, i up to a share of N
    two_nn_fit_published   the same by the convention of a published code

These means hold if the mu are independent. In one cloud they are so only nearly, as points share
neighbors. Points near a boundary of the cloud make the estimates too small.
Distances are computed from differences in float64; by products in float32, rows that are nearly
equal would coincide.

Source: Facco, d'Errico, Rodriguez and Laio 2017, Sci. Rep. 7, 12140; for layers of networks and by
blocks, Ansuini, Laio, Macke and Zoccolan 2019, NeurIPS. Of public codes, DADApy ('ml') takes
two_nn_unbiased, mariogeiger/feature_lazy takes two_nn_posterior, and none takes two_nn_ml.
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ...magnitude import power_of_two
from .neighbors import nearest_neighbors


@dataclass(frozen=True)
class Dimension:
    """value: the estimate; n_points: how many mu it is made of; copies: rows that are left out."""

    value: float
    n_points: int
    copies: int


def neighbor_ratios(x):
    """mu (N,) of the N distinct rows of x (p, n), and how many copies, p - N, were left out.

    A copy makes r1 = 0 and says nothing about dimension; layers of ReLU give many copies. Of equal
    rows one stays, so that every mu is finite and at least 1. -0 equals 0.
    Deviation: the published codes drop all rows with r1 = 0, so that none of the equal ones stays,
    or let nan through.
    Raises ValueError if fewer than 3 rows are distinct.
    """
    x = refuse.real("neighbor_ratios", "x", x, 2)
    x = x / power_of_two(x)                     # no ratio changes, and squares do not overflow
    points, distances = x, _two_nearest(x)
    if not distances.all():                     # only now: sorting takes longer than the search
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
    """(N - 1) / sum log mu: mean d and standard deviation d / sqrt(N - 2) in d dimensions."""
    logs = _logs("two_nn_unbiased", mu)
    return float((len(logs) - 1) / logs.sum())


def two_nn_posterior(mu):
    """(N + 1) / sum log mu: the mean of d, given mu, if all d > 0 are equally likely before."""
    logs = _logs("two_nn_posterior", mu)
    return float((len(logs) + 1) / logs.sum())


def two_nn_fit(mu, keep=0.9):
    """sum a b / sum a^2,  a = log mu sorted, b = -log(1 - i/N),  i = 1 .. floor(keep N), below N.

    The largest ratios are left out, as for them the density is least likely to be constant. i = N
    is always left out, as b is infinite there.
    """
    logs = np.sort(_logs("two_nn_fit", mu))
    refuse.number("two_nn_fit", "keep", keep, "above 0, up to 1", lambda keep: 0 < keep <= 1)
    return _slope("two_nn_fit", logs, len(logs), min(int(keep * len(logs)), len(logs) - 1))


def two_nn_fit_published(mu):
    """The fit of the public code of Ansuini et al. 2019, on the same mu.

    It leaves out every mu = 1, and N is the number of the others. It drops the two largest mu (its
    comment says one) and fits the floor(0.9 N) smallest.
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

    Fewer points have neighbors farther away, so that small blocks show the cloud at a larger scale.
    An estimate that stays the same from 1 to 20 blocks is a dimension. One that changes with the
    size of the blocks shows noise or curvature. The p % n_blocks rows that remain are in no block.
    """
    owner = "block_dimensions"
    refuse.generator(owner, rng)
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
