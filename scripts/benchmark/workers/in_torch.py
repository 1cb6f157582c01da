"""Eager PyTorch."""
import numpy as np
import torch
from torch.nn import functional

from . import problems
from .convolutional import SIDE, outputs


def place(case, part):
    """As tensors, on so many threads."""
    torch.set_num_threads(case.threads)
    if isinstance(part, dict):
        return {name: torch.from_numpy(array) for name, array in part.items()}
    return (torch.from_numpy(part) if isinstance(part, np.ndarray)
            else [place(case, one) for one in part])


def step(case, layers, x, target, kind=""):
    """Adam as it comes, or in one fused kernel."""
    loss = functional.cross_entropy if case.classifies else functional.mse_loss
    for layer in layers:
        layer.setdefault("lambda_in", torch.zeros(layer["phi"].shape[1], dtype=x.dtype))

    def value():
        y = x
        for i, layer in enumerate(layers):
            weight = (layer["lambda_in"] - layer["lambda_out"][:, None]) * layer["phi"]
            y = functional.linear(functional.relu(y) if i else y, weight, layer.get("bias"))
        return loss(y, target)
    leaves = [tensor for layer in problems.split(case, layers)[0] for tensor in layer.values()]
    return adam_step(case, leaves, value, kind), lambda value: problems.trained(
        case, [{name: tensor.detach() for name, tensor in layer.items()} for layer in layers],
        value.detach())


def adam_step(case, leaves, loss, kind):
    """Adam as it comes, or in one fused kernel: a step on loss(), whose value it returns."""
    *betas, eps = problems.ADAM
    optimizer = torch.optim.Adam([leaf.requires_grad_() for leaf in leaves], case.rate, betas, eps,
                                 fused=kind == "fused")

    def work():
        value = loss()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value
    return work


def convolved(x, weight, layer):
    return functional.conv2d(x, weight, None, layer.stride, layer.zeros, groups=layer.groups)


def convolutional(case, weights, x):
    """Of weights (out, in, height, width) and images (p, channels, height, width)."""
    return outputs(case.name, weights, x, convolved, functional.silu, lambda x: x.mean((2, 3)))


def images(weights, x):
    """Both as PyTorch has them, channels before positions in memory, too.

    A movedim alone leaves strides at an axis of 1 that look like channels last; in float64 such a
    depthwise convolution takes several times as long.
    """
    return ([weight.movedim(-1, 1).clone(memory_format=torch.contiguous_format)
             if weight.ndim == 4 else weight for weight in weights],
            x.reshape(len(x), 1, SIDE, SIDE))


def convolution_step(case, weights, x, target, kind=""):
    weights, x = images(weights, x)
    work = adam_step(case, weights, lambda: functional.mse_loss(
        convolutional(case, weights, x), target), kind)
    return work, lambda value: problems.numbered(
        [weight.detach().movedim(1, -1) if weight.ndim == 4 else weight.detach()
         for weight in weights], value.detach())


def convolution_kernel(case, weights, x, kind):
    """The Jacobian by torch.func, or gradients of every sample by patches, layer by layer."""
    weights, x = images(weights, x)
    rows = {"jacobian": jacobian, "patches": by_patches}[kind.lower()]
    return lambda: sum(row @ row.T for row in rows(case, weights, x))


def jacobian(case, weights, x):
    def one(weights, image):
        return convolutional(case, weights, image[None])[0, 0]
    every = torch.func.vmap(torch.func.jacrev(one), (None, 0))(weights, x)
    return [row.reshape(len(x), -1) for row in every]


def by_patches(case, weights, x):
    """Patches of a layer's input, times what comes back to its output; the last layer is short."""
    met, last = [], []

    def kept(x, weight, layer):
        y = convolved(x, weight, layer)
        met.append((layer, x.detach(), y.requires_grad_()))
        return y

    def mean(x):
        last.append(x.mean((2, 3)))
        return last[0]
    y = outputs(case.name, weights, x, kept, functional.silu, mean)
    pulls = torch.autograd.grad(y.sum(), [y for *_, y in met])
    for (layer, x, _), pull in zip(met, pulls):
        patches = functional.unfold(x, layer.kernel, 1, layer.zeros, layer.stride)
        patches = patches.reshape(len(x) * layer.groups, -1, patches.shape[-1])
        pull = pull.reshape(len(patches), layer.n_out // layer.groups, -1)
        yield layer.scale * (pull @ patches.mT).reshape(len(x), -1)
    yield last[0].detach() / last[0].shape[1]
    if len(weights) > len(met) + 1:
        yield torch.ones(len(x), 1, dtype=x.dtype)


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
