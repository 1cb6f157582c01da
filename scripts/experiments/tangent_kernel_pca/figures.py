"""Figures: labels along eigenvectors, information, the split."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, ORANGE, band

from npspectral.analysis.clouds.mutual_information import ratio_floor

STAGES = {"start": ("k", "-"), "feature": (BLUE, "-"), "lazy": (ORANGE, "--")}
TICKS = (1, 5, 10, 15, 20)


def figures(result):
    return {"projection_information": partial(draw_labels, result=result),
            "split": partial(draw_split, **result["stripe"])}


def draw_labels(plt, result):
    """A row for each part: cumulated shares, and information in the published estimator and Ross'.

    Lines are means over seeds, bands their range.
    """
    figure, grid = plt.subplots(len(result), 3, figsize=(16, 4.8 * len(result)), squeeze=False)
    for row, (part, arrays) in zip(grid, result.items()):
        cumulated = np.cumsum(arrays["shares"], axis=-1)
        information = arrays["information"]
        for i, (stage, (color, style)) in enumerate(STAGES.items()):
            for axes, values in zip(row, (cumulated[:, i], information[:, i, 0],
                                          information[:, i, 2])):
                band(axes, np.arange(1, values.shape[1] + 1), values, color, stage, line=style)
        row[0].axvline(10, color=GRAY, linewidth=1)
        row[0].set(xscale="log", ylim=(0, 1.02), title=f"{part}: projection",
                   ylabel=r"cumulated share $\sum_{s \leq r}\,\omega_s^2$ of the labels")
        row[1].axhline(ratio_floor(5), color=GRAY, linestyle=":", label="knows nothing")
        row[2].axhline(0, color=GRAY, linestyle=":", label="knows nothing")
        for axes, name in zip(row[1:], ("published estimator", "Ross' estimator")):
            axes.set(title=f"{part}: information, {name}", ylim=(-0.05, 1),
                     ylabel=r"$I(\phi_r; y)$, bits", xticks=TICKS)
        for axes in row:
            axes.set_xlabel("rank r of the kernel's eigenvector")
            axes.legend(fontsize=10, loc="upper left" if axes is row[0] else "upper right")
    figure.suptitle("Eigenvectors of the tangent kernel and the label, before and after training")
    return figure


def draw_split(plt, curves, times, outside_split, families, **_):
    """Left: the kernel's part in neither family in time; right: of which its eigenvectors are.

    Bars are of the first seed.
    """
    figure, grid = plt.subplots(1, 3, figsize=(17, 5.2), width_ratios=(1.2, 1, 1))
    for i, regime in enumerate(("feature", "lazy")):
        color, style = STAGES[regime]
        band(grid[0], times, curves[:, i], color, regime, line=style)
    grid[0].axhline(outside_split[:, 1].mean(), color=GRAY, linestyle=":",
                    label=r"with $\omega_\perp = 0$: resolution")
    grid[0].set(xscale="log", ylim=(0, None), xlabel="t / t*",
                ylabel="share of the kernel's trace in neither family",
                title=r"Towards $K_1 + K_2\, x_\perp \cdot x_\perp' / d$")
    grid[0].legend(fontsize=10)
    rank = np.arange(1, families.shape[-1] + 1)
    for axes, i, title in zip(grid[1:], (0, 1), ("at the start", "after feature training")):
        first, _, both = families[0, i]
        axes.bar(rank, first, color=BLUE, label=r"$\phi(x_1)$")
        axes.bar(rank, both - first, bottom=first, color=ORANGE,
                 label=r"$\phi(x_1)\,u \cdot x_\perp$")
        axes.set(title=f"Eigenvectors {title}", xlabel="rank r", ylabel="$R^2$ by family",
                 ylim=(0, 1.2), xticks=TICKS, yticks=np.arange(6) / 5)
        axes.legend(fontsize=10, loc="upper right", ncols=2)
    return figure
