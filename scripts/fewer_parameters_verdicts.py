"""What fewer_parameters.py found: a table at equal width and equal count, and the claims judged."""
import numpy as np
from experiment_table import Row
from fewer_parameters_arms import COMMON_RATE, network, rate, trainable_count

BELOW, SAME, NONE = ("below", -np.inf, 0.0), ("the same", -0.01, 0.01), ("-", -np.inf, np.inf)
CLAIMS = {"eigenvalues": BELOW, "S-QR": SAME, "eigenvalues, as published": BELOW,
          "S-QR, as published": SAME}
COLUMNS = ("accuracy", "dense", "equal", "equal, own rate", "eigenvalues")
HEAD = f"""
{"":48}{"share of":>9}{"test":>10}{"dense,":>12}{"dense, equal count:":>22}{"eigenvalues,":>14}
{"arm":26}{"width":>6}{"rate":>7}{"trained":>9}{"dense":>9}{"accuracy":>10}{"same width":>12}\
{"its rate":>11}{"this rate":>11}{"equal count":>14}"""


def of_equal_count(own, arm, learning_rate, trained):
    """Accuracy (trials,) of an arm with so many trained numbers, interpolated; NaN outside."""
    chosen = (own["arm"] == arm) & (own["learning_rate"] == learning_rate)
    order = np.argsort(own["trainable"][chosen])
    counts, values = own["trainable"][chosen][order], own["accuracy"][chosen][order]
    return np.array([np.interp(np.log(trained), np.log(counts), column, np.nan, np.nan)
                     for column in values.T])


def comparisons(name, own):
    """For every network but the dense ones: its accuracy and those it is compared with."""
    for i in np.flatnonzero(own["arm"] != "dense"):
        arm, width, trained = own["arm"][i], own["width"][i], own["trainable"][i]
        same_width = (own["arm"] == "dense") & (own["width"] == width) & own["published_rate"]
        yield {"arm": str(arm), "width": int(width), "trained": int(trained),
               "learning_rate": float(own["learning_rate"][i]),
               "published_rate": bool(own["published_rate"][i]), "accuracy": own["accuracy"][i],
               "dense": own["accuracy"][same_width].ravel(),
               "equal": of_equal_count(own, "dense", rate(name, "dense"), trained),
               "equal, own rate": of_equal_count(own, "dense", own["learning_rate"][i], trained),
               "eigenvalues": of_equal_count(own, "eigenvalues", COMMON_RATE, trained)}


def show_comparisons(name, own):
    """Print trainable counts, and test accuracies beside those at equal width and count."""
    print(f"\n{name}{HEAD}")
    for row in comparisons(name, own):
        share = row["trained"] / trainable_count(network("dense", row["width"]))
        means = [f"{row[key].mean():.4f}" if row[key].size and np.isfinite(row[key]).all() else "-"
                 for key in COLUMNS]
        print(f"{row['arm']:26}{row['width']:6}{row['learning_rate']:7}{row['trained']:9,}"
              f"{share:9.2%}{means[0]:>10}{means[1]:>12}{means[2]:>11}{means[3]:>11}"
              f"{means[4]:>14}")


def verdicts(result):
    """Exact counts, and the claims of the paper at the largest width that all arms share."""
    rows = [Row("exact", f"{arm}: trained in R, 784 -> 50", f"{numbers:,}",
                np.array([np.prod(network(arm, 50).layers[0].shapes["r"])]), numbers, numbers,
                exact=True)
            for arm, numbers in (("S-QR", 1275), ("S-QR, as published", 2500))]
    for name, own in result.items():
        width = own["width"][own["arm"] == "S-QR"].max()
        found = {row["arm"]: row for row in comparisons(name, own)
                 if row["width"] == width and row["published_rate"]}
        for arm, row in found.items():
            published, low, high = CLAIMS.get(arm, NONE)
            rows.append(Row(name, f"{arm}, {width}, less dense {width}", published,
                            row["accuracy"] - row["dense"], low, high, every=False))
        for arm in ("eigenvalues", "S-SVD", "S-QR"):
            rows.append(Row(name, f"{arm}, {width}, less dense of equal count", "-",
                            found[arm]["accuracy"] - found[arm]["equal"]))
    return rows
