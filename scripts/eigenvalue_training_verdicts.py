"""What eigenvalue_training.py claims, as rows of its table."""
import numpy as np
from eigenvalue_training_arms import ARMS, AS_MANY
from experiment_table import Row

LOSS, ACCURACY, TEST_LOSS, TEST_ACCURACY = range(4)         # columns of the curves
PUBLISHED = {"eigenvalues": ("0.9323", "0.2305"), "notebook_2020": ("0.9494", "0.1672")}

TRAINING = {10: (0.9455, 0.1877), 30: (0.9704, 0.1016)}     # printed accuracy and loss by epoch


def verdicts(result):
    """Rows of all sets in `result`, as eigenvalue_training.run gives it."""
    return [row for name, own in result.items() for row in judge(name, own)]


def last(own, arm, column=TEST_ACCURACY):
    return own[arm]["curves"][:, -1, column]


def judge(name, own):
    rows = []
    if "eigenvalues" in own:
        rows += judge_counts(name, own["eigenvalues"]) + judge_published(name, own)
    rows += [Row(name, f"{ARMS[arm].title}, {own[arm]['trainable'][0]:,}",
                 PUBLISHED[arm][0] if arm in PUBLISHED and name == "mnist" else "-",
                 last(own, arm)) for arm in own]
    for arm in ("eigenvalues", "faster"):
        rows += [compare(name, own, arm, other) for other in AS_MANY
                 if {arm, other} <= own.keys()]
    if "linear" in own:
        rows += [Row(name, "linear network as one matrix: test accuracy", "-",
                     own["linear"]["collapsed_accuracy"]),
                 Row(name, "linear network less matrix / rounding bound", "-",
                     own["linear"]["apart"], high=1, exact=True)]
    return rows


def compare(name, own, arm, other):
    """How far an arm is above the median of another one in test accuracy; published: ahead."""
    ahead = last(own, arm) - np.median(last(own, other))
    quantity = f"{ARMS[arm].title} - {ARMS[other].title.removeprefix('direct, ')}"
    return Row(name, quantity, "> 0", ahead, low=0)


def judge_counts(name, own):
    return [Row(name, "eigenvalues: trainable parameters", "5,194", own["trainable"], 5194, 5194,
                exact=True),
            Row(name, "eigenvalues: parameters less 1,975,194", "0",
                own["parameters"] - 1_975_194, 0, 0, exact=True)]


def judge_published(name, own):
    """What the notebooks print, on MNIST: of the test set, and of the last epoch of training."""
    if name != "mnist":
        return []
    rows = [Row(name, "eigenvalues: test accuracy", "0.9323", last(own, "eigenvalues"), low=0.9323),
            Row(name, "eigenvalues: test loss", "0.2305", last(own, "eigenvalues", TEST_LOSS))]
    epochs = own["eigenvalues"]["curves"].shape[1]
    if epochs in TRAINING:
        share, loss = TRAINING[epochs]
        rows += [Row(name, f"eigenvalues: training accuracy, epoch {epochs}", f"{share}",
                     last(own, "eigenvalues", ACCURACY), share - 0.005, share + 0.005),
                 Row(name, f"eigenvalues: training loss, epoch {epochs}", f"{loss}",
                     last(own, "eigenvalues", LOSS))]
    return rows
