"""What is claimed of sparse training, as rows of a table."""
from itertools import product

import numpy as np
from lab.table import Row

TITLES = {"qr": "S-QR", "full-qr": "S-QR, full R", "spectral": "spectral", "dense": "dense",
          "bare": "dense, no bias"}
LINKS_AT = 90                       # percent masked
NORMAL = {"adam": 1, "sgd": 20}     # factor of the learning rate
QUANTITIES = {"revivals": "links that came in", "grown": "came in by own growth",
              "returns_changed": "came back, having changed", "moved_masked": "moved while masked"}


def pick(table, **wanted):
    """The rows of the table whose columns have these values."""
    chosen = np.ones(len(table["seed"]), bool)
    for name, value in wanted.items():
        chosen &= table[name] == value
    return {name: column[chosen] for name, column in table.items()}


def groups(table, *columns):
    """(*values of these columns, the rows that have them), in the order that values come."""
    for values in product(*(dict.fromkeys(table[name].tolist()) for name in columns)):
        rows = pick(table, **dict(zip(columns, values)))
        if len(rows["seed"]):
            yield *values, rows


def claims(result):
    return []


def checks(result):
    return [row for dataset, runs in groups(result["runs"], "dataset")
            for judge in (judge_accuracy, judge_rates, judge_links) for row in judge(dataset, runs)]


def judge_accuracy(dataset, runs):
    """Every arm at every sparsity."""
    for rule, percent, at in groups(pick(runs, optimizer="adam", factor=1), "rule", "percent"):
        part = f"{dataset} {rule} {percent}%" if percent else f"{dataset} all links"
        for arm, of_arm in groups(at, "arm"):
            yield Row(part, f"{TITLES[arm]}: test accuracy", "-", of_arm["accuracy"])


def judge_rates(dataset, runs):
    """Each arm at the learning rate that is best for it on the validation images, seed 0."""
    for arm, tried in groups(pick(runs, optimizer="adam", rule="dynamic", percent=95, seed=0),
                             "arm"):
        if len(tried["factor"]) > 1:
            best = tried["validation"].argmax()
            yield Row(f"{dataset} dynamic 95%", f"{TITLES[arm]}: test accuracy at the best rate, "
                      f"x {tried['factor'][best]:g}", "-", tried["accuracy"][best])


def judge_links(dataset, runs):
    """Events per 100 links, layers together; by plain SGD masked dense weights do not move."""
    for optimizer, factor in NORMAL.items():
        at = pick(runs, percent=LINKS_AT, optimizer=optimizer, factor=factor)
        for rule, arm, counts in groups(at, "rule", "arm"):
            dense = arm in ("dense", "bare")
            for name, title in QUANTITIES.items():
                none = dense and optimizer == "sgd" and (name != "revivals" or rule == "static")
                low, high = (0, 0) if none else (-np.inf if dense else 1e-3, np.inf)
                yield Row(f"{dataset} {rule} {LINKS_AT}%", f"{TITLES[arm]}, {optimizer}: {title}",
                          "-", 100 * counts[name].sum(-1) / counts["links"].sum(-1), low, high,
                          exact=none)
