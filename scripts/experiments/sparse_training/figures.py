"""The figure: accuracy against sparsity."""
import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, one_legend, panels_of

from .claims import TITLES, groups, pick

LOOKS = {"qr": (GREEN, "^"), "full-qr": (PINK, "v"), "spectral": (BLUE, "s"),
         "dense": (ORANGE, "o"), "bare": (GRAY, "D")}
LINES = {"dynamic": "-", "static": "--"}


def figures(result):
    return {"accuracy": lambda figure: draw_accuracy(figure, result["runs"])}


def draw_accuracy(figure, table):
    """A panel for each data set; its percentages are equally far apart."""
    datasets = list(groups(pick(table, optimizer="adam", factor=1), "dataset"))
    for axes, (dataset, runs) in zip(panels_of(figure, len(datasets), 5.2, 5), datasets):
        whole, percents = pick(runs, percent=0, arm="dense"), sorted({*runs["percent"]} - {0})
        if len(whole["accuracy"]):
            axes.axhline(whole["accuracy"].mean(), color=GRAY, ls=":", label="dense, all links")
        for rule, arm, of_arm in groups(runs, "rule", "arm"):
            curve = {percents.index(percent): at["accuracy"]
                     for percent, at in groups(of_arm, "percent") if percent}
            if curve:
                color, marker = LOOKS[arm]
                band(axes, list(curve), np.transpose(list(curve.values())), color,
                     f"{TITLES[arm]}, {rule}", marker + LINES[rule])
        axes.set(title=dataset, xlabel="links masked, if static at the start (%)",
                 ylabel="test accuracy", xticks=range(len(percents)), xticklabels=percents)
    one_legend(figure, "outside lower center", 4)
