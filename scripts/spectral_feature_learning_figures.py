"""The figures of spectral_feature_learning.py: arms against alpha, and their kernels in time."""
from functools import partial

import numpy as np
from experiment_figures import BLUE, GRAY, GREEN, ORANGE, PINK, save_figures
from spectral_feature_learning_runs import ARMS, DEGREES, GRID, GROUPS

COLORS = {"lambda_in": ORANGE, "lambda_out": PINK, "lambda": BLUE, "phi": GRAY,
          "lambda + beta": BLUE, "dense": GRAY, "everything": GREEN, "bias apart": "k"}
NAMES = {"lambda_in": r"$\lambda^{in}$ alone", "lambda_out": r"$\lambda^{out}$ alone",
         "lambda": r"both $\lambda$ alone", "phi": r"$\phi$ alone",
         "lambda + beta": r"$\lambda$, $\beta$", "dense": r"$\phi$, $\beta$: dense",
         "everything": "everything", "bias apart": "everything, bias apart"}
GROUP_NAMES = {"lambda_in": r"$\lambda^{in}$", "lambda_out": r"$\lambda^{out}$",
               "phi": r"$\phi$", "weight": r"$\beta$"}
GROUP_COLORS = (ORANGE, PINK, GRAY, GREEN)


def plot(result, setting, folder):
    """Write the figures of `result`, as spectral_feature_learning.run gives it, to `folder`."""
    figures = {"arms": partial(draw_arms, result=result, setting=setting),
               "geometry": partial(draw_geometry, result=result, setting=setting),
               "kernels": partial(draw_kernels, result=result, setting=setting)}
    if "mnist dense" in result:
        figures["mnist"] = partial(draw_mnist, result=result, setting=setting)
    save_figures(figures, folder)


def draw_line(axes, setting, arm, values):
    """Mean over seeds of values (seeds, alphas) with their range; dashed if a group is alone."""
    alpha = 10.0 ** np.array(setting.exponents)
    style = "--" if DEGREES.get(arm) == 1 else "-"
    axes.plot(alpha, values.mean(0), "o" + style, markersize=4, color=COLORS[arm],
              label=NAMES[arm])
    axes.fill_between(alpha, values.min(0), values.max(0), color=COLORS[arm], alpha=0.12)
    axes.set(xscale="log", xlabel=r"$\alpha$")


def draw_arms(plt, result, setting):
    """Test error and both changes against alpha."""
    figure, panels = plt.subplots(1, 3, figsize=(17, 5.5))
    labels = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
              "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
    for axes, (name, label) in zip(panels, labels.items()):
        for arm in ARMS:
            draw_line(axes, setting, arm, result[f"stripe {arm}"][name])
        axes.set(yscale="log", title=label)
    panels[2].set_ylim(bottom=1e-3)                         # lambda_out alone: exactly 0
    draw_degrees(panels[1], 10.0 ** np.array(setting.exponents), result)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle(f"Stripe, p = {setting.p['stripe']}, h = {setting.width}: mean and range over "
                    rf"seeds; dotted: $\alpha^{{-1/k}}$, f of degree k in what is trained")
    return figure


def draw_degrees(axes, alpha, result):
    """alpha^(-1/k) through the first point of an arm of each degree k."""
    small = alpha[alpha <= 1]
    for arm, k in (("lambda", 1), ("lambda + beta", 2), ("everything", 3)):
        start = result[f"stripe {arm}"]["parameters"][:, 0].mean()
        axes.plot(small, start * (small / alpha[0]) ** (-1 / k), "k:", linewidth=1.2)


def draw_geometry(plt, result, setting):
    """Amplification of the relevant coordinate, by W and by its eigenvalue, and attractors."""
    figure, panels = plt.subplots(1, 3, figsize=(17, 5.5))
    for arm in ARMS:
        own = result[f"stripe {arm}"]
        draw_line(panels[0], setting, arm, own["amplification"])
        if "lambda_in" in ARMS[arm][0]:
            draw_line(panels[1], setting, arm, own["eigenvalue"])
        draw_line(panels[2], setting, arm,
                  own["attractors"] / own["start_attractors"][:, None])
    panels[0].set(yscale="log", title=r"of W: rms $W_{\cdot 1}$ / mean rms $W_{\cdot j}$")
    panels[1].set(yscale="log", title=r"$|\lambda^{in}_1|$ / mean $|\lambda^{in}_j|$")
    panels[2].set(yscale="log", title="attractors / those at the start")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle("Stripe: amplification of the one relevant coordinate, and how neurons gather")
    return figure


def draw_kernels(plt, result, setting):
    """Alignment of each group's kernel and its share of the trace in time, arm by arm."""
    parts = [name for name in result if name.startswith("kernels ")]
    figure, grid = plt.subplots(2, len(parts), figsize=(16, 8), sharex=True, sharey="row")
    for (top, bottom), part in zip(grid.T, parts):
        own = result[part]
        for i, (group, color) in enumerate(zip(GROUPS, GROUP_COLORS)):
            for axes, name in ((top, "alignment"), (bottom, "share")):
                values = own[name][:, :, i]
                axes.plot(GRID, values.mean(0), color=color, label=GROUP_NAMES[group])
                axes.fill_between(GRID, values.min(0), values.max(0), color=color, alpha=0.15)
        bottom.plot(GRID, own["loss"].mean(0), "k:", label="training loss")
        top.set(xscale="log", title=NAMES[part.removeprefix("kernels ")])
        bottom.set_xlabel("time / time at which the loss is half")
    grid[0, 0].set_ylabel("alignment with the labels")
    grid[1, 0].set_ylabel("share of the trace of K")
    grid[0, 0].legend()
    grid[1, 0].legend()
    figure.suptitle(rf"Kernels of all groups, trained or not, in three arms, $\alpha = "
                    rf"10^{{{setting.exponents[0]}}}$: lines are means, bands the range over seeds")
    return figure


def draw_mnist(plt, result, setting):
    """Test error and attractors of MNIST parity against alpha."""
    figure, panels = plt.subplots(1, 2, figsize=(13, 5.5))
    for arm in ARMS:
        own = result[f"mnist {arm}"]
        draw_line(panels[0], setting, arm, own["error"])
        draw_line(panels[1], setting, arm,
                  own["attractors"] / own["start_attractors"][:, None])
    panels[0].set(title="test error")
    panels[1].set(title="attractors / those at the start", ylim=(0, None))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle(f"MNIST, parity, 10 principal components, p = {setting.p['mnist']}")
    return figure
