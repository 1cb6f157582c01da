"""Figures: labels along eigenvectors, information, the split."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, ORANGE, band, grid_of, panels_of

from npspectral.analysis.clouds.mutual_information import ratio_floor

STAGES = {"start": ("k", "start", "-"), "feature": (BLUE, "feature", "-"),
          "lazy": (ORANGE, "lazy", "--")}
TICKS = (1, 5, 10, 15, 20)


def figures(result):
    return {"projection_information": partial(draw_labels, result=result),
            "split": partial(draw_split, **result["stripe"])}


def draw_labels(figure, result):
    """A row for each part: cumulated shares, and information in two estimators."""
    grid = grid_of(figure, len(result), 3, 5.3, 4.8, "Eigenvectors of the tangent kernel and the "
                   "label, before and after training; mean and range over seeds")
    for row, (part, arrays) in zip(grid, result.items()):
        cumulated, information = np.cumsum(arrays["shares"], axis=-1), arrays["information"]
        for i, look in enumerate(STAGES.values()):
            for axes, values in zip(row, (cumulated[:, i], information[:, i, 0],
                                          information[:, i, 2])):
                band(axes, np.arange(1, values.shape[1] + 1), values, *look)
                axes.set_xlabel("rank r of the kernel's eigenvector")
        row[0].axvline(10, color=GRAY, linewidth=1)
        row[0].set(xscale="log", ylim=(0, 1.02), title=f"{part}: projection",
                   ylabel=r"cumulated share $\sum_{s \leq r}\,\omega_s^2$ of the labels")
        for axes, name, floor in zip(row[1:], ("published", "Ross'"), (ratio_floor(5), 0)):
            axes.axhline(floor, color=GRAY, linestyle=":", label="knows nothing")
            axes.set(title=f"{part}: information, {name} estimator", ylim=(-0.05, 1),
                     ylabel=r"$I(\phi_r; y)$, bits", xticks=TICKS)


def draw_split(figure, curves, times, outside_split, families, **_):
    """Left: the kernel's part in neither family; right: families of its eigenvectors, seed 0."""
    left, *right = panels_of(figure, 3, 5.7, 5.2)
    for i, regime in enumerate(("feature", "lazy")):
        band(left, times, curves[:, i], *STAGES[regime])
    left.axhline(outside_split[:, 1].mean(), color=GRAY, linestyle=":",
                 label=r"with $\omega_\perp = 0$: resolution")
    left.set(xscale="log", ylim=(0, None), xlabel="t / t*",
             ylabel="share of the kernel's trace in neither family",
             title=r"Towards $K_1 + K_2\, x_\perp \cdot x_\perp' / d$")
    rank = np.arange(1, families.shape[-1] + 1)
    for axes, (first, _, both), title in zip(right, families[0],
                                             ("at the start", "after feature training")):
        axes.bar(rank, first, color=BLUE, label=r"$\phi(x_1)$")
        axes.bar(rank, both - first, bottom=first, color=ORANGE,
                 label=r"$\phi(x_1)\,u \cdot x_\perp$")
        axes.set(title=f"Eigenvectors {title}", xlabel="rank r", ylabel="$R^2$ by family",
                 ylim=(0, 1.2), xticks=TICKS)
