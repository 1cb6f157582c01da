"""Figures: arms against alpha, and their kernels in time."""
from functools import partial
from operator import itemgetter

from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, band, grid_of, one_legend, panels_of,
                       power)

from .claims import gathered
from .parts import ARMS, DEGREES, GRID, GROUPS

LOOKS = {"lambda_in": (ORANGE, r"$\lambda^{in}$ alone"),
         "lambda_out": (PINK, r"$\lambda^{out}$ alone"), "lambda": (BLUE, r"both $\lambda$ alone"),
         "phi": (GRAY, r"$\phi$ alone"), "lambda + beta": (BLUE, r"$\lambda$, $\beta$"),
         "dense": (GRAY, r"$\phi$, $\beta$: dense"), "everything": (GREEN, "everything"),
         "bias apart": ("k", "everything, bias apart")}
GROUP_LOOKS = dict(zip(GROUPS, ((ORANGE, r"$\lambda^{in}$"), (PINK, r"$\lambda^{out}$"),
                                (GRAY, r"$\phi$"), (GREEN, r"$\beta$"))))


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


def draw_panel(axes, title, arms, values_of, scale="log", **limits):
    """Mean over seeds of values (seeds, alphas) with their range; dashed if a group is alone."""
    for arm, part in arms.items():
        band(axes, 10.0 ** part["log_alpha"], values_of(part), *LOOKS[arm],
             "o--" if DEGREES.get(arm) == 1 else "o-", markersize=4)
    axes.set(xscale="log", yscale=scale, xlabel=r"$\alpha$", title=title, **limits)


def draw_arms(figure, arms):
    """Test error and both changes against alpha."""
    part = arms["dense"]
    errors, parameters, kernel = panels_of(
        figure, 3, 5.7, 5.5, f"Stripe, p = {part['p']}, h = {part['h']}: mean and range over "
        r"seeds; dotted: $\alpha^{-1/k}$, f of degree k in what is trained")
    draw_panel(errors, "test error", arms, itemgetter("error"))
    draw_panel(parameters, r"$|\theta - \theta_0|\ /\ |\theta_0|$", arms, itemgetter("parameters"))
    draw_panel(kernel, "$|K - K_0|\\ /\\ |K_0|$", arms, itemgetter("kernel"),
               ylim=(1e-3, None))                           # lambda_out alone: exactly 0
    for arm in ("lambda", "lambda + beta", "everything"):   # one of each degree k
        alpha, change = 10.0 ** arms[arm]["log_alpha"], arms[arm]["parameters"][:, 0].mean()
        power(parameters, alpha[alpha <= 1], -1 / DEGREES[arm], (alpha[0], change), linewidth=1.2)
    one_legend(figure)


def draw_geometry(figure, arms):
    """Amplification of the relevant coordinate, by W and by its eigenvalue, and attractors."""
    whole, eigenvalue, attractors = panels_of(
        figure, 3, 5.7, 5.5, "Stripe: amplification of the one relevant coordinate, and how "
        "neurons gather")
    draw_panel(whole, r"of W: rms $W_{\cdot 1}$ / mean rms $W_{\cdot j}$", arms,
               itemgetter("amplification"))
    draw_panel(eigenvalue, r"$|\lambda^{in}_1|$ / mean $|\lambda^{in}_j|$",
               {arm: part for arm, part in arms.items() if "lambda_in" in ARMS[arm][0]},
               itemgetter("eigenvalue"))
    draw_panel(attractors, "attractors / those at the start", arms, gathered)
    one_legend(figure)


def draw_kernels(figure, kernels):
    """Alignment of each group's kernel and its share of the trace in time, arm by arm."""
    grid = grid_of(figure, 2, len(kernels), 5.3, 4, sharex=True, sharey="row")
    for (top, bottom), (arm, part) in zip(grid.T, kernels.items()):
        for i, look in enumerate(GROUP_LOOKS.values()):
            band(top, GRID, part["alignment"][:, :, i], *look)
            band(bottom, GRID, part["share"][:, :, i], *look)
        bottom.plot(GRID, part["loss"].mean(0), "k:", label="training loss")
        top.set(xscale="log", title=LOOKS[arm][1], ylabel="alignment with the labels")
        bottom.set(xlabel="time / time at which the loss is half",
                   ylabel="share of the trace of K")
    figure.suptitle(rf"Kernels of all groups, trained or not, in three arms, $\alpha = "
                    rf"10^{{{part['exponent']}}}$: lines are means, bands the range over seeds")


def draw_mnist(figure, arms):
    """Test error and attractors of MNIST parity against alpha."""
    left, right = panels_of(figure, 2, 6.5, 5.5, "MNIST, parity, 10 principal components, "
                            f"p = {arms['dense']['p']}")
    draw_panel(left, "test error", arms, itemgetter("error"), "linear")
    draw_panel(right, "attractors / those at the start", arms, gathered, "linear", ylim=(0, None))
    one_legend(figure)
