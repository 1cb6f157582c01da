"""JAX, compiled; of steps, old parameters are donated, with one wait at the end of many of them."""
import jax

from . import problems
from .convolutional import SIDE, outputs


def place(case, problem):
    """On the device."""
    jax.config.update("jax_enable_x64", case.dtype == "float64")
    return jax.device_put(problem)


def compiled(function, *arguments):
    """A compiled function, with a wait for every result."""
    work = jax.jit(function)
    return lambda: jax.block_until_ready(work(*arguments))


def step(case, layers, x, target):
    """The whole step in one program."""
    def loss(trained, frozen, y, target):
        for i, layer in enumerate(frozen):
            layer = layer | trained[i]
            gap = layer.get("lambda_in", 0.0) - layer["lambda_out"][:, None]
            y = (jax.nn.relu(y) if i else y) @ (gap * layer["phi"]).T + layer.get("bias", 0.0)
        if not case.classifies:
            return ((y - target) ** 2).mean()
        log_p = jax.nn.log_softmax(y)
        return -jax.numpy.take_along_axis(log_p, target[:, None], 1).mean()
    trained, frozen = problems.split(case, layers)
    return adam_step(case, loss, trained, (frozen, x, target),
                     lambda trained, value: problems.trained(case, trained, value))


def adam_step(case, loss, trained, given, show):
    """(work, show, wait) of Adam's steps on loss(trained, *given)."""
    moments = [jax.tree.map(jax.numpy.zeros_like, trained) for _ in range(2)]
    state = trained, *moments, jax.numpy.zeros((), case.dtype)
    program = jax.jit(step_program(case, loss), donate_argnums=0)

    def work():
        nonlocal state
        state, value = program(state, *given)
        return value
    return (work, lambda value: show(state[0], value),
            lambda value: jax.block_until_ready((value, state)))


def step_program(case, loss):
    """(trained, m, v, t), what else the loss takes -> the same after one step, and the loss."""
    beta1, beta2, eps = problems.ADAM

    def step(state, *given):
        trained, m, v, t = state
        value, grads = jax.value_and_grad(loss)(trained, *given)
        t = t + 1
        m = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, m, grads)
        v = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, grads)
        rate, root = case.rate / (1 - beta1 ** t), (1 - beta2 ** t) ** -0.5
        trained = jax.tree.map(lambda theta, m, v: theta - rate * m / (v ** 0.5 * root + eps),
                               trained, m, v)
        return (trained, m, v, t), value
    return step


def convolved(x, weight, layer):
    return jax.lax.conv_general_dilated(
        x, weight, 2 * (layer.stride,), 2 * [2 * (layer.zeros,)], feature_group_count=layer.groups,
        dimension_numbers=("NHWC", "OHWI", "NHWC"))


def convolutional(case, weights, x):
    images = x.reshape(len(x), SIDE, SIDE, 1)
    return outputs(case.name, weights, images, convolved, jax.nn.silu, lambda x: x.mean((1, 2)))


def convolution_step(case, weights, x, target):
    def loss(weights, x, target):
        return ((convolutional(case, weights, x) - target) ** 2).mean()
    return adam_step(case, loss, weights, (x, target), problems.numbered)


def convolution_kernel(case, weights, x, _):
    """The Jacobian by jax.grad, contracted."""
    def kernel(weights, x):
        one = jax.grad(lambda weights, row: convolutional(case, weights, row[None])[0, 0])
        rows = [row.reshape(len(x), -1) for row in jax.vmap(one, (None, 0))(weights, x)]
        return sum(row @ row.T for row in rows)
    return compiled(kernel, weights, x)


def tangent_kernel(case, x, layers, _):
    """The definition: the Jacobian of all outputs by jax.jacobian, contracted."""
    def kernel(x, layers):
        def one(row):
            return jax.jacobian(
                lambda layers: problems.outputs(layers, row[None], jax.nn.relu)[0])(layers)
        leaves = [leaf.reshape(*leaf.shape[:2], -1) for leaf in jax.tree.leaves(jax.vmap(one)(x))]
        terms = [jax.numpy.tensordot(leaf, leaf, ((-1,), (-1,))) for leaf in leaves]
        return sum(terms).transpose(0, 2, 1, 3)
    return compiled(kernel, x, layers)


def hinge_flow_step(case, x, layers, target):
    def network(layers, x):
        return problems.outputs(layers, x, jax.nn.relu)
    start = network(layers, x)

    def loss(layers, x, target):
        return jax.nn.relu(1 - target * (network(layers, x) - start)).mean()

    def euler(layers, x, target):
        grads = jax.grad(loss)(layers, x, target)
        return jax.tree.map(lambda param, grad: param - problems.RATE * grad, layers, grads)
    program = jax.jit(euler, donate_argnums=0)

    def work():
        nonlocal layers
        layers = program(layers, x, target)
    return work, lambda _: network(layers, x) - start, lambda _: jax.block_until_ready(layers)
