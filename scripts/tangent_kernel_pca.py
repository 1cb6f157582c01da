"""What do the eigenvectors of the tangent kernel know of the label, before and after training?

Kernel PCA of the tangent kernel: omega_r^2, the share of the labels along eigenvector r (all sum to
1), and the information in bits that each of the top ones by itself holds on the label. In the
feature regime (alpha = 1e-6) training turns the kernel to its task, in the lazy one (alpha = 1e6)
it leaves it as it began.

(stripe) The label depends on x_1 alone. Were omega_perp = 0, the kernel K' of one hidden layer was
    K1(x_1, x_1') + K2(x_1, x_1') x_perp.x_perp' / d        K2: the part of the biases
with eigenvectors of two families, phi(x_1) and phi(x_1) u.x_perp. Training moves towards it: the
share of the kernel's trace in neither family falls, and R^2 by each sorts the eigenvectors.
(mnist) Parity of the digit, by a network with two hidden layers.

Source: Petrini 2020, candidacy talk (projection and information at start and end, stripe and MNIST;
in figures whose values could not be read: labels project on far fewer top eigenvectors after
training, whose information rises); Paccolat et al. 2021, J. Stat. Mech. 044001, and its public code
(the estimator, k = 5).

Published (only a direction) against ours, start -> after feature training, on 1,000 fresh points
(medians: stripe 5 seeds, p = 512, d = 5; MNIST 2 seeds, p = 2000):
labels on the top 10   rise / stripe 0.22 -> 0.49, MNIST 0.39 -> 0.49
vectors for 90 %       fewer / stripe 531 -> 309; MNIST 486 -> 614, more: see below
alignment              - / stripe 0.025 -> 0.11, MNIST 0.015 -> 0.15
bits of the top 10     rise / published estimator 0.11 -> 0.34 and 0.12 -> 0.31, floor 0.085
    (mean)             Ross' estimator 0.036 -> 0.30 and 0.046 -> 0.26, floor 0
trace in neither family - / 0.21 -> 0.021, where K' itself has 0.020, for want of resolution
R^2 by the better family, top 10   - / 0.66 -> 0.91
Lazy training changes shares, alignment, bits and the trace by less than 0.003.

Does not reproduce: far fewer vectors for MNIST. The cumulated shares are ahead of those at the
start at the 10th vector and behind from about the 100th on; with 200 points and 40 neurons a layer
(--quick) they are behind at the 10th. The network errs more than the lazy one (0.13 against 0.10),
and 12 to 17 % of the points are inside the margin when it ends.

Minutes on one core: --quick under 1/2, as it comes 4, --full 600 by estimate.

Deviations: the talk's network for MNIST is a deep convolutional one. Kernels are taken on points
that were not trained on. Information comes in three estimators, the published one first; what it
gives for eigenvectors that know nothing (its floor) is known exactly and not 0.
"""
import time
from dataclasses import replace

import numpy as np
from experiment import (SEEDS, WORKERS, available, each_seed, hold_memory, options, stack, swept,
                        with_seeds)
from experiment_table import show_table
from tangent_kernel_pca_figures import plot
from tangent_kernel_pca_runs import PARTS, TIMES, Part
from tangent_kernel_pca_verdicts import verdicts

SETTINGS = {
    "quick": {"stripe": Part(256, 300, (300,), 1, 1100), "mnist": Part(200, 300, (40, 40), 1, 800)},
    "default": {"stripe": Part(512, 1000, (600,), 5, 2500),
                "mnist": Part(2000, 1000, (100, 100), 2, 1200)},
    "full": {"stripe": Part(1000, 2000, (10_000,), 5, 5000, d=10),
             "mnist": Part(6944, 2000, (300, 300), 5, 3000)},
}


def run(settings, path, download=False, workers=1):
    """name of the part -> name -> array with one row a seed; without MNIST's files, without it."""
    plan = {name: each_seed(PARTS[name], settings[name].seeds,
                            part=replace(settings[name], seeds=1))
            for name in ("stripe", *available(["mnist"], download))}
    return {name: stack(rows) for name, rows in swept(plan, path, workers).items()}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/tangent_kernel_pca", seeds=SEEDS,
                     workers=WORKERS)
    chosen = parser.parse_args(argv)
    settings = {name: with_seeds(part, chosen.seeds)
                for name, part in SETTINGS[chosen.mode].items()}
    begin = time.monotonic()
    hold_memory()
    result = run(settings, chosen.out / "runs.jsonl", chosen.download, chosen.workers)
    for name, own in result.items():
        np.savez_compressed(chosen.out / f"{name}.npz", **own)
    plot(result, TIMES, chosen.out)
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
