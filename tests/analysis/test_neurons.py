"""Neurons as points: positions, velocities, exact motion; definitions and finite differences."""
import numpy as np
import pytest
from conftest import assert_near, each, random_params
from scipy.integrate import solve_ivp

from npspectral.analysis.neurons.attractors import attractor_labels, patterns
from npspectral.analysis.neurons.merging import merge, merge_parallel
from npspectral.analysis.neurons.motion import cell_exits, fixed_points, move, self_consistent
from npspectral.analysis.neurons.dynamics import (Neurons, augmented, beta_over_bias, mean_force,
                                                  position_velocities, positions, velocities,
                                                  velocity_field)
from npspectral.nn import OneHidden

D, H, P = 3, 12, 8
beta_sign = each([1, -1])


def draw(rng, d=D, h=H, **options):
    return Neurons(rng.standard_normal((h, d)), rng.standard_normal(h), rng.standard_normal(h),
                   **options)


def balanced(rng, d=D, h=H):
    omega, bias = rng.standard_normal((h, d)), rng.standard_normal(h)
    size = np.sqrt((omega * omega).sum(1) + bias * bias)
    return Neurons(omega, bias, size * rng.choice([-1.0, 1.0], h))


def task(rng, d=D, p=P):
    return rng.standard_normal((p, d)), rng.choice([-1.0, 1.0], p)


def flow(neurons, force_of, x, times, **options):
    """Neurons along the flow at times, by an integrator that knows nothing but velocities."""
    h = len(neurons.beta)

    def neurons_at(state):
        return neurons.replaced(state[:-h].reshape(h, -1), state[-h:])

    def change(_, state):
        now = neurons_at(state)
        return np.concatenate([part.ravel() for part in velocities(now, x, force_of(now))])

    start = np.concatenate((neurons.vectors.ravel(), neurons.beta))
    found = solve_ivp(change, (0, times[-1]), start, t_eval=times, rtol=1e-12, atol=1e-13,
                      **options)
    return [neurons_at(state) for state in found.y.T]


# The network

@pytest.mark.parametrize("options", [{}, dict(gain=1.0), dict(bias=False)])
def test_they_are_those_of_the_network(rng, options):
    network = OneHidden(D, H, **options)
    params, (x, force) = random_params(network, rng), task(rng)
    neurons = Neurons.of(network, params)
    y, residuals = network.forward(params, x)
    assert_near(neurons.forward(x), y[:, 0])
    grads, _ = network.backward(params, residuals, -force[:, None] / P)     # of L = -g.f / p
    moved, beta = velocities(neurons, x, force)
    assert_near(moved[:, :D], -grads["omega"])
    assert_near(beta, -grads["beta"])
    if network.bias:
        assert_near(moved[:, D], -grads["bias"])


def test_f_of_merged_neurons_keeps_the_width_of_the_original(rng):
    neurons, (x, _) = draw(rng), task(rng)
    half = neurons.replaced(neurons.vectors[:5], neurons.beta[:5])
    want = [2 ** 0.5 / H * sum(b * max(0, v @ [*point / D ** 0.5, 1])
                               for v, b in zip(half.vectors, half.beta)) for point in x]
    assert_near(half.forward(x), np.array(want))


# Where they are

def test_position_is_the_nearest_point_of_the_boundary(rng):
    neurons = draw(rng)
    z = positions(neurons)
    on = np.diag(neurons.preactivations(z))
    assert np.abs(on).max() < 1e-14
    unit = neurons.omega / np.sqrt((neurons.omega ** 2).sum(1, keepdims=True))
    along = rng.standard_normal(z.shape)
    along -= (along * unit).sum(1, keepdims=True) * unit
    assert (((z + along) ** 2).sum(1) > (z * z).sum(1)).all()


@pytest.mark.parametrize("call", [
    mean_force, velocities, position_velocities, lambda neurons, x, force: positions(neurons),
    lambda neurons, x, force: patterns(neurons, x), move,
    lambda neurons, x, force: attractor_labels(neurons, x), cell_exits,
    lambda neurons, x, force: merge(neurons, x), lambda neurons, x, force: merge_parallel(neurons)])
