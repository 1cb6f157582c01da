"""The workers of benchmark_kernels.py for one step of a complex recurrent spectral network.

A step is forward, the squared loss of the oscillating target and backward to phi, theta and K,
without an update; the case's depth is the number of steps in time, p the batch, widths nodes and
modes.
"""
import numpy as np
from benchmark_machine_workers import repeated

NAMES = ("phi", "theta", "k_real", "k_imag")


def problem(case):
    """phi, theta, Re K, Im K, omega, x, and targets (Re a, Im a)."""
    rng = np.random.default_rng(0)
    nodes, modes = case.widths
    phi = np.linalg.qr(rng.standard_normal((nodes, nodes)))[0]
    k = rng.standard_normal((2, modes, nodes)) / nodes ** 0.5
    return (phi, rng.uniform(-1, 1, nodes), *k, np.pi * np.arange(1, modes + 1) / (modes + 1),
            rng.standard_normal((case.p, nodes)), rng.standard_normal((case.p, 2 * modes)))


def own_complex(case):
    from npspectral import mean_squared_error
    from npspectral.nn import ComplexRecurrentSpectral
    *arrays, x, target = problem(case)
    layer = ComplexRecurrentSpectral(*case.widths, case.depth)
    params = dict(zip(layer.shapes, arrays))

    def work():
        y, residuals = layer.forward(params, x)
        return layer.backward(params, residuals, mean_squared_error(y, target)[1],
                              input_grad=False)[0]

    return repeated(work, lambda grads: grads)


def products_complex(case):
    """The inverse, A and its backward, K Y and its backward, and all products of a step in time."""
    nodes, modes = case.widths
    phi, k, state = problem(case)[0], np.ones((2 * modes, nodes)), np.ones((case.p, nodes))
    out, matrix, rows = np.empty_like(state), np.empty_like(phi), np.empty_like(k)
    written, grad_k = np.ones((case.p, 2 * modes)), np.empty_like(k)

    def work():
        np.linalg.inv(phi)
        for _ in range(5):                          # A, then M by two, grad_Y Y^T and Y^T (..)
            np.matmul(phi, phi, out=matrix)
        np.matmul(k, phi, out=rows)
        np.matmul(k.T, rows, out=matrix)
        np.matmul(rows, phi.T, out=grad_k)
        for t in range(case.depth):
            np.matmul(state, k.T, out=written)
            np.matmul(written.T, state, out=rows)
            if t:
                np.matmul(state, phi.T, out=out)
                np.matmul(written, k, out=out)
                np.matmul(state.T, state, out=matrix)
            if t > 1:
                np.matmul(state, phi, out=out)

    return repeated(work, lambda _: {})


def torch_complex(case):
    """Eager PyTorch, nodes real and memory complex, as the equations stand."""
    import torch
    torch.set_num_threads(case.threads)
    phi, theta, k_real, k_imag, omega, x, target = map(torch.from_numpy, problem(case))
    leaves = [leaf.requires_grad_() for leaf in (phi, theta, k_real, k_imag)]
    mu, back = torch.exp(1j * omega), torch.exp(-1j * case.depth * omega)

    def work():
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
        loss = torch.nn.functional.mse_loss(torch.cat([a.real, a.imag], 1), target)
        return torch.autograd.grad(loss, leaves)

    return repeated(work, lambda grads: {name: grad.numpy() for name, grad in zip(NAMES, grads)})


BENCHMARKS = {"complex recurrent step": {"npspectral": own_complex, "products": products_complex,
                                         "torch": torch_complex}}
