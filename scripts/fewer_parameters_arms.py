"""The kinds of layers that fewer_parameters.py compares, and their published learning rates."""
import numpy as np

from npspectral import Chain, Dense, ReLU, Spectral, SpectralQR, SpectralSVD
from npspectral.nn import PUBLISHED, Normal, SpectralFullQR, SpectralGaussianSVD, tree

EIGENVALUES = ("lambda_in", "lambda_out", "bias")
QR, SVD = PUBLISHED["chicchi2021"], PUBLISHED["chicchi2021_svd"]
RANGES = {name: QR[name] for name in ("lambda_in", "lambda_out", "bias")}
ARMS = {
    "dense": (Dense, {}),
    "eigenvalues": (Spectral, {"trainable": EIGENVALUES, **QR}),
    "S-SVD": (SpectralSVD, {"phi": Normal(0.036), **SVD}),
    "S-QR": (SpectralQR, QR),
    "eigenvalues, as published": (SpectralGaussianSVD, {"trainable": EIGENVALUES, **RANGES}),
    "S-SVD, as published": (SpectralGaussianSVD, SVD),
    "S-QR, as published": (SpectralFullQR, QR),
}
COMMON_RATE = 0.015
RATES = {                               # of the published code, where it is another one
    "mnist": {"S-QR": 0.005, "S-QR, as published": 0.005},
    "fashion-mnist": {"S-QR": 0.001, "S-QR, as published": 0.001, "dense": 0.001},
}


def rate(name, arm):
    """The published learning rate of an arm on a data set."""
    return RATES[name].get(arm, COMMON_RATE)


def network(arm, width, n_in=784, n_out=10):
    """n_in-width-width-n_out, ReLU, all three transfers of one kind."""
    layer, start = ARMS[arm]
    return Chain(layer(n_in, width, **start), ReLU(), layer(width, width, **start), ReLU(),
                 layer(width, n_out, **start))


def trainable_count(net):
    """How many numbers of a network learn."""
    return tree.size(net.trainable_part(net.init(np.random.default_rng(0))))
