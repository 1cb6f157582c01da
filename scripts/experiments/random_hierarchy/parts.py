"""Runs: one network, or one frozen kernel, on one training set of a hierarchy; and rules alone."""
from dataclasses import dataclass

import numpy as np
from lab.progress import progress

from npspectral import SGD, Chain, ReLU, fit, softmax_cross_entropy
from npspectral.analysis.kernels import kernel_ridge, tangent_kernel
from npspectral.data import random_hierarchy
from npspectral.nn import Conv1D, Normal, ScaledDense
from npspectral.training import predict

RATE, MOMENTUM, BATCH = 0.1, 0.9, 128           # the rate in units of the width
LEAST_LOSS = 1e-3                               # training stops, or after so many epochs
MOST_EPOCHS = {"deep": 2000, "dense": 2000, "shallow": 1000}
BIAS = Normal(0.1)
N_TEST, N_EXCHANGED = 2000, 500
RIDGES = 1e-6, 1e-2, 1e-1, 1.0                  # in units of the kernel's mean diagonal


@dataclass(frozen=True)
class Task:
    """A hierarchy of L levels: v symbols, m synonyms, as many classes as symbols; tuples of s."""

    v: int
    m: int
    L: int
    s: int = 2

    @property
    def critical(self):
        """n_c m^L, the published P* of deep networks."""
        return self.v * self.m ** self.L

    @property
    def size(self):
        """P_max, the number of different inputs."""
        return self.v * self.m ** ((self.s ** self.L - 1) // (self.s - 1))

    def __str__(self):
        return f"v {self.v}, m {self.m}, L {self.L}"


def draw(task, rng, p, n_test=N_TEST):
    """The hierarchy; p inputs and classes for training, others for the test, at most n_test."""
    hierarchy = random_hierarchy(rng, task.v, task.m, task.v, task.L, task.s)
    inputs, classes = hierarchy.draw(rng, p + min(n_test, task.size - p))
    return hierarchy, (inputs[:p], classes[:p]), (inputs[p:], classes[p:])


def deep_network(task, width):
    """A convolution for each level, whose patches are the tuples, and a last layer over h.

    It ends with one position, so that a mean over positions would change nothing.
    """
    layers, size = [], (task.s ** task.L, task.v)
    for _ in range(task.L):
        layers += [Conv1D(size, width, task.s, task.s, bias=BIAS, scale=size[1] ** -0.5), ReLU()]
        size = size[0] // task.s, width
    return Chain(*layers, ScaledDense(width, task.v, 1 / width, bias=False))


def dense_network(task, width, n_layers):
    """Hidden layers that see everything below them, and a last layer over h."""
    layers, n_in = [], task.s ** task.L * task.v
    for _ in range(n_layers):
        layers, n_in = layers + [ScaledDense(n_in, width, bias=BIAS), ReLU()], width
    return Chain(*layers, ScaledDense(width, task.v, 1 / width, bias=False))


def over_chance(outputs, classes):
    """Share of wrong classes, over that of guesses: 1 - 1/n_c."""
    n_classes = outputs.shape[1]
    return float((outputs.argmax(1) != classes).mean()) * n_classes / (n_classes - 1)


def train(network, width, rng, x, classes, epochs, label):
    """The last record: its loss is LEAST_LOSS or less, or so many epochs have passed."""
    for record in fit(network, network.init(rng, x.dtype), x, classes, rng=rng, batch_size=BATCH,
                      loss=softmax_cross_entropy, optimizer=SGD(RATE * width, MOMENTUM),
                      epochs=epochs):
        if record.epoch % 10 == 0:
            progress(f"{label}  epoch {record.epoch}, loss {record.loss:.4f}")
        if record.loss <= LEAST_LOSS:
            break
    return record


def follow(task, kind, width, p, seed):
    """A network trained on p inputs: error over chance, loss, epochs; of deep ones sensitivity.

    kind: "deep", "dense" with L hidden layers, or "shallow" with one.
    """
    rng = np.random.default_rng(seed)
    hierarchy, (inputs, classes), (others, wanted) = draw(task, rng, p)
    network = (deep_network(task, width) if kind == "deep" else
               dense_network(task, width, task.L if kind == "dense" else 1))
    x = hierarchy.one_hot(inputs, np.float32)
    last = train(network, width, rng, x, classes, MOST_EPOCHS[kind],
                 f"{kind}, {task}, p {p}, seed {seed}")
    outputs = predict(network, last.params, hierarchy.one_hot(others, np.float32))
    arrays = {"error": over_chance(outputs, wanted), "loss": last.loss, "epochs": last.epoch}
    if kind == "deep":
        arrays["sensitivity"] = sensitivity(network, last.params, hierarchy, rng,
                                            others[:N_EXCHANGED])
    return arrays


def sensitivity(network, params, hierarchy, rng, inputs):
    """S_kl (layers, levels): how far exchanged synonyms of level l move the output of layer k.

        S_kl = <|f_k(x) - f_k(x_l)|^2> / <|f_k(x) - f_k(z)|^2>

    x_l is x with all tuples below level l drawn anew, z another of the inputs. Layers are taken
    behind their ReLU. The lower mean, over pairs, is twice the sum of the variances.
    """
    f = after_relu(network, params, hierarchy.one_hot(inputs))
    apart = [2 * layer.var(0, ddof=1).sum() for layer in f]
    rows = []
    for level in range(1, hierarchy.levels + 1):
        moved = hierarchy.one_hot(hierarchy.exchange(rng, inputs, level))
        rows.append([((layer - other) ** 2).sum(1).mean() / between for layer, other, between
                     in zip(f, after_relu(network, params, moved), apart)])
    return np.array(rows).T


def after_relu(network, params, x):
    """What every ReLU of the network gives for x (n, n_in), in float64."""
    outputs = []
    for layer, layer_params in zip(network.layers, params):
        x, _ = layer.forward({name: array.astype(float) for name, array in layer_params.items()}, x)
        if isinstance(layer, ReLU):
            outputs.append(x)
    return outputs


def freeze(task, width, p, seed):
    """Ridge regression of one-hot classes by the tangent kernel of the deep network at its start.

    Errors over chance of the least ridge, which all but goes through the targets as the flow of
    the frozen network would, and of the one that is best on a third of the inputs not trained on.
    The others are for the test.
    """
    rng = np.random.default_rng(seed)
    progress(f"frozen kernel, {task}, p {p}, seed {seed}")
    hierarchy, (inputs, classes), (others, wanted) = draw(task, rng, p)
    network = deep_network(task, width)
    params = network.init(rng, np.float32)
    x, x_others = (hierarchy.one_hot(some, np.float32) for some in (inputs, others))
    gram = by_row(tangent_kernel(network, params, x)).astype(float)
    cross = by_row(tangent_kernel(network, params, x_others, x)).astype(float)
    target = (np.eye(task.v)[classes] - 1 / task.v).ravel()
    unit, n_valid, errors = np.diag(gram).mean(), len(others) // 3, []
    for ridge in RIDGES:
        outputs = (cross @ kernel_ridge(gram, target, ridge * unit)).reshape(-1, task.v)
        errors.append([over_chance(outputs[part], wanted[part])
                       for part in (slice(n_valid), slice(n_valid, None))])
    valid, test = np.array(errors).T
    best = valid.argmin()
    return {"interpolating": test[0], "error": test[best], "ridge": RIDGES[best]}


def by_row(kernel):
    """(N1 K, N2 K) of a kernel (N1, N2, K, K): a row for each output of each sample."""
    n1, n2, k, _ = kernel.shape
    return kernel.transpose(0, 2, 1, 3).reshape(n1 * k, n2 * k)


def detect(task, seed):
    """P_c: so many inputs show by their lowest tuples that these go with classes. None is drawn.

    A tuple met in N of P inputs has the classes a in shares whose variance is f_a (1 - f_a) / N,
    about their true values f_a = P(a | tuple). P_c inputs make the sum of these variances over
    places, tuples and classes as large as that of (f_a - 1/n_c)^2.
    """
    hierarchy = random_hierarchy(np.random.default_rng(seed), task.v, task.m, task.v, task.L,
                                 task.s)
    signal, noise = 0.0, 0.0
    for given in symbol_shares(hierarchy):
        met = given[:, given.any(0)]
        f = met / met.sum(0)
        signal += np.square(f - 1 / task.v).sum()
        noise += (f * (1 - f) * task.m / met.mean(0)).sum()     # a tuple has 1/m of its symbol's
    return {"detectable": noise / signal}


def symbol_shares(hierarchy):
    """P(symbol | class) (n_classes, v) at each place of level 1, from the rules alone."""
    places = [np.eye(hierarchy.n_classes)]
    for rule in hierarchy.rules[:0:-1]:
        steps = [(rule[:, :, i, None] == np.arange(hierarchy.v)).mean(1)
                 for i in range(hierarchy.s)]
        places = [place @ step for place in places for step in steps]
    return places
