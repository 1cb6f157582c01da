"""Figures: accuracy against sparsity, and why links came back."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, ticks_at

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


def draw_accuracy(plt, table):
    """One panel a data set, and one for learning rates where several were tried."""
    datasets, several = values_of(table, "dataset"), pick(table, optimizer="adam", percent=95)
    rates = len(values_of(several, "factor")) > 1
    figure, panels = plt.subplots(1, len(datasets) + rates, squeeze=False,
                                  figsize=(5.2 * (len(datasets) + rates), 5))
    for axes, dataset in zip(panels.flat, datasets):
        draw_sparsity(axes, pick(table, dataset=dataset, optimizer="adam", factor=1))
        axes.set_title(dataset)
    if rates:
        draw_rates(panels.flat[-1], several)
    known = {}
    for axes in panels.flat[:len(datasets)]:
        handles, labels = axes.get_legend_handles_labels()
        known |= dict(zip(labels, handles))
    figure.legend(known.values(), known, loc="outside lower center", ncols=4, fontsize=10)
    return figure


def draw_sparsity(axes, runs):
    percents = sorted(set(runs["percent"].tolist()) - {0})
    whole = pick(runs, percent=0, arm="dense")["accuracy"]
    if len(whole):
        axes.axhline(whole.mean(), color=GRAY, ls=":", label="dense, all links")
    for rule, line in (("dynamic", "-"), ("static", "--")):
        for arm in values_of(runs, "arm"):
            here = pick(runs, arm=arm, rule=rule)
            curve = {percents.index(percent): pick(here, percent=percent)["accuracy"]
                     for percent in values_of(here, "percent") if percent}
            if curve:
                draw_band(axes, curve, *LOOKS[arm], line, f"{TITLES[arm]}, {rule}")
    axes.set(xticks=range(len(percents)), xticklabels=percents, ylabel="test accuracy",
             xlabel="links masked, if static at the start (%)")


def draw_band(axes, curve, color, marker, line, label):
    """The mean over seeds, and their range where there are several."""
    values = list(curve.values())
    axes.plot(list(curve), [v.mean() for v in values], marker + line, color=color, label=label,
              markerfacecolor=color if line == "-" else "none")
    axes.fill_between(list(curve), [v.min() for v in values], [v.max() for v in values],
                      color=color, alpha=0.2, lw=0)


def draw_rates(axes, several):
    """The first data set's accuracy at 95 % against the learning rate, one point a run."""
    dataset = values_of(several, "dataset")[0]
    runs = pick(several, dataset=dataset, rule="dynamic", seed=0)
    for arm in values_of(runs, "arm"):
        here = pick(runs, arm=arm)
        factors = np.unique(here["factor"])
        if len(factors) > 1:
            curve = {factor: pick(here, factor=factor)["accuracy"] for factor in factors}
            draw_band(axes, curve, *LOOKS[arm], "-", TITLES[arm])
    axes.set(xscale="log", xlabel="learning rate / published", ylabel="test accuracy",
             title=f"{dataset}, 95 % masked")
    ticks_at(axes, np.unique(runs["factor"]))


def draw_links(plt, table):
    """Events of a masked link that is kept again, by cause: mean over seeds, layers together."""
    at = pick(table, dataset=values_of(table, "dataset")[0], percent=LINKS_AT)
    bars = {}
    for optimizer, factor in NORMAL.items():
        for rule in values_of(at, "rule"):
            for arm in values_of(at, "arm"):
                runs = pick(at, optimizer=optimizer, factor=factor, rule=rule, arm=arm)
                if len(runs["seed"]):
                    bars[f"{TITLES[arm]}\n{rule}\n{optimizer}"] = runs
    figure, axes = plt.subplots(figsize=(max(0.85 * len(bars) + 3, 7.5), 4.8))
    bottom = np.zeros(len(bars))
    for name, (color, label) in CAUSES.items():
        heights = np.array([runs[name].sum(-1).mean() / 1000 for runs in bars.values()])
        axes.bar(range(len(bars)), heights, 0.7, bottom, color=color, label=label)
        bottom += heights
    for place, height in enumerate(bottom):
        axes.annotate(f"{1000 * height:,.0f}", (place, height), ha="center", va="bottom",
                      fontsize=9)
    axes.set_xticks(range(len(bars)), bars, fontsize=9)
    axes.set(ylabel="masked links that came in (thousands)", ylim=(0, 1.1 * bottom.max() + 1e-3),
             title=f"{at['dataset'][0]}, {LINKS_AT} % masked")
    figure.legend(loc="outside lower center", ncols=3, fontsize=10)
    return figure
