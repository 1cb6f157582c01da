"""Nested networks against PyTorch: A = Phi Lambda Phi^-1 by a general inverse, applied by rows."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional

from conftest import assert_near  # noqa: E402

from npspectral import ELU, Identity, Nested, ReLU, Sigmoid, Softplus, Tanh  # noqa: E402

ACTIVATIONS = [(ReLU(), torch.relu), (Tanh(), torch.tanh), (ELU(0.5), lambda z: F.elu(z, 0.5)),
               (Sigmoid(), torch.sigmoid), (Softplus(), lambda z: F.softplus(z, threshold=1e6)),
               (Identity(), lambda z: z)]


def transfers(layer, params, ends):
    """(N, N) with gap_k phi_k below the diagonal, and Phi."""
    n, phi = ends[-1], torch.eye(ends[-1], dtype=torch.float64)
    matrix = torch.zeros(n, n, dtype=torch.float64)
    for k in range(1, len(layer.sizes)):
        rows, columns = slice(ends[k], ends[k + 1]), slice(ends[k - 1], ends[k])
        names = ((f"lambda_{k - 1}", f"lambda_{k}") if layer.shared
                 else (f"lambda_in_{k}", f"lambda_out_{k}"))
        before, after = (params[name] for name in names)
        phi[rows, columns] = params[f"phi_{k}"]
        matrix[rows, columns] = (before[None, :] - after[:, None]) * params[f"phi_{k}"]
    return matrix, phi


def links(layer, params, ends):
    """What multiplies the activities of all nodes: A itself where one Lambda serves all."""
    matrix, phi = transfers(layer, params, ends)
    if not layer.skip:
        return matrix
    if not layer.shared:
        return matrix @ torch.linalg.inv(phi)
    eigenvalues = torch.cat([params[f"lambda_{k}"] for k in range(len(layer.sizes))])
    return phi @ torch.diag(eigenvalues) @ torch.linalg.inv(phi)


def output(layer, activation, params, x):
    ends = [0, *np.cumsum(layer.sizes).tolist()]
    matrix, nodes = links(layer, params, ends), x
    for k in range(1, len(layer.sizes)):
        z = nodes @ matrix[ends[k]:ends[k + 1], :ends[k]].T + params.get(f"bias_{k}", 0)
        nodes = torch.cat([nodes, activation(z) if k < layer.depth else z], 1)
    return z


def random_layer(rng):
    activation, theirs = ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
    sizes = tuple(rng.integers(1, 7, rng.integers(2, 6)).tolist())
    bias, shared, skip = (bool(flag) for flag in rng.integers(2, size=3))
    return Nested(sizes, activation, bias, shared, skip), theirs


@pytest.mark.parametrize("seed", range(200))
def test_nested_network_and_its_gradients_are_those_of_torch(seed):
    rng = np.random.default_rng(seed)
    layer, theirs = random_layer(rng)
    params = {name: rng.uniform(-1, 1, shape) for name, shape in layer.shapes.items()}
    x, grad_y = rng.standard_normal((5, layer.n_in)), rng.standard_normal((5, layer.n_out))
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)

    tensors = {name: torch.tensor(array, requires_grad=True)
               for name, array in {**params, "x": x}.items()}
    want = output(layer, theirs, tensors, tensors["x"])
    want.backward(torch.tensor(grad_y))
    found = {name: tensors[name].grad.numpy() for name in tensors} | {"y": want.detach().numpy()}
    for name, array in {**grads, "x": grad_x, "y": y}.items():
        assert_near(array, found[name], 256, max(1, np.abs(found[name]).max()), name)
