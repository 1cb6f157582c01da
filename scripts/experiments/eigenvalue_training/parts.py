"""Which parameters of which network are trained, and how; one arm trained on one set of images."""
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial, reduce

import numpy as np
from lab.data import images
from lab.learning import chain, learn, right

from npspectral import Adamax, Dense, Identity, Spectral, Tanh, nn
from npspectral.nn import PUBLISHED, Constant, GlorotUniform, Layer
from npspectral.nn._expect import check_input, check_upstream
from npspectral.training import accuracy, predict

HELD_OUT = 6                            # one of so many training images chooses learning rates


@dataclass(frozen=True)
class ChosenWeights(Layer):
    """Dense layer without bias of which only `count` weights, chosen by `seed`, are trained.

        y = W x,  W = weight + D,  D_ij = delta_k at the k-th chosen place (i, j), 0 elsewhere

    weight (n_out, n_in) stays at its Glorot start, delta (count,) starts at 0.
    Gradients:  grad_delta_k = sum_b grad_y_bi x_bj at place k    grad_x = grad_y W
    """

    n_in: int
    n_out: int
    count: int
    seed: int = 0
    trainable: tuple[str, ...] = ("delta",)

    def parameters(self):
        return {"weight": ((self.n_out, self.n_in), GlorotUniform()),
                "delta": ((self.count,), Constant(0.0))}

    @cached_property
    def places(self):
        """Rows and columns of the chosen weights, all different."""
        rng = np.random.default_rng(self.seed)
        chosen = rng.choice(self.n_out * self.n_in, self.count, replace=False)
        return np.divmod(np.sort(chosen), self.n_in)

    def forward(self, params, x):
        check_input(self, params, x)
        weight = params["weight"].astype(np.result_type(params["weight"], params["delta"]))
        weight[self.places] += params["delta"]
        return x @ weight.T, (x, weight)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, weight = residuals
        check_upstream(self, grad_y, x)
        rows, columns = self.places
        grads = {"delta": (grad_y[..., rows] * x[..., columns]).sum(-2)}
        return grads, grad_y @ weight if input_grad else None


@dataclass(frozen=True)
class Arm:
    """network(sizes, seed) gives the layers; one of the rates is chosen for Adamax."""

    title: str
    network: Callable
    rates: tuple


def spectral(sizes, seed=0, activation=Tanh()):
    """Spectral layers set up as in the notebook, of which only the eigenvalues are trained."""
    options = {**PUBLISHED["buffoni_two_sets"], "trainable": ("lambda_in", "lambda_out")}
    return chain([Spectral(*pair, **options) for pair in zip(sizes, sizes[1:])], activation)


def direct(sizes, counts, seed=0):
    """Dense layers without bias, of which counts[k] weights of layer k are trained."""
    return chain([ChosenWeights(*pair, count, seed) if 0 < count < pair[0] * pair[1] else
                  Dense(*pair, bias=False, trainable=("weight",) if count else ())
                  for pair, count in zip(zip(sizes, sizes[1:]), counts, strict=True)], Tanh())


def eigenvalues(sizes):
    """How many eigenvalues each layer has."""
    return [n_in + n_out for n_in, n_out in zip(sizes, sizes[1:])]


def anywhere(sizes, seed):
    """As many weights as there are eigenvalues, in each layer its share of all weights."""
    weights = np.multiply(sizes[:-1], sizes[1:])
    counts = np.round(sum(eigenvalues(sizes)) * weights / weights.sum()).astype(int)
    counts[0] += sum(eigenvalues(sizes)) - counts.sum()
    return direct(sizes, counts.tolist(), seed)


def late(sizes, seed):
    """As many weights as there are eigenvalues, as near to the output as they go."""
    last = sizes[-2] * sizes[-1]
    return direct(sizes, (0, sum(eigenvalues(sizes)) - last, last), seed)


def random_features(sizes, seed):
    """One hidden layer that stays at its start; the last layer has as many weights, about."""
    hidden = sum(eigenvalues(sizes)) // sizes[-1]
    return direct((sizes[0], hidden, sizes[-1]), (0, hidden * sizes[-1]))


