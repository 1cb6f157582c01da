"""Does a spectral network learn features? What each of its parameter groups does at small alpha.

    f(x) = (sqrt(2)/h) sum_i beta_i relu(sum_j (lambda_in_j - lambda_out_i) phi_ij x_j)
    F = alpha (f - f_0),  gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha

x holds d coordinates and the constant sqrt(d), whose column of phi is the bias: it has an
eigenvalue, too. Starts: lambda_in = 1, lambda_out = 0, phi ~ N(0, 1/d), beta ~ N(0, 1), the same
in every arm but the last, in the 1/h scaling. Arms differ in what is trained:

    lambda_in, lambda_out, lambda (both), phi       the first layer's group alone
    lambda + beta, dense (phi + beta), everything   with the output layer
    bias apart                                      everything, the bias as a parameter of its own

Predicted here. f is homogeneous in the trained groups, of degree k = 1 in the first four arms, 2 in
the next two and 3 in everything; f ~ 1/alpha at small alpha then needs |theta| ~ alpha^(-1/k) and
makes K ~ alpha^(2/k - 2): alone, a group of the first layer cannot make its kernel grow. With
lambda_in alone all rows of W are diag(lambda_in) phi_i, one map for all neurons; with lambda_out
alone each row stays on its first line, as in networks with fixed orientations, and f is linear in
lambda_out until a gap changes its sign: exactly lazy.

A question of this package; no published numbers are known. Task: the stripe of
Paccolat et al. 2021, J. Stat. Mech. 044001, and parity of MNIST in 10 principal components (Geiger
et al. 2020, J. Stat. Mech. 113301).

Measured, stripe, medians of 3 seeds, alpha = 10^-2 unless said:
- lambda alone is not lazy: K changes by 0.6 |K_0|, the test error is .083, with a sixth of the
  points still inside the margin, against .115 at alpha = 10^4 (phi alone: .051 against .134). Each
  set by itself learns no features: lambda_out .20 against .10; lambda_in, six numbers, fits
  nothing, .49, and amplifies x_1 or damps it by seed.
- lambda + beta has .039, everything .043, dense .052. W amplifies x_1 by 10, 24 and 11, lambda_in_1
  alone is 10 and 7 times the others. With the bias apart .149, no better than lazy: presumably the
  weights, of degree 3, outgrow it, of degree 2; a constant input with its own eigenvalue mends it.
- The kernel of lambda_in aligns first, at .45 of the time that phi's takes, and least in the end
  (.14 against .22); that of lambda_out is not faster than phi's (1.1).
- Neurons gather where phi is trained, to .06 (alone), .35 (dense) and .46 (everything) of the
  patterns at the start; with lambda + beta .96 of them remain: compression without attractors.
MNIST: no arm gains by small alpha beyond the range of its seeds; .13 to .15 in all but lambda_in,
lambda_out and bias apart. p and h are small: other sizes may differ.

Minutes on one core: 5; --quick 15 s, too small for some rows to pass; --full, not run, about 10
hours by the number of steps and their size.
"""
import time
from dataclasses import replace
from functools import partial

from experiment import (SEEDS, WORKERS, available, each_seed, hold_memory, options, save_arrays,
                        stack, swept, with_seeds)
from experiment_table import show_table
from spectral_feature_learning_figures import plot
from spectral_feature_learning_runs import ARMS, Setting, follow, sweep
from spectral_feature_learning_verdicts import verdicts

FOLLOWED = ("lambda + beta", "dense", "everything")     # arms whose kernels are seen in time
SETTINGS = {
    "quick": Setting(1, {"stripe": 64}, 100, (-1, 0, 4), 1000, 1500),
    "default": Setting(3, {"stripe": 128, "mnist": 256}, 200, (-2, 0, 2, 4), max_steps=4000),
    "full": Setting(5, {"stripe": 512, "mnist": 512}, 1000,
                    (-6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, 6), 10_000, 30_000),
}


def run(tasks, setting, path, workers=1):
    """Part -> name -> array with one row a seed; runs in the file are not run again."""
    alone = replace(setting, seeds=1)                       # a run does not know how many there are
    each = partial(each_seed, seeds=setting.seeds, setting=alone)
    plan = {f"{task} {arm}": each(sweep, task=task, arm=arm) for task in tasks for arm in ARMS}
    plan |= {f"kernels {arm}": each(follow, arm=arm) for arm in FOLLOWED}
    return {part: stack(rows) for part, rows in swept(plan, path, workers).items()}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/spectral_feature_learning", seeds=SEEDS,
                     workers=WORKERS)
    chosen = parser.parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    images = [task for task in setting.p if task != "stripe"]
    result = run(["stripe", *available(images, chosen.download)], setting,
                 chosen.out / "runs.jsonl", chosen.workers)
    save_arrays(result, chosen.out / "spectral_feature_learning.npz")
    plot(result, setting, chosen.out)
    show_table(verdicts(result, setting), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
