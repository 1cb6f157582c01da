"""A right candidate in float64 NumPy, cut into named steps, so that a mistake is planted in one.

Every method of Steps is a step. Steps({"weight_backward": wrong}) calls wrong(right, *arguments) in
place of that step, where right is the step as it was; so mistakes are short, and any of them can be
planted together. Nothing is shared with npspectral.nn or with the witnesses.
"""
from functools import partial

import numpy as np

from .right_images import ImageSteps
from .right_optimizer import OptimizerSteps
from .right_second import SecondSteps
from .right_structure import FACTORED, StructureSteps

BENT = {"relu", "leaky_relu", "elu"}        # activations with a kink at 0
SPECTRAL = ("spectral", *FACTORED)
SPARSE = ("sparse_static", "sparse_dynamic")
WITH_WEIGHT = (*SPECTRAL, "dense", *SPARSE)
IMAGES = ("convolution", "spatial_mean", "batch_norm")
MATRICES = (*WITH_WEIGHT, "nested")
LINEAR = (*MATRICES, *IMAGES)
RECURRENT = ("recurrent", "complex_recurrent")      # these have no steps here
BENT_LOSSES = {"hinge", "quadratic_hinge"}


class Steps(StructureSteps, ImageSteps, SecondSteps, OptimizerSteps):
    """answers(case) -> dict of float64 arrays; `plants` are dicts of step name -> wrong step.

    nearest is the least distance of a unit or a margin from a kink, relative to the largest: where
    it is tiny, rounding decides the branch, and the answers say nothing about another computation.
    """

    def __init__(self, *plants):
        self.nearest = np.inf
        for plant in plants:
            for step, wrong in plant.items():
                setattr(self, step, partial(wrong, getattr(self, step)))

    def answers(self, case):
        with np.errstate(all="ignore"):
            answers = self.finish(case, getattr(self, case.kind)(case))
        return {name: np.asarray(answers[name], float) for name in case.expect}

    def finish(self, case, answers):
        return answers

    # cases of layers

    def vjp(self, case):
        layers, all_params = stack(case)
        y, inputs = self.forward(layers, all_params, case.x)
        grads, grad_x = self.backward(layers, all_params, inputs, self.upstream(case.grad_y))
        return {"y": y, "grad_x": grad_x, **grads, **self.running(layers, all_params, inputs)}

    def network(self, case):
        layers, all_params = stack(case)
        y, inputs = self.forward(layers, all_params, case.x)
        value, grad_y = self.mean_loss(case.spec["loss"], y, case.target, None)
        grads, grad_x = self.backward(layers, all_params, inputs, self.upstream(grad_y))
        return {"y": y, "value": value, "grad_x": grad_x, **grads,
                **self.running(layers, all_params, inputs)}

    def tangent(self, case):
        return self.tangent_kernel(case, *stack(case))

    def upstream(self, grad_y):
        return grad_y

    def forward(self, layers, all_params, x):
        inputs = []
        for layer, params in zip(layers, all_params):
            inputs.append(x)
            x = self.layer_forward(layer, params, x)
        return x, inputs

    def backward(self, layers, all_params, inputs, grad_y):
        grads = {}
        for layer, params, x in reversed(list(zip(layers, all_params, inputs, strict=True))):
            of_layer, grad_y = self.layer_backward(layer, params, x, grad_y)
            grads |= {f"grad_{layer['prefix']}{key}": entry for key, entry in of_layer.items()}
        return grads, grad_y

    def layer_forward(self, layer, params, x):
        if layer["layer"] == "nested":
            return self.nested_forward(layer, params, x)[0]
        if layer["layer"] in IMAGES:
            return self.image_forward(layer, params, x)
        if layer["layer"] not in WITH_WEIGHT:
            return self.activate(layer, x)
        return self.affine(params, self.matrix(layer, self.completed(layer, params)), x)

    def layer_backward(self, layer, params, x, grad_y):
        if layer["layer"] == "nested":
            return self.nested_backward(layer, params, x, grad_y)
        if layer["layer"] in IMAGES:
            return self.image_backward(layer, params, x, grad_y)
        if layer["layer"] not in WITH_WEIGHT:
            return {}, self.slope(layer, x) * grad_y
        whole, kind = self.completed(layer, params), layer.get("of", layer["layer"])
        matrix = self.matrix(layer, whole)
        grad_matrix = self.matrix_backward(matrix, x, grad_y)
        if kind != layer["layer"]:
            grad_matrix = self.masked_backward(layer, whole, self.realized(kind, whole),
                                               grad_matrix)
        grads = self.weight_backward(whole, grad_matrix) if kind in SPECTRAL else {
            "weight": layer.get("scale", 1) * grad_matrix}
        if kind in FACTORED:
            grads |= self.learned(kind, params, grads.pop("phi"))
        if "bias" in params:
            grads["bias"] = self.bias_backward(grad_y)
        return grads, self.input_backward(layer, whole, matrix, grad_y)

    def matrix(self, layer, params):
        kind = layer.get("of", layer["layer"])
        matrix = layer.get("scale", 1) * self.realized(kind, params)
        return matrix if kind == layer["layer"] else self.masked(layer, params, matrix)

    def realized(self, kind, params):
        return self.weight(params) if kind in SPECTRAL else params["weight"]

    def weight(self, params):
        return gap(params) * params["phi"]

    def weight_backward(self, params, grad_weight):
        return {"lambda_in": (params["phi"] * grad_weight).sum(0),
                "lambda_out": -(params["phi"] * grad_weight).sum(1),
                "phi": gap(params) * grad_weight}

    def affine(self, params, matrix, x):
        y = x @ matrix.T
        return y + self.shift(params["bias"]) if "bias" in params else y

    def shift(self, bias):
        return bias

    def matrix_backward(self, matrix, x, grad_y):
        axes = tuple(range(x.ndim - 1))                     # samples, and positions of an image
        return np.tensordot(grad_y, x, (axes, axes))

    def bias_backward(self, grad_y):
        return grad_y.sum(0)

    def input_backward(self, layer, params, matrix, grad_y):
        return grad_y @ matrix

    def activate(self, layer, z):
        if layer["layer"] in BENT and z.size:
            self.nearest = min(self.nearest, np.abs(z).min() / (np.abs(z).max() or 1))
        return ACTIVATIONS[layer["layer"]](layer, z)[0]

    def slope(self, layer, z):
        return ACTIVATIONS[layer["layer"]](layer, z)[1]

    # losses

    def loss(self, case):
        value, grad_y = self.mean_loss(case.spec["loss"], case.y, case.target, case.weights)
        return {"value": value, "grad_y": grad_y}

    def mean_loss(self, spec, y, target, weights):
        scale = self.sample_scales(spec, len(y), weights)
        value, grad = self.sample_loss(spec, y, target)
        return (scale * value).sum(), scale[:, None] * grad

    def sample_scales(self, spec, batch, weights):
        w = np.ones(batch) if weights is None else weights
        return w / w.sum() if spec["reduction"] == "mean" else w

    def sample_loss(self, spec, y, target):
        """Value (batch,) and derivative (batch, K) of every sample's own loss."""
        if spec["loss"] == "softmax_cross_entropy":
            return self.cross_entropy(y, self.probabilities(target, y.shape[1]))
        value, grad = self.term(spec, y, target)
        return self.over_outputs(value, grad)

    def probabilities(self, target, classes):
        return np.eye(classes)[target] if target.ndim == 1 else target

    def cross_entropy(self, y, q):
        shifted = y - y.max(1, keepdims=True)
        total = np.exp(shifted).sum(1, keepdims=True)
        return (np.log(total)[:, 0] - (q * shifted).sum(1), np.exp(shifted) / total - q)

    def over_outputs(self, value, grad):
        return value.sum(1) / value.shape[1], grad / value.shape[1]

    def term(self, spec, y, t):
        """Value and derivative of every output's own loss."""
        if spec["loss"] in BENT_LOSSES and y.size:
            self.nearest = min(self.nearest, np.abs(1 - t * y).min())
        return TERMS[spec["loss"]](spec, y, t)

    # penalties

    def penalty(self, case):
        spec, params = case.spec["penalty"], stack(case)[1][0]
        value, grads = self.penalize(spec, params, spec["on"])
        return {"value": value, **{f"grad_{key}": grad for key, grad in grads.items()}}

    def penalize(self, spec, params, on):
        value, grad = self.penalty_term(spec, self.weight(params) if on == "weight" else params[on])
        zeros = {key: np.zeros_like(entry) for key, entry in params.items()}
        return value, zeros | (self.weight_backward(params, grad) if on == "weight" else {on: grad})

    def penalty_term(self, spec, w):
        s, axis = spec["strength"], spec.get("axis")
        if spec["penalty"] == "group_lasso":
            norm = np.sqrt((w * w).sum(axis, keepdims=True))
            return s * norm.sum(), s * w / np.where(norm == 0, 1, norm)
        r = {"l1": 1.0, "l2": 0.0}.get(spec["penalty"], spec.get("ratio"))
        return (s * (r * np.abs(w).sum() + (1 - r) * (w * w).sum()),
                s * (r * np.sign(w) + 2 * (1 - r) * w))


