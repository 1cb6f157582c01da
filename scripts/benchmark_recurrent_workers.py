"""The workers of benchmark_kernels.py for one step of a recurrent spectral network.

A step is forward, softmax cross-entropy and backward to `modes` and `theta`, without an update;
the case's depth is the number of steps in time, p the batch, widths n_in, nodes and n_out.
"""
import numpy as np
from benchmark_machine_workers import repeated


def problem(case):
    """Orthonormal [P | Q] (nodes, nodes), theta, x, labels."""
    rng = np.random.default_rng(0)
    n_in, nodes, n_out = case.widths
    phi = np.linalg.qr(rng.standard_normal((nodes, nodes)))[0]
    return (phi, rng.uniform(-1, 1, nodes - n_out), rng.standard_normal((case.p, n_in)),
            rng.integers(n_out, size=case.p))


def own_recurrent(case):
    from npspectral import softmax_cross_entropy
    from npspectral.nn import RecurrentSpectral
    n_in, nodes, n_out = case.widths
    phi, theta, x, labels = problem(case)
    layer = RecurrentSpectral(n_in, n_out, nodes, case.depth)
    params = {"planted": phi[:, :n_out].copy(), "modes": phi[:, n_out:].copy(), "theta": theta}

    def work():
        y, residuals = layer.forward(params, x)
        grads, _ = layer.backward(params, residuals, softmax_cross_entropy(y, labels)[1],
                                  input_grad=False)
        return grads

    return repeated(work, lambda grads: grads)


def products_recurrent(case):
    """The inverse, A and its backward, and three products a step but for the first one."""
    nodes, n_out = case.widths[1:]
    phi, _, _, _ = problem(case)
    state, out, matrix = np.ones((case.p, nodes)), np.ones((case.p, nodes)), np.empty_like(phi)
    scores, rows = np.empty((case.p, n_out)), np.empty((n_out, nodes))

    def work():
        np.linalg.inv(phi)
        for _ in range(4):                                  # A, then M by two, then Y^T (..)
            np.matmul(phi, phi, out=matrix)
        for t in range(case.depth - 1):
            np.matmul(state, phi.T, out=out)
            np.matmul(state.T, state, out=matrix)
            if t:
                np.matmul(state, phi, out=out)
        np.matmul(state, phi[:n_out].T, out=scores)
        np.matmul(scores, phi[:n_out], out=out)
        np.matmul(scores.T, state, out=rows)
        np.matmul(rows, phi.T)

    return repeated(work, lambda _: {})


def torch_recurrent(case):
    """Eager PyTorch, with the same shortcut: y = Y_P f of the last state."""
    import torch
    torch.set_num_threads(case.threads)
    n_in, nodes, n_out = case.widths
    phi, theta, x, labels = (torch.from_numpy(array) for array in problem(case))
    planted, modes = phi[:, :n_out].clone(), phi[:, n_out:].clone().requires_grad_()
    theta.requires_grad_()
    one, first = torch.ones(n_out, dtype=theta.dtype), x.new_zeros(len(x), nodes)
    first[:, :n_in] = x

    def work():
        eigenvectors = torch.cat([planted, modes], 1)
        inverse = torch.linalg.inv(eigenvectors)
        eigenvalues = torch.cat([one, (1 - 2.0 ** -10) * torch.tanh(theta)])
        transfer = (eigenvectors * eigenvalues) @ inverse
        state = first
        for _ in range(case.depth - 1):
            state = torch.tanh(state) @ transfer.T
        y = torch.tanh(state) @ inverse[:n_out].T
        loss = torch.nn.functional.cross_entropy(y, labels)
        return torch.autograd.grad(loss, [modes, theta])

    def show(grads):
        return {name: grad.numpy() for name, grad in zip(("modes", "theta"), grads)}

    return repeated(work, show)


BENCHMARKS = {"recurrent step": {"npspectral": own_recurrent, "products": products_recurrent,
                                 "torch": torch_recurrent}}
