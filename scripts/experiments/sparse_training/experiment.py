"""Sparse training: a network of which 90 or 98 % of the links are masked. Do links come back?

Every hidden transfer keeps only its links of large |W| (npspectral.Sparse), chosen anew at every
step (dynamic) or by a threshold from the first weights (static). Arms, starting at equal matrices:

qr         W_ij = (lambda_in_j - lambda_out_i) phi_ij: eigenvalues and the triangle R of phi learn
full-qr    the same with all entries of R, zeros included, as in the published code
spectral   eigenvalues and phi learn
dense      W learns: same bias, batch and stopping as the others
fixed      W learns, on the links of the largest first weights, which never change
bare       dense without bias, as in the published code

Parts of the result:

rates        each arm at several learning rates, on a seed that no other part uses; the best on
             validation images is taken for
courses      accuracy after every epoch, at equal numbers of links
links        every link followed through every step (npspectral.analysis.spectral), by Adam and by
             plain SGD: of the latter no masked dense link moves
compression  nodes of small eigenvalues removed: what is left, in numbers and in time of a forward

Source: the abstract "Spectral Tools for Neural Networks" (2022); L. Chicchi et al. 2021, Phys. Rev.
E 104, 054312, its abstract and its public code: 784-500-500-10, tanh, the percentages of --full,
Adam, batch 200, at most 90 epochs, stopping after 5 without a better validation accuracy (0.3 of
the images), 3 trials. lambda_in starts at 1, lambda_out at 0, so W starts as phi, and a static
threshold from |phi|, as there, is one from |W|. Compression: L. Buffoni et al. 2022, Sci. Rep. 12,
11201: eigenvalues trained alone, nodes cut, the rest trained.

Minutes of processor time: --quick 0.3 (8 x 8 digits), --standard 11 (10,000 images, 8 epochs),
--full a day by estimate; --set "courses=(('mnist', ('qr', 'dense'), (90,)),)" takes a part of it.

Deviation: all arms start at the same Glorot matrices, published: Gaussian with deviation 0.036.
Chosen: the last transfer is never masked, test accuracy is that of the epoch which is best on the
validation images.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from npspectral.analysis.spectral import LinkHistory
from npspectral.sweep import grid

from .parts import Case, run_compression, run_course, run_links

SECONDS = 20, 660, 86400
DATA = ("mnist", "fashion-mnist")
COLUMNS = ("dataset", "arm", "percent", "seed", "rule", "optimizer", "factor")      # of the cases
AXES = {**axes({"run": " ".join((*COLUMNS, "accuracy", "best")),
                "run, epoch": "validation course seconds", "seed, cut": "numbers time",
                "cut": "percents"}),
        **dict.fromkeys((*LinkHistory.NAMES, "stayed"), ("run", "layer")),
        "compression/accuracy": ("seed", "cut")}
ALL = ("fixed", "dense", "spectral", "qr")


@dataclass(frozen=True)
class Setting:
    """courses: (data set, arms, percents masked), one after the other; links: one such course."""

    courses: tuple = (("mnist", ALL, (90, 98)), ("fashion-mnist", ALL[:3], (95,)))
    factors: tuple = (0.4, 1, 2.5)          # of the published learning rate, tried at
    tried_at: int = 95                      # percent
    seeds: int = 5
    epochs: int = 8
    patience: int = 8
    hidden: tuple = (500, 500)
    limit: int | None = 10_000
    links: tuple = ("mnist", ("dense", "spectral", "qr"), (90,))
    optimizers: tuple = (("sgd", 20), ("adam", 1))          # and factors
    rules: tuple = ("dynamic", "static")
    links_epochs: int = 5
    links_limit: int | None = 3000
    percents: tuple = (0, 50, 80, 90)   # of the hidden nodes, cut
    stages: tuple = (10, 25)            # epochs of eigenvalues, and of what is left


EVERY = ("fixed", "dense", "bare", "spectral", "qr", "full-qr")
HIGH = (50, 70, 80, 85, 90, 95, 98)
SETTINGS = {
    "quick": Setting((("digits", ALL, (80, 90, 95)),), (1,), 90, 2, 15, 15, (100, 100), None,
                     ("digits", ("dense", "spectral"), (90,)), links_epochs=10, links_limit=None,
                     percents=(0, 50, 80, 90), stages=(100, 200)),
    "default": Setting(),
    "full": Setting((("mnist", EVERY, HIGH), ("fashion-mnist", EVERY, HIGH)), (1,), 95, 3, 90, 5,
                    limit=None, links=("mnist", EVERY[1:], (90, 95, 98)), links_epochs=90,
                    links_limit=None, stages=(100, 20))}


def run(setting, keep):
    """part -> column -> array, of tables with one row a run: COLUMNS, and what the runs give."""
    shared = dict(epochs=setting.epochs, patience=setting.patience, hidden=setting.hidden,
                  limit=setting.limit)
    courses, name = [course for course in setting.courses if here(course[0])], setting.links[0]
    if not here(name):
        return {}
    tried = [Case(dataset, arm, setting.tried_at, setting.seeds, factor=factor, **shared)
             for dataset, arms, _ in courses for arm in arms for factor in setting.factors]
    rates = table(tried, keep({"rates": grid(run_course, case=tried)})["rates"])
    cases = {"courses": [
        Case(dataset, arm, percent, seed, factor=best_factor(rates, dataset, arm), **shared)
        for dataset, arms, percents in courses for arm in arms for percent in percents
        for seed in range(setting.seeds)], "links": link_cases(setting)}
    values = keep({"courses": grid(run_course, case=cases["courses"]),
                   "links": grid(run_links, case=cases["links"]),
                   "compression": each_seed(
                       run_compression, setting.seeds, dataset=name, hidden=setting.hidden,
                       limit=setting.limit, stages=setting.stages, percents=setting.percents)})
    return {"rates": rates, **{part: table(some, values[part]) for part, some in cases.items()},
            "compression": {**stack(values["compression"]), "percents": np.array(setting.percents)}}


def link_cases(setting):
    """All that is followed link by link."""
    name, arms, percents = setting.links
    return [Case(name, arm, percent, seed, rule, optimizer, factor, setting.links_epochs,
                 hidden=setting.hidden, limit=setting.links_limit)
            for percent in percents for rule in setting.rules
            for optimizer, factor in setting.optimizers for arm in arms
            for seed in range(setting.seeds)]


def table(cases, rows):
    """Columns of the cases and of what their runs gave."""
    return stack([{**{name: getattr(case, name) for name in COLUMNS}, **row}
                  for case, row in zip(cases, rows)])


def best_factor(rates, name, arm):
    """The factor of the learning rate that is best on the validation images."""
    of_arm = (rates["dataset"] == name) & (rates["arm"] == arm)
    return float(rates["factor"][of_arm][rates["best"][of_arm].argmax()])
