"""Figures: error against p, and what lies behind it."""
from functools import partial

import numpy as np
from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, band, legend_beside, logarithmic,
                       panels_of)

from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.analysis.neurons.compression import late_amplification
from npspectral.data.binary import STRIPE

from .claims import METHODS, errors_of, theory
from .parts import EVERY_POINT

LOOKS = dict(zip(METHODS, ((BLUE, "o-"), (ORANGE, "s-"), (GREEN, "D-"), (PINK, "v-"),
                           (GRAY, "^-"))))


def figures(result):
    tasks = {name: curves for name, curves in result.items() if name != EVERY_POINT}
    return {"errors": partial(draw_errors, result=tasks),
            "compression": partial(draw_compression, result=tasks)}


def title(name, curves):
    if name == "mnist":
        return "MNIST, parity, fully connected"
    some = f", {curves['n_parallel']} relevant" if name == "cylinder" else ""
    return f"{name}, d = {curves['d']}{some}"


def draw_errors(plt, result):
    figure, panels = panels_of(plt, len(result), 2, 9, 5)
    for panel, (name, curves) in zip(panels, result.items()):
        for method, (color, line) in LOOKS.items():
            law = curves["p"], errors_of(curves, method)
            band(panel, *law, color, f"{method}: exponent {power_law(*law).exponent:.2f}",
                 line=line)
        for method in ("feature", "lazy"):
            draw_slope(panel, curves, name, method)
        logarithmic(panel, curves["p"], xlabel="p, training points", title=title(name, curves),
                    ylabel="test error, mean and range over seeds")
        legend_beside(panel)
    return figure


def draw_slope(panel, curves, name, method):
    """The exponent of theory through the middle of the curve."""
    p, errors = curves["p"], errors_of(curves, method).mean(0)
    expected = theory(name, curves, method)
    middle = np.exp(np.log(errors * p ** expected).mean())
    said = "published guide" if name == "mnist" else "theory"
    panel.plot(p, middle * p ** -expected, color=LOOKS[method][0], linestyle=":", linewidth=1.5,
               label=f"{said}, {method}: {expected:.2f}")


def draw_compression(plt, result):
    figure, (left, right) = plt.subplots(1, 2, figsize=(19, 5.2))
    for (name, curves), color in zip(result.items(), (BLUE, ORANGE, GREEN)):
        if "amplification" in curves:
            draw_amplification(left, name, curves, color)
        if "distances" in curves:
            draw_distances(right, name, curves, color)
    sizes = np.unique(np.concatenate([curves["p"] for curves in result.values()]))
    for panel, label, text in (
            (left, "lambda*, mean and range over seeds", "Compression of irrelevant directions"),
            (right, "mean distance to the interface", "Support vectors of the tangent kernels")):
        logarithmic(panel, sizes, xlabel="p, training points", ylabel=label, title=text)
        legend_beside(panel)
    return figure


def draw_amplification(panel, name, curves, color):
    for k, (method, marker) in enumerate((("feature", "o-"), ("lazy", "s--"))):
        band(panel, curves["p"], curves["amplification"][:, :, k], color, f"{name}, {method}",
             line=marker)
    if name == "stripe":
        panel.plot(curves["p"], [late_amplification(p, STRIPE) for p in curves["p"]], "k:",
                   label="stripe, prediction 0.368 sqrt(p)")


def draw_distances(panel, name, curves, color):
    d = curves["d"]
    p, (initial, final) = curves["p"], curves["distances"].mean(0).T
    panel.plot(p, initial, "o-", color=color, label=f"{name}, initial kernel")
    panel.plot(p, final, "v--", color=color, label=f"{name}, final kernel", alpha=0.6)
    middle = np.exp(np.log(initial * p ** (1 / d)).mean())
    panel.plot(p, middle * p ** (-1 / d), ":", color=color, label=f"{name}, p^(-1/{d})")
