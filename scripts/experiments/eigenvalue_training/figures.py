"""A figure for each set of images."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, legend_beside, panels_of

from .parts import ARMS, AS_MANY
from .claims import TEST_ACCURACY, last

# A color for each kind of arm; within a kind, lines and markers tell the arms apart.
KINDS = {BLUE: ("eigenvalues", "faster", "lambda_out", "small"), ORANGE: (*AS_MANY, "narrow_3"),
         GRAY: ("everything",), GREEN: ("linear", "perceptron"), PINK: ("notebook_2020",)}
LINES = ("o-", "s--", "D:", "^-.", "v-", "*--")


def figures(result):
    return {name: partial(draw, arms=arms, name=name) for name, arms in by_part(result).items()}


def draw(figure, arms, name):
    """Test accuracy against the epoch."""
    axes, = panels_of(figure, 1, 11, 6)
    looks = {arm: (color, LINES[k]) for color, kind in KINDS.items() for k, arm in enumerate(kind)}
    for arm in sorted(arms, key=lambda arm: -np.median(last(arms, arm))):
        (color, line), values = looks[arm], arms[arm]["curves"][:, :, TEST_ACCURACY]
        band(axes, np.arange(1, values.shape[1] + 1), values, color,
             f"{ARMS[arm].title}: {arms[arm]['trainable'][0]:,}", line, np.median, markersize=4)
    if name == "mnist":
        axes.axhline(0.9323, color="k", linestyle=":", linewidth=1, label="published 0.9323")
    lowest = min(np.median(last(arms, arm)) for arm in arms)
    axes.set(xlabel="epoch", ylim=(lowest - 0.05, 1), ylabel="test accuracy, median and range",
             title=f"{name}: what is trained, and how many numbers")
    legend_beside(axes)
