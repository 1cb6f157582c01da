"""Attractors: the few directions in which the neurons of a trained layer gather.

Let s be the sign of a neuron's beta (names as in `dynamics`). Its v moves uphill on s psi,

    psi(v) = sum_mu g_mu relu(v . x^_mu)     dv/dt = beta gain / (p h) grad psi

so the direction of v ends at a maximum of s psi over |v| = 1. Most maxima are on kinks,
v . x^_mu = 0, of points with s g_mu < 0. A neuron slides along such a kink: the point is active in
one step of training and not in the next.

`attractor_labels` gives one label to all neurons that are active on the same points, as published.
With a tolerance, it gives one label to all with the same pattern of +, 0 and -, which is more
robust. `maxima` finds all maxima for forces that stay as they are, `cells` all patterns there are.

Deviation: the published definition leaves the sign of beta out. But neurons of both signs on the
same points move in opposite directions, and one neuron cannot always replace them (`merging`).
Source: Maennel, Bousquet and Gelly 2018, arXiv:1803.08367 (finitely many directions).
"""
from dataclasses import dataclass
from math import comb

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...magnitude import norms
from .dynamics import Neurons, augmented

MARGIN = 1e-6               # ten times the linear program's own tolerance


@dataclass(frozen=True, eq=False, repr=False)
class AttractorLabels(Shapes):
    """labels (h,): the attractor of each neuron, numbered from 0; -1 for dead neurons.

    sliding (h,): whether a neuron is not dead and has points on its kink.
    """

    labels: np.ndarray
    sliding: np.ndarray

    @property
    def count(self):
        """A, the number of attractors."""
        return int(self.labels.max()) + 1

    @property
    def dead(self):
        """Which neurons (h,) are dead: active on no point, or of beta 0."""
        return self.labels < 0


def patterns(neurons, x, tolerance=0.0):
    """sign(v . x^) (h, p), int8, of points x (p, d); 0 where |v . x^| <= tolerance |v| |x^|."""
    Neurons.check("patterns", neurons)
    refuse.share("patterns", "tolerance", tolerance)
    sizes = np.outer(norms(neurons.vectors), norms(neurons.augmented(x)))
    cut = neurons.preactivations(x)
    return np.sign(np.where(np.abs(cut) <= tolerance * sizes, 0, cut)).astype(np.int8)


def attractor_labels(neurons, x, tolerance=0.0):
    """The attractor of each neuron, told by its pattern on x (p, d) and the sign of its beta.

    A neuron is dead if v . x^ <= 0 on every point, or beta = 0. With a tolerance t, a neuron in a
    random direction has about p t sqrt((2 d - 1) / pi) points on its kink by chance.
    """
    Neurons.check("attractor_labels", neurons)
    living = (neurons.preactivations(x) > 0).any(1) & (neurons.beta != 0)
    signs = patterns(neurons, x, tolerance)
    keys = np.column_stack((signs, np.sign(neurons.beta).astype(np.int8)))[living]
    labels = np.full(len(signs), -1)
    if len(keys):
        labels[living] = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
    return AttractorLabels(labels, living & (signs == 0).any(1))


def most_cells(p, d):
    """2 sum_{k=0}^d binom(p - 1, k): the largest number of patterns of p points in d dimensions.

    Points in general position have exactly as many. As beta has two signs, the number A of
    attractors of h neurons is at most min(h, twice this).
    """
    return 2 * sum(comb(p - 1, k) for k in range(d + 1))


def cells(x):
    """All patterns (m, p), bool, of active points among x (p, d) that some v has.

    A cell is the set of all v with one pattern. Points are added one by one. Each divides every
    cell of the points before it into two sides. A linear program for either side tells whether it
    is empty; sides thinner than 1e-6 count as empty. For small p only: m grows as p^d.
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
    """v (m, d + 1) of all maxima of s psi > 0 over the sphere, s = beta_sign; for small p only.

    The length of v is a speed: |beta| of a neuron there grows at the rate gain |v| / (p h).
    Call points with s g > 0 positive, those with s g < 0 negative. Across the kink of a positive
    point s psi has a minimum, so no maximum is on it. Every maximum is inside a cell of the
    positive points, where the same of them, A+, are active. There s psi is concave and has one
    candidate for a maximum, which least squares with bounds on theta find:

        v = sum_A+ |g| x^ - sum_negative theta |g| x^     0 <= theta <= 1, |v| smallest

    v is a maximum if it lies in that cell. It is on the kinks of the points with 0 < theta < 1.
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
    """whole - sum_mu theta_mu parts_mu, with those 0 <= theta <= 1 that make it shortest."""
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
    """The least rate at which a neuron at v (d + 1,) turns, as a share of the largest possible one.

        min over 0 <= theta <= 1 of |P (sum_A g x^ + sum_kink theta g x^)| / sum_{A, kink} |g x^|

    P = I - v v^T / |v|^2. A point is on the kink if |v . x^| <= tolerance |v| |x^|, else in A if
    v . x^ > 0. While the neuron slides, a point on the kink acts for a share theta of the time.
    At 0 the neuron can keep its direction. Raises ValueError if v is 0.
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
