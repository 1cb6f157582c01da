"""What is claimed of the memory, as rows of a table."""
from lab.table import Row

APART = 20                          # steps between two items that are judged
LEAST = {"digits": 0.94, "mnist": 0.96}         # accuracies


def by_data(result):
    """Data set -> part -> arrays."""
    sets: dict = {}
    for title, arrays in result.items():
        name, part = title.split(" ", 1)
        sets.setdefault(name, {})[part] = arrays
    return sets


def claims(result):
    """Rows of all data sets."""
    return [row for name, parts in by_data(result).items()
            for row in (*judge_classes(name, parts), *judge_memory(name, parts["memory"]),
                        *judge_pairs(name, parts["oscillating, pairs"]),
                        *judge_free(name, parts["free, pairs"], parts["oscillating, pairs"]))]


def judge_classes(name, parts):
    oscillating, free, score, linear = (
        parts[arm]["accuracy"][:, -1] for arm in ("oscillating", "free", "score", "linear"))
    return [Row(name, "test accuracy, oscillating target", "-", oscillating, low=LEAST[name]),
            Row(name, "the same, eigenvalues trained", "-", free),
            Row(name, "test accuracy, softmax on Re a", "-", score),
            Row(name, "test accuracy, linear classifier", "-", linear),
            Row(name, "oscillating less linear", "-", oscillating - linear, low=0, every=False),
            Row(name, "trained numbers", "-", parts["oscillating"]["size"][:1])]


def judge_memory(name, memory):
    return [Row(name, "cond(Phi) at the end", "-", memory["condition"]),
            Row(name, "steps until the nodes are gone", "-", memory["end"]),
            Row(name, "change of |m| in 1,000 steps after that", "0", memory["drift"], high=1e-12,
                exact=True),
            Row(name, "m turned back less a, relative", "0", memory["limit"], high=1e-11,
                exact=True),
            Row(name, "accuracy read at t = 40", "-", memory["in_time"][:, -1],
                low=LEAST[name] - 0.02)]


def judge_pairs(name, pairs):
    period = pairs["period"][0]

    def told(quantity, key, steps=APART, published="-", **bounds):
        at = pairs["gap"][0] == steps
        return Row(name, quantity, published, pairs[key][:, at].ravel(), **bounds)
    return [
        told(f"order from phases, {APART} apart", "phases", low=0.9, high=1),
        told(f"order from Re a, Im a, fitted, {APART} apart", "amplitude"),
        told(f"order from |a|^2, fitted, {APART} apart", "power", low=0.4, high=0.6),
        told("order from |a|^2, fitted, 1 apart", "power", 1),
        told(f"order from phases, {period} apart, a period", "phases", period, "0.5", low=0.45,
             high=0.55),
        told(f"swapping the items: change of a, {APART} apart", "swap", low=0.5),
        told(f"the same of |a|^2, {APART} apart", "swap_power", published="0", high=0.3),
        told(f"classes and order found, of 90, {APART} apart", "both", low=0.7),
        told(f"separation found, of 22, {APART} apart", "separation", low=0.8),
        told("pattern less the items' sum, 1 apart", "cross", 1),
        told(f"pattern less the items' sum, {APART} apart", "cross", published="0", high=0.1)]


def judge_free(name, free, fixed):
    """Nodes with trained eigenvalues live so long that the second item meets the first."""
    at = free["gap"][0] == APART
    return [Row(name, "largest |lambda|, fixed", "-", fixed["largest"]),
            Row(name, "largest |lambda|, trained", "-", free["largest"]),
            Row(name, f"trained: order from phases, {APART} apart", "-",
                free["phases"][:, at].ravel()),
            Row(name, f"trained: pattern less the sum, {APART} apart", "-",
                free["cross"][:, at].ravel())]
