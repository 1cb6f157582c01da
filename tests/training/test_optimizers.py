"""Optimizers against their papers, step by step in exact arithmetic."""
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from conftest import EVERY_OPTIMIZER, assert_near, random_array, same_bits, several_steps
from of_users import Scale

from npspectral import SGD, Adam, Adamax, Chain, Dense, ReLU, fit, mean_squared_error
from npspectral.nn import tree
from npspectral.training import (PlainAdam, PlainAdamax, PlainSGD, fast_optimizers, minibatch)

# A gradient that changes its sign and size; the same one tiny, where eps decides; and one that
# stops: an optimizer with memory goes on.
TRACES = {"plain": [0.5, -1.25, 0.75, 2.0, -0.375], "tiny": [3e-8, -1e-8, 5e-8, 2e-9, 1e-8],
          "stops": [1.5, 0.0, 0.0, 0.0, 0.0], "grows": [1e-6, 1e-3, 1.0, 1e3, 1e6]}


def trained(optimizer, start, gradients, dtype=float):
    """theta after every step on one number."""
    params = {"theta": np.array([start], dtype)}
    state, values = optimizer.init(params), []
    for g in gradients:
        optimizer.step(params, {"theta": np.array([g], dtype)}, state)
        values.append(params["theta"][0])
    return np.array(values, dtype)


@pytest.mark.parametrize("make", [SGD, PlainSGD])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("momentum, decay", [(0, 0), (0.5, 0), (0.75, 0), (0, 0.5), (0.5, 0.25)])
def test_sgd_has_no_rounding_on_dyadic_numbers(momentum, decay, dtype, make):
    theta, v, eta = Fraction(3, 2), Fraction(0), Fraction(1, 4)
    want = []
    for g in TRACES["plain"][:3]:
        v = Fraction(momentum) * v + Fraction(g)
        theta = theta * (1 - eta * Fraction(decay)) - eta * v
        want.append(theta)
    got = trained(make(0.25, momentum=momentum, decay=decay), 1.5, TRACES["plain"][:3], dtype)
    assert [Fraction(float(value)) for value in got] == want


def by_hand(adamax, start, gradients, eta, beta1=0.9, beta2=0.999, eps=None, decay=0.0):
    """Adam, or Adamax, where the largest of |g| and beta2 v stands for the root of v_hat."""
    eps = eps if eps is not None else 1e-7 if adamax else 1e-8
    eta, beta1, beta2, eps, decay = map(Decimal, (eta, beta1, beta2, eps, decay))
    theta, m, v, values = Decimal(start), Decimal(0), Decimal(0), []
    for t, g in enumerate(map(Decimal, gradients), 1):
        m = beta1 * m + (1 - beta1) * g
        v = max(beta2 * v, abs(g)) if adamax else beta2 * v + (1 - beta2) * g ** 2
        size = v if adamax else (v / (1 - beta2 ** t)).sqrt()
        theta = (1 - eta * decay) * theta - eta * m / (1 - beta1 ** t) / (size + eps)
        values.append(theta)
    return np.array(values, float)


# 1 - beta^t has lost digits: beta^t is rounded at 1, and 1/(1 - 0.999^2) = 500 units of the result.
LOST = 512


@pytest.mark.parametrize("start", [0.0, 1.5])
@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("make, adamax", [(Adam, False), (Adamax, True), (PlainAdam, False),
                                          (PlainAdamax, True)])
@pytest.mark.parametrize("options", [
    {}, dict(decay=0.1), dict(beta1=0.5), dict(beta2=0.75), dict(eps=1e-3), dict(beta1=0.0),
    dict(beta1=0.25, beta2=0.5, eps=0.125, decay=0.5)])
def test_adaptive_optimizers_do_what_their_paper_says(make, adamax, options, trace, start):
    got = trained(make(0.01, **options), start, TRACES[trace])
    with localcontext() as context:
        context.prec = 60
        want = by_hand(adamax, start, TRACES[trace], 0.01, **options)
    assert_near(got, want, LOST, np.maximum.accumulate(np.abs(want)))


