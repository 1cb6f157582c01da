"""What complex_memory.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row

APART = 20                          # steps between two items that are judged
LEAST = {"digits": 0.94, "mnist": 0.96}         # accuracies
KINDS = {"phases": "phases", "amplitude": "Re a, Im a, fitted", "power": "|a|^2, fitted"}


def verdicts(result):
    """Rows of all data sets in `result`, as complex_memory.run gives it."""
    rows = []
    for name in dict.fromkeys(name for name, _ in result):
        own = {part: arrays for (data, part), arrays in result.items() if data == name}
        rows += judge_classes(name, own) + judge_memory(name, own["memory"])
        rows += judge_pairs(name, own["oscillating, pairs"]) + judge_free(name, own)
    return rows


def judge_classes(name, own):
    last = {arm: own[arm]["accuracy"][:, -1]
            for arm in ("oscillating", "free", "score", "linear")}
    return [Row(name, "test accuracy, oscillating target", "-", last["oscillating"],
                low=LEAST[name]),
            Row(name, "the same, eigenvalues trained", "-", last["free"]),
            Row(name, "test accuracy, softmax on Re a", "-", last["score"]),
            Row(name, "test accuracy, linear classifier", "-", last["linear"]),
            Row(name, "oscillating less linear", "-", last["oscillating"] - last["linear"], low=0,
                every=False),
            Row(name, "trained numbers", "-", own["oscillating"]["size"][:1])]


def judge_memory(name, own):
    return [Row(name, "cond(Phi) at the end", "-", own["condition"]),
            Row(name, "steps until the nodes are gone", "-", own["end"]),
            Row(name, "change of |m| in 1,000 steps after that", "0", own["drift"], high=1e-12,
                exact=True),
            Row(name, "m turned back less a, relative", "0", own["limit"], high=1e-11, exact=True),
            Row(name, "accuracy read at t = 40", "-", own["in_time"][:, -1],
                low=LEAST[name] - 0.02)]


def judge_pairs(name, own):
    at, back = (own["gap"][0] == steps for steps in (APART, own["period"][0]))
    first = own["gap"][0] == 1
    rows = [Row(name, f"order from {label}, {APART} apart", "-", own[key][:, at].ravel(), low, high)
            for (key, label), (low, high) in zip(KINDS.items(), ((0.9, 1), (-np.inf, np.inf),
                                                                 (0.4, 0.6)))]
    return rows + [
        Row(name, "order from |a|^2, fitted, 1 apart", "-", own["power"][:, first].ravel()),
        Row(name, f"order from phases, {own['period'][0]} apart, a period", "0.5",
            own["phases"][:, back].ravel(), 0.45, 0.55),
        Row(name, f"swapping the items: change of a, {APART} apart", "-",
            own["swap"][:, at].ravel(), low=0.5),
        Row(name, f"the same of |a|^2, {APART} apart", "0", own["swap_power"][:, at].ravel(),
            high=0.3),
        Row(name, f"classes and order found, of 90, {APART} apart", "-", own["both"][:, at].ravel(),
            low=0.7),
        Row(name, f"separation found, of 22, {APART} apart", "-", own["separation"][:, at].ravel(),
            low=0.8),
        Row(name, "pattern less the items' sum, 1 apart", "-", own["cross"][:, first].ravel()),
        Row(name, f"pattern less the items' sum, {APART} apart", "0", own["cross"][:, at].ravel(),
            high=0.1)]


def judge_free(name, own):
    """Nodes with trained eigenvalues live so long that the second item meets the first."""
    free, fixed = own["free, pairs"], own["oscillating, pairs"]
    at = free["gap"][0] == APART
    return [Row(name, "largest |lambda|, fixed", "-", fixed["largest"]),
            Row(name, "largest |lambda|, trained", "-", free["largest"]),
            Row(name, f"trained: order from phases, {APART} apart", "-",
                free["phases"][:, at].ravel()),
            Row(name, f"trained: pattern less the sum, {APART} apart", "-",
                free["cross"][:, at].ravel())]
