"""Which inputs does a trained network look at? The eigenvalues of its first layer tell.

With lambda_out = 0 the first layer is W_ij = lambda_in_j phi_ij. Both factors are penalized, so an
input that nobody needs fades away. What is left, |lambda_in_j| |phi_.j|, is the relevance of input
j. Three tasks of two classes:

(a) gaussian  20 independent features, 11 of which differ in their mean: relevance follows the gap.
(b) pairs     10 features, 8 of them in pairs whose relative sign alone tells the class.
(c) mnist     zeros against ones: which pixels matter, and how few of them are enough?

Source: L. Chicchi et al. 2024, arXiv 2406.01183, and the authors' public notebooks. Networks as
there, all Spectral: 20-100-100-50-2, 10-100-100-50-2 (tanh, ReLU, ReLU), 784-100-100-50-10 (ReLU).

Minutes on one core: --quick 1/3, --standard 5, --full 150 by estimate.

Deviation: the published BatchNorm after the first layer and Dropout 0.2 (a, b) are left out; except
with --full, training is shorter and ends with a smaller learning rate. For (c) it also starts with
a larger one and penalizes phi 100 times more: with the published ones the background has not faded
in time, and 17 pixels alone tell little.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import Training, follow_gaussian, follow_mnist, follow_pairs, show_mnist

SECONDS = 20, 300, 9000
DATA = ("mnist",)
AXES = axes({
    "seed, input": "relevance eigenvalue lambda_in gap hellinger relevant flip_probability",
    "seed": "accuracy bayes bayes_rule linear_accuracy marginal_accuracy retrained_relevance "
            "retrained_random", "seed, count": "kept_relevance kept_eigenvalue kept_random",
    "example, pixel": "examples_0 examples_1", "digit, pixel": "mean_images", "count": "counts",
    "seed, epoch, measure": "curves"})
MANY = 100, 120, 150, 200, 300, 400, 500, 600, 784


@dataclass(frozen=True)
class Setting:
    """How each part is trained; its features; counts: how many pixels are kept in turn."""

    gaussian: Training = Training(1e-6, 1e-2, ((1e-2, 30), (1e-3, 10)))
    pairs: Training = Training(1e-6, 1e-4, ((1e-2, 12), (1e-3, 15), (1e-4, 5)))
    mnist: Training = Training(1e-2, 1e-2, ((3e-3, 80), (1e-3, 20)))
    seeds: int = 10
    seeds_mnist: int = 10
    n_gaussian: int = 60_000        # examples, of which a fifth is the test part
    n_pairs: int = 100_000
    features: int = 20              # of the Gaussian ones
    relevant: int = 11
    sigma: float = 0.5
    flip_probability: tuple = (0.7, 0.8, 0.4, 0.6)
    counts: tuple = (*range(1, 100), *MANY)


SETTINGS = {
    "quick": Setting(pairs=Training(1e-6, 1e-4, ((1e-2, 12), (1e-3, 8))),
                     mnist=Training(1e-2, 1e-2, ((3e-3, 36), (1e-3, 6))), seeds=2, seeds_mnist=1,
                     n_gaussian=20_000, n_pairs=30_000,
                     counts=(*range(1, 10), *range(11, 26, 2), *range(30, 100, 20), *MANY)),
    "default": Setting(),
    "full": Setting(Training(1e-6, 1e-2, ((1e-2, 1000),)), Training(1e-6, 1e-4, ((1e-2, 500),)),
                    Training(1e-2, 1e-4, ((1e-4, 5000),)))}


def run(setting, keep):
    plan = {"gaussian": each_seed(follow_gaussian, setting.seeds, training=setting.gaussian,
                                  n=setting.n_gaussian, n_features=setting.features,
                                  n_relevant=setting.relevant, sigma=setting.sigma),
            "pairs": each_seed(follow_pairs, setting.seeds, training=setting.pairs,
                               n=setting.n_pairs, flip_probability=setting.flip_probability)}
    if here("mnist"):
        plan["mnist"] = each_seed(follow_mnist, setting.seeds_mnist, training=setting.mnist,
                                  counts=setting.counts)
    result = {part: stack(rows) for part, rows in keep(plan).items()}
    if "mnist" in result:
        result["mnist"] |= {**show_mnist(), "counts": np.array(setting.counts)}
    return result
