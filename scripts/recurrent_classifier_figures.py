"""The figures of recurrent_classifier.py: basins, trajectories, spectra, read-outs, kernels."""
from functools import partial

import numpy as np
from experiment_figures import BLUE, GRAY, GREEN, ORANGE, PINK, save_figures

EXTENT = 1.8
STEPS = 5                       # of all networks drawn
LINES = (BLUE, ORANGE, GREEN, PINK)


def plot(result, folder):
    """Write the figures of the parts in `result` to `folder`."""
    figures = {"basins": partial(draw_basins, own=result["rings"])}
    if "digits" in result:
        figures["trajectories"] = partial(draw_trajectories, rings=result["rings"]["5 steps"],
                                          digits=result["digits"]["random"])
        figures["spectrum"] = partial(draw_spectrum, own=result["digits"])
        figures["pairs"] = partial(draw_pairs, own=result["pairs"])
    if "mnist" in result:
        figures["mnist"] = partial(draw_images, own=result["mnist"])
    save_figures(figures, folder)


def draw_basins(plt, own):
    """The plane by the direction in which each point ends, seed 0; accuracy of all seeds."""
    figure, panels = plt.subplots(2, 3, figsize=(16, 10))
    panels = panels.flat[:len(own) + 1]
    figure.axes[-1].set_axis_off()
    for panel, (name, runs) in zip(panels, own.items()):
        side = np.sign(runs["basins"][0])
        panel.imshow(side, origin="lower", extent=[-EXTENT, EXTENT] * 2, cmap="coolwarm",
                     vmin=-2.5, vmax=2.5)
        for label, color in ((0, BLUE), (1, ORANGE)):
            points = runs["x"][0][runs["x_labels"][0] == label][:250]
            panel.plot(*points.T, ".", color=color, markersize=4)
        panel.set(xlim=(-EXTENT, EXTENT), ylim=(-EXTENT, EXTENT), xlabel="x, input node 1",
                  ylabel="x, input node 2",
                  title=f"{name}\ntest {runs['accuracy'][0]:.3f}")
    for position, runs in enumerate(own.values()):
        panels[-1].plot(np.full(len(runs["accuracy"]), position), runs["accuracy"], "o",
                        color=BLUE, alpha=0.6)
    panels[-1].axhline(0.98, color=GRAY, linestyle=":", label="wanted: 0.98")
    panels[-1].set_xticks(range(len(own)), [name.replace(", no ", "\nno ") for name in own])
    panels[-1].set(ylabel="test accuracy, one point a seed", title="all seeds")
    panels[-1].legend(loc="lower left", bbox_to_anchor=(0, 0.6))
    return figure


def draw_trajectories(plt, rings, digits):
    """Scores of the two rings' points in time; digits: distance, one sample's scores, accuracy."""
    figure, ((plane, tail), (sample, when)) = plt.subplots(2, 2, figsize=(15, 11))
    draw_plane(plane, rings)
    draw_tail(tail, digits)
    draw_sample(sample, digits)
    time = np.arange(digits["accuracy_in_time"].shape[1])
    for name, quantity, color in (("test accuracy of the largest score", "accuracy_in_time", BLUE),
                                  ("cosine of state and direction of the class", "alignment",
                                   ORANGE)):
        values = digits[quantity]
        when.plot(time, values.mean(0), color=color, label=name)
        when.fill_between(time, values.min(0), values.max(0), color=color, alpha=0.2)
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


def draw_spectrum(plt, own):
    """Eigenvalues before and after training, seed 0, and condition numbers of all seeds."""
    figure, panels = plt.subplots(2, 3, figsize=(17, 9))
    panels = panels.flat[:len(own) + 1]
    for panel, (name, runs) in zip(panels, own.items()):
        for when, color, values in zip(("start", "trained"), (GRAY, BLUE),
                                       runs["eigenvalues"][0]):
            panel.plot(np.sort(values), "." if when == "trained" else "-", color=color, label=when)
        panel.axhline(1, color=ORANGE, linewidth=1, linestyle=":", label="planted: 1")
        panel.set(xlabel="eigenvalues in growing order", ylabel="eigenvalue of A",
                  title=f"digits, {name}, seed 0")
        panel.legend(fontsize=10)
    for position, runs in enumerate(own.values()):
        for column, color in enumerate((GRAY, BLUE)):
            values = runs["conditions"][:, column]
            panels[-1].semilogy(np.full(len(values), position), values, "o", color=color,
                                alpha=0.6)
    panels[-1].set_xticks(range(len(own)), [name.replace(", ", "\n") for name in own], rotation=15)
    panels[-1].set(ylabel=r"cond($\Phi$)", title="gray: start, blue: trained")
    return figure


def draw_pairs(plt, own):
    """Accuracy on pairs, and the kernels' stability: alone, one after the other."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(14, 5))
    for position, runs in enumerate(own.values()):
        for shift, quantity, color, name in (
                (-0.1, "accuracy", BLUE, "both digits"), (0.1, "swapped", ORANGE,
                                                          "the same pairs, other way round")):
            values = runs[quantity]
            left.plot(np.full(len(values), position + shift), values, "o", color=color,
                      label=name if position == 0 else None)
        kinds = (("kernel 1", runs["alone"][:, 0, 0], GRAY, "s"),
                 ("kernel 2", runs["alone"][:, 1, 0], GRAY, "D"),
                 ("$A_2 A_1$", runs["in_turn"][:, 0], BLUE, "o"),
                 ("whole windows in turn", runs["windows"][:, 0], ORANGE, "o"))
        for shift, (name, values, color, marker) in zip((-0.24, -0.08, 0.08, 0.24), kinds):
            right.semilogy(np.full(len(values), position + shift), values, marker, color=color,
                           label=name if position == 0 else None)
    left.axhline(1 / 9, color=GRAY, linestyle=":", label="chance, 1/9")
    left.axhline(1 / 3, color=GRAY, linestyle="--", label="one item forgotten, 1/3")
    right.axhline(1, color=GRAY, linestyle=":", label="stable below")
    for panel, title in ((left, "Two digits in sequence"), (right, "Stability beside span P")):
        panel.set_xticks(range(len(own)), [name.replace(", ", "\n") for name in own])
        panel.set(title=title, xlabel="planting")
        panel.legend(fontsize=10)
    left.set(ylabel="test accuracy, one point a seed", ylim=(0, 1.05))
    right.set(ylabel="spectral radius")
    return figure


def draw_images(plt, own):
    """Validation accuracy during training, and accuracy by the time of the read-out."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(15, 5))
    for (kind, runs), color in zip(own.items(), (BLUE, ORANGE)):
        for seed, course in enumerate(runs["course"]):
            course = course[np.isfinite(course)]
            left.plot(1 + np.arange(len(course)), course, color=color, alpha=0.7,
                      label=f"{kind}, {runs['size'][0]:,} parameters: test "
                            f"{runs['accuracy'].mean():.4f}" if seed == 0 else None)
    left.set(xlabel="epochs; three learning rates, each from the best so far",
             ylabel="validation accuracy", title="MNIST, one curve a seed")
    left.set_ylim(bottom=max(0.0, np.nanquantile(own["recurrent"]["course"], 0.05) - 0.01))
    left.legend()
    for values in own["recurrent"]["accuracy_in_time"]:
        right.plot(values[:21], "o-", color=BLUE, markersize=4)
    mark(right, 20)
    right.set(xlabel="t, steps, when the scores are read",
              ylabel="accuracy on 1,000 test images", title="MNIST: read-out over time")
    return figure
