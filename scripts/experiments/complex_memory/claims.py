"""What modes keep for ever, what phases tell of two items, and where |a|^2 is blind."""
from functools import partial

import numpy as np
from lab.arrays import by_part
from lab.table import Claim, Row

from .parts import ARMS

APART = 20                          # steps between two items that are judged
LEAST = {"digits": 0.94, "mnist": 0.94}         # accuracies
ABSTRACT = "Chicchi et al. 2023, arXiv 2312.07296, abstract"
OURS = "Only the abstract was read: network, sizes, read-out and bounds are ours."


def claims(result):
    sets = by_part(result)
    accuracies = {name: {arm: arms[arm]["accuracy"][:, -1] for arm in ARMS}
                  for name, arms in sets.items()}
    return [
        Claim("an oscillating final state", "evolves towards a dynamic, oscillating final state",
              ABSTRACT, [Row(name, "change of |m| in 1,000 steps without nodes", "0",
                             arms["memory"]["drift"], high=1e-12, exact=True)
                         for name, arms in sets.items()], "oscillation", OURS),
        Claim("a function of time classifies", "classifies data through a time-dependent function",
              ABSTRACT, [Row(name, "accuracy less that of a linear classifier", "-",
                             told["oscillating"] - told["linear"], low=0, every=False)
                         for name, told in accuracies.items()] +
              [Row(name, "accuracy read at t = 40", "-", arms["memory"]["in_time"][:, -1],
                   low=LEAST[name] - 0.02) for name, arms in sets.items()], "oscillation", OURS),
        Claim("accuracy on MNIST", "demonstrated with an empirical evaluation using MNIST",
              ABSTRACT, [Row(name, "test accuracy", "-", told["oscillating"])
                         for name, told in accuracies.items()], "oscillation",
              incomparable="the numbers are in the article's body, which could not be read"),
        Claim("the order of insertion", "distinct items supplied in sequence yield patterns that "
              "bear the imprint of the insertion order", ABSTRACT,
              [at(name, arms, "order told by phases", "phases", low=0.9)
               for name, arms in sets.items()], "order", OURS),
        Claim("the time of separation", "... and of the time of separation between contiguous "
              "insertions", ABSTRACT,
              [at(name, arms, "separation told, of 22", "separation", low=0.8)
               for name, arms in sets.items()], "pattern", OURS)]


def at(name, arms, quantity, key, *bounds, gap=APART, published="-", **more):
    """A row of what two items leave that are `gap` steps apart."""
    told = arms["oscillating, pairs"]
    period = ", a period" if gap == told["period"][0] else ""
    return Row(name, f"{quantity}, {gap} apart{period}", published,
               told[key][:, told["gap"][0] == gap].ravel(), *bounds, **more)


def checks(result):
    return [row for name, arms in by_part(result).items() for row in (
        *check_classes(name, arms), *check_memory(name, arms["memory"]),
        *check_pairs(name, arms))]


def check_classes(name, arms):
    oscillating, free, score, linear = (arms[arm]["accuracy"][:, -1] for arm in ARMS)
    row = partial(Row, name)
    return [row("test accuracy, oscillating target", "-", oscillating, low=LEAST[name]),
            row("the same, eigenvalues trained", "-", free),
            row("largest |lambda|, trained", "-", arms["free, pairs"]["largest"]),
            row("test accuracy, softmax on Re a", "-", score),
            row("test accuracy, linear classifier", "-", linear),
            row("trained numbers", "-", arms["oscillating"]["size"][:1])]


def check_memory(name, memory):
    return [Row(name, "cond(Phi) at the end", "-", memory["condition"]),
            Row(name, "steps until the nodes are gone", "-", memory["end"]),
            Row(name, "m turned back less a, relative", "0", memory["limit"], high=1e-11,
                exact=True)]


def check_pairs(name, arms):
    row, period = partial(at, name, arms), arms["oscillating, pairs"]["period"][0]
    return [row("order from |a|^2, fitted", "power", 0.4, 0.6),
            row("order told by phases", "phases", 0.45, 0.55, gap=period, published="0.5"),
            row("swapping the items: change of a", "swap", 0.5),
            row("the same of |a|^2", "swap_power", -np.inf, 0.3, published="0"),
            row("classes and order found, of 90", "both", 0.7),
            row("pattern less the items' sum", "cross", -np.inf, 0.1, published="0")]
