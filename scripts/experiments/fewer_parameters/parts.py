"""The kinds of layers, and one network trained until it stops."""
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.learning import chain, learn, while_it_rises

from npspectral import Adamax, Dense, ReLU, Spectral, SpectralQR, SpectralSVD
from npspectral.data import principal_components
from npspectral.nn import PUBLISHED, Normal, SpectralFullQR, SpectralGaussianSVD, tree
from npspectral.training import accuracy, evaluate

MIN_DELTA, PATIENCE, VALIDATION = 0.005, 8, 0.2
RATES = 0.001, 0.005, 0.015                             # all those of the published code
EIGENVALUES = ("lambda_in", "lambda_out", "bias")
QR, SVD, STD = PUBLISHED["chicchi2021"], PUBLISHED["chicchi2021_svd"], 0.036
RANGES = {name: QR[name] for name in EIGENVALUES}
ARMS = {"dense": (Dense, {}),
        "eigenvalues": (Spectral, {**QR, "trainable": EIGENVALUES}),
        "one set": (Spectral, {**QR, "trainable": EIGENVALUES[1:], "lambda_in": 0.0}),
        "S-SVD": (SpectralSVD, {"phi": Normal(STD), **SVD}),
        "S-QR": (SpectralQR, QR),
        "S-QR, principal": (SpectralQR, QR),
        "eigenvalues, as published": (SpectralGaussianSVD, {"trainable": EIGENVALUES, **RANGES}),
        "S-SVD, as published": (SpectralGaussianSVD, SVD),
        "S-QR, as published": (SpectralFullQR, QR)}


@dataclass(frozen=True)
class Case:
    """A network of one arm, trained on the first `limit` images (None: all)."""

    name: str                           # of the images
    arm: str
    width: int
    learning_rate: float
    epochs: int = 90
    limit: int | None = None
    batch: int = 200


def network(arm, width, x):
    """n-width-width-10 for images x (m, n), ReLU, all three transfers of one kind."""
    layer, start = ARMS[arm]
    first = start | ({"phi": among_components(x)} if arm == "S-QR, principal" else {})
    return chain([layer(x.shape[1], width, **first), layer(width, width, **start),
                  layer(width, 10, **start)], ReLU())


def among_components(x):
    """Initializer of phi (n_out, n_in): Gaussian rows that n_out principal components of x span.

    Q of phi^T = Q R spans the same. The mean square of phi's entries is STD^2, as published.
    """
    def start(rng, shape, dtype=float):
        n_out, n_in = shape
        directions = principal_components(x, n_out).eigenvectors.T
        return (rng.normal(0, STD * (n_in / n_out) ** 0.5, (n_out, n_out)) @ directions).astype(
            dtype)
    return start


def train(case, seed):
    """Accuracy of one network after the last epoch, which stops it, and how many these were."""
    (x, target), test_set = images(case.name, case.limit)
    n, rng = len(x) - round(VALIDATION * len(x)), np.random.default_rng(seed)
    net = network(case.arm, case.width, x[:n])
    records = learn(net, net.init(rng, x.dtype), (x[:n], target[:n]),
                    [(case.learning_rate, case.epochs)], f"{case}, seed {seed}", Adamax,
                    batch_size=case.batch, rng=rng, metrics=[accuracy],
                    validation=(x[n:], target[n:]))
    for record, _ in while_it_rises(records, PATIENCE, MIN_DELTA):
        pass
    return {**evaluate(net, record.params, *test_set, metrics=[accuracy]), "epochs": record.epoch,
            "validation": record.metrics["validation_accuracy"],
            "trainable": tree.size(net.trainable_part(record.params))}
