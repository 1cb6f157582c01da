"""scripts/experiments/spectral_feature_learning: arms and their laws, verdicts that can fail."""
import numpy as np
import pytest
from conftest import assert_near
from experiments.spectral_feature_learning import parts
from experiments.spectral_feature_learning.claims import checks, half_rise
from experiments.spectral_feature_learning.parts import ARMS, DEGREES, GRID
from tiny import failed

from npspectral import Chain, Dense, ReLU, data
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import ScaledDense, tree
from npspectral.training import gradient_flow

TRAINED = {"lambda_in": 4, "lambda_out": 10, "lambda": 14, "phi": 40, "lambda + beta": 24,
           "dense": 50, "everything": 64, "bias apart": 3 + 10 + 30 + 10 + 10}


def trained(arm, rng, steps=60):
    """Network, its first and its last params, after some steps at alpha = 1."""
    x, y = data.stripe(rng, 12, 3)
    network, inputs = parts.build(arm, 3, 10), parts.with_constant(arm, x)
    start = network.init(np.random.default_rng(0))
    for record in gradient_flow(network, start, inputs, y, limits=parts.LIMITS):
        if record.step == steps:
            return network, start, record.params


# Arms

@pytest.mark.parametrize("arm", TRAINED)
def test_every_arm_trains_its_parameters_and_starts_as_one_function(arm, rng):
    network, x = parts.build(arm, 3, 10), rng.standard_normal((5, 3))
    params = network.init(rng)
    assert tree.size(network.trainable_part(params)) == TRAINED[arm]
    own = parts.neurons(network, params, 3)
    f, _ = network.forward(params, parts.with_constant(arm, x))
    assert_near(own.forward(x), f[:, 0], 256)
    assert 0.5 < own.omega.std() < 2                                # N(0, 1) in every arm


def test_dense_arm_is_a_dense_network_on_the_same_way(rng):
    x, y = data.stripe(rng, 12, 3)
    inputs, network = parts.with_constant("dense", x), parts.build("dense", 3, 10)
    params = network.init(rng)
    dense = Chain(Dense(4, 10, bias=False), ReLU(), ScaledDense(10, 1, 2 ** 0.5 / 10, False))
    flows = (gradient_flow(network, params, inputs, y, alpha=0.1),
             gradient_flow(dense, ({"weight": params[0]["phi"]}, {}, params[2]), inputs, y,
                           alpha=0.1))
    for ours, theirs in zip(*flows):
        if ours.step == 50:
            break
    assert_near(ours.params[0]["phi"], theirs.params[0]["weight"], 1 << 12)
    assert_near(ours.params[2]["weight"], theirs.params[2]["weight"], 1 << 12)


@pytest.mark.parametrize("arm", ["lambda_in", "lambda_out", "lambda", "phi", "lambda + beta",
                                 "dense", "everything"])
def test_networks_are_homogeneous_in_what_they_train(arm, rng):
    network, x = parts.build(arm, 3, 10), parts.with_constant(arm, rng.standard_normal((5, 3)))
    params = network.init(rng)
    part = network.trainable_part(params)
    doubled = tree.merge(params, tree.map(lambda array: 2 * array, part))
    if arm in ("lambda_in", "lambda_out"):                          # gaps: the other set is not 0
        doubled[0]["lambda_in"] = 2 * params[0]["lambda_in"]
    degree = parts.DEGREES[arm]
    assert_near(network.forward(doubled, x)[0], 2 ** degree * network.forward(params, x)[0], 256)


@pytest.mark.parametrize("arm", ["lambda_in", "lambda_out"])
def test_lambda_in_maps_all_neurons_alike_and_lambda_out_leaves_each_on_its_line(arm, rng):
    network, start, end = trained(arm, rng)
    before, after = (network.layers[0].weight(params[0]) for params in (start, end))
    factor = after / before if arm == "lambda_in" else (after / before).T
    assert_near(factor, np.broadcast_to(factor[0], factor.shape), 64)
    assert np.ptp(factor[0]) > 0.1


def test_lambda_out_alone_is_exactly_linear_until_a_gap_is_0(rng):
    network, x = parts.build("lambda_out", 3, 10), rng.standard_normal((5, 4))
    params, change = network.init(rng), rng.uniform(-0.9, 0.9, 10)
    kernel, f = tangent_kernel(network, params, x), network.forward(params, x)[0]
    moved = tree.merge(params, ({"lambda_out": change}, {}, {}))
    half = tree.merge(params, ({"lambda_out": change / 2}, {}, {}))
    assert_near(network.forward(moved, x)[0] + f, 2 * network.forward(half, x)[0], 256)
    assert_near(tangent_kernel(network, moved, x), kernel, 64)
    across = tree.merge(params, ({"lambda_out": change + 1}, {}, {}))
    assert np.abs(tangent_kernel(network, across, x) - kernel).max() > 0.01 * kernel.max()


# What is measured

