"""The exact motion of neurons while forces and active points stay the same, and where it ends.

A cell is a part of the space of v in which A = {v . x^ > 0} stays the same. While forces are
constant and a neuron is in one cell, its mean force G is constant, too (names as in `dynamics`).
Write G = k u with |u| = 1, and a = u . v. Then dv/dt = beta G and dbeta/dt = G . v become
da/dt = k beta and dbeta/dt = k a, so that

    a(t) = a_0 cosh(k t) + beta_0 sinh(k t)     beta(t) = beta_0 cosh(k t) + a_0 sinh(k t)
    v(t) = v_0 + (a(t) - a_0) u

The direction of v tends to s u, where s is the sign of a_0 + beta_0. There z no longer moves:

    z* = -d S_0 S_1 / |S_1|^2     S_0 = sum_A g     S_1 = sum_A g x

A neuron whose beta has the sign s from the start gets there if s u lies in the cell itself, which
means s u . x^ > 0 on A and only there.

Source: derived here from the flow of `dynamics`.
"""
import numpy as np

from ... import refuse
from ...magnitude import norms
from .dynamics import Neurons, augmented


def move(neurons, mean_force, time):
    """Neurons after `time`, a number or (h,), under their mean force G (h, d + 1), as above.

    Exact for each neuron until it leaves its cell, see `cell_exits`.
    """
    rate, unit, along = _polar("move", neurons, mean_force)
    time = refuse.each("move", "time", time, len(rate))
    grown = along * np.cosh(rate * time) + neurons.beta * np.sinh(rate * time)
    beta = neurons.beta * np.cosh(rate * time) + along * np.sinh(rate * time)
    return neurons.replaced(neurons.vectors + (grown - along)[:, None] * unit, beta)


def _polar(owner, neurons, mean_force):
    """k (h,), u (h, d + 1) and a_0 (h,); u = 0 where G = 0."""
    Neurons.check(owner, neurons)
    force = refuse.real(owner, "mean_force", mean_force, 2)
    if force.shape != neurons.vectors.shape:
        raise ValueError(f"{owner}: mean_force has shape {force.shape}, expected "
                         f"{neurons.vectors.shape}")
    rate = norms(force)
    unit = force / np.where(rate == 0, 1, rate)[:, None]
    return rate, unit, (unit * neurons.vectors).sum(1)


def cell_exits(neurons, mean_force, x):
    """When and by which point each neuron leaves its cell: times (h,), indices (h,) of x (p, d).

    With q = v_0 . x^ and r = u . x^, v . x^ = q + (a(t) - a_0) r is 0 when a(t) - a_0 = w = -q / r.
    In terms of y = tanh(k t / 2) this is

        (2 a_0 + w) y^2 + 2 beta_0 y - w = 0,     0 < y < 1

    If q = 0 for a point that becomes active at once, the neuron leaves at time 0. If it never
    leaves, its time is inf and its index -1.
    """
    rate, unit, along = _polar("cell_exits", neurons, mean_force)
    start, slope = neurons.preactivations(x), unit @ neurons.augmented(x).T
    beta = np.broadcast_to(neurons.beta[:, None], start.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = -start / slope
        half = _first_root(2 * along[:, None] + rise, beta, rise)
        times = 2 * np.arctanh(half) / rate[:, None]
    times[(start == 0) & (slope * beta > 0)] = 0
    times[np.isnan(times)] = np.inf
    points = times.argmin(1)
    first = times.min(1)
    return first, np.where(first < np.inf, points, -1)


def _first_root(square, half_linear, rise):
    """The smallest y in (0, 1) with square y^2 + 2 half_linear y - rise = 0, nan if there is none.

    Both roots are computed without a difference of nearly equal numbers, which would lose digits.
    """
    root = np.sqrt(half_linear ** 2 + square * rise)
    larger = -(half_linear + np.copysign(root, half_linear))
    roots = np.stack((larger / square, -rise / larger))
    roots[~((roots > 0) & (roots < 1))] = np.inf
    first = roots.min(0)
    return np.where(first < 1, first, np.nan)


def fixed_points(patterns, x, force):
    """z* = -d S_0 S_1 / |S_1|^2 (m, d) of m cells; nan where S_1 = 0.

    patterns[i, mu] (m, p) is True if point mu is in the A of cell i; x (p, d), force g (p,).
    """
    active, x, force = _patterns("fixed_points", patterns, x, force)
    pull, pull_bias = (active * force) @ x, active @ force
    size = norms(pull)
    size[size == 0] = np.nan
    return -x.shape[1] * (pull_bias / size)[:, None] * (pull / size[:, None])


def self_consistent(patterns, x, force, beta_sign):
    """Whether s u . x^ > 0 on A and only there, (m,), for m cells; s = beta_sign.

    A neuron of this sign that starts in such a cell ends at its fixed point. Arguments as in
    `fixed_points`.
    """
    refuse.sign("self_consistent", "beta_sign", beta_sign)
    active, x, force = _patterns("self_consistent", patterns, x, force)
    rows = augmented(x)
    pull = (active * force) @ rows
    return ((beta_sign * (pull @ rows.T) > 0) == active).all(1) & active.any(1)


def _patterns(owner, patterns, x, force):
    """patterns (m, p) as booleans, x (p, d) and force (p,) in float64."""
    x, force = refuse.real(owner, "x", x, 2), refuse.real(owner, "force", force, 1)
    patterns = refuse.numbers(owner, "patterns", patterns, 2, "biu")
    if not patterns.shape[1] == len(force) == len(x):
        raise ValueError(f"{owner}: patterns has shape {patterns.shape}, force {len(force)} "
                         f"entries and x {len(x)} rows, expected (m, p), p and p")
    if patterns.min() < 0 or patterns.max() > 1:
        raise ValueError(f"{owner}: patterns runs from {patterns.min()} to {patterns.max()}, "
                         f"expected True where a point is active, else False")
    return patterns.astype(bool), x, force
