"""Figures: error against p for each student; the exponents beside those of theory."""
from functools import partial

import numpy as np
from lab.statistics import bootstrap
from lab.style import DENSE, LAZY, OTHER, PUBLISHED, band, grid_of, log_ticks, one_legend, power

from .claims import errors_of, exponent, learnable, parts_of
from .parts import TEACHERS

LOOKS = {("local", 2): (LAZY, "o--", "local, s = 2"), ("local", 3): (OTHER, "s--", "local, s = 3"),
         ("convolutional", 2): (LAZY, "o-", "convolutional, s = 2"),
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
        row[0].set_ylabel("square error / variance")
    for axes in panels[-1]:
        axes.set_xlabel("p, training points")
    one_legend(figure, "outside lower center", 3)


def draw_exponents(figure, result):
    """Measured against predicted, with intervals over seeds; d moves a mark a little aside."""
    axes, = grid_of(figure, 1, 1, 5.4, 5, "Exponents, and those of theory").flat
    parts = parts_of(result)
    for (d, part), marker in zip(parts, "os^"):
        pairs = [*learnable(), *((teacher, ("dense", None)) for teacher in TEACHERS)]
        for teacher, student in pairs:
            color, _, _ = LOOKS[student]
            errors = errors_of(part, teacher, student)
            middle = exponent(part, errors)
            low, high = bootstrap(lambda errors, part=part: exponent(part, errors), errors)
            axes.errorbar(1 / (student[1] or d), middle, [[middle - low], [high - middle]],
                          color=color, marker=marker, markersize=6, linestyle="")
        axes.plot([], [], marker, color="k", label=f"d = {d}")
    for student, (color, line, _) in LOOKS.items():
        if line != "o--" and line != "s--":
            axes.plot([], [], "-", color=color, label=f"patches of {student[1]}"
                      if student[1] else "dense: all coordinates")
    ends = np.array([0.08, 0.55])
    axes.plot(ends, ends, ":", color=PUBLISHED, label="published: 1 / s")
    axes.set(xlabel="1 / s, or 1 / d of the dense kernel", ylabel="exponent, 95 % over seeds")
    axes.legend(loc="best")
