"""Figures: against alpha, in time, outputs side by side, against the width."""
from functools import partial

import numpy as np
from lab.style import (DENSE, FEATURE, LAZY, OTHER, PUBLISHED, band, grid_of, log_ticks, one_legend,
                       panels_of, plain_ticks, power)

from .claims import IMAGES, regimes_of, spread, sweeps
from .parts import WHOLE

MARKERS = "osD^"
PANELS = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
          "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
LAWS = {"error": (), "parameters": (-0.5, -1), "kernel": (-1,)}
KINDS = {WHOLE: "whole", "": "10 principal components"}


def figures(result):
    courses = {name: part for name, part in result.items() if name.startswith("course ")}
    stripe = {f"h = {width}": part for width, part in sweeps(result, "stripe").items()}
    images = {name: {f"{words}, h = {width}": part for kind, words in KINDS.items()
                     for width, part in sweeps(result, name + kind).items()} for name in IMAGES}
    return {**{f"alpha_{task}": partial(draw_alpha, task=task, parts=parts)
               for task, parts in {"stripe": stripe, **images}.items() if parts},
            "approach": partial(draw_approach, result=result),
            "courses": partial(draw_courses, courses=courses, kernel=result["kernel course"]),
            "scatter": partial(draw_scatter, result=result)}


def draw_alpha(figure, task, parts):
    """A marker for each width, or kind of image; tints say where the regimes are."""
    p, seeds = (next(iter(parts.values()))[name] for name in ("p", "error"))
    panels = panels_of(figure, 3, 6.4, 3.2, f"{task}, p = {p}: mean and range of {len(seeds)} "
                       "seeds\ndotted: predicted powers of $\\alpha$", 1, sharex=True)
    for axes, (key, label) in zip(panels, PANELS.items()):
        for (name, part), marker in zip(parts.items(), MARKERS):
            alpha, values = 10.0 ** part["log_alpha"], part[key]
            band(axes, alpha, values, DENSE, name, f"{marker}-", markersize=5)
        # One power of alpha through the first value, another through the last one.
        for end, some, exponent in zip((0, -1), (alpha <= 1, alpha >= 10), LAWS[key]):
            power(axes, alpha[some], exponent, (alpha[end], values.mean(0)[end]), color=PUBLISHED)
        axes.set(xscale="log", yscale="log", title=label)
        low, high = axes.get_xlim()
        for ends, color in (((low, 1), FEATURE), ((100, high), LAZY)):
            axes.axvspan(*ends, color=color, alpha=0.08, linewidth=0)
        axes.set_xlim(low, high)
    for place, name, color in ((0.03, "feature", FEATURE), (0.97, "lazy", LAZY)):
        panels[0].text(place, 0.97, name, color=color, ha="left" if place < 0.5 else "right",
                       va="top", transform=panels[0].transAxes)
    plain_ticks(panels[0])
    panels[-1].set_xlabel(r"$\alpha$")
    if task == "stripe":
        panels[0].axhline(np.mean([part["frozen_error"] for part in parts.values()]), color=LAZY,
                          linestyle="--", label="frozen kernel, mean")
    one_legend(figure, "outside lower center", 2)


def draw_approach(figure, result):
    panels = panels_of(figure, 2, 6.4, 4, f"Stripe, h = {result['relu']['h']}: the network beside "
                       "its\napproximations at the same time, in the same steps", 1, sharey=True)
    for axes, title, exponent in zip(panels, ("softplus", "ReLU"), (-1, -0.5)):
        part = result[title.lower()]
        alpha, frozen = 10.0 ** part["log_alpha"], part["frozen"]
        band(axes, alpha, part["linear"], OTHER, r"linearized, $f_0 + J (\theta - \theta_0)$",
             "o-")
        band(axes, alpha, frozen, LAZY, "flow with the frozen kernel", "s-")
        power(axes, alpha, exponent, (alpha[1], frozen.mean(0)[1]),
              rf"$\alpha^{{{exponent:g}}}$, predicted", PUBLISHED)
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$", title=title)
        axes.legend(loc="lower left")
        axes.set_ylabel("relative distance of F")


def draw_courses(figure, courses, kernel):
    """Left: losses in time; right: F of the approximations against F of the network at the end."""
    grid = grid_of(figure, len(courses), 2, 3.8, 3.6, "Stripe: at large alpha the three are one;\n"
                   "at small alpha the kernel grows, and the network is faster")
    for (left, right), (name, part) in zip(grid, courses.items()):
        time = part["time"][1:]
        left.plot(time, part["network"][1:], color=DENSE, linewidth=3, label="network")
        left.plot(time, part["linearized"][1:], "--", color=OTHER, label="linearized on its way")
        left.plot(kernel["time"][1:], kernel["loss"][1:], "-.", color=LAZY, label="frozen kernel")
        left.set(xscale="log", yscale="log", xlabel=r"$\alpha t$", ylim=(3e-3, 1.5),
                 title=rf"$\alpha = 10^{{{name.split()[1]}}}$", ylabel="training loss")
        network, linearized, frozen = part["outputs"].T
        ends = network.min(), np.quantile(network, 0.998)
        right.scatter(network, linearized, s=5, color=OTHER)
        right.scatter(network, frozen, s=5, color=LAZY)
        right.axline((0, 0), slope=1, color=DENSE, linewidth=0.8)
        right.set(xlim=ends, ylim=ends, xlabel="F of the network on test points",
                  ylabel="F of its approximations", title="at the end")
        right.locator_params(nbins=5)
    one_legend(figure, "outside lower center", 3)


def draw_scatter(figure, result):
    """Spread of F over members, and their errors, against the width."""
    panels = panels_of(figure, 2, 6.4, 3.8, "Stripe: networks that differ in their start alone", 1)
    for (name, part), color in zip(regimes_of(result).items(), (FEATURE, LAZY)):
        widths, functions = part["widths"], part["functions"]
        values = np.array([spread(members) for members in functions])
        panels[0].plot(widths, values, "o-", color=color, label=name)
        power(panels[0], widths, -0.5, (widths[-1], values[-1]),
              "$h^{-1/2}$, published" if color == LAZY else None, PUBLISHED)
        band(panels[1], widths, part["errors"].T, color, None, "o-")
    for axes, title in zip(panels, ("spread of F over starts / F", "test error, mean and range")):
        axes.set(xlabel="h, width", title=title, yscale="log")
        log_ticks(axes, x=sorted({width for part in regimes_of(result).values()
                                  for width in part["widths"].tolist()}))
        plain_ticks(axes)
    one_legend(figure, "outside lower center", 3)
