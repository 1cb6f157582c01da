"""Test accuracy against the share of hidden nodes cut."""
from lab.arrays import by_part
from lab.style import (DENSE, PUBLISHED, SPECTRAL, START, band, one_legend, panels_of, several)

from .claims import published
from .parts import PERCENTILES

LOOKS = {"dense": (DENSE, "by weights", "o-"),
         "post": (SPECTRAL, "by eigenvalues, after training", "s-"),
         "pre": (SPECTRAL, "by eigenvalues, before training", "^--")}


def figures(result):
    cases = by_part(result)
    return {"spectral_pruning": lambda figure: draw(figure, {
        name: methods for name, methods in cases.items() if not name.endswith("longer")})}


def draw(figure, cases):
    width = 3.6 if len(cases) > 1 else 6.4
    panels = panels_of(figure, len(cases), width, 3.4, columns=2)
    for axes, (name, methods) in zip(panels, cases.items()):
        theirs = published(name)
        for method, arrays in methods.items():
            color, label, line = LOOKS[method]
            band(axes, PERCENTILES, arrays["accuracy"], color, label, line)
            if method in theirs:
                axes.plot(PERCENTILES, theirs[method], line[0] + ":", color=PUBLISHED, lw=1.5,
                          fillstyle="none", label=f"published, {label}")
        for other, line in (("at_random", "-"), ("largest_first", "--")):
            if "post" in methods:
                band(axes, PERCENTILES, methods["post"][other], START,
                     f"after training, {other.replace('_', ' ')}", line)
        axes.set(xlabel="hidden nodes cut (%)", ylabel="test accuracy", ylim=(0, 1.02),
                 title=f"{name}\n{several(len(arrays['whole']))}, mean and range")
    one_legend(figure, "outside lower center", 2)
