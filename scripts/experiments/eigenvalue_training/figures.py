"""Test accuracy against the epoch: numbers trained alike, the notebook's network, linear ones."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.style import DENSE, PUBLISHED, SPECTRAL, band, panels_of, several

from .claims import TEST_ACCURACY, TRAINING, last
from .parts import ARMS, AS_MANY

LINEAR = "eigenvalues", "linear", "perceptron"


def figures(result):
    drawn = {}
    for name, arms in by_part(result).items():
        drawn[name] = partial(draw, arms=arms, title=name, shown=("eigenvalues", *AS_MANY,
                                                                  "everything"))
        if "linear" in arms:
            drawn["linear" if name == "mnist" else f"linear_{name}"] = partial(
                draw, arms=arms, title=f"{name}, with and without activations", shown=LINEAR)
        if "notebook" in arms:
            drawn["notebook"] = partial(draw_notebook, arm=arms["notebook"])
    return drawn


def draw(figure, arms, title, shown):
    """Arms over the epochs, each with its name and how many numbers it trains."""
    axes, = panels_of(figure, 1, 7.5, 4.8)
    shown = [arm for arm in shown if arm in arms]
    for arm in shown:
        values = arms[arm]["curves"][:, :, TEST_ACCURACY]
        spectral, dashed = arm in ("eigenvalues", "linear"), arm in ("linear", "everything")
        band(axes, np.arange(1, values.shape[1] + 1), values, SPECTRAL if spectral else DENSE,
             None, "--" if dashed else "-", np.median, linewidth=2.5 if spectral else 1.2,
             zorder=3 if spectral else 2)
    axes.set(xlabel="epoch", ylabel="test accuracy, median and range",
             title=f"{title}, {several(len(values))}")
    axes.locator_params("x", integer=True)
    name_lines(axes, values.shape[1], {
        f"{ARMS[arm].title}: {arms[arm]['trainable'][0]:,}": np.median(last(arms, arm))
        for arm in shown})


def name_lines(axes, x, names):
    """Names of lines beside their ends, name -> y, moved apart where they are too near."""
    low, high = axes.get_ylim()
    names = dict(sorted(names.items(), key=lambda item: item[1]))
    ends, least = np.array(list(names.values())), 0.06 * (high - low)
    steps = least * np.arange(len(ends))
    apart = np.maximum.accumulate(ends - steps), np.minimum.accumulate((ends - steps)[::-1])[::-1]
    for name, end, place in zip(names, ends, sum(apart) / 2 + steps):
        axes.annotate(name, (x, end), (1.05, place), xycoords="data", fontsize=10, va="center",
                      textcoords=axes.get_yaxis_transform(), annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": DENSE, "lw": 0.5,
                                  "relpos": (0, 0.5), "shrinkB": 0})


def draw_notebook(figure, arm):
    """Training and test accuracy of the notebook's network, with what it prints."""
    axes, = panels_of(figure, 1, 6, 4.2)
    epochs = np.arange(1, 1 + arm["curves"].shape[1])
    for column, label, line in ((1, "training", "--"), (TEST_ACCURACY, "test", "-")):
        band(axes, epochs, arm["curves"][:, :, column], SPECTRAL, label, line, np.median)
    shown = [epoch for epoch in TRAINING if epoch <= len(epochs)]
    axes.plot(shown, [TRAINING[epoch][0] for epoch in shown], "o", color=PUBLISHED,
              fillstyle="none", label="published, training")
    axes.axhline(0.9323, color=PUBLISHED, ls=":", label="published, test, epoch 30")
    axes.set(xlabel="epoch", ylabel="accuracy, median and range",
             title=f"5,194 eigenvalues of 784-2000-200-10, {several(len(arm['rate']))}")
    axes.locator_params("x", integer=True)
    axes.legend(loc="lower right")
