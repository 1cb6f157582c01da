"""Does it pay to learn features of images? It does for convolutions, unlike for dense networks.

    F = alpha (f - f_0)     gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha; y = +-1: the
                            digit's parity; it ends where all points have y F >= 1

f has four convolutions 5 x 5, a mean over positions and the 1/h scaling; beside it stands a dense
network of two hidden layers, on the same whole images. alpha = 2e-3 is the feature regime; the
lazy one is the flow with the kernel of the start, stopped by the same rule.

learning    error against p of the network and of its tangent kernel, frozen at the start or at the
            end, by flow and by support vectors. At the start and the end: labels and information
            along the kernel's eigenvectors, the dimension of the images' cloud layer by layer, and
            relative stability R: how much deformations matter, beside noise of the same size
alpha       error, and how far parameters and kernel have moved, against alpha, at one p

Source: Petrini 2020, candidacy talk; Geiger et al. 2020, J. Stat. Mech. 113301 (this convolutional
network, "CV" of the public code); Paccolat et al. 2021, J. Stat. Mech. 044001 (another one, of 16
layers; alpha, loss, data); Petrini et al. 2021, NeurIPS (R).

Minutes of processor time: --quick 1/4, --standard 51, --full, not run, 3,600 by estimate.

Deviations: h = 8 channels, where 50 were published; its activation is that of the 16 layers. Steps
may turn the gradient 30 times more than published. Without MNIST, images have 8 x 8 pixels, which
the published network cannot take: there the padding is 2, and nothing is judged.
"""
from dataclasses import dataclass
from itertools import product

import numpy as np
from lab.data import here
from lab.plan import axes, by_seed, each_seed, stack

from npspectral.sweep import Run

from .parts import DEEP, follow, sweep

SECONDS = 15, 3060, 216_000
DATA = ("mnist",)
AXES = axes({"": "size", "p": "p", "seed, p, method": "errors", "seed, p, trained": "left",
             "seed, p": "steps seconds", "seed, p, stage": "alignment",
             "seed, p, kernel": "frozen_stability", "seed, p, stage, rank": "shares",
             "seed, p, stage, estimator, rank": "information",
             "seed, p, stage, layer": "dimension stability", "alpha": "log_alpha",
             "seed, alpha": "error unlearned parameters kernel"})


@dataclass(frozen=True)
class Setting:
    """Sizes p, test images, channels of the convolutions, units of the dense layers; of `alpha`.

    deep_channels: of the network of 16 layers, which 0 leaves out.
    """

    images: str = "mnist"
    p: tuple = (64, 128, 256, 512)
    seeds: int = 5
    n_test: int = 4000
    channels: int = 8
    units: int = 100
    deep_channels: int = 0
    max_steps: int = 20_000
    p_alpha: int = 128
    alphas: tuple = (-3, -2, -1, 0, 1, 2, 3, 5)     # log10
    seeds_alpha: int = 3

    def networks(self):
        """Kind -> its width."""
        deep = {DEEP: self.deep_channels} if self.deep_channels else {}
        return {"dense": self.units, "convolutional": self.channels} | deep


SETTINGS = {"quick": Setting("digits", (32, 64, 128), 2, 200, units=30, max_steps=2000, p_alpha=32,
                             alphas=(-3, 0, 3), seeds_alpha=1),
            "default": Setting(),
            "full": Setting(p=(64, 128, 256, 512, 1024), n_test=9000, deep_channels=10,
                            max_steps=100_000, p_alpha=512, seeds_alpha=5,
                            alphas=(-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6))}


def run(setting, keep):
    """Both networks against alpha, and against p -> part -> arrays with one row a seed."""
    by_alpha, by_p = {}, {}
    for name, (kind, width) in product(here(setting.images), setting.networks().items()):
        fixed = {"kind": kind, "name": name, "width": width, "n_test": setting.n_test,
                 "max_steps": setting.max_steps}
        by_alpha[f"{kind}, {name}, alpha"] = each_seed(
            sweep, setting.seeds_alpha, **fixed, p=setting.p_alpha, exponents=setting.alphas)
        by_p[f"{kind}, {name}"] = [Run(follow, {**fixed, "p": p, "seed": seed})
                                   for seed in range(setting.seeds) for p in setting.p]
    values = keep(by_alpha | by_p)
    about = {"log_alpha": np.array(setting.alphas, float), "size": setting.p_alpha}
    return ({part: {**by_seed(values[part], setting.seeds), "p": np.array(setting.p)}
             for part in by_p} | {part: stack(values[part]) | about for part in by_alpha})
