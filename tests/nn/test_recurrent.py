"""Recurrent spectral networks against their definition, step by step with a general inverse."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near, each, random_array, random_input, random_params, refusals

from npspectral import ELU, Adam, fit, softmax_cross_entropy
from npspectral.nn import (Orthonormal, RecurrentSpectral, SwitchedRecurrentSpectral,
                           TriangularRecurrentSpectral, product_stability)
from npspectral.nn.recurrent.triangular import unit_lower_inverse
from npspectral.nn.recurrent.similarity import MARGIN, damped, inverted, similarity

EVERYTHING = ("planted", "modes", "theta")
LAYERS = {
    "random": RecurrentSpectral(4, 3, 9, 4, constant=True, trainable=EVERYTHING),
    "one step": RecurrentSpectral(4, 3, 9, 1, constant=True),
    "on nodes": RecurrentSpectral(4, 3, 9, 3, ELU(), planting="nodes"),
    "triangular": TriangularRecurrentSpectral(4, 3, 9, 4, constant=True),
}
layer = each(LAYERS)


def drawn(layer, rng, batch=5):
    params, x = random_params(layer, rng), random_input(layer, rng, leading=(batch,))
    return params, x, random_array(rng, (batch, layer.n_out))


def matrices(layer, params):
    """Phi, Phi^-1 and A by a general inverse."""
    phi = layer.eigenvectors(params)[0]
    eigenvalues = np.append(np.ones(layer.n_out), (1 - 2.0 ** -10) * np.tanh(params["theta"]))
    return phi, np.linalg.inv(phi), phi @ np.diag(eigenvalues) @ np.linalg.inv(phi)


def trajectory(layer, params, x, length):
    """x_0, x_1, ... one by one: f before t = steps, the tail linear."""
    state = np.zeros((len(x), layer.nodes))
    state[:, :layer.n_in] = x
    if layer.constant:
        state[:, layer.n_in] = 1
    transfer, states = matrices(layer, params)[2], [state]
    for t in range(length):
        h = layer.activation.forward({}, state)[0] if t < layer.steps else state
        state = np.array([transfer @ row for row in h])
        states.append(state)
    return states


def trained(layer, rng, epochs=20, rate=0.02):
    """Params after some epochs on three random classes."""
    x, labels = random_array(rng, (60, layer.n_in)), rng.integers(layer.n_out, size=60)
    *_, record = fit(layer, layer.init(rng), x, labels, loss=softmax_cross_entropy, rng=rng,
                     optimizer=Adam(rate), batch_size=20, epochs=epochs)
    return record.params


def rounding(layer, params):
    """A bound on what rounding does to A v, |v| = 1: products cost N u cond(Phi), and the inverse,
    exact for a matrix N u |Phi| cond(Phi) away, as much again times cond(Phi)."""
    condition = layer.condition(params)
    return layer.nodes * np.finfo(float).eps * condition * (1 + condition)


# The definition

@pytest.mark.parametrize("tail", [0, 1, 7])
def test_output_is_the_projection_after_the_transient_and_any_tail(layer, tail, rng):
    params, x, _ = drawn(layer, rng)
    _, inverse, _ = matrices(layer, params)
    states = trajectory(layer, params, x, layer.steps + tail)
    want = states[-1] @ inverse[:layer.n_out].T
    allowed = rounding(layer, params) * np.linalg.norm(inverse, 2) * (layer.steps + tail + 1)
    size = max(np.linalg.norm(state, axis=1).max() for state in states)
    assert np.abs(layer.forward(params, x)[0] - want).max() <= allowed * size
    got = layer.states(params, x, layer.steps + tail)
    assert np.abs(got - states).max() <= allowed * size * layer.condition(params)


def test_in_one_step_no_eigenvalue_matters(rng):
    params, x, grad_y = drawn(LAYERS["one step"], rng)
    _, residuals = LAYERS["one step"].forward(params, x)
    assert (LAYERS["one step"].backward(params, residuals, grad_y)[0]["theta"] == 0).all()


def test_first_eigenvectors_are_orthonormal_and_the_same_in_every_library(layer, rng):
    params = layer.init(rng)
    phi = layer.eigenvectors(params)[0]
    if isinstance(layer, TriangularRecurrentSpectral):
        assert abs(abs(np.linalg.det(phi)) - 1) < 1e-14 and layer.condition(params) < 6
    else:
        assert np.abs(phi.T @ phi - np.eye(9)).max() < 9 * 4 * np.finfo(float).eps
        assert abs(layer.condition(params) - 1) < 1e-13
    if layer.planting == "nodes":
        assert (phi[:, :3] == np.eye(9)[:, 6:]).all()


# What is planted stays; the rest dies out

@pytest.mark.parametrize("when", ["start", "trained"])
def test_planted_directions_are_at_rest_and_all_else_shrinks(layer, when, rng):
    frozen = replace(layer, trainable=tuple(set(layer.trainable) - {"planted"}))
    params = frozen.init(rng) if when == "start" else trained(frozen, rng)
    phi, _, transfer = matrices(layer, params)
    ours = similarity(*layer.eigenvectors(params), layer.eigenvalues(params))
    planted = phi[:, :3]
    assert np.linalg.norm(ours @ planted - planted, 2) <= rounding(layer, params)
    moduli = np.sort(np.abs(np.linalg.eigvals(transfer)))[::-1]
    scatter = layer.condition(params) * rounding(layer, params)     # of eigenvalues: Bauer, Fike
    assert np.abs(moduli[:3] - 1).max() <= scatter and moduli[3] < 1 - MARGIN / 2
    assert_near(np.sort(np.abs(damped(params["theta"])))[::-1], moduli[3:], 1,
                2 * scatter / np.finfo(float).eps)


def test_state_tends_to_the_projection_within_the_bound(layer, rng):
    params = trained(layer, rng)
    x = random_array(rng, (5, 4))
    planted, projector = layer.eigenvectors(params)[0][:, :3], matrices(layer, params)[1][:3]
    states, limit = layer.states(params, x, layer.steps + 60), layer.limit(params, x)
    projected = states[layer.steps] @ projector.T @ planted.T
    slack = rounding(layer, params) * np.abs(states).max() * layer.nodes
    assert np.abs(limit - projected).max() <= slack
    pi = planted @ projector
    assert np.abs(pi @ pi - pi).max() <= rounding(layer, params)
    distance = np.linalg.norm(states[layer.steps:] - limit, axis=2)
    for length, reached in enumerate(distance):
        bound = layer.distance_bound(params, distance[0], length)
        assert (reached <= bound + 60 * slack).all()
    assert (layer.distance_bound(params, distance[0], 60) < distance[0]).all()


def test_bound_of_an_orthonormal_start_is_that_of_its_slowest_mode(rng):
    layer = RecurrentSpectral(4, 3, 9)
    params = layer.init(rng)
    slowest = np.abs((1 - 2.0 ** -10) * np.tanh(params["theta"])).max()
    for length in (0, 1, 7):
        bound = layer.distance_bound(params, 3.0, length)
        assert bound == pytest.approx(3 * slowest ** length, rel=1e-12)


def test_eigenvalues_stay_inside_where_tanh_rounds_to_one():
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        theta = np.array([-60, 60, 0], dtype)
        assert damped(theta).dtype == dtype
        assert (damped(theta) == np.array([MARGIN - 1, 1 - MARGIN, 0], dtype)).all()


# Inverses

@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble, np.complex128,
                                   np.clongdouble])
def test_inverse_in_every_dtype(dtype, rng):
    phi = random_array(rng, (7, 7), dtype) + 3 * np.eye(7, dtype=dtype)
    phi[0, 0] = 0                                           # needs a pivot
    product = inverted(phi) @ phi
    assert product.dtype == dtype
    assert_near(product, np.eye(7, dtype=dtype), 7 * 100)


@pytest.mark.parametrize("dtype", [np.float64, np.longdouble])
def test_singular_eigenvectors_are_refused(dtype, rng):
    layer = RecurrentSpectral(4, 3, 9)
    params = layer.init(rng, dtype)
    params["modes"][:, 1] = 0
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        layer.forward(params, random_input(layer, rng, dtype))
    assert layer.condition(params) == np.inf


def test_condition_in_every_dtype(dtype, rng):
    layer = LAYERS["random"]
    params = random_params(layer, rng, dtype)
    values = np.linalg.svd(np.concatenate([params["planted"], params["modes"]], 1).astype(complex),
                           compute_uv=False)
    assert layer.condition(params) == pytest.approx(values[0] / values[-1], rel=1e-5)


# Triangular eigenvectors

def test_triangular_inverse_and_determinant(rng):
    layer = LAYERS["triangular"]
    params, *_ = drawn(layer, rng)
    phi, inverse = layer.eigenvectors(params)
    condition = np.linalg.cond(phi)
    assert_near(inverse, np.linalg.inv(phi), 9 * condition)
    assert abs(abs(np.linalg.det(phi)) - 1) < 9 * np.finfo(float).eps * condition
    lower, upper = layer.factors(params)
    assert (np.triu(lower) == np.eye(6)).all() and (np.tril(upper) == np.eye(6)).all()
    assert (lower[np.tril_indices(6, -1)] == params["lower"]).all()
    assert (upper[np.triu_indices(6, 1)] == params["upper"]).all()


def test_triangle_of_integers_is_inverted_exactly(rng):
    matrix = np.tril(rng.integers(-3, 4, (11, 11)), -1).astype(float) + np.eye(11)
    assert (unit_lower_inverse(matrix) @ matrix == np.eye(11)).all()


def test_planted_nodes_of_the_triangular_form_act_on_no_other(rng):
    layer = LAYERS["triangular"]
    params, *_ = drawn(layer, rng)
    ours = similarity(*layer.eigenvectors(params), layer.eigenvalues(params))
    assert (ours[:6, 6:] == 0).all() and (ours[6:, 6:] == np.eye(3)).all()


# Kernels in sequence

SWITCHED = SwitchedRecurrentSpectral(4, 3, 9, items=3, steps=2, rest=2, constant=True)


def test_kernels_act_one_after_the_other(rng):
    params, x, _ = drawn(SWITCHED, rng)
    state = np.zeros((5, 9))
    for k in range(3):
        state[:, :4] += x[:, 4 * k:4 * k + 4]
        state[:, 4] += 1
        _, inverse, transfer = matrices(SWITCHED.kernel, SWITCHED.kernel_params(params, k + 1))
        for t in range(4):
            state = (np.tanh(state) if t < 2 else state) @ transfer.T
    assert_near(SWITCHED.forward(params, x)[0], state @ inverse[:3].T, 4096)


def test_planted_directions_are_at_rest_under_every_product_of_kernels(rng):
    params = trained(SWITCHED, rng)
    planted = params["planted"]
    transfers = SWITCHED.transfers(params)
    for order in ([0], [1, 0], [2, 0, 1], [0, 0, 2, 1]):
        product = planted
        for k in order:
            product = transfers[k] @ product
        bound = sum(rounding(SWITCHED.kernel, SWITCHED.kernel_params(params, k + 1)) for k in order)
        growth = max(np.linalg.norm(transfer, 2) for transfer in transfers) ** (len(order) - 1)
        assert np.linalg.norm(product - planted, 2) <= bound * max(growth, 1)


def test_stability_is_that_of_the_eigenvalues_beside_the_planted_ones(rng):
    params, *_ = drawn(SWITCHED, rng)
    transfers = SWITCHED.transfers(params)
    moduli = np.sort(np.abs(np.linalg.eigvals(transfers[2] @ transfers[1] @ transfers[0])))
    beside = np.delete(moduli, np.argsort(np.abs(moduli - 1))[:3])
    radius, norm = product_stability(transfers, params["planted"])
    assert radius == pytest.approx(beside.max(), rel=1e-9)
    aside = np.eye(9) - params["planted"] @ np.linalg.pinv(params["planted"])
    product = aside @ transfers[2] @ transfers[1] @ transfers[0] @ aside
    assert norm == pytest.approx(np.linalg.norm(product, 2), rel=1e-11)


def test_kernels_that_are_stable_alone_may_not_be_in_turn():
    """Two shears: every eigenvalue is 0, and the product stretches one direction by 4."""
    planted = np.array([[0.0], [0], [1]])
    up, down = np.zeros((2, 3, 3))
    up[0, 1] = down[1, 0] = 2
    up[2, 2] = down[2, 2] = 1
    for one in (up, down):
        radius, norm = product_stability([one], planted)
        assert radius < 1 and norm == 2
    assert product_stability([up, down], planted) == pytest.approx((4, 4))
    halves = [planted @ planted.T + (one - planted @ planted.T) / 4 for one in (up, down)]
    assert product_stability(halves, planted)[1] == pytest.approx(0.25)


def test_switched_first_values_share_what_is_planted(rng):
    for planting in ("random", "nodes"):
        layer = replace(SWITCHED, planting=planting)
        params = layer.init(rng)
        for k in (1, 2, 3):
            part = layer.kernel_params(params, k)
            assert layer.kernel.condition(part) == pytest.approx(1, abs=1e-13)
        assert not np.allclose(params["modes_1"], params["modes_2"])


# Penalty, refusals

def test_penalty_is_zero_at_the_start_and_holds_the_condition_down(rng):
    layer = RecurrentSpectral(4, 3, 9, 3)
    assert Orthonormal(1.0, "modes")(layer.init(rng))[0] < 1e-28
    x, labels = random_array(rng, (60, 4)), rng.integers(3, size=60)
    found = []
    for penalties in ((), (Orthonormal(1.0, "modes"),)):
        generator = np.random.default_rng(0)
        *_, record = fit(layer, layer.init(generator), x, labels, rng=generator, batch_size=20,
                         loss=softmax_cross_entropy, optimizer=Adam(0.05), epochs=30,
                         penalties=penalties)
        found.append(layer.condition(record.params))
    assert found[1] < found[0] / 2


test_sizes_that_do_not_fit_are_refused = refusals(
    (ValueError, TypeError),
    (lambda: RecurrentSpectral(4, 3, 3), "nodes is 3, expected an integer of at least 4"),
    (lambda: RecurrentSpectral(4, 3, 4, constant=True), "at least 5"),
    (lambda: RecurrentSpectral(2, 3, 3), "nodes is 3, expected an integer of at least 4"),
    (lambda: RecurrentSpectral(4, 3, 9, 0), "steps is 0"),
    (lambda: RecurrentSpectral(4, 3, 9, 2.0), "steps is 2.0"),
    (lambda: LAYERS["random"].states(
        LAYERS["random"].init(np.random.default_rng(0)), np.ones((2, 4)), -1),
     r"RecurrentSpectral\(4, 3\): length is -1, expected an integer of at least 0"),
    (lambda: RecurrentSpectral(4, 3, 9, constant=1), "constant is 1"),
    (lambda: RecurrentSpectral(4, 3, 9, planting="somewhere"), "planting is 'somewhere'"),
    (lambda: TriangularRecurrentSpectral(4, 3, 6), "6 nodes planted as 'nodes'"),
    (lambda: TriangularRecurrentSpectral(4, 3, 9, planting="random"), "expected 'nodes'"),
    (lambda: SwitchedRecurrentSpectral(4, 3, 9, items=0), "items is 0"),
    (lambda: SwitchedRecurrentSpectral(4, 3, 9, rest=-1), "rest is -1"),
    (lambda: SwitchedRecurrentSpectral(4, 3, 2), "nodes is 2"))
