"""What is learned, a network trained, and what its state then does in time."""
import time

import numpy as np
from lab.data import images, pooled
from lab.learning import learn, right, while_it_rises

from npspectral import Chain, Dense, ReLU, Tanh, data, mean_squared_error, softmax_cross_entropy
from npspectral.nn import (RecurrentSpectral, SwitchedRecurrentSpectral,
                           TriangularRecurrentSpectral, product_stability)
from npspectral.training import accuracy, predict

RADII, NOISE, FIRST_DIGITS = (0.5, 1.2), 0.1, 3     # of the rings; pairs are of digits 0, 1, 2
TAIL, FOLLOWED = 40, 200                    # linear steps and test examples that are followed
RING_NODES, ENOUGH = 24, 0.005              # of rings: mean square at which training stops
GRID, EXTENT = 121, 1.8                     # points a side of the map of basins, half its side
PATIENCE, RATES = 4, (3e-3, 6e-4, 1.2e-4)   # epochs without a better validation, learning rates


def rings(rng, n):
    """2 n points (2 n, 2) about two circles of RADII, which NOISE changes; labels."""
    labels = np.repeat([0, 1], n)
    radius = np.array(RADII)[labels] + NOISE * rng.standard_normal(2 * n)
    angle = rng.uniform(0, 2 * np.pi, 2 * n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), labels


def pairs(rng, n_train, n_test):
    """Two images side by side (n, 128), and 3 first + second; test pairs are of test images."""
    parts = []
    for (x, labels), n in zip(data.train_test_split(rng, *data.digits()), (n_train, n_test)):
        x, labels = x[labels < FIRST_DIGITS], labels[labels < FIRST_DIGITS]
        first, second = rng.integers(len(x), size=(2, n))
        parts.append((np.concatenate([x[first], x[second]], axis=1),
                      FIRST_DIGITS * labels[first] + labels[second]))
    return parts


def labeled(name, rng, limit, n_validation, half):
    """(x, labels) for training, validation and test in float32; the first two in random order."""
    (x, labels), test_set = ((pooled(x, 2) if half else x, labels)
                             for x, labels in images(name, limit))
    order = rng.permutation(len(x))
    held, rest = order[:n_validation], order[n_validation:]
    return (x[rest], labels[rest]), (x[held], labels[held]), test_set


def one_hot(y, labels):
    """Mean square of y - onehot: the state is to align along the direction of its class."""
    return mean_squared_error(y, np.eye(y.shape[-1], dtype=y.dtype)[labels])


KERNELS = {                 # of digits: class, options, loss
    "random": (RecurrentSpectral, {}, softmax_cross_entropy),
    "random, tanh": (RecurrentSpectral, dict(activation=Tanh()), softmax_cross_entropy),
    "random, mean square": (RecurrentSpectral, {}, one_hot),
    "on nodes": (RecurrentSpectral, dict(planting="nodes"), softmax_cross_entropy),
    "triangular": (TriangularRecurrentSpectral, {}, softmax_cross_entropy)}


def trained(network, rng, train_set, test_set, epochs, rate, label, loss=softmax_cross_entropy,
            enough=0.0):
    """First params, those of the last epoch or the first of a loss < `enough`; test results."""
    begin, start = time.monotonic(), network.init(rng)
    for record in learn(network, start, train_set, [(rate, epochs)], label, loss=loss,
                        batch_size=100, rng=rng):
        if record.loss < enough:
            break
    return start, record.params, {"seconds": time.monotonic() - begin,
                                  "accuracy": right(network, record.params, *test_set)}


def follow(layer, start, params, x, labels):
    """What the states of some test examples do, and the matrices before and after training."""
    x, labels = x[:FOLLOWED], labels[:FOLLOWED]
    phi, inverse = layer.eigenvectors(params)
    planted = phi[:, :layer.n_out]
    states, limit = layer.states(params, x, layer.steps + TAIL), layer.limit(params, x)
    distance = np.linalg.norm(states - limit, axis=2)
    scores = states @ inverse[:layer.n_out].T
    toward = planted.T[labels] / np.linalg.norm(planted.T[labels], axis=1, keepdims=True)
    transfer = (phi * layer.eigenvalues(params)) @ inverse
    return {"scores": scores[:, :40], "labels": labels[:40], "distance": distance,
            "bound": np.array([layer.distance_bound(params, distance[layer.steps], length)
                               for length in range(TAIL + 1)]),
            "accuracy_in_time": (scores.argmax(2) == labels).mean(1),
            "alignment": ((states * toward).sum(2) / np.linalg.norm(states, axis=2)).mean(1),
            "eigenvalues": np.array([layer.eigenvalues(part) for part in (start, params)]),
            "conditions": np.array([layer.condition(part) for part in (start, params)]),
            "norm": np.linalg.norm(transfer, 2), **rest_errors(layer, phi, transfer, states, limit)}


