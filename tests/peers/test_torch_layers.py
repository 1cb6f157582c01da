"""Layers with structure against PyTorch, in float64: outputs, and gradients by its autograd."""
import itertools

import numpy as np
import pytest
import torch_layers
from conftest import assert_near, random_array, random_params
from torch_layers import torch

from npspectral import (ELU, Dense, Identity, Nested, ReLU, Sigmoid, Softplus, Sparse, Spectral,
                        SpectralQR, SpectralSVD, Tanh)
from npspectral.nn import (ComplexRecurrentSpectral, Normal, RecurrentSpectral,
                           SpectralFullQR, SpectralGaussianSVD, SwitchedRecurrentSpectral,
                           TriangularRecurrentSpectral)
from npspectral.nn.recurrent.complex import NAMES

SIZES = [(7, 4), (4, 7), (5, 5)]
FACTORED = [*itertools.product((SpectralQR, SpectralFullQR, SpectralSVD, SpectralGaussianSVD),
                               SIZES)]
SPARSE = [*itertools.product((Dense, Spectral), ((30, 20), (20, 30), (61, 7)), (
    dict(sparsity=0.0), dict(sparsity=0.5), dict(sparsity=0.9), dict(sparsity=0.98),
    dict(threshold=0.0), dict(threshold=0.7), dict(threshold=2.0)))]


def activation(rng, n=6):
    return (ReLU(), Tanh(), ELU(0.5), Softplus(), Identity(), Sigmoid())[rng.integers(n)]


def integers(rng, low, high, count):
    return rng.integers(low, high, count).tolist()


def factored(rng, seed):
    make, sizes = FACTORED[seed]
    return make(*sizes)


def sparse(rng, seed):
    make, sizes, choice = SPARSE[seed]
    return Sparse(make(*sizes), **choice)


def nested(rng, seed):
    sizes = integers(rng, 1, 7, rng.integers(2, 6))
    bias, shared, skip = (bool(flag) for flag in rng.integers(2, size=3))
    return Nested(sizes, activation(rng), bias, shared, skip)


def recurrent(rng, seed):
    bend, (n_in, n_out, steps) = activation(rng, 5), integers(rng, 1, 5, 3)
    constant = bool(rng.integers(2))
    nodes = n_in + constant + n_out + int(rng.integers(4))
    arguments = n_in, n_out, nodes, steps, bend, constant
    return (RecurrentSpectral(*arguments, trainable=("planted", "modes", "theta")),
            RecurrentSpectral(*arguments, "nodes"),
            TriangularRecurrentSpectral(*arguments))[seed % 3]


def switched(rng, seed):
    bend, (size, n_out, items, steps) = activation(rng, 5), integers(rng, 1, 4, 4)
    return SwitchedRecurrentSpectral(size, n_out, size + n_out + 3, items, steps,
                                     int(rng.integers(3)), bend, bool(rng.integers(2)))


def complex_recurrent(rng, seed):
    times = np.sort(rng.choice(8, rng.integers(1, 4), replace=False)).tolist()
    read = ("amplitude", "score", "power")[rng.integers(3)]
    return ComplexRecurrentSpectral(*integers(rng, 1, 7, 3), tuple(times), read, activation(rng),
                                    NAMES)


# make -> (how many layers, roundings, the least scale of an error, names that may be off by as
# much of the largest gradient)
FAMILIES = {factored: (len(FACTORED), 64, 0, ()), sparse: (len(SPARSE), 256, 0, ()),
            nested: (200, 256, 1, ()), recurrent: (60, 90_000, 0, "theta"),
            switched: (20, 90_000, 0, "theta"), complex_recurrent: (100, 90_000, 1, ())}


def params_of(layer, rng):
    params = random_params(layer, rng)
    if isinstance(layer, ComplexRecurrentSpectral):         # a condition of about 3
        params["phi"] = np.eye(layer.nodes) + random_array(
            rng, 2 * (layer.nodes,)) / (4 * layer.nodes ** 0.5)
    return params


@pytest.mark.parametrize("make, seed", [(make, seed) for make, (n, *_) in FAMILIES.items()
                                        for seed in range(n)])
def test_outputs_and_gradients_are_those_of_torch(make, seed):
    rng, (_, roundings, least, loose) = np.random.default_rng(seed), FAMILIES[make]
    layer = make(rng, seed)
    params = params_of(layer, rng)
    x, grad_y = random_array(rng, (5, layer.n_in)), random_array(rng, (5, layer.n_out))
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)

    tensors = {name: torch.tensor(array, requires_grad=True)
               for name, array in {**params, "x": x}.items()}
    want = torch_layers.apply(tensors, tensors["x"], layer)
    want.backward(torch.tensor(grad_y))
    gradients = {name: tensors[name].grad.numpy() for name in (*grads, "x")}
    largest = max(np.abs(array).max(initial=0) for array in gradients.values())
    assert_near(y, want.detach().numpy(), roundings, max(least, np.abs(y).max()), "y")
    for name, array in {**grads, "x": grad_x}.items():
        scale = largest if loose and name.startswith(loose) else np.abs(gradients[name]).max(
            initial=0)
        assert_near(array, gradients[name], roundings, max(least, scale), name)


@pytest.mark.parametrize("n_in, n_out", SIZES)
def test_first_factors_are_its_own_up_to_sign(n_in, n_out):
    phi = Normal(1.0)
    params = SpectralFullQR(n_in, n_out, phi=phi).init(np.random.default_rng(4))
    drawn = torch.tensor(SpectralFullQR(n_in, n_out, phi=phi).eigenvectors(params))
    q, r = torch.linalg.qr(drawn.T)
    sign = torch.sign(torch.diagonal(r))
    condition = 64 * torch.linalg.cond(drawn).item()
    assert_near(params["q"], (q * sign).numpy(), condition)
    assert_near(params["r"], (sign[:, None] * r).T.contiguous().numpy(), condition)
    singular = SpectralSVD(n_in, n_out, phi=phi).init(np.random.default_rng(4))["s"]
    assert_near(singular, torch.linalg.svdvals(drawn).numpy(), 64)
