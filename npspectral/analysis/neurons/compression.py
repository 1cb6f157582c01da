"""Compression of irrelevant directions by a hidden layer: the amplification factor and its laws.

omega (h, d) are the weights of h neurons on d coordinates: first n_parallel relevant ones (par),
then d - n_parallel irrelevant ones (perp). The amplification factor says how much larger the first
are. Three conventions are in use. < > is the mean over neurons, mean_par and mean_perp are means
over the coordinates j of one kind:

    amplification_total         sqrt(<|omega_par|^2> / <|omega_perp|^2>)
    amplification_by_component  mean_par sqrt(<omega_j^2>) / mean_perp sqrt(<omega_j^2>)
    amplification_mean_square   sqrt(mean_par <omega_j^2> / mean_perp <omega_j^2>)

The last is always sqrt((d - n_parallel) / n_parallel) times the first: it is 1 for isotropic
weights. The second equals the last if <omega_j^2> is the same for all relevant coordinates, and the
same for all irrelevant ones.

Source: Paccolat et al. 2021, J. Stat. Mech. 044001, and the authors' public code (run logs:
total, figures: by component, README: mean square).
"""
import math

import numpy as np

from ... import refuse
from ...magnitude import norms, power_of_two


def amplification_total(omega, n_parallel=1):
    """sqrt(<|omega_par|^2> / <|omega_perp|^2>) of omega (h, d): 1 / sqrt(d - 1) if isotropic."""
    parallel, perpendicular = _mean_squares("amplification_total", omega, n_parallel)
    return math.sqrt(parallel.sum() / perpendicular.sum())


def amplification_by_component(omega, n_parallel=1):
    """mean_par sqrt(<omega_j^2>) / mean_perp sqrt(<omega_j^2>) of omega (h, d)."""
    parallel, perpendicular = _mean_squares("amplification_by_component", omega, n_parallel)
    return float(np.sqrt(parallel).mean() / np.sqrt(perpendicular).mean())


def amplification_mean_square(omega, n_parallel=1):
    """sqrt(mean_par <omega_j^2> / mean_perp <omega_j^2>) of omega (h, d): 1 if isotropic."""
    parallel, perpendicular = _mean_squares("amplification_mean_square", omega, n_parallel)
    return math.sqrt(parallel.mean() / perpendicular.mean())


def _mean_squares(owner, omega, n_parallel):
    """<omega_j^2> of the relevant coordinates and of the irrelevant ones."""
    omega = refuse.real(owner, "omega", omega, 2)
    if omega.shape[1] < 2:
        raise ValueError(f"{owner}: omega has 1 column, expected 2 or more")
    refuse.integer(owner, "n_parallel", n_parallel, 1, omega.shape[1] - 1)
    squares = ((omega / power_of_two(omega)) ** 2).mean(0)
    if not squares[n_parallel:].any():
        raise ValueError(f"{owner}: omega is 0 in all irrelevant coordinates: the factor is "
                         f"infinite")
    return squares[:n_parallel], squares[n_parallel:]


def escape_time(times, outputs, y, share=0.1):
    """t*: the first of times (T,) when more than a share of all points satisfies y F >= 1, or nan.

    outputs F (T, p), labels y (p,) of -1 and +1. Until about t* the force of the hinge loss is y
    on nearly every point. The papers call the amplification factor at t* lambda*.
    """
    owner = "escape_time"
    times = refuse.real(owner, "times", times, 1)
    outputs = refuse.real(owner, "outputs", outputs, 2)
    y = refuse.signs(owner, y, outputs.shape[1])
    refuse.length(owner, "times", times, len(outputs))
    refuse.share(owner, "share", share)
    escaped = np.flatnonzero((outputs * y >= 1).mean(1) > share)
    return float(times[escaped[0]]) if len(escaped) else math.nan


