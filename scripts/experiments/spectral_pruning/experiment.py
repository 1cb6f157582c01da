"""How many hidden nodes can go? Ranked by eigenvalues, before or after training, or by weights.

Every layer is Spectral with lambda_in = 0, so lambda_out_i scales all that enters node i. Hidden
nodes are ranked, one threshold for all layers, and those below a percentile are cut:

dense  train in direct space, cut by sum_j |w_ij|, no training after; also with a threshold for
       each layer (by_layer)
post   train eigenvalues and eigenvectors, cut by |lambda_out|, no training after; also of each
       layer as many at random (at_random), and those with the largest ones (largest_first)
pre    train eigenvalues alone, cut by |lambda_out|, train all that is left

Source: L. Buffoni et al. 2022, Sci. Rep. 12, 11201, and means over five runs in the result files of
its public code. Their width is not recorded. With one hidden layer the caption says 500, the code
at that commit 2000; with two the code has 800. With three it has 500, but one threshold for all
layers empties the second and third of them there, and does not at 800, so both are here.

Deviation: the published training has 100 epochs of 60,000 images, and 20 after the cut; --full has
it. By default 15,000 images and fewer epochs: a cell for each network in `Setting.cases`.

Minutes of processor time: --quick 0.2, --standard 18, --full 2500 by estimate.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import Case, run_dense, run_post, run_pre

SECONDS = 11, 1080, 150_000
DATA = "mnist", "fashion-mnist"
AXES = axes({"seed": "whole", "seed, percentile": "accuracy by_layer at_random largest_first",
             "seed, percentile, layer": "left"})
METHODS = {"dense": run_dense, "post": run_post, "pre": run_pre}
ALL, AFTER = tuple(METHODS), ("dense", "post")
PUBLISHED = tuple(
    (name, 100, ALL) for name in (
        *(f"{data} {activation} {hidden}" for hidden in ("500", "2000") for data in DATA
          for activation in ("tanh", "relu", "elu")),
        *(f"{case} {hidden}" for hidden in ("800-800-800", "500-500-500")
          for case in ("mnist tanh", "mnist elu", "fashion-mnist relu", "fashion-mnist elu")),
        "mnist tanh 800-800", "fashion-mnist relu 800-800"))


@dataclass(frozen=True)
class Setting:
    """Cases (name, epochs, methods); a name is "data set, activation, hidden layers".

    For "pre" there are epochs_after the cut; `limit` is the number of training images. `longer`
    has cases trained for more epochs than in `cases`, to see what that changes.
    """

    cases: tuple = PUBLISHED
    epochs_after: int = 20
    limit: int | None = None
    seeds: int = 5
    longer: tuple = ()
    seeds_longer: int = 1


SETTINGS = {
    "quick": Setting((("digits tanh 100", 300, ALL),), 60, seeds=2),
    "default": Setting((("mnist tanh 500", 20, ALL), ("mnist relu 500", 60, AFTER),
                        ("mnist tanh 800-800", 8, AFTER), ("fashion-mnist relu 800-800", 8, AFTER),
                        ("mnist elu 800-800-800", 8, AFTER),
                        ("mnist elu 500-500-500", 8, ("dense",))),
                       8, 15_000, longer=(("mnist elu 800-800-800", 24, ("dense",)),
                                          ("mnist elu 500-500-500", 24, ("dense",)))),
    "full": Setting()}


def run(setting, keep):
    """"case, method" -> arrays with one row a seed; "case longer, method" of those in `longer`."""
    plan = {}
    for cases, word, seeds in ((setting.cases, "", setting.seeds),
                               (setting.longer, " longer", setting.seeds_longer)):
        for name, epochs, methods in cases:
            case = Case(name, epochs, setting.epochs_after, setting.limit)
            plan |= {f"{name}{word}, {method}": each_seed(METHODS[method], seeds, case=case)
                     for method in methods if here(name.split()[0])}
    return {part: stack(rows) for part, rows in keep(plan).items()}
