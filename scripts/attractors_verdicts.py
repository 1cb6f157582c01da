"""What attractors.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row

PUBLISHED = {"p": "1", "h": "0.5", "d": "-"}        # A ~ p sqrt(h)
LEAST_GROWTH = 0.05                                 # |beta| of neurons that have not stopped


def verdicts(result):
    """Rows of all parts in `result`, as attractors.run gives it."""
    rows = judge_field(result["field"])
    for part, own in result.items():
        if part.startswith("maxima"):
            rows += judge_maxima(part, own)
        elif part.startswith("A against"):
            rows += judge_count(part, part[-1], own)
    if "mnist, lazy" in result:
        rows += judge_mnist(result["mnist, feature"], result["mnist, lazy"])
    return rows


def cosines(field):
    """Of growing neurons with the nearest maximum of their sign of beta."""
    ends = field["ends"] / np.sqrt((field["ends"] ** 2).sum(1, keepdims=True))
    near = field["last"] @ ends.T
    near[field["beta"][:, None] != field["end_signs"]] = -1
    return near.max(1)[field["growth"] > LEAST_GROWTH]


def judge_field(field):
    at_end = np.array([(cosines(field) > 0.999).mean()])
    return [Row("field", "growing neurons that end in a computed attractor", "all", at_end,
                low=0.99),
            Row("field", "neurons that die or shrink instead", "-",
                np.array([(field["growth"] <= LEAST_GROWTH).mean()]))]


def judge_maxima(part, own):
    mean = own["attractors"].mean(1)
    return [Row(part, f"attractors of p = {own['p'][-1]} random labels", "-",
                own["attractors"][-1]),
            Row(part, "share of them on kinks", "-",
                np.array([own["sliding"].sum() / own["attractors"].sum()])),
            Row(part, "exponent in p", PUBLISHED["p"],
                np.array([exponent(own["p"], mean)]))]


def exponent(sizes, counts):
    """Least squares of log A against log size."""
    return np.polyfit(np.log(sizes), np.log(counts), 1)[0]


def exponents(sizes, counts):
    """One for each seed, from counts (sizes, seeds)."""
    return np.array([exponent(sizes, column) for column in counts.T])


def judge_count(part, name, own):
    rows = [Row(part, f"exponent of A in {name}, {kind} patterns", PUBLISHED[name],
                exponents(own[name], own[key]))
            for kind, key in (("raw", "attractors"), ("ternary", "ternary"))]
    return rows + [
        Row(part, f"exponent of the effective number in {name}", "-",
            exponents(own[name], own["effective"])),
        Row(part, "A / A at the start", "less",
            (own["attractors"] / own["at_start"]).ravel(), high=1),
        Row(part, "points not learned", "0", own["left"].ravel()),
        Row(part, "the same, less those that no neuron is active on", "0",
            (own["left"] - own["unseen"]).ravel(), high=0, every=False),
        Row(part, "change of f on the training set, merged", "0", own["change"].ravel(),
            high=1e-14, exact=True),
        Row(part, "patterns that one neuron cannot replace", "none", own["two"].ravel()),
        Row(part, "merged: test error less the network's", "-",
            (own["errors"][..., 1] - own["errors"][..., 0]).ravel())]


def judge_mnist(feature, lazy):
    h = feature["beta"].shape[1]
    rows = [Row("mnist", f"A / h, {name}", published, own["attractors"] / h)
            for name, own, published in (("feature", feature, "few"), ("lazy", lazy, "-"))]
    return rows + [
        Row("mnist", "effective number / h, feature", "few", feature["effective"] / h, high=0.5),
        Row("mnist", "effective number / h, lazy", "-", lazy["effective"] / h),
        Row("mnist", "test error, feature", "-", feature["errors"][:, 0]),
        Row("mnist", "test error, lazy", "-", lazy["errors"][:, 0]),
        Row("mnist", "feature less lazy", "below 0",
            feature["errors"][:, 0] - lazy["errors"][:, 0], high=0, every=False),
        Row("mnist", "test error, feature, merged", "-", feature["errors"][:, 1]),
        Row("mnist", "change of f on the training set, merged", "0", feature["change"],
            high=1e-14, exact=True),
        Row("mnist", "neurons after merging / h", "-", feature["merged"] / h)]
