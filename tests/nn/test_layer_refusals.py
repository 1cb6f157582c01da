"""What every layer refuses, by its own name: bad options, bad x, params and grad_y."""
import re
from dataclasses import fields, replace

import numpy as np
import pytest
from conftest import EVERY_LAYER, each, random_input, random_params

from npspectral import Chain, ReLU, Sparse, Spectral
from npspectral.nn import (ComplexRecurrentSpectral, FixedOrientations, Nested, OneHidden,
                           RecurrentSpectral, SpectralQR, SpectralSVD, SwitchedRecurrentSpectral,
                           TriangularRecurrentSpectral)
from npspectral.nn.activations import Elementwise

layer = each({name: layer for name, layer in EVERY_LAYER.items()
              if not isinstance(layer, (Chain, Elementwise))})


def refused(call, message, owner=""):
    with pytest.raises((ValueError, TypeError), match=re.escape(owner) + ".*" + message):
        call()


def test_bad_x_is_refused(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    for bad, message in (
            (np.ones((4, layer.n_in + 1)), f"x has {layer.n_in + 1} features, exp.* {layer.n_in}"),
            (x[:, 1:], f"x has {layer.n_in - 1} features, expected {layer.n_in}"),
            (x[0], rf"x has shape \({layer.n_in},\), expected \(\.\.\., batch, {layer.n_in}\)"),
            (x.astype(int), "x has dtype int64, expected a native floating"),
            (x.tolist(), "x is list, expected a numpy.ndarray"),
            *[(x.astype(np.float32), "has dtype float64 and x has float32, expected one precision")
              ] * bool(params)):
        refused(lambda: layer.forward(params, bad), message, f"{layer.label}: ")


def test_bad_params_are_refused(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    for bad, message in ((tuple(params.values()), "params is tuple, expected a dict"),
                         ({**params, "more": x}, "params has the names .*'more'"),
                         *[({}, r"params has the names \[\], expected")] * bool(params)):
        refused(lambda: layer.forward(bad, x), message, f"{layer.label}: ")
    for name, array in params.items():
        fewer = {other: params[other] for other in params if other != name}
        shape = re.escape(str(array.shape))
        for bad, message in (
                (fewer, "params has the names"),
                ({**fewer, "other": array}, f"params has no '{name}', only .*'other'"),
                ({**params, name: array[None]}, rf"{name} has shape .*, expected {shape}"),
                ({**params, name: array.astype(np.float32)}, f"{name} has dtype float32|float32"),
                ({**params, name: array.tolist()}, f"{name} is list, expected a numpy.ndarray")):
            refused(lambda: layer.forward(bad, x), message, f"{layer.label}: ")
        if array.ndim == 2 and array.shape[0] != array.shape[1]:
            refused(lambda: layer.forward({**params, name: array.T}, x),
                    rf"{name} has shape .*, expected {shape}", f"{layer.label}: ")


def test_bad_grad_y_is_refused(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    y, residuals = layer.forward(params, x)
    for bad, message in (
            (np.ones((4, layer.n_out + 1)), r"grad_y has shape \(4, .*, expected \(\.\.\., 4, "),
            (y[:1], r"grad_y has shape \(1, .*, expected \(\.\.\., 4, "),
            (y[0], r"grad_y has shape \(.*, expected \(\.\.\., 4, "),
            (y.astype(np.float32), "grad_y has dtype float32 .*expected one precision"),
            (y.astype(int), "grad_y has dtype int64, expected a native floating"),
            (y.tolist(), "grad_y is list, expected a numpy.ndarray")):
        refused(lambda: layer.backward(params, residuals, bad), message, f"{layer.label}: ")


def test_bad_arguments_of_init_are_refused(layer):
    refused(lambda: layer.init(0), "rng is 0, expected a numpy.random.Generator")
    refused(lambda: layer.init(np.random.default_rng(0), int), "dtype is int64, expected a float")


def test_bad_options_are_refused(layer):
    inner = layer.layer if isinstance(layer, Sparse) else layer
    options = {field.name for field in fields(inner) if field.init}
    for name, bad, message in (
            ("n_in", 0, "n_in is 0, expected a positive integer"),
            ("n_in", 2.0, "n_in is 2.0, expected a positive integer"),
            ("n_in", True, "n_in is True, expected a positive integer"),
            ("n_out", 0, "n_out is 0, expected a positive integer"),
            ("trainable", ("nonsense",), r"trainable is \('nonsense',\), expected a tuple of nam"),
            ("trainable", "bias", "trainable is 'bias', expected a tuple of names"),
            ("bias", None, "bias is None, expected True, False or an initializer"),
            ("bias", 0, "bias is 0, expected True, False or an initializer"),
            ("activation", "relu", "activation is 'relu', expected an elementwise layer"),
            ("activation", ReLU, "activation is <class .*, expected an elementwise layer"),
            ("activation", Spectral(2, 2), "activation is .*, expected an elementwise layer"),
            *((name, 0.5, f"{name} is 0.5, expected an initializer") for name in (
                "phi", "theta", "k", "omega", "start", "eigenvalues", "output_eigenvalues"))):
        if name in options:
            refused(lambda: replace(inner, **{name: bad}), message, type(inner).__name__)


@pytest.mark.parametrize("layer, names, learned", [
    (Spectral(5, 3), "lambda_in lambda_out phi bias", "lambda_in lambda_out phi bias"),
    (Nested((5, 3)), "lambda phi bias", "lambda_0 lambda_1 phi_1 bias_1"),
    (SpectralQR(5, 3), "lambda_in lambda_out r bias", "lambda_in lambda_out r bias"),
    (SpectralSVD(5, 3), "lambda_in lambda_out s bias", "lambda_in lambda_out s bias"),
    (OneHidden(5, 7), "omega bias beta", "omega bias beta"),
    (FixedOrientations(5, 3), "radius bias", "radius bias"),
    (RecurrentSpectral(3, 2, 5), "planted modes theta", "modes theta"),
    (TriangularRecurrentSpectral(3, 2, 5), "lower upper drive theta", "lower upper drive theta"),
    (SwitchedRecurrentSpectral(2, 2, 5), "modes theta", "modes_1 theta_1 modes_2 theta_2"),
    (ComplexRecurrentSpectral(4, 3), "phi theta k_real k_imag omega", "phi theta k_real k_imag")])
def test_what_may_be_trained_is_said_and_what_is_by_default(layer, names, learned):
    refused(lambda: replace(layer, trainable=("q",)),
            re.escape(f"expected a tuple of names out of {tuple(names.split())}"), layer.label)
    assert " ".join(layer.learned) == learned
    again = replace(layer, trainable=list(layer.trainable))
    assert again == layer and hash(again) == hash(layer)        # a list is taken, too
