"""The kinds of layers, their published learning rates, and one network trained until it stops."""
import numpy as np
from lab.data import images
from lab.learning import chain, learn, while_it_rises

from npspectral import Adamax, Dense, ReLU, Spectral, SpectralQR, SpectralSVD
from npspectral.nn import PUBLISHED, Normal, SpectralFullQR, SpectralGaussianSVD, tree
from npspectral.training import accuracy, evaluate

BATCH, MIN_DELTA, PATIENCE, VALIDATION = 200, 0.005, 8, 0.2
EIGENVALUES = ("lambda_in", "lambda_out", "bias")
QR, SVD = PUBLISHED["chicchi2021"], PUBLISHED["chicchi2021_svd"]
RANGES = {name: QR[name] for name in EIGENVALUES}
ARMS = {"dense": (Dense, {}),
        "eigenvalues": (Spectral, {"trainable": EIGENVALUES, **QR}),
        "S-SVD": (SpectralSVD, {"phi": Normal(0.036), **SVD}),
        "S-QR": (SpectralQR, QR),
        "eigenvalues, as published": (SpectralGaussianSVD, {"trainable": EIGENVALUES, **RANGES}),
        "S-SVD, as published": (SpectralGaussianSVD, SVD),
        "S-QR, as published": (SpectralFullQR, QR)}
COMMON_RATE = 0.015
RATES = {                               # of the published code, where it is another one
    "mnist": {"S-QR": 0.005, "S-QR, as published": 0.005},
    "fashion-mnist": {"S-QR": 0.001, "S-QR, as published": 0.001, "dense": 0.001}}


def rate(name, arm):
    """The published learning rate of an arm on a data set."""
    return RATES[name].get(arm, COMMON_RATE)


def network(arm, width):
    """784-width-width-10, ReLU, all three transfers of one kind."""
    layer, start = ARMS[arm]
    sizes = (784, width), (width, width), (width, 10)
    return chain([layer(*pair, **start) for pair in sizes], ReLU())


def trainable_count(net):
    """How many numbers of a network learn."""
    return tree.size(net.trainable_part(net.init(np.random.default_rng(0))))


def train(name, limit, arm, width, learning_rate, epochs, seed):
    """Test accuracy of one network after the last epoch, and how many epochs it took."""
    net, ((x, target), test_set) = network(arm, width), images(name, limit)
    n, rng = len(x) - round(VALIDATION * len(x)), np.random.default_rng(seed)
    records = learn(net, net.init(rng, x.dtype), (x[:n], target[:n]), [(learning_rate, epochs)],
                    f"{name}, {arm} {width}, seed {seed}", Adamax, batch_size=BATCH, rng=rng,
                    metrics=[accuracy], validation=(x[n:], target[n:]))
    for record, _ in while_it_rises(records, PATIENCE, MIN_DELTA):
        pass
    return {**evaluate(net, record.params, *test_set, metrics=[accuracy]), "epochs": record.epoch}
