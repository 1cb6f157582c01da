"""The runs: a training set learned by a network and by its frozen kernels; learned at many alphas.

At small alpha networks are trained in float32, which halves the time; all else is float64.
"""
import math
from functools import partial
from time import process_time

import numpy as np
from lab.plan import stack
from lab.progress import told
from lab.tasks import draw_whole, error_of

from npspectral import soft_hinge
from npspectral.analysis.clouds import (intrinsic_dimension, neighbor_information,
                                        ratio_information, relative_stability, representations)
from npspectral.analysis.kernels import (alignment, kernel_change, kernel_pca, parameter_change,
                                         projections, support_vectors, tangent_kernel)
from npspectral.data import deform, displacements, equal_noise, temperature_of
from npspectral.nn import Swish, inverted_network, mean_field, strided_network, tree
from npspectral.nn.activations import SWISH_GAIN
from npspectral.training import Limits, gradient_flow, kernel_flow, predict_flow, settle

DEEP = "convolutional of 16 layers"     # a kind of network, beside "convolutional" and "dense"
FEATURE = 2e-3                          # alpha
LOSS = partial(soft_hinge, sharpness=3.0)
LIMITS = Limits(max_gradient_change=3e-2, floor=0)
KERNEL_LIMITS, KERNEL_STEPS = Limits(max_gradient_change=1e-2), 20_000
C = 1e6                     # of the machines, in units of 1 / mean of the kernel's diagonal
N_IMAGES = 20_000                       # that training sets are taken from
N_LOOK, TOP = 500, 20                   # test images that are looked at; eigenvectors of kernels
N_CHANGE = 200                          # test images on which the kernel's change is measured
CUT = 3                                 # of deformations: the highest frequency
PADDING = {28: 1, 8: 2}                 # by rows of an image: the published one; one that fits
SIZES = {28: 1.0, 8: 0.5}               # of deformations, in pixels
ESTIMATORS = ratio_information, neighbor_information


def build(kind, pixels, width):
    """The network of this kind for square images: `width` channels, or twice `width` units."""
    side = math.isqrt(pixels)
    if kind == "dense":
        return mean_field(pixels, (width, width), activation=Swish(SWISH_GAIN), gain=1.0)
    if kind == DEEP:
        return inverted_network((side, side, 1), width)
    return strided_network((side, side, 1), width, padding=PADDING[side])


def cast(params, dtype):
    return tree.map(lambda array: array.astype(dtype), params)


def train(network, start, x, y, alpha, max_steps, label):
    """The record at the end of the flow: all points have y F >= 1, or max_steps were made.

    In float32 alpha > 1 would enlarge rounding; there float64 takes its place.
    """
    dtype = np.float32 if alpha <= 1 else float
    x, y = x.astype(dtype), y.astype(dtype)
    flow = gradient_flow(network, cast(start, dtype), x, y, alpha=alpha, loss=LOSS, limits=LIMITS)
    return settle(told(flow, y, label), y, max_steps=max_steps)


def frozen(network, params, x, y, test_set, points):
    """Of the kernel at these params: test errors of its flow and its machine; how many are left.

    And the relative stability of what the flow has learned. The flow stops as the network does. The
    machine is the hard margin of the kernel + I / C.
    """
    def cross(some):
        return tangent_kernel(network, params, some, x) / scale
    gram = tangent_kernel(network, params, x)
    scale = np.diag(gram).mean()
    gram, across = gram / scale, cross(test_set[0])
    end = settle(kernel_flow(gram, y, loss=LOSS, limits=KERNEL_LIMITS), y, max_steps=KERNEL_STEPS)
    solved = support_vectors(gram + np.eye(len(gram)) / C, y[:, 0], intercept=False,
                             tolerance=1e-6)
    return {"errors": [error_of(across @ end.params, test_set[1]),
                       error_of(solved.decide(across), test_set[1][:, 0])],
            "left": 1 - end.satisfied(y),
            "frozen_stability": relative_stability(*(cross(some) @ end.params for some in points))}


