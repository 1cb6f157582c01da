"""Checks of the arms. Claims are none: the question is open, nothing is published on it."""
from functools import partial

import numpy as np
from lab.table import Row, slope

from .parts import ARMS, DEGREES, GRID, GROUPS

SMALL, LARGE = slice(0, 2), -1          # the alphas of power laws, and the lazy one
AS_FAR = 0.25                           # largest difference in the share of points left
LEARNING = ("lambda", "phi", "lambda + beta", "dense", "everything")    # better at small alpha
AGAINST_DENSE = {"lambda + beta": (-np.inf, 1), "everything": (-np.inf, 1), "bias apart": (1.3,)}
GATHERING = {"phi": ("gather", -np.inf, 0.6), "dense": ("gather", -np.inf, 0.6),
             "lambda_out": ("stay", 0.9), "lambda + beta": ("stay", 0.6)}
ERRORS = (("test error, small alpha", "error", 0), ("test error, large alpha", "error", LARGE),
          ("points left at small alpha", "left", 0))


def claims(result):
    return []


def checks(result):
    arms = {arm: result[f"stripe {arm}"] for arm in ARMS}
    rows = [Row(title, quantity, "-", part[name][:, alpha]) for title, part in result.items()
            if "error" in part for quantity, name, alpha in ERRORS]
    for arm, k in DEGREES.items():
        rows += exponents(f"stripe {arm}", arms[arm], k)
    return rows + compared(arms) + aligned(result["kernels everything"]["alignment"])


def gathered(part):
    """Attractors (seeds, alphas) in units of those at the start."""
    return part["attractors"] / part["start_attractors"][:, None]


def exponents(title, part, k):
    """Slopes of both changes at small alpha, beside -1/k and 2/k - 2 of homogeneity k.

    The laws compare runs that got as far at both alphas: seeds whose run at the smallest one ended
    by max_steps, with many more points left, are left out, and those that made no step; so is an
    arm without any other (lambda_out alone).
    """
    far = np.abs(np.diff(part["left"][:, SMALL])[:, 0]) <= AS_FAR
    far &= (part["kernel"][:, SMALL] > 0).all(1)
    return [Row(title, f"slope of |{label}|, smallest alphas", f"{law:.3g}",
                slope(part["log_alpha"][SMALL], np.log10(part[name][far, SMALL])),
                round(law - around, 3), round(law + around, 3))
            for name, label, law, around in (("parameters", "theta - theta_0", -1 / k, 0.15),
                                             ("kernel", "K - K_0", 2 / k - 2, 0.25))
            if far.any()]


def compared(arms):
    """Arms against each other at the smallest alpha, seed by seed; "-": nothing was predicted."""
    small, large = ({arm: part["error"][:, column] for arm, part in arms.items()}
                    for column in (0, LARGE))
    alone, error, neurons = (partial(Row, part) for part in ("alone", "errors", "neurons"))
    return [
        *(alone(f"|K - K_0| / |K_0|, {arm}", "order 1", arms[arm]["kernel"][:, 0], 0.05, 2,
                every=False)
          for arm, degree in DEGREES.items() if degree == 1),
        alone("|K - K_0|, lambda_out, largest alpha", "0", arms["lambda_out"]["kernel"][:, LARGE],
              high=1e-14, exact=True),
        *(error(f"{arm}: small / large alpha", "-", small[arm] / large[arm], high=1, every=False)
          for arm in LEARNING),
        *(error(f"{arm} / dense, small alpha", "-", small[arm] / small["dense"], *bounds,
                every=False) for arm, bounds in AGAINST_DENSE.items()),
        *(neurons(f"attractors at the end / start, {arm}", said, gathered(arms[arm])[:, 0], *bounds)
          for arm, (said, *bounds) in GATHERING.items())]


def half_rise(values):
    """The times of GRID at which alignments (seeds, times) have made half of their rise."""
    level = (values[:, :1] + values.max(1, keepdims=True)) / 2
    return GRID[np.argmax(values >= level, 1)]


def aligned(alignment):
    """When kernels (seeds, times, GROUPS) have turned to the labels, beside that of phi."""
    times = {group: half_rise(alignment[:, :, i]) for i, group in enumerate(GROUPS)}
    return [Row("kernels everything", f"half of the rise, {group} / phi", "-",
                times[group] / times["phi"], high=high)
            for group, high in (("lambda_in", 0.9), ("lambda_out", np.inf))]
