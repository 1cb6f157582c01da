"""How many hidden nodes can go? Ranked by eigenvalues, before or after training, or by weights.

Every layer is Spectral with lambda_in = 0, so lambda_out_i scales all that enters node i. Hidden
nodes are ranked, one threshold for all layers, and those below a percentile are cut:

dense  train in direct space, cut the nodes of small sum_j |w_ij|, no training after; also with
       one threshold for each layer (by_layer), and by |sum_j w_ij| (by_signed_sum)
post   train eigenvalues and eigenvectors, cut the nodes of small |lambda_out|, no training after
pre    train eigenvalues alone, remove the nodes of small |lambda_out|, train all that is left

Source: L. Buffoni et al. 2022, Sci. Rep. 12, 11201, and the result files of its public code, whose
means over five runs stand beside ours. The width of its networks with one hidden layer is not
recorded: the caption says 500, the code at that commit has 2000, so there are both here.

Published against ours, one seed with --full, test accuracy with 90 % of the hidden nodes cut:
                         dense          post           pre
mnist tanh 2000          0.603 / 0.565  0.733 / 0.805  0.977 / 0.973
mnist tanh 500 (2 seeds) 0.603 / 0.400  0.733 / 0.598  0.977 / 0.966
fashion-mnist relu 2000  0.730 / 0.746  0.657 / 0.723  0.885 / 0.883
fashion-mnist relu 500   0.730 / 0.525  0.657 / 0.439  0.885 / 0.868
mnist elu 500-500-500    0.246 / 0.098  0.537 / 0.296  0.966 / 0.973
The order of the methods is as published, also where spectral pruning after training loses to
dense; only on Fashion-MNIST, 2000, 70 %, post and pre are level (0.889, 0.885; published 0.862,
0.890). Numbers agree for width 2000; at width 500 dense and post fall much sooner.

Does not reproduce: "dense" with three hidden layers. One threshold for all of them empties the
second and third at 70 %, published 0.594. Tried, at 50 and 70 % (published 0.910, 0.594), seed 0:
mean instead of sum 0.968, 0.800; one threshold a layer 0.972, 0.940; largest |w_ij| 0.972, 0.918;
root mean square 0.972, 0.827; |sum_j w_ij| 0.324, 0.106; outgoing weights 0.098, 0.098.

Time on one core: --quick 11 s, as it comes 12 minutes by estimate (25 epochs instead of 100),
--full 27 hours by estimate; --cases and --seeds take a part of it: a seed of one hidden layer with
500 or 2000 nodes takes 8 or 31 minutes, of three layers 25.
"""
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from experiment import SEEDS, WORKERS, available, options, stack, swept
from experiment_table import show_table
from spectral_pruning_figures import plot
from spectral_pruning_published import METHODS, show_comparison, verdicts
from spectral_pruning_runs import PERCENTILES, Case, run_after, run_before, run_eigenvalues

from npspectral.sweep import Run, grid

CASES = tuple(Case(dataset, activation, hidden)
              for hidden in ((500,), (2000,), (500, 500, 500))
              for dataset in ("mnist", "fashion-mnist")
              for activation in ("tanh", "relu", "elu")
              if not (len(hidden) == 3 and (dataset, activation) in
                      (("mnist", "relu"), ("fashion-mnist", "tanh"))))      # no published numbers
REQUIRED = ("mnist tanh 500", "fashion-mnist relu 500", "mnist elu 500-500-500")
SETTINGS = {
    "quick": ([replace(case, hidden=(200,), epochs=30, epochs_after=12, limit=8000)
               for case in CASES[:1]], 1),
    "default": ([replace(case, epochs=25, epochs_after=6) for case in CASES
                 if case.name in REQUIRED], 1),
    "full": (list(CASES), 5),
}


def run(cases, seeds, path, download=False, workers=1, executor=None):
    """case name -> method -> arrays, a row a seed: accuracy (seeds, percentiles), left, whole.

    "pre" starts from eigenvalues that are runs of their own, so it comes second.
    """
    here = available(sorted({case.dataset for case in cases}), download)
    cases, seeds = [case for case in cases if case.dataset in here], range(seeds)
    share = partial(swept, path=path, workers=workers, executor=executor)
    first = share({(case, method): grid(run_eigenvalues, case=[case], seed=seeds)
                   if method == "pre" else
                   grid(run_after, case=[case], method=[method], seed=seeds)
                   for case in cases for method in METHODS})
    second = share({(case, seed): [Run(run_before, dict(
        case=case, seed=seed, percentile=percentile, eigenvalues=own["eigenvalues"]))
        for percentile in PERCENTILES]
        for case in cases for seed, own in enumerate(first[case, "pre"])})
    for (case, seed), rows in second.items():
        first[case, "pre"][seed] = {**stack(rows), "whole": first[case, "pre"][seed]["whole"]}
    return {case.name: {method: stack(first[case, method]) for method in METHODS}
            for case in cases}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/spectral_pruning",
                     cases=dict(nargs="+", metavar="NAME", help="such as 'mnist tanh 500'"),
                     seeds=SEEDS, workers=WORKERS)
    chosen = parser.parse_args(argv)
    cases, seeds = SETTINGS[chosen.mode]
    if chosen.cases:
        unknown = set(chosen.cases) - {case.name for case in cases}
        if unknown:
            parser.error(f"argument --cases: {sorted(unknown)}, expected some of "
                         f"{[case.name for case in cases]}")
        cases = [case for case in cases if case.name in chosen.cases]
    seeds = seeds if chosen.seeds is None else chosen.seeds
    chosen.out.mkdir(parents=True, exist_ok=True)
    result = run(cases, seeds, chosen.out / "runs.jsonl", chosen.download, chosen.workers)
    for name, methods in result.items():
        np.savez_compressed(Path(chosen.out) / f"{name.replace(' ', '_')}.npz", **{
            f"{method}_{key}": array for method, own in methods.items()
            for key, array in own.items()})
    plot(result, chosen.out)
    show_comparison(result)
    print()
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\nArrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
