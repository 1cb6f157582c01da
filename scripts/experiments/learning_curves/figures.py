"""Figures: error against p, and what lies behind it."""
from functools import partial

import numpy as np
from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, band, legend_beside, log_ticks, panels_of,
                       power)

from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.analysis.neurons.compression import late_amplification
from npspectral.data.binary import STRIPE

from .claims import METHODS, errors_of, theory
from .parts import EVERY_POINT

LOOKS = dict(zip(METHODS, ((BLUE, "o-"), (ORANGE, "s-"), (GREEN, "D-"), (PINK, "v-"),
                           (GRAY, "^-"))))


def figures(result):
    tasks = {name: curves for name, curves in result.items() if name != EVERY_POINT}
    return {"errors": partial(draw_errors, tasks=tasks),
            "compression": partial(draw_compression, tasks=tasks)}


def draw_errors(figure, tasks):
    for panel, (name, curves) in zip(panels_of(figure, len(tasks), 9, 5, columns=2),
                                     tasks.items()):
        said = "published guide" if name == "mnist" else "theory"
        for method, (color, line) in LOOKS.items():
            p, errors = law = curves["p"], errors_of(curves, method)
            band(panel, *law, color, f"{method}: exponent {power_law(*law).exponent:.2f}", line)
            if method in ("feature", "lazy"):
                expected = theory(name, curves, method)
                power(panel, p, -expected, (p, errors.mean(0)), f"{said}, {method}: {expected:.2f}",
                      color)
        panel.set(xlabel="p, training points", title=f"{name}, d = {curves['d']}", yscale="log",
                  ylabel="test error, mean and range over seeds")
        log_ticks(panel, x=p)
        legend_beside(panel)


def draw_compression(figure, tasks):
    left, right = panels_of(figure, 2, 9.5, 5.2)
    for (name, curves), color in zip(tasks.items(), (BLUE, ORANGE, GREEN)):
        if "amplification" in curves:
            for k, (method, line) in enumerate((("feature", "o-"), ("lazy", "s--"))):
                band(left, curves["p"], curves["amplification"][:, :, k], color,
                     f"{name}, {method}", line)
        if "distances" in curves:
            draw_distances(right, name, curves, color)
    p = tasks["stripe"]["p"]
    left.plot(p, [late_amplification(size, STRIPE) for size in p], "k:",
              label="stripe, prediction 0.368 sqrt(p)")
    for panel, label, text in (
            (left, "lambda*, mean and range over seeds", "Compression of irrelevant directions"),
            (right, "mean distance to the interface", "Support vectors of the tangent kernels")):
        panel.set(xlabel="p, training points", ylabel=label, title=text, yscale="log")
        log_ticks(panel, x=np.unique(np.concatenate([curves["p"] for curves in tasks.values()])))
        legend_beside(panel)


def draw_distances(panel, name, curves, color):
    p, d, (initial, final) = curves["p"], curves["d"], curves["distances"].mean(0).T
    panel.plot(p, initial, "o-", color=color, label=f"{name}, initial kernel")
    panel.plot(p, final, "v--", color=color, label=f"{name}, final kernel", alpha=0.6)
    power(panel, p, -1 / d, (p, initial), f"{name}, p^(-1/{d})", color)
