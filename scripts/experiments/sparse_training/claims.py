"""What is claimed of sparse training, as rows of a table."""
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


def values_of(table, name):
    """The different values of a column, in the order they come."""
    return list(dict.fromkeys(table[name].tolist()))


def claims(result):
    """Rows on accuracy and on links, for all runs."""
    rows = []
    for dataset in values_of(result["runs"], "dataset"):
        runs = pick(result["runs"], dataset=dataset)
        rows += (judge_accuracy(dataset, runs) + judge_rates(dataset, runs)
                 + judge_links(dataset, runs))
    return rows


def judge_accuracy(dataset, runs):
    """Every arm at every sparsity; spectral ones less dense, seed by seed."""
    rows, plain = [], pick(runs, optimizer="adam", factor=1)
    for rule in values_of(plain, "rule"):
        for percent in values_of(plain, "percent"):
            here = pick(plain, rule=rule, percent=percent)
            part = f"{dataset} {rule} {percent}%" if percent else f"{dataset} all links"
            dense = pick(here, arm="dense")["accuracy"]
            for arm in values_of(here, "arm"):
                accuracy = pick(here, arm=arm)["accuracy"]
                rows.append(Row(part, f"{TITLES[arm]}: test accuracy", "-", accuracy))
                if rule == "static":
                    rows.append(Row(part, f"{TITLES[arm]}: share of links kept at the end", "-",
                                    density(pick(here, arm=arm))))
                if arm != "dense" and len(accuracy) == len(dense):
                    rows.append(Row(part, f"{TITLES[arm]} less dense", "-", accuracy - dense))
    return rows


def density(runs):
    """Share of links kept after the last step, layers together."""
    return (runs["density"] * runs["links"]).sum(-1) / runs["links"].sum(-1)


def judge_rates(dataset, runs):
    """Each arm at the learning rate that is best for it on the validation images, seed 0."""
    rows, here = [], pick(runs, optimizer="adam", rule="dynamic", percent=95, seed=0)
    for arm in values_of(here, "arm"):
        tried = pick(here, arm=arm)
        if len(tried["factor"]) > 1:
            best = tried["validation"].argmax()
            rows.append(Row(f"{dataset} dynamic 95%", f"{TITLES[arm]}: test accuracy at the best "
                            f"rate, x {tried['factor'][best]:g}", "-", tried["accuracy"][[best]]))
    return rows


def judge_links(dataset, runs):
    """Events per 100 links, layers together; where there must be none, there is none at all."""
    rows, here = [], pick(runs, percent=LINKS_AT)
    for optimizer, factor in NORMAL.items():
        for rule in values_of(here, "rule"):
            for arm in values_of(here, "arm"):
                at = pick(here, optimizer=optimizer, factor=factor, rule=rule, arm=arm)
                if len(at["seed"]):
                    rows += link_rows(f"{dataset} {rule} {LINKS_AT}%", arm, optimizer, rule, at)
    return rows


def link_rows(part, arm, optimizer, rule, at):
    """Masked dense weights stay, if nothing but their gradient moves them: that is plain SGD."""
    dense, rows = arm in ("dense", "bare"), []
    for name, title in QUANTITIES.items():
        low, high = (-np.inf if dense else 1e-3), np.inf
        if dense and optimizer == "sgd" and (name != "revivals" or rule == "static"):
            low, high = 0, 0
        share = 100 * at[name].sum(-1) / at["links"].sum(-1)
        rows.append(Row(part, f"{TITLES[arm]}, {optimizer}: {title}", "-", share, low, high,
                        exact=low == high))
    return rows