def narrow(sizes, seed):
    """One hidden layer, all trained: as many weights, or up to a node's more."""
    hidden = -(-sum(eigenvalues(sizes)) // (sizes[0] + sizes[-1]))
    return direct((sizes[0], hidden, sizes[-1]), (sizes[0] * hidden, hidden * sizes[-1]))


ARMS = {
    "eigenvalues": Arm("eigenvalues", spectral, (0.02, 0.05, 0.1)),
    "anywhere": Arm("weights anywhere", anywhere, (0.02, 0.05, 0.1)),
    "as_eigenvalues": Arm("weights, as many a layer",
                          lambda sizes, seed: direct(sizes, eigenvalues(sizes), seed),
                          (0.02, 0.05, 0.1)),
    "late": Arm("weights near the output", late, (0.02, 0.05, 0.1)),
    "random_features": Arm("last layer on random features", random_features, (0.01, 0.02, 0.05)),
    "narrow": Arm("narrow network", narrow, (0.005, 0.01, 0.02)),
    "everything": Arm("all weights", lambda sizes, seed: direct(
        sizes, np.multiply(sizes[:-1], sizes[1:]).tolist()), (0.002, 0.005, 0.01)),
    "linear": Arm("eigenvalues, linear", partial(spectral, activation=Identity()),
                  (0.02, 0.05, 0.1)),
    "perceptron": Arm("perceptron", lambda sizes, seed: direct(
        (sizes[0], sizes[-1]), (sizes[0] * sizes[-1],)), (0.005, 0.01, 0.02))}
AS_MANY = "anywhere", "as_eigenvalues", "late", "random_features", "narrow"


@dataclass(frozen=True)
class Training:
    """Of what network, on how many images (None: all), with which rate and how long."""

    name: str                           # of the images
    key: str                            # of the arm
    rate: float
    hidden: tuple = (2000, 200)         # by default as the notebook prints it
    limit: int | None = None
    batch: int = 500
    epochs: int = 30


def validate(case, seed):
    """Accuracy on the last of the training images, after training on the others."""
    (x, labels), _ = images(case.name, case.limit)
    n = len(x) - len(x) // HELD_OUT
    network, records = follow(case, seed, (x[:n], labels[:n]))
    *_, record = records
    return {"accuracy": right(network, record.params, x[n:], labels[n:])}


def train(case, seed):
    """An arm: curves (epochs, 4) of loss, accuracy and both on the test set; counts."""
    train_set, test_set = images(case.name, case.limit)
    network, records = follow(case, seed, train_set, metrics=[accuracy], validation=test_set)
    curves = []
    for record in records:
        curves.append([record.loss, *record.metrics.values()])
    result = {"curves": np.array(curves), "rate": case.rate,
              "nodes": sum(layer.n_out for layer in network.layers[::2]) + train_set[0].shape[1],
              "trainable": nn.tree.size(network.trainable_part(record.params)),
              "parameters": nn.tree.size(record.params)}
    if any(isinstance(layer, Identity) for layer in network.layers):
        result["apart"] = apart(network, record.params, test_set[0])
    return result


def follow(case, seed, train_set, **options):
    """The network, and the records of its training."""
    arm, rng = ARMS[case.key], np.random.default_rng(seed)
    network = arm.network((train_set[0].shape[1], *case.hidden, 10), seed)
    return network, learn(network, network.init(rng, np.float32), train_set,
                          [(case.rate, case.epochs)], f"{case.name}, {arm.title}, seed {seed}",
                          Adamax, batch_size=case.batch, rng=rng, **options)


def apart(network, params, x):
    """How far a linear network and its one matrix W_L ... W_1 are apart, in float64.

    In units of what rounding of both ways together can amount to at most,
    2 (n_0 + ... + n_(L-1)) u |W_L| ... |W_1| |x|, u the unit roundoff.
    """
    params, x = nn.tree.map(np.float64, params), x.astype(np.float64)
    weights = [layer.weight(part) for layer, part in zip(network.layers, params) if part]
    y = x @ np.linalg.multi_dot(weights[::-1]).T
    size = reduce(lambda bound, weight: bound @ np.abs(weight).T, weights, np.abs(x))
    terms = sum(weight.shape[1] for weight in weights)
    bound = 2 * terms * np.finfo(float).eps / 2 * size
    return np.max(np.abs(predict(network, params, x) - y) / bound)
