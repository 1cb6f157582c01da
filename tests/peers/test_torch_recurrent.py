"""Recurrent spectral networks against PyTorch: a general inverse, every step, autograd through all.

The transcription takes all steps and a linear tail, and projects the state that it ends in.
"""
import numpy as np
import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional

from conftest import random_params  # noqa: E402

from npspectral import ELU, Identity, ReLU, Softplus, Tanh  # noqa: E402
from npspectral.nn import (RecurrentSpectral, SwitchedRecurrentSpectral,  # noqa: E402
                           TriangularRecurrentSpectral)

ACTIVATIONS = [(ReLU(), torch.relu), (Tanh(), torch.tanh), (ELU(0.5), lambda z: F.elu(z, 0.5)),
               (Softplus(), lambda z: F.softplus(z, threshold=1e6)), (Identity(), lambda z: z)]


def eigenvectors(layer, p):
    if "modes" in p:
        return torch.cat([p["planted"], p["modes"]], 1)
    m = layer.nodes - layer.n_out
    below, above = torch.tril_indices(m, m, -1), torch.triu_indices(m, m, 1)
    one = torch.eye(m, dtype=torch.float64)
    free = (one.index_put(tuple(below), p["lower"])) @ (one.index_put(tuple(above), p["upper"]))
    columns = torch.cat([torch.zeros(m, layer.n_out, dtype=torch.float64),
                         torch.eye(layer.n_out, dtype=torch.float64)])
    return torch.cat([columns, torch.cat([free, p["drive"]])], 1)


def matrices(layer, p):
    phi = eigenvectors(layer, p)
    eigenvalues = torch.cat([torch.ones(layer.n_out, dtype=torch.float64),
                             (1 - 2.0 ** -10) * torch.tanh(p["theta"])])
    inverse = torch.linalg.inv(phi)
    return phi @ torch.diag(eigenvalues) @ inverse, inverse


def start(layer, x):
    parts = [x, torch.ones(len(x), int(layer.constant), dtype=torch.float64)]
    free = layer.nodes - layer.n_in - layer.constant
    return torch.cat([*parts, torch.zeros(len(x), free, dtype=torch.float64)], 1)


def output(layer, activation, p, x, tail=3):
    state = start(layer, x)
    transfer, inverse = matrices(layer, p)
    for t in range(layer.steps + tail):
        state = (activation(state) if t < layer.steps else state) @ transfer.T
    return state @ inverse[:layer.n_out].T


def switched_output(layer, activation, p, x):
    state = 0
    for k in range(layer.items):
        own = {"planted": p["planted"], "modes": p[f"modes_{k + 1}"], "theta": p[f"theta_{k + 1}"]}
        state = state + start(layer.kernel, x[:, k * layer.size:(k + 1) * layer.size])
        transfer, inverse = matrices(layer.kernel, own)
        for t in range(layer.steps + layer.rest):
            state = (activation(state) if t < layer.steps else state) @ transfer.T
    return state @ inverse[:layer.n_out].T


def assert_same(layer, function, rng):
    """Values and gradients to 1e-11 of an array's largest entry."""
    params = random_params(layer, rng)
    x, grad_y = rng.standard_normal((5, layer.n_in)), rng.standard_normal((5, layer.n_out))
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    tensors = {name: torch.tensor(array, requires_grad=True)
               for name, array in {**params, "x": x}.items()}
    want = function({name: tensors[name] for name in params}, tensors["x"])
    want.backward(torch.tensor(grad_y))
    found = {name: tensors[name].grad.numpy() for name in (*grads, "x")}
    scale = max(np.abs(array).max() for array in found.values())
    for name, array in {**grads, "x": grad_x}.items():
        near = scale if name.startswith("theta") else np.abs(found[name]).max()
        assert np.abs(array - found[name]).max() <= 1e-11 * near, name
    assert np.abs(y - want.detach().numpy()).max() <= 1e-11 * np.abs(y).max()


@pytest.mark.parametrize("seed", range(60))
def test_recurrent_layer_and_its_gradients_are_those_of_torch(seed):
    rng = np.random.default_rng(seed)
    activation, theirs = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    n_in, n_out, steps = (int(number) for number in rng.integers(1, 5, 3))
    constant = bool(rng.integers(2))
    nodes = n_in + constant + n_out + int(rng.integers(4))
    layer = (
        RecurrentSpectral(n_in, n_out, nodes, steps, activation, constant,
                          trainable=("planted", "modes", "theta")),
        RecurrentSpectral(n_in, n_out, nodes, steps, activation, constant, "nodes"),
        TriangularRecurrentSpectral(n_in, n_out, nodes, steps, activation, constant))[seed % 3]
    assert_same(layer, lambda p, x: output(layer, theirs, p, x), rng)


@pytest.mark.parametrize("seed", range(20))
def test_switched_kernels_and_their_gradients_are_those_of_torch(seed):
    rng = np.random.default_rng(seed)
    activation, theirs = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    size, n_out, items, steps = (int(number) for number in rng.integers(1, 4, 4))
    layer = SwitchedRecurrentSpectral(size, n_out, size + n_out + 3, items, steps,
                                      int(rng.integers(3)), activation, bool(rng.integers(2)))
    assert_same(layer, lambda p, x: switched_output(layer, theirs, p, x), rng)
