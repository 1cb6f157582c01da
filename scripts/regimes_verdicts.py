"""What regimes.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row

LAZY, FEATURE = slice(-2, None), slice(0, 2)    # the two largest alphas, the two smallest


def verdicts(result, setting):
    """Rows of `result` as regimes.run gives it."""
    log_alpha = np.array(setting.exponents, float)
    rows = []
    for task, widths in setting.widths.items():
        found = [result[f"{task} {width}"] for width in widths if f"{task} {width}" in result]
        for width, own in zip(widths, found):
            rows += regimes(task, width, own, log_alpha)
        if len(found) > 1:
            rows += crossover(task, widths, found, log_alpha)
    return rows + approached(result, setting) + scattered(result["scatter"], setting)


def crossing(log_alpha, values, level):
    """log10 of the alpha where values (A,), on lines between the alphas, last pass `level`."""
    above = values > level
    last = np.flatnonzero(above[:-1] != above[1:])
    if not len(last):
        return np.nan
    i = last[-1]
    share = (level - values[i]) / (values[i + 1] - values[i])
    return log_alpha[i] + share * (log_alpha[i + 1] - log_alpha[i])


def kernel_crossing(own, log_alpha):
    """log10 alpha* of each seed: |K - K_0| = |K_0|."""
    return np.array([crossing(log_alpha, np.log(row), 0.0) for row in own["kernel"]])


def error_crossing(own, log_alpha):
    """log10 alpha* of the mean over seeds: the error is halfway, in logs, between its two ends."""
    error = np.log(own["error"].mean(0))
    return crossing(log_alpha, error, (error[LAZY].mean() + error[FEATURE].mean()) / 2)


def slope(x, y):
    """Of the line through y (..., n) against x (n,)."""
    x = x - x.mean()
    return y @ x / (x @ x)


def regimes(task, width, own, log_alpha):
    """What one width shows: both ends of the sweep, and where they meet."""
    part, error = f"{task} {width}", own["error"]
    ends = error[:, FEATURE].mean(1), error[:, LAZY].mean(1)
    stripe = task == "stripe"
    by_error = [] if not stripe else [
        Row(part, "alpha*, test error halfway, mean of seeds", "order 1",
            np.array([10 ** error_crossing(own, log_alpha)]), low=1, high=100)]
    return by_error + [
        Row(part, "test error, feature", "-", ends[0]),
        Row(part, "test error, lazy", "-", ends[1]),
        Row(part, "test error, frozen kernel", "-", own["frozen_error"]),
        Row(part, "test error, feature / lazy", "below 1" if stripe else "-", ends[0] / ends[1],
            **(dict(high=0.8, every=False) if stripe else {})),
        Row(part, "alpha*, |K - K_0| = |K_0|", "order 1", 10 ** kernel_crossing(own, log_alpha),
            low=1, high=100),
        Row(part, "slope of |theta - theta_0|, feature", "-0.5",
            slope(log_alpha[FEATURE], np.log10(own["parameters"][:, FEATURE])),
            low=-0.6, high=-0.4),
        Row(part, "slope of |theta - theta_0|, lazy", "-1",
            slope(log_alpha[LAZY], np.log10(own["parameters"][:, LAZY])), low=-1.05, high=-0.95),
        Row(part, "slope of |K - K_0|, feature", "-1",
            slope(log_alpha[FEATURE], np.log10(own["kernel"][:, FEATURE])), low=-1.2, high=-0.8),
        Row(part, "points left, all alphas, at most", "-", own["left"].max(1)),
        Row(part, "steps, all alphas, at most", "-", own["steps"].max(1))]


def crossover(task, widths, found, log_alpha):
    """alpha* ~ h^s: s = 0 in this convention is -1/2 in the article's, alpha / sqrt(h)."""
    log_h = np.log10(widths)
    by_kernel = slope(log_h, np.array([kernel_crossing(own, log_alpha) for own in found]).T) - 0.5
    rows = [Row(task, "exponent of alpha*(h), article, by kernel", "-0.5", by_kernel,
                low=-0.65, high=-0.35, every=False)]
    if task == "stripe":
        by_error = slope(log_h, np.array([error_crossing(own, log_alpha) for own in found])) - 0.5
        rows.append(Row(task, "exponent of alpha*(h), article, by error", "-0.5",
                        np.array([by_error]), low=-0.8, high=-0.2))
    return rows


def approached(result, setting):
    """How differences to both approximations fall with alpha, from 100 on.

    Of ReLUs up to 10^5: beyond, no kink is crossed any more.
    """
    log_alpha, rows = np.array(setting.approach, float), []
    for name, published, end, bounds in (("softplus", "-1", np.inf, (-1.1, -0.9)),
                                         ("relu", "-0.5", 5, (-0.75, -0.4))):
        fitted = (log_alpha >= 2) & (log_alpha <= end)
        for key, label in (("linear", "linearization"), ("frozen", "frozen kernel")):
            values = slope(log_alpha[fitted], np.log10(result[name][key][:, fitted]))
            rows.append(Row(name, f"slope of the distance to the {label}", published, values,
                            *bounds, every=False))
    return rows


def spread(outputs):
    """Relative standard deviation over members, outputs (members, n)."""
    mean = outputs.mean(0)
    return np.sqrt(outputs.var(0, ddof=1).mean() / (mean * mean).mean())


def scattered(own, setting):
    """Widths below 300 are left out of the fit: their spread is not small beside F."""
    values = np.array([spread(outputs) for outputs in own["outputs"]])
    width = np.array(setting.scatter)
    fitted = width >= 300
    exponent = np.array([slope(np.log(width[fitted]), np.log(values[fitted]))])
    return [Row("scatter", f"spread of F at h = {width[-1]}, lazy", "-", values[-1:]),
            Row("scatter", "exponent of the spread of F against h, lazy", "-0.5", exponent,
                low=-0.6, high=-0.4)]
