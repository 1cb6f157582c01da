"""What is claimed of feature and lazy training, as rows of a table."""
from functools import partial

import numpy as np
from lab.table import Row, slope

from npspectral.analysis.kernels.learning_curves import crossing

LAZY, FEATURE = slice(-2, None), slice(0, 2)    # the two largest alphas, the two smallest
TASKS = ("stripe", "mnist")


def sweeps(result, task):
    """Width -> arrays of the task's sweep."""
    return {int(name.split()[1]): part for name, part in result.items() if name.split()[0] == task}


def claims(result):
    return []


def checks(result):
    rows = []
    for task in TASKS:
        parts = sweeps(result, task)
        rows += [row for width, part in parts.items() for row in regimes(task, width, part)]
        rows += crossover(task, parts) if len(parts) > 1 else []
    return rows + approached(result) + scattered(**result["scatter"])


def kernel_star(part):
    """alpha* of each seed: |K - K_0| = |K_0|."""
    alpha = 10.0 ** part["log_alpha"]
    return [crossing(alpha, kernel, np.ones(len(alpha))) or np.nan for kernel in part["kernel"]]


def error_star(part):
    """alpha* of the mean over seeds: the error is halfway, in logs, between its two ends."""
    error = np.log(part["error"].mean(0))
    middle = np.full(len(error), (error[LAZY].mean() + error[FEATURE].mean()) / 2)
    return crossing(10.0 ** part["log_alpha"], np.exp(middle), np.exp(error)) or np.nan


def regimes(task, width, part):
    """What one width shows: both ends of the sweep, and where they meet."""
    row, log_alpha = partial(Row, f"{task} {width}"), part["log_alpha"]
    feature, lazy = (part["error"][:, end].mean(1) for end in (FEATURE, LAZY))

    def law(quantity, name, end, published, *bounds):
        return row(f"slope of {quantity}", published,
                   slope(log_alpha[end], np.log10(part[name][:, end])), *bounds)
    rows = [row("test error, feature", "-", feature), row("test error, lazy", "-", lazy)]
    if task == "stripe":
        rows += [row("test error, feature / lazy", "below 1", feature / lazy, -np.inf, 0.8, False),
                 row("alpha*, test error halfway, mean of seeds", "order 1", error_star(part),
                     1, 100)]
    return rows + [row("alpha*, |K - K_0| = |K_0|", "order 1", kernel_star(part), 1, 100),
                   law("|theta - theta_0|, feature", "parameters", FEATURE, "-0.5", -0.6, -0.4),
                   law("|theta - theta_0|, lazy", "parameters", LAZY, "-1", -1.05, -0.95),
                   law("|K - K_0|, feature", "kernel", FEATURE, "-1", -1.2, -0.8),
                   row("points left, all alphas, at most", "-", part["left"].max(1))]


def crossover(task, parts):
    """alpha* ~ h^s: s = 0 in this convention is -1/2 in the article's, alpha / sqrt(h)."""
    def row(name, star, *bounds):
        stars = np.log10([star(part) for part in parts.values()])
        return Row(task, f"exponent of alpha*(h), article, by {name}", "-0.5",
                   slope(np.log10(list(parts)), stars.T) - 0.5, *bounds)
    by_error = [row("error", error_star, -0.8, -0.2)] if task == "stripe" else []
    return [row("kernel", kernel_star, -0.65, -0.35, False), *by_error]


def approached(result):
    """How differences to both approximations fall with alpha, from 100 on."""
    rows = []       # of ReLUs up to 10^5: beyond, no kink is crossed any more
    for name, published, end, bounds in (("softplus", "-1", np.inf, (-1.1, -0.9)),
                                         ("relu", "-0.5", 5, (-0.75, -0.4))):
        part, log_alpha = result[name], result[name]["log_alpha"]
        fitted = (log_alpha >= 2) & (log_alpha <= end)
        rows += [Row(name, f"slope of the distance to the {label}", published,
                     slope(log_alpha[fitted], np.log10(part[key][:, fitted])), *bounds, every=False)
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
            Row("scatter", "exponent of the spread of F against h, lazy", "-0.5", exponent,
                -0.6, -0.4)]
