"""Power against false discoveries, each set, where others select more, errors, prices, seconds."""
from functools import partial

import numpy as np
from lab.style import (DENSE, OTHER, PUBLISHED, SPECTRAL, START, band, grid_of, log_ticks,
                       one_legend, plain_ticks)

from .claims import CORRELATED, LEVEL, rivals
from .measures import (FIXED, GROUPS, MARGINAL, NO_MARGIN, OURS, PRICES, Q, errors, measured,
                       sets_of)
from .sets import FRESH

MARKS = {PRICES: (SPECTRAL, "o"), NO_MARGIN: (SPECTRAL, "v"), GROUPS: (SPECTRAL, "s"),
         MARGINAL: (OTHER, "o"), FIXED: (OTHER, "s")}
PEER_MARKS = "^", "D", "v", "P", "X", "*"       # all in gray
SHOWN = "rho 0.8"


def figures(result):
    sets = sets_of(result)
    found = {name: measured(part) for name, part in sets.items()}
    drawn = {"selections": partial(draw_selections, found=found),
             "sets": partial(draw_sets, found=found)}
    if any(rivals(of_method) for of_method in found.values()):
        drawn["others"] = partial(draw_others, found=found)
    if any(name in sets for name in CORRELATED):
        drawn["errors"] = partial(draw_errors, sets=sets)
    if SHOWN in sets:
        drawn["prices"] = partial(draw_prices, part=sets[SHOWN])
    return {**drawn, "growth": partial(draw_growth, result=result)}


def mark_of(method, methods):
    """Color and marker of a method."""
    others = [one for one in methods if one not in OURS]
    return MARKS.get(method) or (DENSE, PEER_MARKS[others.index(method) % len(PEER_MARKS)])


def draw_selections(figure, found):
    """Means of power and FDR over the sets with a signal: known ones and fresh ones."""
    groups = {"sets on which the method was made": [], "fresh sets": []}
    for name, of_method in found.items():
        if np.isfinite(of_method[PRICES].power).all():
            groups[list(groups)[name in FRESH]].append(name)
    groups = {title: names for title, names in groups.items() if names}
    panels, = grid_of(figure, 1, len(groups), 4.6, 4.6, "Upper left is best: much found, little of "
                      "it false", sharey=True)
    for axes, (title, names) in zip(panels, groups.items()):
        methods = list(found[names[0]])
        for method in methods:
            color, mark = mark_of(method, methods)
            power, fdr = (np.mean([getattr(found[name][method], field).mean() for name in names])
                          for field in ("power", "fdp"))
            axes.plot(fdr, power, mark, color=color, markersize=10, label=method,
                      markerfacecolor="none" if method in (NO_MARGIN, GROUPS) else color)
        axes.axvline(Q, color=PUBLISHED, linestyle=":", label="asked for")
        axes.set(title=title, xlabel="false discovery rate, mean over sets", xlim=(-0.03, 0.75),
                 ylim=(-0.03, 1.03))
    panels[0].set_ylabel("power, mean over sets")
    one_legend(figure, "outside lower center", 3)


def draw_sets(figure, found):
    """Power and FDR of every method on every set, as numbers."""
    methods, names = list(next(iter(found.values()))), list(found)
    panels = grid_of(figure, 2, 1, 1.8 + 0.42 * len(methods), 1.2 + 0.3 * len(names), sharex=True)
    for axes, field, title in zip(panels.flat, ("power", "fdp"), ("power", "false discovery rate")):
        table = np.array([[getattr(found[name][method], field).mean() for method in methods]
                          for name in names])
        shade = table if field == "power" else 1 - table
        axes.imshow(shade, cmap="Greens" if field == "power" else "Oranges_r", aspect="auto",
                    vmin=-0.3, vmax=1.3)
        for row, column in np.argwhere(np.isfinite(table)):
            axes.text(column, row, f"{table[row, column]:.2f}".lstrip("0") or "0", ha="center",
                      va="center", fontsize=8)
        axes.set_xticks(range(len(methods)), methods, rotation=90)
        axes.set_yticks(range(len(names)), names)
        axes.set(title=title)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)