def test_params_in_place_of_neurons_are_told_how_to_become_them(rng, call):
    with pytest.raises(TypeError, match=r"neurons is dict, expected Neurons; .* Neurons.of\("):
        call(OneHidden(D, H).init(rng), *task(rng))


def test_neurons_print_their_shapes(rng):
    assert repr(draw(rng, gain=1.0)) == (
        "Neurons(omega (12, 3), bias (12,), beta (12,), gain=1.0, width=12)")


def test_position_and_sign_of_the_bias_tell_the_active_points(rng):
    neurons, (x, _) = draw(rng), task(rng)
    z = positions(neurons)
    square = (z * z).sum(1, keepdims=True)
    want = np.where(neurons.bias[:, None] > 0, z @ x.T < square, z @ x.T > square)
    assert (want == (neurons.preactivations(x) > 0)).all()


# How they move

def test_velocity_of_positions_is_that_of_a_trajectory_for_both_signs_of_the_bias(rng):
    neurons, (x, y) = draw(rng), task(rng)
    assert (neurons.bias > 0).any() and (neurons.bias < 0).any()
    step, middle = 1e-3, 0.5
    before, now, after = flow(neurons, lambda at: y - at.forward(x), x,
                              (middle - step, middle, middle + step))
    got = position_velocities(now, x, y - now.forward(x))
    want = (positions(after) - positions(before)) / (2 * step)
    assert (np.abs(got - want).max(1) <= 1e-6 * np.abs(want).max(1)).all()


def printed(z, x, force, beta, bias, width, gain, d):
    """The checked formula, point by point."""
    total = np.zeros_like(z)
    for point, g in zip(x, force):
        if (z @ point < z @ z) if bias > 0 else (z @ point > z @ z):
            total += g * (z - z @ z / d * point + 2 / d * (z @ point) * z)
    return gain * beta / (len(x) * width * bias) * total


def test_velocity_of_positions_is_the_checked_formula(rng):
    neurons, (x, force) = draw(rng, width=40, gain=1.3), task(rng)
    got = position_velocities(neurons, x, force)
    for n, z in enumerate(positions(neurons)):
        beta, bias = neurons.beta[n], neurons.bias[n]
        assert_near(got[n], printed(z, x, force, beta, bias, 40, 1.3, D), 256)
        short = printed(z / D ** 0.5, x / D ** 0.5, force, beta, bias, 40, 1.3, 1)
        assert_near(got[n] / D ** 0.5, short, 256)       # the talk's, in its coordinates


@pytest.mark.parametrize("bias_sign", [1, -1])
def test_field_is_the_velocity_of_balanced_neurons(rng, bias_sign, beta_sign):
    (x, force), neurons = task(rng), balanced(rng)
    neurons = Neurons(neurons.omega, bias_sign * np.abs(neurons.bias),
                      beta_sign * np.abs(neurons.beta))
    got = velocity_field(positions(neurons), x, force, bias_sign, beta_sign, 2 ** 0.5 / H)
    assert_near(got, position_velocities(neurons, x, force), 256)


def test_ratio_of_beta_and_bias(rng):
    neurons = draw(rng)
    conserved = neurons.beta ** 2 - (neurons.vectors ** 2).sum(1)
    assert_near(beta_over_bias(positions(neurons), neurons.bias, conserved),
                np.abs(neurons.beta / neurons.bias), 1024)
    alike = balanced(rng)
    assert_near(beta_over_bias(positions(alike)), np.abs(alike.beta / alike.bias))


def test_velocities_conserve_beta_squared_less_v_squared(rng):
    neurons, (x, y) = draw(rng), task(rng)
    moved, beta = velocities(neurons, x, y)
    change = neurons.beta * beta - (neurons.vectors * moved).sum(1)
    assert np.abs(change).max() < 1e-16 * np.abs(neurons.beta * beta).max() * 16


# Exact motion within a cell

def test_motion_within_a_cell_is_that_of_a_fine_integration(rng):
    neurons, (x, force) = draw(rng), task(rng)
    pull = mean_force(neurons, x, force)
    first = cell_exits(neurons, pull, x)[0].min()
    times = np.array([0.3, 0.7, 0.99]) * first
    for time, want in zip(times, flow(neurons, lambda now: force, x, times)):
        got = move(neurons, pull, time)
        assert np.abs(got.vectors - want.vectors).max() < 1e-11
        assert np.abs(got.beta - want.beta).max() < 1e-11


