"""Figures: learning curves with p*, neurons at four stages."""
from functools import partial

import numpy as np
from lab.neurons import places, weights
from lab.style import (BLUE, GREEN, ORANGE, PINK, band, circle, log_ticks, panels_of, power, square)

from npspectral.analysis.kernels.learning_curves import kernel_exponent
from npspectral.data.binary import sphere_radius

from .claims import STAGES, curves_of, star

LOOKS = {"lazy": (BLUE, "lazy", "o-"), "feature": (ORANGE, "feature", "o-"),
         "feature, fixed": (GREEN, "feature, fixed orientations, b(0) = 0", "o--"),
         "feature, b(0) = 0": (PINK, "feature, b(0) = 0", "o--")}


def figures(result):
    return {"curves": partial(draw_curves, curves=curves_of(result)),
            "stages": partial(draw_stages, stages=result["stages"])}


def draw_curves(figure, curves):
    dims = sorted({d for _, d in curves})
    row = panels_of(figure, len(dims), 5.2, 4.8, "Sphere: test error, mean and range over seeds; "
                    "gray: p*, below which lazy is better, and its 95 % interval", sharey=True)
    for axes, d in zip(row, dims):
        for (kind, other), curve in curves.items():
            if other == d:
                band(axes, curve["p"], curve["error"], *LOOKS[kind])
        p, errors = curves["lazy", d]["p"], curves["lazy", d]["error"].mean(0)
        slope, (at, interval) = kernel_exponent(d), star(d, curves["lazy", d], curves["feature", d])
        if at:
            axes.axvline(at, color="0.5", label=f"p* = {at:.0f}")
            axes.axvspan(*np.clip(interval, p[0], p[-1]), color="0.5", alpha=0.2)
        power(axes, p, -slope, (p[-1], errors[-1]), f"p^-{slope:.3f}, theory of kernels", BLUE)
        axes.set(xlabel="training points p", ylabel="test error", title=f"d = {d}")
        log_ticks(axes, x=p, y=[0.02, 0.05, 0.1, 0.2, 0.5])


def draw_stages(figure, stages):
    row = panels_of(figure, 4, 4.3, 4.8, f"Sphere, d = 2, p = {len(stages['x'])}: positions z of "
                    "neurons, beta > 0 orange, beta < 0 blue, gray: active nowhere;\n"
                    "size: their |beta| |v|; dashed: the interface", columns=4)
    for i, (name, axes) in enumerate(zip(STAGES, row)):
        vectors, beta, living = (stages[key][i] for key in ("vectors", "beta", "living"))
        z, share = places(vectors), weights(vectors, beta) * living
        axes.scatter(*z.T, s=3 + 150 * share / share.max(), alpha=0.6, linewidths=0,
                     c=np.where(living, np.where(beta > 0, ORANGE, BLUE), "0.75"))
        circle(axes, sphere_radius(2), line="--", color="k", linewidth=0.8)
        square(axes, 1.5, xlabel="z$_1$", ylabel="z$_2$",
               title=f"{name}: A = {stages['attractors'][i]}")
