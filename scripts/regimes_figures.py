"""The figures of regimes.py: against alpha, in time, outputs side by side, against width."""
from functools import partial

import numpy as np
from experiment_figures import BLUE, GRAY, GREEN, ORANGE, PINK, save_figures
from regimes_verdicts import spread

COLORS = (BLUE, ORANGE, GREEN, PINK)
TITLES = {"stripe": "Stripe", "mnist": "MNIST parity, 10 principal components"}
PANELS = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
          "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
LAWS = {"parameters": (-0.5, -1), "kernel": (-1,)}


def plot(result, setting, folder):
    """Write the figures of `result`, as regimes.run gives it, to `folder`."""
    figures = {f"alpha_{task}": partial(draw_alpha, result=result, setting=setting, task=task)
               for task, widths in setting.widths.items() if f"{task} {widths[0]}" in result}
    figures["approach"] = partial(draw_approach, result=result, setting=setting)
    figures["courses"] = partial(draw_courses, result=result)
    figures["outputs"] = partial(draw_outputs, result=result)
    figures["scatter"] = partial(draw_scatter, result=result, setting=setting)
    save_figures(figures, folder)


def draw_alpha(plt, result, setting, task):
    """Three panels against alpha; a color for each width, a line for each seed."""
    figure, panels = plt.subplots(1, 3, figsize=(16, 5))
    alpha = 10.0 ** np.array(setting.exponents)
    for axes, (key, label) in zip(panels, PANELS.items()):
        for width, color in zip(setting.widths[task], COLORS):
            own = result[f"{task} {width}"]
            axes.plot(alpha, own[key].T, color=color, linewidth=0.6, alpha=0.5)
            axes.plot(alpha, own[key].mean(0), "o-", color=color, markersize=4,
                      label=f"h = {width}")
        if key in LAWS:
            draw_laws(axes, alpha, own[key].mean(0), LAWS[key])
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$", title=label)
    frozen = np.mean([result[f"{task} {width}"]["frozen_error"] for width in setting.widths[task]])
    panels[0].axhline(frozen, color="k", linestyle=":", label="frozen kernel, mean")
    panels[2].axhline(1, color=GRAY, linewidth=0.8)
    panels[0].legend(loc="lower right")
    figure.suptitle(f"{TITLES[task]}, p = {setting.p[task]}: from feature learning at small alpha "
                    f"to lazy training at large alpha, whatever the width")
    return figure


def draw_laws(axes, alpha, values, exponents):
    """Predicted power laws: one through the first value, another through the last one."""
    small, large = alpha[alpha <= 1], alpha[alpha >= 10]
    for part, end, exponent in zip((small, large), (0, -1), exponents):
        axes.plot(part, values[end] * (part / alpha[end]) ** exponent, "k:", linewidth=1.2,
                  label=rf"$\alpha^{{{exponent:g}}}$")
    axes.legend()


def draw_approach(plt, result, setting):
    """The distance of network and approximations against alpha, two activations."""
    figure, panels = plt.subplots(1, 2, figsize=(12, 5), sharey=True)
    alpha = 10.0 ** np.array(setting.approach)
    for axes, (name, exponent) in zip(panels, (("softplus", -1), ("relu", -0.5))):
        for key, color, label in (("linear", ORANGE, r"linearized, $f_0 + J (\theta - \theta_0)$"),
                                  ("frozen", GREEN, "flow with the frozen kernel")):
            axes.plot(alpha, result[name][key].T, color=color, linewidth=0.6, alpha=0.5)
            mean = result[name][key].mean(0)
            axes.plot(alpha, mean, "o-", color=color, label=label)
        axes.plot(alpha, mean[1] * (alpha / alpha[1]) ** exponent, "k:",
                  label=rf"$\alpha^{{{exponent:g}}}$, predicted")
        axes.legend()
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$",
                 title={"softplus": "softplus", "relu": "ReLU"}[name])
    panels[0].set_ylabel("relative distance of F on test points")
    figure.suptitle(f"Stripe, h = {setting.widths['stripe'][0]}: the network beside its "
                    f"approximations at the same time and in the same steps")
    return figure


def draw_courses(plt, result):
    """Loss against alpha t for the three, one panel for each alpha."""
    courses = {name: own for name, own in result.items() if name.startswith("course ")}
    figure, panels = plt.subplots(1, len(courses), figsize=(16, 5), sharey=True)
    for axes, (name, own) in zip(panels, courses.items()):
        for key, color, style, label in (("network", BLUE, "-", "network"),
                                         ("linear", ORANGE, "--", "linearized on its way")):
            axes.plot(own["time"][1:], own[key][1:], color=color, linestyle=style, label=label)
        kernel = result["kernel course"]
        axes.plot(kernel["time"][1:], kernel["loss"][1:], ":", color=GREEN, linewidth=2.5,
                  label="frozen kernel")
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha t$", ylim=(3e-3, 1.5),
                 title=rf"$\alpha = 10^{{{name.split()[1]}}}$")
    panels[0].set_ylabel("training loss")
    panels[0].legend()
    figure.suptitle("Stripe: at large alpha the three are one; at small alpha the kernel grows, "
                    "and the network is faster than either")
    return figure


def draw_outputs(plt, result):
    """F of both approximations against F of the network on test points, at the end."""
    courses = {name: own for name, own in result.items() if name.startswith("course ")}
    figure, panels = plt.subplots(1, len(courses), figsize=(16, 5))
    for axes, (name, own) in zip(panels, courses.items()):
        network, linear, frozen = own["outputs"].T
        ends = network.min(), np.quantile(network, 0.998)
        axes.scatter(network, linear, s=5, color=ORANGE, label="linearized")
        axes.scatter(network, frozen, s=5, color=GREEN, label="frozen kernel")
        axes.plot(ends, ends, "k-", linewidth=0.8)
        axes.set(xlim=ends, ylim=ends, xlabel="F of the network",
                 title=rf"$\alpha = 10^{{{name.split()[1]}}}$")
    panels[0].set_ylabel("F of its approximations")
    panels[0].legend(markerscale=3)
    figure.suptitle("Stripe, test points, at the end of training: on the line they agree")
    return figure


def draw_scatter(plt, result, setting):
    """The relative spread of F over initializations against the width."""
    figure, axes = plt.subplots(figsize=(7, 5))
    width = np.array(setting.scatter, float)
    values = np.array([spread(outputs) for outputs in result["scatter"]["outputs"]])
    axes.plot(width, values, "o", color=BLUE, label=f"{setting.members} initializations")
    axes.plot(width, values[-1] * (width / width[-1]) ** -0.5, "k:", label="$h^{-1/2}$, published")
    axes.set(xscale="log", yscale="log", xlabel="width h",
             ylabel="standard deviation / rms of F on test points",
             title=r"Frozen kernels ($\alpha \to \infty$): the spread over initializations")
    axes.legend()
    return figure
