"""What is claimed of recurrent classifiers, as rows of a table."""
import numpy as np
from lab.table import Row


def by_task(result):
    """"rings", "digits", "pairs", "mnist" -> name -> arrays."""
    tasks: dict = {}
    for title, arrays in result.items():
        task, name = title.split(", ", 1)
        tasks.setdefault(task, {})[name] = arrays
    return tasks


def claims(result):
    """Rows of all parts."""
    tasks = by_task(result)
    rows = judge_rings(tasks["rings"])
    for task, judge in (("digits", judge_digits), ("pairs", judge_pairs)):
        for name, part in tasks.get(task, {}).items():
            rows += judge(f"{task}, {name}", part)
    return rows + (judge_images(**tasks["mnist"]) if "mnist" in tasks else [])


def judge_rings(parts):
    rows = [Row("rings", f"test accuracy, {name}", "-", parts[name]["accuracy"])
            for name in ("1 step", "2 steps")]
    five, odd = parts["5 steps"], parts["5 steps, no constant node"]
    return [*rows, Row("rings", "test accuracy, 5 steps", "-", five["accuracy"], low=0.98),
            Row("rings", "the same without the constant node", "-", odd["accuracy"], 0.42, 0.58),
            *judge_rest("rings", five)]


def judge_digits(title, part):
    low = 0.97 if title == "digits, random" else -np.inf
    return [Row(title, "mean test accuracy over seeds", "-",
                part["accuracy"].mean(keepdims=True), low=low),
            Row(title, "test accuracy", "-", part["accuracy"]),
            Row(title, "condition number of Phi", "-", part["conditions"][:, 1]),
            Row(title, "cosine of limit and direction of the class", "-",
                part["alignment"][:, -1]),
            Row(title, "seconds of training", "-", part["seconds"]), *judge_rest(title, part)]


def judge_rest(title, part):
    """What holds for every network: planted directions at rest, a tail within its bound."""
    steps = part["distance"].shape[1] - part["bound"].shape[1]
    slack = 1e-9 * part["bound"][:, :1]                     # rounding, far behind the decay
    ratio = (part["distance"][:, steps:] / (part["bound"] + slack)).max(axis=(1, 2))
    planted = (part["eigenvalues"][0, 0] == 1).sum()
    free = np.abs(part["eigenvalues"][:, 1, planted:]).max(1)
    return [*(Row(title, quantity, "-", values, high=high, exact=True)
              for quantity, values, high in (
                  ("|A P - P| / bound of rounding", part["rest"], 1),
                  ("drift of the limit in the tail / bound", part["drift"], 1),
                  ("distance to the limit / bound of decay", ratio, 1),
                  ("largest |free eigenvalue|", free, 1 - 2.0 ** -10))),
            Row(title, "2-norm of A", "-", part["norm"])]


def judge_pairs(title, part):
    return [Row(title, "accuracy, both digits and their order", "-", part["accuracy"], low=0.95),
            Row(title, "the same, pairs the other way round", "-", part["swapped"], low=0.95),
            Row(title, "spectral radius beside P, worst kernel", "-",
                part["alone"][:, :, 0].max(1), high=1, exact=True),
            Row(title, "spectral radius beside P of A_2 A_1", "-", part["in_turn"][:, 0]),
            Row(title, "2-norm beside P of A_2 A_1", "-", part["in_turn"][:, 1]),
            Row(title, "spectral radius beside P of both windows", "-", part["windows"][:, 0])]


def judge_images(recurrent, dense):
    return [Row("mnist", "test accuracy, recurrent", "-", recurrent["accuracy"], low=0.97),
            *(Row("mnist", quantity, "-", values) for quantity, values in (
                ("test accuracy, dense", dense["accuracy"]),
                ("recurrent - dense", recurrent["accuracy"] - dense["accuracy"]),
                ("parameters, recurrent", recurrent["size"][:1]),
                ("parameters, dense", dense["size"][:1]),
                ("epochs, recurrent", np.isfinite(recurrent["course"]).sum(1)),
                ("seconds of training, recurrent", recurrent["seconds"]),
                ("seconds of training, dense", dense["seconds"]),
                ("condition number of Phi", recurrent["condition"])))]
