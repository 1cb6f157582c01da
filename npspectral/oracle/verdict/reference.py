"""npspectral itself as a candidate for every kind of case, through the public nn and training.

It computes in the dtype of the case's arrays, so one candidate serves every dtype that NumPy has.
Second derivatives are no second implementation: the backward passes run on complex numbers.
"""
import math

import numpy as np

from ... import nn, training
from ...analysis.kernels import tangent_kernel
from ..suite.arrays import parameters
from . import derived

ACTIVATIONS = {"identity": nn.Identity, "relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "elu": nn.ELU,
               "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "softplus": nn.Softplus}
SPECTRAL = {"spectral": nn.Spectral, "spectral_qr": nn.SpectralQR,
            "spectral_full_qr": nn.SpectralFullQR, "spectral_svd": nn.SpectralSVD}
LOSSES = {"mean_squared_error": nn.mean_squared_error,
          "softmax_cross_entropy": nn.softmax_cross_entropy,
          "binary_cross_entropy_with_logits": nn.binary_cross_entropy_with_logits,
          "hinge": nn.hinge, "soft_hinge": nn.soft_hinge, "quadratic_hinge": nn.quadratic_hinge}
PENALTIES = {"l1": nn.L1, "l2": nn.L2, "elastic_net": nn.ElasticNet, "group_lasso": nn.GroupLasso}
OPTIMIZERS = {"sgd": training.SGD, "adam": training.Adam, "adamax": training.Adamax}


def reference(case):
    """The answers of npspectral to a case, by the names in case.expect; raises on an error case."""
    if case.kind == "second":
        return _second(case)
    if case.kind == "per_sample":
        return _per_sample(case)
    if case.kind == "tangent":
        return _tangent(case)
    return _first(case)


def _first(case):
    """Values and gradients, those of a case of kind "second" or "per_sample" as well."""
    if "optimizer" in case.spec:
        return {"trace": _trace(case)}
    if "penalty" in case.spec:
        return _penalty(case)
    if not case.layers:
        value, grad_y = _loss(case, case.inputs["y"])
        return {"value": value, "grad_y": grad_y}
    params = tuple(parameters({"layers": case.layers}, case.inputs))
    network = _network(case, params)
    x = case.inputs["x"]
    y, residuals = network.forward(params, _rows(x))
    answers = {"y": y}
    if "loss" in case.spec:
        answers["value"], grad_y = _loss(case, y)
    else:
        grad_y = _rows(case.inputs["grad_y"])
        answers["y"] = y.reshape(_plain_rows(case.inputs["grad_y"]).shape)
    grads, grad_x = network.backward(params, residuals, grad_y)
    answers["grad_x"] = grad_x.reshape(_plain_rows(x).shape)
    return {**answers, **_named(case, grads), **_statistics(network, params, residuals)}


def _statistics(network, params, residuals):
    """What the running statistics of normalizations in training become."""
    several = len([part for part in params if part]) > 1
    return {f"new_{position}/{key}" if several else f"new_{key}": array
            for position, (layer, part, kept) in enumerate(zip(network, params, residuals))
            if layer.coupled for key, array in layer.statistics(part, kept).items()}


def _tangent(case):
    """y, and the tangent kernel, which has no axes of outputs where there is one."""
    params = tuple(parameters({"layers": case.layers}, case.inputs))
    network, x = _network(case, params), _rows(case.inputs["x"])
    y, _ = network.forward(params, x)
    kernel = tangent_kernel(network, params, x)
    return {"y": y, "kernel": kernel.reshape(len(x), len(x), y.shape[1], y.shape[1])}


def _second(case):
    """J v and the Hessian times v, with y and the gradients."""
    found = {**derived.slopes(case, derived.directions(case), _first), **_first(case)}
    return {name: found[name] for name in case.expect}


def _per_sample(case):
    """y, and the gradients of each sample that are asked for."""
    found = {**derived.per_sample(case, _first), "y": _first(case)["y"]}
    return {name: found[name] for name in case.expect}


def _rows(array):
    """Samples in rows: leading axes are draws of parameters in npspectral.nn, images are rows."""
    if array.ndim == 4:
        return array.reshape(len(array), math.prod(array.shape[1:]))
    return _plain_rows(array)


def _plain_rows(array):
    """An image as it is, blocks of samples as rows."""
    return array if array.ndim == 4 else array.reshape(-1, array.shape[-1])


def _network(case, params):
    n_in = _rows(case.inputs["x"]).shape[1]             # of a layer whose parameters do not tell
    layers = []
    for position, (layer, of_layer) in enumerate(zip(case.layers, params)):
        layers.append(_layer(layer, of_layer, _trainable(case, position), n_in))
        n_in = getattr(layers[-1], "n_out", n_in)
    return nn.Chain(*layers)


def _layer(layer, params, trainable, n_in=None):
    kind = layer["layer"]
    options = {"bias": "bias" in params, "trainable": trainable}
    if "of" in layer:
        numbers = {key: value for key, value in layer.items() if key not in ("layer", "of")}
        return nn.Sparse(_layer({"layer": layer["of"]}, params, trainable), **numbers)
    if kind in SPECTRAL:
        return SPECTRAL[kind](len(params["lambda_in"]), len(params["lambda_out"]), **options)
    if kind == "dense":
        n_out, n_in = params["weight"].shape
        if "scale" in layer:
            return nn.ScaledDense(n_in, n_out, layer["scale"], **options)
        return nn.Dense(n_in, n_out, **options)
    if kind in NETWORKS:
        return NETWORKS[kind](layer, params, trainable, n_in)
    return ACTIVATIONS[kind](**{key: value for key, value in layer.items() if key != "layer"})


def _nested(layer, params, trainable, n_in):
    depth = sum(name.startswith("phi_") for name in params)
    phis = [params[f"phi_{k}"] for k in range(1, depth + 1)]
    return nn.Nested((phis[0].shape[1], *(len(phi) for phi in phis)),
                     ACTIVATIONS[layer["activation"]](), bias="bias_1" in params,
                     shared=layer["shared"], skip=layer["skip"],
                     trainable=tuple({name.split("_")[0] for name in trainable}))


def _recurrent(layer, params, trainable, n_in):
    nodes, n_out = params["planted"].shape
    return nn.RecurrentSpectral(n_in, n_out, nodes, layer["steps"],
                                ACTIVATIONS[layer["activation"]](), layer["constant"],
                                trainable=trainable)


def _complex_recurrent(layer, params, trainable, n_in):
    (nodes, _), modes = params["phi"].shape, len(params["omega"])
    times = tuple(range(0, n_in // nodes * layer["spacing"], layer["spacing"]))
    return nn.ComplexRecurrentSpectral(nodes, modes, layer["steps"], times, layer["read"],
                                       ACTIVATIONS[layer["activation"]](), trainable)


def _convolution(layer, params, trainable, n_in):
    n_out, *_, inner = params["weight"].shape
    size = layer["height"], layer["width"], inner * layer["groups"]
    steps = [layer[key] for key in ("kernel", "stride", "padding", "groups", "dilation")]
    return nn.Conv2D(size, n_out, *steps, "bias" in params, layer.get("scale", 1.0), trainable)


def _spatial_mean(layer, params, trainable, n_in):
    return nn.SpatialMean(layer["positions"], n_in // layer["positions"])


def _batch_norm(layer, params, trainable, n_in):
    channels = len(params["gain"])
    moving = {key: layer[key] for key in ("share", "unbiased") if key in layer}
    norm = nn.BatchNorm((n_in // channels, channels), layer["eps"], bias="bias" in params,
                        trainable=trainable, **moving)
    return norm.in_training() if layer["training"] else norm


NETWORKS = {"convolution": _convolution, "spatial_mean": _spatial_mean, "batch_norm": _batch_norm,
            "nested": _nested, "recurrent": _recurrent,
            "complex_recurrent": _complex_recurrent}


def _trainable(case, position):
    """Trainable names of the layer at a position: "2/phi" is the phi of layer 2."""
    return tuple(name.rpartition("/")[2] for name in case.trainable
                 if "/" not in name or name.startswith(f"{position}/"))


def _named(case, grads):
    named = {}
    for name in case.trainable:
        position, _, key = name.rpartition("/")
        owner = grads[int(position)] if position else next(part for part in grads if key in part)
        named[f"grad_{name}"] = owner[key]
    return named


def _loss(case, y):
    spec = dict(case.spec["loss"])
    options = {"weights": case.inputs["weights"]} if "weights" in case.inputs else {}
    return LOSSES[spec.pop("loss")](y, case.inputs["target"], **spec, **options)


def _penalty(case):
    spec = dict(case.spec["penalty"])
    params = dict(case.inputs)
    layer = _layer(case.layers[0], params, tuple(case.trainable))
    on = spec.pop("on")
    penalty = PENALTIES[spec.pop("penalty")](name=on, network=layer if on == "weight" else None,
                                             **spec)
    value, grads = penalty(params)
    return {"value": value, **{f"grad_{name}": grads[name] for name in case.trainable}}


def _trace(case):
    """theta after each gradient; optimizers take no float16, so it is answered in float32."""
    spec = dict(case.spec["optimizer"])
    optimizer = OPTIMIZERS[spec.pop("optimizer")](**spec)
    theta = case.inputs["theta"]
    params = {"theta": theta.astype(np.promote_types(theta.dtype, np.float32))}
    state, trace = optimizer.init(params), []
    for gradient in case.inputs["gradients"]:
        optimizer.step(params, {"theta": gradient}, state)
        trace.append(params["theta"].copy())
    return np.stack(trace)
