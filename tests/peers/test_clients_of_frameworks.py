"""from_torch and from_jax with PyTorch and JAX themselves; assign on what PyTorch computes."""
from functools import partial

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.verdict.answers import readable
from npspectral.oracle.verdict.layout import LAYOUTS
from npspectral.oracle.verdict.run import candidate_case

torch = pytest.importorskip("torch")
prune = pytest.importorskip("torch.nn.utils.prune")

NAMES = {"phi": "base", "lambda_in": "l_in", "lambda_out": "l_out", "bias": "bias"}
CASE, = oracle.cases("core", "spectral/identity/b2-i3-o4/bias")
LAYERS = ("spectral/*/b2-i3-o4/bias", "spectral/*/b4-i4-o4/bias", "spectral/trainable/*",
          "spectral/kink/*", "spectral/magnitude/*", "error/x-*")


class Layer(torch.nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        for name, shape in (("base", (n_out, n_in)), ("l_in", n_in), ("l_out", n_out),
                            ("bias", n_out)):
            self.register_parameter(name, torch.nn.Parameter(torch.zeros(shape)))

    def forward(self, x):
        return function(x, self.l_in, self.l_out, self.base, self.bias)


def function(x, lambda_in, lambda_out, phi, bias):
    return x @ ((lambda_in - lambda_out[:, None]) * phi).T + bias


class ByHand(torch.autograd.Function):
    """The layer's own backward pass, which lost the minus of lambda_out."""

    @staticmethod
    def forward(ctx, x, l_in, l_out, phi, bias):
        ctx.save_for_backward(x, l_in, l_out, phi)
        return function(x, l_in, l_out, phi, bias)

    @staticmethod
    def backward(ctx, g):
        x, l_in, l_out, phi = ctx.saved_tensors
        of_weight, gap = g.T @ x, l_in - l_out[:, None]
        return (g @ (gap * phi), (phi * of_weight).sum(0), (phi * of_weight).sum(1),
                gap * of_weight, g.sum(0))


def lost_minus(x, lambda_in, lambda_out, phi, bias):
    return ByHand.apply(x, lambda_in, lambda_out, phi, bias)


def stacked(n_in, n_out):
    return torch.nn.ModuleDict({"first": torch.nn.Sequential(Layer(n_in, n_out))})


FORMS = {
    "a function": (function, None, {}),
    "a function of a state dict": (lambda params, x: torch.func.functional_call(
        Layer(x.shape[1], len(params["bias"])), params, (x,)), NAMES, {}),
    "a class": (Layer, NAMES, {}),
    "a function of the case": (lambda case: Layer(case.n_in, case.n_out), NAMES, {}),
    "a module": (Layer(4, 4), NAMES, {}),
    "a layer in a network": (
        lambda case: stacked(case.n_in, case.n_out),
        {name: f"first.0.{path}" for name, path in NAMES.items()},
        {"call": lambda network, x: network["first"](x)}),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
@pytest.mark.parametrize("layer, names, options", FORMS.values(), ids=FORMS)
def test_a_layer_of_pytorch_passes_in_every_form_and_dtype(layer, names, options, dtype):
    report = oracle.check(oracle.from_torch(layer, names, **options), suite="full", only=LAYERS,
                          dtype=dtype)
    assert report.ok and report.counts["pass"] >= 7, report.to_text()


def test_a_module_keeps_its_numbers_its_dtype_and_its_gradients():
    module = Layer(3, 4)
    module.base.grad = torch.ones(4, 3)
    assert oracle.check(oracle.from_torch(module, NAMES), only=CASE.id).ok
    assert module.base.dtype == torch.float32
    assert not module.base.any() and module.base.grad.all()


def test_a_frozen_parameter_requires_no_gradient():
    seen = []

    def watching(x, lambda_in, lambda_out, phi, bias):
        seen.append([array.requires_grad for array in (x, lambda_in, lambda_out, phi, bias)])
        return function(x, lambda_in, lambda_out, phi, bias)
    candidate = oracle.from_torch(watching)
    only = "spectral/trainable/lambda_in/tanh/b4-i3-o4"
    assert oracle.check(candidate, only=only).ok
    assert oracle.check(candidate, only=only, forward_only=True).ok
    assert seen == 2 * [[True, True, False, False, False]] + 2 * [[False] * 5]


def test_a_lost_minus_is_named():
    report = oracle.check(oracle.from_torch(lost_minus), suite="full", dtype="float32",
                          only="spectral/identity/*/bias")
    assert "The minus of grad_lambda_out is lost" in report.findings[0].sentence


def test_a_tensor_has_the_strides_of_its_array():
    seen = []

    def watching(x, lambda_in, lambda_out, phi, bias):
        seen.append(x.stride())
        return function(x, lambda_in, lambda_out, phi, bias)
    view = candidate_case(CASE, "float64", LAYOUTS["npspectral"])
    view.inputs["x"] = np.repeat(np.repeat(CASE.x, 2, 0), 3, 1)[::2, ::3]
    answers = oracle.from_torch(watching)(view)
    assert seen == [(18, 3)] and np.array_equal(answers["y"].detach(), CASE.expect["y"].value)


COMPUTED = {
    "a parametrization": lambda layer: torch.nn.utils.parametrizations.weight_norm(layer, "base"),
    "pruning": lambda layer: prune.l1_unstructured(layer, "base", 0.5),
}


@pytest.mark.parametrize("change", COMPUTED.values(), ids=COMPUTED)
def test_what_pytorch_computes_from_other_parameters_cannot_be_assigned(change):
    layer = Layer(3, 4)
    torch.nn.init.ones_(layer.base)
    with pytest.raises(ValueError, match="base is computed from other parameters"):
        oracle.assign(change(layer) or layer, CASE, phi="base")


def test_marks_on_a_tensor_are_read():
    twice = torch.tensor([1 + 2j]).conj()
    assert twice.imag.is_neg() and readable(twice.imag, "float64", (1,))[1] == "dtype"
    marked = torch.tensor([1 + 2j], dtype=torch.complex128).conj()
    assert marked.imag.is_neg() and marked.is_conj()
    assert readable(marked.imag, "float64", (1,))[0] == [-2]
    assert readable(marked.real, "float64", (1,))[0] == [1]


OF_JAX = {
    "a function": lambda jax: oracle.from_jax(function),
    "a jitted function": lambda jax: oracle.from_jax(jax.jit(function)),
    "a function of params": lambda jax: oracle.from_jax(
        lambda params, x: function(x, *(params["in"][name] for name in ("l", "m", "phi", "b"))),
        {"phi": "in.phi", "lambda_in": "in.l", "lambda_out": "in.m", "bias": "in.b"}),
    "a layer of one sample": lambda jax: oracle.from_jax(
        partial(made, jax), NAMES, call=lambda layer, x: jax.vmap(layer)(x)),
}


def made(jax, case):
    return Arrays(*(jax.numpy.zeros(shape) for shape in (
        (case.n_out, case.n_in), case.n_in, case.n_out, case.n_out)))


class Arrays:
    def __init__(self, base, l_in, l_out, bias):
        self.base, self.l_in, self.l_out, self.bias = base, l_in, l_out, bias

    def __call__(self, x):
        return ((self.l_in - self.l_out[:, None]) * self.base) @ x + self.bias


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("candidate", OF_JAX.values(), ids=OF_JAX)
def test_a_layer_of_jax_passes_in_every_form(candidate, dtype):
    jax = pytest.importorskip("jax")
    report = oracle.check(candidate(jax), dtype=dtype, only=(
        "spectral/*/b2-i3-o4/bias", "spectral/trainable/lambda_in/tanh/b4-i3-o4"))
    assert report.ok and report.counts["pass"] == {"float32": 14, "bfloat16": 8}[dtype], (
        report.to_text())
