"""The matrix products that the formulas need, and nothing else, into arrays that exist already."""
import numpy as np

from . import problems
from .convolutional import PLANS, SIDE, Conv

CACHED = 2 ** 17                        # numbers in the patches that are multiplied at a time


def multiplied(products, inverted=None):
    """All a b -> out, behind the inverse of a matrix if there is one."""
    def work():
        if inverted is not None:
            np.linalg.inv(inverted)
        for a, b, out in products:
            np.matmul(a, b, out=out)
    return work, lambda _: {}


def step(case, layers, x, target):
    y = [x] + [np.ones((case.p, width), case.dtype) for width in case.widths[1:]]
    todo = []
    for i, layer in enumerate(layers):
        phi, grad_y = layer["phi"], np.ones_like(y[i + 1])
        todo.append((y[i], phi.T, np.empty_like(grad_y)))
        if i > 0:
            todo.append((grad_y, phi, np.empty_like(y[i])))
        if case.trained != "lambda_out":                    # with one set, G = dL/dW is not needed
            todo.append((grad_y.T, y[i], np.empty_like(phi)))
    return multiplied(todo)


def convolution_products(case, side=SIDE, plan=None):
    """(how many samples, how often, their patches, y) of every convolution without groups.

    Sums over few channels are no products of matrices and are left out.
    """
    for layer in PLANS[case.name] if plan is None else plan:
        if isinstance(layer, list):
            yield from convolution_products(case, side, layer)
        elif isinstance(layer, Conv):
            side = layer.side(side)
            size = layer.kernel ** 2 * layer.n_in
            few = min(case.p, max(1, CACHED // (side * side * size)))
            if layer.groups == 1:
                yield (few, -(-case.p // few), np.ones((few * side * side, size), case.dtype),
                       np.ones((few * side * side, layer.n_out), case.dtype))


def convolution_step(case, *_):
    todo = []
    for _, times, patches, y in convolution_products(case):
        weight = np.ones((y.shape[1], patches.shape[1]), case.dtype)
        one = [(patches, weight.T, np.empty_like(y)), (y.T, patches, np.empty_like(weight))]
        todo += times * (one + [(y, weight, np.empty_like(patches))] * bool(todo))
    return multiplied(todo)


def convolution_kernel(case, *_):
    """Forward, backward, the gradient of every sample, and their Gram matrix."""
    todo, gram = [], np.empty((case.p, case.p))
    for few, times, patches, y in convolution_products(case):
        weight = np.ones((y.shape[1], patches.shape[1]))
        split_y, split_patches = (a.reshape(few, -1, a.shape[1]) for a in (y, patches))
        one = [(patches, weight.T, np.empty_like(y)),
               (split_y.mT, split_patches, np.empty((few, *weight.shape)))]
        rows = np.ones((case.p, weight.size))
        todo += times * (one + [(y, weight, np.empty_like(patches))] * bool(todo))
        todo.append((rows, rows.T, gram))
    return multiplied(todo)


def tangent_kernel(case, x, layers):
    """Forward, backward and the Gram matrices of every layer."""
    n_out, todo, last = case.widths[-1], [], len(layers) - 1
    gram = np.empty((case.p, case.p))
    outer = gram if n_out == 1 else np.empty((case.p * n_out,) * 2)
    for i, (weight, _) in enumerate(layers):
        n_in, width = weight.shape
        grad_y, inputs = np.ones((case.p * n_out, width)), x if i == 0 else np.ones((case.p, n_in))
        todo += [(inputs, weight, np.empty((case.p, width))), (inputs, inputs.T, gram)]
        if i < last:
            todo.append((grad_y, grad_y.T, outer))
        if 0 < i < last:
            todo.append((grad_y, weight.T, np.empty((case.p * n_out, n_in))))
    return multiplied(todo)


def hinge_flow_step(case, *_):
    d, h = case.widths[:2]
    x, hidden, neurons = np.ones((case.p, d + 1)), np.ones((case.p, h)), np.ones((h, d + 1))
    return multiplied([(x, neurons.T, np.empty_like(hidden)), (x.T, hidden, np.empty((d + 1, h)))])


def kernel_pca(case, gram):
    """Six blocks, a row for each component, times K: the fewest that block Lanczos makes."""
    block = np.ones((problems.COMPONENTS, case.p))
    return multiplied(6 * [(block, gram, np.empty_like(block))])


def recurrent_step(case, phi, *_):
    """The inverse, A and its backward, and three products a step but for the first one."""
    nodes, n_out = case.widths[1:]
    state, out, matrix = np.ones((case.p, nodes)), np.ones((case.p, nodes)), np.empty_like(phi)
    scores, rows = np.empty((case.p, n_out)), np.empty((n_out, nodes))
    todo = 4 * [(phi, phi, matrix)]                         # A, then M by two, then Y^T (..)
    for t in range(case.depth - 1):
        todo += [(state, phi.T, out), (state.T, state, matrix)]
        todo += [(state, phi, out)] * (t > 0)
    todo += [(state, phi[:n_out].T, scores), (scores, phi[:n_out], out), (scores.T, state, rows),
             (rows, phi.T, np.empty_like(rows))]
    return multiplied(todo, inverted=phi)


def complex_recurrent_step(case, phi, *_):
    """The inverse, A and its backward, K Y and its backward, and all products of a step in time."""
    nodes, modes = case.widths
    state, out, matrix = np.ones((case.p, nodes)), np.empty((case.p, nodes)), np.empty_like(phi)
    k, written = np.ones((2 * modes, nodes)), np.ones((case.p, 2 * modes))
    rows, grad_k = np.empty_like(k), np.empty_like(k)
    todo = 5 * [(phi, phi, matrix)]                         # A, then M by two, grad_Y Y^T, Y^T (..)
    todo += [(k, phi, rows), (k.T, rows, matrix), (rows, phi.T, grad_k)]
    for t in range(case.depth):
        todo += [(state, k.T, written), (written.T, state, rows)]
        if t > 0:
            todo += [(state, phi.T, out), (written, k, out), (state.T, state, matrix)]
        if t > 1:
            todo.append((state, phi, out))
    return multiplied(todo, inverted=phi)
