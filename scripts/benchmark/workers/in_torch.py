"""Eager PyTorch."""
import numpy as np
import torch
from torch.nn import functional

from . import problems


def place(case, part):
    """As tensors, on so many threads."""
    torch.set_num_threads(case.threads)
    if isinstance(part, dict):
        return {name: torch.from_numpy(array) for name, array in part.items()}
    return (torch.from_numpy(part) if isinstance(part, np.ndarray)
            else [place(case, one) for one in part])


def step(case, layers, x, target, kind=""):
    """Adam as it comes, or in one fused kernel."""
    leaves = [tensor.requires_grad_() for layer in problems.split(case, layers)[0]
              for tensor in layer.values()]
    *betas, eps = problems.ADAM
    optimizer = torch.optim.Adam(leaves, case.rate, betas, eps, fused=kind == "fused")
    loss = functional.cross_entropy if case.classifies else functional.mse_loss
    for layer in layers:
        layer.setdefault("lambda_in", torch.zeros(layer["phi"].shape[1], dtype=x.dtype))

    def work():
        y = x
        for i, layer in enumerate(layers):
            weight = (layer["lambda_in"] - layer["lambda_out"][:, None]) * layer["phi"]
            y = functional.linear(functional.relu(y) if i else y, weight, layer.get("bias"))
        value = loss(y, target)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value
    return work, lambda value: problems.trained(
        case, [{name: tensor.detach() for name, tensor in layer.items()} for layer in layers],
        value.detach())


def hinge_flow_step(case, x, layers, target):
    (omega, bias), (beta, _) = layers
    leaves = [leaf.requires_grad_() for leaf in (omega, bias, beta)]

    def network():
        hidden = torch.relu(torch.addmm(bias, x, omega / x.shape[1] ** 0.5))
        return hidden @ beta * (problems.GAIN / len(beta))
    with torch.no_grad():
        start = network()

    def work():
        loss = torch.relu(1 - target * (network() - start)).mean()
        grads = torch.autograd.grad(loss, leaves)
        with torch.no_grad():
            for leaf, grad in zip(leaves, grads):
                leaf -= problems.RATE * grad
    return work, lambda _: (network() - start).detach()


def gradient(loss, **leaves):
    """The gradients of loss() by these tensors."""
    for leaf in leaves.values():
        leaf.requires_grad_()
    return lambda: dict(zip(leaves, torch.autograd.grad(loss(), list(leaves.values()))))


def recurrent_step(case, phi, theta, x, labels):
    """With the same shortcut as ours: y = Y_P f of the last state."""
    n_in, nodes, n_out = case.widths
    planted, modes = phi[:, :n_out].clone(), phi[:, n_out:].clone()
    one, first = torch.ones(n_out, dtype=theta.dtype), x.new_zeros(len(x), nodes)
    first[:, :n_in] = x

    def loss():
        eigenvectors = torch.cat([planted, modes], 1)
        inverse = torch.linalg.inv(eigenvectors)
        eigenvalues = torch.cat([one, (1 - 2.0 ** -10) * torch.tanh(theta)])
        transfer = (eigenvectors * eigenvalues) @ inverse
        state = first
        for _ in range(case.depth - 1):
            state = torch.tanh(state) @ transfer.T
        return functional.cross_entropy(torch.tanh(state) @ inverse[:n_out].T, labels)
    return gradient(loss, modes=modes, theta=theta)


def complex_recurrent_step(case, phi, theta, k_real, k_imag, omega, x, target):
    """Nodes real and memory complex, as the equations stand."""
    mu, back = torch.exp(1j * omega), torch.exp(-1j * case.depth * omega)

    def loss():
        inverse = torch.linalg.inv(phi)
        eigenvalues = (1 - 2.0 ** -10) * torch.tanh(theta)
        transfer, k = (phi * eigenvalues) @ inverse, torch.complex(k_real, k_imag)
        inverse = inverse + 0j
        drive = ((eigenvalues - mu[:, None]) * k) @ inverse
        u, m = x, 0
        for _ in range(case.depth):
            h = torch.tanh(u)
            u, m = h @ transfer.T, mu * m + (h + 0j) @ drive.T
        a = back * (m - (u + 0j) @ (k @ inverse).T)
        return functional.mse_loss(torch.cat([a.real, a.imag], 1), target)
    return gradient(loss, phi=phi, theta=theta, k_real=k_real, k_imag=k_imag)
