"""What is claimed of the dimension of layers, as rows of a table."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.table import Row

from .parts import CONTROLS, ESTIMATORS

SHOWN = 0, 2                        # of ESTIMATORS: two_nn_unbiased, two_nn_fit
LAST_U, LAST_A = -2, -1             # of the clouds x, u_1, a_1, ..., u_L, a_L


def claims(result):
    return []


def checks(result):
    rows = [row for name, cloud in arms_of(result, "control").items()
            for row in judge_control(name, cloud)]
    for part, judge in (("stripe", judge_stripe), ("mnist", judge_mnist)):
        if arms := arms_of(result, part):
            copies = np.max([arm["copies"].max(1) for arm in arms.values()], axis=0)
            rows += [*judge(arms), Row(part, "copies left out, most of any layer", "-", copies)]
    return rows


def judge_control(name, cloud):
    """4 sd of independent ratios around the dimension, and a boundary's 10 % below that."""
    control, n_points = CONTROLS[name], int(cloud["points"])
    d, copies = control.dimension, control.copies(n_points)
    sd = (n_points - copies) ** -0.5
    rows = [Row("control", f"{name}, {ESTIMATORS[column].__name__}", str(d),
                cloud["dimension"][:, column], d * (0.9 - 4 * sd), d * (1 + 4 * sd))
            for column in SHOWN]
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
    return [row("test error, feature", "-", feature["error"]),
            row("test error, lazy", "-", lazy["error"]),
            row("test error, lazy over feature", "> 1",
                lazy["error"] / np.maximum(feature["error"], 1e-4), low=1),
            row("dimension of the last u, feature", "a curve", u_feature),
            row("the same, feature over untrained", "falls", u_feature / u, high=0.6),
            row("the same, |lazy / untrained - 1|", "-", np.abs(u_lazy / u - 1), high=0.05),
            row("the same, untrained over input", "no fall", u / dimension(untrained, 0), low=0.9),
            row("variance of last u on 2 axes, feature", "a curve",
                feature["largest"][:, LAST_U].sum(-1), low=0.95)]


def judge_mnist(arms):
    row, (untrained, *trained, shuffled) = partial(Row, "mnist"), arms.values()
    most, x = trained[-1], dimension(untrained, 0)      # all arms see the same points
    a, a_most, a_shuffled = (dimension(arm, LAST_A) for arm in (untrained, most, shuffled))
    of_networks = [[dimension(arm, LAST_A), arm["error"]] for arm in trained]
    return [*(row(f"test error, {name}", "-", arm["error"]) for name, arm in arms.items()),
            row("training error, shuffled labels", "-", shuffled["train_error"]),
            row("last a over input, untrained", "no fall", a / x, low=0.8),
            row("last a over input, trained", "falls", a_most / x, high=0.85),
            row("last a over input, shuffled labels", "no fall", a_shuffled / x, low=0.8),
            row("last a, shuffled labels over trained", "> 1", a_shuffled / a_most, low=1.2),
            row("largest a of the hidden layers over input", "rises first",
                most["dimension"][:, 2::2, 0].max(1) / x),
            row("components of 90 %, last a, trained", "no fall", most["components"][:, LAST_A]),
            row("correlation of last a's dimension and error", "predicts",
                np.corrcoef(np.concatenate(of_networks, axis=1))[0, 1])]
