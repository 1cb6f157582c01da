"""Figures: accuracy against sparsity, and why links came back."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, one_legend, panels_of

from .claims import LINKS_AT, NORMAL, TITLES, pick, values_of

LOOKS = {"qr": (GREEN, "^"), "full-qr": (PINK, "v"), "spectral": (BLUE, "s"),
         "dense": (ORANGE, "o"), "bare": (GRAY, "D")}
CAUSES = {"grown": (BLUE, "grew beyond the threshold"),
          "lowered": (PINK, "changed, and the threshold fell"),
          "unchanged": (GRAY, "unchanged, the threshold fell")}


def figures(result):
    drawn = {"accuracy": partial(draw_accuracy, table=result["runs"])}
    if (result["runs"]["percent"] == LINKS_AT).any():
        drawn["links"] = partial(draw_links, table=result["runs"])
    return drawn


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


def draw_links(figure, table):
    """Events of a masked link that is kept again, by cause: mean over seeds, layers together."""
    at = pick(table, dataset=values_of(table, "dataset")[0], percent=LINKS_AT)
    bars = {f"{TITLES[arm]}\n{rule}\n{optimizer}":
            pick(at, optimizer=optimizer, factor=factor, rule=rule, arm=arm)
            for optimizer, factor in NORMAL.items()
            for rule in values_of(at, "rule") for arm in values_of(at, "arm")}
    bars = {name: runs for name, runs in bars.items() if len(runs["seed"])}
    axes, = panels_of(figure, 1, max(0.85 * len(bars) + 3, 7.5), 4.8)
    bottom = np.zeros(len(bars))
    for cause, (color, label) in CAUSES.items():
        heights = np.array([runs[cause].sum(-1).mean() / 1000 for runs in bars.values()])
        shown = axes.bar(range(len(bars)), heights, 0.7, bottom, color=color, label=label)
        bottom += heights
    axes.bar_label(shown, [f"{1000 * height:,.0f}" for height in bottom], fontsize=9)
    axes.set_xticks(range(len(bars)), bars, fontsize=9)
    axes.set(ylabel="masked links that came in (thousands)", ylim=(0, 1.1 * bottom.max() + 1e-3),
             title=f"{at['dataset'][0]}, {LINKS_AT} % masked")
    one_legend(figure, "outside lower center", 3)