def has_steps(case):
    """Whether a candidate of these steps can answer the case."""
    return not any(layer["layer"] in RECURRENT for layer in case.layers)


def gap(params):
    return params["lambda_in"] - params["lambda_out"][:, None]


def stack(case):
    """Layers, each with the prefix of its parameters' names, and a dict of parameters for each."""
    several = any("/" in name for name in case.inputs)
    layers = [{**layer, "prefix": f"{k}/" if several else ""}
              for k, layer in enumerate(case.layers)]
    all_params: list = [{} for _ in layers]
    owner = next((k for k, layer in enumerate(layers) if layer["layer"] in LINEAR), 0)
    for name, entry in case.inputs.items():
        position, _, key = name.rpartition("/")
        if name.startswith("v_"):
            continue
        if position:
            all_params[int(position)][key] = entry
        elif key not in ("x", "y", "grad_y", "target", "weights"):
            all_params[owner][key] = entry
    return layers, all_params


def size(x):
    """|x| by the sign of the real part, also of numbers with a small imaginary part."""
    return np.where(x > 0, x, -x)


def sigmoid(x):
    e = np.exp(-size(x))
    return np.where(x > 0, 1 / (1 + e), e / (1 + e))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-size(x)))


def _elu(layer, z):
    below = layer["alpha"] * np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, below - layer["alpha"]), np.where(z > 0, 1, below)


