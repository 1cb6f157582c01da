"""Exact counts, and test accuracy less that of dense networks of equal width or equal count."""
from functools import partial

import numpy as np
from lab.table import Row

from .parts import COMMON_RATE, network, rate

BELOW, SAME, NONE = ("below", -np.inf, 0.0), ("the same", -0.01, 0.01), ("-", -np.inf, np.inf)
CLAIMS = {"eigenvalues": BELOW, "S-QR": SAME, "eigenvalues, as published": BELOW,
          "S-QR, as published": SAME}
TOLD = "arm", "width", "trainable", "learning_rate", "published_rate"


def of_equal_count(part, arm, learning_rate, trained):
    """Accuracy (trials,) of an arm with so many trained numbers, interpolated; NaN outside."""
    chosen = (part["arm"] == arm) & (part["learning_rate"] == learning_rate)
    order = np.argsort(part["trainable"][chosen])
    counts, values = part["trainable"][chosen][order], part["accuracy"][:, chosen][:, order]
    return np.array([np.interp(np.log(trained), np.log(counts), row, np.nan, np.nan)
                     for row in values])


def comparisons(name, part):
    """For every network but the dense ones: its accuracy and those it is compared with."""
    for i in np.flatnonzero(part["arm"] != "dense"):
        one = {key: part[key][i].item() for key in TOLD}
        dense = (part["arm"] == "dense") & (part["width"] == one["width"]) & part["published_rate"]
        equal = partial(of_equal_count, part, trained=one["trainable"])
        yield {**one, "accuracy": part["accuracy"][:, i], "others": {
            "dense, as wide": part["accuracy"][:, dense].ravel(),
            "dense, as many": equal("dense", rate(name, "dense")),
            "dense, as many, its rate": equal("dense", one["learning_rate"]),
            "eigenvalues, as many": equal("eigenvalues", COMMON_RATE)}}


def claims(result):
    """Exact counts, and the claims of the paper at the largest width that all arms share."""
    rows = [Row("exact", f"{arm}: trained in R, 784 -> 50", f"{numbers:,}",
                np.prod(network(arm, 50).layers[0].shapes["r"]), numbers, numbers, exact=True)
            for arm, numbers in (("S-QR", 1275), ("S-QR, as published", 2500))]
    for name, part in result.items():
        width = part["width"][part["arm"] == "S-QR"].max()
        compared = list(comparisons(name, part))
        at_width = {row["arm"]: row for row in compared
                    if row["width"] == width and row["published_rate"]}
        for arm, row in at_width.items():
            published, low, high = CLAIMS.get(arm, NONE)
            rows.append(Row(name, f"{arm}, {width}, less dense {width}", published,
                            row["accuracy"] - row["others"]["dense, as wide"], low, high, every=False))
        for arm in ("eigenvalues", "S-SVD", "S-QR"):
            one = at_width[arm]
            rows.append(Row(name, f"{arm}, {width}, less dense of equal count", "-",
                            one["accuracy"] - one["others"]["dense, as many"]))
        rows += [row for one in compared for row in told(name, one)]
    return rows


def told(name, one):
    """Accuracy of a network, and of those it is compared with where there are any."""
    title = f"{one['arm']}, {one['width']}, rate {one['learning_rate']:g}, {one['trainable']:,}"
    yield Row(name, title, "-", one["accuracy"])
    for label, values in one["others"].items():
        if values.size and np.isfinite(values).all():
            yield Row(name, f"  {label}", "-", values)
