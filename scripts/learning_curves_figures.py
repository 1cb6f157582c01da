"""The figures of learning_curves.py: error against p, and what lies behind it."""
from functools import partial

import numpy as np
from experiment_figures import BLUE, GRAY, GREEN, ORANGE, PINK, save_figures
from learning_curves_runs import EVERY_POINT
from learning_curves_verdicts import METHODS, SIZES, errors_of, theory

from npspectral.analysis.neurons.compression import late_amplification
from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.data.binary import STRIPE

LOOKS = dict(zip(METHODS, ((BLUE, "o"), (ORANGE, "s"), (GREEN, "D"), (PINK, "v"), (GRAY, "^"))))
TITLES = {"stripe": "stripe, d = 5", "cylinder": "cylinder, d = 3, 2 relevant",
          "sphere": "sphere, d = 5", "mnist": "MNIST, parity, fully connected"}


def plot(result, folder):
    """Write the figures of the tasks in `result` to `folder`."""
    result = {name: own for name, own in result.items() if name != EVERY_POINT}
    figures = {"errors": partial(draw_errors, result=result)}
    if any("distances" in own for own in result.values()):
        figures["compression"] = partial(draw_compression, result=result)
    save_figures(figures, folder)


def draw_errors(plt, result):
    """Test error against p, one panel a task, with the slopes of theory."""
    n_columns = min(2, len(result))
    n_rows = -(-len(result) // n_columns)
    figure, panels = plt.subplots(n_rows, n_columns, figsize=(9 * n_columns, 5 * n_rows),
                                  squeeze=False)
    for panel in panels.flat[len(result):]:
        panel.set_axis_off()
    for panel, (name, own) in zip(panels.flat, result.items()):
        for method in METHODS:
            draw_curve(panel, own, method)
        for method in ("feature", "lazy"):
            draw_slope(panel, own, name, method)
        logarithmic(panel, own["p"])
        panel.set(xlabel="p, training points", ylabel="test error, mean and range over seeds",
                  title=TITLES[name])
        panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=10)
    return figure


def draw_curve(panel, own, method):
    """Mean over seeds with the range over them; the legend tells the fitted exponent."""
    color, marker = LOOKS[method]
    errors = errors_of(own, method)
    exponent = power_law(own["p"], errors).exponent
    panel.plot(own["p"], errors.mean(0), marker, color=color, linestyle="-",
               label=f"{method}: exponent {exponent:.2f}")
    panel.fill_between(own["p"], errors.min(0), errors.max(0), color=color, alpha=0.15)


def draw_slope(panel, own, name, method):
    """The exponent of theory through the middle of the curve."""
    p, errors = own["p"], errors_of(own, method).mean(0)
    expected = theory(name, method)
    middle = np.exp(np.log(errors * p ** expected).mean())
    said = "theory" if name in SIZES else "published guide"
    panel.plot(p, middle * p ** -expected, color=LOOKS[method][0], linestyle=":", linewidth=1.5,
               label=f"{said}, {method}: {expected:.2f}")


def draw_compression(plt, result):
    """Amplification at t* and distance of support vectors to the interface, against p."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(19, 5.2))
    for (name, own), color in zip(result.items(), (BLUE, ORANGE, GREEN)):
        if "amplification" in own:
            draw_amplification(left, name, own, color)
        if "distances" in own:
            draw_distances(right, name, own, color)
    left.set(xlabel="p, training points", ylabel="lambda*, mean and range over seeds",
             title="Compression of irrelevant directions")
    right.set(xlabel="p, training points", ylabel="mean distance to the interface",
              title="Support vectors of the tangent kernels")
    for panel in (left, right):
        logarithmic(panel, np.unique(np.concatenate([own["p"] for own in result.values()])))
        panel.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=10)
    return figure


def draw_amplification(panel, name, own, color):
    for k, (method, marker) in enumerate((("feature", "o-"), ("lazy", "s--"))):
        values = own["amplification"][:, :, k]
        panel.plot(own["p"], values.mean(0), marker, color=color, label=f"{name}, {method}")
        panel.fill_between(own["p"], values.min(0), values.max(0), color=color, alpha=0.15)
    if name == "stripe":
        panel.plot(own["p"], [late_amplification(p, STRIPE) for p in own["p"]], "k:",
                   label="stripe, prediction 0.368 sqrt(p)")


def draw_distances(panel, name, own, color):
    d, _ = SIZES[name]
    p, (initial, final) = own["p"], own["distances"].mean(0).T
    panel.plot(p, initial, "o-", color=color, label=f"{name}, initial kernel")
    panel.plot(p, final, "v--", color=color, label=f"{name}, final kernel", alpha=0.6)
    middle = np.exp(np.log(initial * p ** (1 / d)).mean())
    panel.plot(p, middle * p ** (-1 / d), ":", color=color, label=f"{name}, p^(-1/{d})")


def logarithmic(panel, p):
    panel.set(xscale="log", yscale="log")
    panel.set_xticks(p, labels=[str(size) for size in p])
    panel.set_xticks([], minor=True)
