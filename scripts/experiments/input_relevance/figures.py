"""Relevance against what tells the classes apart; how much of a digit is needed."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, ORANGE, band, grid_of, image, log_ticks, panels_of, several
from matplotlib import colormaps

from npspectral.analysis.spectral.relevance import top_mask

from .parts import FEW


def figures(result):
    draw = {"gaussian": draw_gaussian, "pairs": draw_pairs, "mnist": draw_mnist}
    drawn = {name: partial(draw[name], part=part) for name, part in result.items()}
    if "mnist" in result:
        drawn["mnist_masked"] = partial(draw_masked_digits, part=result["mnist"])
    return drawn


def draw_gaussian(figure, part):
    relevant, relevance = part["relevant"], part["relevance"]
    axes, = panels_of(figure, 1, 8, 4.6, f"{relevant.shape[1]} independent Gaussian features, "
                      f"{relevant[0].sum()} relevant: relevance follows the gap")
    share = relevance / relevance.max(1, keepdims=True)
    for chosen, color, marker, label in ((relevant, BLUE, "o", "relevant"),
                                         (~relevant, ORANGE, "x", "irrelevant")):
        axes.plot(part["gap"][chosen], share[chosen], marker, color=color, label=label, alpha=0.7)
    axes.set(xlabel="gap between the class means", ylabel="relevance / largest of the network",
             title=f"All features, {several(len(share))}")


def draw_pairs(figure, part):
    axes, = panels_of(figure, 1, 8, 4.6, "Pairs whose relative sign is the only information: "
                      "relevance finds and ranks them")
    p, relevance = part["flip_probability"][0], part["relevance"]
    colors = [colormaps["Blues"](0.6 * flip) if flip else ORANGE for flip in p]
    axes.bar(range(len(p)), np.median(relevance, 0), color=colors, width=0.8)
    axes.plot(relevance.T, "k.", markersize=5, alpha=0.6)
    axes.set_xticks(range(len(p)), [f"{flip:g}" for flip in p])
    axes.set(xlabel="flip probability of each feature's pair; orange: in no pair",
             ylabel="relevance", title=f"Bars: median, dots: {several(len(relevance))}")


def draw_mnist(figure, part):
    rows, columns = np.nonzero(top_mask(part["relevance"][0], FEW).reshape(28, 28))
    *panels, right = panels_of(figure, 5, 5, 4.1, "MNIST zeros against ones: few pixels matter "
                               "(maps: seed 0)")
    for axes, pixels, title in zip(panels, (
            *part["mean_images"][:2], part["eigenvalue"][0], part["relevance"][0]), (
            "mean of the zeros", "mean of the ones", "eigenvalues $|\\lambda_j|$",
            "relevance $|\\lambda_j|\\,\\|\\phi_j\\|$")):
        figure.colorbar(image(axes, pixels), ax=axes, shrink=0.8)
        axes.set_title(title)
        axes.plot(columns, rows, "s", color=ORANGE, markersize=7, fillstyle="none")
    for name, color, line, label in (("relevance", BLUE, "-", "most relevant"),
                                     ("eigenvalue", ORANGE, "--", "largest eigenvalues"),
                                     ("random", GRAY, "-", "at random")):
        band(right, part["counts"], part[f"kept_{name}"], color, label, line, np.median)
    right.axvline(FEW, color="k", linewidth=1, linestyle=":", label=f"{FEW} pixels")
    right.set(xlabel="pixels kept (all others set to 0)", ylabel="test accuracy",
              title=f"The same network on part of its input:\nmedian and range, "
                    f"{several(len(part['relevance']))}")
    log_ticks(right, x=(1, 3, 10, 30, 100, 300, 784))


def draw_masked_digits(figure, part):
    mask, n = top_mask(part["relevance"][0], FEW), len(part["examples_0"])
    grid = grid_of(figure, 4, n, 1.5, 1.65, f"Zeros and ones through the mask of the {FEW} most "
                   "relevant pixels")
    for row, (digit, seen) in zip(grid, ((0, 1), (0, mask), (1, 1), (1, mask))):
        for axes, pixels in zip(row, part[f"examples_{digit}"]):
            image(axes, pixels * seen, vmax=1)
        row[0].set_ylabel("masked" if seen is mask else f"digit {digit}")
