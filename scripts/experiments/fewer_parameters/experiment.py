"""How many numbers must be trained? Eigenvalues alone, S-QR and S-SVD against dense layers.

A spectral layer W_ij = (lambda_in_j - lambda_out_i) phi_ij with phi frozen trains n_in + n_out
numbers instead of n_in n_out. Between that and a dense layer lie two in which phi learns in part:
S-SVD, the singular values of phi, and S-QR, the triangle of phi^T = Q R. Every arm is compared with
dense networks of the same widths and with dense networks of equal trainable count, which are much
narrower (interpolated in the logarithm of the count); also with wider spectral ones.

Source: L. Chicchi et al. 2021, Phys. Rev. E 104, 054312, and the authors' public code. As there:
784-w-w-10, ReLU, biases, Adamax, batch 200, the last fifth of the training images for validation,
stop when its accuracy has not risen by 0.005 for 8 epochs, test the last epoch, 3 trials. Learning
rates as there, by arm; since they differ, every dense network is trained with each of them. The
accuracies are not in the repository: of the published ones only claims are known here.

Minutes of processor time: --quick 1/6, --standard 10 to 14, --full 150 by estimate.

Deviation: "S-QR" and "S-SVD" are decompositions in fact, of a Gaussian phi, and "eigenvalues" keeps
that phi. The layers of the code are the arms "as published": its S-QR trains the zeros of R as
well, its S-SVD has random factors that are not orthogonal, and eigenvalues alone share them.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, by_seed, stack

from npspectral.sweep import Run

from .parts import ARMS, COMMON_RATE, RATES, network, rate, train, trainable_count

SECONDS = 10, 840, 9000
DATA = "mnist", "fashion-mnist"
AXES = axes({"network": "arm width learning_rate published_rate trainable",
             "seed, network": "accuracy epochs"})


@dataclass(frozen=True)
class Setting:
    """Widths of all arms, of narrower dense and of wider spectral networks; training images."""

    widths: tuple
    narrow: tuple = (1, 2, 3, 4, 5, 7, 10, 15, 25, 35)
    wide: tuple = (500,)
    seeds: int = 1
    epochs: int = 90
    limit: int | None = None


SETTINGS = {"quick": Setting((50,), (1, 4, 12), (), epochs=12, limit=6000),
            "default": Setting((50, 200)),
            "full": Setting((50, 100, 150, 200, 300), wide=(500, 1000), seeds=3)}


def networks(name, setting):
    """(arm, width, learning rate): each arm with its rate and the common one, dense with all."""
    for arm in ARMS:
        rates = {rate(name, other) for other in (ARMS if arm == "dense" else [arm])}
        more = {"dense": setting.narrow, "eigenvalues": setting.wide}.get(arm, ())
        for width in (*setting.widths, *more):
            for learning_rate in sorted({*rates, COMMON_RATE}):
                yield arm, width, learning_rate


def run(setting, keep):
    """Data set -> arrays of every network."""
    nets = {name: list(networks(name, setting)) for name in here(*RATES)}
    values = keep({name: [
        Run(train, {"name": name, "limit": setting.limit, "arm": arm, "width": width, "seed": seed,
                    "learning_rate": learning_rate, "epochs": setting.epochs})
        for seed in range(setting.seeds) for arm, width, learning_rate in nets[name]]
        for name in nets})
    return {name: {**stack([
        {"arm": arm, "width": width, "learning_rate": learning_rate,
         "published_rate": learning_rate == rate(name, arm),
         "trainable": trainable_count(network(arm, width))}
        for arm, width, learning_rate in nets[name]]), **by_seed(rows, setting.seeds)}
        for name, rows in values.items()}
