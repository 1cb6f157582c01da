"""Figures: error against p for each student; the exponents beside those of theory."""
from functools import partial

import numpy as np
from lab.statistics import bootstrap
from lab.style import (DENSE, OTHER, PUBLISHED, band, grid_of, log_ticks, one_legend, plain_ticks,
                       power)

from .claims import errors_of, exponent_of, learnable, parts_of
from .parts import TEACHERS

LOOKS = {("local", 2): (OTHER, "o--", "local, s = 2"), ("local", 3): (OTHER, "s--", "local, s = 3"),
         ("convolutional", 2): (OTHER, "o-", "convolutional, s = 2"),
         ("convolutional", 3): (OTHER, "s-", "convolutional, s = 3"),
         ("dense", None): (DENSE, "^-", "dense")}
SHOWN = ("convolutional", 2), ("local", 2)          # teachers


def figures(result):
    return {"curves": partial(draw_curves, result=result),
            "exponents": partial(draw_exponents, result=result)}


def draw_curves(figure, result):
    parts = parts_of(result)
    panels = grid_of(figure, len(SHOWN), len(parts), 4.6, 3.9, "Students of small patches learn "
                     "fast whatever d;\nshared weights cannot learn a teacher without",
                     sharey="row")
    for row, teacher in zip(panels, SHOWN):
        for axes, (d, part) in zip(row, parts):
            p = part["p"]
            for student, (color, line, label) in LOOKS.items():
                band(axes, p, errors_of(part, teacher, student), color, label, line, markersize=5)
            for size in (2, 3):
                power(axes, p, -1 / size, (p, errors_of(part, teacher, ("local", size)).mean(0)),
                      "slopes -1/s" if size == 2 else None, PUBLISHED)
            axes.set(title=f"{teacher[0]} teacher, t = {teacher[1]}, d = {d}", yscale="log")
            log_ticks(axes, x=p)
        plain_ticks(row[0])
        row[0].set_ylabel("square error / variance")
    for axes in panels[-1]:
        axes.set_xlabel("p, training points")
    one_legend(figure, "outside lower center", 3)


def draw_exponents(figure, result):
    """Measured against predicted, with intervals over seeds; marks of one 1/s stand side by side.
    """
    axes, = grid_of(figure, 1, 1, 5.6, 4.8, "Exponents, and those of theory").flat
    pairs = [*learnable(), *((teacher, ("dense", None)) for teacher in TEACHERS)]
    for (d, part), marker in zip(parts_of(result), "os^"):
        exponent = exponent_of(part)
        for size in (2, 3, d):
            alike = [pair for pair in pairs if (pair[1][1] or d) == size]
            for teacher, student in alike:
                errors = errors_of(part, teacher, student)
                middle = exponent(errors)
                low, high = bootstrap(exponent, errors)
                aside = 0.006 * (alike.index((teacher, student)) - (len(alike) - 1) / 2)
                axes.errorbar(1 / size + aside, middle, [[middle - low], [high - middle]],
                              color=LOOKS[student][0], marker=marker, markersize=5, linestyle="")
        axes.plot([], [], marker, color="k", label=f"d = {d}")
    axes.plot([], [], "-", color=OTHER, label="patches of 2 or 3")
    axes.plot([], [], "-", color=DENSE, label="dense: all coordinates")
    ends = np.array([0.08, 0.55])
    axes.plot(ends, ends, ":", color=PUBLISHED, label="published: 1 / s")
    axes.set(xlabel="1 / s; of the dense kernel 1 / d", ylabel="exponent, 95 % over seeds")
    axes.legend(loc="best")
