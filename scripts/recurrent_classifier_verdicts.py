"""What recurrent_classifier.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row


def verdicts(result):
    """Rows of the parts in `result`, as recurrent_classifier.run gives it."""
    rows = judge_rings(result["rings"])
    if "digits" in result:
        rows += judge_digits(result["digits"])
        for name, own in result["pairs"].items():
            rows += judge_pairs(f"pairs, {name}", own)
    if "mnist" in result:
        rows += judge_images(result["mnist"])
    return rows


def judge_rings(own):
    rows = [Row("rings", f"test accuracy, {name}", "-", runs["accuracy"])
            for name, runs in own.items() if name in ("1 step", "2 steps")]
    five, odd = own["5 steps"], own["5 steps, no constant node"]
    return [*rows, Row("rings", "test accuracy, 5 steps", "-", five["accuracy"], low=0.98),
            Row("rings", "the same without the constant node", "-", odd["accuracy"], 0.42, 0.58),
            *judge_rest("rings", five)]


def judge_digits(own):
    rows = []
    for name, runs in own.items():
        part = f"digits, {name}"
        low = 0.97 if name == "random" else -np.inf
        rows += [Row(part, "mean test accuracy over seeds", "-",
                     runs["accuracy"].mean(keepdims=True), low=low),
                 Row(part, "test accuracy", "-", runs["accuracy"]),
                 Row(part, "condition number of Phi", "-", runs["conditions"][:, 1]),
                 Row(part, "cosine of limit and direction of the class", "-",
                     runs["alignment"][:, -1]),
                 Row(part, "seconds of training", "-", runs["seconds"])]
        rows += judge_rest(part, runs)
    return rows


def judge_rest(part, own):
    """What holds for every network: planted directions at rest, a tail within its bound."""
    steps = own["distance"].shape[1] - own["bound"].shape[1]
    slack = 1e-9 * own["bound"][:, :1]                      # rounding, far behind the decay
    ratio = (own["distance"][:, steps:] / (own["bound"] + slack)).max(axis=(1, 2))
    return [Row(part, "|A P - P| / bound of rounding", "-", own["rest"], high=1, exact=True),
            Row(part, "drift of the limit in the tail / bound", "-", own["drift"], high=1,
                exact=True),
            Row(part, "distance to the limit / bound of decay", "-", ratio, high=1, exact=True),
            Row(part, "largest |free eigenvalue|", "-", free(own), high=1 - 2.0 ** -10,
                exact=True),
            Row(part, "2-norm of A", "-", own["norm"])]


def free(own):
    """Largest modulus of the trained eigenvalues of every seed."""
    planted = (own["eigenvalues"][0, 0] == 1).sum()
    return np.abs(own["eigenvalues"][:, 1, planted:]).max(1)


def judge_pairs(part, own):
    return [Row(part, "accuracy, both digits and their order", "-", own["accuracy"], low=0.95),
            Row(part, "the same, pairs the other way round", "-", own["swapped"], low=0.95),
            Row(part, "spectral radius beside P, worst kernel", "-", own["alone"][:, :, 0].max(1),
                high=1, exact=True),
            Row(part, "spectral radius beside P of A_2 A_1", "-", own["in_turn"][:, 0]),
            Row(part, "2-norm beside P of A_2 A_1", "-", own["in_turn"][:, 1]),
            Row(part, "spectral radius beside P of both windows", "-", own["windows"][:, 0])]


def judge_images(own):
    recurrent, dense = own["recurrent"], own["dense"]
    return [Row("mnist", "test accuracy, recurrent", "-", recurrent["accuracy"], low=0.97),
            Row("mnist", "test accuracy, dense", "-", dense["accuracy"]),
            Row("mnist", "recurrent - dense", "-", recurrent["accuracy"] - dense["accuracy"]),
            Row("mnist", "parameters, recurrent", "-", recurrent["size"][:1]),
            Row("mnist", "parameters, dense", "-", dense["size"][:1]),
            Row("mnist", "epochs, recurrent", "-", np.isfinite(recurrent["course"]).sum(1)),
            Row("mnist", "seconds of training, recurrent", "-", recurrent["seconds"]),
            Row("mnist", "seconds of training, dense", "-", dense["seconds"]),
            Row("mnist", "condition number of Phi", "-", recurrent["condition"])]
