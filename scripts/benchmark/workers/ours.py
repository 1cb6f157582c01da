"""npspectral as it is."""
from functools import partial

import numpy as np

from npspectral import nn, training
from npspectral.analysis import clouds, kernels

from . import problems, repeated


def step(case, learning_rate):
    params, x, target = problems.step(case)
    one_set = case.trained == "lambda_out"
    options = dict(lambda_in=0.0, lambda_out=nn.Constant(1.0), bias=False) if one_set else {}
    layers = [nn.Spectral(n_in, n_out, trainable=problems.TRAINED[case.trained], **options)
              for n_in, n_out in case.pairs]
    network = nn.Chain(*[part for layer in layers for part in (layer, nn.ReLU())][:-1])
    params = tuple(part for layer in params for part in (layer, {}))[:-1]
    loss = nn.softmax_cross_entropy if case.classifies else nn.mean_squared_error
    step = training.Step(network, params, loss, training.Adam(learning_rate, *problems.ADAM))
    return repeated(partial(step, x, target),
                    lambda _: problems.trained(case, step.params[::2]),
                    lambda out: float(out[0]))


def network(case):
    """(network, params, x) of the problem's weights."""
    x, layers = problems.network(case)
    if case.one_hidden:
        (omega, bias), (beta, _) = layers
        params = {"omega": omega.T.copy(), "bias": bias, "beta": beta[:, 0].copy()}
        return nn.OneHidden(*case.widths[:2]), params, x
    network = nn.Chain(*[part for n_in, n_out in case.pairs
                         for part in (nn.Dense(n_in, n_out), nn.ReLU())][:-1])
    params = [part for weight, bias in layers
              for part in ({"weight": weight.T.copy(), "bias": bias}, {})][:-1]
    return network, tuple(params), x


def tangent_kernel(case):
    return repeated(partial(kernels.tangent_kernel, *network(case)), problems.part_of)


def infinite_width(case):
    x, _ = problems.network(case)
    return repeated(lambda: kernels.deep_relu_kernels(x, depth=case.depth)[1], problems.part_of)


def hinge_flow_step(case):
    """Steps of a given size."""
    start, target = network(case), problems.flow(case)[2]
    times = tuple(problems.RATE * np.arange(1, 20_001))
    limits = training.Limits(max_gradient_change=1e300, max_output_change=1e300, times=times)
    held = []

    def work():
        if not held or held[1].step == len(times):
            held[:] = [training.gradient_flow(*start, target, loss=nn.hinge, limits=limits)]
            held.append(next(held[0]))
        held[1] = next(held[0])

    return repeated(work, lambda _: {"outputs": held[1].outputs}, lambda _: held[1].loss,
                    more=problems.CHECKED_STEPS - 1)


def kernel_pca(case):
    gram = problems.gaussian_gram(case)
    return repeated(lambda: kernels.kernel_pca(gram, problems.COMPONENTS, centered=True),
                    lambda basis: {"eigenvalues": basis.eigenvalues})


def support_vectors(case):
    gram, y = problems.stripe(case)
    return repeated(lambda: kernels.support_vectors(gram, y, case.bound),
                    lambda machine: problems.dual_value(gram, y, machine.coefficients))


def twonn(case):
    x = problems.surface(case)
    return repeated(lambda: clouds.intrinsic_dimension(x, clouds.two_nn_fit),
                    lambda estimate: {"dimension": np.array([estimate.value])})


def gradient(layer, params, x, loss):
    """(run, result) of the gradients of loss(y) = (value, grad_y), without an update."""
    def work():
        y, residuals = layer.forward(params, x)
        return layer.backward(params, residuals, loss(y)[1], input_grad=False)[0]

    return repeated(work, lambda grads: grads)


def recurrent_step(case):
    """Forward, softmax cross-entropy and backward to modes and theta."""
    n_in, nodes, n_out = case.widths
    phi, theta, x, labels = problems.recurrent(case)
    params = {"planted": phi[:, :n_out].copy(), "modes": phi[:, n_out:].copy(), "theta": theta}
    return gradient(nn.RecurrentSpectral(n_in, n_out, nodes, case.depth), params, x,
                    lambda y: nn.softmax_cross_entropy(y, labels))


def complex_recurrent_step(case):
    """Forward, the squared loss of the oscillating target and backward to phi, theta and K."""
    *arrays, x, target = problems.complex_recurrent(case)
    layer = nn.ComplexRecurrentSpectral(*case.widths, case.depth)
    return gradient(layer, dict(zip(layer.shapes, arrays)), x,
                    lambda y: nn.mean_squared_error(y, target))
