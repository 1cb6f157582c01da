"""from_keras(): a layer of Keras 3 as a candidate, on any of its backends."""
import inspect
from importlib import import_module

from ..verdict.assign import assign, found
from ..verdict.layout import layout_of
from .candidate import candidate_of
from .handed import Handed
from .of_jax import jax_activation, jax_for
from .of_torch import torch_activation


def from_keras(layer, names=None, layout=None, *, kind="spectral", activation=None, call=None):
    """A candidate for check(): a layer of Keras, with gradients as its backend makes them.

    layer   a class, which is called with n_out and dtype=; or a function of the case that makes a
            layer. One that is not built is called once.
    names   {the oracle's name: the attribute or path of the variable}; by default those of the
            layout, which for "keras" are base, diag_start, diag_end, bias. Cases with a parameter
            that has no name are skipped.
    layout, kind, activation, call   as in from_torch

    The layer has to be made in the dtype of the check: Layer(case.n_out, dtype=case.dtype); Keras
    has float64 for all of its operations on TensorFlow alone. A backend without gradients can do
    forward_only=True.
    """
    handed = Handed("from_keras", layer, names, layout_of(layout), kind,
                    activation or _activation, lambda of, case: of(case.n_out, dtype=case.dtype))
    if handed.form != "case" and not inspect.isclass(layer):
        raise TypeError(f"{handed}: expected a class, or a function of the case that makes a layer")
    call = call or (lambda layer, x: layer(x))

    def run(case, wanted):
        handed.parameters(case)                     # which raises on a case that is not served
        keras = import_module("keras")
        if keras.backend.backend() == "jax":
            jax_for(case.dtype)
        x = keras.ops.convert_to_tensor(case.x, case.dtype)

        def built(layer):
            if not layer.built:
                call(layer, x)
            return layer
        layer = handed.made(case, built)
        assign(layer, case, **handed.paths(case, layer))

        def forward(x):
            return handed.followed(case, call(layer, x))
        if not wanted:
            return forward(x), {}, layer
        backend = keras.backend.backend()
        if backend not in PULLS:
            raise NotImplementedError(f"Keras has no gradients on its backend {backend!r}")
        variables = {name: found(layer, handed.name_of(name)) for name in wanted if name != "x"}
        return *PULLS[backend](forward, x, variables,
                               keras.ops.convert_to_tensor(case.grad_y, case.dtype)), layer
    return candidate_of(handed, run)


def _by_torch(forward, x, variables, grad_y):
    leaves = {"x": x, **{name: variable.value for name, variable in variables.items()}}
    for leaf in leaves.values():
        leaf.grad = None
        leaf.requires_grad_(True)
    y = forward(x)
    y.backward(grad_y)
    return y, {name: leaf.grad for name, leaf in leaves.items()}


def _by_tensorflow(forward, x, variables, grad_y):
    # A layer of Keras 2, as in spectraltools, holds TensorFlow's variables, whose value is a method
    leaves = {"x": x, **{name: variable if callable(variable.value) else variable.value
                         for name, variable in variables.items()}}
    with import_module("tensorflow").GradientTape() as tape:
        tape.watch(list(leaves.values()))
        y = forward(x)
    return y, tape.gradient(y, leaves, grad_y)


def _by_jax(forward, x, variables, grad_y):
    scope = import_module("keras").StatelessScope

    def moved(leaves):
        with scope([(variable, leaves[name]) for name, variable in variables.items()]):
            return forward(leaves["x"])
    leaves = {"x": x, **{name: variable.value for name, variable in variables.items()}}
    y, pull = import_module("jax").vjp(moved, leaves)
    return y, pull(grad_y.astype(y.dtype))[0]


PULLS = {"torch": _by_torch, "tensorflow": _by_tensorflow, "jax": _by_jax}


def _activation(of, z):
    """Those of the backend, as some of keras.ops make float32 of float64 on other than TensorFlow.
    """
    keras = import_module("keras")
    ops, backend = keras.ops, keras.backend.backend()
    if backend in ("torch", "jax"):
        return (torch_activation if backend == "torch" else jax_activation)(of, z)
    return {"relu": ops.relu, "tanh": ops.tanh, "sigmoid": ops.sigmoid, "identity": lambda z: z,
            "leaky_relu": lambda z: ops.leaky_relu(z, of["slope"]),
            "elu": lambda z: ops.elu(z, of["alpha"]),
            "softplus": lambda z: ops.logaddexp(
                of["sharpness"] * z, ops.zeros_like(z)) / of["sharpness"]}[of["layer"]](z)
