"""Figures: errors against p and p / n_c m^L; three learners; synonyms by layer; sizes; seeds."""
from functools import partial

import numpy as np
from lab.style import (DENSE, FEATURE, LAZY, OTHER, PUBLISHED, START, band, log_ticks, one_legend,
                       panels_of, plain_ticks, several)

from .claims import arm, critical, halves, largest, of_seeds

MARKERS = "osD^vP*X<>hd"
TICKS = 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000


def figures(result):
    drawn = {"collapse": draw_collapse, "learners": draw_learners, "synonyms": draw_synonyms,
             "required": draw_required, "seeds": draw_seeds}
    return {name: partial(draw, result=result) for name, draw in drawn.items()}


def draw_collapse(figure, result):
    deep = arm(result, "deep")
    panels = panels_of(figure, 2, 5.2, 4.8, "Deep networks on hierarchies of v symbols, m "
                       "synonyms, L levels")
    for (task, part), marker in zip(deep.items(), MARKERS):
        for panel, unit in zip(panels, (1, critical(part))):
            panel.plot(part["p"] / unit, part["error"].mean(0), f"{marker}-", color=FEATURE,
                       label=task, markersize=5)
    for panel, label in zip(panels, ("p, training inputs", "p / $n_c m^L$")):
        panel.axhline(0.5, color=PUBLISHED, linewidth=0.7)
        panel.set(xlabel=label, ylim=(0, 1.05))
    sizes = np.concatenate([part["p"] for part in deep.values()])
    panels[0].set_ylabel(f"test error / chance, mean of {several(len(part['error']))}")
    log_ticks(panels[0], x=[tick for tick in TICKS if sizes.min() <= tick <= sizes.max()])
    log_ticks(panels[1], x=(0.5, 1, 2, 4))
    panels[1].axvline(1, color=PUBLISHED, linestyle=":", label="published $P^*$")
    one_legend(figure, "outside lower center", 3)


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
    units = [critical(part) for part in deep]
    panels[0].plot(units, halves(deep), "o", color=FEATURE, label="deep: error is half of chance")
    panels[0].plot(units, np.median(beside, 1), "x", color=OTHER, label="correlations show: $P_c$")
    finish(panels[0], units, "$n_c m^L$", "$n_c m^L$, published $P^*$")
    if len(shallow) > 1:
        for parts, color, label in ((deep, FEATURE, "deep"), (shallow, DENSE, "shallow")):
            parts = [part for part in parts if part["L"] == 2 and part["m"] == part["v"]]
            panels[1].plot([largest(part) for part in parts], halves(parts), "o-", color=color,
                           label=f"{label}: error is half of chance")
        finish(panels[1], [largest(part) for part in shallow], "$P_{max}$, two levels, m = v",
               "$P_{max}$, published for shallow")


def draw_seeds(figure, result):
    """A marker for each hierarchy that was drawn."""
    panel, = panels_of(figure, 1, 6.4, 5, "One hierarchy a seed: some show more than others")
    for (task, part), marker in zip(arm(result, "deep").items(), MARKERS):
        beside = result[f"correlations, {task}"]["detectable"]
        panel.plot(beside / critical(part), of_seeds(part["p"], part["error"]) / critical(part),
                   marker, color=FEATURE, label=task, markerfacecolor="none")
    panel.set(xlabel="$P_c$ / $n_c m^L$, by the rules alone", yscale="log",
              ylabel="p / $n_c m^L$ where the error is half of chance")
    log_ticks(panel, x=(0.5, 1, 2, 4, 8), y=(0.5, 1, 2, 4))
    one_legend(figure, "outside lower center", 3)


def finish(panel, units, label, published):
    """The line p = unit, and logarithmic axes."""
    ends = np.array([min(units), max(units)])
    panel.plot(ends, ends, ":", color=PUBLISHED, label=published)
    panel.set(xlabel=label, ylabel="p, training inputs", yscale="log")
    log_ticks(panel, x=[tick for tick in TICKS if ends[0] / 1.3 <= tick <= ends[1] * 1.3])
    plain_ticks(panel)
    panel.legend(loc="upper left")
