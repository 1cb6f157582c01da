"""Figures of rings, digits and pairs: basins, trajectories, read-out in time."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.style import (DENSE, NEGATIVE, OTHER, POSITIVE, SPECTRAL, band, lines, panels_of, several,
                       square)

from .claims import image_parts
from .parts import EXTENT

STEPS = 5                       # of all networks whose states are drawn
RINGS = {"inner ring": NEGATIVE, "outer ring": POSITIVE}
NAMES = "test accuracy of the largest score", "cosine of state and direction of the class"


def figures(result):
    rings, digits, pairs = (arms_of(result, part) for part in ("rings", "digits", "pairs"))
    return {"basins": partial(draw_basins, arms=rings),
            "trajectories": partial(draw_trajectories, rings=rings["5 steps"],
                                    digits=digits["random"]),
            "pairs": partial(draw_pairs, arms=pairs),
            **{"images": partial(draw_images, part=part, arms=arms_of(result, part))
               for part in image_parts(result)}}


def draw_basins(figure, arms):
    """Which points of the plane end in the direction of which ring, and training points; seed 0."""
    panels = panels_of(figure, len(arms), 4.4, 4.6, columns=2)
    for panel, (name, arrays) in zip(panels, arms.items()):
        panel.contourf(*[np.linspace(-EXTENT, EXTENT, len(arrays["basins"][0]))] * 2,
                       arrays["basins"][0], [-np.inf, 0, np.inf], colors=list(RINGS.values()),
                       alpha=0.35)
        for label, (ring, color) in enumerate(RINGS.items()):
            points = arrays["x"][0][arrays["x_labels"][0] == label][:250]
            panel.plot(*points.T, ".", color=color, markersize=4, label=ring)
        square(panel, EXTENT, xlabel="x, input node 1", ylabel="x, input node 2",
               title=f"{name}\ntest accuracy {arrays['accuracy'][0]:.3f}")
    panels[0].legend(loc="upper left", framealpha=0.9)


def draw_trajectories(figure, rings, digits):
    plane, tail, when = panels_of(figure, 3, 5.4, 4.8, columns=2)
    draw_plane(plane, rings["scores"][0][:STEPS + 1], rings["labels"][0])
    draw_tail(tail, digits["distance"][0], digits["bound"][0])
    for label, name, color in zip(NAMES, ("accuracy_in_time", "alignment"), (SPECTRAL, OTHER)):
        band(when, np.arange(digits[name].shape[1]), digits[name], color, label)
    linear_from_here(when)
    when.set(xlabel="t, steps", ylabel="mean and range", ylim=(-0.1, 1.25),
             title=f"Digits: read-out over time,\n{several(len(digits['alignment']))}")
    when.legend(loc="upper right")


def linear_from_here(panel):
    """Shade the steps in which f acts, so that no line crosses the data."""
    panel.axvspan(0, STEPS, color=DENSE, alpha=0.15, linewidth=0, label="f acts")


def draw_plane(panel, scores, labels):
    """The two scores of every point from t = 0 on; behind STEPS they do not move."""
    for label, (ring, color) in enumerate(RINGS.items()):
        paths = scores[:, labels == label].T
        panel.plot(*paths.transpose(0, 2, 1), color=color, alpha=0.35, linewidth=1)
        panel.plot(*paths[..., -1], "o", color=color, markersize=5, label=ring)
    panel.axline((0, 0), slope=1, color=DENSE, linestyle=":", label="equal scores")
    panel.set(xlabel="score of the inner ring", ylabel="score of the outer ring",
              title="Rings, seed 0: scores from t = 0\nto the end (dots)")


def draw_tail(panel, distance, bound):
    time = np.arange(len(distance))
    linear_from_here(panel)
    panel.semilogy(time, distance[:, :40], color=SPECTRAL, alpha=0.25, linewidth=0.8)
    panel.semilogy(time[-len(bound):], bound.max(1), "--", color="k",
                   label=r"bound: cond($\Phi$) max$|\lambda|^{t-T}$")
    panel.semilogy(time, distance.max(1), color=SPECTRAL,
                   label=f"largest of {distance.shape[1]} samples")
    panel.set(xlabel="t, steps", ylabel="distance of the state from P y",
              title="Digits, seed 0: into the\nplanted directions")


def draw_images(figure, part, arms):
    """Validation accuracy epoch by epoch, through all learning rates; test accuracy at the best."""
    axes, = panels_of(figure, 1, 7, 4.4, f"{part}: recurrent, and dense with as many parameters")
    for (kind, arrays), color in zip(arms.items(), (SPECTRAL, DENSE)):
        epochs = np.arange(1, 1 + arrays["course"].shape[1])
        lines(axes, epochs, arrays["course"], color, f"{kind}, validation", linewidth=0.8)
        last = np.isfinite(arrays["course"]).sum(1)
        axes.plot(last, arrays["accuracy"], "o", color=color, label=f"{kind}, test, at the best")
    axes.set(xlabel="epochs", ylabel="accuracy", title=several(len(last)))
    axes.legend(loc="lower right")


def draw_pairs(figure, arms):
    """Two digits in sequence: what is told of them, and whether kernels in turn are stable."""
    left, right = panels_of(figure, 2, 6, 4.4, "Two digits in sequence, a kernel for each; "
                            f"dots: {several(len(next(iter(arms.values()))['accuracy']))}")
    for panel, series in ((left, {"both digits, in order": ("accuracy", SPECTRAL, -0.12),
                                  "the other way round": ("swapped", OTHER, 0.12)}),
                          (right, {"worse kernel alone": ("alone", DENSE, -0.12),
                                   "both in turn": ("in_turn", SPECTRAL, 0.12)})):
        for label, (name, color, shift) in series.items():
            for place, arrays in enumerate(arms.values()):
                values = arrays[name]
                values = values if values.ndim == 1 else values.reshape(len(values), -1, 2)[
                    :, :, 0].max(1)
                panel.plot(np.full(len(values), place + shift), values, "o", color=color,
                           alpha=0.7, label=label if place == 0 else None)
        panel.set_xticks(range(len(arms)), [name.replace(", ", ",\n") for name in arms])
        panel.set(xlim=(-0.5, len(arms) - 0.5), xlabel="planted directions")
    left.axhline(1 / 9, color="k", linestyle=":", label="chance")
    left.set(ylim=(0, 1.03), ylabel="test accuracy", title="which of nine pairs")
    right.axhline(1, color="k", linestyle=":", label="stable below")
    right.set(ylabel="spectral radius beside P", title="stability of the kernels")
