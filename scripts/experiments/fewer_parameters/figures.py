"""Test error against how many numbers are trained."""
import numpy as np
from lab.style import DENSE, OTHER, SPECTRAL, band, log_ticks, one_legend, panels_of, several

from .claims import LARGE

LOOKS = {"one set": (SPECTRAL, "v", "one set of eigenvalues"),
         "eigenvalues": (SPECTRAL, "s", "two sets of eigenvalues"),
         "S-SVD": (SPECTRAL, "^", "S-SVD"), "S-QR": (SPECTRAL, "D", "S-QR, random directions"),
         "S-QR, principal": (OTHER, "D", "S-QR, principal components")}
TICKS = {"x": (100, 300, 1000, 3000, 10_000, 30_000, 100_000),
         "y": (0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.9)}


def figures(result):
    return {"fewer_parameters": lambda figure: draw(figure, result)}


def draw(figure, result):
    sets = {name: part for name, part in result.items() if not name.endswith(LARGE)}
    panels = panels_of(figure, len(sets), 4.6, 4.2)
    for axes, (name, part) in zip(panels, sets.items()):
        dense = part["arm"] == "dense"
        order = np.flatnonzero(dense)[part["trainable"][0, dense].argsort()]
        band(axes, part["trainable"][0, order], 1 - part["accuracy"][:, order], DENSE,
             "dense, of several widths", "o-", np.median)
        for arm, (color, marker, label) in LOOKS.items():
            draw_arm(axes, part, arm, label, color=color, marker=marker)
            draw_arm(axes, part, f"{arm}, as published", f"{label}: layer of the code", color=color,
                     marker=marker, fillstyle="none")
        for arm, color in (("dense", DENSE), ("S-QR", SPECTRAL)):
            if name + LARGE in result:
                draw_arm(axes, result[name + LARGE], arm, f"{arm}{LARGE}, wider", color=color,
                         marker="*", markersize=12)
        axes.set(xscale="log", yscale="log", xlabel="trained numbers", ylabel="test error",
                 title=f"{name}, {several(len(part['accuracy']))}, median and range")
        log_ticks(axes, **{axis: [tick for tick in ticks if low <= tick <= high]
                           for (axis, ticks), (low, high) in zip(
                               TICKS.items(), (axes.get_xlim(), axes.get_ylim()))})
    one_legend(figure, "outside lower center", 2)


def draw_arm(axes, part, arm, label, **look):
    """One arm, its widths joined by a line, with the range over seeds."""
    order = np.flatnonzero(part["arm"] == arm)
    if len(order):
        order = order[part["trainable"][0, order].argsort()]
        errors = 1 - part["accuracy"][:, order]
        middle = np.median(errors, 0)
        axes.errorbar(part["trainable"][0, order], middle,
                      [middle - errors.min(0), errors.max(0) - middle], label=label, capsize=3,
                      linewidth=1, **look)
