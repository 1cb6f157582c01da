"""Mistakes in the definition of a layer: name -> (sentence, wrong steps[, in which activations]).

A wrong step is called as wrong(right, *arguments), where right is the right step, and p among the
arguments the parameters of a layer. Gradients belong to the wrong forward, as automatic
differentiation gives them.
"""
import numpy as np

from .right import WITH_WEIGHT, gap

NONLINEAR = ("relu", "leaky_relu", "elu", "tanh", "sigmoid", "softplus")


def elsewhere(move, back):
    """The right layer at other parameters; `back` is the chain rule to its own ones."""
    return {"weight": lambda right, p: right({**p, **move(p)}),
            "weight_backward": lambda right, p, g: back(p, right({**p, **move(p)}, g))}


def eigenvalues_times(a, b):
    """The right layer at a lambda_in and b lambda_out."""
    def times(arrays):
        return {**arrays, "lambda_in": a * arrays["lambda_in"],
                "lambda_out": b * arrays["lambda_out"]}
    return elsewhere(times, lambda p, grads: times(grads))


def swapped(arrays):
    return {**arrays, "lambda_in": arrays["lambda_out"], "lambda_out": arrays["lambda_in"]}


def phi_as(function):
    """The right layer at function(p, phi), which permutes phi or gives its entries signs."""
    return elsewhere(lambda p: {"phi": function(p, p["phi"])},
                     lambda p, grads: {**grads, "phi": function(p, grads["phi"])})


def _outer(p):
    return p["lambda_in"] * p["lambda_out"][:, None]


def _outer_backward(right, p, g):
    whole = p["phi"] * g
    return {"lambda_in": p["lambda_out"] @ whole, "lambda_out": whole @ p["lambda_in"],
            "phi": _outer(p) * g}


def _reread(phi):
    """The numbers of phi read as (n_in, n_out), and turned to fit."""
    return phi.reshape(phi.shape[::-1]).T


def _late(layers, all_params):
    """Every bias moved behind the activation that follows its layer, as a layer by itself."""
    moved = []
    for k, (layer, p) in enumerate(zip(layers, all_params)):
        moved.append((layer, {key: entry for key, entry in p.items() if key != "bias"}))
        linear = k if layer["layer"] in WITH_WEIGHT else k - 1
        last = layer["layer"] not in WITH_WEIGHT or k + 1 == len(layers) or layers[k + 1][
            "layer"] in WITH_WEIGHT
        if last and linear >= 0 and "bias" in all_params[linear]:
            moved.append(({**layers[linear], "layer": "shift"},
                          {"bias": all_params[linear]["bias"]}))
    return [layer for layer, _ in moved], [p for _, p in moved]


LATE_BIAS = {
    "forward": lambda right, layers, all_params, x: right(*_late(layers, all_params), x),
    "backward": lambda right, layers, all_params, inputs, g: right(
        *_late(layers, all_params), inputs, g),
    "layer_forward": lambda right, layer, p, x: (
        x + p["bias"] if layer["layer"] == "shift" else right(layer, p, x)),
    "layer_backward": lambda right, layer, p, x, g: (
        ({"bias": g.sum(0)}, g) if layer["layer"] == "shift" else right(layer, p, x, g))}


def square_only(eigenvalue_gap, back):
    """A weight whose eigenvalues broadcast with phi in square layers alone; `back` as it is there.
    """
    def wrong_gap(p):
        if len(set(p["phi"].shape)) > 1:
            raise ValueError("eigenvalues and phi do not broadcast")
        return eigenvalue_gap(p["lambda_in"], p["lambda_out"])
    return {"weight": lambda right, p: wrong_gap(p) * p["phi"],
            "weight_backward": lambda right, p, g: {**back(p["phi"] * g), "phi": wrong_gap(p) * g}}


def _column(right, p, matrix, x):
    y = right({key: entry for key, entry in p.items() if key != "bias"}, matrix, x)
    if "bias" not in p:
        return y
    if len(y) != y.shape[1]:
        raise ValueError("a column of biases does not broadcast")
    return y + p["bias"][:, None]


def _tied(layers, all_params):
    """Parameters in which a layer's lambda_in is lambda_out of the one before; (taker, giver)."""
    tied, pairs, last = list(all_params), [], None
    for k, p in enumerate(all_params):
        if last is not None and "lambda_in" in p:
            tied[k] = {**p, "lambda_in": all_params[last]["lambda_out"]}
            pairs.append(tuple(layers[at]["prefix"] for at in (k, last)))
        last = k if "lambda_out" in p else last
    return tied, pairs


def _tied_backward(right, layers, all_params, inputs, g):
    tied, pairs = _tied(layers, all_params)
    grads, grad_x = right(layers, tied, inputs, g)
    for taker, giver in pairs:
        name = f"grad_{taker}lambda_in"
        grads[f"grad_{giver}lambda_out"] = grads[f"grad_{giver}lambda_out"] + grads[name]
        grads[name] = 0 * grads[name]
    return grads, grad_x


def bias_times(factor):
    return {"shift": lambda right, bias: factor * bias,
            "bias_backward": lambda right, g: factor * right(g)}


def activation_with(name, value):
    return {step: lambda right, layer, z: right(
        {**layer, name: value} if name in layer else layer, z) for step in ("activate", "slope")}


