"""Figures: against alpha, in time, outputs side by side."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, grid_of, panels_of, power

from .claims import TASKS, sweeps

COLORS = (BLUE, ORANGE, GREEN, PINK)
PANELS = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
          "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
LAWS = {"error": (), "parameters": (-0.5, -1), "kernel": (-1,)}


def figures(result):
    courses = {name: part for name, part in result.items() if name.startswith("course ")}
    return {**{f"alpha_{task}": partial(draw_alpha, task=task, parts=sweeps(result, task))
               for task in TASKS if sweeps(result, task)},
            "approach": partial(draw_approach, result=result),
            "courses": partial(draw_courses, courses=courses, kernel=result["kernel course"])}


def draw_alpha(figure, task, parts):
    panels = panels_of(figure, 3, 5.3, 5)
    for axes, (key, label) in zip(panels, PANELS.items()):
        for (width, part), color in zip(parts.items(), COLORS):
            alpha, values = 10.0 ** part["log_alpha"], part[key]
            band(axes, alpha, values, color, f"h = {width}", "o-", markersize=4)
        # Predicted: one power of alpha through the first value, another through the last one.
        for end, some, exponent in zip((0, -1), (alpha <= 1, alpha >= 10), LAWS[key]):
            power(axes, alpha[some], exponent, (alpha[end], values.mean(0)[end]),
                  rf"$\alpha^{{{exponent:g}}}$")
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$", title=label)
    panels[0].axhline(np.mean([part["frozen_error"] for part in parts.values()]), color="k",
                      linestyle=":", label="frozen kernel, mean")
    panels[2].axhline(1, color=GRAY, linewidth=0.8)
    figure.suptitle(f"{task}, p = {part['p']}: from feature learning at small alpha "
                    f"to lazy training at large alpha, whatever the width; bands: seeds")


def draw_approach(figure, result):
    panels = panels_of(figure, 2, 6, 5, f"Stripe, h = {result['relu']['h']}: the network beside "
                       "its approximations at the same time and in the same steps", sharey=True)
    for axes, title, exponent in zip(panels, ("softplus", "ReLU"), (-1, -0.5)):
        part = result[title.lower()]
        alpha, frozen = 10.0 ** part["log_alpha"], part["frozen"]
        band(axes, alpha, part["linear"], ORANGE, r"linearized, $f_0 + J (\theta - \theta_0)$",
             "o-")
        band(axes, alpha, frozen, GREEN, "flow with the frozen kernel", "o-")
        power(axes, alpha, exponent, (alpha[1], frozen.mean(0)[1]),
              rf"$\alpha^{{{exponent:g}}}$, predicted")
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$", title=title,
                 ylabel="relative distance of F on test points")


def draw_courses(figure, courses, kernel):
    """Above: losses in time; below: F of the approximations against F of the network at the end."""
    grid = grid_of(figure, 2, len(courses), 5.3, 5, "Stripe: at large alpha the three are one; at "
                   "small alpha the kernel grows, and the network is faster than either")
    for (above, below), (name, part) in zip(grid.T, courses.items()):
        time = part["time"][1:]
        above.plot(time, part["network"][1:], color=BLUE, label="network")
        above.plot(time, part["linearized"][1:], "--", color=ORANGE, label="linearized on its way")
        above.plot(kernel["time"][1:], kernel["loss"][1:], ":", color=GREEN, linewidth=2.5,
                   label="frozen kernel")
        above.set(xscale="log", yscale="log", xlabel=r"$\alpha t$", ylim=(3e-3, 1.5),
                  title=rf"$\alpha = 10^{{{name.split()[1]}}}$", ylabel="training loss")
        network, linearized, frozen = part["outputs"].T
        ends = network.min(), np.quantile(network, 0.998)
        below.scatter(network, linearized, s=5, color=ORANGE)
        below.scatter(network, frozen, s=5, color=GREEN)
        below.axline((0, 0), slope=1, color="k", linewidth=0.8)
        below.set(xlim=ends, ylim=ends, xlabel="F of the network on test points, at the end",
                  ylabel="F of its approximations")
