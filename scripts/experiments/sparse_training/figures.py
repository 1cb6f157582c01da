"""Accuracy as training goes on and against sparsity; what links do; what compression saves."""
from functools import partial

import numpy as np
from lab.style import DENSE, OTHER, SPECTRAL, START, band, one_legend, panels_of, several
from matplotlib.ticker import MaxNLocator

from .claims import COUNTS, TITLES, groups, pick, share

LOOKS = {"qr": (SPECTRAL, "^-"), "full-qr": (SPECTRAL, "v:"), "spectral": (SPECTRAL, "s--"),
         "dense": (DENSE, "o-"), "fixed": (DENSE, "x--"), "bare": (DENSE, "D:")}


def figures(result):
    return {"courses": partial(draw_courses, courses=result["courses"]),
            "sparsity": partial(draw_sparsity, courses=result["courses"]),
            "links": partial(draw_links, links=result["links"]),
            "compression": partial(draw_compression, small=result["compression"])}


def draw_courses(figure, courses):
    """A panel for each data set and sparsity."""
    parts = list(groups(courses, "dataset", "percent"))
    panels = panels_of(figure, len(parts), 4.6, 4, columns=2)
    for axes, (dataset, percent, at) in zip(panels, parts):
        for arm, of_arm in groups(at, "arm"):
            color, line = LOOKS[arm]
            epochs = np.arange(1, 1 + of_arm["course"].shape[1])
            band(axes, epochs, of_arm["course"], color, TITLES[arm], line, np.median, markersize=4)
        axes.set(title=f"{dataset}, {percent} % of the links masked", xlabel="epochs",
                 ylabel="test accuracy")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    one_legend(figure, "outside lower center", 4)


def draw_sparsity(figure, courses):
    """Test accuracy at the epoch that validation chose; sparsities are equally far apart."""
    datasets = list(groups(courses, "dataset"))
    for axes, (dataset, at) in zip(panels_of(figure, len(datasets), 5.2, 4.2), datasets):
        percents = sorted({*at["percent"].tolist()})
        arms = list(groups(at, "arm"))
        for k, (arm, of_arm) in enumerate(arms):
            color, line = LOOKS[arm]
            for percent, some in groups(of_arm, "percent"):
                place = percents.index(percent) + 0.15 * (k - (len(arms) - 1) / 2)
                values = some["accuracy"]
                axes.plot([place] * 2, [values.min(), values.max()], color=color, alpha=0.5)
                axes.plot(place, np.median(values), line[0], color=color, markersize=7,
                          label=TITLES[arm])
        axes.set(title=f"{dataset}, {several(len(values))}", ylabel="test accuracy",
                 xlabel="links masked (%)", xticks=range(len(percents)), xticklabels=percents,
                 xlim=(-0.5, len(percents) - 0.5))
    one_legend(figure, "outside lower center", 4)


def draw_links(figure, links):
    """Events per 100 links by plain SGD, which moves nothing by earlier gradients."""
    arms = list(groups(pick(links, optimizer="sgd", percent=links["percent"][0]), "rule"))
    names = list(COUNTS)
    for axes, (rule, at) in zip(panels_of(figure, len(arms), 6, 4, "What masked links do, plain "
                                          f"SGD, {links['percent'][0]} % masked"), arms):
        of_rule = list(groups(at, "arm"))
        for k, (arm, of_arm) in enumerate(of_rule):
            color = DENSE if arm in ("dense", "bare") else SPECTRAL if arm == "spectral" else OTHER
            places = np.arange(len(names)) + 0.8 * (k + 0.5) / len(of_rule) - 0.4
            values = [np.median(share(of_arm, name)) for name in names]
            axes.bar(places, values, 0.75 / len(of_rule), color=color, label=TITLES[arm])
            for place, value in zip(places, values):
                axes.annotate(f"{value:.3g}", (place, value), ha="center", va="bottom", fontsize=8)
        axes.set_xticks(range(len(names)), [COUNTS[name].replace(" ", "\n", 1) for name in names],
                        fontsize=9)
        axes.set(title=f"{rule} threshold", ylabel="events per 100 links", yscale="symlog")
    one_legend(figure, "outside lower center", 4)


def draw_compression(figure, small):
    """What is left of a network whose nodes of small eigenvalues were removed."""
    left, right = panels_of(figure, 2, 5.2, 4.2, "Nodes of small eigenvalues removed before the "
                            f"weights are trained; {several(len(small['accuracy']))}")
    percents = small["percents"]
    band(left, percents, small["accuracy"], SPECTRAL, line="s-", middle=np.median)
    left.set(xlabel="hidden nodes cut (%)", ylabel="test accuracy", title="what it can do")
    band(right, percents, small["numbers"] / small["numbers"][:, :1], DENSE, "numbers", "o-",
         np.median)
    band(right, percents, small["time"], SPECTRAL, "time of a forward", "s-", np.median)
    right.plot(percents, 1 - percents / 100, ":", color=START, label="share of nodes left")
    right.set(xlabel="hidden nodes cut (%)", ylabel="share of the whole network",
              title="what it takes", ylim=(0, 1.05))
