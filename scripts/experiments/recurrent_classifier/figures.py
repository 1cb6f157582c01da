"""Figures of rings and digits: basins, trajectories, read-out in time."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.style import BLUE, GRAY, ORANGE, band, panels_of, square

from .parts import EXTENT

STEPS = 5                       # of all networks whose states are drawn
LINEAR = {"color": GRAY, "linestyle": "--", "linewidth": 1, "label": "linear from here"}


def figures(result):
    rings, digits = (arms_of(result, part) for part in ("rings", "digits"))
    drawn = {"basins": partial(draw_basins, arms=rings)}
    if digits:
        drawn["trajectories"] = partial(draw_trajectories, rings=rings["5 steps"],
                                        digits=digits["random"])
    return drawn


def draw_basins(figure, arms):
    for panel, (name, arrays) in zip(panels_of(figure, len(arms), 5, 5, columns=4), arms.items()):
        panel.imshow(np.sign(arrays["basins"][0]), origin="lower", extent=[-EXTENT, EXTENT] * 2,
                     cmap="coolwarm", vmin=-2.5, vmax=2.5)
        for label, color in enumerate((BLUE, ORANGE)):
            points = arrays["x"][0][arrays["x_labels"][0] == label][:250]
            panel.plot(*points.T, ".", color=color, markersize=4)
        square(panel, EXTENT, xlabel="x, input node 1", ylabel="x, input node 2",
               title=f"{name}\ntest {arrays['accuracy'][0]:.3f}")


def draw_trajectories(figure, rings, digits):
    plane, tail, when = panels_of(figure, 3, 6.5, 5.5)
    draw_plane(plane, rings["scores"][0][:STEPS + 1], rings["labels"][0])
    draw_tail(tail, digits["distance"][0], digits["bound"][0])
    for label, name, color in (("test accuracy of the largest score", "accuracy_in_time", BLUE),
                               ("cosine of state and direction of the class", "alignment", ORANGE)):
        band(when, np.arange(digits[name].shape[1]), digits[name], color, label)
    when.axvline(STEPS, **LINEAR)
    when.set(xlabel="t, steps", ylabel="mean and range over seeds",
             title="Digits: read-out over time", ylim=(-0.1, 1.05))


def draw_plane(panel, scores, labels):
    """The two scores of every point from t = 0 on; behind STEPS they do not move."""
    for label, color in enumerate((BLUE, ORANGE)):
        paths = scores[:, labels == label].T
        panel.plot(*paths.transpose(0, 2, 1), color=color, alpha=0.35, linewidth=1)
        panel.plot(*paths[..., -1], "o", color=color, markersize=5)
    panel.axline((0, 0), slope=1, color=GRAY, linestyle=":", label="equal scores")
    panel.set(xlabel="score of the inner ring (blue)", ylabel="score of the outer ring (orange)",
              title="Rings, seed 0: scores from t = 0\nto the end (dots)")


def draw_tail(panel, distance, bound):
    time = np.arange(len(distance))
    panel.semilogy(time, distance[:, :40], color=BLUE, alpha=0.25, linewidth=0.8)
    panel.semilogy(time[-len(bound):], bound.max(1), color=ORANGE, linewidth=2,
                   label=r"bound: cond($\Phi$) max$|\lambda|^{t-T}$ largest distance at T")
    panel.semilogy(time, distance.max(1), color=BLUE,
                   label=f"largest distance of {distance.shape[1]} samples")
    panel.axvline(STEPS, **LINEAR)
    panel.set(xlabel="t, steps", ylabel="distance of the state from P y",
              title="Digits, seed 0: into the planted directions")
