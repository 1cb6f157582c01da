"""Mistakes in the backward pass of layers and networks, in the precision and the form of gradients.

Tables name -> (sentence, wrong steps[, in which activations]); a wrong step is called as
wrong(right, *arguments), where right is the right step. The forward pass is right.
"""
import numpy as np

from .definition import NONLINEAR, swapped
from .right import ACTIVATIONS, SPECTRAL, gap


def after(change):
    """Final answers changed: change(case, name, array) -> array for every gradient."""
    def finish(right, case, answers):
        return {name: change(case, name, entry) if name.startswith("grad_") else entry
                for name, entry in right(case, answers).items()}
    return {"finish": finish}


def times(factor):
    """Every gradient times factor(B, I, O)."""
    def change(case, name, entry):
        last = case.grad_y if case.grad_y is not None else case.target
        outputs = last.shape[-1] if last.ndim > 1 else case.expect["y"].value.shape[1]
        return factor(*np.array([len(case.x), case.x.shape[-1], outputs], float)) * entry
    return after(change)


def parameters_times(factor):
    """The gradients of all parameters times factor(B), that of x as it is."""
    return {"matrix_backward": lambda right, matrix, x, g: factor(len(g)) * right(matrix, x, g),
            "bias_backward": lambda right, g: factor(len(g)) * right(g)}


def zero(*names):
    """The gradients of some parameters, those of every transfer of a network, are zero."""
    return after(lambda case, name, entry: 0 * entry if name.split("_", 1)[1].rpartition(
        "/")[2].rstrip("_0123456789") in names else entry)


def weight_grad(**changes):
    """Some of the gradients of lambda_in, lambda_out, phi replaced by functions of (p, G)."""
    return {"weight_backward": lambda right, p, g: {
        **right(p, g), **{key: change(p, g) for key, change in changes.items()}}}


def scaled_grad(**factors):
    def wrong(right, p, g):
        grads = right(p, g)
        return {**grads, **{key: factor * grads[key] for key, factor in factors.items()}}
    return {"weight_backward": wrong}


def some_samples(pick):
    return {"matrix_backward": lambda right, matrix, x, g: right(matrix, x[pick], g[pick]),
            "bias_backward": lambda right, g: right(g[pick])}


LIMITS = (1.0, 0.5, 0.1, 5.0, 10.0)


def clipped(limit, parts):
    """parts(case, answers) lists sets of names; the gradients of each are limited together."""
    def finish(right, case, answers):
        answers = right(case, answers)
        names = [name for name in case.expect if name.startswith("grad_")]
        for together in parts(names):
            answers |= limit({name: answers[name] for name in together})
        return answers
    return {"finish": finish}


def by_norm(most, eps):
    def limit(grads):
        norm = np.sqrt(sum((grad ** 2).sum() for grad in grads.values()))
        return {name: grad * min(1.0, most / (norm + eps)) if norm else grad
                for name, grad in grads.items()}
    return limit


def by_value(most):
    return lambda grads: {name: grad.clip(-most, most) for name, grad in grads.items()}


def of_parameters(names):
    return [[name for name in names if name not in ("grad_x", "grad_y")]]


def input_grad(change):
    """grad_x of a spectral layer from another matrix: change(p, matrix)."""
    return {"input_backward": lambda right, layer, p, matrix, g: right(
        layer, p, change(p, matrix) if layer["layer"] in SPECTRAL else matrix, g)}


def _detached(right, layers, all_params, inputs, grad_y):
    """Only the last layer with parameters gets gradients."""
    grads, grad_x = right(layers, all_params, inputs, grad_y)
    last = max(k for k, p in enumerate(all_params) if p)
    stays = last == min(k for k, p in enumerate(all_params) if p)
    prefix = f"grad_{layers[last]['prefix']}"
    return {name: entry if name.startswith(prefix) else 0 * entry
            for name, entry in grads.items()}, grad_x if stays else 0 * grad_x


