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
by the seed 0 on the validation images. By default all arms have a quarter of the images and one
width; dense networks and S-QR, at the rates chosen so, have all images and another width, too.
"S-QR" and "S-SVD" are decompositions in fact, of a Gaussian phi, and "eigenvalues" keeps that phi.
The layers of the code are the arms "as published": its S-QR trains the zeros of R as well, its
S-SVD has random factors that are not orthogonal, and eigenvalues alone share them.

Minutes of processor time: --quick 1/4, --standard 13, --full 400 by estimate.
"""
from dataclasses import dataclass, replace

from lab.data import here
from lab.plan import axes, by_seed, chosen, stack

from npspectral.sweep import Run

from .parts import ARMS, RATES, Case, train

SECONDS = 15, 800, 24000
DATA = "mnist", "fashion-mnist"
AXES = axes({"network": "arm width learning_rate",
             "seed, network": "accuracy epochs validation trainable"})


@dataclass(frozen=True)
class Setting:
    """Widths of all arms, and of narrower dense networks; how they are trained.

    `large` is the width of dense networks and of S-QR with all images, 0 for none.
    """

    sets: tuple = DATA
    arms: tuple = tuple(ARMS)
    widths: tuple = (100,)
    narrow: tuple = (1, 2, 3, 5, 10, 25)
    seeds: int = 5
    epochs: int = 90
    limit: int | None = None
    batch: int = 200
    large: int = 0
    seeds_large: int = 3


OWN = tuple(arm for arm in ARMS if not arm.endswith("as published"))
SETTINGS = {"quick": Setting(("digits",), ("dense", "eigenvalues", "S-SVD", "S-QR"), (50,),
                             (2, 4, 12), 2, batch=20),
            "default": Setting(arms=(*OWN, "S-QR, as published"), limit=15_000, large=200),
            "full": Setting(widths=(50, 100, 150, 200, 300))}


def cases(name, setting):
    """Arm and width of each network -> itself with each of the rates."""
    nets = [(arm, width) for arm in setting.arms for width in setting.widths]
    nets += [("dense", width) for width in setting.narrow]
    return {net: [Case(name, *net, rate, setting.epochs, setting.limit, setting.batch)
                  for rate in RATES] for net in nets}


def large(nets, setting):
    """"SET, all images" -> dense networks and S-QR of the width `large`, at the same rates."""
    return {f"{name}, all images": [
        replace(case, width=setting.large, limit=None) for case in tried
        if case.arm in ("dense", "S-QR") and case.width == setting.widths[-1]]
        for name, tried in nets.items() if setting.large}


def run(setting, keep):
    """Data set -> arrays of every network; "SET, all images" those of the large ones."""
    nets = {name: list(chosen(keep, train, cases(name, setting), "validation").values())
            for name in here(*setting.sets)}
    seeds, more = dict.fromkeys(nets, setting.seeds), large(nets, setting)
    seeds |= dict.fromkeys(more, setting.seeds_large)
    nets |= more
    values = keep({name: [Run(train, {"case": case, "seed": seed}) for seed in range(seeds[name])
                          for case in tried] for name, tried in nets.items()})
    return {name: {**stack([{"arm": case.arm, "width": case.width,
                             "learning_rate": case.learning_rate} for case in tried]),
                   **by_seed(values[name], seeds[name])} for name, tried in nets.items()}