ACTIVATIONS = {                             # value, derivative
    "identity": lambda layer, z: (z, np.ones_like(z)),
    "relu": lambda layer, z: (np.maximum(z, 0), (z > 0) * 1.0),
    "leaky_relu": lambda layer, z: (np.where(z > 0, z, layer["slope"] * z),
                                    np.where(z > 0, 1, layer["slope"])),
    "elu": _elu,
    "tanh": lambda layer, z: (np.tanh(z), 1 - np.tanh(z) ** 2),
    "sigmoid": lambda layer, z: (sigmoid(z), sigmoid(z) * sigmoid(-z)),
    "softplus": lambda layer, z: (softplus(layer["sharpness"] * z) / layer["sharpness"],
                                  sigmoid(layer["sharpness"] * z)),
}
TERMS = {                                   # value, derivative
    "mean_squared_error": lambda spec, y, t: ((y - t) ** 2, 2 * (y - t)),
    "binary_cross_entropy_with_logits": lambda spec, y, t: (softplus(y) - t * y, sigmoid(y) - t),
    "hinge": lambda spec, y, t: (np.maximum(1 - t * y, 0), -t * (t * y < 1)),
    "soft_hinge": lambda spec, y, t: (
        softplus(spec["sharpness"] * (1 - t * y)) / spec["sharpness"],
        -t * sigmoid(spec["sharpness"] * (1 - t * y))),
    "quadratic_hinge": lambda spec, y, t: (np.maximum(1 - t * y, 0) ** 2 / 2,
                                           -t * np.maximum(1 - t * y, 0)),
}