DEFINITION = {
    "sign of the difference": (
        "The weight is (lambda_out - lambda_in) phi; the definition is (lambda_in - lambda_out) "
        "phi.", eigenvalues_times(-1, -1)),
    "sum of eigenvalues": (
        "The weight is (lambda_in + lambda_out) phi; the eigenvalues are subtracted.",
        eigenvalues_times(1, -1)),
    "lambda_out ignored": (
        "The weight is lambda_in phi; lambda_out is missing.", eigenvalues_times(1, 0)),
    "lambda_in ignored": (
        "The weight is -lambda_out phi; lambda_in is missing.", eigenvalues_times(0, 1)),
    "lambda_in ignored, lambda_out with plus": (
        "The weight is lambda_out phi; it is (lambda_in - lambda_out) phi.",
        eigenvalues_times(0, -1)),
    "product of eigenvalues": (
        "The weight is lambda_in lambda_out phi; the eigenvalues are subtracted.",
        {"weight": lambda right, p: _outer(p) * p["phi"], "weight_backward": _outer_backward}),
    "absolute difference": (
        "The weight is |lambda_in - lambda_out| phi; the difference keeps its sign.",
        phi_as(lambda p, phi: np.sign(gap(p).real) * phi)),
    "absolute difference, slope 1 at 0": (
        "The weight is |lambda_in - lambda_out| phi, with the derivative 1 where they are equal; "
        "the difference keeps its sign.", phi_as(
            lambda p, phi: np.where(gap(p).real < 0, -1, 1) * phi)),
    "eigenvalues swapped": (
        "lambda_in and lambda_out have changed places: lambda_in belongs to the inputs.",
        elsewhere(swapped, lambda p, grads: swapped(grads))),
    "phi transposed": (
        "phi is used as (n_in, n_out); it is (n_out, n_in), rows are outputs. Declare a layout or "
        "transpose it.", phi_as(lambda p, phi: phi.T)),
    "phi transposed when square": (
        "phi is transposed where it is square, and only there, as by a test of its shape.",
        phi_as(lambda p, phi: phi.T if len(set(phi.shape)) == 1 else phi)),
    "eigenvalues along the wrong axes": (
        "The weight is (lambda_in[:, None] - lambda_out) phi, which fits a square phi alone; "
        "lambda_in runs along its columns, lambda_out along its rows.",
        square_only(lambda a, b: a[:, None] - b, lambda whole: {
            "lambda_in": whole.sum(1), "lambda_out": -whole.sum(0)})),
    "lambda_in for both": (
        "lambda_in stands for both sets of eigenvalues; those of the outputs are lambda_out.",
        square_only(lambda a, b: a - a[:, None], lambda whole: {
            "lambda_in": whole.sum(0) - whole.sum(1), "lambda_out": 0 * whole.sum(1)})),
    "eigenvalues shared between layers": (
        "A layer takes lambda_out of the layer before for its lambda_in; it has its own.",
        {"forward": lambda right, layers, all_params, x: right(
            layers, _tied(layers, all_params)[0], x), "backward": _tied_backward}),
    "phi reshaped": (
        "phi is reshaped to (n_in, n_out) where it should be transposed.",
        elsewhere(lambda p: {"phi": _reread(p["phi"])}, lambda p, grads: {
            **grads, "phi": np.ascontiguousarray(grads["phi"].T).reshape(p["phi"].shape)})),
    "W transposed": (
        "y is x W; it is x W^T, since rows of W are outputs.",
        {"matrix": lambda right, layer, p: right(layer, p).T,
         "matrix_backward": lambda right, matrix, x, g: right(matrix, x, g).T}),
    "bias missing": ("The bias is not added.", bias_times(0)),
    "bias negated": ("The bias is subtracted.", bias_times(-1)),
    "bias doubled": ("The bias is added twice.", bias_times(2)),
    "bias as a column": (
        "The bias is added as a column, one number per sample, which fits a batch of n_out; it is "
        "one number per output.",
        {"affine": _column, "bias_backward": lambda right, g: g.sum(1)}),
    "bias after the activation": (
        "The bias is added after the activation; it belongs before.", LATE_BIAS, NONLINEAR),
    "activation missing": (
        "The activation is not applied.",
        {"activate": lambda right, layer, z: z,
         "slope": lambda right, layer, z: np.ones_like(z)}, NONLINEAR),
    "default slope": ("leaky_relu uses the slope 0.01; the case gives another one.",
                      activation_with("slope", 0.01), ("leaky_relu",)),
    "default alpha": (
        "elu uses alpha = 1; the case gives another one.", activation_with("alpha", 1.0), ("elu",)),
    "default sharpness": ("softplus uses the sharpness 1; the case gives another one.",
                          activation_with("sharpness", 1.0), ("softplus",)),
    "softplus not divided by its sharpness": (
        "softplus is log(1 + exp(k z)); it is that divided by k.",
        {step: lambda right, layer, z: layer["sharpness"] * right(layer, z)
         for step in ("activate", "slope")}, ("softplus",)),
    "sigmoid of 2 z": (
        "sigmoid is taken as (1 + tanh z) / 2; the argument should be halved.",
        {step: lambda right, layer, z, k=k: k * right(layer, 2 * z)
         for step, k in (("activate", 1), ("slope", 2))}, ("sigmoid",)),
}
