"""scripts/experiments/sparse_features: neurons, predictors, the network's limit, verdicts."""
import numpy as np
import pytest
from experiments.sparse_features import claims, parts
from experiments.sparse_features.claims import LAWS, exponent

from npspectral.analysis.kernels import relu_tangent_kernel
from npspectral.analysis.neurons import least_l1

N = np.array([16, 32, 64, 128, 256])


def made(least=40.0, atoms=1.0, directions=0.2):
    """A result of theory's exponents; least L1 norm errs `least` times as much at the largest n."""
    spread = np.array([[0.9], [1.0], [1.1]])
    result = {}
    for d in (2, 3, 5):
        kernel, sparse = (spread * (N / N[-1]) ** -law(d) for law in LAWS.values())
        result[f"d = {d}"] = {"n": N, "d": d, "kernel": kernel, "least_l1": least * sparse,
                              "atoms": np.tile(N * atoms, (3, 1)), "misfit": np.zeros((3, 5)),
                              "norm": np.full((3, 5), claims.norm_of_one(d))}
    p = np.array([16, 32])
    result["network"] = {"p": p, "left": np.zeros((3, 2)), "excess": np.full((3, 2), 1.5),
                         "directions": np.tile(p * directions, (3, 1)),
                         "effective": np.ones((3, 2)), "atoms": np.ones((3, 2))}
    return result


def test_neurons_to_choose_from_have_kinks_at_the_points_of_a_circle_alone(rng):
    x = parts.directions(rng, 5, 2)
    theta = parts.neurons_for(rng, x)
    assert len(theta) == 10 + 5 * parts.NEURONS
    assert np.abs((theta[:5] * x).sum(1)).max() < 1e-15 and np.array_equal(theta[:5], -theta[5:10])
    assert parts.neurons_for(rng, parts.directions(rng, 5, 3)).shape == (5 * parts.NEURONS, 3)


@pytest.mark.parametrize("d", [2, 3])
def test_predictors_go_through_the_points_and_are_what_they_are_called(d, rng):
    x = parts.directions(rng, 7, d)
    kernel, sparse, found, misfit = parts.predictors(np.random.default_rng(1), x, x)
    assert np.abs(kernel - 1).max() < 1e-9 and np.abs(sparse - 1).max() < 1e-9 and misfit < 1e-9
    x_test = parts.directions(rng, 9, d)
    kernel, sparse, _, _ = parts.predictors(np.random.default_rng(1), x, x_test)
    theta = parts.neurons_for(np.random.default_rng(1), x)
    again = least_l1(np.maximum(x @ theta.T, 0), np.ones(7))
    assert np.allclose(sparse, np.maximum(x_test @ theta.T, 0) @ again.weights, atol=1e-12)
    gram = relu_tangent_kernel(np.concatenate((x, x_test)), bias=False)
    assert np.allclose(kernel, gram[7:, :7] @ np.linalg.solve(gram[:7, :7], np.ones(7)), atol=1e-9)


def test_a_run_takes_the_first_points_and_errs_as_its_predictors_do(monkeypatch):
    monkeypatch.setattr(parts, "N_TEST", 50)
    rows = parts.follow(3, (5, 9), 2)
    rng = np.random.default_rng(2)
    x_test, x = parts.directions(rng, 50, 3), parts.directions(rng, 9, 3)
    for column, n in enumerate((5, 9)):
        kernel, sparse, found, _ = parts.predictors(rng, x[:n], x_test)
        assert rows["kernel"][column] == pytest.approx(((kernel - 1) ** 2).mean(), rel=1e-9)
        assert rows["least_l1"][column] == pytest.approx(((sparse - 1) ** 2).mean(), rel=1e-9)
        assert rows["atoms"][column] == len(found.atoms) == n


def test_many_points_need_the_norm_of_the_constant(rng):
    theta = parts.directions(rng, 200_000, 4)
    assert claims.norm_of_one(4) == pytest.approx(1 / np.maximum(theta[:, 0], 0).mean(), rel=0.01)
    assert claims.norm_of_one(2) == pytest.approx(np.pi) and abs(claims.norm_of_one(3) - 4) < 1e-12


def test_no_network_has_less_than_its_limit():
    row = parts.follow_network(12, 60, 4000, 0)
    assert row["left"] == 0 and 1 <= row["excess"] < 10
    assert 1 <= row["effective"] <= row["atoms"] <= 12
    assert parts.follow_network(12, 60, 1, 0)["left"] > 0


def test_laws_are_those_derived_and_verdicts_can_fail():
    def judged(**changes):
        return [claim.judge() for claim in claims.claims(made(**changes))]
    part = made()["d = 3"]
    assert exponent(part, part["kernel"]) == pytest.approx(3)
    assert exponent(part, part["least_l1"]) == pytest.approx(2.5)
    assert LAWS["kernel"](5) == 2.5 and LAWS["least_l1"](5) == 1.75
    assert judged() == ["reproduced", "reproduced"]
    assert judged(least=0.5) == ["not", "reproduced"]
    assert judged(atoms=1.1) == ["reproduced", "partly"]
    assert judged(atoms=1.1, directions=2.0) == ["reproduced", "not"]
    assert all(row.judge() in ("pass", "") for row in claims.checks(made()))
