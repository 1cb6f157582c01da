"""Relevance against what tells the classes apart, and digits through the mask of few pixels."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, band, image, several, ticks_at

from npspectral.analysis.spectral.relevance import top_mask

from .parts import FEW

SQUARE = np.array([[-0.5, 0.5, 0.5, -0.5, -0.5], [-0.5, -0.5, 0.5, 0.5, -0.5]])


def figures(result):
    draw = {"gaussian": draw_gaussian, "pairs": draw_pairs, "mnist": draw_mnist,
            "mnist_masked": draw_masked_digits}
    return {name: partial(function, part=result[name.partition("_")[0]])
            for name, function in draw.items() if name.partition("_")[0] in result}


def draw_gaussian(plt, part):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6))
    relevant, gap = part["relevant"], part["gap"]
    figure.suptitle(f"{relevant.shape[1]} independent Gaussian features, {relevant[0].sum()} "
                    "relevant: relevance follows the distance between the classes")
    draw_curves(left, part)
    share = part["relevance"] / part["relevance"].max(1, keepdims=True)
    for chosen, color, marker, label in ((relevant, BLUE, "o", "relevant"),
                                         (~relevant, ORANGE, "x", "irrelevant")):
        middle.plot(gap[chosen], share[chosen], marker, color=color, label=label, alpha=0.7)
    middle.set(xlabel="gap between the class means", ylabel="relevance / largest of the network",
               title=f"All features, {several(len(share))}")
    middle.legend(loc="upper left")
    draw_sorted_features(right, relevant[0], share[0], part["hellinger"][0])
    return figure


def draw_sorted_features(axes, relevant, relevance, distance):
    """Relevance of every feature of one seed, by distance, beside that distance."""
    order = np.argsort(-distance, kind="stable")
    place = np.arange(len(order))
    for chosen, color, label in ((relevant[order], BLUE, "relevant"),
                                 (~relevant[order], ORANGE, "irrelevant")):
        axes.bar(place[chosen], relevance[order][chosen], color=color, width=0.75,
                 label=f"relevance of a feature that is {label}")
    axes.plot(place, (distance / distance.max())[order], "k_", markersize=11, markeredgewidth=2,
              label="Hellinger distance")
    axes.set(xlabel="feature, by distance of its two distributions", ylabel="share of the largest",
             title="One network, seed 0", xticks=place, xticklabels=order)
    axes.tick_params(axis="x", labelsize=9)
    axes.legend(loc="upper right", fontsize=10)


def draw_pairs(plt, part):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6),
                                                 width_ratios=(1, 1.25, 0.9))
    figure.suptitle("Pairs whose relative sign is the only information: relevance finds them, and "
                    "ranks them")
    draw_curves(left, part, published=0.974)
    p, relevance = part["flip_probability"][0], part["relevance"]
    colors = [plt.get_cmap("Blues")(0.6 * flip) if flip else ORANGE for flip in p]
    middle.bar(range(len(p)), np.median(relevance, 0), color=colors, width=0.8)
    middle.plot(relevance.T, "k.", markersize=5, alpha=0.6)
    top, n_paired = relevance.max(), np.count_nonzero(p)
    for first in range(0, n_paired, 2):
        middle.text(first + 0.5, 1.06 * top, f"p = {p[first]:g}", ha="center")
    middle.text((n_paired + len(p) - 1) / 2, 1.06 * top, "unpaired", ha="center", color=ORANGE)
    middle.set(xlabel="feature", ylabel="relevance", xticks=range(len(p)), ylim=(0, 1.18 * top),
               title=f"Bars: median, dots: {several(len(relevance))};  p: flip probability")
    draw_accuracies(right, part)
    return figure


def draw_accuracies(axes, part):
    bars = {"marginals\nonly": ("marginal_accuracy", GRAY),
            "linear\nclassifier": ("linear_accuracy", GRAY),
            "spectral\nnetwork": ("accuracy", BLUE), "Bayes\nrule": ("bayes_rule", GREEN)}
    for label, (name, color) in bars.items():
        middle = np.median(part[name])
        axes.bar(label, middle, color=color, width=0.7)
        axes.text(label, middle + 0.015, f"{middle:.3f}", ha="center")
    axes.axhline(0.5, color="k", linewidth=1, linestyle=":")
    axes.set(ylabel="test accuracy", ylim=(0, 1.1), title="What can be known")
    axes.tick_params(axis="x", labelsize=10)


def draw_curves(axes, part, published=None):
    """Test error of all seeds against epochs, less that of the Bayes rule where it is known."""
    epochs = np.arange(1, part["curves"].shape[1] + 1)
    error = 100 * (part.get("bayes_rule", np.ones(1))[:, None] - part["curves"][:, :, 2])
    axes.plot(epochs, error.T, color=BLUE, alpha=0.25, linewidth=1)
    axes.plot(epochs, np.median(error, 0), color=BLUE, linewidth=2.5, label="median")
    axes.set(xlabel="epoch", ylabel="test error (%)", title=f"Training, {several(len(error))}")
    if "bayes_rule" in part:
        axes.axhline(0, color=GREEN, linestyle="--", label="Bayes rule, same examples")
        axes.set_ylabel("excess test error (% points)")
    if published:
        axes.axhline(100 * (np.median(part["bayes"]) - published), color=ORANGE, linestyle=":",
                     linewidth=2, label=f"published notebook (accuracy {published})")
    axes.set_ylim(top=1.35 * axes.get_ylim()[1])            # room for the legend
    axes.legend(loc="upper right", fontsize=10)


def draw_mnist(plt, part):
    figure = plt.figure(figsize=(15, 8.2))
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    figure.suptitle("MNIST zeros against ones: few pixels matter (maps: seed 0)")
    maps = ((part["mean_images"][0], "mean of the zeros", "gray value"),
            (part["mean_images"][1], "mean of the ones", "gray value"),
            (part["eigenvalue"][0], "eigenvalues $|\\lambda_j|$", ""),
            (part["relevance"][0], "relevance $|\\lambda_j|\\,\\|\\phi_j\\|$", ""))
    for axes, (pixels, title, label) in zip(top.subplots(1, 4), maps):
        top.colorbar(image(axes, pixels), ax=axes, shrink=0.8, label=label)
        axes.set_title(title)
        outline(axes, top_mask(part["relevance"][0], FEW))
    left, right = bottom.subplots(1, 2, width_ratios=(1, 1.6))
    draw_curves(left, part)
    left.set_title(f"Training: accuracy {np.median(part['accuracy']):.4f} (published 1.000)")
    draw_kept(right, part)
    return figure


def draw_kept(axes, part):
    counts = part["counts"]
    for name, color, line, label in (("relevance", BLUE, "-", "most relevant"),
                                     ("eigenvalue", ORANGE, "--", "largest eigenvalues"),
                                     ("random", GRAY, "-", "at random")):
        band(axes, counts, part[f"kept_{name}"], color, label, np.median, line, linewidth=2.5)
    axes.axvline(FEW, color="k", linewidth=1, linestyle=":")
    at_few = np.median(part["kept_relevance"][:, list(counts).index(FEW)])
    axes.text(FEW * 1.05, 0.93, f"{FEW} pixels: {at_few:.3f}", fontsize=12)
    axes.set(xscale="log", xlabel="pixels kept (all others set to 0)", ylabel="test accuracy",
             title=f"The same network on part of its input: median and range, "
                   f"{several(len(part['relevance']))}")
    ticks_at(axes, (1, 3, 10, 30, 100, 300, 784))
    axes.legend(loc="center", bbox_to_anchor=(0.6, 0.6))


def draw_masked_digits(plt, part):
    mask, n = top_mask(part["relevance"][0], FEW), len(part["examples_0"])
    figure, grid = plt.subplots(4, n, figsize=(1.5 * n, 6.6))
    figure.suptitle(f"Zeros and ones through the mask of the {FEW} most relevant pixels")
    for row, (digit, masked) in enumerate(((0, False), (0, True), (1, False), (1, True))):
        for axes, pixels in zip(grid[row], part[f"examples_{digit}"]):
            image(axes, pixels * mask if masked else pixels, vmax=1)
            outline(axes, mask, 0.5)
        grid[row, 0].set_ylabel("masked" if masked else f"digit {digit}")
    return figure


def outline(axes, mask, width=0.9):
    """A frame around each masked pixel."""
    rows, columns = np.nonzero(mask.reshape(28, 28))
    x, y = columns[:, None] + SQUARE[0], rows[:, None] + SQUARE[1]
    axes.plot(x.T, y.T, color=ORANGE, linewidth=width)