def test_amplification_is_that_of_hand_made_weights(rng):
    x, network = rng.standard_normal((6, 3)), parts.build("everything", 3, 10)
    params = network.init(rng)
    params[0]["phi"][...] = 1
    params[0]["lambda_in"][...] = -8, 1, 3, 5
    own = parts.geometry(network, params, x)
    assert own["amplification"] == own["eigenvalue"] == 4
    assert own["attractors"] in (1, 2)                              # of both signs of beta
    params[2]["weight"][...] = 1
    own = parts.geometry(network, params, x)
    assert own["attractors"] == 1


def test_grid_counts_time_from_the_moment_when_the_loss_is_half():
    time = np.array([0, 1.0, 2, 4, 400])
    rows = {"time": time, "loss": np.array([1, 0.9, 0.4, 0.1, 0]),
            "alignment": time[:, None] + np.arange(4), "share": np.zeros((5, 4))}
    own = parts.on_grid(rows)
    at = 2 * parts.GRID
    assert_near(own["alignment"][:, 1], at + 1, 64)
    assert own["loss"][parts.GRID == 1] == 0.4 and own["share"].shape == (101, 4)


def test_groups_have_the_parts_of_the_kernel():
    own = parts.follow("everything", 1, (5, 12, 10, 300, 3000), 0)
    assert_near(own["share"].sum(1), np.ones(101), 64)
    assert own["loss"][0] > 0.98 and own["loss"][-1] < 0.5
    assert (np.abs(own["alignment"]) <= 1).all() and np.ptp(own["alignment"], 0).min() > 0.01


# Verdicts

def made():
    """A result that obeys the laws: alpha = 10^-2, 10^0 and 10^4."""
    log_alpha, result = np.array([-2.0, 0, 4]), {}
    for arm in ARMS:
        k = DEGREES.get(arm, 3)
        gather = 0.3 if arm in ("phi", "dense") else 1
        error = {"lambda + beta": 0.04, "everything": 0.04, "bias apart": 0.09}.get(arm, 0.05)
        result[f"stripe {arm}"] = {
            "log_alpha": log_alpha, "error": np.array([[error, 0.06, 0.1]]),
            "left": np.zeros((1, 3)), "parameters": 10 ** (-log_alpha / k)[None],
            "kernel": np.append(10 ** ((2 / k - 2) * log_alpha[:2]), 0)[None],
            "amplification": np.full((1, 3), 9.0),
            "eigenvalue": np.full((1, 3), 9.0), "attractors": np.full((1, 3), 100 * gather),
            "start_attractors": np.array([100])}
    rises = [np.interp(np.log(GRID), [start, 0], [0.1, 0.5]) for start in (-6, -3, -3, -3)]
    result["kernels everything"] = {"alignment": np.stack(rises, 1)[None]}
    return result


def test_made_up_laws_pass():
    assert len([row for row in checks(made()) if row.wanted]) >= 28
    assert failed(checks(made())) == []


@pytest.mark.parametrize("part, quantity, arm, name, column, value", [
    ("stripe dense", "slope of |theta - theta_0|, smallest alphas", "dense", "parameters", 0, 100),
    ("stripe everything", "slope of |K - K_0|, smallest alphas", "everything", "kernel", 0, 1),
    ("alone", "|K - K_0| / |K_0|, lambda", "lambda", "kernel", 0, 1e-3),
    ("alone", "|K - K_0|, lambda_out, largest alpha", "lambda_out", "kernel", 2, 1e-3),
    ("errors", "lambda: small / large alpha", "lambda", "error", 0, 0.2),
    ("errors", "everything / dense, small alpha", "dense", "error", 0, 0.02),
    ("errors", "bias apart / dense, small alpha", "bias apart", "error", 0, 0.05),
    ("neurons", "attractors at the end / start, dense", "dense", "attractors", 0, 90)])
def test_others_fail(part, quantity, arm, name, column, value):
    result = made()
    result[f"stripe {arm}"][name][:, column] = value
    assert (part, quantity) in failed(checks(result))


def test_slopes_are_of_runs_that_got_as_far_at_both_alphas():
    result = made()
    part = result["stripe lambda"]
    cut = {name: np.repeat(part[name], 2, 0) for name in ("left", "parameters", "kernel", "error")}
    cut["left"][1, 0], cut["parameters"][1, 0] = 0.7, 1.0       # stopped before it got there
    result["stripe lambda"] = {**part, **cut}
    for arm in ("lambda", "lambda_out"):
        rows = [row for row in checks(result) if row.part == f"stripe {arm}"
                and row.quantity.startswith("slope of |theta")]
        assert [row.values for row in rows] == [pytest.approx([-1])]
    result["stripe lambda"]["left"][0, 0] = 0.7
    assert not [row for row in checks(result) if row.part == "stripe lambda"
                and row.quantity.startswith("slope")]


def test_kernel_of_lambda_in_that_turns_last_fails():
    result = made()
    alignment = result["kernels everything"]["alignment"]
    result["kernels everything"]["alignment"] = alignment[..., ::-1]
    assert ("kernels everything", "half of the rise, lambda_in / phi") in failed(checks(result))


def test_half_rise():
    rise = np.where(GRID < 0.2, 0.1, 0.9)
    fall = np.where(GRID < 3, rise, 0.2)
    assert (half_rise(np.stack([rise, fall])) == GRID[GRID >= 0.2][0]).all()