PLAIN = {SGD: PlainSGD, Adam: PlainAdam, Adamax: PlainAdamax}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fast", [one for one in EVERY_OPTIMIZER.values() if type(one) in PLAIN])
def test_the_fast_optimizers_and_those_as_printed_agree_step_by_step(fast, dtype, rng):
    """To the rounding of a step, on gradients whose signs and sizes change."""
    plain = PLAIN[type(fast)](**vars(fast))
    start = ({"w": random_array(rng, (5, 3), dtype)}, {}, {"gain": np.array(0.5, dtype)})
    params, states = [tree.copy(start), tree.copy(start)], [fast.init(start), plain.init(start)]
    for step in range(12):
        grads = tree.map(lambda theta: random_array(rng, theta.shape, dtype) * dtype(10.0) ** (
            step % 5 - 2), start)
        for own, optimizer, state in zip(params, (fast, plain), states):
            optimizer.step(own, grads, state)
        for a, b in tree.aligned(*params):
            assert_near(a, b, 32 * (step + 1))
    assert not same_bits(params[0], start)


def test_defaults_are_those_of_the_papers_and_of_keras_for_eps():
    assert Adam() == Adam(1e-3, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.0)
    assert Adamax() == Adamax(2e-3, beta1=0.9, beta2=0.999, eps=1e-7, decay=0.0)


def test_state_begins_at_zero_with_the_shapes_of_the_parameters(optimizer, rng):
    params = ({"phi": random_array(rng, (3, 5), np.float32)}, {})
    for path, array in tree.items(optimizer.init(params)):
        assert (array == 0).all()
        assert path == "t" or (array.shape, array.dtype) == ((3, 5), np.float32)


# Pieces: an update in blocks of rows is the same update

SHAPES = {"matrix": (70, 5), "wide": (3, 400), "vector": (333,), "cube": (40, 3, 4), "small": (2,)}


@pytest.mark.parametrize("piece", [1, 7, 64, 300])
def test_update_in_pieces_is_the_same_bit_for_bit(optimizer, piece, monkeypatch, rng):
    start = {key: random_array(rng, shape) for key, shape in SHAPES.items()}
    gradients = [{key: random_array(rng, shape) for key, shape in SHAPES.items()} for _ in range(3)]
    monkeypatch.setattr(fast_optimizers, "PIECE", 10 ** 9)
    whole = several_steps(optimizer, start, gradients)
    monkeypatch.setattr(fast_optimizers, "PIECE", piece)
    assert same_bits(several_steps(optimizer, start, gradients), whole)


def test_transposed_parameters_are_updated_as_their_copies(optimizer, rng):
    start, g = random_array(rng, (40, 3)), random_array(rng, (3, 40))
    view, plain = {"phi": start.copy().T}, {"phi": start.T.copy()}
    for params in (view, plain):
        optimizer.step(params, {"phi": g}, optimizer.init(params))
    assert same_bits(view, plain)


def test_one_array_alone_is_a_tree_too(optimizer, rng):
    theta, g = random_array(rng, (5,)), random_array(rng, (5,))
    alone, named = theta.copy(), {"theta": theta.copy()}
    optimizer.step(alone, g, optimizer.init(alone))
    optimizer.step(named, {"theta": g}, optimizer.init(named))
    assert same_bits(alone, named["theta"])


# Shapes and views of every kind

@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_parameter_without_axes_is_updated_as_one_of_one_axis(optimizer, dtype):
    alone, named = {"gain": np.array(1.5, dtype)}, {"gain": np.array([1.5], dtype)}
    states = [optimizer.init(params) for params in (alone, named)]
    for g in (0.5, -1.25):
        optimizer.step(alone, {"gain": dtype(g)}, states[0])            # as a sum comes: a scalar
        optimizer.step(named, {"gain": np.array([g], dtype)}, states[1])
    assert alone["gain"].shape == ()
    assert same_bits(alone["gain"].reshape(1), named["gain"])
    assert {type(array) for array in tree.leaves(states[0])} <= {np.ndarray}


