"""Networks trained, and nodes cut after or before."""
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.learning import chain, learned, right
from lab.plan import stack

from npspectral import ELU, Dense, ReLU, Spectral, Tanh
from npspectral.analysis.spectral import (eigenvalues_only, mask_nodes, node_scores,
                                          percentile_masks, remove_nodes)
from npspectral.nn import PUBLISHED

BATCH = 200
PERCENTILES = (5, 50, 70, 80, 90, 95)        # of the hidden nodes, cut
ACTIVATIONS = {"tanh": Tanh(), "elu": ELU(), "relu": ReLU()}


@dataclass(frozen=True)
class Case:
    """One network on one data set; `limit` is the number of training images, None for all."""

    name: str                       # "mnist elu 500-500-500": data, activation, hidden layers
    epochs: int = 100               # of the first training, whatever it trains
    epochs_after: int = 20          # of the network that is left, "pre" only
    limit: int | None = None


def network(case, kind, n_in):
    """n_in-hidden-10 without biases: "dense" throughout, or "spectral"."""
    _, activation, hidden = case.name.split()
    sizes = n_in, *map(int, hidden.split("-")), 10
    layers = [Dense(*pair, bias=False) if kind == "dense" else
              Spectral(*pair, **PUBLISHED["buffoni2022"]) for pair in zip(sizes, sizes[1:])]
    return chain(layers, ACTIVATIONS[activation])


def train(net, params, rng, epochs, train_set, label):
    """params after the epochs: Adam at 1e-3, as published."""
    return learned(net, params, train_set, [(1e-3, epochs)], label, batch_size=BATCH, rng=rng)


def begin(case, seed, kind, learning=lambda net: net):
    """A network, its params after the first training, of learning(net), and both image sets."""
    train_set, test_set = images(case.name.split()[0], case.limit)
    rng, net = np.random.default_rng(seed), network(case, kind, train_set[0].shape[1])
    params = train(learning(net), net.init(rng, np.float32), rng, case.epochs, train_set,
                   f"{case.name} {kind}, seed {seed}")
    return net, params, train_set, test_set


def run_dense(case, seed):
    """Cut by the sum of incoming weights, with one threshold, and with one for each layer."""
    net, params, _, test_set = begin(case, seed, "dense")
    strengths = node_scores(net, params, "strength")
    return {"whole": right(net, params, *test_set), **cut(net, params, strengths, test_set),
            "by_layer": cut(net, params, strengths, test_set, "layer")["accuracy"]}


def run_post(case, seed):
    """Cut by the size of the eigenvalues; of each layer as many at random, and the largest."""
    net, params, _, test_set = begin(case, seed, "spectral")
    scores, rng = node_scores(net, params, "lambda_out"), np.random.default_rng(seed)
    others = {"at_random": map(rng.permutation, scores), "largest_first": map(turned, scores)}
    return {"whole": right(net, params, *test_set), **cut(net, params, scores, test_set),
            **{name: cut(net, params, tuple(layers), test_set)["accuracy"]
               for name, layers in others.items()}}


def turned(scores):
    """The same scores, the smallest where the largest was."""
    order, result = np.argsort(scores), np.empty_like(scores)
    result[order] = scores[order[::-1]]
    return result


def cut(net, params, scores, test_set, scope="global"):
    """Test accuracy and nodes left in each layer, at every percentile of the scores."""
    masks = [percentile_masks(scores, percentile, scope, allow_empty=True)
             for percentile in PERCENTILES]
    return stack([{"accuracy": right(*without(net, params, stay), *test_set),
                   "left": [layer.sum() for layer in stay]} for stay in masks])


def without(net, params, stay):
    """The network of the nodes that stay; where a layer is emptied the whole one, masked."""
    if all(layer.any() for layer in stay):
        return remove_nodes(net, params, stay)
    return net, mask_nodes(net, params, stay)


def run_pre(case, seed):
    """Eigenvalues trained alone, then all that a cut leaves; test accuracy, and nodes left."""
    net, params, train_set, test_set = begin(case, seed, "spectral", eigenvalues_only)
    scores, rows = node_scores(net, params, "lambda_out"), []
    for percentile in PERCENTILES:
        stay = percentile_masks(scores, percentile, allow_empty=True)
        if all(layer.any() for layer in stay):
            small, rest = remove_nodes(net, params, stay)
            rest = train(small, rest, np.random.default_rng([seed, percentile]), case.epochs_after,
                         train_set, f"{case.name} pre, seed {seed}, {percentile} %")
            rows.append({"accuracy": right(small, rest, *test_set),
                         "left": [layer.sum() for layer in stay]})
        else:                               # all outputs are 0, which means the first class
            rows.append({"accuracy": np.mean(test_set[1] == 0), "left": [0] * len(stay)})
    return {"whole": right(net, params, *test_set), **stack(rows)}
