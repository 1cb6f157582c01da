"""Figures: layers, pictures of the last one, scale."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.style import BLUE, GRAY, ORANGE, band, grid_of, log_ticks, panels_of
from matplotlib import colormaps

from .parts import BLOCKS

COLORS = (GRAY, BLUE, ORANGE)               # untrained; by the features or labels; the other one


def figures(result):
    networks = {part: arms for part, arms in by_part(result).items() if part != "control"}
    return {name: partial(draw, networks=networks) for name, draw in (
        ("layers", draw_layers), ("picture", draw_picture), ("scale", draw_scale))}


def three(arms):
    """Arms with colors: untrained, trained on the largest set, and the last one."""
    names = list(arms)
    return zip((names[0], *names[-2:]), COLORS)


def draw_layers(figure, networks):
    """Above: TwoNN; below: components of 90 % of the variance."""
    grid = grid_of(figure, 2, len(networks), 6.2, 4.2, "Full lines: before the activation; dashed "
                   "ones: after it; bands: the range over seeds.\n"
                   "Layer 0 is the input; all points are unseen")
    for (above, below), (part, arms) in zip(grid.T, networks.items()):
        for name, color in three(arms):
            draw_depth(above, arms[name]["dimension"][..., 0], color, name)
            draw_depth(below, arms[name]["components"], color, name)
        above.set(title=part, ylabel="TwoNN dimension", ylim=(0, None))
        below.set(ylabel="components of 90 % of the variance", xlabel="hidden layer")
        log_ticks(below, y=(1, 2, 5, 10, 20, 50, 100))


def draw_depth(axes, values, color, label):
    """values (seeds, 2 L + 1) of x, u_1, a_1, ...: u full, a dashed, both from x on."""
    before, after = np.r_[0, 1:values.shape[1]:2], np.arange(0, values.shape[1], 2)
    layers, width = np.arange(len(after)), 4 if color == GRAY else 1.5      # others may lie on it
    band(axes, layers, values[:, before], color, label, "o-", markersize=5, linewidth=width)
    band(axes, layers, values[:, after], color, None, "s--", markersize=5, linewidth=0.8)
    axes.set_xticks(layers)


def draw_picture(figure, networks):
    grid = grid_of(figure, len(networks), 3, 4.7, 4.6, "The last hidden layer before its "
                   "activation, unseen points")
    for row, (part, arms) in zip(grid, networks.items()):
        for axes, (name, _) in zip(row, three(arms)):
            picture, share = arms[name]["picture"][0], arms[name]["largest"][0, -2].sum()
            classes, codes = np.unique(arms[name]["labels"][0], return_inverse=True)
            colors = colormaps["coolwarm" if len(classes) == 2 else "tab10"]
            dots = axes.scatter(*picture.T, c=codes[:len(picture)], s=7, vmin=-0.5,
                                cmap=colors.resampled(len(classes)), vmax=len(classes) - 0.5)
            axes.set(xlabel="first component", ylabel="second component",
                     title=f"{part}, {name}:\n{share:.2%} of the variance")
        figure.colorbar(dots, ax=row, label="class").set_ticks(range(len(classes)), labels=classes)


def draw_scale(figure, networks):
    """Dimension of the input and the last u by the number of points."""
    row = panels_of(figure, len(networks), 5, 4.8)
    for axes, (part, arms) in zip(row, networks.items()):
        untrained = next(iter(arms.values()))
        points = untrained["points"] // np.array(BLOCKS)
        curves = [("input", untrained["blocks"][:, 0], "k")]
        curves += [(f"last u, {name}", arms[name]["blocks"][:, -2], color)
                   for name, color in three(arms)]
        for name, values, color in curves:
            axes.plot(points, values.mean(0), "o-", color=color, label=name, markersize=4)
        axes.set(xlabel="points in a block", title=part, ylim=(0, 18),
                 ylabel="TwoNN dimension, mean over blocks")
        log_ticks(axes, x=points)
