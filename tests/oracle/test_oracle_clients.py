"""from_jax, from_torch, from_keras: what is handed over, and which cases it answers.

A JAX of twenty lines stands in for the real one: NumPy, and a vjp by complex steps of 2^-100, which
round nothing. tests/peers/test_clients_of_frameworks.py does the same with PyTorch and JAX.
"""
import sys
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.verdict.layout import LAYOUTS
from npspectral.oracle.verdict.run import candidate_case

STEP = 2.0 ** -100
SMOOTH = ("spectral/identity/b*", "spectral/tanh/b*", "spectral/trainable/*")   # no kink in these
OBLONG = "spectral/identity/b2-i3-o4/bias"


def vjp(function, moved):
    def pull(grad_y):
        grads = {name: np.zeros_like(array) for name, array in moved.items()}
        for name, array in moved.items():
            for index in np.ndindex(array.shape):
                shifted = array.astype(complex)
                shifted[index] += STEP * 1j
                slope = function({**moved, name: shifted}).imag / STEP
                grads[name][index] = (grad_y * slope).sum()
        return (grads,)
    return function(moved), pull


@pytest.fixture(autouse=True)
def jax(monkeypatch):
    """In place of JAX, whether that is installed or not."""
    nn = SimpleNamespace(relu=None, sigmoid=None, elu=None, softplus=None)
    fake = SimpleNamespace(numpy=np, nn=nn, vjp=vjp, config=SimpleNamespace(jax_enable_x64=True))
    monkeypatch.setitem(sys.modules, "jax", fake)
    return fake


# one layer in every form

def spectral(x, lambda_in, lambda_out, phi, bias):
    return x @ ((lambda_in - lambda_out[:, None]) * phi).T + bias


def in_other_words(inputs, base, l_in, l_out, *, bias=0):
    return spectral(inputs, l_in, l_out, base, bias)


def of_params(params, x):
    return spectral(x, params["eig"]["in"], params["eig"]["out"], params["base"], params["b"])


class Plain:
    def __init__(self, n_in, n_out):
        self.base, self.bias = np.zeros((n_out, n_in)), np.zeros(n_out)
        self.l_in, self.l_out = np.zeros(n_in), np.zeros(n_out)

    def __call__(self, x):
        return in_other_words(x, self.base, self.l_in, self.l_out, bias=self.bias)


@dataclass(frozen=True)
class Frozen:
    """As Equinox has them: arrays in a frozen dataclass, called with one sample."""

    base: Any
    l_in: Any
    l_out: Any
    bias: Any
    __call__ = Plain.__call__


class Named(NamedTuple):
    base: Any
    l_in: Any
    l_out: Any
    bias: Any
    __call__ = Plain.__call__


def made(kind):
    return lambda case: kind(*(np.zeros(shape) for shape in (
        (case.n_out, case.n_in), case.n_in, case.n_out, case.n_out)))


class Keras:
    """A layer with the names, the shapes and the order of the authors' Keras package."""

    def __init__(self, n_in, n_out):
        self.base, self.bias = np.zeros((n_in, n_out)), np.zeros(n_out)
        self.diag_start, self.diag_end = np.zeros((n_in, 1)), np.zeros((1, n_out))

    def __call__(self, x):
        return x @ (self.base * (self.diag_start - self.diag_end)) + self.bias


def one_by_one(layer, x):
    return np.stack([layer(sample) for sample in x])


NAMES = {"phi": "base", "lambda_in": "l_in", "lambda_out": "l_out", "bias": "bias"}
PATHS = {"phi": "base", "lambda_in": "eig.in", "lambda_out": "eig.out", "bias": "b"}
FORMS = {
    "a function of the arrays": (spectral, None, {}),
    "one with names of its own": (in_other_words, NAMES, {}),
    "one with an argument bound": (partial(in_other_words), NAMES, {}),
    "a function of a dict in a dict": (of_params, PATHS, {}),
    "a class": (Plain, NAMES, {}),
    "a function of the case": (lambda case: Plain(case.n_in, case.n_out), NAMES, {}),
    "a frozen dataclass of one sample": (made(Frozen), NAMES, {"call": one_by_one}),
    "a named tuple": (made(Named), NAMES, {}),
}


def check(layer, names=None, only=SMOOTH, **options):
    return oracle.check(oracle.from_jax(layer, names, **options), only=only)