def test_exit_is_the_first_crossing_of_an_integrated_motion(rng):
    neurons, (x, force) = draw(rng, h=24), task(rng)
    pull, rows = mean_force(neurons, x, force), augmented(x)
    times, points = cell_exits(neurons, pull, x)
    assert 5 < np.isfinite(times).sum() < 24 and ((points >= 0) == np.isfinite(times)).all()
    horizon = 1.5 * times[np.isfinite(times)].max()
    for n in range(24):
        start = np.append(neurons.vectors[n], neurons.beta[n])
        events = [lambda t, s, row=row: s[:-1] @ row for row in rows]
        found = solve_ivp(lambda t, s: np.append(s[-1] * pull[n], s[:-1] @ pull[n]), (0, horizon),
                          start, events=events, rtol=1e-11, atol=1e-12, max_step=horizon / 50)
        crossed = [at[0] if at.size else np.inf for at in found.t_events]
        assert points[n] == (np.argmin(crossed) if np.isfinite(min(crossed)) else -1)
        assert times[n] == min(crossed) or abs(times[n] - min(crossed)) < 1e-7 * horizon


def test_neurons_on_a_kink_leave_at_once_or_turn_away():
    x = np.array([[1.0]])
    vectors, beta = np.array([[1.0, -1.0]] * 3), np.array([1.0, -1.0, 1.0])
    pull = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    times, points = cell_exits(Neurons(vectors[:, :1], vectors[:, 1], beta), pull, x)
    assert (times[0], points[0]) == (0, 0)
    # a = u.v starts at 1 and beta at -1: v falls like e^-t and never comes back
    assert times[1] == times[2] == np.inf and (points[1:] == -1).all()
    again = Neurons(np.ones((1, 1)), -np.ones(1), np.array([-0.5]))
    time, point = cell_exits(again, pull[:1], x)         # cosh t - sinh(t) / 2 is 1 again
    assert point[0] == 0 and abs(np.cosh(time[0]) - np.sinh(time[0]) / 2 - 1) < 1e-15


# Fixed points

def test_position_at_rest_of_one_point(rng):
    x = rng.standard_normal((1, D))
    got = fixed_points(np.array([[True]]), x, np.array([1.0]))
    assert_near(got, -D * x / (x @ x.T))
    assert self_consistent([[True]], x, np.array([1.0]), 1)[0]
    assert not self_consistent([[True]], x, np.array([-1.0]), 1)[0]
    assert self_consistent([[True]], x, np.array([-1.0]), -1)[0]


def test_cells_that_hold_their_fixed_point_keep_their_neurons(rng, beta_sign):
    (x, _), force = task(rng, 2, 6), beta_sign * np.array([1, 0.6, 0.7, 0.8, -0.1, -0.1])
    active = np.unique(draw(rng, 2, 4000).preactivations(x) > 0, axis=0)
    holds, z = self_consistent(active, x, force, beta_sign), fixed_points(active, x, force)
    assert 0 < holds.sum() < len(active)
    assert not holds[~active.any(1)].any()               # where nothing pulls, nothing is kept
    for pattern, point, kept in zip(active[1:], z[1:], holds[1:]):
        pull = beta_sign * (pattern * force) @ augmented(x)
        there = Neurons(pull[None, :2], pull[2:], beta_sign * np.sqrt(pull @ pull)[None])
        assert kept == ((there.preactivations(x)[0] > 0) == pattern).all()
        if kept:
            assert_near(positions(there)[0], point, 256)
            assert np.abs(position_velocities(there, x, force)).max() < 1e-13
            assert cell_exits(there, mean_force(there, x, force), x)[0][0] == np.inf


def test_a_neuron_moves_to_the_fixed_point_of_one_point(rng):
    x, force = rng.standard_normal((1, D)), np.ones(1)
    start = Neurons(x, np.ones(1), np.ones(1))
    pull = mean_force(start, x, force)
    far = move(start, pull, 40 / np.sqrt((pull * pull).sum()))
    assert np.abs(positions(far) + D * x / (x @ x.T)).max() < 1e-13
