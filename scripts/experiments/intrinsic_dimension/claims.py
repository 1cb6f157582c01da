"""What is claimed of the dimension of layers, as rows of a table."""
import numpy as np
from lab.table import Row

from npspectral.analysis.clouds.dimension import two_nn_fit, two_nn_unbiased

from .clouds import CONTROLS, ESTIMATORS

SHOWN = two_nn_unbiased, two_nn_fit
LAST_U, LAST_A = -2, -1             # of the clouds x, u_1, a_1, ..., u_L, a_L


def arms_of(result, part):
    """arm -> arrays, of one part."""
    names = {name: name.partition(", ") for name in result}
    return {arm: result[name] for name, (first, _, arm) in names.items() if first == part}


def claims(result):
    """Rows of all parts."""
    rows = []
    for name, cloud in arms_of(result, "control").items():
        rows += judge_control(name, cloud)
    rows += judge_stripe(arms_of(result, "stripe"))
    mnist = arms_of(result, "mnist")
    return rows + (judge_mnist(mnist) if mnist else [])


def judge_control(name, cloud):
    """4 sd of independent ratios around the dimension, and a boundary's 10 % below that."""
    control, n_points = CONTROLS[name], int(cloud["points"])
    d, copies = control.dimension, control.copies(n_points)
    sd = (n_points - copies) ** -0.5
    rows = [Row("control", f"{name}, {estimate.__name__}", str(d), cloud["dimension"][:, column],
                low=d * (0.9 - 4 * sd), high=d * (1 + 4 * sd))
            for column, estimate in enumerate(ESTIMATORS) if estimate in SHOWN]
    if copies:
        rows.append(Row("control", f"{name}, copies", str(copies), cloud["copies"], low=copies,
                        high=copies, exact=True))
    return rows


def dimension(arm, cloud):
    """two_nn_unbiased, seed by seed."""
    return arm["dimension"][:, cloud, 0]


def judge_stripe(arms):
    untrained, feature, lazy = arms.values()
    rows = [Row("stripe", f"test error, {name}", "-", arm["error"])
            for name, arm in arms.items() if name != "untrained"]
    rows.append(Row("stripe", "test error, lazy over feature", "> 1",
                    lazy["error"] / np.maximum(feature["error"], 1e-4), low=1))
    rows += [Row("stripe", f"dimension of the last u, {name}", published, dimension(arm, LAST_U))
             for (name, arm), published in zip(arms.items(), ("-", "a curve", "-"))]
    rows += [
        Row("stripe", "the same, feature over untrained", "falls",
            dimension(feature, LAST_U) / dimension(untrained, LAST_U), high=0.6),
        Row("stripe", "the same, |lazy / untrained - 1|", "-",
            np.abs(dimension(lazy, LAST_U) / dimension(untrained, LAST_U) - 1), high=0.05),
        Row("stripe", "the same, untrained over input", "no fall",
            dimension(untrained, LAST_U) / dimension(untrained, 0), low=0.9),
        Row("stripe", "variance of last u on 2 axes, untrained", "-", two_axes(untrained)),
        Row("stripe", "variance of last u on 2 axes, feature", "a curve", two_axes(feature),
            low=0.95)]
    return rows + [copies_row("stripe", arms)]


def two_axes(arm):
    return arm["largest"][:, LAST_U].sum(-1)


def judge_mnist(arms):
    (_, untrained), *trained, (_, shuffled) = arms.items()
    most = trained[-1][1]
    rows = [Row("mnist", f"test error, {name}", "-", arm["error"]) for name, arm in arms.items()]
    rows.append(Row("mnist", "training error, shuffled labels", "-", shuffled["train_error"]))
    rows += [Row("mnist", f"dimension of the last a, {name}", "-", dimension(arm, LAST_A))
             for name, arm in arms.items()]
    rows += [
        Row("mnist", "last a over input, untrained", "no fall", over_input(untrained), low=0.8),
        Row("mnist", "last a over input, trained", "falls", over_input(most), high=0.85),
        Row("mnist", "last a over input, shuffled labels", "no fall", over_input(shuffled),
            low=0.8),
        Row("mnist", "last a, shuffled labels over trained", "> 1",
            dimension(shuffled, LAST_A) / dimension(most, LAST_A), low=1.2)]
    rows.append(Row("mnist", "largest a of the hidden layers over input", "rises first",
                    most["dimension"][:, 2::2, 0].max(1) / dimension(most, 0)))
    rows += [Row("mnist", f"components of 90 %, last a, {name}",
                 "no fall" if arm is most else "-", arm["components"][:, LAST_A])
             for name, arm in (("untrained", untrained), ("trained", most),
                               ("shuffled labels", shuffled))]
    rows.append(Row("mnist", "correlation of last a's dimension and error", "predicts",
                    np.array([correlation([arm for _, arm in trained])])))
    return rows + [copies_row("mnist", arms)]


def over_input(arm):
    return dimension(arm, LAST_A) / dimension(arm, 0)


def correlation(trained):
    """Of the test error and the dimension of the last a, over all networks of true labels."""
    return np.corrcoef(np.concatenate(
        [[dimension(arm, LAST_A), arm["error"]] for arm in trained], axis=1))[0, 1]


def copies_row(part, arms):
    """Rows left out as copies, the most of any layer of any arm."""
    return Row(part, "copies left out, most of any layer", "-",
               np.max([arm["copies"].max(1) for arm in arms.values()], axis=0))
