"""Neurons merged into as few as give the same f on the training set, with a certificate.

All neurons n with the same active points A (names as in `dynamics`) together give, at the points x
of the training set,

    sum_n beta_n relu(v_n . x^) = l(x) on A, 0 elsewhere     l(x) = M . x^     M = sum_n beta_n v_n

One neuron of sign s does the same if and only if s l >= 0 on A and some l' = M' . x^ that equals l
on A has s l' <= 0 elsewhere:

    only if     the neuron (v, beta) gives beta relu(v . x^). Take M' = beta v: where v . x^ > 0 it
                gives l' = M' . x^, of sign s, and elsewhere s l' = |beta| v . x^ <= 0
    if          beta = s sqrt(|M'|), v = M' / beta (balanced): v . x^ = s l' / |beta| is >= 0 on A,
                where beta v . x^ = l' = l, and <= 0 elsewhere, where relu gives 0

Certificates, tried in turn:

    NONE        l = 0 on A: no neuron is needed
    SUM         l' = l will do; always so if all beta have one sign
    PROGRAM     another l' will do; a linear program found it, with a margin of 1e-6
    TWO         one neuron is not enough; two are, one for each sign of beta

`merge` changes f away from the training set. Neurons (v, beta) that are positive multiples of each
other are an exception: `merge_parallel` changes f nowhere, and neither the tangent kernel nor the
later flow. Balanced neurons, |beta| = |v|, of one direction of v and one sign of beta are such.

Source: derived here.
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...magnitude import norms
from .dynamics import Neurons

NONE, SUM, PROGRAM, TWO = "none", "sum", "program", "two"
MARGIN = 1e-6               # ten times the linear program's own tolerance
ROUNDING = 16 * np.finfo(float).eps


@dataclass(frozen=True, eq=False, repr=False)
class Merged(Shapes):
    """neurons: the merged ones, of the original width; certificates: one for each pattern.

    mixed: for each pattern, whether the neurons that had it had both signs of beta.
    """

    neurons: Neurons
    certificates: np.ndarray
    mixed: np.ndarray

    def count(self, certificate, mixed=True):
        """How many patterns have this certificate, of those with both signs of beta or with one."""
        return int(((self.certificates == certificate) & (self.mixed == mixed)).sum())


def merge(neurons, x):
    """Merged: the fewest neurons with the same f on x (p, d), pattern by pattern.

    The pattern of a neuron is the set of points with v . x^ > 0, without a tolerance. Neurons that
    are active on no point are dropped. f on x changes by rounding alone. If no neuron is needed at
    all, one with beta = 0 is left.
    """
    Neurons.check("merge", neurons)
    rows, active = neurons.augmented(x), neurons.preactivations(x) > 0
    groups = _groups(active, np.flatnonzero(active.any(1) & (neurons.beta != 0)))
    merged = [_merge_group(neurons.beta[group], neurons.vectors[group], rows, active[group[0]])
              for group in groups]
    mixed = np.array([np.ptp(np.sign(neurons.beta[group])) > 0 for group in groups], bool)
    certificates = np.array([certificate for *_, certificate in merged], str)
    if (certificates == NONE).all():
        return Merged(neurons.replaced(neurons.vectors[:1], np.zeros(1)), certificates, mixed)
    moments, signs = (np.concatenate(parts) for parts in list(zip(*merged))[:2])
    beta = signs * np.sqrt(norms(moments))
    return Merged(neurons.replaced(moments / beta[:, None], beta), certificates, mixed)


def _groups(active, living):
    """Indices of the living neurons, one array for each pattern among active (h, p)."""
    if not living.size:
        return []
    labels = np.unique(active[living], axis=0, return_inverse=True)[1].reshape(-1)
    order = np.argsort(labels, kind="stable")
    return np.split(living[order], np.flatnonzero(np.diff(labels[order])) + 1)


def _merge_group(beta, vectors, rows, active):
    """(moments M' (m, d + 1), signs (m,), certificate) for neurons with the same active points."""
    moment, more = beta @ vectors, beta > 0
    if more.all() or not more.any():
        return moment[None], np.sign(beta[:1]), SUM
    values, allowed = rows @ moment, ROUNDING * (np.abs(beta) @ np.abs(vectors @ rows.T))
    if (np.abs(values) <= allowed)[active].all():
        return np.zeros((0, len(moment))), np.zeros(0), NONE
    sign = np.sign(values[active].sum())
    if (sign * values >= -allowed)[active].all():
        if (sign * values <= allowed)[~active].all():
            return moment[None], np.array([sign]), SUM
        other = _extended(sign * moment, rows[active], rows[~active])
        if other is not None:
            return sign * other[None], np.array([sign]), PROGRAM
    halves = beta[more] @ vectors[more], beta[~more] @ vectors[~more]
    return np.stack(halves), np.array([1.0, -1.0]), TWO


def _extended(moment, on, off):
    """M' = M + N c with off . M' < 0 for all rows of `off`; None if there is none.

    The columns of N are a basis of all vectors orthogonal to the rows of `on`: there l' = l. c is
    the one with the smallest sum of |c|, as large ones would lose digits.
    """
    from scipy.linalg import null_space
    from scipy.optimize import linprog
    basis = null_space(on)
    if not basis.shape[1]:
        return None
    scale = norms(moment)
    off = off / norms(off)[:, None]
    slopes = off @ basis
    program = linprog(np.ones(2 * basis.shape[1]), np.column_stack((slopes, -slopes)),
                      -off @ moment / scale - MARGIN)
    if program.status != 0:
        return None
    more, less = np.split(program.x, 2)
    other = moment + scale * (basis @ (more - less))
    return other if (off @ other <= 0).all() else None


def merge_parallel(neurons, tolerance=1e-10):
    """Neurons with one in place of all that are positive multiples of each other:

        (v, beta) = sqrt(sum_n |(v_n, beta_n)|^2) times their common direction

    Two directions of (v, beta) are the same if they differ by at most `tolerance`, in radians.
    Neurons that are 0 are dropped; if all are 0, one is left.
    """
    Neurons.check("merge_parallel", neurons)
    refuse.share("merge_parallel", "tolerance", tolerance)
    points = np.column_stack((neurons.vectors, neurons.beta))
    sizes = norms(points)
    if not sizes.any():
        return neurons.replaced(neurons.vectors[:1], neurons.beta[:1])
    points, sizes = points[sizes > 0], sizes[sizes > 0]
    merged, left = [], np.argsort(-sizes)
    units = points / sizes[:, None]
    while left.size:
        leader = units[left[0]]
        apart = units[left] - leader
        near = (apart * apart).sum(1) <= tolerance ** 2
        merged.append(leader * norms(sizes[left[near]]))
        left = left[~near]
    merged = np.array(merged)
    return neurons.replaced(merged[:, :-1], merged[:, -1])
