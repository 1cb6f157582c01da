"""Weights at four moments, lambda in time and against p."""
from functools import partial

import numpy as np
from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, band, grid_of, legend_beside, log_ticks,
                       panels_of)

from npspectral.analysis.neurons.compression import late_amplification
from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.analysis.neurons.dynamics import Neurons, positions
from npspectral.data.binary import STRIPE, cylinder_radius

from .claims import fastest_amplification

MOMENTS = ("start", "early", "t*", "end")
DRAWN = 1000                            # neurons and points in a panel
REACH = 3.2                             # of the panels of the input space
TIMES = {"stripe, by component": ("stripe", 0, BLUE, "-"),
         "stripe, mean square": ("stripe", 1, BLUE, "--"),
         "cylinder, by component": ("cylinder", 0, GREEN, "-"),
         "stripe, lazy, by component": ("lazy", 0, ORANGE, "-")}
LAWS = {"stripe at t*": ("stripe", "star", BLUE, "o-"),
        "stripe at the end": ("stripe, on", "end", PINK, "s-"),
        "cylinder at t*": ("cylinder", "star", GREEN, "^-"),
        "stripe, lazy, at the end": ("lazy", "end", ORANGE, "o-")}


def figures(result):
    return {"stripe_weights": partial(draw_weights, part=result["stripe, shown"], n_parallel=1),
            "cylinder_weights": partial(draw_weights, part=result["cylinder, shown"], n_parallel=2),
            "lambda_in_time": partial(draw_times, result=result),
            "lambda_against_p": partial(draw_laws, laws=result)}


def relevant(points, n_parallel):
    """The first coordinate, or the length of the first two, and the first irrelevant one."""
    first = points[:, 0] if n_parallel == 1 else np.hypot(points[:, 0], points[:, 1])
    return first, points[:, n_parallel]


def draw_weights(figure, part, n_parallel):
    """Upper row: weights, lower row: their planes' points z among the training points."""
    (p, d), h = part["x"].shape, part["omega"].shape[1]
    grid = grid_of(figure, 2, 4, 4, 4.2, f"d = {d}, p = {p}, h = {h}. Upper row: weights of "
                   "neurons with $\\beta$ > 0 (blue) and $\\beta$ < 0 (orange). Lower row: z, "
                   "where their plane\nis nearest to 0, area as $|\\beta|$; in gray the points, "
                   "y = +1 dark; black: the true interface")
    what = r"${}_1$" if n_parallel == 1 else r"$|{}_\parallel|$"
    for i, (upper, lower) in enumerate(grid.T):
        omega, bias, beta = (part[key][i][:DRAWN] for key in ("omega", "bias", "beta"))
        scale = np.sqrt((part["omega"][i] ** 2).sum(1).mean())
        colors = np.where(beta > 0, BLUE, ORANGE)
        upper.scatter(*relevant(omega / scale, n_parallel), s=8, c=colors, alpha=0.6)
        lower.scatter(*relevant(part["x"][:DRAWN], n_parallel), s=4, alpha=0.5,
                      c=np.where(part["target"][:DRAWN, 0] > 0, "0.6", "0.85"))
        sizes = 40 * np.abs(beta) / np.abs(part["beta"][i]).max()
        lower.scatter(*relevant(positions(Neurons(omega, bias, beta)), n_parallel), s=sizes,
                      c=colors, alpha=0.7)
        for edge in STRIPE if n_parallel == 1 else (cylinder_radius(2),):
            lower.axvline(edge, color="k", linewidth=1)
        time, factor = part["moments"][i], part["at_moments"][i, 0]
        upper.set(xlabel=what.format(r"\omega") + r" / rms $|\omega|$",
                  title=f"{MOMENTS[i]}, t = {time:.3g}\n$\\lambda$ = {factor:.3g}, "
                        rf"rms $|\omega|$ = {scale:.3g}")
        lower.set_xlabel(what.format("x"))
        for axes, reach in ((upper, np.abs(upper.axis()).max()), (lower, REACH)):
            axes.set(xlim=(-reach if n_parallel == 1 else 0, reach), ylim=(-reach, reach))
    grid[0, 0].set_ylabel(r"$\omega_\perp$ (one of them) / rms $|\omega|$")
    grid[1, 0].set_ylabel(r"$x_\perp$ (one of them)")


def draw_times(figure, result):
    """lambda against t / t*, in the conventions for the stripe, by component for the others."""
    axes, = panels_of(figure, 1, 9, 6)
    p, d = result["stripe, shown"]["x"].shape
    for label, (name, column, color, line) in TIMES.items():
        part = result[f"{name}, shown"]
        axes.plot(part["times"] / part["moments"][2], part["lambda"][:, column], line,
                  color=color, label=label)
    axes.axhline(late_amplification(p, STRIPE), color="k", linewidth=1, linestyle="-.",
                 label=rf"stripe at late times, published: 0.3676 $\sqrt{{p}}$, p = {p}")
    axes.axhline(fastest_amplification(p, d), color="k", linewidth=1, linestyle="--",
                 label="stripe before t*, predicted here")
    axes.axvline(1, color=GRAY, linewidth=1)
    axes.set(xscale="log", yscale="log", xlim=(0.01, 1000), xlabel="t / t*",
             ylabel=r"amplification factor $\lambda$",
             title=f"Irrelevant weights are left behind before t* (d = {d}; cylinder d = "
                   f"{result['cylinder, shown']['x'].shape[1]})")
    legend_beside(axes)


def draw_laws(figure, laws):
    """lambda by component against p: means over seeds, bands their range."""
    axes, = panels_of(figure, 1, 9, 6)
    for label, (name, when, color, line) in LAWS.items():
        band(axes, laws[name]["sizes"], laws[name][when][..., 0], color, label, line)
    sizes, d = laws["stripe"]["sizes"], laws["stripe"]["d"]
    fit = power_law(sizes, laws["stripe"]["star"][..., 0])
    axes.plot(sizes, fit(sizes), "k:", label=rf"stripe at t*, fitted: $p^{{{-fit.exponent:.2f}}}$")
    axes.plot(sizes, [late_amplification(float(p), STRIPE) for p in sizes], "k-.",
              label=r"stripe at late times, published: 0.3676 $\sqrt{p}$")
    axes.plot(sizes, [fastest_amplification(p, d) for p in sizes], "k--",
              label="stripe before t*, predicted here")
    axes.set(yscale="log", xlabel="training points p", title="Compression against p",
             ylabel=r"amplification factor $\lambda$ by component")
    log_ticks(axes, x=sizes)
