"""What holds for every network to rounding, and the accuracies that are wanted."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.table import Row


def claims(result):
    return []


def checks(result):
    rows = judge_rings(arms_of(result, "rings"))
    for part, arrays in result.items():
        if part.startswith("digits"):
            rows += judge_digits(part, arrays)
        elif part.startswith("pairs"):
            rows += judge_pairs(part, arrays)
    mnist = arms_of(result, "mnist")
    return rows + (judge_images(**mnist) if mnist else [])


def judge_rings(arms):
    one, two, five, odd = (arm["accuracy"] for arm in arms.values())
    return [Row("rings", "test accuracy, 1 step", "-", one),
            Row("rings", "test accuracy, 2 steps", "-", two),
            Row("rings", "test accuracy, 5 steps", "-", five, low=0.98),
            Row("rings", "the same without the constant node", "-", odd, 0.42, 0.58),
            *judge_rest("rings", arms["5 steps"])]


def judge_digits(part, arrays):
    row, low = partial(Row, part), 0.97 if part == "digits, random" else -np.inf
    return [row("mean test accuracy over seeds", "-", arrays["accuracy"].mean(), low),
            row("test accuracy", "-", arrays["accuracy"]),
            row("condition number of Phi", "-", arrays["conditions"][:, 1]),
            row("cosine of limit and direction of the class", "-", arrays["alignment"][:, -1]),
            *judge_rest(part, arrays)]


def judge_rest(part, arrays):
    """What holds for every network: planted directions at rest, a tail within its bound."""
    steps = arrays["distance"].shape[1] - arrays["bound"].shape[1]
    slack = 1e-9 * arrays["bound"][:, :1]                   # rounding, far behind the decay
    ratio = (arrays["distance"][:, steps:] / (arrays["bound"] + slack)).max(axis=(1, 2))
    planted = (arrays["eigenvalues"][0, 0] == 1).sum()
    largest = np.abs(arrays["eigenvalues"][:, 1, planted:]).max(1)
    exact = partial(Row, part, exact=True)
    return [exact("|A P - P| / bound of rounding", "-", arrays["rest"], high=1),
            exact("drift of the limit in the tail / bound", "-", arrays["drift"], high=1),
            exact("distance to the limit / bound of decay", "-", ratio, high=1),
            exact("largest |free eigenvalue|", "-", largest, high=1 - 2.0 ** -10),
            Row(part, "2-norm of A", "-", arrays["norm"])]


def judge_pairs(part, arrays):
    alone = arrays["alone"][:, :, 0].max(1)
    return [Row(part, "accuracy, both digits and their order", "-", arrays["accuracy"], low=0.95),
            Row(part, "the same, pairs the other way round", "-", arrays["swapped"], low=0.95),
            Row(part, "spectral radius beside P, worst kernel", "-", alone, high=1, exact=True),
            Row(part, "spectral radius beside P of A_2 A_1", "-", arrays["in_turn"][:, 0]),
            Row(part, "2-norm beside P of A_2 A_1", "-", arrays["in_turn"][:, 1]),
            Row(part, "spectral radius beside P of both windows", "-", arrays["windows"][:, 0])]


def judge_images(recurrent, dense):
    return [Row("mnist", "test accuracy, recurrent", "-", recurrent["accuracy"], low=0.97),
            Row("mnist", "test accuracy, dense", "-", dense["accuracy"]),
            Row("mnist", "parameters, recurrent", "-", recurrent["size"][:1]),
            Row("mnist", "parameters, dense", "-", dense["size"][:1]),
            Row("mnist", "seconds of training, recurrent", "-", recurrent["seconds"]),
            Row("mnist", "seconds of training, dense", "-", dense["seconds"]),
            Row("mnist", "condition number of Phi", "-", recurrent["condition"])]
