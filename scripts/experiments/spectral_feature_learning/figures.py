"""Figures: arms against alpha, and their kernels in time."""
from functools import partial

from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band

from .claims import gathered
from .parts import ARMS, DEGREES, GRID, GROUPS

COLORS = {"lambda_in": ORANGE, "lambda_out": PINK, "lambda": BLUE, "phi": GRAY,
          "lambda + beta": BLUE, "dense": GRAY, "everything": GREEN, "bias apart": "k"}
NAMES = {"lambda_in": r"$\lambda^{in}$ alone", "lambda_out": r"$\lambda^{out}$ alone",
         "lambda": r"both $\lambda$ alone", "phi": r"$\phi$ alone",
         "lambda + beta": r"$\lambda$, $\beta$", "dense": r"$\phi$, $\beta$: dense",
         "everything": "everything", "bias apart": "everything, bias apart"}
GROUP_NAMES = {"lambda_in": r"$\lambda^{in}$", "lambda_out": r"$\lambda^{out}$",
               "phi": r"$\phi$", "weight": r"$\beta$"}
GROUP_COLORS = (ORANGE, PINK, GRAY, GREEN)


def figures(result):
    tasks = {task: {arm: result[f"{task} {arm}"] for arm in ARMS}
             for task in ("stripe", "mnist") if f"{task} dense" in result}
    kernels = {name.removeprefix("kernels "): part for name, part in result.items()
               if name.startswith("kernels ")}
    drawn = {"arms": partial(draw_arms, arms=tasks["stripe"]),
             "geometry": partial(draw_geometry, arms=tasks["stripe"]),
             "kernels": partial(draw_kernels, kernels=kernels)}
    if "mnist" in tasks:
        drawn["mnist"] = partial(draw_mnist, arms=tasks["mnist"])
    return drawn


def draw_line(axes, arm, part, values):
    """Mean over seeds of values (seeds, alphas) with their range; dashed if a group is alone."""
    line = "o--" if DEGREES.get(arm) == 1 else "o-"
    band(axes, 10.0 ** part["log_alpha"], values, COLORS[arm], NAMES[arm], line=line, alpha=0.12,
         markersize=4)
    axes.set(xscale="log", xlabel=r"$\alpha$")


def draw_arms(plt, arms):
    """Test error and both changes against alpha."""
    figure, panels = plt.subplots(1, 3, figsize=(17, 5.5))
    labels = {"error": "test error", "parameters": r"$|\theta - \theta_0|\ /\ |\theta_0|$",
              "kernel": "$|K - K_0|\\ /\\ |K_0|$"}
    for axes, (name, label) in zip(panels, labels.items()):
        for arm, part in arms.items():
            draw_line(axes, arm, part, part[name])
        axes.set(yscale="log", title=label)
    panels[2].set_ylim(bottom=1e-3)                         # lambda_out alone: exactly 0
    draw_degrees(panels[1], arms)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle(f"Stripe, p = {part['p']}, h = {part['h']}: mean and range over "
                    rf"seeds; dotted: $\alpha^{{-1/k}}$, f of degree k in what is trained")
    return figure


def draw_degrees(axes, arms):
    """alpha^(-1/k) through the first point of an arm of each degree k."""
    for arm in ("lambda", "lambda + beta", "everything"):
        alpha, start = 10.0 ** arms[arm]["log_alpha"], arms[arm]["parameters"][:, 0].mean()
        small = alpha[alpha <= 1]
        axes.plot(small, start * (small / alpha[0]) ** (-1 / DEGREES[arm]), "k:", linewidth=1.2)


def draw_geometry(plt, arms):
    """Amplification of the relevant coordinate, by W and by its eigenvalue, and attractors."""
    figure, panels = plt.subplots(1, 3, figsize=(17, 5.5))
    for arm, part in arms.items():
        draw_line(panels[0], arm, part, part["amplification"])
        if "lambda_in" in ARMS[arm][0]:
            draw_line(panels[1], arm, part, part["eigenvalue"])
        draw_line(panels[2], arm, part, gathered(part))
    for axes, title in zip(panels, (r"of W: rms $W_{\cdot 1}$ / mean rms $W_{\cdot j}$",
                                    r"$|\lambda^{in}_1|$ / mean $|\lambda^{in}_j|$",
                                    "attractors / those at the start")):
        axes.set(yscale="log", title=title)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle("Stripe: amplification of the one relevant coordinate, and how neurons gather")
    return figure


def draw_kernels(plt, kernels):
    """Alignment of each group's kernel and its share of the trace in time, arm by arm."""
    figure, grid = plt.subplots(2, len(kernels), figsize=(16, 8), sharex=True, sharey="row")
    for (top, bottom), (arm, part) in zip(grid.T, kernels.items()):
        for i, (group, color) in enumerate(zip(GROUPS, GROUP_COLORS)):
            for axes, name in ((top, "alignment"), (bottom, "share")):
                band(axes, GRID, part[name][:, :, i], color, GROUP_NAMES[group])
        bottom.plot(GRID, part["loss"].mean(0), "k:", label="training loss")
        top.set(xscale="log", title=NAMES[arm])
        bottom.set_xlabel("time / time at which the loss is half")
    for axes, label in zip(grid[:, 0], ("alignment with the labels", "share of the trace of K")):
        axes.set_ylabel(label)
        axes.legend()
    figure.suptitle(rf"Kernels of all groups, trained or not, in three arms, $\alpha = "
                    rf"10^{{{part['exponent']}}}$: lines are means, bands the range over seeds")
    return figure


def draw_mnist(plt, arms):
    """Test error and attractors of MNIST parity against alpha."""
    figure, panels = plt.subplots(1, 2, figsize=(13, 5.5))
    for arm, part in arms.items():
        draw_line(panels[0], arm, part, part["error"])
        draw_line(panels[1], arm, part, gathered(part))
    panels[0].set(title="test error")
    panels[1].set(title="attractors / those at the start", ylim=(0, None))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right upper")
    figure.suptitle(f"MNIST, parity, 10 principal components, p = {part['p']}")
    return figure
