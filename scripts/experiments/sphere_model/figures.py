"""Figures: learning curves with p*, neurons at four stages."""
from functools import partial

import numpy as np
from lab.neurons import places, weights
from lab.style import BLUE, GREEN, ORANGE, PINK

from npspectral.analysis.kernels.learning_curves import kernel_exponent
from npspectral.data.binary import sphere_radius

from .claims import STAGES, curves_of, star

COLOR = {"lazy": BLUE, "feature": ORANGE, "feature, fixed": GREEN, "feature, b(0) = 0": PINK}
LABEL = {"feature, fixed": "feature, fixed orientations, b(0) = 0"}


def figures(result):
    return {"curves": partial(draw_curves, curves=curves_of(result)),
            "stages": partial(draw_stages, stages=result["stages"])}


def draw_curves(plt, curves):
    dims = sorted({d for _, d in curves})
    figure, row = plt.subplots(1, len(dims), figsize=(5.2 * len(dims), 4.8), sharey=True,
                               squeeze=False)
    figure.suptitle("Sphere: test error, mean and spread over seeds; gray: p*, below which lazy is "
                    "better, and its 95 % interval")
    for axes, d in zip(row[0], dims):
        draw_star(axes, d, curves["lazy", d], curves["feature", d])
        for (kind, other), curve in curves.items():
            if other == d:
                axes.errorbar(curve["p"], curve["error"].mean(0), curve["error"].std(0), capsize=3,
                              color=COLOR[kind], marker="o", label=LABEL.get(kind, kind),
                              linestyle="-" if kind in ("lazy", "feature") else "--")
        lazy, slope = curves["lazy", d], kernel_exponent(d)
        axes.plot(lazy["p"], lazy["error"][:, -1].mean() * (lazy["p"] / lazy["p"][-1]) ** -slope,
                  ":", color=BLUE, linewidth=1, label=f"p^-{slope:.3f}, theory of kernels")
        axes.set(xscale="log", yscale="log", xlabel="training points p", title=f"d = {d}")
        axes.set_xticks(lazy["p"], [str(p) for p in lazy["p"]])
        axes.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks([], minor=True)
        axes.legend(fontsize=9)
    row[0, 0].set_ylabel("test error")
    return figure


def draw_star(axes, d, lazy, feature):
    at, (low, high) = star(d, lazy, feature)
    p = feature["p"]
    if at:
        axes.axvline(at, color="0.5")
        axes.axvspan(max(low, p[0]), min(high, p[-1]), color="0.5", alpha=0.2)
        axes.text(at, 0.5, f" p* = {at:.0f}", color="0.3", va="top")
    else:
        axes.text(p[0], 0.021, f"no p* up to {p[-1]}", color="0.3")


def draw_stages(plt, stages):
    figure, grid = plt.subplots(2, 4, figsize=(17, 9))
    figure.suptitle(f"Sphere, d = 2, p = {len(stages['x'])}: positions z of neurons; size: their "
                    "|beta| |v|; gray: active nowhere; dashed: the interface")
    turn = np.linspace(0, 2 * np.pi, 200)
    radius = sphere_radius(2)
    for column, (name, vectors, beta, living) in enumerate(zip(
            STAGES, stages["vectors"], stages["beta"], stages["living"])):
        z, share = places(vectors), weights(vectors, beta) * living
        size = np.where(living, 3 + 150 * share / share.max(), 3)
        color = np.where(living, np.where(beta > 0, ORANGE, BLUE), "0.75")
        for axes, reach in zip(grid[:, column], (3, 0.8)):
            axes.scatter(*z.T, s=size, c=color, alpha=0.6, linewidths=0)
            axes.plot(radius * np.cos(turn), radius * np.sin(turn), "k--", linewidth=0.8)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        grid[0, column].set_title(f"{name}: A = {stages['attractors'][column]}")
        grid[1, column].set_xlabel("z$_1$")
    for axes, title in zip(grid[:, 0], ("z$_2$", "z$_2$, enlarged")):
        axes.set_ylabel(title)
    for color, label in ((ORANGE, "beta > 0"), (BLUE, "beta < 0")):
        grid[0, 0].scatter([], [], c=color, label=label)
    grid[0, 0].legend(loc="upper left", frameon=True)
    return figure
