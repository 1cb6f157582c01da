"""neural-tangents, compiled by JAX."""
import jax
import neural_tangents as nt
from neural_tangents import stax

from . import problems
from .in_jax import compiled, placed


def tangent_kernel(case):
    """In its structured mode, whose best case are (in, out) weights."""
    kernel = nt.empirical_ntk_fn(
        lambda layers, x: problems.outputs(layers, x, jax.nn.relu), trace_axes=(), vmap_axes=0,
        implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES)
    return compiled(lambda x, layers: kernel(x, None, layers), *placed(case, problems.network))


def infinite_width(case):
    """Its closed forms, of Sigma and Theta as ours."""
    x, _ = placed(case, problems.network)
    *_, kernel = stax.serial(*case.depth * [stax.Dense(1, problems.GAIN), stax.Relu()],
                             stax.Dense(1, problems.GAIN))
    return compiled(lambda x: tuple(kernel(x, None, ("nngp", "ntk"))), x,
                    show=lambda both: problems.part_of(both[1]))
