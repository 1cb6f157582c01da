"""Random convolutional networks, and what a framework needs to compute them from their layers.

A framework is a table of functions (params, x, layer) -> y, with x and y as the package has them:
`convolution` of a Conv2D or Conv1D, `normalization` of a BatchNorm; and `activation` (layer, x).
What is made of these is written here.
"""
from typing import Callable, NamedTuple

import numpy as np
from conftest import random_array, random_params

from npspectral import Chain, Softplus, Tanh
from npspectral.nn import (BatchNorm, Conv1D, Conv2D, Dropout, Residual, ScaledDense, SpatialMean,
                           SpectralConv, Swish, TrainingDropout, tree)
from npspectral.nn.activations import Elementwise

TOLERANCE = 1e-12               # of the largest number of an array
BATCH = 5
SIZES = ((6, 7, 2), (5, 5, 2), (7, 4, 3))           # few, because JAX compiles for every shape
OPTIONS = (dict(kernel=3, padding=1), dict(kernel=2, stride=2), dict(kernel=3, stride=2, padding=2),
           dict(kernel=2, dilation=2, padding=1), dict(kernel=1), dict(kernel=3, groups=0),
           dict(kernel=2, stride=3, padding=1, bias=False), dict(kernel=2, groups=0, padding=1))
RINGS = (dict(kernel=2, stride=2), dict(kernel=3), dict(kernel=2, dilation=3, bias=False),
         dict(kernel=3, stride=2, groups=0))
ACTIVATIONS = (Tanh(), Swish(1.7), Softplus(2.0))


def one_of(rng, choices):
    return choices[rng.integers(len(choices))]


def random_convolution(rng, size, normalized):
    """A convolution of images or of a ring; groups=0 means one for each channel.

    No bias before a normalization, which takes it away: its gradient would be 0 and roundings.
    """
    make, choices = (Conv2D, OPTIONS) if len(size) == 3 else (Conv1D, RINGS)
    options = {**one_of(rng, choices), **({"bias": False} if normalized else {})}
    channels = int(rng.choice([2, 3]))
    if options.get("groups") == 0:
        options["groups"], channels = size[-1], channels * size[-1]
    if make is Conv2D and "groups" not in options and rng.integers(4) == 0:
        make = SpectralConv
    try:
        return make(size, channels, **options)
    except ValueError:                                  # the kernel does not fit into the map
        return None


def random_network(seed):
    """One to three convolutions with what may stand between them, a mean, a dense layer."""
    rng = np.random.default_rng(seed)
    size = (8, 2) if seed % 5 == 0 else one_of(rng, SIZES)
    layers = []
    for _ in range(rng.integers(1, 4)):
        normalized = rng.integers(3) == 0
        layer = random_convolution(rng, size, normalized)
        if layer is None:
            continue
        size = layer.image if len(size) == 3 else (layer.places, layer.channels)
        layers.append(layer)
        layers += [BatchNorm(size)] * int(normalized)
        layers.append(one_of(rng, ACTIVATIONS))
        layers += [Dropout(0.25)] * int(rng.integers(4) == 0)
        if rng.integers(4) == 0:
            inner = (Conv2D if len(size) == 3 else Conv1D)(size, size[-1], 1)
            layers.append(Residual(Chain(inner, one_of(rng, ACTIVATIONS))))
    positions, channels = int(np.prod(size[:-1])), size[-1]
    network = Chain(*layers, SpatialMean(positions, channels), ScaledDense(channels, 2))
    return network.in_training(rng) if rng.integers(2) else network


def random_numbers(network, seed):
    """Parameters, x and grad_y."""
    rng = np.random.default_rng(seed)
    return (random_params(network, rng), random_array(rng, (BATCH, network.n_in)),
            random_array(rng, (BATCH, network.n_out)))


class Framework(NamedTuple):
    """Its own functions; arrays are its own, too."""

    convolution: Callable
    normalization: Callable
    activation: Callable
    array: Callable

    def apply(self, params, x, layer):
        """y of a network or layer."""
        if isinstance(layer, Chain):
            for part, inner in zip(params, layer):
                x = self.apply(part, x, inner)
            return x
        if isinstance(layer, Residual):
            parts = tuple({name: params[f"{i}/{name}"] for name in inner.shapes}
                          for i, inner in enumerate(layer.f))
            return (x + self.apply(parts, x, layer.f)) / 2 ** 0.5
        if isinstance(layer, SpectralConv):
            return self.spectral(params, x, layer)
        if isinstance(layer, BatchNorm):
            return self.normalization(params, x, layer)
        if isinstance(layer, SpatialMean):
            return x.reshape(len(x), layer.positions, layer.channels).mean(1)
        if isinstance(layer, ScaledDense):
            return x @ params["weight"].T / layer.n_in ** 0.5 + params["bias"]
        if isinstance(layer, TrainingDropout):
            u = np.random.default_rng(layer.seed).random(tuple(x.shape))
            return x * self.array((u >= layer.rate) / (1 - layer.rate))
        if isinstance(layer, Elementwise):
            return self.activation(layer, x)
        return self.convolution(params, x, layer)

    def spectral(self, params, x, layer):
        """(lambda_in_j - lambda_out_s) M_sj by the framework's convolution of lambda_in x and x."""
        kernel = {"weight": params["phi"]}
        height, width, channels = layer.size
        moved = (x.reshape(len(x), height * width, channels)
                 * params["lambda_in"][:, None]).reshape(len(x), -1)
        shape = (len(x), len(params["lambda_out"]), layer.channels)
        first, second = (self.convolution(kernel, one, layer.inner).reshape(shape)
                         for one in (moved, x))
        return (first - params["lambda_out"][:, None] * second
                + params.get("bias", 0)).reshape(len(x), -1)


def assert_agree(network, params, x, grad_y, y, gradients):
    """y and all gradients by path, with "x", are those of the package."""
    mine, residuals = network.forward(params, x)
    grads, grad_x = network.backward(params, residuals, grad_y)
    for name, got in {"y": mine, "x": grad_x, **dict(tree.items(grads))}.items():
        want = np.asarray(y if name == "y" else gradients[name])
        error = np.abs(got - want).max()
        assert error <= TOLERANCE * np.abs(want).max(), (
            f"{name}: error {error:.2g} of {np.abs(want).max():.2g} in {network!r}")
