"""Figures: arms against alpha, and their kernels in time."""
from functools import partial
from operator import itemgetter

from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, band, grid_of, one_legend, panels_of, power)

from .claims import gathered
from .parts import ARMS, DEGREES, GRID, GROUPS

LOOKS = {"lambda_in": (ORANGE, r"$\lambda^{in}$ alone"),
         "lambda_out": (PINK, r"$\lambda^{out}$ alone"), "lambda": (BLUE, r"both $\lambda$ alone"),
         "phi": (GRAY, r"$\phi$ alone"), "lambda + beta": (BLUE, r"$\lambda$, $\beta$"),
         "dense": (GRAY, r"$\phi$, $\beta$: dense"), "everything": (GREEN, "everything"),
         "bias apart": ("k", "everything, bias apart")}
GROUP_LOOKS = dict(zip(GROUPS, ((ORANGE, r"$\lambda^{in}$"), (PINK, r"$\lambda^{out}$"),
                                (GRAY, r"$\phi$"), (GREEN, r"$\beta$"))))


# Values (seeds, alphas) of a part; by lambda_in alone: 1 where it does not learn.
PANELS = {"test error": itemgetter("error"),
          r"$|\theta - \theta_0|\ /\ |\theta_0|$": itemgetter("parameters"),
          "$|K - K_0|\\ /\\ |K_0|$": itemgetter("kernel"),
          r"amplification by W: rms $W_{\cdot 1}$ / mean rms $W_{\cdot j}$":
          itemgetter("amplification"),
          r"amplification by $\lambda^{in}$: $|\lambda^{in}_1|$ / mean $|\lambda^{in}_j|$":
          itemgetter("eigenvalue"), "attractors / those at the start": gathered}


def figures(result):
    kernels = {name.removeprefix("kernels "): part for name, part in result.items()
               if name.startswith("kernels ")}
    return {**{task: partial(draw_arms, task=task, arms={arm: result[f"{task} {arm}"]
                                                         for arm in ARMS})
               for task in ("stripe", "mnist") if f"{task} dense" in result},
            "kernels": partial(draw_kernels, kernels=kernels)}


def draw_arms(figure, task, arms):
    """All panels against alpha; dashed if a group is alone."""
    part = arms["dense"]
    panels = panels_of(figure, len(PANELS), 5.7, 5, f"{task}, p = {part['p']}, h = {part['h']}: "
                       r"mean and range over seeds; dotted: $\alpha^{-1/k}$, f of degree k in what "
                       "is trained")
    for axes, (title, values_of) in zip(panels, PANELS.items()):
        for arm, part in arms.items():
            band(axes, 10.0 ** part["log_alpha"], values_of(part), *LOOKS[arm],
                 "o--" if DEGREES.get(arm) == 1 else "o-", markersize=4)
        axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$", title=title)
    panels[2].set_ylim(bottom=1e-3)                         # lambda_out alone: exactly 0
    for arm in ("lambda", "lambda + beta", "everything"):   # one of each degree k
        alpha, change = 10.0 ** arms[arm]["log_alpha"], arms[arm]["parameters"][:, 0].mean()
        power(panels[1], alpha[alpha <= 1], -1 / DEGREES[arm], (alpha[0], change), linewidth=1.2)
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
        bottom.set(xlabel="time / time at which the loss is half", ylabel="share of the trace of K")
    figure.suptitle(rf"Kernels of all groups, trained or not, in three arms, $\alpha = "
                    rf"10^{{{part['exponent']}}}$: lines are means, bands the range over seeds")