def spectrum(network, params, x, y):
    """Kernel PCA of images x: labels and information along the top eigenvectors; alignment."""
    kernel = tangent_kernel(network, params, x)
    vectors = kernel_pca(kernel).eigenvectors
    return {"alignment": alignment(kernel, y[:, 0]), "shares": projections(vectors, y[:, 0]),
            "information": np.array([[estimate(vector, y[:, 0]) for vector in vectors[:, :TOP].T]
                                     for estimate in ESTIMATORS])}


def layers(network, params, x):
    """The images and what the layers with parameters take after them, then the output."""
    received, given = representations(network, params, x)
    return [*received, given[-1]]


def clouds(network, params, x, deformed, noisy):
    """By layer: the dimension of the images' cloud, and its relative stability; of the output, f's.

    After training at small alpha f_0 hardly counts in f.
    """
    sets = [layers(network, params, points) for points in (x, deformed, noisy)]
    return {"dimension": [intrinsic_dimension(cloud).value for cloud in sets[0]],
            "stability": [relative_stability(*three) for three in zip(*sets)]}


def moved_images(rng, x):
    """Images x, the same deformed, and the same with noise that moves each of them as far."""
    side = math.isqrt(x.shape[1])
    tau = displacements(rng, len(x), side, CUT, temperature_of(SIZES[side], side, CUT))
    deformed = deform(x, tau)
    return x, deformed, equal_noise(rng, x, deformed)


def follow(kind, name, width, p, n_test, max_steps, seed):
    """A training set, learned by the network and by its kernels of the start and of the end.

    errors: the network's, then of the flow and the machine of the last kernel and of the first.
    """
    begin, rng = process_time(), np.random.default_rng(seed)
    (x, y), test_set = draw_whole(name, N_IMAGES, seed, p, n_test)
    network = build(kind, x.shape[1], width)
    start = network.init(rng)
    end = train(network, start, x, y, FEATURE, max_steps, f"{kind}, p {p}, seed {seed}")
    seconds, params = process_time() - begin, cast(end.params, float)
    points, labels = moved_images(rng, test_set[0][:N_LOOK]), test_set[1][:N_LOOK]
    stages = [{**spectrum(network, stage, points[0], labels), **clouds(network, stage, *points)}
              for stage in (start, params)]
    kernels = [frozen(network, stage, x, y, test_set, points) for stage in (params, start)]
    learned = predict_flow(network, params, start, test_set[0])
    return {"errors": [error_of(learned, test_set[1]), *kernels[0]["errors"],
                       *kernels[1]["errors"]],
            "left": [1 - end.satisfied(y), *(kernel["left"] for kernel in kernels)],
            "frozen_stability": [kernel["frozen_stability"] for kernel in kernels],
            "steps": end.step, "seconds": seconds, **stack(stages)}


def sweep(kind, name, width, p, n_test, exponents, max_steps, seed):
    """A row for each alpha = 10^exponent: what the end of training looks like."""
    (x, y), (fresh, labels) = draw_whole(name, N_IMAGES, seed, p, n_test)
    network, rows = build(kind, x.shape[1], width), []
    start = network.init(np.random.default_rng(seed))
    first = tangent_kernel(network, start, fresh[:N_CHANGE])
    for exponent in exponents:
        end = train(network, start, x, y, 10.0 ** exponent, max_steps,
                    f"{kind}, alpha = 10^{exponent}, seed {seed}")
        params = cast(end.params, float)
        rows.append({"error": error_of(predict_flow(network, params, start, fresh), labels),
                     "unlearned": 1 - end.satisfied(y),
                     "parameters": parameter_change(params, start), "kernel": kernel_change(
                         tangent_kernel(network, params, fresh[:N_CHANGE]), first)})
    return stack(rows)
