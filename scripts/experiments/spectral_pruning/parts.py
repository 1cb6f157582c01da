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
    hidden: tuple
    epochs: int = 100               # of the first training, whatever it trains
    epochs_after: int = 20          # of the network that is left, "pre" only
    limit: int | None = None

    @classmethod
    def named(cls, name, *numbers):
        """From a name such as "mnist elu 500-500-500", and the numbers."""
        dataset, activation, hidden = name.split()
        return cls(dataset, activation, tuple(map(int, hidden.split("-"))), *numbers)

    @property
    def name(self):
        return f"{self.dataset} {self.activation} {'-'.join(str(size) for size in self.hidden)}"


def network(case, kind):
    """784-hidden-10 without biases: "dense" throughout, or "spectral"."""
    sizes = (784, *case.hidden, 10)
    make = {"dense": partial(Dense, bias=False),
            "spectral": partial(Spectral, **PUBLISHED["buffoni2022"])}[kind]
    layers = []
    for pair in zip(sizes, sizes[1:]):
        layers += [make(*pair), ACTIVATIONS[case.activation]]
    return Chain(*layers[:-1])


def train(net, params, rng, epochs, train_set, label):
    """params after the epochs: Adam at 1e-3, as published."""
    for record in fit(net, params, *train_set, loss=softmax_cross_entropy, optimizer=Adam(1e-3),
                      batch_size=BATCH, rng=rng, epochs=epochs, metrics=[accuracy]):
        progress(f"{label}  epoch {record.epoch}/{epochs}  "
                 f"accuracy {record.metrics['accuracy']:.4f}")
    return record.params


def run_after(case, method, seed):
    """"dense" and "post": test accuracy, and nodes left in each layer, at every percentile."""
    train_set, test_set = images(case.dataset, case.limit)
    rng = np.random.default_rng(seed)
    net = network(case, "dense" if method == "dense" else "spectral")
    params = train(net, net.init(rng, np.float32), rng, case.epochs, train_set,
                   f"{case.name} {method}, seed {seed}")
    whole = evaluate(net, params, *test_set, metrics=[accuracy])["accuracy"]
    if method == "post":
        return {"whole": whole, **cut(net, params, node_scores(net, params, "lambda_out"),
                                      test_set)}
    strengths = node_scores(net, params, "strength")
    signed = [np.abs(layer.weight(own).sum(1))
              for layer, own in zip(net.layers[:-1], params) if own]
    return {"whole": whole, **cut(net, params, strengths, test_set),
            "by_layer": cut(net, params, strengths, test_set, "layer")["accuracy"],
            "by_signed_sum": cut(net, params, signed, test_set)["accuracy"]}


def cut(net, params, scores, test_set, scope="global"):
    """Test accuracy and nodes left in each layer, at every percentile of the scores."""
    rows = []
    for percentile in PERCENTILES:
        masks = percentile_masks(scores, percentile, scope, allow_empty=True)
        found = evaluate(net, mask_nodes(net, params, masks), *test_set, metrics=[accuracy])
        rows.append({"accuracy": found["accuracy"], "left": [keep.sum() for keep in masks]})
    return stack(rows)


def run_eigenvalues(case, seed):
    """The first stage of "pre": lambda_out of each layer, and test accuracy with nothing cut."""
    train_set, test_set = images(case.dataset, case.limit)
    rng = np.random.default_rng(seed)
    net = network(case, "spectral")
    start = net.init(rng, np.float32)
    params = train(eigenvalues_only(net), start, rng, case.epochs, train_set,
                   f"{case.name} eigenvalues, seed {seed}")
    return {"eigenvalues": [own.get("lambda_out") for own in params],
            "whole": evaluate(net, params, *test_set, metrics=[accuracy])["accuracy"]}


def run_before(case, seed, percentile, eigenvalues):
    """"pre" at one percentile: test accuracy, and nodes left in each layer."""
    train_set, test_set = images(case.dataset, case.limit)
    net = network(case, "spectral")
    start = net.init(np.random.default_rng(seed), np.float32)

    def trained_eigenvalues(frozen, params):
        return tuple({**own, "lambda_out": found} if own else own
                     for own, found in zip(params, eigenvalues))

    def train_rest(small, params):
        rng = np.random.default_rng([seed, percentile])
        return train(small, params, rng, case.epochs_after, train_set,
                     f"{case.name} pre, seed {seed}, {percentile} %")

    try:
        small, params = prune_before_training(net, start, trained_eigenvalues, train_rest,
                                              percentile)
    except EmptiedLayer:                    # all outputs are 0 then, which means the first class
        return {"accuracy": np.mean(test_set[1] == 0), "left": [0] * len(case.hidden)}
    found = evaluate(small, params, *test_set, metrics=[accuracy])
    left = [layer.n_out for layer in small.layers if hasattr(layer, "n_in")][:-1]
    return {"accuracy": found["accuracy"], "left": left}
