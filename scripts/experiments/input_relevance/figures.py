"""Relevance against what tells the classes apart; how much of a digit is needed."""
from functools import partial

import numpy as np
from lab.style import (DENSE, NEGATIVE, OTHER, POSITIVE, SPECTRAL, START, band, grid_of, image,
                       log_ticks, panels_of, several)

from .claims import SCORES

CLASSES = {"class 0": NEGATIVE, "class 1": POSITIVE}
SHOWN = {"relevance": "relevance $|\\lambda_j|\\,\\|\\phi_j\\|$", "eigenvalue": "$|\\lambda_j|$"}


def figures(result):
    drawn = {"blocks": partial(draw_blocks, one=result["one transfer"],
                               whole=result["whole network"]),
             "distributions": partial(draw_distributions, gaussian=result["gaussian"],
                                      pairs=result["pairs"]),
             "gaussian": partial(draw_gaussian, part=result["gaussian"]),
             "pairs": partial(draw_pairs, part=result["pairs"])}
    for name in result.keys() & {"mnist", "digits"}:
        for suffix, draw in (("", draw_images), ("_masked", draw_masked),
                             ("_occluded", draw_occluded)):
            drawn[name + suffix] = partial(draw, part=result[name])
    return drawn


def draw_blocks(figure, one, whole):
    grid = grid_of(figure, 2, 3, 3.6, 3.5)
    for row, part, name in zip(grid, (one, whole), ("one transfer", "whole network")):
        ends = np.cumsum(part["sizes"])
        for axes, matrix, title in zip(row, (part["phi"], np.diag(part["lambdas"]),
                                             part["adjacency"]), (
                "$\\Phi$", "$\\Lambda$", "$A = \\Phi\\,\\Lambda\\,\\Phi^{-1}$")):
            axes.imshow(np.where(matrix == 0, np.nan, matrix), cmap="coolwarm",
                        vmin=-1.2, vmax=1.2)
            axes.set(xticks=[], yticks=[], title=title)
            for end in ends[:-1] - 0.5:
                axes.axvline(end, color="k", linewidth=0.8)
                axes.axhline(end, color="k", linewidth=0.8)
        row[0].set_ylabel(f"{name}\nlayers of {', '.join(map(str, part['sizes']))} nodes")
        row[2].set_xlabel("under the diagonal: W" if len(ends) == 2 else
                          "under the diagonal: $W_k$, further down: skips")


def draw_distributions(figure, gaussian, pairs):
    """Densities of every feature of seed 0, one over the other; how often pairs have one sign."""
    left, middle, right = grid_of(figure, 1, 3, 4.6, 6.4)[0]
    order = np.argsort(gaussian["hellinger"][0], kind="stable")
    for axes, part, rows, title in (
            (left, gaussian, order, "Gaussian features, sorted by\nthe distance of their classes"),
            (middle, pairs, range(len(pairs["flip_probability"][0])), "Pairs: no feature tells "
             "the class\n(both classes on one another)")):
        middles = (part["bins"][1:] + part["bins"][:-1]) / 2
        for level, feature in enumerate(rows):
            for (label, color), density in zip(CLASSES.items(), part["histogram"][0][:, feature]):
                axes.fill_between(middles, level, level + density, color=color, alpha=0.5,
                                  linewidth=0, label=label if level == 0 else None)
        axes.set(yticks=[], xlabel="value of the feature", title=title,
                 ylabel="density, a feature a line", ylim=(-0.5, 2.4 + len(rows)))
        axes.legend(loc="upper right")
    for (label, color), alike, shift in zip(CLASSES.items(), pairs["alike"][0], (-0.2, 0.2)):
        right.barh(np.arange(len(alike)) + shift, alike, 0.38, color=color, label=label)
    right.set(title="... but the two of a pair do", xlabel="share of examples with equal signs",
              yticks=range(len(alike)), yticklabels=[
                  f"flip {p:g}" if p else "unpaired" for p in pairs["flip_probability"][0][::2]])


def draw_gaussian(figure, part):
    relevant = part["relevant"]
    panels = panels_of(figure, 2, 5.6, 4.4, f"{relevant.shape[1]} independent Gaussian features, "
                       f"{relevant[0].sum()} relevant; {several(len(relevant))}")
    for axes, score in zip(panels, SCORES):
        share = part[score] / part[score].max(1, keepdims=True)
        for chosen, color, marker, label in ((relevant, SPECTRAL, "o", "relevant"),
                                             (~relevant, DENSE, "x", "irrelevant")):
            axes.plot(part["gap"][chosen], share[chosen], marker, color=color, label=label,
                      alpha=0.7)
        axes.set(xlabel="gap between the class means", ylabel="score / largest of the network",
                 title=SHOWN[score])


def draw_pairs(figure, part):
    panels = panels_of(figure, 2, 5.6, 4.4, "Pairs whose relative sign alone tells the class")
    p = part["flip_probability"][0]
    for axes, score in zip(panels, SCORES):
        values = part[score]
        for chosen, color, label in ((p > 0, SPECTRAL, "paired"), (p == 0, START, "unpaired")):
            axes.bar(np.flatnonzero(chosen), np.median(values, 0)[chosen], color=color, width=0.8,
                     label=label)
        axes.plot(values.T, "k.", markersize=4, alpha=0.5)
        axes.set_xticks(range(len(p)), [f"{flip:g}" for flip in p])
        axes.set(xlabel="flip probability of the feature's pair", ylabel=SHOWN[score],
                 title=f"Bars: median, dots: {several(len(values))}",
                 ylim=(0, 1.25 * values.max()))


