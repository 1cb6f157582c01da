"""Random networks, data, losses and penalties for comparison with automatic differentiation."""
from dataclasses import dataclass
from typing import Callable, NamedTuple

import numpy as np
from conftest import EVERY_LOSS, random_array

from npspectral import (ELU, Chain, Dense, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Spectral,
                        Tanh)
from npspectral.nn import L1, L2, ElasticNet, GroupLasso, tree
from npspectral.nn.penalties import add_penalties

ACTIVATIONS = (Identity(), ReLU(), LeakyReLU(), LeakyReLU(0.3), ELU(), ELU(0.7), Tanh(), Sigmoid(),
               Softplus(), Softplus(2.0))
FORMS = (dict(), dict(bias=False), dict(lambda_in=0.0), dict(lambda_in=0.75),
         dict(lambda_out=0.0), dict(lambda_out=-0.5, bias=False),
         dict(lambda_in=1.0, lambda_out=0.5))
TRAINABLE = ("lambda_in", "lambda_out", "phi", "bias")
WIDTHS, BATCHES = (1, 3, 8), (1, 5)         # few, because JAX compiles anew for every shape

# Both sides round some hundred times on the way through 4 layers of width 8, which is 1e-14 of a
# result; what cancels in a small gradient, and the 1 - tanh^2 of the peers, lose two digits more.
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Problem:
    """Everything that a loss with its penalties needs."""

    network: Chain
    params: tuple
    x: np.ndarray
    target: np.ndarray
    loss: str
    options: dict
    penalties: tuple


def random_layer(rng, n_in, n_out):
    if rng.integers(3) == 0:
        return Dense(n_in, n_out, bias=bool(rng.integers(2)))
    options = dict(FORMS[rng.integers(len(FORMS))])
    if rng.integers(4) == 0:
        first = rng.integers(4)
        options["trainable"] = (TRAINABLE[first], TRAINABLE[first - 1])
    return Spectral(n_in, n_out, **options)


def random_params(layer, rng):
    """Normal numbers, matrices divided by the root of their rows' length so that nothing grows."""
    return {name: random_array(rng, shape) / (shape[1] ** 0.5 if len(shape) == 2 else 1)
            for name, shape in layer.shapes.items()}


def random_penalties(rng, network):
    paths = [f"{position}/{name}" for position, layer in enumerate(network.layers)
             for name in (*layer.shapes, *(("weight",) if isinstance(layer, Spectral) else ()))]
    penalties = []
    for path in rng.choice(paths, min(len(paths), rng.integers(3)), replace=False):
        name = path.split("/")[1]
        kinds = [L1, L2, ElasticNet] + [GroupLasso] * (name in ("phi", "weight"))
        kind = kinds[rng.integers(len(kinds))]
        penalties.append(kind(0.3, str(path), network if name == "weight" else None))
    return tuple(penalties)


def random_problem(seed):
    rng = np.random.default_rng(seed)
    widths = rng.choice(WIDTHS, rng.integers(2, 6))         # 1 to 4 layers
    layers = []
    for n_in, n_out in zip(widths[:-1], widths[1:]):
        layers += [random_layer(rng, int(n_in), int(n_out)),
                   ACTIVATIONS[rng.integers(len(ACTIVATIONS))]]
    network = Chain(*layers[:-1])
    batch = int(rng.choice(BATCHES))
    # the softmax of one class is a constant, whose gradient is nothing but the peer's rounding
    losses = [name for name in EVERY_LOSS if widths[-1] > 1 or "softmax" not in name]
    loss = losses[rng.integers(len(losses))]
    options = dict(reduction=("mean", "sum")[rng.integers(2)],
                   weights=rng.uniform(0.5, 2, batch) if rng.integers(2) else None)
    return Problem(network, tuple(random_params(layer, rng) for layer in network.layers),
                   random_array(rng, (batch, widths[0])),
                   EVERY_LOSS[loss].target(rng, (batch, widths[-1])), loss, options,
                   random_penalties(rng, network))


def ours(problem):
    """Value, gradients by path, and grad_x of the package."""
    y, residuals = problem.network.forward(problem.params, problem.x)
    value, grad_y = EVERY_LOSS[problem.loss](y, problem.target, **problem.options)
    grads, grad_x = problem.network.backward(problem.params, residuals, grad_y)
    value = value + add_penalties(problem.penalties, problem.params, grads)
    return value, {**dict(tree.items(grads)), "x": grad_x}


def assert_agree(problem, value, gradients):
    """Value and all gradients within TOLERANCE of the largest number in each array."""
    got_value, got = ours(problem)
    assert abs(got_value - value) <= TOLERANCE * max(1, abs(value))
    for name in got:
        want = np.asarray(gradients[name])
        assert got[name].shape == want.shape, name
        error = np.abs(got[name] - want).max()
        assert error <= TOLERANCE * np.abs(want).max(), (
            f"{name}: error {error:.2g} of {np.abs(want).max():.2g} in {problem}")


class Backend(NamedTuple):
    """A framework by its tables; `apply` and `weight` take (params, ..., layer)."""

    apply: Callable
    weight: Callable
    array: Callable
    losses: dict                # name -> loss of every sample, of (y, target)
    penalties: dict             # name -> sum, of (penalty, w)

    def total(self, problem, params, x):
        layers = problem.network.layers
        for layer, own in zip(layers, params):
            x = self.apply(own, x, layer)
        each = self.losses[problem.loss](x, self.array(problem.target))
        weights = problem.options["weights"]
        w = self.array(np.ones(len(problem.x)) if weights is None else weights)
        value = (w * each).sum() / (w.sum() if problem.options["reduction"] == "mean" else 1)
        for penalty in problem.penalties:
            position, name = penalty.name.split("/")
            own = params[int(position)]
            w = self.weight(own, layers[int(position)]) if name == "weight" else own[name]
            value = value + penalty.strength * self.penalties[type(penalty).__name__](penalty, w)
        return value


def random_steps(seed):
    """First values of one array and the gradients of 10 steps."""
    rng = np.random.default_rng(seed)
    return random_array(rng, (4, 3)), random_array(rng, (10, 4, 3))


def steps_of(optimizer, start, gradients):
    params = {"theta": start.copy()}
    state, after = optimizer.init(params), []
    for g in gradients:
        optimizer.step(params, {"theta": g}, state)
        after.append(params["theta"].copy())
    return np.array(after)


def assert_same_steps(got, want):
    np.testing.assert_array_equal(got.shape, want.shape)
    assert np.abs(got - want).max() <= TOLERANCE * np.abs(want).max()
