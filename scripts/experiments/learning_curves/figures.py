"""The figure: error against p."""
from functools import partial

from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, band, legend_beside, log_ticks, panels_of,
                       power)

from npspectral.analysis.kernels.learning_curves import power_law

from .claims import METHODS, errors_of, theory
from .parts import EVERY_POINT

LOOKS = dict(zip(METHODS, ((BLUE, "o-"), (ORANGE, "s-"), (GREEN, "D-"), (PINK, "v-"),
                           (GRAY, "^-"))))


def figures(result):
    tasks = {name: curves for name, curves in result.items() if name != EVERY_POINT}
    return {"errors": partial(draw_errors, tasks=tasks)}


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