BACKWARD = {
    "parameter gradients times B": (
        "The gradients of the parameters are B times too large: they are sums over the batch "
        "already.", parameters_times(lambda b: b)),
    "parameter gradients divided by B": (
        "The gradients of the parameters are divided by the batch size; they are sums over the "
        "batch, and a mean belongs to the loss.", parameters_times(lambda b: 1 / max(b, 1))),
    "gradients times B": (
        "All gradients are B times too large: a sum over the batch in place of a mean.",
        times(lambda b, i, o: b)),
    "gradients divided by B": (
        "All gradients are divided by the batch size: a mean over the batch in place of a sum.",
        times(lambda b, i, o: 1 / max(b, 1))),
    "gradients times O": (
        "All gradients are n_out times too large: a sum over outputs in place of a mean.",
        times(lambda b, i, o: o)),
    "gradients divided by O": (
        "All gradients are divided by n_out: a mean over outputs in place of a sum.",
        times(lambda b, i, o: 1 / o)),
    "gradients divided by B and O": (
        "All gradients are divided by the number of outputs of the whole batch: a mean in place "
        "of a sum.", times(lambda b, i, o: 1 / max(b * o, 1))),
    "gradients halved": ("All gradients are half of what they should be.",
                         times(lambda b, i, o: .5)),
    "gradients doubled": (
        "All gradients are doubled, as when they are accumulated twice.", times(lambda b, i, o: 2)),
    "parameter gradients doubled": (
        "The gradients of the parameters are doubled, as when an earlier call is not cleared.",
        parameters_times(lambda b: 2)),
    "gradients negated": ("All gradients have the opposite sign.", times(lambda b, i, o: -1)),
    "upstream ignored": ("The upstream gradient grad_y is replaced by ones.",
                         {"upstream": lambda right, g: np.ones_like(g)}),
    "derivative at the output": (
        "The activation's derivative is taken at its output y; it belongs at its input z.",
        {"slope": lambda right, layer, z: right(layer, ACTIVATIONS[layer["layer"]](layer, z)[0])},
        ("elu", "tanh", "sigmoid", "softplus")),
    "derivative formula of the output at z": (
        "The derivative is written in terms of the output, but given the input z.",
        {"slope": lambda right, layer, z: 1 - z * z if layer["layer"] == "tanh" else z * (1 - z)},
        ("tanh", "sigmoid")),
    "derivative of elu from y + 1": (
        "The derivative of elu is taken as y + 1 below 0; it is y + alpha.",
        {"slope": lambda right, layer, z: right(layer, z) + (z <= 0) * (1 - layer["alpha"])},
        ("elu",)),
    "derivative missing": ("The activation's derivative is missing from the backward pass.",
                           {"slope": lambda right, layer, z: np.ones_like(z)}, NONLINEAR),
    "derivative squared": (
        "The activation's derivative is applied twice.",
        {"slope": lambda right, layer, z: right(layer, z) ** 2},
        ("leaky_relu", "elu", "tanh", "sigmoid", "softplus")),
    "derivative zero below": (
        "The derivative is 0 for negative z, as that of relu.",
        {"slope": lambda right, layer, z: right(layer, z) * (z > 0)}, ("leaky_relu", "elu")),
    "slope of the sharpness": (
        "The derivative of softplus carries a factor k; it is s(k z).",
        {"slope": lambda right, layer, z: layer["sharpness"] * right(layer, z)}, ("softplus",)),
    "G transposed": (
        "The gradient of the weight is x^T grad_y; it is grad_y^T x, of shape (n_out, n_in).",
        {"matrix_backward": lambda right, matrix, x, g: right(matrix, x, g).T}),
    "sign of grad_lambda_out": ("The minus of grad_lambda_out is lost: W contains -lambda_out.",
                                scaled_grad(lambda_out=-1)),
    "sign of grad_lambda_in": (
        "grad_lambda_in has the opposite sign: W contains +lambda_in.", scaled_grad(lambda_in=-1)),
    "sign of both eigenvalue gradients": (
        "grad_lambda_in and grad_lambda_out have the opposite signs.",
        scaled_grad(lambda_in=-1, lambda_out=-1)),
    "sign of grad_phi": (
        "grad_phi is (lambda_out - lambda_in) G; it is (lambda_in - lambda_out) G.",
        scaled_grad(phi=-1)),
    "eigenvalue gradients swapped": (
        "The gradients of lambda_in and lambda_out have changed places.",
        {"weight_backward": lambda right, p, g: swapped(right(p, g))}),
    "summed over the wrong axis": (
        "phi G is summed over inputs for lambda_in and over outputs for lambda_out; it is the "
        "other way round.", weight_grad(lambda_in=lambda p, g: (p["phi"] * g).sum(1),
                                        lambda_out=lambda p, g: -(p["phi"] * g).sum(0))),
    "grad_phi without the difference": (
        "grad_phi is G; the factor (lambda_in - lambda_out) is missing.",
        weight_grad(phi=lambda p, g: g)),
    "grad_phi with lambda_in only": (
        "grad_phi is lambda_in G; -lambda_out is missing from the factor.",
        weight_grad(phi=lambda p, g: p["lambda_in"] * g)),
    "grad_phi with lambda_out only": (
        "grad_phi is -lambda_out G; lambda_in is missing from the factor.",
        weight_grad(phi=lambda p, g: -p["lambda_out"][:, None] * g)),
    "grad_phi with plus": (
        "grad_phi is (lambda_in + lambda_out) G; the factor is their difference.",
        weight_grad(phi=lambda p, g: (p["lambda_in"] + p["lambda_out"][:, None]) * g)),
    "grad_phi with phi": ("grad_phi is W G; the factor phi is one too many.",
                          weight_grad(phi=lambda p, g: gap(p) * p["phi"] * g)),
    "eigenvalue gradients without phi": (
        "The eigenvalue gradients sum G; they sum phi G.",
        weight_grad(lambda_in=lambda p, g: g.sum(0), lambda_out=lambda p, g: -g.sum(1))),
    "eigenvalue gradients with W for phi": (
        "The eigenvalue gradients sum W G; they sum phi G.",
        weight_grad(lambda_in=lambda p, g: (gap(p) * p["phi"] * g).sum(0),
                    lambda_out=lambda p, g: -(gap(p) * p["phi"] * g).sum(1))),
    "eigenvalue gradients averaged": (
        "The eigenvalue gradients are means of phi G; they are sums.",
        weight_grad(lambda_in=lambda p, g: (p["phi"] * g).mean(0),
                    lambda_out=lambda p, g: -(p["phi"] * g).mean(1))),
    "grad_bias of the first sample": (
        "grad_bias is the first sample's gradient; it is the sum over the batch.",
        {"bias_backward": lambda right, g: g[:1].sum(0)}),
    "grad_bias averaged": ("grad_bias is the mean over the batch; it is the sum.",
                           {"bias_backward": lambda right, g: g.sum(0) / max(len(g), 1)}),
    "grad_bias over the wrong axis": (
        "grad_bias is summed over outputs, one number per sample; it is summed over the batch.",
        {"bias_backward": lambda right, g: g.sum(1)}),
    "grad_bias a total": (
        "Every entry of grad_bias is the sum over samples and outputs; it is over samples only.",
        {"bias_backward": lambda right, g: np.full(g.shape[1], g.sum())}),
    "lambda_in detached": ("grad_lambda_in is zero: lambda_in is cut off.", zero("lambda_in")),
    "lambda_out detached": ("grad_lambda_out is zero: lambda_out is cut off.", zero("lambda_out")),
    "eigenvalues detached": ("The gradients of both eigenvalue sets are zero.",
                             zero("lambda_in", "lambda_out")),
    "phi detached": ("grad_phi is zero: phi is cut off.", zero("phi", "r", "s")),
    "bias detached": ("grad_bias is zero: the bias is cut off.", zero("bias")),
    "x detached": ("grad_x is zero: x is cut off.", zero("x")),
    "grad_x through phi": ("grad_x is grad_y phi; the factor (lambda_in - lambda_out) is missing.",
                           input_grad(lambda p, matrix: p["phi"])),
    "grad_x through lambda_in only": (
        "grad_x uses lambda_in phi for the weight; -lambda_out is missing.",
        input_grad(lambda p, matrix: p["lambda_in"] * p["phi"])),
    "grad_x through W transposed": (
        "grad_x is grad_y W^T; it is grad_y W.",
        {"input_backward": lambda right, layer, p, matrix, g: g @ matrix.T}),
    "last sample dropped": ("The last sample is missing from the gradients of the parameters.",
                            some_samples(slice(0, -1))),
    "first sample only": (
        "The gradients of the parameters see the first sample only.", some_samples(slice(0, 1))),
    "gradients clipped by value": (
        "Gradients are clipped, number by number; a backward pass hands them on as they are.",
        [clipped(by_value(most), parts) for most in LIMITS for parts in (
            lambda names: [names], of_parameters)]),
    "gradients clipped by norm": (
        "Gradients are shortened to a largest norm; a backward pass hands them on as they are.",
        [clipped(by_norm(most, eps), parts) for most in LIMITS for eps in (0, 1e-6) for parts in (
            of_parameters, lambda names: [names], lambda names: [[name] for name in names])]),
    "residuals in the wrong order": (
        "The layers' saved inputs are taken first to last in the backward pass; it runs from the "
        "last layer to the first.",
        {"backward": lambda right, layers, all_params, inputs, g: right(
            layers, all_params, inputs[::-1], g)}),
    "gradient stops before the last layer": (
        "Only the last layer gets a gradient; it has to be handed on to the layers before.",
        {"backward": _detached}),
}


