"""What is claimed of the dimension of layers, as rows of a table."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.table import Row

from npspectral.analysis.clouds import two_nn_fit, two_nn_unbiased

from .parts import CONTROLS, ESTIMATORS

SHOWN = two_nn_unbiased, two_nn_fit
LAST_U, LAST_A = -2, -1             # of the clouds x, u_1, a_1, ..., u_L, a_L


def claims(result):
    rows = [row for name, cloud in arms_of(result, "control").items()
            for row in judge_control(name, cloud)]
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
    row, (untrained, feature, lazy) = partial(Row, "stripe"), arms.values()
    u, u_feature, u_lazy = (dimension(arm, LAST_U) for arm in arms.values())
    two_axes = {name: arm["largest"][:, LAST_U].sum(-1) for name, arm in arms.items()}
    return [
        row("test error, feature", "-", feature["error"]),
        row("test error, lazy", "-", lazy["error"]),
        row("test error, lazy over feature", "> 1",
            lazy["error"] / np.maximum(feature["error"], 1e-4), low=1),
        row("dimension of the last u, untrained", "-", u),
        row("dimension of the last u, feature", "a curve", u_feature),
        row("dimension of the last u, lazy", "-", u_lazy),
        row("the same, feature over untrained", "falls", u_feature / u, high=0.6),
        row("the same, |lazy / untrained - 1|", "-", np.abs(u_lazy / u - 1), high=0.05),
        row("the same, untrained over input", "no fall", u / dimension(untrained, 0), low=0.9),
        row("variance of last u on 2 axes, untrained", "-", two_axes["untrained"]),
        row("variance of last u on 2 axes, feature", "a curve", two_axes["feature"], low=0.95),
        copies_row("stripe", arms)]


def judge_mnist(arms):
    row, (untrained, *trained, shuffled) = partial(Row, "mnist"), arms.values()
    most, a = trained[-1], {name: dimension(arm, LAST_A) for name, arm in arms.items()}
    three = {"untrained": untrained, "trained": most, "shuffled labels": shuffled}
    over_input = {name: dimension(arm, LAST_A) / dimension(arm, 0) for name, arm in three.items()}
    of_networks = [[dimension(arm, LAST_A), arm["error"]] for arm in trained]
    return [
        *(row(f"test error, {name}", "-", arm["error"]) for name, arm in arms.items()),
        row("training error, shuffled labels", "-", shuffled["train_error"]),
        *(row(f"dimension of the last a, {name}", "-", values) for name, values in a.items()),
        row("last a over input, untrained", "no fall", over_input["untrained"], low=0.8),
        row("last a over input, trained", "falls", over_input["trained"], high=0.85),
        row("last a over input, shuffled labels", "no fall", over_input["shuffled labels"],
            low=0.8),
        row("last a, shuffled labels over trained", "> 1",
            dimension(shuffled, LAST_A) / dimension(most, LAST_A), low=1.2),
        row("largest a of the hidden layers over input", "rises first",
            most["dimension"][:, 2::2, 0].max(1) / dimension(most, 0)),
        *(row(f"components of 90 %, last a, {name}", "no fall" if arm is most else "-",
              arm["components"][:, LAST_A]) for name, arm in three.items()),
        row("correlation of last a's dimension and error", "predicts",
            np.corrcoef(np.concatenate(of_networks, axis=1))[0, 1]),
        copies_row("mnist", arms)]


def copies_row(part, arms):
    """Rows left out as copies, the most of any layer of any arm."""
    return Row(part, "copies left out, most of any layer", "-",
               np.max([arm["copies"].max(1) for arm in arms.values()], axis=0))
