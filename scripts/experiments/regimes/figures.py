"""Figures: against alpha, in time, outputs side by side, against width."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK

from .claims import TASKS, spread, sweeps

COLORS = (BLUE, ORANGE, GREEN, PINK)
TITLES = {"stripe": "Stripe", "mnist": "MNIST parity, 10 principal components"}
PANELS = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
          "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
LAWS = {"parameters": (-0.5, -1), "kernel": (-1,)}


def figures(result):
    courses = {name: part for name, part in result.items() if name.startswith("course ")}
    return {**{f"alpha_{task}": partial(draw_alpha, task=task, parts=sweeps(result, task))
               for task in TASKS if sweeps(result, task)},
            "approach": partial(draw_approach, result=result),
            "courses": partial(draw_courses, courses=courses, kernel=result["kernel course"]),
            "outputs": partial(draw_outputs, courses=courses),
            "scatter": partial(draw_scatter, **result["scatter"])}


def draw_seeds(axes, alpha, values, color, label, **style):
    """A thin line for each seed, and their mean."""
    axes.plot(alpha, values.T, color=color, linewidth=0.6, alpha=0.5)
    axes.plot(alpha, values.mean(0), "o-", color=color, label=label, **style)
    axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$")


def draw_alpha(plt, task, parts):
    figure, panels = plt.subplots(1, 3, figsize=(16, 5))
    for axes, (key, label) in zip(panels, PANELS.items()):
        for (width, part), color in zip(parts.items(), COLORS):
            alpha = 10.0 ** part["log_alpha"]
            draw_seeds(axes, alpha, part[key], color, f"h = {width}", markersize=4)
        if key in LAWS:
            draw_laws(axes, alpha, part[key].mean(0), LAWS[key])
        axes.set_title(label)
    panels[0].axhline(np.mean([part["frozen_error"] for part in parts.values()]), color="k",
                      linestyle=":", label="frozen kernel, mean")
    panels[2].axhline(1, color=GRAY, linewidth=0.8)
    panels[0].legend(loc="lower right")
    figure.suptitle(f"{TITLES[task]}, p = {part['p']}: from feature learning at small alpha "
                    f"to lazy training at large alpha, whatever the width")
    return figure


def draw_laws(axes, alpha, values, exponents):
    """Predicted power laws: one through the first value, another through the last one."""
    for part, end, exponent in zip((alpha[alpha <= 1], alpha[alpha >= 10]), (0, -1), exponents):
        axes.plot(part, values[end] * (part / alpha[end]) ** exponent, "k:", linewidth=1.2,
                  label=rf"$\alpha^{{{exponent:g}}}$")
    axes.legend()


def draw_approach(plt, result):
    figure, panels = plt.subplots(1, 2, figsize=(12, 5), sharey=True)
    for axes, title, exponent in zip(panels, ("softplus", "ReLU"), (-1, -0.5)):
        part = result[title.lower()]
        alpha = 10.0 ** part["log_alpha"]
        draw_seeds(axes, alpha, part["linear"], ORANGE,
                   r"linearized, $f_0 + J (\theta - \theta_0)$")
        draw_seeds(axes, alpha, part["frozen"], GREEN, "flow with the frozen kernel")
        axes.plot(alpha, part["frozen"].mean(0)[1] * (alpha / alpha[1]) ** exponent, "k:",
                  label=rf"$\alpha^{{{exponent:g}}}$, predicted")
        axes.legend()
        axes.set_title(title)
    panels[0].set_ylabel("relative distance of F on test points")
    figure.suptitle(f"Stripe, h = {part['h']}: the network beside its "
                    f"approximations at the same time and in the same steps")
    return figure


def draw_courses(plt, courses, kernel):
    figure, panels = plt.subplots(1, len(courses), figsize=(16, 5), sharey=True)
    for axes, (name, part) in zip(panels, courses.items()):
        time = part["time"][1:]
        axes.plot(time, part["network"][1:], color=BLUE, label="network")
        axes.plot(time, part["linearized"][1:], "--", color=ORANGE, label="linearized on its way")
        axes.plot(kernel["time"][1:], kernel["loss"][1:], ":", color=GREEN, linewidth=2.5,
                  label="frozen kernel")
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha t$", ylim=(3e-3, 1.5),
                 title=rf"$\alpha = 10^{{{name.split()[1]}}}$")
    panels[0].set_ylabel("training loss")
    panels[0].legend()
    figure.suptitle("Stripe: at large alpha the three are one; at small alpha the kernel grows, "
                    "and the network is faster than either")
    return figure


def draw_outputs(plt, courses):
    figure, panels = plt.subplots(1, len(courses), figsize=(16, 5))
    for axes, (name, part) in zip(panels, courses.items()):
        network, *others = part["outputs"].T
        ends = network.min(), np.quantile(network, 0.998)
        for outputs, color, label in zip(others, COLORS[1:], ("linearized", "frozen kernel")):
            axes.scatter(network, outputs, s=5, color=color, label=label)
        axes.plot(ends, ends, "k-", linewidth=0.8)
        axes.set(xlim=ends, ylim=ends, xlabel="F of the network",
                 title=rf"$\alpha = 10^{{{name.split()[1]}}}$")
    panels[0].set_ylabel("F of its approximations")
    panels[0].legend(markerscale=3)
    figure.suptitle("Stripe, test points, at the end of training: on the line they agree")
    return figure


def draw_scatter(plt, outputs, h):
    figure, axes = plt.subplots(figsize=(7, 5))
    values = np.array([spread(members) for members in outputs])
    axes.plot(h, values, "o", color=BLUE, label=f"{outputs.shape[1]} initializations")
    axes.plot(h, values[-1] * (h / h[-1]) ** -0.5, "k:", label="$h^{-1/2}$, published")
    axes.set(xscale="log", yscale="log", xlabel="width h",
             ylabel="standard deviation / rms of F on test points",
             title=r"Frozen kernels ($\alpha \to \infty$): the spread over initializations")
    axes.legend()
    return figure
