"""The neural tangent kernel of a finite network: the Gram matrix of its outputs' gradients.

    J_kn,theta = df_k(x_n) / dtheta
    Theta_nm,kl = sum_theta J_kn,theta J'_lm,theta     over all trainable parameters

f_k is output k of K, x_n is sample n, and J' is J at the second set of samples, x_m. Gradient flow
of L = (1/p) sum_m loss(f(x_m)) has the force g_l = -dloss/df_l. It moves the parameters, and by the
chain rule these move the outputs at any point x:
    dtheta/dt = -dL/dtheta = (1/p) sum_m,l g_l(x_m) df_l(x_m)/dtheta
    df_k(x)/dt = sum_theta df_k(x)/dtheta dtheta/dt = (1/p) sum_m,l Theta_kl(x, x_m) g_l(x_m)

`tangent_kernel_by_definition` is the product of the second line. `tangent_kernel` gives the same,
and needs no J for a layer that has a `kernel_term`: the rows of its J are outer products, so their
Gram matrix is a product of two small Gram matrices. Other layers are taken by the definition, one
by one.

Source: Jacot, Gabriel and Hongler 2018, NeurIPS; the terms of spectral layers are derived here.
"""
from dataclasses import fields, replace
from functools import lru_cache

import numpy as np

from ..._memory import hold_memory
from ...nn import Chain, tree
from ...nn.layer import check_array, gram, refuse_coupled

BLOCK = 1000                    # samples times outputs of one side of a block: it bounds memory


def jacobian(network, params, x):
    """J (K, N, P) at x (N, n_in): K outputs, N samples, P trainable parameters.

    One backward pass gives it. Outputs and samples are leading axes, over which no layer sums.
    Raises TypeError or ValueError on inputs that do not fit, or if nothing is trainable.
    """
    _check("jacobian", network, x=x)
    y, residuals = network.forward(params, x[:, None])
    n_out = y.shape[-1]
    grad_y = np.broadcast_to(np.eye(n_out, dtype=y.dtype)[:, None, None], (n_out, *y.shape))
    grads, _ = network.backward(params, residuals, grad_y, input_grad=False)
    return np.concatenate([grad.reshape(n_out, len(x), -1) for grad in tree.leaves(grads)], -1)


def tangent_kernel_by_definition(network, params, x1, x2=None):
    """Theta as `tangent_kernel` gives it, with all numbers of J (K, N, P) in memory."""
    rows1 = jacobian(network, params, x1)
    rows2 = rows1 if x2 is None else jacobian(network, params, x2)
    kernel = np.einsum("knp,lmp->nmkl", rows1, rows2)
    return kernel[:, :, 0, 0] if len(rows1) == 1 else kernel


def tangent_kernel(network, params, x1, x2=None):
    """Theta (N1, N2) for x1 (N1, n_in) and x2 (N2, n_in), or x1 with itself.

    With K > 1 outputs its shape is (N1, N2, K, K). The process keeps freed memory, as in a
    `fit`: see `sweep.hold_memory`. Raises ValueError or TypeError on inputs that do not fit. Raises
    ValueError if nothing is trainable, or if gradients or kernel_term of a layer break the rule of
    leading axes (see nn/layer.py), which `check_gradients` tests.

    >>> from npspectral import Dense
    >>> tangent_kernel(Dense(2, 1), {"weight": np.ones((1, 2)), "bias": np.ones(1)}, np.eye(2))
    array([[2., 1.],
           [1., 2.]])
    """
    return _assemble(network, params, x1, x2, lambda name: "all")["all"]


def tangent_kernel_parts(network, params, x1, x2=None):
    """The parts of Theta by parameter, {"lambda_in": (N1, N2), "phi": ...}; their sum is Theta.

    Parameters of the same name in several layers make one part, those within a Residual too.
    Errors and memory are as in `tangent_kernel`.
    """
    return _assemble(network, params, x1, x2, lambda name: name.rpartition("/")[2])


def _assemble(network, params, x1, x2, group):
    """{group(name of a parameter): its part of Theta}, computed block by block.

    If x2 is None it is x1, and only one triangle of blocks is computed.
    """
    pairs = list(_flat(network, tree.locked(params)))
    symmetric = x2 is None
    x2 = x1 if symmetric else x2
    _check("tangent_kernel", network, x1=x1, x2=x2)
    x1, x2 = tree.locked((x1, x2))
    hold_memory()
    parts = {}
    for rows, columns, side1, side2 in _blocks(pairs, x1, x2, symmetric):
        block = {}
        for name, term in _terms(side1, side2):
            part = group(name)
            block[part] = block[part] + term if part in block else term
        for name, total in block.items():
            n_out = len(total)
            if name not in parts:
                parts[name] = np.empty((len(x1), len(x2), n_out, n_out), total.dtype)
            parts[name][rows, columns] = total.transpose(1, 3, 0, 2)
            if symmetric and rows != columns:
                parts[name][columns, rows] = total.transpose(3, 1, 2, 0)
    return {name: whole[:, :, 0, 0] if n_out == 1 else whole for name, whole in parts.items()}


