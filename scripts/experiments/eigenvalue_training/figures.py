"""Two figures for each set of images."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK

from .parts import ARMS, AS_MANY
from .claims import TEST_ACCURACY, last

# A color for each kind of arm; within a kind, lines and markers tell the arms apart.
KINDS = {BLUE: ("eigenvalues", "faster", "lambda_out", "small"), ORANGE: (*AS_MANY, "narrow_3"),
         GRAY: ("everything",), GREEN: ("linear", "perceptron"), PINK: ("notebook_2020",)}
LINES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))
MARKERS = "osD^v*"
TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


def figures(result):
    return {f"{name}_{kind}": partial(draw, arms=arms, name=name)
            for name, arms in by_part(result).items()
            for kind, draw in (("epochs", draw_epochs), ("parameters", draw_parameters))}


def looks(arms):
    """(arm, color, line, marker, label) of every arm, the best one first."""
    styles = [(arm, color, LINES[k], MARKERS[k],
               f"{ARMS[arm].title}: {arms[arm]['trainable'][0]:,}")
              for color, kind in KINDS.items() for k, arm in enumerate(kind) if arm in arms]
    return sorted(styles, key=lambda look: -np.median(last(arms, look[0])))


def draw_epochs(plt, arms, name):
    """Test accuracy against the epoch for every arm: median, and range over the seeds."""
    figure, axes = plt.subplots(figsize=(11, 6))
    for arm, color, line, _, label in looks(arms):
        values = arms[arm]["curves"][:, :, TEST_ACCURACY]
        epochs = np.arange(1, values.shape[1] + 1)
        axes.plot(epochs, np.median(values, 0), color=color, linestyle=line, linewidth=2,
                  label=label)
        axes.fill_between(epochs, values.min(0), values.max(0), color=color, alpha=0.15)
    lowest = min(np.median(last(arms, arm)) for arm in arms)
    axes.set(xlabel="epoch", ylim=(lowest - 0.05, 1))
    axes.xaxis.get_major_locator().set_params(integer=True)
    return finish(figure, axes, name)


def draw_parameters(plt, arms, name):
    """Test accuracy after the last epoch against the number of trainable parameters."""
    figure, axes = plt.subplots(figsize=(11, 6))
    for arm, color, _, marker, label in looks(arms):
        axes.plot(arms[arm]["trainable"], last(arms, arm), marker, color=color, label=label,
                  alpha=0.7, markersize=8)
    axes.set(xscale="log", xlabel="trainable parameters (one point a seed)")
    return finish(figure, axes, name)


def finish(figure, axes, name):
    """What both figures share: the published number, title, and legend beside the axes."""
    if name == "mnist":
        axes.axhline(0.9323, color="k", linestyle=":", linewidth=1)
        axes.text(0.01, 0.9328, "published 0.9323", transform=axes.get_yaxis_transform(),
                  fontsize=9, va="bottom")
    axes.set(ylabel="test accuracy", title=f"{TITLES[name]}: what is trained, and how many numbers")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=10)
    return figure
