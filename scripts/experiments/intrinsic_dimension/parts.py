"""Clouds of known dimension, what is measured of a cloud, and networks whose layers are."""
import math
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.learning import chain, learned
from lab.plan import stack
from lab.progress import progress
from lab.tasks import parity
from scipy.special import log_softmax

from npspectral import Dense, ReLU, quadratic_hinge
from npspectral.analysis.clouds import (block_dimensions, components_for, neighbor_ratios,
                                        principal_variances, representations, two_nn_fit_published,
                                        two_nn_unbiased)
from npspectral.data import principal_components, stripe
from npspectral.nn import Normal, mean_field
from npspectral.training import Limits, gradient_flow, predict, settle

FEATURE, LAZY, UNTRAINED = "feature", "lazy", "untrained"
TRUE, SHUFFLED, LUMINANCE = "true labels", "shuffled labels", "luminance"
ALPHA = {FEATURE: 1e-3, LAZY: 1e4}
MARGIN = 0.5                        # the flow ends when all points have y F above it
LIMITS = Limits(max_gradient_change=1e-2, max_output_change=0.5)
BATCH = 64
BRIGHTEST = 1000                    # of the published luminance, where pixels run from 0 to 1
ESTIMATORS = (two_nn_unbiased, two_nn_fit_published)
BLOCKS = (1, 2, 4, 8, 16)           # numbers of blocks, each of all points over this number
PICTURED = 1000                     # points of a picture


@dataclass(frozen=True)
class Control:
    """draw(rng, n) gives n points of this dimension, `copies` of them left out as copies."""

    dimension: int
    draw: object
    copies: object = lambda n: 0


def curve(rng, n):
    """A spiral in the plane: d = 2, and one number says where on it a point is."""
    t = 1.5 * math.pi * rng.uniform(1, 3, n)
    return np.column_stack([t * np.cos(t), t * np.sin(t)])


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


