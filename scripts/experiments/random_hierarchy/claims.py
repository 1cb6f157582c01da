"""What is published of the Random Hierarchy Model, judged; and our own checks.

P_half is the size at which the mean error over seeds is half of chance. It stands for P* here.
"""
from functools import partial

import numpy as np
from lab.statistics import fitted
from lab.table import Claim, Row, slope

ARTICLE = "Cagnetta et al. 2024, Phys. Rev. X 14, 031001"
PREPRINT = "Cagnetta et al. 2023, arXiv 2307.02129, version 1"
HALF = "P_half: the mean error over seeds is half of chance, by lines between sizes. "
BOUNDS = ("Exploratory: bounds were set after trials of one or two seeds, before the runs. ")


def arm(result, name):
    """"v V, m M, L L" -> arrays, of the parts of an arm."""
    return {part.removeprefix(f"{name}, "): arrays for part, arrays in result.items()
            if part.startswith(f"{name}, ")}


def critical(part):
    """n_c m^L."""
    return int(part["v"] * part["m"] ** part["L"])


def largest(part):
    """P_max = n_c m^(1 + s + ... + s^(L-1))."""
    return int(part["v"]) * int(part["m"]) ** sum(int(part["s"]) ** i for i in range(part["L"]))


def passing(p, values, share=None):
    """The size from which on the mean of values (seeds, sizes) is below 1/2.

    share: below that part of the mean at the first size instead. Between two sizes the mean is a
    line against log p. The first size counts if it is below there, and the last if it never is.
    """
    mean = values.mean(0)
    level = 0.5 if share is None else share * mean[0]
    above = np.flatnonzero(mean >= level)
    last = above[-1] if len(above) else 0
    if not len(above) or last + 1 == len(p):
        return float(p[last])
    weight = (mean[last] - level) / (mean[last] - mean[last + 1])
    return float(p[last] * (p[last + 1] / p[last]) ** weight)


def of_seeds(p, errors):
    """P_half of each seed."""
    return np.array([passing(p, error[None]) for error in errors])


def halves(parts):
    """P_half of each part."""
    return np.array([passing(part["p"], part["error"]) for part in parts])


def growth(parts, unit, *errors):
    """Exponent of P_half against unit(part); errors (seeds, sizes) of each part."""
    found = [passing(part["p"], some) for part, some in zip(parts, errors)]
    return slope(np.log([unit(part) for part in parts]), np.log(found))


def spread(parts, *errors):
    """P_half / n_c m^L, the largest of the parts over the smallest."""
    ratios = [passing(part["p"], some) / critical(part) for part, some in zip(parts, errors)]
    return max(ratios) / min(ratios)


def fitted_row(arm, quantity, published, statistic, parts, *bounds):
    """A row of statistic(errors of each part), with its interval over seeds."""
    return fitted(arm, quantity, published, statistic, [part["error"] for part in parts], *bounds)


def claims(result):
    deep, shallow = (list(arm(result, name).values()) for name in ("deep", "shallow"))
    beside = [rows["detectable"] for rows in arm(result, "correlations").values()]
    return [sample_complexity(deep), synonyms(deep), detection(deep, beside)] + (
        [curse(deep, shallow)] if len(shallow) > 1 else [])


def sample_complexity(deep):
    rows = [fitted_row("deep", "exponent of P_half against n_c m^L", "1",
                       partial(growth, deep, critical), deep, 0.8, 1.2),
            fitted_row("deep", "P_half / n_c m^L, largest / least of all tasks", "1",
                       partial(spread, deep), deep, 1, 2),
            Row("deep", "P_half / n_c m^L, each task", "-",
                halves(deep) / [critical(part) for part in deep], over="tasks"),
            Row("deep", "P_max / n_c m^L, each task", "-",
                [largest(part) / critical(part) for part in deep], over="tasks")]
    return Claim("P* grows as n_c m^L", "the number of training data P* required by deep CNNs to "
                 "learn this task grows asymptotically as n_c m^L", PREPRINT, rows, "collapse",
                 HALF + BOUNDS)


