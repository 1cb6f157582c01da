"""The figures of input_relevance.py, one .png for each part and one of masked digits.

The color map "cividis" goes from dark to light for readers with any color vision.
"""
from functools import partial

import numpy as np
from experiment_figures import BLUE, GRAY, GREEN, ORANGE, save_figures
from input_relevance_runs import FEW

SQUARE = np.array([[-0.5, 0.5, 0.5, -0.5, -0.5], [-0.5, -0.5, 0.5, 0.5, -0.5]])


def plot(result, folder):
    """Write the figures of the parts in `result` to `folder`."""
    figures = {"gaussian": {"gaussian": draw_gaussian}, "pairs": {"pairs": draw_pairs},
               "mnist": {"mnist": draw_mnist, "mnist_masked": draw_masked_digits}}
    for part, own in result.items():
        save_figures({name: partial(draw, own=own) for name, draw in figures[part].items()}, folder)


def draw_gaussian(plt, own):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6))
    figure.suptitle("20 independent Gaussian features, 11 relevant: relevance follows the distance "
                    "between the classes")
    draw_curves(left, own)
    share = own["relevance"] / own["relevance"].max(1, keepdims=True)
    for chosen, color, marker, label in ((own["relevant"], BLUE, "o", "relevant"),
                                         (~own["relevant"], ORANGE, "x", "irrelevant")):
        middle.plot(own["gap"][chosen], share[chosen], marker, color=color, label=label, alpha=0.7)
    middle.set(xlabel="gap between the class means", ylabel="relevance / largest of the network",
               title=f"All features, {seeds(own)}")
    middle.legend(loc="upper left")
    draw_sorted_features(right, own)
    return figure


def draw_sorted_features(axes, own):
    """Relevance of every feature of the first seed, by distance, beside that distance."""
    order = np.argsort(-own["hellinger"][0], kind="stable")
    place = np.arange(len(order))
    relevance = (own["relevance"][0] / own["relevance"][0].max())[order]
    relevant = own["relevant"][0][order]
    for chosen, color, label in ((relevant, BLUE, "relevant"), (~relevant, ORANGE, "irrelevant")):
        axes.bar(place[chosen], relevance[chosen], color=color, width=0.75,
                 label=f"relevance of a feature that is {label}")
    distance = own["hellinger"][0] / own["hellinger"][0].max()
    axes.plot(place, distance[order], "k_", markersize=11, markeredgewidth=2,
              label="Hellinger distance")
    axes.set(xlabel="feature, by distance of its two distributions", ylabel="share of the largest",
             title="One network, seed 0", xticks=place, xticklabels=order)
    axes.tick_params(axis="x", labelsize=9)
    axes.legend(loc="upper right", fontsize=10)


def draw_pairs(plt, own):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.6),
                                                 width_ratios=(1, 1.25, 0.9))
    figure.suptitle("Pairs whose relative sign is the only information: relevance finds them, and "
                    "ranks them")
    draw_curves(left, own, published=0.974)
    p = own["flip_probability"][0]
    colors = plt.get_cmap("Blues")(0.6 * p)
    for feature, values in enumerate(own["relevance"].T):
        color = colors[feature] if p[feature] else ORANGE
        middle.bar(feature, np.median(values), color=color, width=0.8)
        middle.plot(np.full(len(values), feature), values, "k.", markersize=5, alpha=0.6)
    top = own["relevance"].max()
    for first in range(0, np.count_nonzero(p), 2):
        middle.text(first + 0.5, 1.06 * top, f"p = {p[first]:g}", ha="center")
    middle.text(8.5, 1.06 * top, "unpaired", ha="center", color=ORANGE)
    middle.set(xlabel="feature", ylabel="relevance", xticks=range(len(p)), ylim=(0, 1.18 * top),
               title=f"Bars: median, dots: {seeds(own)};  p: flip probability")
    draw_accuracies(right, own)
    return figure


def draw_accuracies(axes, own):
    names = ("marginal_accuracy", "linear_accuracy", "accuracy", "bayes_rule")
    labels = ("marginals\nonly", "linear\nclassifier", "spectral\nnetwork", "Bayes\nrule")
    for place, (name, color) in enumerate(zip(names, (GRAY, GRAY, BLUE, GREEN))):
        middle = np.median(own[name])
        axes.bar(place, middle, color=color, width=0.7)
        axes.text(place, middle + 0.015, f"{middle:.3f}", ha="center")
    axes.axhline(0.5, color="k", linewidth=1, linestyle=":")
    axes.set(ylabel="test accuracy", ylim=(0, 1.1), xticks=range(4), xticklabels=labels,
             title="What can be known")
    axes.tick_params(axis="x", labelsize=10)


