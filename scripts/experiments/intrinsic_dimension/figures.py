"""Figures: layers of flows and of images, the last layer on two axes, scale, errors, controls."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.style import (DENSE, FEATURE, LAZY, NEGATIVE, OTHER, POSITIVE, PUBLISHED, START, band,
                       grid_of, log_ticks, panels_of)

from . import parts
from .claims import LUMINOUS, MNIST, TOY, dimension, parts_of
from .parts import BLOCKS, CONTROLS, ESTIMATORS, SHUFFLED, UNTRAINED

REGIMES = {UNTRAINED: START, parts.FEATURE: FEATURE, parts.LAZY: LAZY}


def figures(result):
    flows = {part: arms_of(result, part) for part in parts_of(result, parts.FEATURE)}
    drawn = {"controls": partial(draw_controls, clouds=arms_of(result, "control")),
             "layers": partial(draw_layers, flows=flows),
             "picture": partial(draw_picture, flows=flows)}
    scales = dict(flows)
    for name in parts_of(result, SHUFFLED):
        arms, luminance, networks = (arms_of(result, f"{name}{more}")
                                     for more in ("", " luminance", " networks"))
        drawn["images"] = partial(draw_images, name=name, arms=arms, luminance=luminance)
        drawn["error"] = partial(draw_errors, name=name, arms=arms, networks=networks)
        scales |= {name: {arm: arms[arm] for arm in colors_of(arms)},
                   f"{name} luminance": luminance}
    return {**drawn, "scale": partial(draw_scale, networks=scales)}


def colors_of(arms):
    """Untrained, trained on most images, and with shuffled labels."""
    names = list(arms)
    return {UNTRAINED: START, names[-2]: DENSE, SHUFFLED: OTHER}


def draw_controls(figure, clouds):
    """The example of the talk, and what is found of clouds of known dimension."""
    left, right = panels_of(figure, 2, 5.2, 4.6)
    toy = clouds[TOY]
    left.plot(*toy["picture"][0].T, ".", color=OTHER, markersize=3)
    left.set(title=f"d = 2, principal components: {toy['components'][0]}\n"
             f"TwoNN: {toy['dimension'][:, 0].mean():.2f}", xlabel="$x_1$", ylabel="$x_2$",
             aspect="equal")
    right.plot([1, 10], [1, 10], ":", color=PUBLISHED, label="equal")
    for column, (marker, shift) in enumerate((("o", 0.97), ("^", 1.03))):
        known = np.concatenate([np.full(len(cloud["copies"]), shift * CONTROLS[name].dimension)
                                for name, cloud in clouds.items()])
        found = np.concatenate([cloud["dimension"][:, column]
                                for cloud in clouds.values()])
        right.plot(known, found, marker, color=DENSE, markersize=5, alpha=0.6,
                   label=ESTIMATORS[column].__name__)
    log_ticks(right, x=(1, 2, 4, 5, 10), y=(1, 2, 4, 5, 10))
    right.set(xlabel="dimension of the cloud", ylabel="TwoNN dimension", title="clouds of known "
              "dimension")


def draw_layers(figure, flows):
    """Above: TwoNN; below: components of 90 % of the variance."""
    grid = grid_of(figure, 2, len(flows), 5.2, 3.6, "Hidden layers before their activation, unseen "
                   "points; bands: the range over seeds", sharex=True, sharey="row")
    for (above, below), (part, arms) in zip(grid.T, flows.items()):
        for regime, color in REGIMES.items():
            depth(above, dimension(arms[regime]), color, regime)
            depth(below, arms[regime]["components"], color, regime)
        above.set_title(part)
        log_ticks(below, y=(1, 2, 5, 10, 20, 50, 100))
        name_layers(below, arms[UNTRAINED]["components"].shape[1])
    name_rows(grid)


def depth(axes, values, color, label):
    """values (seeds, layers); the untrained network is drawn wide, as another may lie on it."""
    wide = dict(linewidth=5, markersize=9) if color == START else dict(linewidth=1.8, markersize=5)
    band(axes, np.arange(values.shape[1]), values, color, label, "o-", **wide)


def name_layers(axes, n_layers, output=False):
    names = ["input", *map(str, range(1, n_layers))]
    axes.set_xticks(range(n_layers), names[:-1] + ["output"] if output else names)
    axes.set_xlabel("hidden layer")


def name_rows(grid):
    """Labels of both rows; the upper one begins at 0."""
    grid[0, 0].set_ylim(bottom=0)
    for axes, label in zip(grid[:, 0], ("TwoNN dimension", "components of 90 %")):
        axes.set_ylabel(label)


def draw_images(figure, name, arms, luminance):
    """MNIST as it is and with luminance, above and below as draw_layers."""
    grid = grid_of(figure, 2, 2, 5.6, 3.8, "Layers after their activation, unseen images; bands: "
                   "the range over seeds", sharex=True, sharey="row")
    columns = (name, arms, colors_of(arms), MNIST), (
        f"{name}, luminance", luminance, {UNTRAINED: START, "trained": DENSE}, LUMINOUS)
    for (above, below), (title, own, colors, published) in zip(grid.T, columns):
        for arm, color in colors.items():
            depth(above, dimension(own[arm], estimator=1), color, arm)
            depth(below, own[arm]["components"], color, arm)
        if name == "mnist" and own[UNTRAINED]["components"].shape[1] == len(published):
            above.plot(published, "s:", color=PUBLISHED, mfc="none",
                       label="published, convolutional")
        above.set_title(title)
        log_ticks(below, y=(1, 2, 5, 10, 20, 50, 100))
        name_layers(below, own[UNTRAINED]["components"].shape[1], output=True)
        above.legend(loc="best")
    name_rows(grid)


def draw_picture(figure, flows):
    grid = grid_of(figure, len(flows), 2, 4.4, 3.9, "The last hidden layer before its activation, "
                   "unseen points.\nThe number: $x_1$ of the stripe, f of an image")
    for row, (part, arms) in zip(grid, flows.items()):
        for axes, regime in zip(row, (parts.FEATURE, parts.LAZY)):
            arm, n = arms[regime], len(arms[regime]["picture"][0])
            for sign, color in ((1, POSITIVE), (-1, NEGATIVE)):
                axes.plot(*arm["picture"][0][arm["labels"][0][:n] == sign].T, ".", color=color,
                          markersize=3, alpha=0.7, label=f"y = {sign}")
            axes.set_title(f"{part}, {regime}: one number\nexplains "
                           f"{100 * arm['by_coordinate'][0]:.1f} % of the variance", fontsize=12)
            axes.set_aspect("equal", adjustable="datalim")
            axes.locator_params(nbins=5)
        row[0].set_ylabel("second component")
    for axes in grid[-1]:
        axes.set_xlabel("first component")
    grid[0, 0].legend(loc="best", markerscale=4)


def draw_scale(figure, networks):
    """Dimension of the input and the last hidden layer by the number of points."""
    panels = panels_of(figure, len(networks), 5, 3.9, "Fewer points, larger distances; full: last "
                       "hidden layer, dotted: input", columns=2)
    for axes, (part, arms) in zip(panels, networks.items()):
        colors = REGIMES if parts.FEATURE in arms else {**dict.fromkeys(arms, DENSE),
                                                        UNTRAINED: START, SHUFFLED: OTHER}
        points = arms[UNTRAINED]["points"] // np.array(BLOCKS)
        axes.plot(points, arms[UNTRAINED]["blocks"][:, 0].mean(0), "x:", color=OTHER,
                  markersize=4, label="input")
        for name, arm in arms.items():
            axes.plot(points, arm["blocks"][:, 1].mean(0), "o-", color=colors[name], label=name,
                      markersize=4, linewidth=5 if name == UNTRAINED else 1.8)
        axes.set(xlabel="points in a block", title=part, ylim=(0, None), ylabel="TwoNN dimension")
        log_ticks(axes, x=points)


def draw_errors(figure, name, arms, networks):
    """Test error against the dimension of the last hidden layer, of every network."""
    axes, = panels_of(figure, 1, 6.4, 4.8)
    _, *trained = list(arms)[:-1]
    groups = ({arm: arms[arm] for arm in trained}, OTHER, "o", "numbers of images"), (
        networks, DENSE, "^", "hidden layers x units")
    for group, color, marker, label in groups:
        for arm, own in group.items():
            x, y = dimension(own, -2, 1), own["error"]
            axes.errorbar(x.mean(), y.mean(), reach(y), reach(x), marker, color=color, label=label)
            axes.annotate(arm.removesuffix(f" {parts.TRUE}"), (x.mean(), y.mean()), (6, 6),
                          textcoords="offset points", fontsize=10)
            label = None
    log_ticks(axes, y=(0.02, 0.05, 0.1, 0.2, 0.5))
    axes.set(xlabel="TwoNN dimension, last hidden layer", ylabel="test error",
             title=f"{name}: mean and range over seeds")
    axes.legend(loc="best")


def reach(values):
    """How far the range goes below and above the mean, as errorbar takes it."""
    return [[values.mean() - values.min()], [values.max() - values.mean()]]
