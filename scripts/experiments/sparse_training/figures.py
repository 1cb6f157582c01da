"""The figure: accuracy against sparsity, and against the learning rate."""
import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, one_legend, panels_of

from .claims import TITLES, pick, values_of

LOOKS = {"qr": (GREEN, "^"), "full-qr": (PINK, "v"), "spectral": (BLUE, "s"),
         "dense": (ORANGE, "o"), "bare": (GRAY, "D")}


def figures(result):
    return {"accuracy": lambda figure: draw_accuracy(figure, result["runs"])}


def draw_accuracy(figure, table):
    """One panel a data set, and one for learning rates where several were tried: seed 0 alone."""
    adam, datasets = pick(table, optimizer="adam"), values_of(table, "dataset")
    rates = pick(adam, dataset=datasets[0], percent=95, rule="dynamic", seed=0)
    tried = len(values_of(rates, "factor")) > 1
    panels = panels_of(figure, len(datasets) + tried, 5.2, 5)
    for axes, dataset in zip(panels, datasets):
        runs = pick(adam, dataset=dataset, factor=1)
        whole, masked = pick(runs, percent=0, arm="dense")["accuracy"], set(runs["percent"]) - {0}
        if len(whole):
            axes.axhline(whole.mean(), color=GRAY, ls=":", label="dense, all links")
        draw_curves(axes, runs, "percent", sorted(masked))
        axes.set(title=dataset, xlabel="links masked, if static at the start (%)")
    if tried:
        draw_curves(panels[-1], rates, "factor", np.unique(rates["factor"]))
        panels[-1].set(xlabel="learning rate / published", title=f"{datasets[0]}, 95 % masked")
    one_legend(figure, "outside lower center", 4)


def draw_curves(axes, runs, column, values):
    """Accuracy against a column, of which the places of the values are equally far apart."""
    for rule, line in (("dynamic", "-"), ("static", "--")):
        for arm, (color, marker) in LOOKS.items():
            curve = {place: pick(runs, arm=arm, rule=rule, **{column: value})["accuracy"]
                     for place, value in enumerate(values)}
            curve = {place: accuracy for place, accuracy in curve.items() if len(accuracy)}
            if curve:
                band(axes, list(curve), np.transpose(list(curve.values())), color,
                     f"{TITLES[arm]}, {rule}", marker + line)
    axes.set(ylabel="test accuracy", xticks=range(len(values)), xticklabels=values)
