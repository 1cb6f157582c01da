"""Figures: error against p; how distances of supports, SVC and regression depend on d."""
from functools import partial

from lab.style import (FEATURE, LAZY, OTHER, PUBLISHED, against_p, band, one_legend, panels_of,
                       power)

from npspectral.analysis.kernels import kernel_exponent

from .claims import IMAGES, METHODS, errors_of, of_dimensions, theory

LOOKS = dict(zip(METHODS, ((FEATURE, "o-", "network, feature"), (LAZY, "s-", "network, lazy"),
                           (FEATURE, "o--", "flow with the final kernel"),
                           (LAZY, "s--", "flow with the initial kernel"),
                           (LAZY, "v-.", "SVC, initial kernel"), (OTHER, "^-", "5-NN"))))
MARKERS = "osD"


def figures(result):
    tasks = {name: result[name] for name in ("stripe", "cylinder", *IMAGES) if name in result}
    return {"errors": partial(draw_errors, tasks=tasks), "dimension": partial(draw_dimension,
                                                                              result=result)}


def draw_errors(figure, tasks):
    seeds = len(next(iter(tasks.values()))["errors"])
    panels = panels_of(figure, len(tasks), 6.4, 4, f"Mean and range of {seeds} seeds; dotted: "
                       "slopes of theory,\nfor feature learning and for lazy training", 1)
    for panel, (name, curves) in zip(panels, tasks.items()):
        p = curves["p"]
        for method, (color, line, label) in LOOKS.items():
            errors, hollow = errors_of(curves, method), {"markerfacecolor": "none"}
            band(panel, p, errors, color, label, line, markersize=5,
                 **(hollow if "kernel" in method else {}))
            expected = theory(name, curves, method)
            if method in METHODS[:2] and expected is not None:
                power(panel, p, -expected, (p, errors.mean(0)), color=PUBLISHED)
        against_p(panel, p, f"{name}, d = {curves['d']}")
        panel.set_ylabel("test error")
    one_legend(figure, "outside lower center", 2)


def draw_dimension(figure, result):
    """One marker for each dimension, said at the end of its line."""
    stripe = of_dimensions(result, "supports, stripe")
    fields = {d: result[f"regression, {d} of {d}"] for d in stripe}
    panels = panels_of(figure, 3, 6.4, 3.8, "One kernel, of infinite width: the dimension\n"
                       "slows regression, but not classification", 1)
    for panel, title, name, parts, law, said in (
            (panels[0], "distance between support vectors", "between", stripe, lambda d: 1 / d,
             "$p^{-1/d}$, published"),
            (panels[1], "test error of SVC", "svc_error", stripe, kernel_exponent,
             "$p^{-d/(3d-2)}$, theory"),
            (panels[2], "square error of regression", "square", fields, lambda d: 1 / d,
             "$p^{-1/d}$, theory")):
        for (d, part), marker in zip(parts.items(), MARKERS):
            p, values = part["p"], part[name]
            band(panel, p, values, LAZY, None, f"{marker}-", markersize=5)
            power(panel, p, -law(d), (p, values.mean(0)), said if d == min(parts) else None,
                  PUBLISHED)
            panel.annotate(f"d = {d}", (p[-1], values.mean(0)[-1]), (5, 0), va="center",
                           textcoords="offset points")
        against_p(panel, p, title)
        panel.set_xlim(0.8 * p[0], 1.9 * p[-1])