@pytest.mark.parametrize("layer, names, options", FORMS.values(), ids=FORMS)
def test_a_right_layer_passes_in_every_form(layer, names, options):
    report = check(layer, names, **options)
    assert report.ok and report.counts["pass"] == len(oracle.cases("core", SMOOTH)) > 8


def with_a_sum(x, lambda_in, lambda_out, phi, bias):
    return spectral(x, lambda_in, -lambda_out, phi, bias)


def test_a_wrong_layer_is_named_and_the_report_says_what_was_handed_over():
    report = check(with_a_sum)
    assert report.findings[0].mistakes == ("sum of eigenvalues",)
    assert report.to_text().splitlines()[0].split("   ")[1] == "from_jax(with_a_sum)"
    assert "rerun     oracle.check(candidate, dtype='float64'" in report.to_text()


def skipped(layer, names=None, only=OBLONG, **options):
    result, = check(layer, names, only, **options).results
    return f"{result.status}: {result.message}"


class Small(Plain):
    def __init__(self):
        super().__init__(4, 4)


SKIPPED = {
    "a parameter without a name": (
        (spectral, {name: name for name in ("phi", "lambda_in", "lambda_out")}),
        "names has no bias"),
    "a parameter that the function does not take": (
        (lambda x, lambda_in, lambda_out, phi: x, None), "from_jax(lambda) takes no bias"),
    "a layer of one size": ((Small(), NAMES), "from_jax(Small) has one size"),
    "a loss": ((spectral, None, "loss/hinge/b4-o4/mean"),
               "from_jax serves a single layer of kind 'spectral'"),
    "a penalty": ((spectral, None, "penalty/l2/phi"),
                  "from_jax serves a single layer of kind 'spectral'"),
    "two layers": ((spectral, None, "stack/3-4-2/tanh"),
                   "from_jax serves a single layer of kind 'spectral'"),
    "another kind of layer": ((spectral, None, "dense/identity/b2-i3-o4/bias"),
                              "from_jax serves a single layer of kind 'spectral'"),
    "parameters that fit into no layer": (
        (Plain, NAMES, "error/phi-transposed"), "no layer has parameters that do not fit together"),
}


@pytest.mark.parametrize("handed, reason", SKIPPED.values(), ids=SKIPPED)
def test_a_case_that_is_not_served_is_skipped_with_the_reason(handed, reason):
    assert skipped(*handed) == f"skipped: {reason}"


def test_a_layer_of_one_size_answers_the_cases_of_its_size_and_stays_as_it_is():
    layer = Small()
    report = check(layer, NAMES)
    assert report.ok and {result.case.phi.shape for result in report.results
                          if result.passed} == {(4, 4)}
    assert not layer.base.any()


def dense(x, weight, bias):
    return x @ weight.T + bias


def test_a_kind_may_be_given():
    report = check(dense, only=("dense/identity/b2-i3-o4/bias", OBLONG), kind="dense")
    assert report.counts == {"pass": 1, "skipped": 1}


def test_a_bias_that_a_case_does_not_have_is_zero_for_those_that_need_one():
    plain = "spectral/identity/b8-i5-o2/plain"
    seen = []

    def needs(x, phi, lambda_in, lambda_out, bias):
        seen.append(bias)
        return spectral(x, lambda_in, lambda_out, phi, bias)

    def can_do_without(x, phi, lambda_in, lambda_out, bias="none"):
        assert bias == "none"
        return spectral(x, lambda_in, lambda_out, phi, 0)
    assert check(needs, only=plain).ok and check(can_do_without, only=plain).ok
    assert all(bias.shape == (2,) and not bias.any() for bias in seen)
    assert check(of_params, PATHS, plain).ok
    assert check(lambda params, x: spectral(x, **params), only=plain).ok


class Ones(Keras):
    """With a bias from the start."""

    def __init__(self, n_in, n_out):
        super().__init__(n_in, n_out)
        self.bias = np.ones(n_out)


def test_a_layer_that_has_a_bias_gets_zero_where_a_case_has_none():
    assert check(Ones, only="spectral/identity/b8-i5-o2/plain", layout="keras").ok


@pytest.mark.parametrize("layer, only, status", [
    (spectral, "error/x-too-narrow", "pass"),
    (lambda x, lambda_in, lambda_out, phi, bias: x[:, :1] * phi[:, 0], "error/x-too-narrow",
     "wrong")])
def test_what_a_case_wants_refused_is_handed_over(layer, only, status):
    result, = check(layer, only=only).results
    assert result.status == status