def draw_images(figure, part):
    """Maps of seed 0 over the outlines of both mean digits; sorted scores; kept pixels."""
    few, side = int(part["few"]), round(part["relevance"].shape[1] ** 0.5)
    grid = grid_of(figure, 2, 3, 4.6, 4.1)
    zeros, ones = part["mean_images"].reshape(2, side, side)
    maps = (part["eigenvalue"][0], part["relevance"][0])
    for axes, pixels, score in zip(grid[0], maps, ("eigenvalue", "relevance")):
        figure.colorbar(image(axes, pixels, cmap="Greys"), ax=axes, shrink=0.8)
        for digit, color, label in ((zeros, NEGATIVE, "mean zero"), (ones, POSITIVE, "mean one")):
            axes.contour(digit, [digit.max() / 2], colors=color, linewidths=2)
            axes.plot([], [], color=color, linewidth=2, label=label)
        axes.set_title(f"{SHOWN[score]}, seed 0")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
    draw_difference(figure, grid[0, 2], ones - zeros, part["relevant"][0].reshape(side, side), few)
    for axes, score in zip(grid[1], ("eigenvalue", "relevance")):
        ranked = -np.sort(-part[score], axis=1)
        band(axes, np.arange(1, ranked.shape[1] + 1), ranked / ranked[:, :1], SPECTRAL,
             middle=np.median)
        axes.axvline(few, color="k", linewidth=1, linestyle=":", label=f"{few} pixels")
        axes.set(title=f"{SHOWN[score]}, sorted", xlabel="rank of the pixel",
                 ylabel="score / largest")
        log_ticks(axes, x=ticks(ranked.shape[1]))
    draw_kept(grid[1, 2], part, few)


def draw_difference(figure, axes, difference, relevant, few):
    reach = np.abs(difference).max()
    figure.colorbar(axes.imshow(difference, cmap="coolwarm", vmin=-reach, vmax=reach), ax=axes,
                    shrink=0.8)
    rows, columns = np.nonzero(relevant)
    axes.plot(columns, rows, "s", color="k", markersize=6, fillstyle="none",
              label=f"the {few} most relevant pixels")
    axes.set(xticks=[], yticks=[], title="mean one less mean zero")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0))


def draw_kept(axes, part, few):
    for name, color, line, label in (("relevance", SPECTRAL, "-", "most relevant"),
                                     ("eigenvalue", OTHER, "--", "largest eigenvalues"),
                                     ("random", DENSE, "-", "at random")):
        band(axes, part["counts"], part[f"kept_{name}"], color, label, line, np.median)
    axes.axvline(few, color="k", linewidth=1, linestyle=":")
    axes.set(xlabel="pixels kept, all others 0", ylabel="test accuracy",
             title=f"Median and range, {several(len(part['relevance']))}")
    log_ticks(axes, x=ticks(part["counts"][-1]))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, columnspacing=1)


def ticks(most):
    """Numbers of pixels to be written at an axis."""
    return [n for n in (1, 3, 10, 30, 100, 300) if n < 0.3 * most] + [most]


def draw_masked(figure, part):
    mask, n = part["relevant"][0], len(part["examples_0"])
    grid = grid_of(figure, 4, n, 1.5, 1.65, f"Zeros and ones through the mask of the {mask.sum()} "
                   "most relevant pixels")
    for row, (digit, seen) in zip(grid, ((0, 1), (0, mask), (1, 1), (1, mask))):
        for axes, pixels in zip(row, part[f"examples_{digit}"]):
            image(axes, pixels * seen, vmax=1)
        row[0].set_ylabel("masked" if seen is mask else f"digit {digit}")


def draw_occluded(figure, part):
    """What is called a one, while the central part or as many other pixels are changed."""
    axes, = panels_of(figure, 1, 8.4, 4.8, "Is it a one? While the central part is covered, alone "
                      "or lit")
    tests = {"ones,\ncovered": ("covered", 1), "ones,\nit alone": ("alone", 1),
             "zeros,\nit alone": ("alone", 0), "zeros,\nlit": ("lit", 0)}
    for shift, suffix, color, label in ((-0.17, "", SPECTRAL, "central part of the relevant "
                                         "pixels"), (0.17, "others_of_", DENSE, "as many others")):
        for place, (word, digit) in enumerate(tests.values()):
            values = part[f"{word}_{suffix}part"][:, digit]
            axes.bar(place + shift, np.median(values), 0.32, color=color, alpha=0.5,
                     label=label if place == 0 else None)
            axes.plot(np.full(len(values), place + shift), values, "k.", alpha=0.5)
    axes.set_xticks(range(len(tests)), list(tests))
    axes.set(ylabel="share that is called a one", ylim=(-0.03, 1.25),
             title=f"Bars: median, dots: {several(len(part['part']))}")
