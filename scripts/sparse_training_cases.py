"""Which networks sparse_training.py trains: one Case is one run."""
from itertools import product

from sparse_training_runs import Case

SETS = ("mnist", "fashion-mnist")
PERCENTS = (50, 70, 80, 85, 90, 95, 98)
HIGH = (90, 95, 98)


def grid(shared, **axes):
    """A Case for every combination of the values in `axes`."""
    return [Case(**shared, **dict(zip(axes, values))) for values in product(*axes.values())]


def quick():
    small = dict(dataset="mnist", percent=90, epochs=4, hidden=(100, 100), limit=6000)
    return [*grid(small, arm=("qr", "spectral", "dense"), rule=("dynamic", "static")),
            *grid(small | dict(optimizer="sgd", factor=20), arm=("spectral", "dense"),
                  rule=("dynamic", "static"))]


def default():
    short, pair, seeds = dict(epochs=15, limit=10_000), ("spectral", "dense"), range(3)
    first = short | dict(dataset="mnist")
    return [*grid(short, dataset=SETS, percent=HIGH, arm=pair, seed=seeds),
            *grid(short, dataset=SETS, percent=(0,), arm=("dense",), seed=seeds),
            *grid(first, percent=HIGH, arm=("qr",), seed=seeds),
            *grid(first, percent=(90,), arm=("qr", *pair), rule=("static",)),
            *grid(first | dict(optimizer="sgd", factor=20), percent=(90,), arm=pair,
                  rule=("dynamic", "static")),
            *grid(first, percent=(95,), arm=pair, factor=(0.4, 2, 4))]


def full():
    arms, seeds = ("qr", "full-qr", "spectral", "dense", "bare"), range(3)
    return [*grid({}, dataset=SETS, percent=PERCENTS, arm=arms, rule=("dynamic", "static"),
                  seed=seeds),
            *grid({}, dataset=SETS, percent=(0,), arm=arms, seed=seeds),
            *grid(dict(optimizer="sgd", factor=20), dataset=SETS, percent=HIGH,
                  arm=("spectral", "dense"), rule=("dynamic", "static"), seed=seeds),
            *grid({}, dataset=SETS, percent=(95,), arm=("spectral", "dense"), factor=(0.4, 2, 4))]


MODES = {"quick": quick, "default": default, "full": full}
