"""Basins, trajectories, spectra, read-outs, kernels in sequence."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.style import BLUE, GRAY, ORANGE, band, dots, panels_of

from .parts import EXTENT

STEPS = 5                       # of all networks whose states are drawn
LOOKS = {"kernel 1": (GRAY, "s"), "kernel 2": (GRAY, "D"), "$A_2 A_1$": (BLUE, "o"),
         "whole windows in turn": (ORANGE, "o")}


def figures(result):
    arms = {part: arms_of(result, part) for part in ("rings", "digits", "pairs", "mnist")}
    drawn = {"basins": partial(draw_basins, arms=arms["rings"])}
    if arms["digits"]:
        drawn["trajectories"] = partial(draw_trajectories, rings=arms["rings"]["5 steps"],
                                        digits=arms["digits"]["random"])
        drawn["spectrum"] = partial(draw_spectrum, arms=arms["digits"])
        drawn["pairs"] = partial(draw_pairs, arms=arms["pairs"])
    if arms["mnist"]:
        drawn["mnist"] = partial(draw_images, arms=arms["mnist"])
    return drawn


def name_places(panel, arms):
    panel.set_xticks(range(len(arms)), [name.replace(", ", "\n") for name in arms])


def draw_basins(plt, arms):
    figure, panels = panels_of(plt, len(arms) + 1, 3, 16 / 3, 5)
    name_places(panels[-1], arms)
    for panel, (name, arrays) in zip(panels, arms.items()):
        panel.imshow(np.sign(arrays["basins"][0]), origin="lower", extent=[-EXTENT, EXTENT] * 2,
                     cmap="coolwarm", vmin=-2.5, vmax=2.5)
        for label, color in ((0, BLUE), (1, ORANGE)):
            points = arrays["x"][0][arrays["x_labels"][0] == label][:250]
            panel.plot(*points.T, ".", color=color, markersize=4)
        panel.set(xlim=(-EXTENT, EXTENT), ylim=(-EXTENT, EXTENT), xlabel="x, input node 1",
                  ylabel="x, input node 2", title=f"{name}\ntest {arrays['accuracy'][0]:.3f}")
    dots(panels[-1], [arrays["accuracy"] for arrays in arms.values()], BLUE, alpha=0.6)
    panels[-1].axhline(0.98, color=GRAY, linestyle=":", label="wanted: 0.98")
    panels[-1].set(ylabel="test accuracy, one point a seed", title="all seeds")
    panels[-1].legend(loc="lower left", bbox_to_anchor=(0, 0.6))
    return figure


def draw_trajectories(plt, rings, digits):
    figure, ((plane, tail), (sample, when)) = plt.subplots(2, 2, figsize=(15, 11))
    draw_plane(plane, rings["scores"][0][:STEPS + 1], rings["labels"][0])
    draw_tail(tail, digits["distance"][0], digits["bound"][0])
    draw_sample(sample, digits["scores"][0][:21, 0], digits["labels"][0, 0])
    for label, name, color in (("test accuracy of the largest score", "accuracy_in_time", BLUE),
                               ("cosine of state and direction of the class", "alignment", ORANGE)):
        band(when, np.arange(digits[name].shape[1]), digits[name], color, label, alpha=0.2)
    mark(when, 20)
    when.set(xlabel="t, steps", ylabel="mean and range over seeds",
             title="Digits: read-out over time", ylim=(-0.1, 1.05))
    when.legend(loc="lower right", fontsize=10)
    return figure


def draw_plane(panel, scores, labels):
    """The two scores of every point from t = 0 on; behind STEPS they do not move."""
    for label, color in ((0, BLUE), (1, ORANGE)):
        for path in scores[:, labels == label].transpose(1, 0, 2):
            panel.plot(*path.T, color=color, alpha=0.35, linewidth=1)
            panel.plot(*path[-1], "o", color=color, markersize=5)
    ends = [scores.min(), scores.max()]
    panel.plot(ends, ends, color=GRAY, linestyle=":", label="equal scores")
    panel.set(xlabel="score of the inner ring (blue)", ylabel="score of the outer ring (orange)",
              title="Rings, seed 0: scores from t = 0\nto the end (dots)")
    panel.legend(fontsize=10)


def draw_tail(panel, distance, bound):
    time = np.arange(len(distance))
    panel.semilogy(time, distance[:, :40], color=BLUE, alpha=0.25, linewidth=0.8)
    panel.semilogy(time[-len(bound):], bound.max(1), color=ORANGE, linewidth=2,
                   label=r"bound: cond($\Phi$) max$|\lambda|^{t-T}$ largest distance at T")
    panel.semilogy(time, distance.max(1), color=BLUE,
                   label=f"largest distance of {distance.shape[1]} samples")
    mark(panel, len(time))
    panel.set(xlabel="t, steps", ylabel="distance of the state from P y",
              title="Digits, seed 0: into the planted directions")
    panel.legend(fontsize=9)


def draw_sample(panel, scores, label):
    first, *others = np.delete(scores, label, axis=1).T
    panel.plot(first, color=GRAY, linewidth=1, label="the other classes")
    panel.plot(np.transpose(others), color=GRAY, linewidth=1)
    panel.plot(scores[:, label], color=BLUE, linewidth=2.5, label=f"score of its class, {label}")
    mark(panel, 20)
    panel.set(xlabel="t, steps", ylabel="scores $Y_P x_t$",
              title="Digits, seed 0: one test sample")
    panel.legend(fontsize=10)


def mark(panel, length):
    """Where the transient ends."""
    panel.axvline(STEPS, color=GRAY, linestyle="--", linewidth=1)
    panel.text(STEPS + 0.01 * length, 0.5, " linear from here", color=GRAY, rotation=90,
               transform=panel.get_xaxis_transform(), va="center")


def draw_spectrum(plt, arms):
    figure, panels = panels_of(plt, len(arms) + 1, 3, 17 / 3, 4.5)
    name_places(panels[-1], arms)
    for panel, (name, arrays) in zip(panels, arms.items()):
        start, trained = np.sort(arrays["eigenvalues"][0])
        panel.plot(start, "-", color=GRAY, label="start")
        panel.plot(trained, ".", color=BLUE, label="trained")
        panel.axhline(1, color=ORANGE, linewidth=1, linestyle=":", label="planted: 1")
        panel.set(xlabel="eigenvalues in growing order", ylabel="eigenvalue of A",
                  title=f"digits, {name}, seed 0")
        panel.legend(fontsize=10)
    for column, color in enumerate((GRAY, BLUE)):
        dots(panels[-1], [arrays["conditions"][:, column] for arrays in arms.values()], color,
             alpha=0.6)
    panels[-1].tick_params("x", rotation=15)
    panels[-1].set(yscale="log", ylabel=r"cond($\Phi$)", title="gray: start, blue: trained")
    return figure


def draw_pairs(plt, arms):
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5))
    for shift, name, color, label in (
            (-0.1, "accuracy", BLUE, "both digits"),
            (0.1, "swapped", ORANGE, "the same pairs, other way round")):
        dots(left, [arrays[name] for arrays in arms.values()], color, label, shift)
    radii = [(*arrays["alone"][:, :, 0].T, arrays["in_turn"][:, 0], arrays["windows"][:, 0])
             for arrays in arms.values()]
    for k, (label, (color, marker)) in enumerate(LOOKS.items()):
        dots(right, [radius[k] for radius in radii], color, label, 0.16 * k - 0.24, marker)
    left.axhline(1 / 9, color=GRAY, linestyle=":", label="chance, 1/9")
    left.axhline(1 / 3, color=GRAY, linestyle="--", label="one item forgotten, 1/3")
    right.axhline(1, color=GRAY, linestyle=":", label="stable below")
    for panel, title in ((left, "Two digits in sequence"), (right, "Stability beside span P")):
        name_places(panel, arms)
        panel.set(title=title, xlabel="planting")
        panel.legend(fontsize=10)
    left.set(ylabel="test accuracy, one point a seed", ylim=(0, 1.05))
    right.set(ylabel="spectral radius", yscale="log")
    return figure


def draw_images(plt, arms):
    figure, (left, right) = plt.subplots(1, 2, figsize=(15, 5))
    recurrent = arms["recurrent"]
    for (kind, arrays), color in zip(arms.items(), (BLUE, ORANGE)):
        label = f"{kind}, {arrays['size'][0]:,} parameters: test {arrays['accuracy'].mean():.4f}"
        for course in arrays["course"]:
            left.plot(1 + np.arange(len(course)), course, color=color, alpha=0.7, label=label)
            label = None
    left.set(xlabel="epochs; three learning rates, each from the best so far",
             ylabel="validation accuracy", title="MNIST, one curve a seed")
    left.set_ylim(bottom=max(0.0, np.nanquantile(recurrent["course"], 0.05) - 0.01))
    left.legend()
    right.plot(recurrent["accuracy_in_time"][:, :21].T, "o-", color=BLUE, markersize=4)
    mark(right, 20)
    right.set(xlabel="t, steps, when the scores are read", ylabel="accuracy on 1,000 test images",
              title="MNIST: read-out over time")
    return figure
