"""Relevance against what tells the classes apart, and digits through the mask of few pixels."""
from functools import partial

import numpy as np
from lab.style import (BLUE, GRAY, GREEN, ORANGE, band, grid_of, image, lines, log_ticks, panels_of,
                       several)
from matplotlib import colormaps

from npspectral.analysis.spectral.relevance import top_mask

from .parts import FEW

SQUARE = np.array([[-0.5, 0.5, 0.5, -0.5, -0.5], [-0.5, -0.5, 0.5, 0.5, -0.5]])


def figures(result):
    draw = {"gaussian": draw_gaussian, "pairs": draw_pairs, "mnist": draw_mnist,
            "mnist_masked": draw_masked_digits}
    return {name: partial(function, part=result[name.partition("_")[0]])
            for name, function in draw.items() if name.partition("_")[0] in result}


def draw_gaussian(figure, part):
    relevant, relevance, distance = part["relevant"], part["relevance"], part["hellinger"][0]
    left, middle, right = panels_of(
        figure, 3, 5, 4.6, f"{relevant.shape[1]} independent Gaussian features, "
        f"{relevant[0].sum()} relevant: relevance follows the distance between the classes")
    draw_curves(left, part)
    share = relevance / relevance.max(1, keepdims=True)
    order = np.argsort(-distance, kind="stable")
    for chosen, color, marker, label in ((relevant, BLUE, "o", "relevant"),
                                         (~relevant, ORANGE, "x", "irrelevant")):
        middle.plot(part["gap"][chosen], share[chosen], marker, color=color, label=label, alpha=0.7)
        right.bar(np.flatnonzero(chosen[0, order]), share[0, order][chosen[0, order]], color=color,
                  width=0.75, label=f"relevance of a feature that is {label}")
    middle.set(xlabel="gap between the class means", ylabel="relevance / largest of the network",
               title=f"All features, {several(len(share))}")
    right.plot((distance / distance.max())[order], "k_", markersize=11, markeredgewidth=2,
               label="Hellinger distance")
    right.set(xlabel="feature, by distance of its two distributions", title="One network, seed 0",
              ylabel="share of the largest")
    right.set_xticks(range(len(order)), order, fontsize=9)


def draw_pairs(figure, part):
    left, right = panels_of(figure, 2, 6.5, 4.6, "Pairs whose relative sign is the only "
                            "information: relevance finds them, and ranks them")
    draw_curves(left, part)
    left.axhline(100 * (np.median(part["bayes"]) - 0.974), color=ORANGE, linestyle=":",
                 linewidth=2, label="published notebook (accuracy 0.974)")
    p, relevance = part["flip_probability"][0], part["relevance"]
    colors = [colormaps["Blues"](0.6 * flip) if flip else ORANGE for flip in p]
    right.bar(range(len(p)), np.median(relevance, 0), color=colors, width=0.8)
    right.plot(relevance.T, "k.", markersize=5, alpha=0.6)
    right.set_xticks(range(len(p)), [f"{flip:g}" for flip in p])
    right.set(xlabel="flip probability of each feature's pair; orange: in no pair",
              ylabel="relevance", title=f"Bars: median, dots: {several(len(relevance))}")


def draw_curves(axes, part):
    """Test error of all seeds against epochs, less that of the Bayes rule where it is known."""
    epochs = np.arange(1, part["curves"].shape[1] + 1)
    error = 100 * (part.get("bayes_rule", np.ones(1))[:, None] - part["curves"][:, :, 2])
    lines(axes, epochs, error, BLUE, alpha=0.25, linewidth=1)
    axes.plot(epochs, np.median(error, 0), color=BLUE, linewidth=2.5, label="median")
    axes.set(xlabel="epoch", ylabel="test error (%)", title=f"Training, {several(len(error))}")
    if "bayes_rule" in part:
        axes.axhline(0, color=GREEN, linestyle="--", label="Bayes rule, same examples")
        axes.set_ylabel("excess test error (% points)")


def draw_mnist(figure, part):
    mask = top_mask(part["relevance"][0], FEW)
    *panels, left, right = panels_of(figure, 6, 5, 4.1, "MNIST zeros against ones: few pixels "
                                     "matter (maps: seed 0)")
    for axes, pixels, title in zip(panels, (
            *part["mean_images"][:2], part["eigenvalue"][0], part["relevance"][0]), (
            "mean of the zeros", "mean of the ones", "eigenvalues $|\\lambda_j|$",
            "relevance $|\\lambda_j|\\,\\|\\phi_j\\|$")):
        figure.colorbar(image(axes, pixels), ax=axes, shrink=0.8)
        axes.set_title(title)
        outline(axes, mask)
    draw_curves(left, part)
    draw_kept(right, part)


def draw_kept(axes, part):
    for name, color, line, label in (("relevance", BLUE, "-", "most relevant"),
                                     ("eigenvalue", ORANGE, "--", "largest eigenvalues"),
                                     ("random", GRAY, "-", "at random")):
        band(axes, part["counts"], part[f"kept_{name}"], color, label, line, np.median)
    axes.axvline(FEW, color="k", linewidth=1, linestyle=":", label=f"{FEW} pixels")
    axes.set(xlabel="pixels kept (all others set to 0)", ylabel="test accuracy",
             title=f"The same network on part of its input:\nmedian and range, "
                   f"{several(len(part['relevance']))}")
    log_ticks(axes, x=(1, 3, 10, 30, 100, 300, 784))


def draw_masked_digits(figure, part):
    mask, n = top_mask(part["relevance"][0], FEW), len(part["examples_0"])
    grid = grid_of(figure, 4, n, 1.5, 1.65, f"Zeros and ones through the mask of the {FEW} most "
                   "relevant pixels")
    for row, (digit, seen) in zip(grid, ((0, 1), (0, mask), (1, 1), (1, mask))):
        for axes, pixels in zip(row, part[f"examples_{digit}"]):
            image(axes, pixels * seen, vmax=1)
            outline(axes, mask, 0.5)
        row[0].set_ylabel("masked" if seen is mask else f"digit {digit}")


def outline(axes, mask, width=0.9):
    """A frame around each masked pixel."""
    rows, columns = np.nonzero(mask.reshape(28, 28))
    x, y = columns[:, None] + SQUARE[0], rows[:, None] + SQUARE[1]
    axes.plot(x.T, y.T, color=ORANGE, linewidth=width)
