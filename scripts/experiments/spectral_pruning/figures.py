"""Test accuracy against the share of hidden nodes cut."""
from lab.arrays import by_part
from lab.style import BLUE, GREEN, ORANGE, band, panels_of, several

from .claims import published
from .parts import PERCENTILES

LOOKS = {"dense": (ORANGE, "dense, by incoming weights", "o-"),
         "post": (BLUE, "spectral, after training", "s-"),
         "pre": (GREEN, "spectral, before training", "^-")}


def figures(result):
    return {"spectral_pruning": lambda figure: draw(figure, by_part(result))}


def draw(figure, cases):
    panels = panels_of(figure, len(cases), 5.2, 4.4, "Bands: range over seeds; dotted: the "
                       "published mean, in the same color")
    for axes, (name, methods) in zip(panels, cases.items()):
        for method, arrays in methods.items():
            band(axes, PERCENTILES, arrays["accuracy"], *LOOKS[method])
            axes.plot(PERCENTILES, published(name)[method], ":", color=LOOKS[method][0], lw=2)
        axes.set(xlabel="hidden nodes cut (%)", ylabel="test accuracy", ylim=(0, 1.02),
                 title=f"{name}, {several(len(arrays['whole']))}")
