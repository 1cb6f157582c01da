"""Relevances, cores, transitions and paths; real data.

Spectral students are drawn in full lines and weight decay in dashed ones; colors tell sizes.
"""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band

from .claims import by_part, size_of, students

COLOR = {"spectral": BLUE, "weight decay": ORANGE}
LINE = {"spectral": "-", "weight decay": "--"}
SIZES = (BLUE, ORANGE, GREEN, PINK, "#E69F00", "#56B4E9", "k", GRAY)
THRESHOLD, LEAST = 0.05, 1e-6     # of the core; of errors that are drawn


def figures(result):
    parts = by_part(result)
    taught = {name: part for name, part in parts.items() if name.startswith("teacher ")}
    real = {name: part for name, part in parts.items() if name not in taught}
    drawn = {}
    if taught:
        first = next(iter(taught.values()))
        drawn = {"relevance": partial(draw_relevance, own=first),
                 "core": partial(draw_core, parts=taught),
                 "transition": partial(draw_transition, parts=taught),
                 "paths": partial(draw_paths, own=first)}
    return drawn | ({"real": partial(draw_real, parts=real)} if real else {})


def draw_relevance(plt, own):
    sizes = [h for h, _ in students(own)]
    figure, row = plt.subplots(1, len(sizes), figsize=(4.2 * len(sizes), 4), squeeze=False)
    figure.suptitle("Relevance of the students' hidden nodes, over the largest: with spectral "
                    "regularization most are 0")
    bins = np.linspace(0, 1, 41)
    for axes, h in zip(row[0], sizes):
        for arm in ("weight decay", "spectral"):
            relevance = own[arm, h]["relevance"]
            share = (relevance / relevance.max(1, keepdims=True)).ravel()
            axes.hist(share, bins, weights=np.full(share.size, 1 / len(relevance)), alpha=0.7,
                      color=COLOR[arm], label=arm)
        axes.axvline(THRESHOLD, color="k", linewidth=1, linestyle=":", label="threshold of core")
        axes.set(yscale="log", ylim=(0.3, 2 * h), xlabel="R / max(R)", title=f"h = {h}",
                 ylabel="nodes in a bin, mean over seeds")
    row[0, -1].legend()
    return figure


def draw_core(plt, parts):
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8))
    for color, (part, own) in zip(SIZES, parts.items()):
        for arm, marker in (("spectral", "o"), ("weight decay", "s")):
            if found := students(own, arm):
                h = [size for size, _ in found]
                cores = np.array([arrays["cores"][:, -1] for _, arrays in found]).T
                band(left, h, cores, color, f"{arm}, {part}", line=marker + LINE[arm], alpha=0.2)
        left.axhline(size_of(part), color=color, linewidth=1, linestyle=":")
    h = sorted({h for own in parts.values() for _, h in own})
    left.plot(h, h, color=GRAY, linewidth=1, label="all nodes")
    left.set(xlabel="student's hidden nodes h", ylabel="nodes in the core",
             title="Core size; dotted: the teacher's size")
    plain_log(left, x=h, y=sorted({*h, *map(size_of, parts)}))
    left.legend(fontsize=10)
    draw_settling(right, *next(iter(parts.items())))
    return figure


def plain_log(axes, **ticks):
    """Logarithmic axes (x=, y=) with these ticks, written as plain numbers, and no others."""
    for name, values in ticks.items():
        axes.set(**{f"{name}scale": "log"})
        axes.minorticks_off()
        axes.set(**{f"{name}ticks": values, f"{name}ticklabels": values})


def draw_settling(axes, part, own):
    """How the core of the first seed shrinks during training."""
    for color, (h, arrays) in zip(SIZES, students(own)):
        axes.plot(np.arange(1, arrays["cores"].shape[1] + 1), arrays["cores"][0], color=color,
                  label=f"h = {h}")
    axes.axhline(size_of(part), color="k", linewidth=1, linestyle=":", label="teacher's size")
    axes.set(xlabel="epoch", ylabel="nodes in the core",
             title=f"Training of spectral students, {part}, one seed")
    plain_log(axes, x=[1, 10, 100, 1000], y=sorted({h for h, _ in students(own)} | {size_of(part)}))
    axes.legend(fontsize=10)


