"""Figures: errors of both regimes; atoms; the predictor of both; the sphere model and its limit."""
from functools import partial

import numpy as np
from lab.style import (FEATURE, LAZY, OTHER, PUBLISHED, band, log_ticks, one_legend, panels_of,
                       power)

from .claims import KERNEL, LAWS, LEAST, exponent, parts_of

LOOKS = {KERNEL: (LAZY, "lazy: tangent kernel", "s-"),
         LEAST: (FEATURE, "feature: least L1 norm", "o-")}


def figures(result):
    return {"errors": partial(draw_errors, result=result),
            "circle": partial(draw_circle, circle=result["circle"]),
            "atoms": partial(draw_atoms, result=result)}


def draw_errors(figure, result):
    parts = parts_of(result)
    panels = panels_of(figure, len(parts), 4.3, 4.4, "A constant on the sphere: few neurons fit "
                       "it less smoothly than a kernel\ndotted: slopes of theory for many points")
    for axes, (d, part) in zip(panels, parts):
        n = part["n"]
        for method, look in LOOKS.items():
            band(axes, n, part[method], *look, middle=geometric, markersize=5)
            power(axes, n, -LAWS[method](d), (n, geometric(part[method], 0)), None, PUBLISHED)
        log_ticks(axes, x=n)
        slopes = [f"{exponent(part, part[method]):.1f}" for method in LOOKS]
        axes.set(yscale="log", xlabel="n, training points",
                 title=f"d = {d}\nexponents {slopes[0]} lazy, {slopes[1]} feature")
    panels[0].set_ylabel(f"square error, middle and range\nof {len(part[KERNEL])} seeds")
    one_legend(figure, "outside lower center", 2)


def draw_circle(figure, circle):
    """Of the first seed."""
    axes, = panels_of(figure, 1, 7.5, 4.2, "Both go through 1 at the training points; few "
                      "neurons bend it more")
    turn = circle["angle"][0]
    for method, (color, label, _) in LOOKS.items():
        axes.plot(turn, circle[method][0], color=color, label=label)
    points = circle["points"][0]
    axes.plot(points, np.ones(len(points)), "o", color=PUBLISHED, label="training points")
    axes.set(xlabel="angle on the circle, d = 2", ylabel="f", xticks=np.pi * np.arange(5) / 2,
             xticklabels=["0", "π/2", "π", "3π/2", "2π"])
    axes.legend(loc="best")


def geometric(values, axis):
    return np.exp(np.log(values).mean(axis))


def draw_atoms(figure, result):
    network = result["network"]
    left, right = panels_of(figure, 2, 4.8, 4.4, "Neurons that are left in the feature regime")
    for (d, part), marker in zip(parts_of(result), "os^D"):
        left.plot(part["n"], part["atoms"].mean(0), f"{marker}-", color=FEATURE, markersize=9,
                  markerfacecolor="none", label=f"d = {d}")
    left.plot(part["n"], part["n"], ":", color=PUBLISHED, label="published: at most n")
    left.set(title="a constant, least L1 norm", xlabel="n, training points", ylabel="atoms")
    log_ticks(left, x=part["n"], y=part["n"])
    left.legend(loc="best")
    p = network["p"]
    band(right, p, network["directions"], FEATURE, "network, end of training", "o-")
    band(right, p, network["effective"], OTHER, "its limit: least L1 norm", "s-")
    right.set(title="sphere model, two classes, d = 2", xlabel="p, training points",
              ylabel="effective directions", ylim=(0, None))
    log_ticks(right, x=p)
    right.legend(loc="best")
