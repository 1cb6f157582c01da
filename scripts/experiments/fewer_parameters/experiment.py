"""How many numbers must be trained? Eigenvalues alone, S-QR and S-SVD against dense layers.

A spectral layer W_ij = (lambda_in_j - lambda_out_i) phi_ij with phi frozen trains n_in + n_out
numbers instead of n_in n_out, or n_out with one set of eigenvalues. Between that and a dense layer
lie two in which phi learns in part: S-SVD, the singular values of phi, and S-QR, the triangle of
phi^T = Q R. Q stays as it is, and with it all that the first layer sees of the images: as many
random directions as it has nodes. "S-QR, principal" starts with the principal components instead.
Every arm is compared with a dense network of the same widths and with one of equal trainable count,
which is much narrower (interpolated in the logarithm of the count).

Source: L. Chicchi et al. 2021, Phys. Rev. E 104, 054312, and the authors' public code. As there:
784-w-w-10, ReLU, biases, Adamax, batch 200, the last fifth of the training images for validation,
stop when its accuracy has not risen by 0.005 for 8 epochs, test the last epoch. The accuracies are
not in the repository: of the published ones only claims are known here.

Deviations: the rates of the code differ by arm. Here each network has the best of them all, chosen
by the seed 0 on the validation images. By default a quarter of the images, one width. "S-QR" and
"S-SVD" are decompositions in fact, of a Gaussian phi, and "eigenvalues" keeps that phi. The layers
of the code are the arms "as published": its S-QR trains the zeros of R as well, its S-SVD has
random factors that are not orthogonal, and eigenvalues alone share them.

Minutes of processor time: --quick 1/4, --standard 10, --full 400 by estimate.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, by_seed, stack

from npspectral.sweep import Run, grid

from .parts import ARMS, RATES, Case, train

SECONDS = 15, 600, 24000
DATA = "mnist", "fashion-mnist"
AXES = axes({"network": "arm width learning_rate",
             "seed, network": "accuracy epochs validation trainable"})


@dataclass(frozen=True)
class Setting:
    """Widths of all arms, and of narrower dense networks; how they are trained."""

    sets: tuple = DATA
    arms: tuple = tuple(ARMS)
    widths: tuple = (100,)
    narrow: tuple = (1, 2, 3, 5, 10, 25)
    seeds: int = 5
    epochs: int = 90
    limit: int | None = None
    batch: int = 200


OWN = tuple(arm for arm in ARMS if not arm.endswith("as published"))
SETTINGS = {"quick": Setting(("digits",), ("dense", "eigenvalues", "S-SVD", "S-QR"), (50,),
                             (2, 4, 12), 2, batch=20),
            "default": Setting(arms=(*OWN, "S-QR, as published"), limit=15_000),
            "full": Setting(widths=(50, 100, 150, 200, 300))}


def cases(name, setting):
    """A list for each network: itself with each of the rates."""
    nets = [(arm, width) for arm in setting.arms for width in setting.widths]
    nets += [("dense", width) for width in setting.narrow]
    return [[Case(name, arm, width, rate, setting.epochs, setting.limit, setting.batch)
             for rate in RATES] for arm, width in nets]


def chosen(keep, tried):
    """Of each list that one which is best on the validation images."""
    found = keep({index: grid(train, case=rates, seed=[0]) for index, rates in enumerate(tried)})
    return [rates[np.argmax(stack(found[index])["validation"])]
            for index, rates in enumerate(tried)]


def run(setting, keep):
    """Data set -> arrays of every network."""
    sets = here(*setting.sets)
    nets = {name: chosen(keep, cases(name, setting)) for name in sets}
    values = keep({name: [Run(train, {"case": case, "seed": seed}) for seed in range(setting.seeds)
                          for case in nets[name]] for name in sets})
    return {name: {**stack([{"arm": case.arm, "width": case.width,
                             "learning_rate": case.learning_rate} for case in nets[name]]),
                   **by_seed(values[name], setting.seeds)} for name in sets}
