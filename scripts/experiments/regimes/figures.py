"""Figures: against alpha, in time, outputs side by side, against width."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, lines, panels_of, power

from .claims import TASKS, spread, sweeps

COLORS = (BLUE, ORANGE, GREEN, PINK)
TITLES = {"stripe": "Stripe", "mnist": "MNIST parity, 10 principal components"}
PANELS = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
          "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
LAWS = {"error": (), "parameters": (-0.5, -1), "kernel": (-1,)}


def figures(result):
    courses = {name: part for name, part in result.items() if name.startswith("course ")}
    return {**{f"alpha_{task}": partial(draw_alpha, task=task, parts=sweeps(result, task))
               for task in TASKS if sweeps(result, task)},
            "approach": partial(draw_approach, result=result),
            "courses": partial(draw_courses, courses=courses, kernel=result["kernel course"]),
            "outputs": partial(draw_outputs, courses=courses),
            "scatter": partial(draw_scatter, **result["scatter"])}


def draw_seeds(axes, alpha, values, color, label):
    """A thin line for each seed, and their mean."""
    lines(axes, alpha, values, color, linewidth=0.6, alpha=0.5)
    axes.plot(alpha, values.mean(0), "o-", color=color, label=label, markersize=4)
    axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$")


def draw_alpha(figure, task, parts):
    panels = panels_of(figure, 3, 5.3, 5)
    for axes, (key, label) in zip(panels, PANELS.items()):
        for (width, part), color in zip(parts.items(), COLORS):
            alpha, values = 10.0 ** part["log_alpha"], part[key]
            draw_seeds(axes, alpha, values, color, f"h = {width}")
        # Predicted: one power of alpha through the first value, another through the last one.
        for end, some, exponent in zip((0, -1), (alpha <= 1, alpha >= 10), LAWS[key]):
            power(axes, alpha[some], exponent, (alpha[end], values.mean(0)[end]),
                  rf"$\alpha^{{{exponent:g}}}$")
        axes.set_title(label)
    panels[0].axhline(np.mean([part["frozen_error"] for part in parts.values()]), color="k",
                      linestyle=":", label="frozen kernel, mean")
    panels[2].axhline(1, color=GRAY, linewidth=0.8)
    figure.suptitle(f"{TITLES[task]}, p = {part['p']}: from feature learning at small alpha "
                    f"to lazy training at large alpha, whatever the width")


def draw_approach(figure, result):
    panels = panels_of(figure, 2, 6, 5, f"Stripe, h = {result['relu']['h']}: the network beside "
                       "its approximations at the same time and in the same steps", sharey=True)
    for axes, title, exponent in zip(panels, ("softplus", "ReLU"), (-1, -0.5)):
        part = result[title.lower()]
        alpha, frozen = 10.0 ** part["log_alpha"], part["frozen"]
        draw_seeds(axes, alpha, part["linear"], ORANGE,
                   r"linearized, $f_0 + J (\theta - \theta_0)$")
        draw_seeds(axes, alpha, frozen, GREEN, "flow with the frozen kernel")
        power(axes, alpha, exponent, (alpha[1], frozen.mean(0)[1]),
              rf"$\alpha^{{{exponent:g}}}$, predicted")
        axes.set(title=title, ylabel="relative distance of F on test points")


def draw_courses(figure, courses, kernel):
    panels = panels_of(figure, len(courses), 5.3, 5, "Stripe: at large alpha the three are one; at "
                       "small alpha the kernel grows, and the network is faster than either",
                       sharey=True)
    for axes, (name, part) in zip(panels, courses.items()):
        time = part["time"][1:]
        axes.plot(time, part["network"][1:], color=BLUE, label="network")
        axes.plot(time, part["linearized"][1:], "--", color=ORANGE, label="linearized on its way")
        axes.plot(kernel["time"][1:], kernel["loss"][1:], ":", color=GREEN, linewidth=2.5,
                  label="frozen kernel")
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha t$", ylim=(3e-3, 1.5),
                 title=rf"$\alpha = 10^{{{name.split()[1]}}}$", ylabel="training loss")


def draw_outputs(figure, courses):
    panels = panels_of(figure, len(courses), 5.3, 5, "Stripe, test points, at the end of training: "
                       "on the line they agree")
    for axes, (name, part) in zip(panels, courses.items()):
        network, *others = part["outputs"].T
        ends = network.min(), np.quantile(network, 0.998)
        for outputs, color, label in zip(others, COLORS[1:], ("linearized", "frozen kernel")):
            axes.scatter(network, outputs, s=5, color=color, label=label)
        axes.axline((0, 0), slope=1, color="k", linewidth=0.8)
        axes.set(xlim=ends, ylim=ends, xlabel="F of the network",
                 ylabel="F of its approximations", title=rf"$\alpha = 10^{{{name.split()[1]}}}$")


def draw_scatter(figure, outputs, h):
    axes, = panels_of(figure, 1, 7, 5)
    values = np.array([spread(members) for members in outputs])
    axes.plot(h, values, "o", color=BLUE, label=f"{outputs.shape[1]} initializations")
    power(axes, h, -0.5, (h[-1], values[-1]), "$h^{-1/2}$, published")
    axes.set(xscale="log", yscale="log", xlabel="width h",
             ylabel="standard deviation / rms of F on test points",
             title=r"Frozen kernels ($\alpha \to \infty$): the spread over initializations")