def _float32(right, *arrays):
    narrow = [array.astype(np.float32) for array in arrays]
    return right(*narrow).astype(float)


PRECISION = {
    "gradients off by 5e-4": (
        "All gradients are off by a factor 1.0005.", times(lambda b, i, o: 1 + 5e-4)),
    "sums in float32": ("The sums over the batch are accumulated in float32.",
                        {"matrix_backward": _float32, "bias_backward": _float32}),
}


FORM = {
    "vectors returned as columns": (
        "Gradients of vectors come as (n, 1); they have the shape (n,).",
        after(lambda case, name, a: a[:, None] if a.ndim == 1 else a)),
    "vectors returned as rows": ("Gradients of vectors come as (1, n); they have the shape (n,).",
                                 after(lambda case, name, a: a[None] if a.ndim == 1 else a)),
    "gradients of matrices transposed": (
        "Gradients of matrices come transposed; each has the shape of its matrix.",
        after(lambda case, name, a: a.T if name != "grad_x" else a)),
    "samples in columns": (
        "grad_x comes with samples in columns; it has the shape of x, (batch, n_in).",
        after(lambda case, name, a: a.T if name == "grad_x" else a)),
    "Fortran order": ("Matrices are written column by column; the order is row by row.",
                      after(lambda case, name, a: a.T.ravel().reshape(a.shape))),
    "everything flat": ("Gradients come flat; each has the shape of its array.",
                        after(lambda case, name, a: np.ravel(a))),
}
