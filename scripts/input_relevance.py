"""Which inputs does a trained network look at? The eigenvalues of its first layer tell.

With lambda_out = 0 the first layer is W_ij = lambda_in_j phi_ij: lambda_in_j scales everything that
leaves input j. Both factors are penalized, so an input that nobody needs fades away. What is left,
|lambda_in_j| |phi_.j|, is the relevance of input j. Three tasks of two classes:

(a) gaussian  20 independent features, 11 of which differ in their mean: relevance follows the gap.
(b) pairs     10 features, 8 of them in pairs whose relative sign alone tells the class.
(c) mnist     zeros against ones: which pixels matter, and how few of them are enough?

Source: L. Chicchi et al. 2024, arXiv 2406.01183, and the authors' public notebooks. Networks as
there, all Spectral: 20-100-100-50-2, 10-100-100-50-2 (tanh, ReLU, ReLU), 784-100-100-50-10 (ReLU).

Published against ours (median of 10 seeds, as it comes):
(a) test accuracy about 0.995 / 0.997, the Bayes accuracy of the drawn sets (0.980 to 0.9997)
(b) 0.974 after 5 epochs / 0.992, where Bayes' is 0.9928; pairs ranked by flip probability in all
(c) 1.000 on a tenth of the training set / 0.999 on the test set; 0.998 with 17 pixels alone

Minutes on one core: --quick 1/3, as it comes about 5, --full 150 by estimate (published sizes,
epochs and penalties; --seeds 1 takes a tenth).

Deviation: the published networks' BatchNorm after the first layer and Dropout 0.2 (a, b) are left
out.
Deviation: except with --full, training is shorter and ends with a smaller learning rate. For (c) it
also starts with a larger one and penalizes phi 100 times more: with the published ones 17 pixels
alone give 0.58 after 500 epochs, because the background has not faded yet (seed 0).

The penalties do the work. Without them irrelevant features of (a) come before relevant ones, and 17
pixels of (c) give 0.64, with the same accuracy on whole inputs; (b) needs none.
"""
import time
from dataclasses import replace

import numpy as np
from experiment import (SEEDS, WORKERS, available, each_seed, hold_memory, options, stack, swept,
                        with_seeds)
from experiment_table import show_table
from input_relevance_figures import plot
from input_relevance_runs import Setting, follow_gaussian, follow_mnist, follow_pairs, show_mnist
from input_relevance_verdicts import verdicts

from npspectral.sweep import Run

PUBLISHED_SETTINGS = {
    "gaussian": Setting(1e-6, 1e-2, ((1e-2, 1000),), n_samples=60_000),
    "pairs": Setting(1e-6, 1e-4, ((1e-2, 500),), n_samples=100_000),
    "mnist": Setting(1e-2, 1e-4, ((1e-4, 5000),)),
}
SETTINGS = {
    "quick": {
        "gaussian": Setting(1e-6, 1e-2, ((1e-2, 30), (1e-3, 10)), 2, 20_000),
        "pairs": Setting(1e-6, 1e-4, ((1e-2, 12), (1e-3, 8)), 2, 30_000),
        "mnist": Setting(1e-2, 1e-2, ((3e-3, 36), (1e-3, 6)), 1),
    },
    "default": {
        "gaussian": Setting(1e-6, 1e-2, ((1e-2, 30), (1e-3, 10)), n_samples=60_000),
        "pairs": Setting(1e-6, 1e-4, ((1e-2, 12), (1e-3, 15), (1e-4, 5)), n_samples=100_000),
        "mnist": Setting(1e-2, 1e-2, ((3e-3, 80), (1e-3, 20))),
    },
    "full": PUBLISHED_SETTINGS,
}
FOLLOW = {"gaussian": follow_gaussian, "pairs": follow_pairs, "mnist": follow_mnist}


def pixel_counts(seeds):
    """1 to 99 as published, and on to all 784; fewer for a quick run."""
    dense = range(1, 100) if seeds > 2 else (*range(1, 10), *range(11, 26, 2), *range(30, 100, 20))
    return (*dense, 100, 120, 150, 200, 300, 400, 500, 600, 784)


def plan(settings, parts):
    """part -> its runs, one a seed, and what is shown of (c)."""
    found = {}
    for part in parts:
        own = settings[part]
        more = {"counts": pixel_counts(own.seeds)} if part == "mnist" else {}
        found[part] = each_seed(FOLLOW[part], own.seeds, setting=replace(own, seeds=1), **more)
    return found | ({"shown": [Run(show_mnist, {})]} if "mnist" in parts else {})


def run(settings, path, parts=tuple(FOLLOW), download=False, workers=1):
    """name of the part -> name -> array; without MNIST's files, without its part."""
    if "mnist" in parts and not available(["mnist"], download):
        parts = [part for part in parts if part != "mnist"]
    found = swept(plan(settings, parts), path, workers)
    result = {part: stack(found[part]) for part in parts}
    if "mnist" in parts:
        result["mnist"] |= {**found["shown"][0],
                            "counts": np.array(pixel_counts(settings["mnist"].seeds))}
    return result


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/input_relevance",
                     parts=dict(nargs="+", choices=FOLLOW, default=list(FOLLOW)),
                     seeds=SEEDS, workers=WORKERS)
    chosen = parser.parse_args(argv)
    settings = {part: with_seeds(own, chosen.seeds)
                for part, own in SETTINGS[chosen.mode].items()}
    begin = time.monotonic()
    hold_memory()
    result = run(settings, chosen.out / "runs.jsonl", chosen.parts, chosen.download,
                 chosen.workers)
    for part, arrays in result.items():
        np.savez_compressed(chosen.out / f"{part}.npz", **arrays)
    plot(result, chosen.out)
    print()
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
