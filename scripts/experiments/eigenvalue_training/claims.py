"""What is claimed of training eigenvalues, as rows of a table."""
import numpy as np
from lab.arrays import by_part
from lab.table import Row

from .arms import ARMS, AS_MANY

LOSS, ACCURACY, TEST_LOSS, TEST_ACCURACY = range(4)         # columns of the curves
PUBLISHED = {"eigenvalues": ("0.9323", "0.2305"), "notebook_2020": ("0.9494", "0.1672")}
TRAINING = {10: (0.9455, 0.1877), 30: (0.9704, 0.1016)}     # printed accuracy and loss by epoch


def claims(result):
    """Rows of all sets."""
    return [row for name, arms in by_part(result).items() for row in judge(name, arms)]


def last(arms, arm, column=TEST_ACCURACY):
    return arms[arm]["curves"][:, -1, column]


def judge(name, arms):
    rows = []
    if "eigenvalues" in arms:
        rows += judge_counts(name, arms["eigenvalues"]) + judge_published(name, arms)
    rows += [Row(name, f"{ARMS[arm].title}, {arms[arm]['trainable'][0]:,}",
                 PUBLISHED[arm][0] if arm in PUBLISHED and name == "mnist" else "-",
                 last(arms, arm)) for arm in arms]
    for arm in ("eigenvalues", "faster"):
        rows += [compare(name, arms, arm, other) for other in AS_MANY
                 if {arm, other} <= arms.keys()]
    if "linear" in arms:
        rows += [Row(name, "linear network as one matrix: test accuracy", "-",
                     arms["linear"]["collapsed_accuracy"]),
                 Row(name, "linear network less matrix / rounding bound", "-",
                     arms["linear"]["apart"], high=1, exact=True)]
    return rows


def compare(name, arms, arm, other):
    """How far an arm is above the median of another one in test accuracy; published: ahead."""
    ahead = last(arms, arm) - np.median(last(arms, other))
    quantity = f"{ARMS[arm].title} - {ARMS[other].title.removeprefix('direct, ')}"
    return Row(name, quantity, "> 0", ahead, low=0)


def judge_counts(name, arm):
    return [Row(name, "eigenvalues: trainable parameters", "5,194", arm["trainable"], 5194, 5194,
                exact=True),
            Row(name, "eigenvalues: parameters less 1,975,194", "0",
                arm["parameters"] - 1_975_194, 0, 0, exact=True)]


def judge_published(name, arms):
    """What the notebooks print, on MNIST: of the test set, and of the last epoch of training."""
    if name != "mnist":
        return []
    rows = [Row(name, "eigenvalues: test accuracy", "0.9323", last(arms, "eigenvalues"),
                low=0.9323),
            Row(name, "eigenvalues: test loss", "0.2305", last(arms, "eigenvalues", TEST_LOSS))]
    epochs = arms["eigenvalues"]["curves"].shape[1]
    if epochs in TRAINING:
        share, loss = TRAINING[epochs]
        rows += [Row(name, f"eigenvalues: training accuracy, epoch {epochs}", f"{share}",
                     last(arms, "eigenvalues", ACCURACY), share - 0.005, share + 0.005),
                 Row(name, f"eigenvalues: training loss, epoch {epochs}", f"{loss}",
                     last(arms, "eigenvalues", LOSS))]
    return rows
