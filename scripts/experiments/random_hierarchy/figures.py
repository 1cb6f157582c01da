"""Figures: errors against p and p / n_c m^L; three learners; synonyms by layer; sizes required."""
from functools import partial

import numpy as np
from lab.style import (DENSE, FEATURE, LAZY, OTHER, PUBLISHED, START, band, log_ticks, one_legend,
                       panels_of)

from .claims import arm, critical, halves, largest

MARKERS = "osD^vP*X<>hd"


def figures(result):
    drawn = {"collapse": draw_collapse, "learners": draw_learners, "synonyms": draw_synonyms,
             "required": draw_required}
    return {name: partial(draw, result=result) for name, draw in drawn.items()}


def draw_collapse(figure, result):
    deep = arm(result, "deep")
    panels = panels_of(figure, 2, 5.2, 4.8, "Deep networks on hierarchies of v symbols, m "
                       "synonyms, L levels")
    for (task, part), marker in zip(deep.items(), MARKERS):
        for panel, unit in zip(panels, (1, critical(part))):
            band(panel, part["p"] / unit, part["error"], FEATURE, task, f"{marker}-", markersize=5)
    for panel, label in zip(panels, ("p, training inputs", "p / $n_c m^L$")):
        panel.axhline(0.5, color=PUBLISHED, linewidth=0.7)
        panel.set(xlabel=label, ylim=(0, 1.05))
    panels[0].set(xscale="log", ylabel="test error / chance")
    log_ticks(panels[1], x=(0.5, 1, 2, 4))
    panels[1].axvline(1, color=PUBLISHED, linestyle=":", label="published $P^*$")
    one_legend(figure)


def draw_learners(figure, result):
    """The first task alone."""
    looks = {"deep": (FEATURE, "o-", "deep, trained"),
             "frozen kernel": (LAZY, "s-", "deep, frozen: tangent kernel"),
             "dense": (DENSE, "D-", "dense, trained")}
    panel, = panels_of(figure, 1, 6, 4.6)
    for name, (color, line, label) in looks.items():
        task, part = next(iter(arm(result, name).items()))
        band(panel, part["p"] / critical(part), part["error"], color, label, line)
    panel.axvline(1, color=PUBLISHED, linestyle=":", label="published $P^*$, deep")
    panel.set(title=task, xlabel="p / $n_c m^L$", ylabel="test error / chance", ylim=(0, 1.05))
    log_ticks(panel, x=(0.5, 1, 2, 4, 8, 16))


def draw_synonyms(figure, result):
    task, part = next(iter(arm(result, "deep").items()))
    levels, p = int(part["L"]), part["p"] / critical(part)
    panels = panels_of(figure, levels, 4.4, 4.4, f"What the exchange of synonyms changes in each "
                       f"layer: {task}", sharey=True)
    for layer, panel in enumerate(panels):
        for level in range(levels):
            band(panel, p, part["sensitivity"][:, :, layer, level], FEATURE,
                 f"synonyms of level 1 to {level + 1}" if level else "synonyms of level 1",
                 f"{MARKERS[level]}-", alpha=1 - 0.3 * level)
        panel.plot(p, part["error"].mean(0), "--", color=START, label="test error / chance")
        panel.set(title=f"layer {layer + 1}", xlabel="p / $n_c m^L$", ylim=(0, 1.05))
        log_ticks(panel, x=(0.5, 1, 2, 4))
    panels[0].set_ylabel("change / distance of two inputs")
    one_legend(figure, "outside lower center", 2)


def draw_required(figure, result):
    deep, shallow = (list(arm(result, name).values()) for name in ("deep", "shallow"))
    beside = [values["detectable"] for values in arm(result, "correlations").values()]
    panels = panels_of(figure, 1 + (len(shallow) > 1), 5.2, 4.8)
    units = np.array([critical(part) for part in deep])
    panels[0].plot(units, halves(deep), "o", color=FEATURE, label="deep: error is half of chance")
    panels[0].plot(units, np.median(beside, 1), "x", color=OTHER, label="correlations show")
    ends = np.array([units.min(), units.max()])
    panels[0].plot(ends, ends, ":", color=PUBLISHED, label="$n_c m^L$, published")
    panels[0].set(xscale="log", yscale="log", xlabel="$n_c m^L$", ylabel="p, training inputs")
    if len(shallow) > 1:
        for parts, color, label in ((deep, FEATURE, "deep"), (shallow, DENSE, "shallow")):
            parts = [part for part in parts if part["L"] == 2]
            panels[1].plot([largest(part) for part in parts], halves(parts), "o-", color=color,
                           label=f"{label}, two levels")
        ends = np.array([largest(part) for part in (shallow[0], shallow[-1])])
        panels[1].plot(ends, ends, ":", color=PUBLISHED, label="$P_{max}$, published for shallow")
        panels[1].set(xscale="log", yscale="log", xlabel="$P_{max}$, all inputs")
