"""A run: one network trained, and every link of it followed."""
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.plan import stack
from lab.progress import progress

from npspectral import (SGD, Adam, Chain, Dense, Sparse, Spectral, SpectralQR, Tanh,
                        softmax_cross_entropy)
from npspectral.analysis.spectral.sparsity import LinkHistory
from npspectral.nn import SpectralFullQR, magnitude_threshold, tree
from npspectral.training import Step, accuracy, evaluate

BATCH, PATIENCE, VALIDATION = 200, 5, 0.3
ARMS = {"qr": SpectralQR, "full-qr": SpectralFullQR, "spectral": Spectral, "dense": Dense,
        "bare": Dense}
OPTIMIZERS = {"adam": Adam, "sgd": SGD}                     # the latter without momentum
RATES = {"mnist": 0.005, "fashion-mnist": 0.001}


@dataclass(frozen=True)
class Case:
    """A network with `percent` of the links of its hidden transfers masked; 0: nothing is."""

    dataset: str
    arm: str
    percent: int
    seed: int = 0
    rule: str = "dynamic"
    optimizer: str = "adam"
    factor: float = 1               # of the published learning rate
    epochs: int = 90                # at most
    hidden: tuple = (500, 500)
    limit: int | None = None        # of training images, a part of which validates; None: all


def network(case, rng):
    """784-hidden-10, tanh, and its first params; the last transfer is never masked."""
    sizes, share = (784, *case.hidden, 10), case.percent / 100
    layers, params = [], []
    for position, pair in enumerate(zip(sizes, sizes[1:])):
        layer = ARMS[case.arm](*pair, bias=case.arm != "bare")
        first = layer.init(rng, np.float32)
        if case.percent and position < len(case.hidden):
            layer = (Sparse(layer, sparsity=share) if case.rule == "dynamic" else
                     Sparse(layer, threshold=magnitude_threshold(layer.weight(first), share)))
        layers += [layer, Tanh()]
        params += [first, {}]
    return Chain(*layers[:-1]), tuple(params[:-1])


def links(net, params):
    """W and c of every sparse layer."""
    return [layer.links(part) for layer, part in zip(net.layers, params)
            if isinstance(layer, Sparse)]


def train(net, params, rng, case, train_set, validation):
    """params of the best epoch; validation accuracy after each; a LinkHistory a sparse layer."""
    (x, labels), best, curve = train_set, 0, []
    optimizer = OPTIMIZERS[case.optimizer](RATES[case.dataset] * case.factor)
    step = Step(net, params, softmax_cross_entropy, optimizer)
    histories = [LinkHistory(*link) for link in links(net, step.params)]
    while len(curve) < case.epochs and len(curve) - best < PATIENCE:
        for rows in np.array_split(rng.permutation(len(x)), -(-len(x) // BATCH)):
            step(x[rows], labels[rows])
            for history, link in zip(histories, links(net, step.params)):
                history.observe(*link)
        curve.append(evaluate(net, step.params, *validation, metrics=[accuracy])["accuracy"])
        if curve[-1] > max(curve[:-1], default=0):
            best, params = len(curve), tree.copy(step.params)
        progress(f"{case.dataset} {case.arm} {case.percent} %, seed {case.seed} epoch {len(curve)}")
    return params, curve, histories


def run_case(case):
    """Test and validation accuracy at the best epoch; counts of links, one a hidden layer."""
    rng = np.random.default_rng(case.seed)
    (x, labels), test_set = images(case.dataset, case.limit)
    cut = round(len(x) * (1 - VALIDATION))
    net, params = network(case, rng)
    params, curve, histories = train(net, params, rng, case, (x[:cut], labels[:cut]),
                                     (x[cut:], labels[cut:]))
    counts = stack([history.counts() for history in histories]) if histories else {
        name: np.zeros(len(case.hidden)) for name in LinkHistory.NAMES}
    return {**evaluate(net, params, *test_set, metrics=[accuracy]), "validation": max(curve),
            "epochs": len(curve), **counts}
