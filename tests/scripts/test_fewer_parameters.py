"""fewer_parameters at toy size: counts, early stopping, comparisons, claims that can fail."""
import os
from types import SimpleNamespace

import numpy as np
import pytest
from experiments.fewer_parameters import parts
from experiments.fewer_parameters.claims import checks, comparisons, of_equal_count
from experiments.fewer_parameters.experiment import SETTINGS, Setting, networks, run
from tiny import at_once, toy, toy_images, verdict

TOY = Setting((6, 9), (1, 2), (12,), 2, 3)


def test_trained_numbers_of_the_whole_network_are_counted_exactly():
    def sums(width, factor):
        sizes = [(784, width), (width, width), (width, 10)]
        return sum(n_in + n_out + n_out + factor(n_in, n_out, min(n_in, n_out))
                   for n_in, n_out in sizes)

    def triangle(n_in, n_out, k):
        return k * (k + 1) // 2 + (n_out - k) * k
    for width in (5, 50, 300):
        dense = 784 * width + width + width * width + width + 10 * width + 10
        expected = {"dense": dense, "eigenvalues": sums(width, lambda n_in, n_out, k: 0),
                    "S-SVD": sums(width, lambda n_in, n_out, k: k), "S-QR": sums(width, triangle),
                    "S-QR, as published": sums(width, lambda n_in, n_out, k: n_out * k)}
        for arm in parts.ARMS:
            count = parts.trainable_count(parts.network(arm, width))
            assert count == expected[arm if arm in expected else arm.removesuffix(", as published")]
    assert parts.trainable_count(parts.network("S-QR", 50)) == 3709


def test_settings_of_the_published_code():
    full = SETTINGS["full"]
    assert full.widths == (50, 100, 150, 200, 300)
    assert (full.seeds, full.epochs, full.limit) == (3, 90, None)
    assert (parts.BATCH, parts.MIN_DELTA, parts.PATIENCE) == (200, 0.005, 8)
    assert [parts.rate("fashion-mnist", arm) for arm in ("dense", "S-QR", "S-SVD")] == [
        0.001, 0.001, 0.015]
    assert [parts.rate("mnist", arm) for arm in ("dense", "S-QR", "eigenvalues")] == [
        0.015, 0.005, 0.015]


def test_every_arm_has_a_dense_partner_at_its_rate():
    for name in parts.RATES:
        plan = list(networks(name, TOY))
        assert len(plan) == len(set(plan))
        dense = {(width, learning_rate) for arm, width, learning_rate in plan if arm == "dense"}
        assert all((width, learning_rate) in dense for arm, width, learning_rate in plan
                   if width in TOY.widths)
        assert {(arm, width) for arm, width, learning_rate in plan
                if learning_rate == parts.rate(name, arm)} >= {
                    (arm, width) for arm in parts.ARMS for width in TOY.widths}


@pytest.mark.parametrize("values, epochs", [
    ([0.5] + [0.505] * 20, 9),                              # no rise by more than 0.005
    ([0.5, 0.4, 0.51] + [0.5] * 20, 11),                    # 8 epochs after the best one
    ([0.5] + [0.5 + 0.003 * i for i in range(1, 13)], 13),  # slow, but from the best one it adds up
])
def test_training_stops_8_epochs_after_the_last_rise(monkeypatch, values, epochs):
    (x_all, _), _ = toy_images("mnist", 100)
    monkeypatch.setattr(parts, "images", lambda name, limit: toy_images(name, 100))

    def fit(network, start, x, target, validation, **options):
        assert (x == x_all[:80]).all() and (validation[0] == x_all[80:]).all()
        for epoch, value in enumerate(values, 1):
            yield SimpleNamespace(epoch=epoch, params=start, loss=0.0,
                                  metrics={"validation_accuracy": value})
    monkeypatch.setattr("lab.learning.fit", fit)
    found = parts.train("mnist", None, "dense", 2, 0.01, 90, 0)
    assert found["epochs"] == epochs


def test_equal_count_is_between_the_neighbors_and_nowhere_outside():
    own = {"arm": np.array(["dense"] * 3 + ["S-QR"]), "learning_rate": np.array([0.1] * 3 + [0.1]),
           "trainable": np.array([10_000, 100, 1000, 300]),
           "accuracy": np.array([[0.9, 0.1, 0.5, 0.0], [0.8, 0.2, 0.6, 0.0]])}
    np.testing.assert_allclose(of_equal_count(own, "dense", 0.1, 1000), [0.5, 0.6])
    np.testing.assert_allclose(of_equal_count(own, "dense", 0.1, 10 ** 3.5), [0.7, 0.7])
    assert np.isnan(of_equal_count(own, "dense", 0.1, 99)).all()
    assert np.isnan(of_equal_count(own, "dense", 0.1, 10_001)).all()


def test_claims_of_the_paper_are_judged(monkeypatch):
    result = run(toy("fewer_parameters", monkeypatch)[1], at_once)
    part = result["mnist"]
    assert part["accuracy"].shape == part["epochs"].shape == (2, len(part["arm"]))
    assert ((part["accuracy"] >= 0) & (part["accuracy"] <= 1)).all()
    published = part["published_rate"] & (part["width"] == 9)
    for arm, accuracy in (("dense", 0.9), ("S-QR", 0.895), ("eigenvalues", 0.8)):
        part["accuracy"][:, published & (part["arm"] == arm)] = accuracy

    def judged(*quantities):
        rows = [row for row in checks(result) if row.part in ("exact", "mnist")]
        return [verdict(rows, quantity) for quantity in quantities]
    quantities = "S-QR, 9, less dense 9", "eigenvalues, 9, less dense 9"
    assert judged("S-QR: trained in R, 784 -> 50", *quantities) == ["pass", "pass", "pass"]
    part["accuracy"][:, part["arm"] == "S-QR"] -= 0.02
    part["accuracy"][:, part["arm"] == "eigenvalues"] += 0.2
    assert judged(*quantities) == ["FAIL", "FAIL"]


@pytest.mark.skipif("NPSPECTRAL_DATA" not in os.environ,
                    reason="NPSPECTRAL_DATA names no folder with MNIST")
def test_singular_values_beat_a_dense_network_of_equal_count():
    part = run(Setting((50,), (1, 2), (), 1, 6, 5000), at_once)["mnist"]
    accuracy, _, as_many = next(rest for arm, *rest in comparisons("mnist", part, 50)
                                if arm == "S-SVD")
    assert accuracy[0] > as_many[0] + 0.1
