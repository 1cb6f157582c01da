"""Test accuracy against the share of hidden nodes cut."""
from lab.arrays import by_part
from lab.style import BLUE, GRAY, GREEN, ORANGE, band, panels_of, several

from .claims import published
from .parts import PERCENTILES

LOOKS = {"dense": (ORANGE, "o-", "dense, by incoming weights"),
         "post": (BLUE, "s-", "spectral, after training"),
         "pre": (GREEN, "^-", "spectral, before training")}


def figures(result):
    return {"spectral_pruning": lambda plt: draw(plt, by_part(result))}


def draw(plt, cases):
    figure, panels = panels_of(plt, len(cases), 3, 5.2, 4.4)
    for axes, (name, methods) in zip(panels, cases.items()):
        for method, arrays in methods.items():
            color, line, label = LOOKS[method]
            band(axes, PERCENTILES, arrays["accuracy"], color, label, line=line, alpha=0.2)
            axes.plot(PERCENTILES, published(name)[method], ":", color=color, lw=2)
        axes.plot([], [], ":", color=GRAY, lw=2, label="published mean, in the same color")
        axes.set(xlabel="hidden nodes cut (%)", ylabel="test accuracy", ylim=(0, 1.02),
                 title=f"{name}\n{several(len(arrays['whole']))}, band: range")
    panels[0].legend(loc="lower left", fontsize=10)
    return figure
