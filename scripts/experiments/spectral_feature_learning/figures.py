"""Figures: arms against alpha, and their kernels in time.

Green: only eigenvalues are trained in the first layer; gray: only eigenvectors; yellow: both.
"""
from functools import partial
from operator import itemgetter

from lab.style import (DENSE, OTHER, SPECTRAL, band, grid_of, log_ticks, one_legend, power,
                       several)

from .claims import SMALL, gathered
from .parts import ARMS, DEGREES, GRID, GROUPS

COLUMNS = {"a group of the first layer alone": {
               "lambda_in": (SPECTRAL, r"$\lambda^{in}$ alone", "o--"),
               "lambda_out": (SPECTRAL, r"$\lambda^{out}$ alone", "o-."),
               "lambda": (SPECTRAL, r"both $\lambda$ alone", "o-"),
               "phi": (DENSE, r"$\phi$ alone", "o-")},
           "with the output layer": {
               "lambda + beta": (SPECTRAL, r"$\lambda$, $\beta$", "s-"),
               "dense": (DENSE, r"$\phi$, $\beta$: dense", "s-"),
               "everything": (OTHER, "everything", "s-"),
               "bias apart": (OTHER, "everything, bias apart", "s--")}}
NAMES = {arm: look[1] for looks in COLUMNS.values() for arm, look in looks.items()}
GROUP_LOOKS = dict(zip(GROUPS, ((SPECTRAL, r"$\lambda^{in}$", "-"), (SPECTRAL, r"$\lambda^{out}$",
                                                                     "--"),
                                (DENSE, r"$\phi$", "-"), (OTHER, r"$\beta$", "-"))))
PREDICTED = {"phi", "dense", "everything"}      # whose exponents are drawn: one of each degree k


# Values (seeds, alphas) of a part, and ticks of the axis; by lambda_in: 1 where it is not trained.
ROWS = {"test error": (itemgetter("error"), (0.05, 0.1, 0.2, 0.5)),
        r"$|\theta - \theta_0|\ /\ |\theta_0|$": (itemgetter("parameters"), None),
        "$|K - K_0|\\ /\\ |K_0|$": (itemgetter("kernel"), None),
        "amplification of $x_1$ by W": (itemgetter("amplification"), (1, 3, 10, 30)),
        r"amplification by $\lambda^{in}$": (itemgetter("eigenvalue"), (1, 3, 10, 30)),
        "attractors / at the start": (gathered, (0.1, 0.2, 0.5, 1))}
CHANGES = {1: lambda k: -1 / k, 2: lambda k: 2 / k - 2}     # row -> its exponent by degree


def figures(result):
    kernels = {name.removeprefix("kernels "): part for name, part in result.items()
               if name.startswith("kernels ")}
    tasks = dict.fromkeys(name.removesuffix(" dense") for name in result
                          if name.endswith(" dense") and not name.startswith("kernels"))
    return {**{task: partial(draw_arms, task=task, arms={arm: result[f"{task} {arm}"]
                                                         for arm in ARMS}) for task in tasks},
            "kernels": partial(draw_kernels, kernels=kernels)}


def spread(seeds):
    return f"mean and range over {several(seeds)}" if seeds > 1 else "one seed"


def draw_arms(figure, task, arms):
    """A row for each quantity against alpha, a column for arms of each kind."""
    part = arms["dense"]
    grid = grid_of(figure, len(ROWS), 2, 4.6, 2.7, f"{task}, p = {part['p']}, h = {part['h']}: "
                   + spread(len(part["error"])), sharex=True, sharey="row")
    for column, (title, looks) in zip(grid.T, COLUMNS.items()):
        column[0].set_title(title)
        column[-1].set_xlabel(r"$\alpha$")
        for axes, (values_of, _) in zip(column, ROWS.values()):
            for arm, look in looks.items():
                band(axes, 10.0 ** arms[arm]["log_alpha"], values_of(arms[arm]), *look,
                     markersize=4)
        for arm in PREDICTED & set(looks):
            draw_prediction(column, arm, arms[arm])
    for axes, (label, (_, ticks)) in zip(grid[:, 0], ROWS.items()):
        axes.set(xscale="log", yscale="log", ylabel=label)
        if ticks:
            log_ticks(axes, y=ticks)
    grid[2, 0].set_ylim(bottom=1e-3)                        # lambda_out alone: exactly 0
    one_legend(figure, "outside lower center", 2)


def draw_prediction(column, arm, part):
    """Power laws of both changes at small alpha, through the means that are measured there."""
    alpha = 10.0 ** part["log_alpha"][SMALL]
    for row, exponent in CHANGES.items():
        values = list(ROWS.values())[row][0](part)[:, SMALL].mean(0)
        power(column[row], alpha, exponent(DEGREES[arm]), (alpha, values), linewidth=2,
              label="predicted exponent, small $\\alpha$")


def draw_kernels(figure, kernels):
    """Alignment of each group's kernel and its share of the trace in time; a row for each arm."""
    grid = grid_of(figure, len(kernels), 2, 4.6, 3, sharex=True, sharey="col")
    for (left, right), (arm, part) in zip(grid, kernels.items()):
        for i, look in enumerate(GROUP_LOOKS.values()):
            band(left, GRID, part["alignment"][:, :, i], *look)
            band(right, GRID, part["share"][:, :, i], *look)
        right.plot(GRID, part["loss"].mean(0), "k-", linewidth=1, label="training loss")
        left.set(xscale="log", ylabel="alignment with the labels", xlim=(1e-2, 30))
        right.set(ylabel="share of the trace of K")
        for axes in (left, right):
            axes.set_title(f"trained: {NAMES[arm]}")
    for axes in grid[-1]:
        axes.set_xlabel("time / time at which the loss is half")
    figure.suptitle(rf"Kernels of all groups, trained or not, $\alpha = 10^{{{part['exponent']}}}$"
                    f"; {spread(len(part['loss']))}")
    one_legend(figure, "outside lower center", 5)
