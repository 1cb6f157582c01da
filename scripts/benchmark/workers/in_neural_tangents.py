"""neural-tangents, compiled by JAX."""
import jax
import neural_tangents as nt
from neural_tangents import stax

from . import in_jax, problems

place = in_jax.place


def tangent_kernel(case, x, layers):
    """In its structured mode, whose best case are (in, out) weights."""
    kernel = nt.empirical_ntk_fn(
        lambda layers, x: problems.outputs(layers, x, jax.nn.relu), trace_axes=(), vmap_axes=0,
        implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES)
    return in_jax.compiled(lambda x, layers: kernel(x, None, layers), x, layers)


def infinite_width(case, x, layers):
    """Its closed forms, of Sigma and Theta as ours."""
    *_, kernel = stax.serial(*case.depth * [stax.Dense(1, problems.GAIN), stax.Relu()],
                             stax.Dense(1, problems.GAIN))
    work = in_jax.compiled(lambda x: tuple(kernel(x, None, ("nngp", "ntk"))), x)
    return work, lambda both: both[1]
