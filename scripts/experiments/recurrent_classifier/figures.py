"""Figures: basins, trajectories, spectra, read-outs, kernels."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, ORANGE, mean_and_range

from .claims import by_task
from .parts import EXTENT

STEPS = 5                       # of all networks drawn


def figures(result):
    tasks = by_task(result)
    drawn = {"basins": partial(draw_basins, parts=tasks["rings"])}
    if "digits" in tasks:
        drawn |= {"trajectories": partial(draw_trajectories, rings=tasks["rings"]["5 steps"],
                                          digits=tasks["digits"]["random"]),
                  "spectrum": partial(draw_spectrum, parts=tasks["digits"]),
                  "pairs": partial(draw_pairs, parts=tasks["pairs"])}
    if "mnist" in tasks:
        drawn["mnist"] = partial(draw_images, **tasks["mnist"])
    return drawn


def draw_points(axes, position, values, marker, color, **style):
    """A point for each seed, all at one position."""
    axes.plot(np.full(len(values), position), values, marker, color=color, **style)


def draw_basins(plt, parts):
    """The plane by the direction in which each point ends, seed 0; accuracy of all seeds."""
    figure, panels = plt.subplots(2, 3, figsize=(16, 10))
    *planes, last = panels.flat[:len(parts) + 1]
    figure.axes[-1].set_axis_off()
    for position, (panel, (name, part)) in enumerate(zip(planes, parts.items())):
        panel.imshow(np.sign(part["basins"][0]), origin="lower", extent=[-EXTENT, EXTENT] * 2,
                     cmap="coolwarm", vmin=-2.5, vmax=2.5)
        for label, color in ((0, BLUE), (1, ORANGE)):
            points = part["x"][0][part["x_labels"][0] == label][:250]
            panel.plot(*points.T, ".", color=color, markersize=4)
        panel.set(xlim=(-EXTENT, EXTENT), ylim=(-EXTENT, EXTENT), xlabel="x, input node 1",
                  ylabel="x, input node 2", title=f"{name}\ntest {part['accuracy'][0]:.3f}")
        draw_points(last, position, part["accuracy"], "o", BLUE, alpha=0.6)
    last.axhline(0.98, color=GRAY, linestyle=":", label="wanted: 0.98")
    last.set_xticks(range(len(parts)), [name.replace(", no ", "\nno ") for name in parts])
    last.set(ylabel="test accuracy, one point a seed", title="all seeds")
    last.legend(loc="lower left", bbox_to_anchor=(0, 0.6))
    return figure


def draw_trajectories(plt, rings, digits):
    """Scores of the two rings' points in time; digits: distance, one sample's scores, accuracy."""
    figure, ((plane, tail), (sample, when)) = plt.subplots(2, 2, figsize=(15, 11))
    draw_plane(plane, rings)
    draw_tail(tail, digits)
    draw_sample(sample, digits)
    time = np.arange(digits["accuracy_in_time"].shape[1])
    mean_and_range(when, time, digits["accuracy_in_time"], "-", BLUE,
                   "test accuracy of the largest score", 0.2)
    mean_and_range(when, time, digits["alignment"], "-", ORANGE,
                   "cosine of state and direction of the class", 0.2)
    mark(when, 20)
    when.set(xlabel="t, steps", ylabel="mean and range over seeds",
             title="Digits: read-out over time", ylim=(-0.1, 1.05))
    when.legend(loc="lower right", fontsize=10)
    return figure


def draw_plane(panel, rings):
    """The two scores of every point at t = 0 to 5; behind that they do not move."""
    scores, labels = rings["scores"][0], rings["labels"][0]
    for label, color in ((0, BLUE), (1, ORANGE)):
        for path in scores[:STEPS + 1, labels == label].transpose(1, 0, 2):
            panel.plot(*path.T, color=color, alpha=0.35, linewidth=1)
            panel.plot(*path[-1], "o", color=color, markersize=5)
    low, high = scores[:STEPS + 1].min(), scores[:STEPS + 1].max()
    panel.plot([low, high], [low, high], color=GRAY, linestyle=":", label="equal scores")
    panel.set(xlabel="score of the inner ring (blue)", ylabel="score of the outer ring (orange)",
              title="Rings, seed 0: scores from t = 0\nto the end (dots)")
    panel.legend(fontsize=10)


def draw_tail(panel, digits):
    """Distance to the limit over time, and the bound in the tail."""
    distance, bound = digits["distance"][0], digits["bound"][0]
    time = np.arange(len(distance))
    panel.semilogy(time, distance[:, :40], color=BLUE, alpha=0.25, linewidth=0.8)
    panel.semilogy(time[-len(bound):], bound.max(1), color=ORANGE, linewidth=2,
                   label=r"bound: cond($\Phi$) max$|\lambda|^{t-T}$ largest distance at T")
    panel.semilogy(time, distance.max(1), color=BLUE, label="largest distance of 200 samples")
    mark(panel, len(time))
    panel.set(xlabel="t, steps", ylabel="distance of the state from P y",
              title="Digits, seed 0: into the planted directions")
    panel.legend(fontsize=9)


def draw_sample(panel, digits):
    """The ten scores of one test sample."""
    scores, label = digits["scores"][0][:, 0], digits["labels"][0, 0]
    for k in range(scores.shape[1]):
        panel.plot(scores[:21, k], color=BLUE if k == label else GRAY,
                   linewidth=2.5 if k == label else 1, label=f"score of its class, {label}"
                   if k == label else ("the other classes" if k == (label + 1) % 10 else None))
    mark(panel, 20)
    panel.set(xlabel="t, steps", ylabel="scores $Y_P x_t$",
              title="Digits, seed 0: one test sample")
    panel.legend(fontsize=10)


def mark(panel, length):
    """Where the transient ends."""
    panel.axvline(STEPS, color=GRAY, linestyle="--", linewidth=1)
    panel.text(STEPS + 0.01 * length, 0.5, " linear from here", color=GRAY, rotation=90,
               transform=panel.get_xaxis_transform(), va="center")


def draw_spectrum(plt, parts):
    """Eigenvalues before and after training, seed 0, and condition numbers of all seeds."""
    figure, panels = plt.subplots(2, 3, figsize=(17, 9))
    *spectra, last = panels.flat[:len(parts) + 1]
    for position, (panel, (name, part)) in enumerate(zip(spectra, parts.items())):
        for i, (when, line, color) in enumerate((("start", "-", GRAY), ("trained", ".", BLUE))):
            panel.plot(np.sort(part["eigenvalues"][0, i]), line, color=color, label=when)
            draw_points(last, position, part["conditions"][:, i], "o", color, alpha=0.6)
        panel.axhline(1, color=ORANGE, linewidth=1, linestyle=":", label="planted: 1")
        panel.set(xlabel="eigenvalues in growing order", ylabel="eigenvalue of A",
                  title=f"digits, {name}, seed 0")
        panel.legend(fontsize=10)
    last.set_xticks(range(len(parts)), [name.replace(", ", "\n") for name in parts], rotation=15)
    last.set(yscale="log", ylabel=r"cond($\Phi$)", title="gray: start, blue: trained")
    return figure


def draw_pairs(plt, parts):
    """Accuracy on pairs, and the kernels' stability: alone, one after the other."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5))
    right.set_yscale("log")
    for position, part in enumerate(parts.values()):
        for panel, shift, values, marker, color, name in (
                (left, -0.1, part["accuracy"], "o", BLUE, "both digits"),
                (left, 0.1, part["swapped"], "o", ORANGE, "the same pairs, other way round"),
                (right, -0.24, part["alone"][:, 0, 0], "s", GRAY, "kernel 1"),
                (right, -0.08, part["alone"][:, 1, 0], "D", GRAY, "kernel 2"),
                (right, 0.08, part["in_turn"][:, 0], "o", BLUE, "$A_2 A_1$"),
                (right, 0.24, part["windows"][:, 0], "o", ORANGE, "whole windows in turn")):
            draw_points(panel, position + shift, values, marker, color,
                        label=None if position else name)
    left.axhline(1 / 9, color=GRAY, linestyle=":", label="chance, 1/9")
    left.axhline(1 / 3, color=GRAY, linestyle="--", label="one item forgotten, 1/3")
    right.axhline(1, color=GRAY, linestyle=":", label="stable below")
    for panel, title in ((left, "Two digits in sequence"), (right, "Stability beside span P")):
        panel.set_xticks(range(len(parts)), [name.replace(", ", "\n") for name in parts])
        panel.set(title=title, xlabel="planting")
        panel.legend(fontsize=10)
    left.set(ylabel="test accuracy, one point a seed", ylim=(0, 1.05))
    right.set_ylabel("spectral radius")
    return figure


def draw_images(plt, recurrent, dense):
    """Validation accuracy during training, and accuracy by the time of the read-out."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(15, 5))
    for kind, part, color in (("recurrent", recurrent, BLUE), ("dense", dense, ORANGE)):
        said = (f"{kind}, {part['size'][0]:,} parameters: test "
                f"{part['accuracy'].mean():.4f}")
        for seed, course in enumerate(part["course"]):
            course = course[np.isfinite(course)]
            left.plot(1 + np.arange(len(course)), course, color=color, alpha=0.7,
                      label=None if seed else said)
    left.set(xlabel="epochs; three learning rates, each from the best so far",
             ylabel="validation accuracy", title="MNIST, one curve a seed")
    left.set_ylim(bottom=max(0.0, np.nanquantile(recurrent["course"], 0.05) - 0.01))
    left.legend()
    for values in recurrent["accuracy_in_time"]:
        right.plot(values[:21], "o-", color=BLUE, markersize=4)
    mark(right, 20)
    right.set(xlabel="t, steps, when the scores are read",
              ylabel="accuracy on 1,000 test images", title="MNIST: read-out over time")
    return figure