def late_amplification(p, interface, half_active=False):
    """Amplification by component, n_parallel = 1, of neurons long trained on p points of a stripe.

        sqrt(2 p / pi) |exp(-low^2 / 2) - exp(-high^2 / 2)|       y = -1 in low < x_1 < high, else 1

    It is signal over noise. The signal is |E[y x_1]|. The noise is 1/sqrt(p), the standard
    deviation of the mean of y x_j over p points, j > 1, whose expectation is 0. A neuron of bias 0
    is active on half of the points: its signal is half as large, its noise 1/sqrt(2 p), and the
    factor 1/sqrt(2) of that above. For the stripe of `data` the factors are 0.3676 sqrt(p) and,
    half active, 0.2600 sqrt(p).
    """
    refuse.positive("late_amplification", "p", p)
    low, high = _interval("late_amplification", interface)
    signal = abs(math.exp(-low ** 2 / 2) - math.exp(-high ** 2 / 2))
    return math.sqrt((1 if half_active else 2) * p / math.pi) * signal


def stripe_moments(omega, bias, interface):
    """E[y 1_A] (h,) and E[y x 1_A] (h, d) of x ~ N(0, I_d): all that moves a neuron as p -> inf.

    A: omega.x / sqrt(d) + bias > 0, for neurons omega (h, d), bias (h,); y = -1 for
    low < x_1 < high, interface = (low, high), else +1. While the force is y, and with gain 1,

        d omega/dt = beta / (h sqrt(d)) E[y x 1_A]     d bias/dt = beta / h E[y 1_A]

    Let k = sqrt(d) bias / |omega|, rho = -omega_1 / |omega| and r^2 = 1 - rho^2. Then A is Z < k,
    where Z = -omega.x / |omega| is standard normal and has the correlation rho with x_1, and

        E[y 1_A] = cdf(k) - 2 P(low < x_1 < high, Z < k)
        E[x_1; x_1 < t, Z < k] = -pdf(t) cdf((k - rho t) / r) - rho pdf(k) cdf((t - rho k) / r)
        E[y x_j 1_A] = (omega_j / |omega|) pdf(k) E[y | Z = k]       j > 1

    The second line is by parts; at t = low and high it gives E[y x_1 1_A].
    Raises ValueError if a neuron has no weight but that on x_1.
    """
    from scipy.special import ndtr
    owner = "stripe_moments"
    omega, bias = refuse.real(owner, "omega", omega, 2), refuse.real(owner, "bias", bias, 1)
    refuse.length(owner, "bias", bias, len(omega))
    low, high = _interval(owner, interface)
    across, norm = norms(omega[:, 1:]), norms(omega)
    if not across.all():
        raise ValueError(f"{owner}: omega[{across.argmin()}] is 0 but for its first coordinate, "
                         f"expected a part across it")
    direction, k = omega / norm[:, None], math.sqrt(omega.shape[1]) * bias / norm
    rho, r = -omega[:, 0] / norm, across / norm
    inside = _both_below(high, k, rho, r) - _both_below(low, k, rho, r)
    at_high, at_low = ((t - rho * k) / r for t in (high, low))
    within = ndtr(at_high) - ndtr(at_low)                       # P(low < x_1 < high | Z = k)
    moment = direction * (_pdf(k) * (1 - 2 * within))[:, None]
    edges = _pdf(high) * ndtr((k - rho * high) / r) - _pdf(low) * ndtr((k - rho * low) / r)
    moment[:, 0] = -rho * _pdf(k) * (1 - 2 * within) + 2 * edges
    return ndtr(k) - 2 * inside, moment


def _both_below(t, k, rho, r):
    """P(x < t, Z < k) of standard normal numbers with correlation rho, r^2 = 1 - rho^2.

    Source: D. B. Owen 1956, Ann. Math. Statist. 27, 1075.
    """
    from scipy.special import ndtr, owens_t
    tiny = np.finfo(float).tiny                     # in place of 0: k / t has to have a sign
    t, k = (np.where(value == 0, tiny, value) for value in (t, k))
    with np.errstate(over="ignore"):
        wedges = owens_t(t, (k / t - rho) / r) + owens_t(k, (t / k - rho) / r)
    return (ndtr(t) + ndtr(k) - ((t < 0) != (k < 0))) / 2 - wedges


def _pdf(x):
    return np.exp(-np.square(x) / 2) / math.sqrt(2 * math.pi)


def _interval(owner, interface):
    low, high = interface
    for value in (low, high):
        refuse.number(owner, "interface", value, "finite numbers", math.isfinite)
    if low >= high:
        raise ValueError(f"{owner}: interface is {interface!r}, expected low < high")
    return low, high
