"""Gradients and optimizers against JAX, in float64."""
import pytest

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
from oracle_jax import JaxAnswers  # noqa: E402
from random_networks import (Backend, assert_agree, assert_same_steps,  # noqa: E402
                             random_problem, random_steps, steps_of)

from npspectral import SGD, Adam, Adamax  # noqa: E402
from npspectral.nn import tree  # noqa: E402


def weight(params, layer):
    if "weight" in params:
        return params["weight"]
    n_out, n_in = params["phi"].shape
    lambda_in = jnp.broadcast_to(params.get("lambda_in", layer.lambda_in), (n_in,))
    lambda_out = jnp.broadcast_to(params.get("lambda_out", layer.lambda_out), (n_out,))
    return (lambda_in[None, :] - lambda_out[:, None]) * params["phi"]


def apply(params, x, layer):
    if params:
        return x @ weight(params, layer).T + params.get("bias", 0)
    return FUNCTIONS[type(layer).__name__](layer, x)


FUNCTIONS = {
    "Identity": lambda layer, x: x,
    "ReLU": lambda layer, x: jnp.where(x > 0, x, 0),
    "LeakyReLU": lambda layer, x: jnp.where(x > 0, x, layer.slope * x),
    "ELU": lambda layer, x: jnp.where(x > 0, x, layer.alpha * jnp.expm1(jnp.minimum(x, 0))),
    "Tanh": lambda layer, x: jnp.tanh(x),
    "Sigmoid": lambda layer, x: 1 / (1 + jnp.exp(-x)),
    "Softplus": lambda layer, x: jnp.log1p(jnp.exp(layer.sharpness * x)) / layer.sharpness,
}


def log_sum_exp(y):
    return jnp.log(jnp.exp(y).sum(1))


JAX = Backend(apply, weight, jnp.asarray, {
    "mean_squared_error": lambda y, t: ((y - t) ** 2).mean(1),
    "softmax_cross_entropy, labels": lambda y, t: log_sum_exp(y) - y[jnp.arange(len(y)), t],
    "softmax_cross_entropy, probabilities": lambda y, t: log_sum_exp(y) - (t * y).sum(1),
    "binary_cross_entropy": lambda y, t: (jnp.log(1 + jnp.exp(y)) - t * y).mean(1),
    "hinge": lambda y, t: jnp.maximum(0, 1 - t * y).mean(1),
    "soft_hinge": lambda y, t: (jnp.logaddexp(0, 20 * (1 - t * y)) / 20).mean(1),
    "quadratic_hinge": lambda y, t: (jnp.maximum(0, 1 - t * y) ** 2 / 2).mean(1),
}, {
    "L1": lambda penalty, w: jnp.abs(w).sum(),
    "L2": lambda penalty, w: (w ** 2).sum(),
    "ElasticNet": lambda penalty, w: (penalty.ratio * jnp.abs(w)
                                      + (1 - penalty.ratio) * w ** 2).sum(),
    "GroupLasso": lambda penalty, w: jnp.sqrt((w ** 2).sum(penalty.axis)).sum(),
})


@pytest.mark.parametrize("seed", range(1000, 1200))
def test_gradients_of_a_random_network_are_those_of_jax(seed):
    problem = random_problem(seed)
    params = tree.map(jnp.asarray, problem.params)
    value, (grads, grad_x) = jax.value_and_grad(
        lambda params, x: JAX.total(problem, params, x), (0, 1))(params, jnp.asarray(problem.x))
    assert_agree(problem, float(value), {**dict(tree.items(grads)), "x": grad_x})


BETAS = dict(beta1=0.9, beta2=0.999, decay=0.0)
DEFAULTS = {SGD: dict(momentum=0.0, decay=0.0), Adam: BETAS | dict(eps=1e-8),
            Adamax: BETAS | dict(eps=1e-7)}


@pytest.mark.parametrize("make, options", [
    (SGD, dict()), (SGD, dict(momentum=0.9)), (SGD, dict(momentum=0.5, decay=0.2)), (Adam, dict()),
    (Adam, dict(beta1=0.5, beta2=0.9, eps=1e-2)), (Adam, dict(decay=0.3)), (Adamax, dict()),
    (Adamax, dict(beta1=0.5, beta2=0.9, eps=1e-2, decay=0.3))])
def test_ten_steps_of_an_optimizer_are_its_formula_in_jax(make, options):
    start, gradients = random_steps(1)
    theta, after = jnp.asarray(start), []
    state = {"m": jnp.zeros_like(theta), "v": jnp.zeros_like(theta)}
    spec = {"learning_rate": 0.01, **DEFAULTS[make], **options}
    for t, g in enumerate(gradients, 1):
        theta = getattr(JaxAnswers(), make.__name__.lower())(spec, t, theta, jnp.asarray(g), state)
        after.append(theta)
    assert_same_steps(steps_of(make(0.01, **options), start, gradients), jnp.stack(after))
