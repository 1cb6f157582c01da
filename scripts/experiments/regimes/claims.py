"""What is claimed of feature and lazy training, as rows of a table."""
from functools import partial

import numpy as np
from lab.table import Row, slope

LAZY, FEATURE = slice(-2, None), slice(0, 2)    # the two largest alphas, the two smallest
TASKS = ("stripe", "mnist")


def sweeps(result, task):
    """Width -> arrays of the task's sweep."""
    return {int(name.split()[1]): part for name, part in result.items()
            if name.split()[0] == task}


def claims(result):
    rows = []
    for task in TASKS:
        parts = sweeps(result, task)
        rows += [row for width, part in parts.items() for row in regimes(task, width, part)]
        rows += crossover(task, parts) if len(parts) > 1 else []
    return rows + approached(result) + scattered(**result["scatter"])


def crossing(log_alpha, values, level):
    """log10 of the alpha where values (A,), on lines between the alphas, last pass `level`."""
    above = values > level
    last = np.flatnonzero(above[:-1] != above[1:])
    if not len(last):
        return np.nan
    i = last[-1]
    share = (level - values[i]) / (values[i + 1] - values[i])
    return log_alpha[i] + share * (log_alpha[i + 1] - log_alpha[i])


def kernel_crossing(part):
    """log10 alpha* of each seed: |K - K_0| = |K_0|."""
    return np.array([crossing(part["log_alpha"], np.log(row), 0.0) for row in part["kernel"]])


def error_crossing(part):
    """log10 alpha* of the mean over seeds: the error is halfway, in logs, between its two ends."""
    error = np.log(part["error"].mean(0))
    return crossing(part["log_alpha"], error, (error[LAZY].mean() + error[FEATURE].mean()) / 2)


def regimes(task, width, part):
    """What one width shows: both ends of the sweep, and where they meet."""
    row, stripe, log_alpha = partial(Row, f"{task} {width}"), task == "stripe", part["log_alpha"]
    feature, lazy = (part["error"][:, end].mean(1) for end in (FEATURE, LAZY))

    def law(name, end):
        return slope(log_alpha[end], np.log10(part[name][:, end]))
    by_error = [row("alpha*, test error halfway, mean of seeds", "order 1",
                    10 ** error_crossing(part), low=1, high=100)]
    return by_error * stripe + [
        row("test error, feature", "-", feature),
        row("test error, lazy", "-", lazy),
        row("test error, frozen kernel", "-", part["frozen_error"]),
        row("test error, feature / lazy", *(("below 1", feature / lazy, -np.inf, 0.8, False)
                                            if stripe else ("-", feature / lazy))),
        row("alpha*, |K - K_0| = |K_0|", "order 1", 10 ** kernel_crossing(part), 1, 100),
        row("slope of |theta - theta_0|, feature", "-0.5", law("parameters", FEATURE), -0.6, -0.4),
        row("slope of |theta - theta_0|, lazy", "-1", law("parameters", LAZY), -1.05, -0.95),
        row("slope of |K - K_0|, feature", "-1", law("kernel", FEATURE), -1.2, -0.8),
        row("points left, all alphas, at most", "-", part["left"].max(1)),
        row("steps, all alphas, at most", "-", part["steps"].max(1))]


def crossover(task, parts):
    """alpha* ~ h^s: s = 0 in this convention is -1/2 in the article's, alpha / sqrt(h)."""
    def row(name, crossing_of, *bounds):
        stars = np.array([crossing_of(part) for part in parts.values()])
        return Row(task, f"exponent of alpha*(h), article, by {name}", "-0.5",
                   slope(np.log10(list(parts)), stars.T) - 0.5, *bounds)
    by_error = [row("error", error_crossing, -0.8, -0.2)] if task == "stripe" else []
    return [row("kernel", kernel_crossing, -0.65, -0.35, False), *by_error]


def approached(result):
    """How differences to both approximations fall with alpha, from 100 on.

    Of ReLUs up to 10^5: beyond, no kink is crossed any more.
    """
    rows = []
    for name, published, end, bounds in (("softplus", "-1", np.inf, (-1.1, -0.9)),
                                         ("relu", "-0.5", 5, (-0.75, -0.4))):
        part, log_alpha = result[name], result[name]["log_alpha"]
        fitted = (log_alpha >= 2) & (log_alpha <= end)
        rows += [Row(name, f"slope of the distance to the {label}", published,
                     slope(log_alpha[fitted], np.log10(part[key][:, fitted])), *bounds,
                     every=False)
                 for key, label in (("linear", "linearization"), ("frozen", "frozen kernel"))]
    return rows


def spread(outputs):
    """Relative standard deviation over members, outputs (members, n)."""
    mean = outputs.mean(0)
    return np.sqrt(outputs.var(0, ddof=1).mean() / (mean * mean).mean())


def scattered(outputs, h):
    """Widths below 300 are left out of the fit: their spread is not small beside F."""
    values, fitted = np.array([spread(members) for members in outputs]), h >= 300
    exponent = slope(np.log(h[fitted]), np.log(values[fitted]))
    return [Row("scatter", f"spread of F at h = {h[-1]}, lazy", "-", values[-1:]),
            Row("scatter", "exponent of the spread of F against h, lazy", "-0.5",
                exponent, low=-0.6, high=-0.4)]
