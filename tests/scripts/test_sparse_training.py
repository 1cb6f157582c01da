"""The script sparse_training.py at toy size: it runs, resumes, and its verdicts can fail."""
from dataclasses import replace

import numpy as np
import pytest

from npspectral import Dense
from npspectral.analysis.spectral.sparsity import LinkHistory
from npspectral.nn import magnitude_threshold

TOY = dict(epochs=3, hidden=(20, 15), limit=600)


@pytest.fixture
def script(monkeypatch, named_version):
    """The script as a module, its images replaced: ten Gaussian clusters in 784 dimensions."""
    import sparse_training
    import sparse_training_runs
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((10, 784))

    def images(name, limit):
        labels = rng.integers(10, size=limit)
        x = centers[labels] + 3 * rng.standard_normal((limit, 784))
        return (x.astype(np.float32), labels), (x[:100].astype(np.float32), labels[:100])

    monkeypatch.setattr(sparse_training_runs, "images", images)
    monkeypatch.setattr(sparse_training, "available", lambda names, download: names)
    return sparse_training


@pytest.fixture
def runs(script):
    import sparse_training_runs
    return sparse_training_runs


def toy_cases(script):
    from sparse_training_cases import grid
    return [*grid(TOY | dict(dataset="mnist"), percent=(80, 90), arm=("qr", "spectral", "dense"),
                  rule=("dynamic", "static"), seed=(0, 1)),
            *grid(TOY | dict(dataset="mnist", optimizer="sgd", factor=20), percent=(90,),
                  arm=("spectral", "dense"), rule=("dynamic", "static"), seed=(0, 1)),
            *grid(TOY | dict(dataset="mnist"), percent=(95,), arm=("dense",), factor=(1, 4)),
            *grid(TOY | dict(dataset="mnist"), percent=(0,), arm=("dense",))]


def judged(script, table):
    return {(row.part, row.quantity): row.verdict.split()[0] for row in script.verdicts(table)
            if row.verdict}


def test_verdicts_pass_and_planted_counts_fail_them(script, tmp_path):
    cases = toy_cases(script)
    table = script.run(cases, tmp_path / "runs.jsonl")
    assert set(table) == {"dataset", "arm", "percent", "seed", "rule", "optimizer", "factor",
                          "accuracy", "validation", "epochs", *LinkHistory.NAMES}
    assert all(len(column) == len(cases) for column in table.values())
    assert table["grown"].shape == (len(cases), 2)
    dynamic = (table["rule"] == "dynamic") & (table["percent"] == 90)
    sizes = np.array([20 * 784, 15 * 20])
    kept = sizes - np.floor(0.9 * (sizes - 1)) - 1          # without ties
    np.testing.assert_array_equal(table["density"][dynamic] * sizes,
                                  np.tile(kept, (dynamic.sum(), 1)))
    assert set(judged(script, table).values()) == {"pass"}

    rows = {row.quantity: row.values for row in script.verdicts(table)}
    best, = (values for quantity, values in rows.items() if "best rate" in quantity)
    tried = (table["percent"] == 95) & (table["arm"] == "dense")
    assert best == table["accuracy"][tried][table["validation"][tried].argmax()]

    dense = (table["arm"] == "dense") & (table["optimizer"] == "sgd")
    planted = {**table, "grown": table["grown"] + dense[:, None]}
    failed = {key for key, verdict in judged(script, planted).items() if verdict == "FAIL"}
    assert failed == {(f"mnist {rule} 90%", "dense, sgd: came in by own growth")
                      for rule in ("dynamic", "static")}


def test_a_second_run_trains_nothing(script, runs, tmp_path, monkeypatch):
    cases = toy_cases(script)[:3]
    first = script.run(cases, tmp_path / "runs.jsonl")
    monkeypatch.setattr(runs, "train", None)
    again = script.run(cases, tmp_path / "runs.jsonl")
    assert all(np.array_equal(first[name], again[name]) for name in first)


def test_all_arms_start_at_the_same_matrices_and_masks(runs):
    from sparse_training_cases import Case
    case = Case("mnist", "dense", 90, **TOY)
    _, dense = runs.network(case, np.random.default_rng(3))
    for arm in runs.ARMS:
        for rule in ("dynamic", "static"):
            net, params = runs.network(replace(case, arm=arm, rule=rule),
                                       np.random.default_rng(3))
            for (weight, c), own in zip(runs.links(net, params), dense[::2]):
                np.testing.assert_allclose(weight, own["weight"], rtol=0, atol=1e-6)
                assert abs(c - magnitude_threshold(own["weight"], 0.9)) < 1e-6
            assert isinstance(net.layers[-1], runs.ARMS[arm])     # never masked
    whole, _ = runs.network(replace(case, percent=0), np.random.default_rng(3))
    assert all(isinstance(layer, Dense) for layer in whole.layers[::2])


def test_training_keeps_the_best_epoch_and_stops_after_five_worse(runs, monkeypatch):
    from sparse_training_cases import Case
    scores = iter([0.5, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6, 0.9])
    seen = []

    def evaluate(net, params, *rest, metrics):
        seen.append({name: array.copy() for name, array in params[0].items()})
        return {"accuracy": next(scores)}

    monkeypatch.setattr(runs, "evaluate", evaluate)
    case = Case("mnist", "dense", 90, **TOY | dict(epochs=90))
    rng = np.random.default_rng(0)
    net, params = runs.network(case, rng)
    sets = runs.images("mnist", 400)[0], (None, None)
    params, curve, _ = runs.train(net, params, rng, case, *sets)
    assert curve == [0.5, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6]
    assert np.array_equal(params[0]["weight"], seen[1]["weight"])
    assert not np.array_equal(params[0]["weight"], seen[-1]["weight"])


def test_figures_are_drawn(script, tmp_path):
    table = script.run(toy_cases(script)[12:], tmp_path / "runs.jsonl")
    script.plot(table, tmp_path)
    assert all((tmp_path / f"{name}.png").stat().st_size > 10_000 for name in ("accuracy", "links"))


@pytest.mark.parametrize("mode, runs", [("quick", 10), ("default", 64), ("full", 534)])
def test_modes_have_the_stated_number_of_different_runs(script, mode, runs):
    cases = script.MODES[mode]()
    assert len(cases) == len(set(cases)) == runs
