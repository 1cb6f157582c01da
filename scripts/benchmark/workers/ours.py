"""npspectral as it is."""
from functools import partial

import numpy as np

from npspectral import (Adam, Chain, Dense, ReLU, Spectral, mean_squared_error,
                        softmax_cross_entropy)
from npspectral.nn import (ComplexRecurrentSpectral, Constant, OneHidden, RecurrentSpectral, hinge)

from . import problems, repeated


def step(case, learning_rate):
    """npspectral.training.Step."""
    from npspectral.training import Step
    params, x, target = problems.step(case)
    one_set = case.trained == "lambda_out"
    options = dict(lambda_in=0.0, lambda_out=Constant(1.0), bias=False) if one_set else {}
    layers = [Spectral(n_in, n_out, trainable=problems.TRAINED[case.trained], **options)
              for n_in, n_out in zip(case.widths, case.widths[1:])]
    network = Chain(*[part for layer in layers for part in (layer, ReLU())][:-1])
    params = tuple(part for layer in params for part in (layer, {}))[:-1]
    loss = softmax_cross_entropy if case.classifies else mean_squared_error
    adam = Adam(learning_rate, problems.BETA1, problems.BETA2, problems.EPS)
    step = Step(network, params, loss, adam)
    return repeated(partial(step, x, target),
                    lambda _: problems.flat(problems.split(case, step.params[::2])[0]),
                    lambda out: float(out[0]))


def network(case):
    """(network, params, x) of the problem's weights."""
    x, layers = problems.network(case)
    if case.one_hidden:
        (omega, bias), (beta, _) = layers
        params = {"omega": omega.T.copy(), "bias": bias, "beta": beta[:, 0].copy()}
        return OneHidden(case.widths[0], case.widths[1]), params, x
    network, params = [], []
    for weight, bias in layers:
        network += [Dense(*weight.shape), ReLU()]
        params += [{"weight": weight.T.copy(), "bias": bias}, {}]
    return Chain(*network[:-1]), tuple(params[:-1]), x


def tangent_kernel(case):
    from npspectral.analysis.kernels.tangent import tangent_kernel as kernel
    return repeated(partial(kernel, *network(case)), problems.part_of)


def infinite_width(case):
    from npspectral.analysis.kernels.infinite_width import deep_relu_kernels
    x, _ = problems.network(case)
    return repeated(lambda: deep_relu_kernels(x, depth=case.depth)[1], problems.part_of)


def hinge_flow_step(case):
    """npspectral.training.gradient_flow, by steps of a given size."""
    from npspectral.training.gradient_flow import Limits, gradient_flow
    model, params, x = network(case)
    target = problems.flow(case)[2]
    times = tuple(problems.RATE * np.arange(1, 20_001))
    limits = Limits(max_gradient_change=1e300, max_output_change=1e300, times=times)
    held = []

    def work():
        if not held or held[1].step == len(times):
            held[:] = [gradient_flow(model, params, x, target, loss=hinge, limits=limits)]
            held.append(next(held[0]))
        held[1] = next(held[0])

    def result(_):
        run(problems.CHECKED_STEPS - 1)
        return {"outputs": held[1].outputs}

    run, show = repeated(work, result, lambda _: held[1].loss)
    return run, show


def kernel_pca(case):
    from npspectral.analysis.kernels.pca import kernel_pca as principal
    gram = problems.gaussian_gram(case)
    return repeated(lambda: principal(gram, problems.COMPONENTS, centered=True),
                    lambda basis: {"eigenvalues": basis.eigenvalues})


def support_vectors(case):
    from npspectral.analysis.kernels.machines import support_vectors as solve
    gram, y = problems.stripe(case)
    return repeated(lambda: solve(gram, y, case.bound),
                    lambda machine: problems.dual_value(gram, y, machine.coefficients))


def twonn(case):
    from npspectral.analysis.clouds.dimension import intrinsic_dimension, two_nn_fit
    x = problems.surface(case)
    return repeated(lambda: intrinsic_dimension(x, two_nn_fit),
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
    return gradient(RecurrentSpectral(n_in, n_out, nodes, case.depth), params, x,
                    lambda y: softmax_cross_entropy(y, labels))


def complex_recurrent_step(case):
    """Forward, the squared loss of the oscillating target and backward to phi, theta and K."""
    *arrays, x, target = problems.complex_recurrent(case)
    layer = ComplexRecurrentSpectral(*case.widths, case.depth)
    return gradient(layer, dict(zip(layer.shapes, arrays)), x,
                    lambda y: mean_squared_error(y, target))
