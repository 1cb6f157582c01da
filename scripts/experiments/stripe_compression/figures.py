"""Weights at four moments, lambda and what f owes to x_perp in time, lambda against p."""
from functools import partial

import numpy as np
from lab.style import (DENSE, FEATURE, LAZY, NEGATIVE, OTHER, POSITIVE, PUBLISHED, START, band,
                       grid_of, log_ticks, one_legend, panels_of)

from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.analysis.neurons.compression import late_amplification
from npspectral.analysis.neurons.dynamics import Neurons, positions
from npspectral.data.binary import STRIPE, cylinder_radius

from .claims import fastest_amplification

MOMENTS = ("start", "early", "t*", "end")
DRAWN = 1000                            # neurons and points in a panel
REACH = 3.2                             # of the panels of the input space
TRAINED = {"stripe, feature": ("stripe, on", FEATURE, "-"),
           "cylinder, feature, to t*": ("cylinder", OTHER, "-"),
           "stripe, lazy": ("lazy", LAZY, "-")}
LAWS = {"stripe at t*": ("stripe", "star", FEATURE, "o-"),
        "stripe at the end": ("stripe, on", "end", FEATURE, "s--"),
        "cylinder at t*": ("cylinder", "star", OTHER, "^-"),
        "stripe, lazy, at the end": ("lazy", "end", LAZY, "o-")}


def figures(result):
    return {"in_time": partial(draw_times, result=result),
            "lambda_against_p": partial(draw_laws, laws=result),
            "stripe_weights": partial(draw_weights, part=result["stripe, shown"], n_parallel=1),
            "cylinder_weights": partial(draw_weights, part=result["cylinder, shown"], n_parallel=2)}


def relevant(points, n_parallel):
    """The first coordinate, or the length of the first two, and the first irrelevant one."""
    first = points[:, 0] if n_parallel == 1 else np.hypot(points[:, 0], points[:, 1])
    return first, points[:, n_parallel]


def draw_weights(figure, part, n_parallel):
    """A row for each moment: weights, and where their planes are among the training points."""
    (p, d), h = part["x"].shape, part["omega"].shape[1]
    grid = grid_of(figure, 4, 2, 4.6, 3.4, f"Feature regime, d = {d}, p = {p}, h = {h}; pink: "
                   "$\\beta$ > 0, sky blue: $\\beta$ < 0\nLeft: weights, $\\omega_\\perp$ on its "
                   "own axis. Right: z, where each neuron's\nplane is nearest to 0, area as "
                   "$|\\beta|$; points x in gray, y = +1 dark; black: interface")
    for i, (left, right) in enumerate(grid):
        neurons = Neurons(*(part[key][i][:DRAWN] for key in ("omega", "bias", "beta")))
        colors = np.where(neurons.beta > 0, POSITIVE, NEGATIVE)
        draw_omega(left, relevant(neurons.omega, n_parallel), colors, n_parallel)
        draw_planes(right, part, neurons, colors, n_parallel)
        left.set_title(f"{MOMENTS[i]}: $\\lambda$ = {part['at_moments'][i, 0]:.3g}")
        right.set_title(f"t = {part['moments'][i]:.3g}")


def draw_omega(axes, places, colors, n_parallel):
    """Weights in units of their largest relevant component; each axis to its own reach."""
    scale = np.abs(places[0]).max()
    x, y = (place / scale for place in places)
    axes.scatter(x, y, s=8, c=colors, alpha=0.6)
    reach = 1.1 * np.abs(y).max()
    axes.set(xlim=(-1.1 if n_parallel == 1 else 0, 1.1), ylim=(-reach, reach),
             xlabel=r"$\omega_1$" if n_parallel == 1 else r"$|\omega_\parallel|$",
             ylabel=r"one of $\omega_\perp$")


def draw_planes(axes, part, neurons, colors, n_parallel):
    """The points z among the training points, in two coordinates of the input space."""
    axes.scatter(*relevant(part["x"][:DRAWN], n_parallel), s=4, alpha=0.5,
                 c=np.where(part["target"][:DRAWN, 0] > 0, "0.6", "0.85"))
    sizes = 40 * np.abs(neurons.beta) / np.abs(neurons.beta).max()
    axes.scatter(*relevant(positions(neurons), n_parallel), s=sizes, c=colors, alpha=0.7)
    for edge in STRIPE if n_parallel == 1 else (cylinder_radius(2),):
        axes.axvline(edge, color="k", linewidth=1)
    axes.set(xlim=(-REACH if n_parallel == 1 else 0, REACH), ylim=(-REACH, REACH),
             xlabel=r"$x_1$" if n_parallel == 1 else r"$|x_\parallel|$",
             ylabel=r"one of $x_\perp$")


def draw_times(figure, result):
    """lambda, and the share of var f that is due to x_perp, along training at one p of each law."""
    late = result["stripe, on"]
    p = late["sizes"].max()
    upper, lower = panels_of(figure, 2, 8, 3.8, columns=1, sharex=True, title="What training "
                             f"forgets, p = {p}; means and ranges over seeds")
    for label, (name, color, line) in TRAINED.items():
        part = result[name]
        at = np.flatnonzero(part["sizes"] == p)
        if len(at):
            band(upper, part["times"], part["factor"][:, at[0]], color, label, line)
            band(lower, part["times"], part["owed"][:, at[0], :, 1], color, None, line)
    band(lower, late["times"], late["owed"][:, late["sizes"].argmax(), :, 0], FEATURE,
         "of f itself, not of $F = \\alpha(f - f_0)$", "--")
    upper.axhline(late_amplification(p, STRIPE), color=PUBLISHED, linewidth=1, linestyle=":",
                  label=r"0.3676 $\sqrt{p}$, published for late times")
    upper.axhline(fastest_amplification(p, late["d"]), color=DENSE, linewidth=1, linestyle="--",
                  label="stripe before t*, predicted here")
    for axes in (upper, lower):
        axes.axvline(1, color=START, linewidth=1)
        axes.set(xscale="log", yscale="log")
    one_legend(figure, "outside lower center", 2)
    upper.set(ylabel=r"$\lambda$ by component")
    lower.set(xlabel="t / t*", ylabel="var F due to $x_\\perp$ / var F", ylim=(None, 1))


def draw_laws(figure, laws):
    """lambda by component against p: means over seeds, bands their range."""
    axes, = panels_of(figure, 1, 9, 6)
    for label, (name, when, color, line) in LAWS.items():
        band(axes, laws[name]["sizes"], laws[name][when][..., 0], color, label, line)
    sizes, d = laws["stripe"]["sizes"], laws["stripe"]["d"]
    fit = power_law(sizes, laws["stripe"]["star"][..., 0])
    axes.plot(sizes, [late_amplification(float(p), STRIPE) for p in sizes], ":", color=PUBLISHED,
              label=r"0.3676 $\sqrt{p}$, published for late times")
    axes.plot(sizes, [fastest_amplification(p, d) for p in sizes], "--", color=DENSE,
              label="stripe before t*, predicted here")
    log_ticks(axes, x=sizes, y=(1, 3, 10, 30, 100))
    axes.set(xlabel="training points p", ylabel=r"amplification factor $\lambda$ by component",
             title=rf"Compression against p; the stripe's $\lambda$ at t* grows as "
                   rf"$p^{{{-fit.exponent:.2f}}}$")
    one_legend(figure, "outside lower center", 2)