def rest_errors(layer, phi, transfer, states, limit):
    """|A P - P|, and the tail's drift in the planted coordinates, in units of their bounds.

    Rounding leaves N u cond (1 + cond) of A v, |v| = 1: products cost N u cond, and the inverse is
    exact for a matrix N u |Phi| cond away from Phi.
    """
    condition, planted = np.linalg.cond(phi), phi[:, :layer.n_out]
    unit = layer.nodes * np.finfo(phi.dtype).eps * condition * (1 + condition)
    y = states[layer.steps:] @ np.linalg.inv(phi)[:layer.n_out].T
    drift = np.linalg.norm((y - y[0]) @ planted.T, axis=2).max()
    size = TAIL * condition * np.linalg.norm(states[layer.steps:], axis=2).max()
    return {"rest": np.linalg.norm(transfer @ planted - planted, 2) / unit,
            "drift": drift / (unit * size)}


def run_rings(steps, constant, n, epochs, seed):
    """A network on the rings, its map of basins and its states; the loss is `one_hot`."""
    rng = np.random.default_rng(seed)
    train_set, (x, labels) = rings(rng, n), rings(rng, n)
    layer = RecurrentSpectral(2, 2, RING_NODES, steps, constant=constant)
    label = f"rings, steps {steps}, constant node {constant}, seed {seed}"
    start, params, row = trained(layer, rng, train_set, (x, labels), epochs, 0.01, label, one_hot,
                                 ENOUGH)
    ticks = np.linspace(-EXTENT, EXTENT, GRID)
    y = predict(layer, params, np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2))
    mixed = rng.permutation(len(x))
    return {**row, "basins": (y[:, 1] - y[:, 0]).reshape(GRID, GRID), "x": train_set[0],
            "x_labels": train_set[1], **follow(layer, start, params, x[mixed], labels[mixed])}


def run_digits(name, nodes, epochs, seed):
    """One of KERNELS, 5 steps, on the digits of a random split."""
    rng = np.random.default_rng(seed)
    train_set, test_set = data.train_test_split(rng, *data.digits())
    make, options, loss = KERNELS[name]
    layer = make(64, 10, nodes, 5, **{"activation": ReLU(), **options})
    start, params, row = trained(layer, rng, train_set, test_set, epochs, 3e-3,
                                 f"digits, {name}, seed {seed}", loss)
    return {**row, **follow(layer, start, params, *test_set)}


def run_pairs(planting, rest, nodes, n, epochs, seed):
    """Two digits in sequence, each by a kernel of its own; which they were, and in which order."""
    rng = np.random.default_rng(seed)
    train_set, (x, labels) = pairs(rng, n, n // 4)
    network = SwitchedRecurrentSpectral(64, FIRST_DIGITS ** 2, nodes, 2, 3, rest, planting=planting)
    _, params, row = trained(network, rng, train_set, (x, labels), epochs, 3e-3,
                             f"pairs, {planting}, rest {rest}, seed {seed}")
    transfers, planted = network.transfers(params), params["planted"]
    swapped = np.concatenate([x[:, 64:], x[:, :64]], axis=1)
    mirror = FIRST_DIGITS * (labels % FIRST_DIGITS) + labels // FIRST_DIGITS
    windows = [np.linalg.matrix_power(transfer, 3 + rest) for transfer in transfers]
    alone = [product_stability([transfer], planted) for transfer in transfers]
    return {**row, "swapped": right(network, params, swapped, mirror), "alone": np.array(alone),
            "in_turn": np.array(product_stability(transfers, planted)),
            "windows": np.array(product_stability(windows, planted))}


def until_it_stops(network, rng, train_set, held, epochs, label):
    """The params of the best validation, its course, seconds: each rate goes on from there."""
    begin, best, found, course = time.monotonic(), -1.0, network.init(rng, np.float32), []
    for rate in RATES:
        records = learn(network, found, train_set, [(rate, epochs)], f"{label}, rate {rate:g}",
                        batch_size=200, rng=rng, validation=held, metrics=(accuracy,))
        for record, risen in while_it_rises(records, PATIENCE, best=best):
            course.append(record.metrics["validation_accuracy"])
            if risen:
                best, found = course[-1], record.params
    nothing = np.full(len(RATES) * epochs - len(course), np.nan)
    return found, np.concatenate([course, nothing]), time.monotonic() - begin


def run_images(kind, name, steps, nodes, half, limit, n_validation, epochs, seed):
    """Images by a recurrent network, or by a dense one with as many parameters in two layers."""
    rng = np.random.default_rng(seed)
    train_set, held, (x, labels) = labeled(name, rng, limit, n_validation, half)
    n_in = x.shape[1]
    network = RecurrentSpectral(n_in, 10, nodes, steps, ReLU(), constant=True)
    size = (nodes + 1) * (nodes - 10)
    if kind == "dense":
        hidden = round((size - 10) / (n_in + 11))
        network = Chain(Dense(n_in, hidden), ReLU(), Dense(hidden, 10))
        size = (n_in + 1) * hidden + (hidden + 1) * 10
    params, course, seconds = until_it_stops(network, rng, train_set, held, epochs,
                                             f"{name}, {kind}, seed {seed}")
    found = {"accuracy": right(network, params, x, labels), "seconds": seconds, "course": course,
             "size": size}
    if kind == "recurrent":
        states, (_, inverse) = (network.states(params, x[:1000], steps + TAIL),
                                network.eigenvectors(params))
        found |= {"condition": network.condition(params), "accuracy_in_time":
                  ((states @ inverse[:10].T).argmax(2) == labels[:1000]).mean(1)}
    return found