def synonyms(deep):
    last = [part["sensitivity"][:, :, -1, 0] for part in deep]
    ratios = [passing(part["p"], values, 0.5) for part, values in zip(deep, last)] / halves(deep)
    rows = [Row("deep", "size that halves S of the last layer / P_half", "1", ratios, 0.5, 2,
                over="tasks"),
            Row("deep", "S of the last layer, largest p, each task", "0",
                [values[:, -1].mean() for values in last], 0, 0.1, over="tasks")]
    return Claim("learned when synonyms are", "P* coincides with the training set size such that "
                 "the representation of a trained network becomes invariant to exchanges of "
                 "synonyms", PREPRINT, rows, "synonyms", HALF + "S: what the exchange of all the "
                 "lowest tuples changes in the last hidden layer, of what lies between two inputs; "
                 "half of its mean at the smallest p. Bounds, set before the runs: a factor of 2, "
                 "and a tenth. The fewer levels, the more of S is left at 4 n_c m^L.")


def detection(deep, beside):
    units = np.array([critical(part) for part in deep])
    found = np.array([np.median(values) for values in beside])
    logs = [np.log([values, of_seeds(part["p"], part["error"])]).T
            for part, values in zip(deep, beside)]
    rows = [Row("deep", "P_half / P_c, each task", "1", halves(deep) / found, 0.5, 2, over="tasks"),
            fitted("correlations", "exponent of P_c against n_c m^L", "1",
                   partial(growth_of_medians, units), beside, 0.8, 1.2),
            Row("correlations", "P_c / n_c m^L, each task", "1", found / units, over="tasks"),
            fitted("deep", "correlation of log P_c and log P_half, within tasks", "-", together,
                   logs)]
    return Claim("learned when correlations show", "the number of data required corresponds to the "
                 "point where correlations between low-level features and classes become "
                 "detectable", ARTICLE, rows, "required", HALF + BOUNDS + "P_c, the median over "
                 "seeds, follows from the rules: signal and noise of the classes beside the lowest "
                 "tuples are equal there; this definition is ours. The last row was added after "
                 "the runs: rules differ by seed, and so does P_half.")


def together(*logs):
    """Correlation over seeds of log P_c and log P_half, logs (seeds, 2) of each task, within tasks.

    It is 0 if one of them never varies.
    """
    x, y = np.concatenate([pair - pair.mean(0) for pair in logs]).T
    length = np.sqrt((x @ x) * (y @ y))
    return x @ y / length if length else 0.0


def growth_of_medians(units, *beside):
    return slope(np.log(units), np.log([np.median(values) for values in beside]))


def curse(deep, shallow):
    alike = [part for part in deep if part["L"] == 2 and part["m"] == part["v"]]
    rows = [fitted_row("shallow", "exponent of P_half against P_max", "1",
                       partial(growth, shallow, largest), shallow, 0.875, 1.125),
            Row("shallow", "P_half / P_max, each task", "-",
                halves(shallow) / [largest(part) for part in shallow], over="tasks")]
    if len(alike) > 1:
        rows.append(fitted_row("deep", "exponent of P_half against P_max, two levels", "3/4",
                               partial(growth, alike, largest), alike))
    return Claim("shallow networks need P_max", "shallow networks face the curse of "
                 "dimensionality: the data that they require scale as P_max", ARTICLE, rows,
                 "required", HALF + "As a summary has it; the article itself was not read. Two "
                 "levels, m = v: P_max = v^4, n_c m^L = v^3. Bounds: half of the difference. "
                 "Shallow networks stop after 1,000 epochs, above the published loss.")


def checks(result):
    rows = [Row(name, "loss at the end, largest of each task", "0.001",
                [part["loss"].max() for part in arm(result, name).values()], 0, 1e-3, exact=True,
                over="tasks") for name in ("deep", "dense")]
    task = next(iter(arm(result, "deep")))
    for name, published, bounds in (("deep", "< 0.1", (0, 0.1)), ("dense", "-", ()),
                                    ("frozen kernel", "> 0.7", (0.7, 1.2))):
        part = result[f"{name}, {task}"]
        at = part["p"] == 4 * critical(part)
        if at.any():
            rows.append(Row(f"{name}, {task}", "error over chance at 4 n_c m^L", published,
                            part["error"][:, at][:, 0], *bounds, every=False))
    return [*rows, Row(f"frozen kernel, {task}", "error over chance without ridge, largest p", "-",
                       result[f"frozen kernel, {task}"]["interpolating"][:, -1])]
