"""Figures: relevances, cores, transitions and paths; real data.

Spectral students are drawn in full lines and weight decay in dashed ones; colors tell sizes.
"""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, grid_of, log_ticks, panels_of

from .claims import parts_of, size_of, students

COLOR = {"spectral": BLUE, "weight decay": ORANGE}
LINE = {"spectral": "-", "weight decay": "--"}
SIZES = (BLUE, ORANGE, GREEN, PINK, "#E69F00", "#56B4E9", "k", GRAY)
THRESHOLD, LEAST = 0.05, 1e-6     # of the core; of errors that are drawn
MARK = {"color": "k", "linewidth": 1, "linestyle": ":"}


def figures(result):
    taught, real = parts_of(result)
    return {name: partial(draw, parts=parts) for name, draw, parts in (
        ("relevance", draw_relevance, taught), ("core", draw_core, taught),
        ("transition", draw_transition, taught), ("paths", draw_paths, taught),
        ("real", draw_real, real)) if parts}


def draw_relevance(figure, parts):
    arms, *_ = parts.values()
    sizes = [h for h, _ in students(arms)]
    row = panels_of(figure, len(sizes), 4.2, 4, "Relevance of the students' hidden nodes, over the "
                    "largest: with spectral regularization most are 0", columns=len(sizes))
    for axes, h in zip(row, sizes):
        for arm, color in reversed(COLOR.items()):
            relevance = arms[f"{arm}, h = {h}"]["relevance"]
            share = (relevance / relevance.max(1, keepdims=True)).ravel()
            axes.hist(share, np.linspace(0, 1, 41), alpha=0.7, color=color, label=arm,
                      weights=np.full(share.size, 1 / len(relevance)))
        axes.axvline(THRESHOLD, **MARK, label="threshold of core")
        axes.set(yscale="log", ylim=(0.3, 2 * h), xlabel="R / max(R)", title=f"h = {h}",
                 ylabel="nodes in a bin, mean over seeds")


def draw_core(figure, parts):
    axes, = panels_of(figure, 1, 6.5, 4.8)
    for color, (part, arms) in zip(SIZES, parts.items()):
        draw_cores(axes, arms, dict.fromkeys(LINE, color), f", {part}")
        axes.axhline(size_of(part), color=color, linewidth=1, linestyle=":")
    axes.set_title("Core size; dotted: the teacher's size, gray: all nodes")


def draw_cores(axes, arms, colors, ending=""):
    """Nodes in the core at the end of training, against the hidden nodes."""
    sizes = [h for h, _ in students(arms)]
    for arm, color in colors.items():
        cores = np.transpose([arrays["cores"][:, -1] for _, arrays in students(arms, arm)])
        if cores.size:
            band(axes, sizes, cores, color, arm + ending, "o" + LINE[arm])
    axes.plot(sizes, sizes, color=GRAY, linewidth=1)
    axes.set(xlabel="student's hidden nodes h", ylabel="nodes in the core")
    log_ticks(axes, x=sizes, y=sorted({*sizes, 10, 20}))


def draw_transition(figure, parts):
    row = panels_of(figure, len(parts), 5.4, 4.8, "Keeping the nodes of largest relevance: the "
                    "error sets in below the teacher's size", columns=len(parts))
    for axes, (part, arms) in zip(row, parts.items()):
        draw_losses(axes, arms, size_of(part))
        axes.axvline(size_of(part), **MARK, label="teacher's size")
        axes.set(title=part, xlim=(0, 2 * size_of(part) + 1))


def draw_losses(axes, arms, least=0):
    """|MSE of what is kept - MSE of all|, mean over seeds, for every h above `least`."""
    for arm, line in LINE.items():
        shown = [(h, arrays) for h, arrays in students(arms, arm) if h > least]
        for color, (h, arrays) in zip(SIZES, shown):
            excess = np.abs(arrays["losses"] - arrays["losses"][:, -1:]).mean(0)
            axes.plot(arrays["counts"][0], np.maximum(excess, LEAST), line, color=color,
                      label=f"{arm}, h = {h}")
    axes.set(yscale="log", xlabel="nodes kept",
             ylabel=f"|MSE - MSE of all nodes|, test, or {LEAST:g} if less")


def draw_paths(figure, parts):
    arms, *_ = parts.values()
    axes, = panels_of(figure, 1, 6, 4.8)
    for arm, color in COLOR.items():
        h, arrays = [(h, arrays) for h, arrays in students(arms, arm) if "paths" in arrays][-1]
        axes.plot(arrays["teacher_paths"][0], arrays["paths"][0], ".", color=color,
                  label=f"{arm}, h = {h}", markersize=3)
    axes.axline((0, 0), slope=1, color=GRAY, linewidth=1, label="equal")
    axes.set(xlabel="sorted products of weights, teacher", ylabel="the same, student",
             title="Paths through the student's nodes of\nlargest R, as many as the teacher has")


def draw_real(figure, parts):
    grid = grid_of(figure, 2, len(parts), 5, 4.2)
    for (top, bottom), (part, arms) in zip(grid.T, parts.items()):
        draw_cores(top, arms, COLOR)
        draw_losses(bottom, arms)
        top.set_title(f"{part}; gray: all nodes")
        bottom.set_xscale("log")
