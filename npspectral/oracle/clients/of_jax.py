"""from_jax(): a function or a layer of JAX as a candidate."""
import copy
from importlib import import_module

from ..verdict.assign import held, placed
from ..verdict.layout import layout_of
from .candidate import candidate_of
from .handed import Handed


def from_jax(layer, names=None, layout=None, *, kind="spectral", activation=None, call=None):
    """A candidate for check(): a layer of JAX, with gradients by jax.vjp.

    layer   a function f(x, phi, lambda_in, ...) or f(params, x) of arrays, jitted or not; a layer
            that is called with x and holds arrays, as Equinox has them; its class, which is called
            with n_in and n_out; or a function of the case that makes one
    names   {the oracle's name: yours}: an argument, an attribute or a path, as
            {"phi": "params.base"} of Flax; by default those of the layout. Cases with a parameter
            that has no name are skipped.
    layout, kind, activation, call   as in from_torch; `lambda layer, x: jax.vmap(layer)(x)` for a
            layer of one sample

    A bias that the case does not have is zero. float64 needs jax_enable_x64.
    """
    handed = Handed("from_jax", layer, names, layout_of(layout), kind,
                    activation or jax_activation, lambda of, case: of(case.n_in, case.n_out))
    call = call or (lambda layer, x: layer(x))

    def run(case, wanted):
        jax = jax_for(case.dtype)
        made = None if handed.is_function else handed.made(case)
        arrays = handed.parameters(case) if made is None else {
            name: held(made, path, name, case)[1]
            for name, path in handed.paths(case, made).items()}
        arrays = {name: jax.numpy.asarray(array, case.dtype)
                  for name, array in {**arrays, "x": case.x}.items() if array is not None}

        def forward(moved):
            parts = {**arrays, **moved}
            x = parts.pop("x")
            z = handed.call(parts, x) if made is None else call(filled(made, parts), x)
            return handed.followed(case, z)

        def filled(layer, parts):
            layer = copy.deepcopy(layer)
            for name, part in parts.items():
                layer = placed(layer, handed.name_of(name), part)
            return layer
        if not wanted:
            return forward({}), {}, None
        y, pull = jax.vjp(forward, {name: arrays[name] for name in wanted})
        return y, pull(jax.numpy.asarray(case.grad_y, y.dtype))[0], None
    return candidate_of(handed, run)


def jax_for(dtype):
    """JAX; raises NotImplementedError, which is no refusal of an input, where it has no float64."""
    jax = import_module("jax")
    if dtype == "float64" and not jax.config.jax_enable_x64:
        raise NotImplementedError("JAX makes float32 of float64: jax.config.update("
                                  "'jax_enable_x64', True) before, or check with dtype='float32'")
    return jax


def jax_activation(of, z):
    """JAX's own; but its leaky_relu, which takes the slope of the right side at 0, is none."""
    jax = import_module("jax")
    return {"relu": jax.nn.relu, "tanh": jax.numpy.tanh, "sigmoid": jax.nn.sigmoid,
            "leaky_relu": lambda z: jax.numpy.where(z > 0, z, of["slope"] * z),
            "elu": lambda z: jax.nn.elu(z, of["alpha"]), "identity": lambda z: z,
            "softplus": lambda z: jax.nn.softplus(of["sharpness"] * z) / of["sharpness"],
            }[of["layer"]](z)
