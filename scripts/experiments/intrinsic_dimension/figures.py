"""Figures: layers, pictures of the last one, scale and error."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, ticks_at

from .parts import BLOCKS

COLORS = (GRAY, BLUE, ORANGE)               # untrained; by the features or labels; the other one
CONTROL_COLORS = (BLUE, ORANGE, GREEN, PINK, GRAY, "k")


def figures(result):
    parts = {part: arms_of(result, part) for part in ("control", "stripe", "mnist")
             if arms_of(result, part)}
    networks = {part: arms for part, arms in parts.items() if part != "control"}
    return {"layers": partial(draw_layers, networks=networks),
            "picture": partial(draw_picture, networks=networks),
            "scale": partial(draw_scale, parts=parts)}


def three(arms):
    """Arms with colors: untrained, trained on the largest set, and the last one."""
    names = list(arms)
    return zip((names[0], *names[-2:]), COLORS)


def draw_layers(plt, networks):
    """Above: TwoNN; below: components of 90 % of the variance. Lines: means, bars: the range."""
    figure, grid = plt.subplots(2, len(networks), figsize=(6.2 * len(networks), 8.4),
                                squeeze=False)
    for (above, below), (part, arms) in zip(grid.T, networks.items()):
        for name, color in three(arms):
            draw_depth(above, arms[name]["dimension"][..., 0], color, name)
            draw_depth(below, arms[name]["components"], color, name)
        title = (f"stripe, {arms[name]['d']} dimensions, 1/h scaling" if part == "stripe" else
                 "MNIST, fully connected")
        above.set(title=title, ylabel="TwoNN dimension", ylim=(0, None))
        below.set(ylabel="components of 90 % of the variance", xlabel="hidden layer", yscale="log",
                  ylim=(0.8, None))
        ticks_at(below, (1, 2, 5, 10, 20, 50, 100), "y")
        above.legend(fontsize=10)
    figure.suptitle("Points on a full line: before the activation; on a dashed one: after it.\n"
                    "Layer 0 is the input; all points are unseen")
    return figure


def draw_depth(axes, values, color, label):
    """values (seeds, 2 L + 1) of x, u_1, a_1, ...: u full, a dashed, both from x on."""
    before, after = np.r_[0, 1:values.shape[1]:2], np.arange(0, values.shape[1], 2)
    for columns, line, name in ((before, "o-", label), (after, "s--", None)):
        shown = values[:, columns]
        spread = np.abs(np.stack([shown.min(0), shown.max(0)]) - shown.mean(0))
        axes.errorbar(np.arange(len(columns)), shown.mean(0), spread, fmt=line, color=color,
                      label=name, markersize=5, linewidth=1.4 if name else 0.8,
                      zorder=2 if color != GRAY else 1, elinewidth=1)
        if color == GRAY and name:          # wider: others may lie on it
            axes.plot(np.arange(len(columns)), shown.mean(0), color=color, linewidth=5, alpha=0.4)
    axes.set_xticks(np.arange(len(after)))


def draw_picture(plt, networks):
    figure, grid = plt.subplots(len(networks), 3, figsize=(14, 4.6 * len(networks)), squeeze=False)
    for row, (part, arms) in zip(grid, networks.items()):
        for axes, (name, _) in zip(row, three(arms)):
            picture, share = arms[name]["picture"][0], arms[name]["largest"][0, -2].sum()
            classes, codes = np.unique(arms[name]["labels"][0], return_inverse=True)
            colors = plt.get_cmap("coolwarm", 2) if len(classes) == 2 else plt.get_cmap("tab10")
            dots = axes.scatter(*picture.T, c=codes[:len(picture)], s=7, cmap=colors, vmin=-0.5,
                                vmax=len(classes) - 0.5)
            axes.set(xlabel="first component",
                     title=f"{part}, {name}:\n{share:.2%} of the variance")
        row[0].set_ylabel("second component")
        bar = figure.colorbar(dots, ax=row, label="class")
        bar.set_ticks(range(len(classes)), labels=classes)
    figure.suptitle("The last hidden layer before its activation, unseen points")
    return figure


def draw_scale(plt, parts):
    """Dimension by the number of points, of controls and last layers; error by dimension."""
    figure, row = plt.subplots(1, len(parts) + ("mnist" in parts),
                               figsize=(5 * (len(parts) + 1), 4.8), squeeze=False)
    for axes, (part, arms) in zip(row[0], parts.items()):
        first = next(iter(arms.values()))
        sizes = first["points"]
        if part == "control":
            lines = [(name, cloud["blocks"].mean(0), color)
                     for (name, cloud), color in zip(arms.items(), CONTROL_COLORS)]
        else:
            lines = [("input", first["blocks"][:, 0].mean(0), "k")]
            lines += [(f"last u, {name}", arms[name]["blocks"][:, -2].mean(0), color)
                      for name, color in three(arms)]
        for name, values, color in lines:
            axes.plot(sizes / np.array(BLOCKS), values, "o-", color=color, label=name, markersize=4)
        axes.set(xscale="log", xlabel="points in a block", title=part, ylim=(0, 18),
                 ylabel="TwoNN dimension, mean over blocks")
        ticks_at(axes, sizes // np.array(BLOCKS))
        axes.legend(fontsize=9)
    if "mnist" in parts:
        draw_errors(row[0, -1], parts["mnist"])
    return figure


def draw_errors(axes, arms):
    for name, arm in arms.items():
        if name[0].isdigit():
            axes.plot(arm["dimension"][:, -1, 0], 100 * arm["error"], "o", label=name)
    axes.set(xlabel="TwoNN dimension of the last hidden a", ylabel="test error, %",
             title="mnist, each network a point")
    axes.legend(fontsize=9)
