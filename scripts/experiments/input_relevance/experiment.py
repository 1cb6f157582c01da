"""Which inputs does a trained network look at? The eigenvalues of its first layer tell.

With lambda_out = 0 the first layer is W_ij = lambda_in_j phi_ij. Both factors are penalized, so an
input that nobody needs fades away. What is left, |lambda_in_j| |phi_.j|, is the relevance of input
j. Three tasks of two classes:

(a) gaussian  20 independent features, 11 of which differ in their mean: relevance follows the gap.
(b) pairs     10 features, 8 of them in pairs whose relative sign alone tells the class.
(c) images    zeros against ones: which pixels matter, how few of them are enough, and what happens
              when they are covered or lit?

And what a spectral layer is: Phi, Lambda and A of one transfer and of a whole network, as blocks.

Source: L. Chicchi et al. 2024, arXiv 2406.01183, and the authors' public notebooks. Networks as
there, all Spectral: 20-100-100-50-2, 10-100-100-50-2 (tanh, ReLU, ReLU), 784-100-100-50-10 (ReLU).

Minutes of processor time: --quick 1/3 (8 x 8 digits), --standard 6, --full 150 by estimate.

Deviation: the published BatchNorm after the first layer and Dropout 0.2 (a, b) are left out; except
with --full, training is shorter and ends with a smaller learning rate. For (c) it also starts with
a larger one and penalizes phi 100 times more, as with the published ones the background does not
fade in time. That choice was made by the map and the accuracy of a single seed: exploratory.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from .blocks import one_transfer, whole_network
from .parts import BINS, Training, follow_gaussian, follow_images, follow_pairs, show_images

SECONDS = 20, 350, 9000
DATA = ("mnist",)
AXES = axes({
    "seed, input": "relevance eigenvalue lambda_in gap hellinger relevant part flip_probability",
    "seed": "accuracy bayes bayes_rule linear_accuracy marginal_accuracy retrained_relevance "
            "retrained_random", "seed, count": "kept_relevance kept_eigenvalue kept_random",
    "seed, class": " ".join(f"{word}_{pixels}" for word in ("covered", "lit", "alone")
                            for pixels in ("relevant", "others_of_relevant", "part",
                                           "others_of_part")),
    "seed, class, input, bin": "histogram", "seed, class, pair": "alike", "edge": "bins",
    "example, pixel": "examples_0 examples_1", "digit, pixel": "mean_images", "count": "counts",
    "seed, epoch, measure": "curves", "": "few",
    "receiver, sender": "phi adjacency formula", "node": "lambdas", "layer": "sizes"})
MANY = 100, 120, 150, 200, 300, 400, 500, 600, 784


@dataclass(frozen=True)
class Setting:
    """How each part is trained; its features; counts: how many pixels are kept in turn."""

    gaussian: Training = Training(1e-6, 1e-2, ((1e-2, 30), (1e-3, 10)))
    pairs: Training = Training(1e-6, 1e-4, ((1e-2, 12), (1e-3, 15), (1e-4, 5)))
    zeros_and_ones: Training = Training(1e-2, 1e-2, ((3e-3, 80), (1e-3, 20)))
    seeds: int = 10
    seeds_images: int = 10
    n_gaussian: int = 60_000        # examples, of which a fifth is the test part
    n_pairs: int = 100_000
    features: int = 20              # of the Gaussian ones
    relevant: int = 11
    sigma: float = 0.5
    flip_probability: tuple = (0.7, 0.8, 0.4, 0.6)
    images: str = "mnist"
    counts: tuple = (*range(1, 100), *MANY)
    few: int = 17                   # pixels that are enough


SETTINGS = {
    "quick": Setting(pairs=Training(1e-6, 1e-4, ((1e-2, 12), (1e-3, 8))),
                     zeros_and_ones=Training(1e-2, 1e-2, ((3e-3, 1000), (1e-3, 200))), seeds=2,
                     seeds_images=3, n_gaussian=20_000, n_pairs=30_000, images="digits",
                     counts=(*range(1, 10), *range(10, 30, 2), *range(30, 65, 5), 64), few=10),
    "default": Setting(),
    "full": Setting(Training(1e-6, 1e-2, ((1e-2, 1000),)), Training(1e-6, 1e-4, ((1e-2, 500),)),
                    Training(1e-2, 1e-4, ((1e-4, 5000),)))}


def run(setting, keep):
    plan = {"gaussian": each_seed(follow_gaussian, setting.seeds, training=setting.gaussian,
                                  n=setting.n_gaussian, n_features=setting.features,
                                  n_relevant=setting.relevant, sigma=setting.sigma),
            "pairs": each_seed(follow_pairs, setting.seeds, training=setting.pairs,
                               n=setting.n_pairs, flip_probability=setting.flip_probability)}
    images = setting.images
    if here(images):
        plan[images] = each_seed(follow_images, setting.seeds_images, name=images,
                                 training=setting.zeros_and_ones, counts=setting.counts,
                                 few=setting.few)
    result = {part: stack(rows) for part, rows in keep(plan).items()}
    for part in ("gaussian", "pairs"):
        result[part]["bins"] = BINS
    if images in result:
        result[images] |= {**show_images(images), "counts": np.array(setting.counts),
                           "few": setting.few}
    return result | {"one transfer": one_transfer(), "whole network": whole_network()}
