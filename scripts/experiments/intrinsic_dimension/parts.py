"""Clouds of known dimension, what is measured of a cloud, and networks whose layers are."""
import math
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.learning import chain, learn
from lab.plan import stack
from lab.progress import progress

from npspectral import Dense, ReLU, quadratic_hinge
from npspectral.analysis.clouds import (block_dimensions, components_for, neighbor_ratios,
                                        participation_ratio, principal_variances, representations,
                                        two_nn_fit, two_nn_fit_published, two_nn_ml,
                                        two_nn_unbiased)
from npspectral.data import principal_components, stripe
from npspectral.nn import Normal, mean_field
from npspectral.training import Limits, gradient_flow, predict, settle

FEATURE, LAZY, UNTRAINED = "feature", "lazy", "untrained"
TRUE, SHUFFLED = "true labels", "shuffled labels"
ALPHA = {FEATURE: 1e-3, LAZY: 1e4}
MARGIN = 0.5                        # the flow ends when all points have y F above it
LIMITS = Limits(max_gradient_change=1e-2, max_output_change=0.5)
RATE, BATCH = 1e-3, 128
ESTIMATORS = (two_nn_unbiased, two_nn_ml, two_nn_fit, two_nn_fit_published)
BLOCKS = (1, 2, 4, 8, 16)           # numbers of blocks, each of all points over this number
PICTURED = 1000                     # points of the picture


@dataclass(frozen=True)
class Control:
    """draw(rng, n) gives n points of this dimension, `copies` of them left out as copies."""

    dimension: int
    draw: object
    copies: object = lambda n: 0


def square(rng, n):
    """Uniform on a square, turned at random in 50 dimensions."""
    return rng.uniform(0, 1, (n, 2)) @ np.linalg.qr(rng.standard_normal((50, 2)))[0].T


def sphere(rng, n):
    """Uniform on the sphere S^4 in 5 dimensions."""
    x = rng.standard_normal((n, 5))
    return x / np.sqrt((x ** 2).sum(1, keepdims=True))


def swiss_roll(rng, n):
    """(t cos t, height, t sin t), t from 3 pi / 2 to 9 pi / 2, height from 0 to 21, uniform."""
    t = 1.5 * math.pi * (1 + 2 * rng.uniform(0, 1, n))
    return np.column_stack([t * np.cos(t), rng.uniform(0, 21, n), t * np.sin(t)])


def partly_dead(rng, n):
    """The sphere with a tenth of its points at 0, as of a layer whose units are all off there."""
    x = sphere(rng, n)
    x[:n // 10] = 0
    return x


CONTROLS = {"square in 50 dimensions": Control(2, square),
            "swiss roll": Control(2, swiss_roll),
            "sphere in 5 dimensions": Control(4, sphere),
            "the same, a tenth at 0": Control(4, partly_dead, lambda n: n // 10 - 1),
            "cube": Control(5, lambda rng, n: rng.uniform(0, 1, (n, 5))),
            "normal": Control(10, lambda rng, n: rng.standard_normal((n, 10)))}


def measure(rng, x):
    """Numbers about the rows of x (p, n), as a dict.

    dimension (of each of ESTIMATORS), copies, blocks: the mean dimension of each of BLOCKS,
    components: axes of 90 % of the variance, participation ratio, largest: shares of the first two.
    """
    mu, copies = neighbor_ratios(x)
    variances = principal_variances(x)
    blocks = [np.mean([block.value for block in block_dimensions(rng, x, n)]) for n in BLOCKS]
    return {"dimension": [estimate(mu) for estimate in ESTIMATORS], "copies": copies,
            "blocks": blocks, "components": components_for(variances),
            "participation": participation_ratio(variances),
            "largest": variances[:2] / variances.sum()}


def measure_layers(rng, network, params, x):
    """The same of x, u_1, a_1, u_2, a_2, ..., stacked; picture: the last hidden u on 2 axes."""
    received, given = representations(network, params, x)
    clouds = [received[0], *(cloud for pair in zip(given, received[1:]) for cloud in pair)]
    last = given[-2].astype(float)
    return {"picture": principal_components(last, 2).project(last[:PICTURED]),
            **stack([measure(rng, cloud) for cloud in clouds])}


def follow_stripe(regime, n_points, n_learned, d, widths, steps, seed):
    """One network by gradient flow: its layers measured, and its test error."""
    rng = np.random.default_rng(seed)
    (x, target), (seen, truth) = stripe(rng, n_learned, d), stripe(rng, n_points, d)
    network = mean_field(d, widths)
    start = params = network.init(rng)
    error = 0.5
    if regime != UNTRAINED:
        progress(f"stripe, {regime}, seed {seed}")
        flow = gradient_flow(network, start, x, target, loss=quadratic_hinge, alpha=ALPHA[regime],
                             limits=LIMITS)
        params = settle(flow, target, margin=MARGIN, max_steps=steps).params
        change = predict(network, params, seen) - predict(network, start, seen)
        error = np.mean(change * truth <= 0)
    return {"error": error, "labels": truth[:, 0].astype(int),
            **measure_layers(rng, network, params, seen)}


def follow_mnist(labels, n_images, n_points, widths, epochs, seed):
    """One network by Adam, or its first weights with 0 epochs; labels: true ones or SHUFFLED."""
    rng = np.random.default_rng(seed)
    (x, given), (seen, truth) = images("mnist", n_images)
    if labels == SHUFFLED:
        given = rng.permutation(given)
    network = dense_network(x.shape[1], widths, 10)
    params = network.init(rng, np.float32)
    for record in learn(network, params, (x, given), [(RATE, epochs)] if epochs else [],
                        f"mnist, {labels}, {n_images} images, seed {seed}", batch_size=BATCH,
                        rng=rng):
        params = record.params
    error, train_error = (np.mean(predict(network, params, rows).argmax(1) != answers)
                          for rows, answers in ((seen, truth), (x, given)))
    return {"error": error, "train_error": train_error, "labels": truth[:n_points],
            **measure_layers(rng, network, params, seen[:n_points])}


def dense_network(n_in, widths, n_out):
    """Dense layers with ReLU between them; first weights N(0, 2 / n_in), biases 0."""
    layers = [Dense(before, width, start=Normal((2 / before) ** 0.5))
              for before, width in zip((n_in, *widths), widths)]
    return chain([*layers, Dense(widths[-1], n_out)], ReLU())


def follow_control(name, n_points, seed):
    rng = np.random.default_rng(seed)
    return measure(rng, CONTROLS[name].draw(rng, n_points))