def draw_curves(axes, own, published=None):
    """Test error of all seeds against epochs, less that of the Bayes rule where it is known."""
    epochs = np.arange(1, own["curves"].shape[1] + 1)
    error = 100 * (own.get("bayes_rule", np.ones(1))[:, None] - own["curves"][:, :, 2])
    axes.plot(epochs, error.T, color=BLUE, alpha=0.25, linewidth=1)
    axes.plot(epochs, np.median(error, 0), color=BLUE, linewidth=2.5, label="median")
    axes.set(xlabel="epoch", ylabel="test error (%)", title=f"Training, {seeds(own)}")
    if "bayes_rule" in own:
        axes.axhline(0, color=GREEN, linestyle="--", label="Bayes rule, same examples")
        axes.set_ylabel("excess test error (% points)")
    if published:
        axes.axhline(100 * (np.median(own["bayes"]) - published), color=ORANGE, linestyle=":",
                     linewidth=2, label=f"published notebook (accuracy {published})")
    axes.set_ylim(top=1.35 * axes.get_ylim()[1])            # room for the legend
    axes.legend(loc="upper right", fontsize=10)


def draw_mnist(plt, own):
    figure = plt.figure(figsize=(15, 8.2))
    top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.1))
    figure.suptitle("MNIST zeros against ones: few pixels matter (maps: seed 0)")
    images = ((own["mean_images"][0], "mean of the zeros", "gray value"),
              (own["mean_images"][1], "mean of the ones", "gray value"),
              (own["eigenvalue"][0], "eigenvalues $|\\lambda_j|$", ""),
              (own["relevance"][0], "relevance $|\\lambda_j|\\,\\|\\phi_j\\|$", ""))
    for axes, (image, title, label) in zip(top.subplots(1, 4), images):
        shown = axes.imshow(image.reshape(28, 28), cmap="cividis", vmin=0)
        axes.set(title=title, xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        top.colorbar(shown, ax=axes, shrink=0.8, label=label)
        outline(axes, largest(own["relevance"][0]))
    left, right = bottom.subplots(1, 2, width_ratios=(1, 1.6))
    draw_curves(left, own)
    left.set_title(f"Training: accuracy {np.median(own['accuracy']):.4f} (published 1.000)")
    draw_kept(right, own)
    return figure


def draw_kept(axes, own):
    """Test accuracy against the number of pixels kept."""
    for name, color, line, label in (("relevance", BLUE, "-", "most relevant"),
                                     ("eigenvalue", ORANGE, "--", "largest eigenvalues"),
                                     ("random", GRAY, "-", "at random")):
        kept = own[f"kept_{name}"]
        axes.plot(own["counts"], np.median(kept, 0), line, color=color, linewidth=2.5,
                  label=label)
        axes.fill_between(own["counts"], kept.min(0), kept.max(0), color=color, alpha=0.15)
    axes.axvline(FEW, color="k", linewidth=1, linestyle=":")
    at_few = np.median(own["kept_relevance"][:, list(own["counts"]).index(FEW)])
    axes.text(FEW * 1.05, 0.93, f"{FEW} pixels: {at_few:.3f}", fontsize=12)
    axes.set(xscale="log", xlabel="pixels kept (all others set to 0)", ylabel="test accuracy",
             xticks=(1, 3, 10, 30, 100, 300, 784), xticklabels=(1, 3, 10, 30, 100, 300, 784),
             title=f"The same network on part of its input: median and range, {seeds(own)}")
    axes.minorticks_off()
    axes.legend(loc="center", bbox_to_anchor=(0.6, 0.6))


def draw_masked_digits(plt, own):
    """Test digits, and what is left of them behind the mask of the most relevant pixels."""
    mask = largest(own["relevance"][0])
    n = len(own["examples_0"])
    figure, grid = plt.subplots(4, n, figsize=(1.5 * n, 6.6))
    figure.suptitle(f"Zeros and ones through the mask of the {FEW} most relevant pixels")
    for row, (digit, masked) in enumerate(((0, False), (0, True), (1, False), (1, True))):
        for axes, image in zip(grid[row], own[f"examples_{digit}"]):
            axes.imshow((image * mask if masked else image).reshape(28, 28), cmap="cividis",
                        vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            outline(axes, mask, 0.5)
        grid[row, 0].set_ylabel("masked" if masked else f"digit {digit}")
    return figure


def largest(scores):
    """Mask of the FEW largest scores."""
    mask = np.zeros(scores.size, bool)
    mask[np.argsort(-scores, kind="stable")[:FEW]] = True
    return mask


def outline(axes, mask, width=0.9):
    """A frame around each masked pixel."""
    rows, columns = np.nonzero(mask.reshape(28, 28))
    x, y = columns[:, None] + SQUARE[0], rows[:, None] + SQUARE[1]
    axes.plot(x.T, y.T, color=ORANGE, linewidth=width)


def seeds(own):
    n = len(own["relevance"])
    return f"{n} seeds" if n > 1 else "1 seed"
