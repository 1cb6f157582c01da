"""Attractors: the few directions in which the neurons of a trained layer gather.

A neuron follows s psi(v), s the sign of beta, uphill (names as in `dynamics`):

    psi(v) = sum_mu g_mu relu(v . x^_mu)     dv/dt = beta gain / (p h) grad psi

so neurons end in maxima of s psi over |v| = 1. Most are on kinks, v . x^_mu = 0 for points with
s g_mu < 0, along which neurons slide: whether such a point counts as active flickers.

`attractor_labels` gives one label to the neurons that are active on the same points, as published,
or, which is more robust, to those with the same pattern of +, 0 and -. `maxima` gives all maxima
for forces that stay as they are, `cells` all patterns that there are.

Deviation: the published definition leaves the sign of beta out. Neurons of both signs on the same
points move in opposite directions, and one neuron cannot always replace them (`merging`).
Source: Maennel, Bousquet and Gelly 2018, arXiv:1803.08367 (finitely many directions).
"""
from dataclasses import dataclass
from math import comb

import numpy as np

from ... import refuse
from ...magnitude import norms
from .dynamics import augmented

MARGIN = 1e-6               # of a linear program whose own tolerance is 1e-7


@dataclass(frozen=True, eq=False)
class AttractorLabels:
    """labels (h,): the attractor of each neuron, from 0 on; -1 for dead ones, active nowhere.

    sliding (h,): which living neurons have points on their kink.
    """

    labels: np.ndarray
    sliding: np.ndarray

    @property
    def count(self):
        """A, how many there are."""
        return int(self.labels.max()) + 1

    @property
    def dead(self):
        """Which neurons (h,) are active nowhere."""
        return self.labels < 0


def patterns(neurons, x, tolerance=0.0):
    """1, 0, -1 (h, p): 0 where |v . x^| <= tolerance |v| |x^|; tolerance 0 gives raw patterns."""
    refuse.share("patterns", "tolerance", tolerance)
    sizes = np.outer(norms(neurons.vectors), norms(neurons.augmented(x)))
    cut = neurons.preactivations(x)
    return np.sign(np.where(np.abs(cut) <= tolerance * sizes, 0, cut)).astype(np.int8)


def attractor_labels(neurons, x, tolerance=0.0):
    """The attractor of each neuron, told by its pattern on x (p, d) and the sign of its beta.

    Dead: v . x^ <= 0 everywhere, or beta = 0. Chance puts points on kinks, too: a tolerance t
    has about p t sqrt((2 d - 1) / pi) of them for a neuron in a random direction.
    """
    living = (neurons.preactivations(x) > 0).any(1) & (neurons.beta != 0)
    signs = patterns(neurons, x, tolerance)
    keys = np.column_stack((signs, np.sign(neurons.beta).astype(np.int8)))[living]
    labels = np.full(len(signs), -1)
    if len(keys):
        labels[living] = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return AttractorLabels(labels, living & (signs == 0).any(1))


def most_cells(p, d):
    """2 sum_{k=0}^d binom(p - 1, k): the largest number of patterns of p points in d dimensions.

    There are as many if the points are in general position. A <= min(h, twice this) with both
    signs of beta.
    """
    return 2 * sum(comb(p - 1, k) for k in range(d + 1))


def cells(x):
    """All patterns (m, p), bool, of active points among x (p, d) that some v has.

    One linear program for each side of each point in each cell of the points before it; cells
    thinner than 1e-6 are passed over. For small p: m grows as p^d.
    """
    rows = augmented(x, "cells")
    return np.array(_cells(rows / norms(rows)[:, None]), bool)


def _cells(rows):
    """Patterns of rows (p, d + 1), as tuples of booleans."""
    pairs = [((), np.ones(rows.shape[1]))]
    for n in range(1, len(rows) + 1):
        split = [((*pattern, side), _inside(rows[:n], (*pattern, side), inner))
                 for pattern, inner in pairs for side in (True, False)]
        pairs = [(pattern, inner) for pattern, inner in split if inner is not None]
    return [pattern for pattern, _ in pairs]


