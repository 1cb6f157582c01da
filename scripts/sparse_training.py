"""Sparse training: a network of which 90, 95 or 98 % of the links are masked. Do links come back?

Every hidden transfer keeps only its links of large |W| (npspectral.Sparse), chosen anew at every
step (dynamic) or by a threshold from the first weights (static). Arms, starting at equal matrices:

qr         W_ij = (lambda_in_j - lambda_out_i) phi_ij: eigenvalues and the triangle R of phi learn
full-qr    the same with all entries of R, zeros included, as in the published code
spectral   eigenvalues and phi learn
dense      W learns: same bias, learning rate, batch and stopping as the others
bare       dense without bias, as in the published code

Every link is followed through every step (npspectral.analysis.spectral). It comes in by its own
growth if it grows, masked, beyond the threshold that masked it, and came back changed if it was
kept before and moved meanwhile. By plain SGD a dense link does neither, exactly never. By Adam,
which coasts on earlier gradients, some do where the threshold is dynamic, and more of them the
larger the learning rate is: the table has both optimizers, the figure both rules.

Source: L. Chicchi et al. 2021, Phys. Rev. E 104, 054312, and its public code: 784-500-500-10, tanh,
the percentages of --full, Adam, batch 200, at most 90 epochs, stopping after 5 without a better
validation accuracy (0.3 of the images), 3 trials. lambda_in starts at 1, lambda_out at 0, so W
starts as phi, and a static threshold from |phi|, as there, is one from |W|.

Published accuracies are not available. Ours as it comes, dynamic, median of 3 seeds:
MNIST, 90 %  S-QR 0.938, spectral 0.932, dense 0.921; all links 0.946
MNIST, 98 %  S-QR 0.936, spectral 0.920, dense 0.906
Fashion-MNIST, 90 % and 98 %  spectral 0.833 and 0.825, dense 0.835 and 0.816; all links 0.843
The arms are not equally fond of one learning rate: on MNIST at 95 % each at its best of four has
0.931 (spectral) and 0.922 (dense), one seed.

Minutes on one core: --quick 0.2, as it comes 12 (10,000 images, 15 epochs; S-QR on MNIST alone),
--full a day by estimate; --datasets, --arms and --percents take a part of it.

Deviation: all arms start at the same Glorot matrices, published: Gaussian with deviation 0.036.
Not known from the code, and chosen: the last transfer is never masked, test accuracy is that of the
best epoch.
"""
import numpy as np
from experiment import WORKERS, available, options, stack, swept
from experiment_table import show_table
from sparse_training_cases import MODES, SETS
from sparse_training_figures import plot
from sparse_training_runs import ARMS, run_case
from sparse_training_verdicts import verdicts

from npspectral.sweep import Run

COLUMNS = ("dataset", "arm", "percent", "seed", "rule", "optimizer", "factor")      # of the cases


def run(cases, path, download=False, workers=1):
    """A table: column -> array with one row a case, those of `run_case` and COLUMNS."""
    here = available(list(dict.fromkeys(case.dataset for case in cases)), download)
    plan = {case: [Run(run_case, {"case": case})] for dataset in here for case in cases
            if case.dataset == dataset}
    rows = [{**{name: getattr(case, name) for name in COLUMNS}, **found}
            for case, (found,) in swept(plan, path, workers).items()]
    return stack(rows) if rows else {}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/sparse_training",
                     datasets=dict(nargs="+", choices=SETS, default=SETS),
                     arms=dict(nargs="+", choices=ARMS, default=tuple(ARMS)),
                     percents=dict(nargs="+", type=int, help="only these, such as 90 95"),
                     workers=WORKERS)
    chosen = parser.parse_args(argv)
    cases = [case for case in MODES[chosen.mode]()
             if case.dataset in chosen.datasets and case.arm in chosen.arms
             and (chosen.percents is None or case.percent in chosen.percents)]
    table = run(cases, chosen.out / "runs.jsonl", chosen.download, chosen.workers)
    if not table:
        return
    np.savez_compressed(chosen.out / "sparse_training.npz", **table)
    plot(table, chosen.out)
    show_table(verdicts(table), chosen.out, chosen.mode)
    print(f"\nLinks: events per 100 links. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