CONTROLS = {"curve in the plane": Control(1, curve),
            "square in 50 dimensions": Control(2, square),
            "swiss roll": Control(2, swiss_roll),
            "sphere in 5 dimensions": Control(4, sphere),
            "the same, a tenth at 0": Control(4, partly_dead, lambda n: n // 10 - 1),
            "cube": Control(5, lambda rng, n: rng.uniform(0, 1, (n, 5))),
            "normal": Control(10, lambda rng, n: rng.standard_normal((n, 10)))}


def measure(x):
    """Numbers about the rows of x (p, n), as a dict.

    dimension (of each of ESTIMATORS), copies, components: axes of 90 % of the variance, largest:
    shares of the first two axes.
    """
    x = x.astype(float)
    mu, copies = neighbor_ratios(x)
    variances = principal_variances(x)
    return {"dimension": [estimate(mu) for estimate in ESTIMATORS], "copies": copies,
            "components": components_for(variances), "largest": variances[:2] / variances.sum()}


def by_blocks(rng, x):
    """The mean dimension of each of BLOCKS."""
    x = x.astype(float)
    return [np.mean([block.value for block in block_dimensions(rng, x, n)]) for n in BLOCKS]


def explained(x, coordinate):
    """The share of the variance of the rows of x (p, n) that a coordinate (p,) of them explains.

    In the order of the coordinate, half the mean square of steps from row to row is the variance
    that it leaves (von Neumann 1941): 0 if rows follow on a smooth curve, all if in any order.
    """
    x = x[np.argsort(coordinate)]
    left, variance = np.mean(np.diff(x, axis=0) ** 2, 0) / 2, x.var(0)
    return 1 - left.sum() / variance.sum()


def draw_task(task, rng, n_learned, n_points, d):
    """x and y to learn, x and y to measure: the stripe, or the parity of images of that name."""
    if task == "stripe":
        return *stripe(rng, n_learned, d), *stripe(rng, n_points, d)
    (x, y), (seen, truth) = parity(rng, task, 10_000)
    rows = rng.choice(len(x), n_learned, replace=False)
    return x[rows], y[rows], seen[:n_points], truth[:n_points]


def follow_flow(task, regime, n_points, n_learned, d, widths, steps, seed):
    """One network by gradient flow: x and the layers before their activation, and its test error.

    picture: the last hidden layer on two axes; by_coordinate: the share of its variance that one
    number of each point explains, x_1 of the stripe, what the network says of an image.
    """
    rng = np.random.default_rng(seed)
    x, target, seen, truth = draw_task(task, rng, n_learned, n_points, d)
    network = mean_field(x.shape[1], widths)
    start = params = network.init(rng)
    said = predict(network, start, seen)
    if regime != UNTRAINED:
        progress(f"{task}, {regime}, seed {seed}")
        flow = gradient_flow(network, start, x, target, loss=quadratic_hinge, alpha=ALPHA[regime],
                             limits=LIMITS)
        params = settle(flow, target, margin=MARGIN, max_steps=steps).params
        said = predict(network, params, seen) - said
    _, given = representations(network, params, seen)
    last = given[-2]
    return {"error": np.mean(said * truth <= 0), "labels": truth[:, 0].astype(int),
            "by_coordinate": explained(last, seen[:, 0] if task == "stripe" else said[:, 0]),
            "picture": principal_components(last, 2).project(last[:PICTURED]),
            "blocks": [by_blocks(rng, cloud) for cloud in (seen, last)],
            **stack([measure(cloud) for cloud in (seen, *given[:-1])])}


def brightened(rng, x):
    """Images x (n, D), each brighter by BRIGHTEST U(-1/2, 1/2) in all pixels, in a turned basis.

    A reflection makes the luminance one axis. It changes no distance, and no start of a network
    whose first weights are normal; but Adam's steps go by axes, and in the basis of pixels they
    are lost in the luminance.
    """
    x = x + BRIGHTEST * (rng.random((len(x), 1)) - 0.5)
    normal = np.full(x.shape[1], x.shape[1] ** -0.5)
    normal[0] -= 1
    normal /= np.sqrt(normal @ normal)
    return x - 2 * np.outer(x @ normal, normal)


def follow_images(name, kind, n_images, n_points, widths, stages, seed):
    """One network by Adam: x, the layers after their activation and the output, and its errors.

    kind: TRUE, SHUFFLED (labels of the training images) or LUMINANCE; without stages (rate, epochs)
    the network keeps its first weights. The output is log softmax, as in the published code.
    """
    rng = np.random.default_rng(seed)
    (x, labels), (seen, truth) = images(name, n_images)
    if kind == SHUFFLED:
        labels = rng.permutation(labels)
    if kind == LUMINANCE:
        x, seen = (brightened(rng, rows).astype(np.float32) for rows in (x, seen))
    network = dense_network(x.shape[1], widths, 10)
    params = learned(network, network.init(rng, np.float32), (x, labels), stages,
                     f"{name}, {kind}, {n_images} images, seed {seed}", batch_size=BATCH, rng=rng)
    error, train_error = (np.mean(predict(network, params, rows).argmax(1) != answers)
                          for rows, answers in ((seen, truth), (x, labels)))
    received, given = representations(network, params, seen[:n_points])
    clouds = [*received, log_softmax(given[-1].astype(float), 1)]
    return {"error": error, "train_error": train_error,
            "blocks": [by_blocks(rng, cloud) for cloud in (clouds[0], clouds[-2])],
            **stack([measure(cloud) for cloud in clouds])}


def dense_network(n_in, widths, n_out):
    """Dense layers with ReLU between them; first weights N(0, 2 / n_in), biases 0."""
    layers = [Dense(before, width, start=Normal((2 / before) ** 0.5))
              for before, width in zip((n_in, *widths), widths)]
    return chain([*layers, Dense(widths[-1], n_out)], ReLU())


def follow_control(name, n_points, seed):
    x = CONTROLS[name].draw(np.random.default_rng(seed), n_points)
    return {**measure(x), "picture": x[:PICTURED, :2]}
