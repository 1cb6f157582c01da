"""Sparse training: a network of which 90, 95 or 98 % of the links are masked. Do links come back?

Every hidden transfer keeps only its links of large |W| (npspectral.Sparse), chosen anew at every
step (dynamic) or by a threshold from the first weights (static). Arms, starting at equal matrices:

qr         W_ij = (lambda_in_j - lambda_out_i) phi_ij: eigenvalues and the triangle R of phi learn
full-qr    the same with all entries of R, zeros included, as in the published code
spectral   eigenvalues and phi learn
dense      W learns: same bias, learning rate, batch and stopping as the others
bare       dense without bias, as in the published code

Every link is followed through every step (npspectral.analysis.spectral). By plain SGD no masked
dense link comes in by its own growth, and none comes back changed: exactly never. By Adam, which
coasts on earlier gradients, some do where the threshold is dynamic.

Source: L. Chicchi et al. 2021, Phys. Rev. E 104, 054312, and its public code: 784-500-500-10, tanh,
the percentages of --full, Adam, batch 200, at most 90 epochs, stopping after 5 without a better
validation accuracy (0.3 of the images), 3 trials. lambda_in starts at 1, lambda_out at 0, so W
starts as phi, and a static threshold from |phi|, as there, is one from |W|.

Minutes on one core: --quick 0.2, --standard 12 (10,000 images, 15 epochs; S-QR on MNIST alone),
--full a day by estimate; --set "percents=(90,)" takes a part of it, as do datasets and arms.

Deviation: all arms start at the same Glorot matrices, published: Gaussian with deviation 0.036.
Chosen: the last transfer is never masked, test accuracy is that of the best epoch.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import stack

from npspectral.analysis.spectral.sparsity import LinkHistory
from npspectral.sweep import grid

from .parts import ARMS, Case, run_case

SECONDS = 6, 720, 86400
DATA = ("mnist", "fashion-mnist")
COLUMNS = ("dataset", "arm", "percent", "seed", "rule", "optimizer", "factor")      # of the cases
AXES = {**dict.fromkeys((*COLUMNS, "accuracy", "validation", "epochs"), ("run",)),
        **dict.fromkeys(LinkHistory.NAMES, ("run", "layer"))}
HIGH = (90, 95, 98)
RULES, PAIR = ("dynamic", "static"), ("spectral", "dense")
SGD = dict(optimizer=("sgd",), factor=(20,))
FIRST, RATES = dict(dataset=DATA[:1]), dict(percent=(95,), arm=PAIR, factor=(0.4, 2, 4))
ONE_SEED = dict(seed=(0,))                          # where not, all seeds
GRIDS = {"quick": [dict(percent=(90,), arm=("qr", *PAIR), rule=RULES, **FIRST),
                   dict(percent=(90,), arm=PAIR, rule=RULES, **SGD, **FIRST)],
         "default": [dict(percent=HIGH, arm=PAIR),
                     dict(percent=(0,), arm=("dense",)),
                     dict(percent=HIGH, arm=("qr",), **FIRST),
                     dict(percent=(90,), arm=("qr", *PAIR), rule=("static",), **FIRST, **ONE_SEED),
                     dict(percent=(90,), arm=PAIR, rule=RULES, **SGD, **FIRST, **ONE_SEED),
                     dict(**RATES, **FIRST, **ONE_SEED)],
         "full": [dict(percent=(50, 70, 80, 85, *HIGH), arm=tuple(ARMS), rule=RULES),
                  dict(percent=(0,), arm=tuple(ARMS)),
                  dict(percent=HIGH, arm=PAIR, rule=RULES, **SGD), dict(**RATES, **ONE_SEED)]}


@dataclass(frozen=True)
class Setting:
    """Which of the grids, and of it which data sets, arms and percents (None: all)."""

    grid: str
    seeds: int
    epochs: int
    hidden: tuple
    limit: int | None
    datasets: tuple = DATA
    arms: tuple = tuple(ARMS)
    percents: tuple | None = None


SETTINGS = {"quick": Setting("quick", 1, 4, (100, 100), 6000),
            "default": Setting("default", 3, 15, (500, 500), 10_000),
            "full": Setting("full", 3, 90, (500, 500), None)}


def cases(setting):
    """All cases of the grid that the setting takes, by data set."""
    shared = dict(epochs=setting.epochs, hidden=setting.hidden, limit=setting.limit)
    every = [Case(**shared, **run.parameters) for axes in GRIDS[setting.grid] for run in grid(
        Case, **{"dataset": DATA, **axes, "seed": axes.get("seed", range(setting.seeds))})]
    return [case for name in setting.datasets for case in every
            if case.dataset == name and case.arm in setting.arms
            and (setting.percents is None or case.percent in setting.percents)]


def run(setting, keep):
    """"runs" -> column -> array with one row a case: COLUMNS, and what run_case gives."""
    chosen = [case for case in cases(setting) if here(case.dataset)]
    rows = keep({"runs": grid(run_case, case=chosen)})["runs"]
    return {"runs": stack([{**{name: getattr(case, name) for name in COLUMNS}, **row}
                           for case, row in zip(chosen, rows)])} if rows else {}