def test_gradients_of_what_a_case_trains_are_asked_for_and_no_others():
    frozen, = oracle.cases("core", "spectral/trainable/lambda_in/tanh/b4-i3-o4")
    view = candidate_case(frozen, "float64", LAYOUTS["npspectral"])
    assert set(oracle.from_jax(spectral)(view)) == {"y", "grad_x", "grad_lambda_in"}


def test_an_activation_of_the_user_s_own_follows_the_layer():
    asked = []

    def activation(of, z):
        asked.append(of["layer"])
        return np.tanh(z)
    assert check(spectral, only="spectral/tanh/b2-i3-o4/bias", activation=activation).ok
    assert set(asked) == {"tanh"}


def test_a_layout_gives_the_names_and_is_what_check_uses():
    candidate = oracle.from_jax(Keras, layout="keras")
    report = oracle.check(candidate, only=SMOOTH)
    assert report.ok and report.layout == "keras"
    assert not oracle.check(candidate, only=SMOOTH, layout="npspectral").ok


@pytest.mark.parametrize("only", [OBLONG, "error/x-too-narrow"])
@pytest.mark.parametrize("door, layer", [(oracle.from_jax, spectral), (oracle.from_keras, Keras)])
def test_float64_without_x64_is_told_and_passes_for_no_refusal(monkeypatch, jax, door, layer, only):
    jax.config.jax_enable_x64 = False
    backend = SimpleNamespace(backend=lambda: "jax")
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(backend=backend))
    result, = oracle.check(door(layer), only=only).results
    assert result.status == "skipped"
    assert "before, or check with dtype='float32'" in result.message


KERAS = SimpleNamespace(
    ops=SimpleNamespace(convert_to_tensor=lambda array, dtype: array.astype(dtype), tanh=np.tanh,
                        relu=None, sigmoid=None),
    backend=SimpleNamespace(backend=lambda: "numpy"))


class Built(Keras):
    """Made without knowing n_in, as Keras makes layers."""

    built = False

    def __init__(self, n_out, dtype):
        self.n_out, self.dtype = n_out, dtype

    def __call__(self, x):
        if not self.built:
            super().__init__(x.shape[1], self.n_out)
            self.built = True
        return super().__call__(x)


@pytest.mark.parametrize("layer", [Built, lambda case: Built(case.n_out, case.dtype)])
def test_keras_without_gradients_is_judged_by_its_forward_pass(monkeypatch, layer):
    monkeypatch.setitem(sys.modules, "keras", KERAS)
    candidate = oracle.from_keras(layer, layout="keras")
    assert oracle.check(candidate, only=SMOOTH, forward_only=True).ok
    report = oracle.check(candidate, only=SMOOTH)
    assert {result.message for result in report.results} == {
        "Keras has no gradients on its backend 'numpy'"}


BAD = [
    (oracle.from_torch, (3,), TypeError, "from_torch: layer is int, expected a layer"),
    (oracle.from_jax, (spectral, {"phi": 3}), TypeError, "names has 'phi': 3"),
    (oracle.from_jax, (spectral, {"phi": ""}), TypeError, "names has 'phi': ''"),
    (oracle.from_jax, (spectral, {"lamda_in": "l"}), ValueError, "did you mean 'lambda_in'"),
    (oracle.from_jax, (spectral, None, "kerass"), ValueError, "layout is 'kerass'"),
    (oracle.from_jax, (lambda *arrays: arrays,), TypeError, "does not name its arguments"),
    (oracle.from_jax, (lambda: 0,), TypeError, "does not name its arguments"),
    (oracle.from_torch, (lambda a, b, c: a,), TypeError, r"takes \['a', 'b', 'c'\], expected"),
    (oracle.from_keras, (spectral,), TypeError, "expected a class, or a function of the case"),
    (oracle.from_keras, (Plain(3, 4),), TypeError, "expected a class, or a function of the case"),
]


@pytest.mark.parametrize("door, handed, error, told", BAD)
def test_what_is_no_layer_is_refused_at_once(door, handed, error, told):
    with pytest.raises(error, match=told):
        door(*handed)


@pytest.mark.parametrize("names, told", [
    ({**NAMES, "phi": "Base"}, "Plain has no 'Base'; did you mean 'base'?"),
    ({**NAMES, "phi": "l_in"}, "l_in has shape (3,), phi of case")])
def test_a_name_that_leads_nowhere_is_told(names, told):
    assert told in skipped(Plain, names)