def _inside(rows, pattern, guess):
    """Some v with rows . v > 0 where the pattern is True and < 0 elsewhere, or None."""
    from scipy.optimize import linprog
    signed = rows * np.where(pattern, 1, -1)[:, None]
    if (signed @ guess > MARGIN).all():
        return guess
    margin = np.append(np.zeros(rows.shape[1]), -1)
    program = linprog(margin, np.column_stack((-signed, np.ones(len(signed)))),
                      np.zeros(len(signed)), bounds=[*[(-1, 1)] * rows.shape[1], (0, 1)])
    inner = program.x[:-1]
    return inner if (signed @ inner > MARGIN).all() else None


def maxima(x, force, beta_sign):
    """v (m, d + 1) of all maxima of s psi > 0 over the sphere, s = beta_sign; small p only.

    Their lengths are the speeds: |beta| of a neuron there grows at the rate gain |v| / (p h).
    Points with s g > 0 lie off the kinks of a maximum. For each cell of theirs, A+, the rest of
    s psi is concave, and its only candidate is what a bounded least squares leaves over,

        v = sum_A+ |g| x^ - sum_- theta |g| x^     0 <= theta <= 1, |v| smallest

    which is a maximum if v lies in the cell A+. theta between 0 and 1: a kink, on which it slides.
    """
    rows, force = augmented(x, "maxima"), _force("maxima", force, len(x))
    refuse.sign("maxima", "beta_sign", beta_sign)
    pushed = rows * np.abs(force)[:, None]
    with_it, against = pushed[beta_sign * force > 0], pushed[beta_sign * force < 0]
    directions = []
    for pattern in _cells(with_it / norms(with_it)[:, None]) if len(with_it) else []:
        whole = with_it[list(pattern)].sum(0)
        v = _left_over(whole, against)
        size, least = norms(v), MARGIN * norms(whole)
        if size > least and ((with_it @ v > MARGIN * norms(with_it) * size) == pattern).all():
            directions.append(v)
    return np.array(directions).reshape(-1, rows.shape[1])


def _left_over(whole, parts):
    """whole - sum_mu theta_mu parts_mu of the smallest length, 0 <= theta <= 1."""
    from scipy.optimize import lsq_linear
    if not len(parts):
        return whole
    theta = lsq_linear(parts.T, whole, (0, 1), "bvls", tol=1e-15, max_iter=100 * len(parts)).x
    return whole - parts.T @ theta


def _force(owner, force, p):
    force = refuse.real(owner, "force", force, 1)
    refuse.length(owner, "force", force, p)
    return force


def turning_rate(vector, x, force, tolerance=0.02):
    """How fast a sliding neuron at v (d + 1,) turns at least, in parts of what could turn it.

        min over 0 <= theta <= 1 of |P (sum_A g x^ + sum_kink theta g x^)| / sum_{A, kink} |g x^|

    P removes what is along v; the kink is |v . x^| <= tolerance |v| |x^|. 0: v is stationary.
    """
    rows, force = augmented(x, "turning_rate"), _force("turning_rate", force, len(x))
    refuse.share("turning_rate", "tolerance", tolerance)
    vector = refuse.real("turning_rate", "vector", vector, 1)
    refuse.length("turning_rate", "vector", vector, rows.shape[1])
    if not vector.any():
        raise ValueError("turning_rate: vector is 0, which has no direction")
    unit = vector / norms(vector)
    cut = rows @ unit / norms(rows)
    pushed = (rows - np.outer(rows @ unit, unit)) * force[:, None]
    active, kink = cut > tolerance, np.abs(cut) <= tolerance
    whole = norms(rows * force[:, None])[active | kink].sum()
    left = _left_over(pushed[active].sum(0), -pushed[kink])
    return float(norms(left) / whole) if whole > 0 else 0.0
