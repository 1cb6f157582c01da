"""How many numbers must be trained? Eigenvalues alone, S-QR and S-SVD against dense layers.

A spectral layer W_ij = (lambda_in_j - lambda_out_i) phi_ij with phi frozen trains n_in + n_out
numbers instead of n_in n_out. Between that and a dense layer lie two in which phi learns in part:
S-SVD, the singular values of phi, and S-QR, the triangle of phi^T = Q R. Every arm is compared with
dense networks of the same widths and with dense networks of equal trainable count, which are much
narrower (interpolated in the logarithm of the count); also with wider spectral ones.

Source: L. Chicchi et al. 2021, Phys. Rev. E 104, 054312, and the authors' public code. As there:
784-w-w-10, ReLU, biases, Adamax, batch 200, the last fifth of the training images for validation,
stop when its accuracy has not risen by 0.005 for 8 epochs, test the last epoch, 3 trials. Learning
rates as there, by arm; since they differ, every dense network is trained with each of them.

Published against ours (the accuracies of the paper are not in its repository, only claims are known
here; test accuracy of one trial, MNIST unless said):
- eigenvalues alone come close to dense networks of the same width / 0.927 against 0.977 at width
  200, with 1 % of the numbers; Fashion-MNIST 0.838 against 0.888
- S-QR fills the gap / 0.972 against 0.977 at width 200; on Fashion-MNIST 0.853 against 0.888 at
  the published rates, 0.873 at the rate 0.015
At equal trainable count, not published: eigenvalues 0.940 against 0.882 for dense (3,804 numbers),
S-SVD 0.936 against 0.813 (2,414), S-QR 0.951 against 0.876 (3,709) and, no longer ahead, 0.972
against 0.972 (42,259). Dense networks of 1,000 to 2,000 numbers are one or two nodes wide and fail.
True factors beat the published random ones: S-SVD 0.936 against 0.925, eigenvalues 0.927 against
0.915. The published S-QR trains twice the numbers for 0.974 instead of 0.972.

Minutes of processor time: --quick 1/6, as it comes 10 to 14, --full 150 by estimate.

Deviation: "S-QR" and "S-SVD" are decompositions in fact, of a Gaussian phi, and "eigenvalues" keeps
that phi. The layers of the code are the arms "as published": its S-QR trains the zeros of R as
well, its S-SVD has random factors that are not orthogonal, and eigenvalues alone share them.
"""
from dataclasses import dataclass

import numpy as np
from experiment import WORKERS, available, each_seed, hold_memory, options, stack, swept
from experiment_figures import save_figures
from experiment_table import show_table
from fewer_parameters_arms import ARMS, COMMON_RATE, RATES, network, rate, trainable_count
from fewer_parameters_figures import figures
from fewer_parameters_runs import train
from fewer_parameters_verdicts import show_comparisons, verdicts


@dataclass(frozen=True)
class Setting:
    """Widths of all arms, of narrower dense and of wider spectral networks; training images."""

    widths: tuple
    narrow: tuple
    wide: tuple
    trials: int
    epochs: int = 90
    limit: int | None = None


NARROW = (1, 2, 3, 4, 5, 7, 10, 15, 25, 35)
SETTINGS = {
    "quick": Setting((50,), (1, 4, 12), (), 1, 12, 6000),
    "default": Setting((50, 200), NARROW, (500,), 1),
    "full": Setting((50, 100, 150, 200, 300), NARROW, (500, 1000), 3),
}


def plan(name, setting):
    """(arm, width, learning rate) of every network that a data set is learned with.

    Every arm with its own rate and the common one; dense ones with all rates.
    """
    runs = []
    for arm in ARMS:
        rates = {rate(name, other) for other in (ARMS if arm == "dense" else [arm])}
        more = {"dense": setting.narrow, "eigenvalues": setting.wide}.get(arm, ())
        runs += [(arm, width, learning_rate) for width in (*setting.widths, *more)
                 for learning_rate in sorted({*rates, COMMON_RATE})]
    return runs


def run(names, setting, path, workers=1):
    """Data set -> arrays, a row for every network of the plan; trials are columns."""
    found = swept({(name, *own): trials(name, setting, *own) for name in names
                   for own in plan(name, setting)}, path, workers)
    return {name: stack([
        {"arm": arm, "width": width, "learning_rate": learning_rate,
         "published_rate": learning_rate == rate(name, arm),
         "trainable": trainable_count(network(arm, width)),
         **stack(found[name, arm, width, learning_rate])}
        for arm, width, learning_rate in plan(name, setting)]) for name in names}


def trials(name, setting, arm, width, learning_rate):
    return each_seed(train, setting.trials, name=name, limit=setting.limit, arm=arm, width=width,
                     learning_rate=learning_rate, epochs=setting.epochs)


def main(argv=None):
    given = options(__doc__.splitlines()[0], "results/fewer_parameters",
                    workers=WORKERS).parse_args(argv)
    hold_memory()
    result = run(available(RATES, given.download), SETTINGS[given.mode], given.out / "runs.jsonl",
                 given.workers)
    for name, own in result.items():
        np.savez_compressed(given.out / f"{name}.npz", **own)
        show_comparisons(name, own)
    if result:
        save_figures(figures(result), given.out)
        print()
    show_table(verdicts(result), given.out, given.mode)
    print(f"\nArrays and figures are in {given.out}.")


if __name__ == "__main__":
    main()
