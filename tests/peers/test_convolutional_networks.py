"""Random convolutional networks against PyTorch and JAX, in float64."""
from functools import lru_cache

import numpy as np
import pytest
from convolutional_networks import Framework, assert_agree, random_network, random_numbers

from npspectral.nn import Conv1D, Conv2D, Residual, TrainingBatchNorm, tree

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402

F = torch.nn.functional


def torch_convolution(p, x, layer):
    """Channels come first in torch; a ring is a row that is continued by its beginning."""
    image = isinstance(layer, Conv2D)
    x = torch.movedim(x.reshape(len(x), *layer.size), -1, 1)
    if not image:
        reach = layer.dilation * (layer.kernel - 1)
        x = torch.cat([x, x[..., :reach]], -1)
    y = (F.conv2d if image else F.conv1d)(
        x, torch.movedim(p["weight"], -1, 1) * layer.scale, p.get("bias"), layer.stride,
        layer.padding if image else 0, layer.dilation, layer.groups)
    return torch.movedim(y, 1, -1).reshape(len(x), -1)


def torch_normalization(p, x, layer):
    split = torch.movedim(x.reshape(len(x), -1, layer.channels), -1, 1)
    y = F.batch_norm(split, p["mean"].detach(), p["variance"].detach(), p["gain"], p.get("bias"),
                     isinstance(layer, TrainingBatchNorm), layer.share, layer.eps)
    return torch.movedim(y, 1, -1).reshape(len(x), -1)


def torch_activation(layer, x):
    name = type(layer).__name__
    return {"Tanh": torch.tanh, "Dropout": lambda x: x,
            "Swish": lambda x: layer.gain * F.silu(x),
            "Softplus": lambda x: F.softplus(x, layer.sharpness, 1e6)}[name](x)


def jax_convolution(p, x, layer):
    image = isinstance(layer, Conv2D)
    x = x.reshape(len(x), *layer.size)
    if not image:
        x = jnp.concatenate([x, x[:, :layer.dilation * (layer.kernel - 1)]], 1)
    axes, pad = (2, layer.padding) if image else (1, 0)
    letters = "HW"[:axes]
    y = lax.conv_general_dilated(
        x, p["weight"], (layer.stride,) * axes, [(pad, pad)] * axes, None, (layer.dilation,) * axes,
        (f"N{letters}C", f"O{letters}I", f"N{letters}C"), layer.groups)
    return (layer.scale * y + p.get("bias", 0)).reshape(len(x), -1)


def jax_normalization(p, x, layer):
    split = x.reshape(len(x), -1, layer.channels)
    mean, variance = p["mean"], p["variance"]
    if isinstance(layer, TrainingBatchNorm):
        mean, variance = split.mean((0, 1)), split.var((0, 1))
    z = (split - mean) * lax.rsqrt(variance + layer.eps)
    return (p["gain"] * z + p.get("bias", 0)).reshape(x.shape)


def jax_activation(layer, x):
    name = type(layer).__name__
    return {"Tanh": jnp.tanh, "Dropout": lambda x: x,
            "Swish": lambda x: layer.gain * x * jax.nn.sigmoid(x),
            "Softplus": lambda x: jnp.logaddexp(layer.sharpness * x, 0) / layer.sharpness}[name](x)


TORCH = Framework(torch_convolution, torch_normalization, torch_activation, torch.as_tensor)
JAX = Framework(jax_convolution, jax_normalization, jax_activation, jnp.asarray)


@pytest.mark.parametrize("seed", range(200))
def test_random_network_and_its_running_moments_are_those_of_torch(seed):
    network = random_network(seed)
    params, x, grad_y = random_numbers(network, seed)
    tensors = tree.map(lambda array: torch.tensor(array, requires_grad=True), params)
    inputs = torch.tensor(x, requires_grad=True)
    y = TORCH.apply(tensors, inputs, network)
    y.backward(torch.tensor(grad_y))
    gradients = {path: None if array.grad is None else array.grad.numpy()
                 for path, array in [*tree.items(tensors), ("x", inputs)]}
    assert_agree(network, params, x, grad_y, y.detach().numpy(), gradients)
    moved = network.statistics(params, network.forward(params, x)[1])
    for i, layer in enumerate(network):
        for name, array in moved[i].items():
            assert np.abs(array - tensors[i][name].detach().numpy()).max() <= 1e-14 * max(
                1, np.abs(array).max()), name


@lru_cache(maxsize=None)
def compiled(network):
    """y and the gradients by JAX: compiled once for a network, with little time for speed."""
    def both(p, x, g):
        y, back = jax.vjp(lambda p, x: JAX.apply(p, x, network), p, x)
        return y, back(g)

    return jax.jit(both).lower(*random_numbers(network, 0)).compile({
        "xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True})


@pytest.mark.parametrize("seed", range(200))
def test_random_network_is_that_of_jax(seed):
    """50 networks, each with four sets of numbers, because JAX compiles each of them."""
    network = random_network(seed % 50)
    given = random_numbers(network, seed)
    y, (grads, grad_x) = compiled(network)(*given)
    assert_agree(network, *given, y, {**dict(tree.items(grads)), "x": grad_x})


def test_random_networks_meet_every_kind_of_layer():
    networks = [random_network(seed) for seed in range(200)]
    kinds = {type(part).__name__ for network in networks for layer in network
             for part in (layer, *(layer.f if isinstance(layer, Residual) else ()))}
    assert kinds == {"BatchNorm", "Conv1D", "Conv2D", "Dropout", "Residual", "ScaledDense",
                     "Softplus", "SpatialMean", "SpectralConv", "Swish", "Tanh",
                     "TrainingBatchNorm", "TrainingDropout"}
    assert sum(isinstance(layer, (Conv1D, Conv2D)) and layer.groups > 1
               for network in networks for layer in network) > 30