def _check(owner, network, **points):
    """Refuse coupled samples, nothing trainable, and points that are not of shape (n, n_in)."""
    refuse_coupled(owner, network)
    if not network.learned:
        raise ValueError(f"{owner}: nothing is trainable")
    for name, x in points.items():
        check_array(owner, name, x)
        if x.ndim != 2 or len(x) == 0:
            raise ValueError(f"{owner}: {name} has shape {x.shape}, expected (n, n_in) with n >= 1")


def _blocks(pairs, x1, x2, symmetric):
    """(rows, columns, their sides) of all blocks, or of those on and above the diagonal.

    A side is what `_side` gives for one block of points. A cache holds as many sides as take less
    room than the result, but at least two. In each row of blocks the columns go from the last to
    the first. With x1 alone, the side of the next row's points is then one of the last two that a
    row asks for, and even a cache of two still holds it.
    """
    n_out = _forward(pairs, x1[:1])[1].shape[-1]
    width = sum(layer.n_out for layer, _ in pairs if layer.learned)
    size = max(1, BLOCK // n_out)
    room = max(2, n_out * len(x1) * len(x2) // (size * width))

    @lru_cache(room)
    def side(start, second):
        return _side(pairs, (x2 if second else x1)[start:start + size])

    for first in range(0, len(x1), size):
        rows, side1 = slice(first, first + size), side(first, False)
        for start in reversed(range(first if symmetric else 0, len(x2), size)):
            yield rows, slice(start, start + size), side1, side(start, not symmetric)


def _flat(network, params):
    """(layer, params) of every layer, in order, including the layers of chains within chains."""
    if isinstance(network, Chain):
        if len(params) != len(network.layers):
            raise ValueError(f"tangent_kernel: params has {len(params)} entries, expected one for "
                             f"each of {len(network.layers)} layers")
        for layer, layer_params in zip(network.layers, params):
            yield from _flat(layer, layer_params)
    else:
        yield network, params


def _side(pairs, x):
    """(layer, params, x, residuals, grad_y) of each layer that learns, the last one first.

    grad_y (K, n, n_out) is the gradient of each of the network's K outputs with respect to the
    output of the layer, for each of the n samples by itself.
    """
    steps, y = _forward(pairs, x)
    n, n_out = y.shape
    grad_y = np.broadcast_to(np.eye(n_out, dtype=y.dtype)[:, None], (n_out, n, n_out))
    first = min(i for i, (layer, *_) in enumerate(steps) if layer.learned)
    side = []
    for position in range(len(steps) - 1, first - 1, -1):
        layer, layer_params, x, residuals = steps[position]
        if layer.learned:
            side.append((layer, layer_params, x, residuals, grad_y))
        if position > first:
            _, grad_y = _frozen(layer).backward(layer_params, residuals, grad_y)
    return side


def _forward(pairs, x):
    """(layer, params, x, residuals) of each layer, and the output of the last one."""
    steps = []
    for layer, layer_params in pairs:
        y, residuals = layer.forward(layer_params, x)
        steps.append((layer, layer_params, x, residuals))
        x = y
    return steps, x


def _frozen(layer):
    """The layer with nothing trainable: its backward computes grad_x alone."""
    names = {field.name for field in fields(layer)}
    return replace(layer, trainable=()) if "trainable" in names else layer


def _terms(side1, side2):
    """(name of a parameter, its array (K, n1, K, n2)) for every layer that learns."""
    for (layer, params, x1, *rest1), (_, _, x2, *rest2) in zip(side1, side2):
        if hasattr(layer, "kernel_term"):
            terms = layer.kernel_term(params, *rest1, *rest2)
            axes = (*rest1[1].shape[:2], *rest2[1].shape[:2])
            _check_shapes(layer, "kernel_term", terms, dict.fromkeys(layer.learned, axes))
            yield from terms.items()
        else:
            rows1 = _rows(layer, params, x1, rest1[1])
            rows2 = rows1 if x1 is x2 else _rows(layer, params, x2, rest2[1])
            for name in rows1:
                yield name, gram(rows1[name], rows2[name])


def _rows(layer, params, x, grad_y):
    """The Jacobian of one layer's parameters by its backward: name -> (K, n, size)."""
    _, residuals = layer.forward(params, x[:, None])
    grads, _ = layer.backward(params, residuals, grad_y[:, :, None], input_grad=False)
    axes = grad_y.shape[:2]
    _check_shapes(layer, f"backward for x {x[:, None].shape}", grads,
                  {name: (*axes, *params[name].shape) for name in layer.learned})
    return {name: grad.reshape(*axes, -1) for name, grad in grads.items()}


def _check_shapes(layer, source, arrays, expected):
    """Refuse rows or terms of other shapes, even if they would broadcast or reshape to these."""
    came = {name: np.shape(array) for name, array in arrays.items()}
    if came != expected:
        raise ValueError(f"tangent_kernel: {layer.label}: {source} gives the shapes {came}, "
                         f"expected {expected}")