def draw_others(figure, found):
    """Sets on which another method, at an FDR of q at most, selects more than prices do."""
    better = {name: rivals(of_method) for name, of_method in found.items()}
    better = {name: methods for name, methods in better.items() if methods}
    gain = {name: found[name][methods[0]].power.mean() - found[name][PRICES].power.mean()
            for name, methods in better.items()}
    names = sorted(better, key=gain.get)
    (axes,), = grid_of(figure, 1, 1, 8, 1.6 + 0.4 * len(names), "Where another method selects more,"
                       " at an FDR of 0.1 at most")
    for row, name in enumerate(names):
        ours, method = found[name][PRICES].power.mean(), better[name][0]
        theirs = found[name][method].power.mean()
        axes.plot([ours, theirs], [row, row], color=START, zorder=0)
        axes.plot(ours, row, "o", color=SPECTRAL, markersize=9, label=PRICES if not row else None)
        axes.plot(theirs, row, "D", color=OTHER if method in OURS else DENSE, markersize=8,
                  label="the best of the others" if not row else None)
        axes.text(theirs + 0.02, row, method, va="center", fontsize=10)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="power", xlim=(-0.03, 1.45), xticks=np.linspace(0, 1, 6),
             ylim=(-0.6, len(names)))
    one_legend(figure, "outside lower center", 2)


def draw_errors(figure, sets):
    """Irrelevant inputs with p < 0.05: drawn whatever the others are, and given them."""
    names = [name for name in CORRELATED if name in sets]
    (axes,), = grid_of(figure, 1, 1, 7, 1.6 + 0.7 * len(names), "Irrelevant inputs called relevant "
                       "at p < 0.05, margin 0")
    for shift, array, color, label in ((0.15, "marginal_p", OTHER, "drawn whatever the others are"),
                                       (-0.15, "p_0", SPECTRAL, "drawn given the others")):
        for row, name in enumerate(names[::-1]):
            values = errors(sets[name], array)
            axes.plot(values, np.full(len(values), row + shift), "o", color=color, alpha=0.35)
            axes.plot(values.mean(), row + shift, "|", color=color, markersize=20,
                      markeredgewidth=3, label=label if not row else None)
    axes.axvline(LEVEL, color=PUBLISHED, linestyle=":", label="expected")
    axes.set_yticks(range(len(names)), names[::-1])
    axes.set(xlabel="share of the irrelevant inputs; a point for each seed", xlim=(-0.02, None),
             ylim=(-0.6, len(names) - 0.4))
    one_legend(figure, "outside lower center", 3)


def draw_prices(figure, part):
    """Shares of one draw of a set with their intervals, the selected filled, and relevance."""
    order = np.argsort(-part["share"][0])[:20][::-1]
    share, low, high = (100 * part[name][0, order] for name in ("share", "low", "high"))
    true, selected = part["relevant"][0, order], part["selected"][0, order]
    (axes,), = grid_of(figure, 1, 1, 7, 6, f"Prices on one draw of the set {SHOWN}")
    rows, color = np.arange(len(order)), np.where(true, SPECTRAL, OTHER)
    axes.barh(rows, share, color=[one if some else "none" for one, some in zip(color, selected)],
              edgecolor=color, linewidth=1.5)
    axes.hlines(rows, low, high, color=PUBLISHED, linewidth=1)
    for one, label in ((SPECTRAL, "relevant (filled: selected)"), (OTHER, "irrelevant")):
        axes.barh(0, 0, color=one, label=label)
    axes.axvline(0.5, color=PUBLISHED, linestyle=":", label="margin, half a percent")
    axes.set_yticks(rows, [f"column {number}" for number in order])
    axes.set(xlabel="share of what the network explains, in %", ylim=(-0.7, len(order) - 0.3))
    axes.legend(loc="lower right")


def draw_growth(figure, result):
    """Seconds of path and prices against rows and against columns."""
    panels, = grid_of(figure, 1, 2, 4.4, 4, "Seconds of one core", sharey=True)
    for axes, what in zip(panels, ("rows", "columns")):
        part = result[f"growth, {what}"]
        for step, (label, color, line) in enumerate((("path of penalties", SPECTRAL, "-o"),
                                                     ("prices", OTHER, "-s"))):
            band(axes, part["sizes"], part["seconds"][..., step], color, label, line)
        axes.set(xlabel=f"{what}", yscale="log")
        log_ticks(axes, x=part["sizes"])
    panels[0].set_ylabel("seconds")
    plain_ticks(panels[0])
    one_legend(figure, "outside lower center", 2)
