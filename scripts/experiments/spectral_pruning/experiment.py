"""How many hidden nodes can go? Ranked by eigenvalues, before or after training, or by weights.

Every layer is Spectral with lambda_in = 0, so lambda_out_i scales all that enters node i. Hidden
nodes are ranked, one threshold for all layers, and those below a percentile are cut:

dense  train in direct space, cut by sum_j |w_ij|, no training after; also with a threshold for
       each layer (by_layer), and by |sum_j w_ij| (by_signed_sum)
post   train eigenvalues and eigenvectors, cut by |lambda_out|, no training after
pre    train eigenvalues alone, cut by |lambda_out|, train all that is left

Source: L. Buffoni et al. 2022, Sci. Rep. 12, 11201, and means over five runs in the result files of
its public code. The width with one hidden layer is not recorded: the caption says 500, the code at
that commit has 2000, so there are both here.

Does not reproduce: "dense" with three hidden layers, where one threshold for all empties the second
and third; nor width 500, where dense and post fall much sooner. Numbers of width 2000 agree.

Minutes on one core by estimate: --quick 0.2, --standard 12 (25 epochs, not 100), --full 1600.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import Case, run_dense, run_post, run_pre

SECONDS = 11, 720, 97200
DATA = "mnist", "fashion-mnist"
AXES = axes({"seed": "whole", "seed, percentile": "accuracy by_layer by_signed_sum",
             "seed, percentile, layer": "left"})
METHODS = {"dense": run_dense, "post": run_post, "pre": run_pre}
PUBLISHED = tuple(f"{dataset} {activation} {hidden}" for hidden in ("500", "2000", "500-500-500")
                  for dataset in DATA for activation in ("tanh", "relu", "elu")
                  if f"{dataset} {activation} {hidden}" not in
                  ("mnist relu 500-500-500", "fashion-mnist tanh 500-500-500"))


@dataclass(frozen=True)
class Setting:
    """Cases "data set, activation, hidden layers"; epochs before and, for "pre", after the cut."""

    cases: tuple = PUBLISHED
    seeds: int = 5
    epochs: int = 100
    epochs_after: int = 20
    limit: int | None = None        # training images


SETTINGS = {"quick": Setting(("mnist tanh 200",), 1, 30, 12, 8000),
            "default": Setting(("mnist tanh 500", "fashion-mnist relu 500",
                                "mnist elu 500-500-500"), 1, 25, 6), "full": Setting()}


def run(setting, keep):
    """"case, method" -> arrays with one row a seed."""
    numbers = setting.epochs, setting.epochs_after, setting.limit
    cases = [Case(name, *numbers) for name in setting.cases if here(name.split()[0])]
    values = keep({f"{case.name}, {method}": each_seed(function, setting.seeds, case=case)
                   for case in cases for method, function in METHODS.items()})
    return {part: stack(rows) for part, rows in values.items()}
