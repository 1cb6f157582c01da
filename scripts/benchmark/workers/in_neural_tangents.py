"""neural-tangents, compiled by JAX."""
import jax
import neural_tangents as nt
from neural_tangents import stax

from . import problems
from .in_jax import compiled, placed


def tangent_kernel(case):
    """In its structured mode, whose best case are (in, out) weights."""
    x, layers = placed(case, problems.network)
    kernel = nt.empirical_ntk_fn(
        lambda layers, x: problems.outputs(layers, x, jax.nn.relu), trace_axes=(), vmap_axes=0,
        implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES)
    return compiled(lambda layers, x: kernel(x, None, layers), layers, x)


def infinite_width(case):
    """Its closed forms, of Sigma and Theta as ours."""
    x, _ = placed(case, problems.network)
    layers = [part for _ in range(case.depth)
              for part in (stax.Dense(1, problems.GAIN), stax.Relu())]
    *_, kernel = stax.serial(*layers, stax.Dense(1, problems.GAIN))
    return compiled(lambda x: tuple(kernel(x, None, ("nngp", "ntk"))), x,
                    show=lambda both: problems.part_of(both[1]))
