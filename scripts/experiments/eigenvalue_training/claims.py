"""What is claimed of training eigenvalues, as rows of a table."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.table import Row

from .parts import ARMS, AS_MANY

TEST_ACCURACY = 3                                           # the last column of the curves
PUBLISHED = {("mnist", "eigenvalues"): "0.9323", ("mnist", "notebook_2020"): "0.9494"}
TRAINING = {10: (0.9455, 0.1877), 30: (0.9704, 0.1016)}     # printed accuracy and loss by epoch


def claims(result):
    return []


def checks(result):
    return [row for name, arms in by_part(result).items() for row in judge(name, arms)]


def last(arms, arm):
    """Test accuracy at the end, seed by seed."""
    return arms[arm]["curves"][:, -1, TEST_ACCURACY]


def judge(name, arms):
    row = partial(Row, name)
    rows = judge_eigenvalues(name, arms["eigenvalues"]) if "eigenvalues" in arms else []
    rows += [row(f"{ARMS[arm].title}, {arms[arm]['trainable'][0]:,}",
                 PUBLISHED.get((name, arm), "-"), last(arms, arm)) for arm in arms]
    rows += [row(f"{ARMS[arm].title} - {ARMS[other].title.removeprefix('direct, ')}", "> 0",
                 last(arms, arm) - np.median(last(arms, other)), low=0)
             for arm in ("eigenvalues", "faster") for other in AS_MANY
             if {arm, other} <= arms.keys()]
    if "linear" in arms:
        rows.append(row("linear network less its one matrix / rounding bound", "-",
                        arms["linear"]["apart"], high=1, exact=True))
    return rows


def judge_eigenvalues(name, arm):
    """Counts; on MNIST what the notebooks print of the test set, and of training's last epoch."""
    row, exact = partial(Row, name), partial(Row, name, exact=True)
    rows = [exact("eigenvalues: trainable parameters", "5,194", arm["trainable"], 5194, 5194),
            exact("eigenvalues: parameters less 1,975,194", "0", arm["parameters"] - 1975194, 0, 0)]
    if name != "mnist":
        return rows
    loss, accuracy, test_loss, test_accuracy = arm["curves"][:, -1].T
    rows += [row("eigenvalues: test accuracy", "0.9323", test_accuracy, low=0.9323),
             row("eigenvalues: test loss", "0.2305", test_loss)]
    if (epochs := arm["curves"].shape[1]) in TRAINING:
        right, value = TRAINING[epochs]
        rows += [row(f"eigenvalues: training accuracy, epoch {epochs}", f"{right}", accuracy,
                     right - 0.005, right + 0.005),
                 row(f"eigenvalues: training loss, epoch {epochs}", f"{value}", loss)]
    return rows