def fitted(network, width, optimizer, rng):
    """(record of one batch, first params, their gradients) on both sides of one vector."""
    start, x = network.init(rng), random_array(rng, (4, width))
    target = x[:, :network.n_out].copy()
    assert (tree.size(start) <= minibatch.PACKED) == (width == 4)
    record, = fit(network, start, x, target, loss=mean_squared_error, optimizer=optimizer,
                  batch_size=4, rng=rng, epochs=1)
    y, residuals = network.forward(start, x)
    return record, start, network.backward(start, residuals, mean_squared_error(y, target)[1])[0]


@pytest.mark.parametrize("width", [4, 200])
def test_fit_trains_a_parameter_without_axes_below_and_above_one_vector(width, optimizer, rng):
    network = Chain(Dense(width, width), Scale(width, width))
    record, start, grads = fitted(network, width, optimizer, rng)
    optimizer.step(start, grads, optimizer.init(start))
    assert same_bits(record.params, start)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_parameters_stay_empty(optimizer, shape):
    params = {"none": np.zeros(shape), "w": np.ones(2)}
    alone = {"w": np.ones(2)}
    optimizer.step(params, tree.copy(params), optimizer.init(params))
    optimizer.step(alone, tree.copy(alone), optimizer.init(alone))
    assert params["none"].shape == shape and same_bits(params["w"], alone["w"])


def test_parameters_that_are_parts_of_one_array_are_updated_once_each(optimizer, rng):
    whole, g = random_array(rng, (4, 6)), random_array(rng, (4, 6))
    parts = [slice(0, None, 2), slice(1, None, 2)]              # interleaved, sharing nothing
    params = tuple({"w": whole.copy()[:, part]} for part in parts)
    matrix = whole.copy()
    views = tuple({"w": matrix[:, part]} for part in parts)
    grads = tuple({"w": g[:, part]} for part in parts)
    for own in (params, views):
        optimizer.step(own, grads, optimizer.init(own))
    assert same_bits(params, views) and (matrix != whole).all()


def test_another_optimizers_state_is_refused_before_anything_changes():
    params = {"w": np.ones(2)}
    state = Adamax().init(params)
    with pytest.raises(ValueError, match=r"Adam: state is \['m', 't', 'u'\], expected \['m', 't', "
                                         r"'v'\], as init gives it"):
        Adam().step(params, params, state)
    assert state["t"] == 0 and (params["w"] == 1).all()


def test_memory_that_fades_away_is_silent_where_everything_raises(optimizer):
    params = {"w": np.ones(2, np.float32)}
    state = optimizer.init(params)
    optimizer.step(params, {"w": np.full(2, 1e-30, np.float32)}, state)
    with np.errstate(all="raise"):
        for _ in range(1000):
            optimizer.step(params, {"w": np.zeros(2, np.float32)}, state)
    assert np.isfinite(params["w"]).all()


# One protocol, whatever the size

class Signs:
    """An optimizer of the user, as the README has it: params is a tuple of dicts."""

    def init(self, params):
        return {"steps": 0, "last": tree.map(np.zeros_like, params)}

    def step(self, params, grads, state):
        state["steps"] += 1
        for layer, (own, given) in enumerate(zip(params, grads, strict=True)):
            for name in own:
                state["last"][layer][name][...] = np.sign(given[name])
                own[name] -= 0.01 / state["steps"] * np.sign(given[name])


@pytest.mark.parametrize("width", [4, 200])
def test_an_optimizer_of_the_user_gets_the_network_s_own_tree_at_every_size(width, rng):
    network = Chain(Dense(width, width), ReLU(), Dense(width, 1))
    record, start, grads = fitted(network, width, Signs(), rng)
    assert same_bits(record.optimizer_state["last"], tree.map(np.sign, grads))
    assert same_bits(record.params, tree.map(lambda w, g: w - 0.01 * np.sign(g), start, grads))


@pytest.mark.parametrize("make, one_vector", [
    (Adam, True), (PlainAdam, False), (type("Inherits", (Adam,), {}), False),
    (type("Declares", (PlainAdam,), {"takes_vector": True}), True)])
def test_only_optimizers_that_declare_it_get_one_vector(make, one_vector, rng):
    network = Chain(Dense(3, 2), ReLU(), Dense(2, 1))
    step = minibatch.Step(network, network.init(rng), mean_squared_error, make())
    assert isinstance(step.trainable, np.ndarray) == one_vector
