"""What is claimed of attractors, as rows of a table."""
from functools import partial

import numpy as np
from lab.table import Row, slope

PUBLISHED = {"p": "1", "h": "0.5", "d": "-"}        # A ~ p sqrt(h)
MERGED = "change of f on the training set, merged"
POWERS = "attractors", "ternary", "effective"       # counts that may be powers of a size
LEAST_GROWTH = 0.05                                 # |beta| of neurons that have not stopped


def claims(result):
    return []


def checks(result):
    rows = judge_field(result["field"])
    for part, arrays in result.items():
        if part.startswith("maxima"):
            rows += judge_maxima(part, arrays)
        elif part.startswith("A against"):
            rows += judge_count(part, part[-1], arrays)
    if "mnist, lazy" in result:
        rows += judge_mnist(result["mnist, feature"], result["mnist, lazy"])
    return rows


def judge_field(field):
    """Growing neurons have a cosine of 1 with the nearest maximum of their sign of beta."""
    ends = field["ends"] / np.sqrt((field["ends"] ** 2).sum(1, keepdims=True))
    alike, growing = field["beta"][:, None] == field["end_signs"], field["growth"] > LEAST_GROWTH
    cosines = np.where(alike, field["last"] @ ends.T, -1).max(1)
    return [Row("field", "growing neurons that end in a computed attractor", "all",
                (cosines[growing] > 0.999).mean(), low=0.99),
            Row("field", "neurons that die or shrink instead", "-", (~growing).mean())]


def judge_maxima(part, arrays):
    p, attractors = arrays["p"], arrays["attractors"]
    return [Row(part, f"attractors of p = {p[-1]} random labels", "-", attractors[-1]),
            Row(part, "share of them on kinks", "-", arrays["sliding"].sum() / attractors.sum()),
            Row(part, "exponent in p", PUBLISHED["p"],
                slope(np.log(p), np.log(attractors.mean(1))))]


def judge_count(part, name, arrays):
    """Arrays are (seed, size); the table lists them size by size."""
    flat = {key: array.T.ravel() for key, array in arrays.items() if key != "errors"}
    row, power = partial(Row, part), {key: slope(np.log(arrays[name]), np.log(arrays[key]))
                                      for key in POWERS}
    return [
        row(f"exponent of A in {name}, raw patterns", PUBLISHED[name], power["attractors"]),
        row(f"exponent of A in {name}, ternary patterns", PUBLISHED[name], power["ternary"]),
        row(f"exponent of the effective number in {name}", "-", power["effective"]),
        row("A / A at the start", "less", flat["attractors"] / flat["at_start"], high=1),
        row("points not learned", "0", flat["left"]),
        row("the same, less those that no neuron is active on", "0", flat["left"] - flat["unseen"],
            high=0, every=False),
        row(MERGED, "0", flat["change"], high=1e-14, exact=True),
        row("patterns that one neuron cannot replace", "none", flat["two"]),
        row("merged: test error less the network's", "-",
            np.diff(arrays["errors"].swapaxes(0, 1)).ravel())]


def judge_mnist(feature, lazy):
    h, row = feature["beta"].shape[1], partial(Row, "mnist")
    return [row("A / h, feature", "few", feature["attractors"] / h),
            row("A / h, lazy", "-", lazy["attractors"] / h),
            row("effective number / h, feature", "few", feature["effective"] / h, high=0.5),
            row("effective number / h, lazy", "-", lazy["effective"] / h),
            row("test error, feature", "-", feature["errors"][:, 0]),
            row("feature less lazy", "below 0", feature["errors"][:, 0] - lazy["errors"][:, 0],
                high=0, every=False),
            row(MERGED, "0", feature["change"], high=1e-14, exact=True),
            row("neurons after merging / h", "-", feature["merged"] / h)]
