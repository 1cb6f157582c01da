"""Learning curves: exponents of the error against the size of the training set, where two cross.

    error ~ prefactor p^-beta            log error = log prefactor - beta log p

errors (S, P) holds one row per seed and one column per size of p (P,). Curves are means over seeds;
intervals draw the seeds again with replacement (bootstrap), whole rows at a time.

Exponents of theory, for a smooth interface in d dimensions:
    kernel_exponent      support vectors of an isotropic kernel, |K(0) - K(x)| ~ |x|^xi
    feature_exponent     a network that compresses the d - n_parallel irrelevant directions
Source: Paccolat et al. 2021, J. Stat. Mech. 044001; Paccolat, Spigler and Wyart 2021, Mach. Learn.:
Sci. Technol. 2, 025001 (kernels).
"""
import math
from dataclasses import dataclass

import numpy as np

from ... import refuse


def kernel_exponent(d, xi=1):
    """(d - 1 + xi) / (3 d - 3 + xi); the tangent kernel of ReLUs has xi = 1: d / (3 d - 2)."""
    refuse.integer("kernel_exponent", "d", d, 1)
    refuse.positive("kernel_exponent", "xi", xi)
    return (d - 1 + xi) / (3 * d - 3 + xi)


def feature_exponent(d, n_parallel=1):
    """(2 d - 1) / (3 d - 2) for planes; (d + (d - n_parallel) / 2) / (3 d - 2) for n_parallel > 1.

    Compression by lambda multiplies the kernel's error by lambda^(-2 (d - n_parallel) / (3 d - 2)),
    with lambda ~ sqrt(p) for planes and p^(1/4) for curved interfaces. 1/2 for n_parallel = 2,
    and the kernel's exponent if all directions are relevant.
    """
    refuse.integer("feature_exponent", "d", d, 1)
    refuse.integer("feature_exponent", "n_parallel", n_parallel, 1, d)
    gain = (d - n_parallel) / (1 if n_parallel == 1 else 2)
    return (d + gain) / (3 * d - 2)


@dataclass(frozen=True)
class PowerLaw:
    """prefactor p^-exponent; standard_error of the exponent, by the scatter about the line."""

    exponent: float
    prefactor: float
    standard_error: float

    def __call__(self, p):
        p = refuse.numbers("PowerLaw", "p", p, np.ndim(p)).astype(float)
        return self.prefactor * p ** -self.exponent


def power_law(p, errors):
    """PowerLaw of the mean over seeds of errors (S, P), or of errors (P,): least squares in logs.

    The standard error is nan with two sizes. Raises TypeError or ValueError on arguments that do
    not fit; every error has to be positive.
    """
    p, errors = _curves("power_law", p, errors)
    return _fit(np.log(p), errors.mean(0))


def _fit(log_p, mean):
    centered, log_error = log_p - log_p.mean(), np.log(mean)
    slope = centered @ log_error / (centered @ centered)
    intercept = log_error.mean() - slope * log_p.mean()
    rest = log_error - intercept - slope * log_p
    degrees = len(log_p) - 2
    variance = rest @ rest / degrees / (centered @ centered) if degrees else math.nan
    return PowerLaw(float(-slope), float(np.exp(intercept)), math.sqrt(variance))


def exponent_interval(rng, p, errors, level=0.95, n_draws=2000):
    """(low, high): the exponent's bootstrap interval over seeds, percentiles of n_draws fits.

    Few seeds make it too narrow: with S of them by about sqrt((S - 1) / S).
    """
    p, errors = _curves("exponent_interval", p, errors)
    log_p = np.log(p)
    draws = [_fit(log_p, errors[rows].mean(0)).exponent
             for rows in _rows("exponent_interval", rng, len(errors), level, n_draws)]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def crossing(p, first, second):
    """p* from which on the mean of errors first (S, P) is below that of second, or None.

    Between sizes log(first / second) is linear in log p. None if second is below or equal at the
    largest p (no p* yet) or first is below at every p (no p* any more).
    """
    p, first = _curves("crossing", p, first, "first")
    p, second = _curves("crossing", p, second, "second")
    place = _crossing(np.log(p), first.mean(0), second.mean(0))
    return place if 0 < place < math.inf else None


def _crossing(log_p, first, second):
    """p*, 0 if first is below everywhere, inf if second is below or equal at the end."""
    excess = np.log(first / second)
    above = np.flatnonzero(excess >= 0)
    if not len(above):
        return 0.0
    last = above[-1]
    if last + 1 == len(log_p):
        return math.inf
    weight = excess[last] / (excess[last] - excess[last + 1])
    return math.exp(log_p[last] + weight * (log_p[last + 1] - log_p[last]))


def crossing_interval(rng, p, first, second, level=0.95, n_draws=2000):
    """(low, high) of p* by bootstrap: low = 0 or high = inf where no crossing bounds that side.

    Row s of first and of second (S, P) belong to the same seed and are drawn together. A draw
    without a crossing counts as 0 if first is below everywhere, else as inf.
    """
    owner = "crossing_interval"
    p, first = _curves(owner, p, first, "first")
    p, second = _curves(owner, p, second, "second")
    refuse.length(owner, "second", second, len(first))
    log_p = np.log(p)
    draws = [_crossing(log_p, first[rows].mean(0), second[rows].mean(0))
             for rows in _rows(owner, rng, len(first), level, n_draws)]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)


def _rows(owner, rng, n_seeds, level, n_draws):
    """n_draws times n_seeds rows, drawn with replacement."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{owner}: rng is {rng!r}, expected a numpy.random.Generator")
    refuse.number(owner, "level", level, "between 0 and 1", lambda level: 0 < level < 1)
    refuse.integer(owner, "n_draws", n_draws, 1)
    return rng.integers(n_seeds, size=(n_draws, n_seeds))


def _curves(owner, p, errors, name="errors"):
    """p (P,), rising, P >= 2, and errors (S, P), all positive."""
    p = refuse.real(owner, "p", p, 1)
    errors = np.atleast_2d(refuse.real(owner, name, errors, min(2, max(1, np.ndim(errors)))))
    if len(p) < 2 or p[0] <= 0 or (np.diff(p) <= 0).any():
        raise ValueError(f"{owner}: p is {p[:5].tolist()}, expected two or more positive numbers "
                         f"that rise")
    if errors.shape[1] != len(p):
        raise ValueError(f"{owner}: {name} has {errors.shape[1]} columns, expected {len(p)}, one "
                         f"for each p")
    if errors.min() <= 0:
        raise ValueError(f"{owner}: {name} reach {errors.min()}, expected positive numbers")
    return p, errors
