"""scripts/experiments/random_hierarchy: networks, kernels, synonyms, correlations, verdicts."""
import itertools

import numpy as np
import pytest
from experiments.random_hierarchy import claims, parts
from experiments.random_hierarchy.claims import (critical, growth, largest, of_seeds,
                                                 passing, spread, together)
from experiments.random_hierarchy.parts import Task

from npspectral.analysis.clouds import stability
from npspectral.analysis.kernels import jacobian
from npspectral.data import random_hierarchy
from npspectral.nn import tree

SMALL = Task(4, 2, 2)               # 32 inputs of 4 symbols, P* = 16


def hierarchy_of(task, seed=0):
    return random_hierarchy(np.random.default_rng(seed), task.v, task.m, task.v, task.L, task.s)


def test_a_task_knows_its_sizes():
    for task in (SMALL, Task(3, 2, 3), Task(4, 3, 2, 3)):
        hierarchy = hierarchy_of(task)
        assert task.size == hierarchy.size == largest(vars(task))
        assert task.critical == task.v * task.m ** task.L == critical(vars(task))


def test_the_deep_network_is_one_of_tuples_written_as_plain_loops():
    task, width = Task(3, 2, 3), 5
    network = parts.deep_network(task, width)
    params = network.init(np.random.default_rng(1))
    x = np.random.default_rng(2).standard_normal((2, 8 * 3))
    wanted = x.reshape(2, 8, 3)
    for layer in params[0:6:2]:
        weight, channels = layer["weight"], wanted.shape[-1]        # (width, 2, channels)
        wanted = np.array([[[max(0, layer["bias"][k] + sum(
            weight[k, u, c] * row[2 * s + u, c] for u in range(2) for c in range(channels))
            / channels ** 0.5) for k in range(width)] for s in range(len(row) // 2)]
            for row in wanted])
    wanted = wanted[:, 0] @ params[6]["weight"].T / width
    assert np.abs(network.forward(params, x)[0] - wanted).max() < 1e-14
    start = np.concatenate([layer["bias"] for layer in parts.deep_network(
        task, 500).init(np.random.default_rng(0))[0:6:2]])
    assert abs(start.std() - 0.1) < 0.01


def test_chance_has_the_error_1():
    outputs, classes = np.eye(4)[np.zeros(400, int)], np.arange(400) % 4
    assert parts.over_chance(outputs, classes) == 1
    assert parts.over_chance(np.eye(4)[classes], classes) == 0


def test_training_and_test_share_no_input():
    _, (inputs, classes), (others, wanted) = parts.draw(SMALL, np.random.default_rng(0), 20)
    assert len(classes) == 20 and len(wanted) == 12                 # all the others
    assert len(np.unique(np.concatenate([inputs, others]), axis=0)) == 32


def test_training_stops_at_the_published_loss(monkeypatch):
    found = parts.follow(SMALL, "deep", 16, 20, 0)
    assert found["loss"] <= 1e-3 and found["sensitivity"].shape == (2, 2)
    monkeypatch.setitem(parts.MOST_EPOCHS, "shallow", 3)
    assert parts.follow(SMALL, "shallow", 16, 20, 0)["epochs"] == 3


def test_sensitivity_is_the_stability_of_each_layer_to_synonyms():
    hierarchy = hierarchy_of(Task(4, 4, 3))
    inputs, _ = hierarchy.draw(np.random.default_rng(3), 40)
    network = parts.deep_network(Task(4, 4, 3), 8)
    params = network.init(np.random.default_rng(0))
    found = parts.sensitivity(network, params, hierarchy, np.random.default_rng(4), inputs)
    rng = np.random.default_rng(4)
    for level in (1, 2, 3):
        moved = hierarchy.exchange(rng, inputs, level)
        before, after = (parts.after_relu(network, params, hierarchy.one_hot(some))
                         for some in (inputs, moved))
        wanted = [stability(*pair) for pair in zip(before, after)]
        assert np.abs(found[:, level - 1] - wanted).max() < 1e-12
    assert (before[0] >= 0).all() and before[2].shape == (40, 8)


def test_the_frozen_kernel_is_the_network_that_is_linear_in_its_parameters():
    """Its ridge regression has the outputs J theta of the least |J theta - y|^2 + ridge theta^2."""
    task, width, p, seed = SMALL, 6, 10, 0
    rng = np.random.default_rng(seed)
    hierarchy, (inputs, classes), (others, wanted) = parts.draw(task, rng, p)
    network = parts.deep_network(task, width)
    params = tree.map(np.float64, network.init(rng, np.float32))
    rows = [jacobian(network, params, hierarchy.one_hot(some)).transpose(1, 0, 2)
            for some in (inputs, others)]
    j, j_test = (some.reshape(-1, some.shape[-1]) for some in rows)
    target = (np.eye(task.v)[classes] - 1 / task.v).ravel()
    errors = []
    for ridge in parts.RIDGES:
        ridge = ridge * (j * j).sum(1).mean()
        theta = np.linalg.solve(j.T @ j + ridge * np.eye(j.shape[1]), j.T @ target)
        outputs = (j_test @ theta).reshape(-1, task.v)
        errors.append([parts.over_chance(outputs[part], wanted[part])
                       for part in (slice(7), slice(7, None))])    # a third of 22, the others
    found = parts.freeze(task, width, p, seed)
    best = np.argmin([valid for valid, _ in errors])
    assert found["ridge"] == parts.RIDGES[best]
    assert (found["interpolating"], found["error"]) == (errors[0][1], errors[best][1])


@pytest.mark.parametrize("task", [SMALL, Task(3, 3, 2), Task(3, 2, 3), Task(4, 2, 1)], ids=str)
def test_signal_and_noise_of_correlations_are_those_of_all_inputs(task):
    hierarchy = hierarchy_of(task)
    inputs, classes = hierarchy.draw(np.random.default_rng(0), hierarchy.size)
    signal = noise = 0.0
    for place, pair in itertools.product(range(0, inputs.shape[1], 2),
                                         itertools.product(range(task.v), repeat=2)):
        beside = classes[(inputs[:, place:place + 2] == pair).all(1)]
        if len(beside):
            f = np.bincount(beside, minlength=task.v) / len(beside)
            signal += ((f - 1 / task.v) ** 2).sum()
            noise += (f * (1 - f)).sum() / (len(beside) / hierarchy.size)
    assert parts.detect(task, 0)["detectable"] == pytest.approx(noise / signal, rel=1e-12, abs=0)


def test_the_place_of_a_half_is_found_between_sizes_and_held_at_the_ends():
    p, curve = np.array([10, 100, 1000]), np.array([[1.0, 0.8, 0.1], [0.8, 0.6, 0.5]])
    assert abs(passing(p, curve) - 100 * 10 ** 0.5) < 1e-9          # means .9, .7, .3
    assert passing(p, curve, 0.5) == pytest.approx(100 * 10 ** 0.625)
    assert passing(p, curve + 1) == 1000 and passing(p, curve - 1) == 10
    assert passing(p, np.array([[0.4, 0.6, 0.4]])) == pytest.approx(100 * 10 ** 0.5)


def made(tasks, halves, sensitive=1.0, detectable=1.0, arm="deep"):
    """A result whose errors pass 1/2 at so many P*, and S its half at `sensitive` times that."""
    result = {}
    for task, half in zip(tasks, halves):
        p = task.critical * np.array([0.25, 1, 4, 16])

        def steps(at):
            return np.clip(0.5 - np.log(p / at) / np.log(64), 0, 1) * np.ones((3, 1))
        error = steps(half * task.critical)
        layers = steps(sensitive * half * task.critical)[:, :, None, None]
        result[f"{arm}, {task}"] = {
            "p": p, **vars(task), "error": error, "loss": np.full_like(error, 1e-3),
            "sensitivity": np.where(layers > 0.25, layers, 0) * np.ones((task.L, task.L))}
        result[f"correlations, {task}"] = {"detectable": np.full(3, detectable * task.critical)}
    return result


def test_seeds_that_show_more_are_learned_from_less():
    p, errors = np.array([10, 100, 1000]), np.array([[1, 1, 0], [1, 0.5, 0], [1, 0, 0]])
    found = of_seeds(p, errors)
    assert found == pytest.approx(np.array([10 ** 2.5, 100, 10 ** 1.5]))
    right, wrong = (np.log([beside, found]).T for beside in (3 * found, 3 / found))
    assert together(right, right + [5, 1]) == pytest.approx(1)
    assert together(right, wrong) == pytest.approx(0, abs=1e-12)
    assert together(right, right - right[:1]) == pytest.approx(1)
    assert together(np.ones((3, 2))) == 0


TASKS = Task(4, 2, 2), Task(4, 4, 3), Task(4, 3, 4), Task(8, 8, 2)          # P* 16 to 512


def test_claims_hold_where_they_should_and_fail_where_not(monkeypatch):
    monkeypatch.setattr("lab.statistics.bootstrap", lambda *_: (0, 1))      # not looked at
    right = made(TASKS, (1.5, 1.5, 1.5, 1.5))
    assert [claim.judge() for claim in claims.claims(right)] == ["reproduced"] * 3
    uneven = made(TASKS, (1.5, 0.7, 1.8, 1.5))                      # no collapse
    assert claims.claims(uneven)[0].judge() == "partly"
    steep = made(TASKS, [(task.critical / 100) ** 0.5 for task in TASKS])
    assert claims.claims(steep)[0].judge() == "not"
    late = made(TASKS, (1.5, 1.5, 1.5, 1.5), sensitive=4, detectable=5)
    assert claims.claims(late)[1].judge() != "reproduced"
    assert claims.claims(late)[2].judge() == "partly"


def test_growth_and_spread_are_those_of_the_sizes():
    halves = [(task.critical / 100) ** 0.5 for task in TASKS]
    found = list(made(TASKS, halves).values())[::2]
    errors = [part["error"] for part in found]
    assert growth(found, critical, *errors) == pytest.approx(1.5)
    assert spread(found, *errors) == pytest.approx(max(halves) / min(halves))
