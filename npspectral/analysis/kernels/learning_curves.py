"""Learning curves: how fast the test error falls with the size p of the training set.

    error ~ prefactor p^-beta            log error = log prefactor - beta log p

beta is the exponent. p (P,) holds P sizes; errors (S, P) has a row for each of S seeds and a column
for each size. A curve is the mean over seeds. An interval is found by bootstrap: S of the S rows
are drawn with replacement, again and again.

The exponents of theory are for two classes with a smooth boundary, the interface, in d dimensions:
    kernel_exponent      support vectors of an isotropic kernel, |K(0) - K(x)| ~ |x|^xi
    feature_exponent     a network that compresses the d - n_parallel irrelevant directions

Source: Paccolat et al. 2021, J. Stat. Mech. 044001; Paccolat, Spigler and Wyart 2021, Mach. Learn.:
Sci. Technol. 2, 025020 (kernels).
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

    Compression by a factor lambda multiplies the kernel's error by
    lambda^(-2 (d - n_parallel) / (3 d - 2)). lambda grows as sqrt(p) for planes, n_parallel = 1,
    and as p^(1/4) for curved interfaces, n_parallel > 1. The exponent is 1/2 for n_parallel = 2,
    and that of the kernel if all directions are relevant.
    """
    refuse.integer("feature_exponent", "d", d, 1)
    refuse.integer("feature_exponent", "n_parallel", n_parallel, 1, d)
    gain = (d - n_parallel) / (1 if n_parallel == 1 else 2)
    return (d + gain) / (3 * d - 2)


@dataclass(frozen=True)
class PowerLaw:
    """error(p) = prefactor p^-exponent; standard_error: of the exponent, by scatter about the line.

    A PowerLaw is called with p, a number or an array of any shape, and gives the errors there.
    """

    exponent: float
    prefactor: float
    standard_error: float

    def __call__(self, p):
        p = refuse.numbers("PowerLaw", "p", p, np.ndim(p)).astype(float)
        return self.prefactor * p ** -self.exponent


def power_law(p, errors):
    """PowerLaw of errors (P,) at sizes p (P,), or of the mean over seeds of errors (S, P).

    It is the line of least squares of log error against log p. With two sizes the standard error
    is nan. Every error has to be positive. Raises TypeError or ValueError on arguments that do not
    fit.
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
    """(low, high): the bootstrap interval of the exponent over seeds, from n_draws fits.

    errors (S, P) at sizes p (P,). low is the quantile (1 - level) / 2 of the fitted exponents, high
    the quantile (1 + level) / 2. The interval is too narrow by a factor of about sqrt((S - 1) / S).
    """
    p, errors = _curves("exponent_interval", p, errors)
    log_p = np.log(p)
    draws = [_fit(log_p, errors[rows].mean(0)).exponent
             for rows in _rows("exponent_interval", rng, len(errors), level, n_draws)]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def crossing(p, first, second):
    """p* from which on the mean of errors first (S, P) is below that of second, or None.

    log(first / second) is taken to be linear in log p between two sizes. If first is below at every
    size, p* is smaller than all of them; if it is not below at the largest, p* is larger than all,
    or there is none. Both give None.
    """
    p, first = _curves("crossing", p, first, "first")
    p, second = _curves("crossing", p, second, "second")
    place = _crossing(np.log(p), first.mean(0), second.mean(0))
    return place if 0 < place < math.inf else None


def _crossing(log_p, first, second):
    """p*; 0 if first is below at every size, inf if it is not below at the largest."""
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
    """(low, high): the bootstrap interval of p*; low = 0 or high = inf if it has no end there.

    Rows s of first and of second (S, P) belong to the same seed and are drawn together. In a draw
    without a crossing, p* counts as 0 if first is below at every size, else as inf.
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
    """Indices (n_draws, n_seeds) of seeds, drawn with replacement."""
    refuse.generator(owner, rng)
    refuse.number(owner, "level", level, "between 0 and 1", lambda level: 0 < level < 1)
    refuse.integer(owner, "n_draws", n_draws, 1)
    return rng.integers(n_seeds, size=(n_draws, n_seeds))


def _curves(owner, p, errors, name="errors"):
    """p (P,) and errors (S, P) in float64; refuse p that does not rise, and errors of 0 or less."""
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
