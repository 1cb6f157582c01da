"""Exact counts, and test accuracy less that of dense networks of equal width or equal count."""
import numpy as np
from lab.table import Row

from .parts import network, rate

BELOW = {"published": "below", "high": 0.0}
SAME = {"published": "the same", "low": -0.01, "high": 0.01}
CLAIMS = {"eigenvalues": BELOW, "S-QR": SAME, "eigenvalues, as published": BELOW,
          "S-QR, as published": SAME}


def of_equal_count(part, arm, learning_rate, trained):
    """Accuracy (trials,) of an arm with so many trained numbers, interpolated; NaN outside."""
    chosen = (part["arm"] == arm) & (part["learning_rate"] == learning_rate)
    order = np.argsort(part["trainable"][chosen])
    counts, values = part["trainable"][chosen][order], part["accuracy"][:, chosen][:, order]
    return np.array([np.interp(np.log(trained), np.log(counts), row, np.nan, np.nan)
                     for row in values])


def comparisons(name, part, width):
    """(arm, accuracy, those of dense nets as wide and of as many numbers), at published rates."""
    at = (part["width"] == width) & part["published_rate"]
    as_wide = part["accuracy"][:, at & (part["arm"] == "dense")].ravel()
    for i in np.flatnonzero(at & (part["arm"] != "dense")):
        yield (part["arm"][i].item(), part["accuracy"][:, i], as_wide,
               of_equal_count(part, "dense", rate(name, "dense"), part["trainable"][i]))


def claims(result):
    return []


def checks(result):
    """Exact counts, and the claims of the paper at the largest width that all arms share."""
    rows = [Row("exact", f"{arm}: trained in R, 784 -> 50", f"{numbers:,}",
                np.prod(network(arm, 50).layers[0].shapes["r"]), numbers, numbers, exact=True)
            for arm, numbers in (("S-QR", 1275), ("S-QR, as published", 2500))]
    for name, part in result.items():
        width = part["width"][part["arm"] == "S-QR"].max()
        for arm, accuracy, as_wide, as_many in comparisons(name, part, width):
            rows.append(Row(name, f"{arm}, {width}, less dense {width}", every=False,
                            values=accuracy - as_wide, **CLAIMS.get(arm, {"published": "-"})))
            if not arm.endswith("as published"):
                rows.append(Row(name, f"{arm}, {width}, less dense of equal count", "-",
                                accuracy - as_many))
    return rows
