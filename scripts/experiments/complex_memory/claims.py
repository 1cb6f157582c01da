"""What modes keep for ever, what phases tell of two items, and where |a|^2 is blind."""
from lab.arrays import arms_of
from lab.table import Row

APART = 20                          # steps between two items that are judged
LEAST = {"digits": 0.94, "mnist": 0.96}         # accuracies
KINDS = {"phases": "phases", "amplitude": "Re a, Im a, fitted", "power": "|a|^2, fitted"}


def claims(result):
    rows = []
    for name in LEAST:
        arms = arms_of(result, name)
        if arms:
            rows += judge_classes(name, arms) + judge_memory(name, arms["memory"])
            rows += judge_pairs(name, arms["oscillating, pairs"])
            rows += judge_free(name, arms["free, pairs"], arms["oscillating, pairs"])
    return rows


def judge_classes(name, arms):
    oscillating, free, score, linear = (
        arms[arm]["accuracy"][:, -1] for arm in ("oscillating", "free", "score", "linear"))
    return [Row(name, "test accuracy, oscillating target", "-", oscillating, low=LEAST[name]),
            Row(name, "the same, eigenvalues trained", "-", free),
            Row(name, "test accuracy, softmax on Re a", "-", score),
            Row(name, "test accuracy, linear classifier", "-", linear),
            Row(name, "oscillating less linear", "-", oscillating - linear, low=0, every=False),
            Row(name, "trained numbers", "-", arms["oscillating"]["size"][:1])]


def judge_memory(name, memory):
    return [Row(name, "cond(Phi) at the end", "-", memory["condition"]),
            Row(name, "steps until the nodes are gone", "-", memory["end"]),
            Row(name, "change of |m| in 1,000 steps after that", "0", memory["drift"],
                high=1e-12, exact=True),
            Row(name, "m turned back less a, relative", "0", memory["limit"], high=1e-11,
                exact=True),
            Row(name, "accuracy read at t = 40", "-", memory["in_time"][:, -1],
                low=LEAST[name] - 0.02)]


def judge_pairs(name, told):
    gaps, period = told["gap"][0], told["period"][0]

    def at(key, gap):
        return told[key][:, gaps == gap].ravel()
    limits = {"phases": dict(low=0.9, high=1), "amplitude": {}, "power": dict(low=0.4, high=0.6)}
    return [*(Row(name, f"order from {label}, {APART} apart", "-", at(key, APART), **limits[key])
              for key, label in KINDS.items()),
            Row(name, "order from |a|^2, fitted, 1 apart", "-", at("power", 1)),
            Row(name, f"order from phases, {period} apart, a period", "0.5", at("phases", period),
                0.45, 0.55),
            Row(name, f"swapping the items: change of a, {APART} apart", "-", at("swap", APART),
                low=0.5),
            Row(name, f"the same of |a|^2, {APART} apart", "0", at("swap_power", APART), high=0.3),
            Row(name, f"classes and order found, of 90, {APART} apart", "-", at("both", APART),
                low=0.7),
            Row(name, f"separation found, of 22, {APART} apart", "-", at("separation", APART),
                low=0.8),
            Row(name, "pattern less the items' sum, 1 apart", "-", at("cross", 1)),
            Row(name, f"pattern less the items' sum, {APART} apart", "0", at("cross", APART),
                high=0.1)]


def judge_free(name, free, fixed):
    """Nodes with trained eigenvalues live so long that the second item meets the first."""
    at = free["gap"][0] == APART
    return [Row(name, "largest |lambda|, fixed", "-", fixed["largest"]),
            Row(name, "largest |lambda|, trained", "-", free["largest"]),
            Row(name, f"trained: order from phases, {APART} apart", "-",
                free["phases"][:, at].ravel()),
            Row(name, f"trained: pattern less the sum, {APART} apart", "-",
                free["cross"][:, at].ravel())]