def draw_transition(plt, parts):
    figure, row = plt.subplots(1, len(parts), figsize=(5.4 * len(parts), 4.8), squeeze=False)
    figure.suptitle("Keeping the nodes of largest relevance: the error sets in below the "
                    "teacher's size")
    for axes, (part, own) in zip(row[0], parts.items()):
        for arm in LINE:
            draw_losses(axes, own, arm, least=size_of(part))
        axes.axvline(size_of(part), color="k", linewidth=1, linestyle=":", label="teacher's size")
        axes.set(xlabel="nodes kept", title=part, xlim=(0, 2 * size_of(part) + 1))
        axes.legend(fontsize=9)
    return figure


def draw_losses(axes, own, arm, least=0):
    """|MSE of what is kept - MSE of all|, mean over seeds, for every h above `least`."""
    found = [(h, arrays) for h, arrays in students(own, arm) if h > least]
    for color, (h, arrays) in zip(SIZES, found):
        excess = np.abs(arrays["losses"] - arrays["losses"][:, -1:]).mean(0)
        axes.plot(arrays["counts"][0], np.maximum(excess, LEAST), LINE[arm], color=color,
                  label=f"{arm}, h = {h}")
    axes.set(yscale="log", ylabel=f"|MSE - MSE of all nodes|, test, or {LEAST:g} if less")


def draw_paths(plt, own):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8))
    figure.suptitle("Paths through the student's nodes of largest R, as many as the teacher has")
    shown = [(arm, found[-1]) for arm in COLOR if (found := students(own, arm))]
    for arm, (h, arrays) in shown:
        left.plot(arrays["teacher_paths"][0], arrays["paths"][0], ".", color=COLOR[arm],
                  label=f"{arm}, h = {h}", markersize=3)
    end = np.abs(shown[0][1][1]["teacher_paths"][0]).max() * np.array([-1, 1])
    left.plot(end, end, color=GRAY, linewidth=1, label="equal")
    left.set(xlabel="sorted products of weights, teacher", ylabel="the same, student",
             title="One seed")
    left.legend(markerscale=4)
    for arm in COLOR:
        found = [(h, arrays["path_distance"]) for h, arrays in students(own, arm)
                 if "path_distance" in arrays]
        right.plot([h for h, _ in found], [list(values) for _, values in found], "o",
                   color=COLOR[arm], label=arm)
    handles = dict(zip(*reversed(right.get_legend_handles_labels())))
    right.legend(handles.values(), handles)
    right.set(xlabel="student's hidden nodes h", title="Every seed", ylim=(0, None),
              ylabel="distance / teacher's mean |product|")
    plain_log(right, x=[h for h, arrays in students(own) if "paths" in arrays])
    return figure


def draw_real(plt, parts):
    figure, grid = plt.subplots(2, len(parts), figsize=(5 * len(parts), 8.4), squeeze=False)
    for (top, bottom), (part, own) in zip(grid.T, parts.items()):
        for arm in COLOR:
            found = students(own, arm)
            top.plot([h for h, _ in found], [arrays["cores"][:, -1].mean() for _, arrays in found],
                     "o" + LINE[arm], color=COLOR[arm], label=arm)
            draw_losses(bottom, own, arm)
        h = [h for h, _ in students(own)]
        top.plot(h, h, ".-", color=GRAY, linewidth=1, label="all nodes")
        top.set(xlabel="student's hidden nodes h", ylabel="nodes in the core",
                title=part)
        plain_log(top, x=h, y=sorted({*h, 5, 10, 20}))
        bottom.set(xscale="log", xlabel="nodes kept")
        top.legend()
        bottom.legend(fontsize=9)
    return figure
