"""A run: one arm trained on one set of images."""
from functools import reduce

import numpy as np
from lab.data import images
from lab.progress import progress

from npspectral import Adamax, Identity, fit, nn, softmax_cross_entropy
from npspectral.training import accuracy, predict

from .arms import ARMS

CURVES = ("loss", "accuracy", "validation_loss", "validation_accuracy")


def train(name, limit, key, epochs, seed):
    """An arm on one set of images: curves (epochs, 4) after CURVES, and numbers of parameters."""
    arm, (train_set, test_set) = ARMS[key], images(name, limit)
    network, rng = arm.network(seed), np.random.default_rng(seed)
    params, curves = network.init(rng, np.float32), []
    counts = {"trainable": nn.tree.size(network.trainable_part(params)),
              "parameters": nn.tree.size(params)}
    for record in fit(network, params, *train_set, loss=softmax_cross_entropy,
                      optimizer=Adamax(arm.learning_rate), batch_size=arm.batch, rng=rng,
                      epochs=epochs, metrics=[accuracy], validation=test_set):
        measured = {"loss": record.loss, **record.metrics}
        curves.append([measured[column] for column in CURVES])
        progress(f"{name}, {arm.title}, seed {seed}  epoch {record.epoch}/{epochs}  "
                 f"test accuracy {curves[-1][3]:.4f}")
    result = {"curves": np.array(curves), **counts}
    if any(isinstance(layer, Identity) for layer in network.layers):
        result |= collapse(network, record.params, *test_set)
    return result


def collapse(network, params, x, labels):
    """A linear network as one matrix W_L ... W_1: its accuracy, and how far both are apart.

    The latter in float64, in units of what rounding of both ways together can amount to at most,
    2 (n_0 + ... + n_(L-1)) u |W_L| ... |W_1| |x|, u the unit roundoff.
    """
    params, x = nn.tree.map(np.float64, params), x.astype(np.float64)
    weights = [layer.weight(part) for layer, part in zip(network.layers, params) if part]
    y = x @ np.linalg.multi_dot(weights[::-1]).T
    size = reduce(lambda bound, weight: bound @ np.abs(weight).T, weights, np.abs(x))
    terms = sum(weight.shape[1] for weight in weights)
    bound = 2 * terms * np.finfo(float).eps / 2 * size
    return {"collapsed_accuracy": accuracy(y, labels),
            "apart": np.max(np.abs(predict(network, params, x) - y) / bound)}
