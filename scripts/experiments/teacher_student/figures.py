"""Figures: relevances, cores, transitions and paths; real data.

Spectral students are drawn in full lines and weight decay in dashed ones; colors tell sizes.
"""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK

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


def cores_of(arms, arm):
    """h of the students (m,), and the cores that they end with (m, seeds)."""
    found = students(arms, arm)
    return [h for h, _ in found], np.array([arrays["cores"][:, -1] for _, arrays in found])


def plain_log(axes, **ticks):
    """Logarithmic axes (x=, y=) with these ticks, written as plain numbers, and no others."""
    for name, values in ticks.items():
        axes.set(**{f"{name}scale": "log"})
        axes.minorticks_off()
        axes.set(**{f"{name}ticks": values, f"{name}ticklabels": values})


def draw_relevance(plt, parts):
    arms, *_ = parts.values()
    sizes, _ = cores_of(arms, "spectral")
    figure, row = plt.subplots(1, len(sizes), figsize=(4.2 * len(sizes), 4), squeeze=False)
    figure.suptitle("Relevance of the students' hidden nodes, over the largest: with spectral "
                    "regularization most are 0")
    for axes, h in zip(row[0], sizes):
        for arm in ("weight decay", "spectral"):
            relevance = arms[arm, h]["relevance"]
            share = (relevance / relevance.max(1, keepdims=True)).ravel()
            axes.hist(share, np.linspace(0, 1, 41), alpha=0.7, color=COLOR[arm], label=arm,
                      weights=np.full(share.size, 1 / len(relevance)))
        axes.axvline(THRESHOLD, **MARK, label="threshold of core")
        axes.set(yscale="log", ylim=(0.3, 2 * h), xlabel="R / max(R)", title=f"h = {h}",
                 ylabel="nodes in a bin, mean over seeds")
    row[0, -1].legend()
    return figure


def draw_core(plt, parts):
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8))
    for color, (part, arms) in zip(SIZES, parts.items()):
        for arm, marker in (("spectral", "o"), ("weight decay", "s")):
            h, cores = cores_of(arms, arm)
            if h:
                left.plot(h, cores.mean(1), LINE[arm], marker=marker, color=color,
                          label=f"{arm}, {part}")
                left.fill_between(h, cores.min(1), cores.max(1), color=color, alpha=0.2)
        left.axhline(size_of(part), color=color, linewidth=1, linestyle=":")
    h = sorted({h for arms in parts.values() for _, h in arms})
    left.plot(h, h, color=GRAY, linewidth=1, label="all nodes")
    left.set(xlabel="student's hidden nodes h", ylabel="nodes in the core",
             title="Core size; dotted: the teacher's size")
    plain_log(left, x=h, y=sorted({*h, *map(size_of, parts)}))
    left.legend(fontsize=10)
    draw_settling(right, *next(iter(parts.items())))
    return figure


def draw_settling(axes, part, arms):
    """How the core of the first seed shrinks during training."""
    for color, (h, arrays) in zip(SIZES, students(arms)):
        axes.plot(np.arange(1, arrays["cores"].shape[1] + 1), arrays["cores"][0], color=color,
                  label=f"h = {h}")
    axes.axhline(size_of(part), **MARK, label="teacher's size")
    axes.set(xlabel="epoch", ylabel="nodes in the core",
             title=f"Training of spectral students, {part}, one seed")
    plain_log(axes, x=[1, 10, 100, 1000], y=sorted({size_of(part), *dict(students(arms))}))
    axes.legend(fontsize=10)


def draw_transition(plt, parts):
    figure, row = plt.subplots(1, len(parts), figsize=(5.4 * len(parts), 4.8), squeeze=False)
    figure.suptitle("Keeping the nodes of largest relevance: the error sets in below the "
                    "teacher's size")
    for axes, (part, arms) in zip(row[0], parts.items()):
        for arm in LINE:
            draw_losses(axes, arms, arm, least=size_of(part))
        axes.axvline(size_of(part), **MARK, label="teacher's size")
        axes.set(xlabel="nodes kept", title=part, xlim=(0, 2 * size_of(part) + 1))
        axes.legend(fontsize=9)
    return figure


def draw_losses(axes, arms, arm, least=0):
    """|MSE of what is kept - MSE of all|, mean over seeds, for every h above `least`."""
    found = [(h, arrays) for h, arrays in students(arms, arm) if h > least]
    for color, (h, arrays) in zip(SIZES, found):
        excess = np.abs(arrays["losses"] - arrays["losses"][:, -1:]).mean(0)
        axes.plot(arrays["counts"][0], np.maximum(excess, LEAST), LINE[arm], color=color,
                  label=f"{arm}, h = {h}")
    axes.set(yscale="log", ylabel=f"|MSE - MSE of all nodes|, test, or {LEAST:g} if less")


def draw_paths(plt, parts):
    arms, *_ = parts.values()
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8))
    figure.suptitle("Paths through the student's nodes of largest R, as many as the teacher has")
    for arm, color in COLOR.items():
        found = [(h, arrays) for h, arrays in students(arms, arm) if "paths" in arrays]
        h, arrays = found[-1]
        left.plot(arrays["teacher_paths"][0], arrays["paths"][0], ".", color=color,
                  label=f"{arm}, h = {h}", markersize=3)
        distances = np.array([arrays["path_distance"] for _, arrays in found])
        right.plot(np.repeat([h for h, _ in found], distances.shape[1]), distances.ravel(), "o",
                   color=color, label=arm)
    end = np.abs(arrays["teacher_paths"][0]).max() * np.array([-1, 1])
    left.plot(end, end, color=GRAY, linewidth=1, label="equal")
    left.set(xlabel="sorted products of weights, teacher", ylabel="the same, student",
             title="One seed")
    left.legend(markerscale=4)
    right.legend()
    right.set(xlabel="student's hidden nodes h", title="Every seed", ylim=(0, None),
              ylabel="distance / teacher's mean |product|")
    plain_log(right, x=[h for h, _ in found])
    return figure


def draw_real(plt, parts):
    figure, grid = plt.subplots(2, len(parts), figsize=(5 * len(parts), 8.4), squeeze=False)
    for (top, bottom), (part, arms) in zip(grid.T, parts.items()):
        for arm, color in COLOR.items():
            h, cores = cores_of(arms, arm)
            top.plot(h, cores.mean(1), "o" + LINE[arm], color=color, label=arm)
            draw_losses(bottom, arms, arm)
        top.plot(h, h, ".-", color=GRAY, linewidth=1, label="all nodes")
        top.set(xlabel="student's hidden nodes h", ylabel="nodes in the core", title=part)
        plain_log(top, x=h, y=sorted({*h, 5, 10, 20}))
        bottom.set(xscale="log", xlabel="nodes kept")
        top.legend()
        bottom.legend(fontsize=9)
    return figure
