"""Figures: labels along eigenvectors, the kernel in time, its two families."""
from functools import partial

import numpy as np
from lab.style import DENSE, FEATURE, LAZY, OTHER, START, band, grid_of, several

from npspectral.data.binary import STRIPE

from .parts import FEW, TOP

STAGES = ((START, "start", "-", 6), (FEATURE, "after feature training", ".-", 1.5),
          (LAZY, "after lazy training", ".--", 1.5))     # color, label, line, its width
REGIMES = (FEATURE, "feature", "-"), (LAZY, "lazy", "--")
RANKS = np.arange(1, TOP + 1)
TICKS = 1, 5, 10, 15, 20
FAMILIES = (OTHER, 1.0, r"$\phi(x_1)$"), (OTHER, 0.4, r"$\phi(x_1)\,u \cdot x_\perp$")
WIDTH, HEIGHT = 4.4, 3.3                            # of a panel


def figures(result):
    stripe = result["stripe"]
    return {"projection_information": partial(draw_labels, result=result),
            "in_time": partial(draw_times, result=result),
            "split": partial(draw_split, **stripe),
            "eigenvectors": partial(draw_vectors, **stripe)}


def columns_of(figure, result, rows, title, **options):
    """A column of panels for each part, whose name is over it."""
    seeds = max(len(arrays["errors"]) for arrays in result.values())
    many = f"; mean and range over {several(seeds)}" if seeds > 1 else ""
    grid = grid_of(figure, rows, len(result), WIDTH, HEIGHT, title + many, sharex="col", **options)
    for axes, part in zip(grid[0], result):
        axes.set_title(part)
    return grid.T


def draw_labels(figure, result):
    """Shares of the labels by rank, their sum, and information by rank; a column for each part."""
    grid = columns_of(figure, result, 3, "Eigenvectors of the tangent kernel and the label")
    for column, arrays in zip(grid, result.values()):
        shares = arrays["shares"][..., :TOP]
        for i, (*look, width) in enumerate(STAGES):
            for axes, values in zip(column, (shares, np.cumsum(shares, -1),
                                             arrays["information"][:, :, 2])):
                band(axes, RANKS, values[:, i], *look, linewidth=width)
        column[0].set(ylim=(0, None), ylabel=r"share $\omega_r^2$ of the labels")
        column[1].set(ylim=(0, 1), ylabel=r"sum up to rank r of $\omega^2$")
        column[2].set(ylim=(-0.1, 1), ylabel=r"$I(\phi_r; y)$ in bits (Ross)", xticks=TICKS,
                      xlabel="rank r of the eigenvector")


def draw_times(figure, result):
    """What the kernel knows along training, in both regimes; a column for each part."""
    curves = {"top": f"labels on the top {FEW}", "bits": f"bits, mean of the top {FEW}",
              "aligned": "alignment with $y\\,y'$", "turn": r"$|K/|K| - K_0/|K_0||$",
              "wrong": "error of support vectors"}
    grid = columns_of(figure, result, len(curves), "The tangent kernel as an observable")
    for column, arrays in zip(grid, result.values()):
        for axes, (name, label) in zip(column, curves.items()):
            for i, look in enumerate(REGIMES):
                band(axes, arrays["times"], arrays[name][:, i], *look)
            axes.axvline(1, color=START, linewidth=1)
            axes.set(xscale="log", ylim=(0, None), ylabel=label)
        column[-1].set_xlabel("t / t*")


def draw_split(figure, times, without, families, outside_split, **_):
    """The trace by families in time, and the families of the eigenvectors, before and after."""
    grid = grid_of(figure, 2, 2, WIDTH, HEIGHT, "Which part of the kernel depends on $x_\\perp$, "
                   "and how")
    for axes, i, name in zip(grid[0], (0, 1), ("feature", "lazy")):
        neither, first = without[:, i, :, 1], 1 - without[:, i, :, 0]
        first, both = first.mean(0), 1 - neither.mean(0)
        for low, high, (color, alpha, label) in zip((0 * first, first), (first, both), FAMILIES):
            axes.fill_between(times, low, high, color=color, alpha=alpha, linewidth=0, label=label)
        axes.fill_between(times, both, 1, color=START, linewidth=0, label="neither")
        axes.axhline(1 - outside_split[:, 0].mean(), color=DENSE, linewidth=1, linestyle="--",
                     label="both, at $\\omega_\\perp = 0$")
        axes.set(xscale="log", ylim=(0, 1), xlim=(times[0], times[-1]), xlabel="t / t*",
                 ylabel="share of the trace of K", title=f"{name}: trace in time")
    for axes, (first, _, both), name in zip(grid[1], families[0], ("start", "after feature")):
        for bottom, values, (color, alpha, _) in zip((0, first), (first, both - first), FAMILIES):
            axes.bar(RANKS, values, bottom=bottom, color=color, alpha=alpha)
        axes.set(title=f"{name}: eigenvectors", xlabel="rank r", ylabel="$R^2$, seed 0",
                 ylim=(0, 1.05), xticks=TICKS)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


def two_of_each(families):
    """The first two ranks (from 0) of eigenvectors that are rather of the first kind, and others.

    families (3, ranks): R^2 by each family and by both.
    """
    of_the_first = families[0] > families[1]
    return [rank for kind in (True, False) for rank in np.flatnonzero(of_the_first == kind)[:2]]


def draw_vectors(figure, x_1, vectors, families, **_):
    """Two eigenvectors of each kind of seed 0 at the points, against x_1: before and after."""
    ranks = two_of_each(families[0, 1])
    grid = grid_of(figure, len(ranks), 2, WIDTH, HEIGHT - 0.7, "Eigenvectors against $x_1$, seed "
                   "0: $R^2$ by $\\phi(x_1)$, by $\\phi(x_1)\\,u \\cdot x_\\perp$\n"
                   "Dotted: where the label turns", sharex=True)
    for column, i, (color, name, *_) in zip(grid.T, (0, 1), STAGES):
        for axes, r in zip(column, ranks):
            axes.plot(x_1[0], len(x_1[0]) ** 0.5 * vectors[0, i, :, r], ".", color=color,
                      markersize=3)
            for edge in STRIPE:
                axes.axvline(edge, color="k", linestyle=":", linewidth=1)
            first, second = families[0, i, :2, r]
            axes.set_title(f"{name}: $R^2$ {first:.2f}, {second:.2f}", fontsize=11)
            axes.set_ylabel(rf"$\phi_{{{r + 1}}}$")
        column[-1].set_xlabel("$x_1$")
