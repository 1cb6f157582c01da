"""Which parameters of which network are trained, and how; one arm trained on one set of images."""
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from lab.data import images
from lab.learning import chain, learn

from npspectral import Adamax, Dense, Identity, Spectral, Tanh, nn
from npspectral.nn import PUBLISHED, Constant, GlorotUniform, Layer, Uniform
from npspectral.nn._expect import check_input, check_upstream
from npspectral.training import accuracy, predict

WIDE, SMALL = (784, 2000, 200, 10), (784, 500, 80, 10)     # the two published networks


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
    """network(seed) gives the layers; Adamax trains them."""

    title: str
    network: Callable
    learning_rate: float
    batch: int = 500
    epochs: int = 30


def spectral(sizes, published="buffoni_two_sets", activation=Tanh()):
    """Spectral layers set up as published, of which only the eigenvalues are trained."""
    options = {**PUBLISHED[published], "trainable": ("lambda_in", "lambda_out")}
    return chain([Spectral(*pair, **options) for pair in zip(sizes, sizes[1:])], activation)


def direct(sizes, counts, seed=0):
    """Dense layers without bias, of which counts[k] weights of layer k are trained."""
    return chain([ChosenWeights(*pair, count, seed) if 0 < count < pair[0] * pair[1] else
                  Dense(*pair, bias=False, trainable=("weight",) if count else ())
                  for pair, count in zip(zip(sizes, sizes[1:]), counts, strict=True)], Tanh())


def start_2020(rng, shape, dtype=float):
    """1 - m + m^2 with m uniform on +-1.8: where the eigenvalues of the layer of 2020 begin."""
    m = rng.uniform(-1.8, 1.8, shape)
    return (1 - m + m * m).astype(dtype)


def earlier_notebook():
    """784-500-80-10 with W = (1 - lambda_out) phi, where only the first phi is frozen.

    Deviation: there lambda_out = 1 - m + m t, and t, first m, is trained. Here lambda_out itself
    is, so steps have no factor m.
    """
    options = dict(lambda_in=1.0, lambda_out=start_2020, phi=Uniform(-0.2, 0.2), bias=False)
    return chain([Spectral(784, 500, trainable=("lambda_out",), **options),
                  Spectral(500, 80, **options), Spectral(80, 10, **options)], Tanh())


# 5,194 weights as they fall among all 1,970,000 of the wide network; as many in each layer as it
# has eigenvalues; and as near to the output as they go.
ANYWHERE, AS_EIGENVALUES, LATE = (4134, 1055, 5), (2784, 2200, 210), (0, 3194, 2000)
EVERY = (1_568_000, 400_000, 2000)
ARMS = {
    "eigenvalues": Arm("eigenvalues, both sets", lambda seed: spectral(WIDE), 0.02),
    "faster": Arm("eigenvalues, rate 0.05", lambda seed: spectral(WIDE), 0.05),
    "lambda_out": Arm("lambda_out alone", lambda seed: spectral(WIDE, "buffoni2022"), 0.02),
    "small": Arm("eigenvalues, 784-500-80-10", lambda seed: spectral(SMALL), 0.02),
    "anywhere": Arm("direct, weights anywhere", lambda seed: direct(WIDE, ANYWHERE, seed), 0.1),
    "as_eigenvalues": Arm("direct, as many in each layer",
                          lambda seed: direct(WIDE, AS_EIGENVALUES, seed), 0.1),
    "late": Arm("direct, weights near the output", lambda seed: direct(WIDE, LATE, seed), 0.1),
    "random_features": Arm("direct, 784-519-10, last layer",
                           lambda seed: direct((784, 519, 10), (0, 5190)), 0.05),
    "narrow": Arm("direct, 784-7-10", lambda seed: direct((784, 7, 10), (5488, 70)), 0.02),
    "narrow_3": Arm("direct, 784-3-10", lambda seed: direct((784, 3, 10), (2352, 30)), 0.02),
    "everything": Arm("direct, all weights", lambda seed: direct(WIDE, EVERY), 0.002),
    "linear": Arm("eigenvalues, linear 784-500-80-10",
                  lambda seed: spectral(SMALL, activation=Identity()), 0.02),
    "perceptron": Arm("direct, linear 784-10", lambda seed: direct((784, 10), (7840,)), 0.005),
    "notebook_2020": Arm("784-500-80-10, first phi frozen", lambda seed: earlier_notebook(), 0.05,
                         batch=4072, epochs=20)}
COSTLY = "faster", "lambda_out", "anywhere", "as_eigenvalues", "late", "everything"  # minutes a run
AS_MANY = ("anywhere", "as_eigenvalues", "late", "random_features", "narrow")


def train(name, limit, key, epochs, seed):
    """An arm on one set: curves (epochs, 4) of loss, accuracy and both on the test set; counts."""
    arm, (train_set, test_set) = ARMS[key], images(name, limit)
    network, rng = arm.network(seed), np.random.default_rng(seed)
    params, curves = network.init(rng, np.float32), []
    counts = {"trainable": nn.tree.size(network.trainable_part(params)),
              "parameters": nn.tree.size(params)}
    for record in learn(network, params, train_set, [(arm.learning_rate, epochs)],
                        f"{name}, {arm.title}, seed {seed}", Adamax, batch_size=arm.batch, rng=rng,
                        metrics=[accuracy], validation=test_set):
        curves.append([record.loss, *record.metrics.values()])
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
