"""What modes keep for ever, what phases tell of two items, and where |a|^2 is blind."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.table import Row

from .parts import ARMS

APART = 20                          # steps between two items that are judged
LEAST = {"digits": 0.94, "mnist": 0.96}         # accuracies


def claims(result):
    return []


def checks(result):
    return [row for name, arms in by_part(result).items() for row in (
        *judge_classes(name, arms), *judge_memory(name, arms["memory"]),
        *judge_pairs(name, arms["oscillating, pairs"]))]


def judge_classes(name, arms):
    oscillating, free, score, linear = (arms[arm]["accuracy"][:, -1] for arm in ARMS)
    row = partial(Row, name)
    return [row("test accuracy, oscillating target", "-", oscillating, low=LEAST[name]),
            row("the same, eigenvalues trained", "-", free),
            row("largest |lambda|, trained", "-", arms["free, pairs"]["largest"]),
            row("test accuracy, softmax on Re a", "-", score),
            row("test accuracy, linear classifier", "-", linear),
            row("oscillating less linear", "-", oscillating - linear, low=0, every=False),
            row("trained numbers", "-", arms["oscillating"]["size"][:1])]


def judge_memory(name, memory):
    row, exact = partial(Row, name), partial(Row, name, exact=True)
    return [row("cond(Phi) at the end", "-", memory["condition"]),
            row("steps until the nodes are gone", "-", memory["end"]),
            exact("change of |m| in 1,000 steps after that", "0", memory["drift"], high=1e-12),
            exact("m turned back less a, relative", "0", memory["limit"], high=1e-11),
            row("accuracy read at t = 40", "-", memory["in_time"][:, -1], low=LEAST[name] - 0.02)]


def judge_pairs(name, told):
    period = told["period"][0]

    def row(quantity, key, *bounds, gap=APART, published="-"):
        return Row(name, f"{quantity}, {gap} apart{', a period' if gap == period else ''}",
                   published, told[key][:, told["gap"][0] == gap].ravel(), *bounds)
    return [row("order from phases", "phases", 0.9, 1),
            row("order from |a|^2, fitted", "power", 0.4, 0.6),
            row("order from phases", "phases", 0.45, 0.55, gap=period, published="0.5"),
            row("swapping the items: change of a", "swap", 0.5),
            row("the same of |a|^2", "swap_power", -np.inf, 0.3, published="0"),
            row("classes and order found, of 90", "both", 0.7),
            row("separation found, of 22", "separation", 0.8),
            row("pattern less the items' sum", "cross", -np.inf, 0.1, published="0")]
