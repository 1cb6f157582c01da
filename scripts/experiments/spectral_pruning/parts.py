"""Networks trained, and nodes cut after or before."""
from dataclasses import dataclass
from functools import partial

import numpy as np
from lab.data import images
from lab.plan import stack
from lab.progress import progress

from npspectral import ELU, Adam, Chain, Dense, ReLU, Spectral, Tanh, fit, softmax_cross_entropy
from npspectral.analysis.spectral.pruning import (EmptiedLayer, eigenvalues_only, mask_nodes,
                                                  node_scores, percentile_masks,
                                                  prune_before_training)
from npspectral.nn import PUBLISHED
from npspectral.training import accuracy, evaluate

BATCH = 200
PERCENTILES = (5, 50, 70, 80, 90, 95)        # of the hidden nodes, cut
ACTIVATIONS = {"tanh": Tanh(), "elu": ELU(), "relu": ReLU()}


@dataclass(frozen=True)
class Case:
    """One network on one data set; `limit` is the number of training images, None for all."""

    dataset: str
    activation: str
    hidden: str                     # sizes of the hidden layers, "500-500-500"
    epochs: int = 100               # of the first training, whatever it trains
    epochs_after: int = 20          # of the network that is left, "pre" only
    limit: int | None = None

    @property
    def name(self):
        return f"{self.dataset} {self.activation} {self.hidden}"

    @property
    def sizes(self):
        return 784, *map(int, self.hidden.split("-")), 10


def network(case, kind):
    """784-hidden-10 without biases: "dense" throughout, or "spectral"."""
    make = {"dense": partial(Dense, bias=False),
            "spectral": partial(Spectral, **PUBLISHED["buffoni2022"])}[kind]
    layers = []
    for pair in zip(case.sizes, case.sizes[1:]):
        layers += [make(*pair), ACTIVATIONS[case.activation]]
    return Chain(*layers[:-1])


def train(net, params, rng, epochs, train_set, label):
    """params after the epochs: Adam at 1e-3, as published."""
    for record in fit(net, params, *train_set, loss=softmax_cross_entropy, optimizer=Adam(1e-3),
                      batch_size=BATCH, rng=rng, epochs=epochs):
        progress(f"{label}  epoch {record.epoch}/{epochs}  loss {record.loss:.4f}")
    return record.params


def accuracy_of(net, params, test_set):
    return evaluate(net, params, *test_set, metrics=[accuracy])["accuracy"]


def begin(case, seed, kind, learning=lambda net: net):
    """A network, its params after the first training, of learning(net), and the test set."""
    train_set, test_set = images(case.dataset, case.limit)
    rng, net = np.random.default_rng(seed), network(case, kind)
    params = train(learning(net), net.init(rng, np.float32), rng, case.epochs, train_set,
                   f"{case.name} {kind}, seed {seed}")
    return net, params, test_set


def run_dense(case, seed):
    """Cut by the sum of incoming weights, and by two other rules."""
    net, params, test_set = begin(case, seed, "dense")
    strengths = node_scores(net, params, "strength")
    signed = [np.abs(layer.weight(part).sum(1))
              for layer, part in zip(net.layers[:-1], params) if part]
    return {"whole": accuracy_of(net, params, test_set), **cut(net, params, strengths, test_set),
            "by_layer": cut(net, params, strengths, test_set, "layer")["accuracy"],
            "by_signed_sum": cut(net, params, signed, test_set)["accuracy"]}


def run_post(case, seed):
    net, params, test_set = begin(case, seed, "spectral")
    return {"whole": accuracy_of(net, params, test_set),
            **cut(net, params, node_scores(net, params, "lambda_out"), test_set)}


def cut(net, params, scores, test_set, scope="global"):
    """Test accuracy and nodes left in each layer, at every percentile of the scores."""
    masks = [percentile_masks(scores, percentile, scope, allow_empty=True)
             for percentile in PERCENTILES]
    return stack([{"accuracy": accuracy_of(net, mask_nodes(net, params, stay), test_set),
                   "left": [layer.sum() for layer in stay]} for stay in masks])


def run_eigenvalues(case, seed):
    """The first stage of "pre": lambda_out of each layer, and test accuracy with nothing cut."""
    net, params, test_set = begin(case, seed, "spectral", eigenvalues_only)
    return {"eigenvalues": [part.get("lambda_out") for part in params],
            "whole": accuracy_of(net, params, test_set)}


def run_before(case, seed, percentile, eigenvalues):
    """"pre" at one percentile: test accuracy, and nodes left in each layer."""
    train_set, test_set = images(case.dataset, case.limit)
    net = network(case, "spectral")

    def trained_eigenvalues(frozen, params):
        return tuple({**part, "lambda_out": trained} if part else part
                     for part, trained in zip(params, eigenvalues))

    def train_rest(small, params):
        rng = np.random.default_rng([seed, percentile])
        return train(small, params, rng, case.epochs_after, train_set,
                     f"{case.name} pre, seed {seed}, {percentile} %")

    try:
        small, params = prune_before_training(
            net, net.init(np.random.default_rng(seed), np.float32), trained_eigenvalues,
            train_rest, percentile)
    except EmptiedLayer:                    # all outputs are 0 then, which means the first class
        return {"accuracy": np.mean(test_set[1] == 0), "left": [0] * len(case.sizes[1:-1])}
    left = [layer.n_out for layer in small.layers if hasattr(layer, "n_in")][:-1]
    return {"accuracy": accuracy_of(small, params, test_set), "left": left}
