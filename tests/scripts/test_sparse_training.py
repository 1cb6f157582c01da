"""scripts/experiments/sparse_training: masks, stopping, grids, verdicts that can fail."""
from dataclasses import replace

import numpy as np
import pytest
from experiments.sparse_training import parts
from experiments.sparse_training.claims import checks
from experiments.sparse_training.experiment import SETTINGS, cases, run
from experiments.sparse_training.parts import Case
from tiny import CASES, at_once

from npspectral import Dense
from npspectral.nn import magnitude_threshold

TOY = dict(epochs=3, hidden=(20, 15), limit=600)


@pytest.fixture(autouse=True)
def clusters(monkeypatch):
    """In place of images ten Gaussian clusters in 784 dimensions."""
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((10, 784))

    def images(name, limit):
        labels = rng.integers(10, size=limit)
        x = (centers[labels] + 3 * rng.standard_normal((limit, 784))).astype(np.float32)
        return (x, labels), (x[:100], labels[:100])

    monkeypatch.setattr(parts, "images", images)


def judged(table):
    return {(row.part, row.quantity): row.judge() for row in checks({"runs": table}) if row.wanted}


def test_verdicts_pass_and_planted_counts_fail_them(monkeypatch):
    monkeypatch.setattr("npspectral.data.at_hand", lambda *names: True)
    setting = replace(SETTINGS["quick"], **CASES["sparse_training"].setting | TOY)
    table = run(setting, at_once)["runs"]
    dynamic = (table["rule"] == "dynamic") & (table["percent"] == 90)
    sizes = np.array([20 * 784, 15 * 20])
    kept = sizes - np.floor(0.9 * (sizes - 1)) - 1          # without ties
    np.testing.assert_array_equal(table["density"][dynamic] * sizes,
                                  np.tile(kept, (dynamic.sum(), 1)))
    assert set(judged(table).values()) == {"pass"}

    rows = {row.quantity: row.values for row in checks({"runs": table})}
    best, = (values for quantity, values in rows.items()
             if "best rate" in quantity and quantity.startswith("dense"))
    tried = ((table["percent"] == 95) & (table["arm"] == "dense") & (table["seed"] == 0))
    assert best == table["accuracy"][tried][table["validation"][tried].argmax()]

    dense = (table["arm"] == "dense") & (table["optimizer"] == "sgd")
    planted = {**table, "grown": table["grown"] + dense[:, None]}
    failed = {key for key, verdict in judged(planted).items() if verdict == "FAIL"}
    assert failed == {(f"mnist {rule} 90%", "dense, sgd: came in by own growth")
                      for rule in ("dynamic", "static")}


def test_all_arms_start_at_the_same_matrices_and_masks():
    case = Case("mnist", "dense", 90, **TOY)
    _, dense = parts.network(case, np.random.default_rng(3))
    for arm in parts.ARMS:
        for rule in ("dynamic", "static"):
            net, params = parts.network(replace(case, arm=arm, rule=rule), np.random.default_rng(3))
            for (weight, c), layer in zip(parts.links(net, params), dense[::2]):
                np.testing.assert_allclose(weight, layer["weight"], rtol=0, atol=1e-6)
                assert abs(c - magnitude_threshold(layer["weight"], 0.9)) < 1e-6
            assert isinstance(net.layers[-1], parts.ARMS[arm])     # never masked
    whole, _ = parts.network(replace(case, percent=0), np.random.default_rng(3))
    assert all(isinstance(layer, Dense) for layer in whole.layers[::2])


def test_training_keeps_the_best_epoch_and_stops_after_five_worse(monkeypatch):
    scores = iter([0.5, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6, 0.9])
    seen = []

    def evaluate(net, params, *rest, metrics):
        seen.append({name: array.copy() for name, array in params[0].items()})
        return {"accuracy": next(scores)}

    monkeypatch.setattr(parts, "evaluate", evaluate)
    case = Case("mnist", "dense", 90, **TOY | dict(epochs=90))
    rng = np.random.default_rng(0)
    net, params = parts.network(case, rng)
    sets = parts.images("mnist", 400)[0], (None, None)
    params, curve, _ = parts.train(net, params, rng, case, *sets)
    assert curve == [0.5, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6]
    assert np.array_equal(params[0]["weight"], seen[1]["weight"])
    assert not np.array_equal(params[0]["weight"], seen[-1]["weight"])


@pytest.mark.parametrize("mode, number", [("quick", 10), ("default", 64), ("full", 534)])
def test_modes_have_the_stated_number_of_different_runs(mode, number):
    every = cases(SETTINGS[mode])
    assert len(every) == len(set(every)) == number
