"""The complex recurrent network against PyTorch: complex autograd through Phi_full and its inverse.

There K is one complex leaf, whose `.grad` is dL/dRe K + i dL/dIm K, the package's convention.
"""
import numpy as np
import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional

from npspectral import ELU, Identity, ReLU, Sigmoid, Softplus, Tanh  # noqa: E402
from npspectral.nn import ComplexRecurrentSpectral  # noqa: E402
from npspectral.nn.recurrent.complex import NAMES  # noqa: E402

ACTIVATIONS = [(Tanh(), torch.tanh), (ReLU(), torch.relu), (ELU(0.5), lambda z: F.elu(z, 0.5)),
               (Sigmoid(), torch.sigmoid), (Softplus(), lambda z: F.softplus(z, threshold=1e6)),
               (Identity(), lambda z: z)]


def output(layer, activation, p, x):
    """y: memory and nodes in one complex state, followed and projected by the full matrices."""
    n, modes = layer.nodes, layer.modes
    full = torch.cat([torch.cat([p["phi"] + 0j, torch.zeros(n, modes)], 1),
                      torch.cat([p["k"], torch.eye(modes) + 0j], 1)])
    spectrum = torch.cat([(1 - 2 ** -10) * torch.tanh(p["theta"]) + 0j,
                          torch.exp(1j * p["omega"])])
    inverse = torch.linalg.inv(full)
    transfer = full @ torch.diag(spectrum) @ inverse
    items = dict(zip(layer.inserted, torch.split(x, n, 1)))
    state = torch.zeros(len(x), n + modes, dtype=torch.complex128)
    end = layer.inserted[-1] + layer.steps
    for t in range(end):
        u = state[:, :n].real + items.get(t, 0)
        if any(start <= t < start + layer.steps for start in items):
            u = activation(u)
        state = torch.cat([u + 0j, state[:, n:]], 1) @ transfer.T
    a = (state @ inverse.T)[:, n:] * torch.exp(-1j * end * p["omega"])
    return {"amplitude": torch.cat([a.real, a.imag], 1), "score": a.real,
            "power": a.abs() ** 2}[layer.read]


def random_layer(rng):
    activation, theirs = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    nodes, modes, steps = (int(size) for size in rng.integers(1, 7, 3))
    times = np.sort(rng.choice(8, rng.integers(1, 4), replace=False))
    read = ("amplitude", "score", "power")[rng.integers(3)]
    return ComplexRecurrentSpectral(nodes, modes, steps, tuple(times.tolist()), read, activation,
                                    NAMES), theirs


def largest_difference(got, want):
    return np.abs(got - want).max() / max(1, np.abs(want).max())


@pytest.mark.parametrize("seed", range(100))
def test_complex_network_and_its_gradients_are_those_of_torch(seed):
    rng = np.random.default_rng(seed)
    layer, theirs = random_layer(rng)
    params = {name: rng.standard_normal(shape) for name, shape in layer.shapes.items()}
    params["phi"] = np.eye(layer.nodes) + params["phi"] / (4 * layer.nodes ** 0.5)     # cond ~ 3
    x, grad_y = rng.standard_normal((5, layer.n_in)), rng.standard_normal((5, layer.n_out))
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)

    own = {"phi": params["phi"], "k": params["k_real"] + 1j * params["k_imag"],
           "theta": params["theta"], "omega": params["omega"], "x": x}
    leaves = {name: torch.tensor(array, requires_grad=True) for name, array in own.items()}
    want = output(layer, theirs, leaves, leaves["x"])
    want.backward(torch.tensor(grad_y))
    found = {"phi": grads["phi"], "k": grads["k_real"] + 1j * grads["k_imag"],
             "theta": grads["theta"], "omega": grads["omega"], "x": grad_x}
    assert largest_difference(y, want.detach().numpy()) < 1e-11
    for name, array in found.items():
        assert largest_difference(array, leaves[name].grad.numpy()) < 1e-11, name
