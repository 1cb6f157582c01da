"""npspectral as it is."""
from functools import partial

import numpy as np

from npspectral import nn, training
from npspectral.analysis import clouds, kernels

from . import problems


def chain(layers, params):
    """(network, params) with a ReLU between all layers."""
    parts = [part for layer in layers for part in (layer, nn.ReLU())]
    return nn.Chain(*parts[:-1]), tuple(part for own in params for part in (own, {}))[:-1]


def step(case, params, x, target):
    one_set = case.trained == "lambda_out"
    options = dict(lambda_in=0.0, lambda_out=nn.Constant(1.0), bias=False) if one_set else {}
    network, params = chain([nn.Spectral(
        *pair, trainable=problems.TRAINED[case.trained], **options) for pair in case.pairs], params)
    loss = nn.softmax_cross_entropy if case.classifies else nn.mean_squared_error
    step = training.Step(network, params, loss, training.Adam(case.rate, *problems.ADAM))
    return partial(step, x, target), lambda out: problems.trained(case, step.params[::2], out[0])


def convolutional(case, weights):
    """(network, params) of the problem's weights, which are in order."""
    kind, width = case.name.split()
    network = {"strided": partial(nn.strided_network, (28, 28, 1)),
               "inverted": partial(nn.inverted_network, (28, 28, 1))}[kind](int(width))
    given = iter(weights)
    return network, nn.tree.map(lambda _: next(given), network.init(np.random.default_rng(0)))


def convolution_step(case, weights, x, target):
    step = training.Step(*convolutional(case, weights), nn.mean_squared_error,
                         training.Adam(case.rate, *problems.ADAM))
    return partial(step, x, target), lambda out: problems.numbered(
        nn.tree.leaves(step.params), out[0])


def convolution_kernel(case, weights, x):
    return partial(kernels.tangent_kernel, *convolutional(case, weights), x)


def network(case, x, layers):
    """(network, params, x) of the problem's weights."""
    if case.one_hidden:
        (omega, bias), (beta, _) = layers
        params = {"omega": omega.T.copy(), "bias": bias, "beta": beta[:, 0].copy()}
        return nn.OneHidden(*case.widths[:2]), params, x
    return *chain([nn.Dense(*pair) for pair in case.pairs],
                  [{"weight": weight.T.copy(), "bias": bias} for weight, bias in layers]), x


def tangent_kernel(case, x, layers):
    return partial(kernels.tangent_kernel, *network(case, x, layers))


def infinite_width(case, x, layers):
    return lambda: kernels.deep_relu_kernels(x, depth=case.depth)[1]


def hinge_flow_step(case, x, layers, target):
    """Steps of a given size."""
    start = network(case, x, layers)
    times = tuple(problems.RATE * np.arange(1, 20_001))
    limits = training.Limits(max_gradient_change=1e300, max_output_change=1e300, times=times)
    flow = state = None

    def work():
        nonlocal flow, state
        if state is None or state.step == len(times):
            flow = training.gradient_flow(*start, target, loss=nn.hinge, limits=limits)
            next(flow)
        state = next(flow)
        return state.outputs
    return work


def kernel_pca(case, gram):
    return lambda: kernels.kernel_pca(gram, problems.COMPONENTS, centered=True).eigenvalues


def support_vectors(case, gram, y):
    return (lambda: kernels.support_vectors(gram, y, case.bound).coefficients,
            partial(problems.dual_value, gram, y))


def twonn(case, x):
    return lambda: clouds.intrinsic_dimension(x, clouds.two_nn_fit).value


def gradient(layer, params, x, loss, target):
    """The gradients of loss(y, target) by the parameters, without an update."""
    def work():
        y, residuals = layer.forward(params, x)
        return layer.backward(params, residuals, loss(y, target)[1], input_grad=False)[0]
    return work


def recurrent_step(case, phi, theta, x, labels):
    """Forward, softmax cross-entropy and backward to modes and theta."""
    n_in, nodes, n_out = case.widths
    params = {"planted": phi[:, :n_out].copy(), "modes": phi[:, n_out:].copy(), "theta": theta}
    return gradient(nn.RecurrentSpectral(n_in, n_out, nodes, case.depth), params, x,
                    nn.softmax_cross_entropy, labels)


def complex_recurrent_step(case, *problem):
    """Forward, the squared loss of the oscillating target and backward to phi, theta and K."""
    *arrays, x, target = problem
    layer = nn.ComplexRecurrentSpectral(*case.widths, case.depth)
    return gradient(layer, dict(zip(layer.shapes, arrays)), x, nn.mean_squared_error, target)
