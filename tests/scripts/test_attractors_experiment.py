"""scripts/experiments/attractors: counts by weight and by direction, exponents, ends, verdicts."""
import numpy as np
import pytest
from experiments.attractors import parts
from experiments.attractors.claims import (along_alpha, collapse_rows, count_claims, exponents,
                                           judge_ends, merging_rows, width_rows)
from lab.neurons import effective_directions

P, H = np.array([8, 16, 32, 64]), np.array([50, 200, 800])


@pytest.fixture
def grid():
    """A law with a saturation, two seeds, d = 3 and 5."""
    law = P[:, None] * H ** 0.5 / 20
    counts = np.minimum(law, H) * np.array([0.9, 1.1])[:, None, None, None] * np.ones((2, 2, 1, 1))
    return {"p": P, "h": H, "d": np.array([3, 5]), "attractors": counts,
            "weighted": counts[..., None] * [1, 0.5], "directions": np.full(counts.shape, 7.0),
            "change": np.zeros(counts.shape), "two": np.zeros(counts.shape, int)}


def verdicts(grid):
    return [claim.judge() for claim in count_claims(grid)]


def test_equal_directions_count_one_each(rng):
    units, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    vectors = np.concatenate((units[:2], 3 * units[:2], units[:1]))
    beta = np.array([3, 3, 1, 1, -6.0])             # |beta| |v|: 6 in each of three directions
    assert abs(effective_directions(vectors, beta) - 3) < 1e-12
    assert abs(effective_directions(vectors, np.abs(beta)) - 18 ** 2 / (12 ** 2 + 6 ** 2)) < 1e-12


def test_exponents_are_those_of_the_law_where_it_is_not_saturated(grid):
    assert np.allclose(exponents(grid, 0, grid["attractors"][:, 0]), (1, 0.5), atol=1e-12)
    assert all(np.allclose(row.values, 1) and len(row.values) == 4 for row in collapse_rows(grid))
    grid["attractors"][..., -1, 0] = 49             # beyond h / 4, where nothing is fitted
    assert np.allclose(exponents(grid, 0, grid["attractors"][:, 0]), (1, 0.5), atol=1e-12)
    assert np.isnan(exponents({**grid, "h": H / 100}, 0, grid["attractors"][:, 0])).all()


def test_the_published_law_is_reproduced_and_another_is_not(grid):
    grid["attractors"][:, :, -1] = 0.9 * H          # saturated at the largest p
    assert verdicts(grid) == ["reproduced", "reproduced", "reproduced"]
    grid["attractors"] = (0.2 * P[:, None] ** 0.6 * H ** 0.3) + np.zeros((2, 2, 1, 1))
    assert verdicts(grid) == ["partly", "partly", "not"]        # heavy neurons as before
    assert [row.judge() for row in width_rows(grid)] == ["pass", "pass"]
    grid["directions"] = grid["directions"] * H
    assert [row.judge() for row in width_rows(grid)] == ["FAIL", "FAIL"]
    grid["two"][0, 0, 0, 0] = 1
    assert [row.judge() for row in merging_rows(grid)] == ["pass", "FAIL"]


def test_rank_correlation_does_not_ask_how_far_apart_values_are():
    directions, errors = np.array([[1, 2, 300], [5, 4, 1]]), np.array([[0.3, 0.2, 0.1]] * 2)
    row = along_alpha("sphere", {"directions": directions, "errors": errors[..., None]})
    assert np.allclose(row.values, (-1, 1), atol=1e-15)


def test_neurons_reach_the_ends_of_their_own_sign(monkeypatch):
    monkeypatch.setattr(parts, "NEURONS", 200)
    x, force, neurons, _ = parts.settled(6, 0)
    ends, signs, _ = parts.ends_of(x, force)
    growing, at = parts.reached(neurons, x, force, ends, signs)
    assert (at[growing] >= 0).mean() > 0.9
    assert (signs[at] == neurons.beta)[at >= 0].all()
    assert (parts.reached(neurons, x, force, ends, -signs)[1] < 0)[growing].all()
    numbers = {name: np.atleast_1d(value) for name, value in parts.follow_ends(6, 0).items()}
    assert "FAIL" not in [row.judge() for row in judge_ends(numbers)]
    numbers["within"] = numbers["within"] + 1
    assert "FAIL" in [row.judge() for row in judge_ends(numbers)]


def test_what_is_counted_leaves_light_and_dead_neurons_out():
    omega = np.array([[1.0], [1], [-1], [1e-4], [-1]])
    neurons = parts.Neurons(omega, np.array([0, 1, 0, -1e-5, -9]), np.array([1.0, 1, 1, 1, 1]))
    x = np.array([[1.0], [-0.5], [2.0]])
    counted = parts.measured(neurons, neurons, x, (x, np.ones((3, 1))))
    assert counted["attractors"] == 3 and counted["dead"] == 0.2
    assert counted["heavy"] == [3, 3] and counted["weighted"] == [3, 3]
    neurons = neurons.replaced(neurons.vectors * [[1], [1], [1], [300], [1]], neurons.beta)
    counted = parts.measured(neurons, neurons, x, (x, np.ones((3, 1))))
    assert counted["heavy"] == [4, 3] and counted["weighted"] == [3, 3]


def test_no_neuron_starts_at_a_point_of_the_data(monkeypatch):
    def spy(network, start, x, *rest, **options):
        monkeypatch.setattr(parts, "seen", (start["omega"], x), raising=False)
        raise StopIteration
    monkeypatch.setattr(parts, "gradient_flow", spy)
    for task in ("sphere", "stripe"):
        with pytest.raises(StopIteration):
            parts.follow_counts(task, 1.0, 6, 9, 3, 0, 1)
        omega, x = parts.seen
        assert not np.isin(omega, x).any()
