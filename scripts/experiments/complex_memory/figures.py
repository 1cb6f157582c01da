"""Modes that oscillate, and what two items leave."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.style import (DENSE, OTHER, SPECTRAL, START, band, circle, grid_of, lines, panels_of,
                       several)

from .parts import ASIDE, CLOUD_GAP

EARLY = 45                          # steps of an image that oscillates
PANELS = (1, 4, 6)                  # modes whose phases are drawn


def figures(result):
    sets = by_part(result)
    last = sets[list(sets)[-1]]                                         # MNIST, where it is at hand
    return {"oscillation": partial(draw_oscillation, arms=last),
            "order": partial(draw_order, sets=sets),
            "pattern": partial(draw_pattern, pairs=last["oscillating, pairs"],
                               omega=last["oscillating"]["omega"][0])}


def draw_oscillation(figure, arms):
    states, omega = arms["states"], arms["oscillating"]["omega"][0]
    m, k, times = states["m"][:EARLY + 1], int(states["label"]), np.arange(EARLY + 1)
    axes, = panels_of(figure, 1, 7, 4.8)
    for modes, color, width, label in ((np.delete(m, k, 1), START, 0.7, "the others"),
                                       (m[:, [k]], SPECTRAL, 2, f"class {k}, its own")):
        lines(axes, times, modes.real.T, color, label, linewidth=width)
    axes.plot(times, np.cos(omega[k] * times), "o", color="k", markersize=4,
              fillstyle="none", label="target cos($\\omega$ t)")
    axes.set(xlabel="step t", ylabel="memory modes, Re m", ylim=(-1.7, 2.4),
             title="One test image writes, then oscillates")


def draw_order(figure, sets):
    number = len(next(iter(sets.values()))["memory"]["end"])
    grid = grid_of(figure, 2, len(sets), 6.4, 4.5, "Dashed, upright: the period of all modes; mean "
                   f"and range, {several(number)}")
    for (top, bottom), (name, arms) in zip(grid.T, sets.items()):
        fixed, free = arms["oscillating, pairs"], arms["free, pairs"]
        for axes, told, key, color, line, label in (
                (top, fixed, "phases", SPECTRAL, "o-", "phases alone, nothing fitted"),
                (top, fixed, "amplitude", SPECTRAL, "s--", "Re a and Im a, fitted"),
                (top, fixed, "power", DENSE, "^-", "|a|$^2$, fitted"),
                (top, free, "phases", OTHER, "x--", "phases, eigenvalues trained"),
                (bottom, fixed, "swap", SPECTRAL, "o-", "a less a of the swapped items"),
                (bottom, fixed, "swap_power", DENSE, "^-", "the same of |a|$^2$"),
                (bottom, fixed, "cross", SPECTRAL, "s--", "a less the sum over both items"),
                (bottom, free, "cross", OTHER, "x--", "the same, eigenvalues trained")):
            band(axes, fixed["gap"][0], told[key], color, label, line)
        top.axhline(0.5, color="k", linestyle=":", label="chance")
        top.set(title=f"{name}: which of two items came first", ylim=(0.4, 1.02),
                ylabel="told rightly, share of pairs")
        bottom.set(yscale="log", ylabel="relative difference")
        for axes in (top, bottom):
            axes.axvline(fixed["period"][0], color="k", linewidth=0.8, linestyle="--")
            axes.set_xlabel("steps between the items")


def draw_pattern(figure, pairs, omega):
    left, right = panels_of(figure, 2, 6, 5.6)
    first, second = ASIDE
    for values, color, when in zip(pairs["cloud"][0], (SPECTRAL, OTHER), ("first", "second")):
        left.plot(values.real, values.imag, "o", color=color, markersize=3, alpha=0.6,
                  label=f"class {first} {when}")
    circle(left, 1, color=START, linewidth=0.8)
    ideal = np.array([1, np.exp(-1j * omega[first] * CLOUD_GAP)])
    left.plot(ideal.real, ideal.imag, "*k", markersize=13, label="exp(-i $\\omega$ x time)")
    left.set(xlabel=f"Re a in the mode of class {first}", ylabel="Im a", aspect="equal",
             title=f"Classes {first} and {second}, {CLOUD_GAP} steps apart:\nthe order is in the "
                   f"phase, not in |a|")
    gaps, turned = (pairs[key][0] for key in ("gap", "turned"))
    fine = np.linspace(gaps[0], gaps[-1], 2000)
    for color, k in zip((SPECTRAL, OTHER, DENSE), PANELS):
        right.plot(gaps, turned[:, k], "o", color=color, label=f"class {k} second")
        right.plot(fine, np.angle(np.exp(-1j * omega[k] * fine)), ",", color=color)
    right.set(xlabel="steps between the items", ylabel="phase of mean a in the second's mode",
              title="Different classes: phase tells separation\nlines: -$\\omega$ x separation")
    for axes in (left, right):
        axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
