"""Figures: error against p, and what lies behind it."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, ticks_at

from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.analysis.neurons.compression import late_amplification
from npspectral.data.binary import STRIPE

from .claims import METHODS, errors_of, theory
from .parts import EVERY_POINT

LOOKS = dict(zip(METHODS, ((BLUE, "o"), (ORANGE, "s"), (GREEN, "D"), (PINK, "v"), (GRAY, "^"))))


def figures(result):
    tasks = {name: curves for name, curves in result.items() if name != EVERY_POINT}
    drawn = {"errors": partial(draw_errors, result=tasks)}
    if any("distances" in curves for curves in tasks.values()):
        drawn["compression"] = partial(draw_compression, result=tasks)
    return drawn


def title(name, curves):
    """Of a panel: the task, its dimension, and how many directions are relevant if not all."""
    if name == "mnist":
        return "MNIST, parity, fully connected"
    some = f", {curves['n_parallel']} relevant" if name == "cylinder" else ""
    return f"{name}, d = {curves['d']}{some}"


def draw_errors(plt, result):
    """Test error against p, one panel a task, with the slopes of theory."""
    n_columns = min(2, len(result))
    n_rows = -(-len(result) // n_columns)
    figure, panels = plt.subplots(n_rows, n_columns, figsize=(9 * n_columns, 5 * n_rows),
                                  squeeze=False)
    for panel in panels.flat[len(result):]:
        panel.set_axis_off()
    for panel, (name, curves) in zip(panels.flat, result.items()):
        for method in METHODS:
            draw_curve(panel, curves, method)
        for method in ("feature", "lazy"):
            draw_slope(panel, curves, name, method)
        logarithmic(panel, curves["p"])
        panel.set(xlabel="p, training points", ylabel="test error, mean and range over seeds",
                  title=title(name, curves))
        panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=10)
    return figure


def draw_curve(panel, curves, method):
    """Mean over seeds with the range over them; the legend tells the fitted exponent."""
    color, marker = LOOKS[method]
    errors = errors_of(curves, method)
    exponent = power_law(curves["p"], errors).exponent
    band(panel, curves["p"], errors, color, f"{method}: exponent {exponent:.2f}",
         line=f"{marker}-")


def draw_slope(panel, curves, name, method):
    """The exponent of theory through the middle of the curve."""
    p, errors = curves["p"], errors_of(curves, method).mean(0)
    expected = theory(name, curves, method)
    middle = np.exp(np.log(errors * p ** expected).mean())
    said = "published guide" if name == "mnist" else "theory"
    panel.plot(p, middle * p ** -expected, color=LOOKS[method][0], linestyle=":", linewidth=1.5,
               label=f"{said}, {method}: {expected:.2f}")


def draw_compression(plt, result):
    """Amplification at t* and distance of support vectors to the interface, against p."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(19, 5.2))
    for (name, curves), color in zip(result.items(), (BLUE, ORANGE, GREEN)):
        if "amplification" in curves:
            draw_amplification(left, name, curves, color)
        if "distances" in curves:
            draw_distances(right, name, curves, color)
    left.set(xlabel="p, training points", ylabel="lambda*, mean and range over seeds",
             title="Compression of irrelevant directions")
    right.set(xlabel="p, training points", ylabel="mean distance to the interface",
              title="Support vectors of the tangent kernels")
    for panel in (left, right):
        logarithmic(panel, np.unique(np.concatenate([curves["p"] for curves in result.values()])))
        panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=10)
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


def logarithmic(panel, p):
    panel.set(xscale="log", yscale="log")
    ticks_at(panel, p)
