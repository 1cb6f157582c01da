"""The script fewer_parameters.py at toy size: counts, early stopping, comparisons, table."""
import os
from types import SimpleNamespace

import numpy as np
import pytest

TOY = ((6, 9), (1, 2), (12,), 2, 3)


@pytest.fixture
def script(monkeypatch, named_version):
    """The script as a module, on 784 random pixels with two visible classes instead of images."""
    import fewer_parameters
    import fewer_parameters_runs

    def images(name, limit):
        rng = np.random.default_rng(0)
        x, labels = rng.random((120, 784), np.float32), rng.integers(0, 2, 120)
        x[labels == 1, :400] *= 0.2
        return (x[:100], labels[:100]), (x[100:], labels[100:])
    monkeypatch.setattr(fewer_parameters_runs, "images", images)
    return fewer_parameters


@pytest.fixture
def runs(script):
    import fewer_parameters_runs
    return fewer_parameters_runs


def test_trained_numbers_of_the_whole_network_are_counted_exactly(script):
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
        for arm in script.ARMS:
            count = script.trainable_count(script.network(arm, width))
            assert count == expected[arm if arm in expected else arm.removesuffix(", as published")]
    assert script.trainable_count(script.network("S-QR", 50)) == 3709


def test_settings_of_the_published_code(script, runs):
    full = script.SETTINGS["full"]
    assert full.widths == (50, 100, 150, 200, 300)
    assert (full.trials, full.epochs, full.limit) == (3, 90, None)
    assert (runs.BATCH, runs.MIN_DELTA, runs.PATIENCE) == (200, 0.005, 8)
    assert [script.rate("fashion-mnist", arm) for arm in ("dense", "S-QR", "S-SVD")] == [
        0.001, 0.001, 0.015]
    assert [script.rate("mnist", arm) for arm in ("dense", "S-QR", "eigenvalues")] == [
        0.015, 0.005, 0.015]


def test_every_arm_has_a_dense_partner_at_its_rate(script):
    for name in script.RATES:
        plan = script.plan(name, script.Setting(*TOY))
        assert len(plan) == len(set(plan))
        dense = {(width, learning_rate) for arm, width, learning_rate in plan if arm == "dense"}
        assert all((width, learning_rate) in dense for arm, width, learning_rate in plan
                   if width in TOY[0])
        assert {(arm, width) for arm, width, learning_rate in plan
                if learning_rate == script.rate(name, arm)} >= {
                    (arm, width) for arm in script.ARMS for width in TOY[0]}


@pytest.mark.parametrize("values, epochs", [
    ([0.5] + [0.505] * 20, 9),                              # no rise by more than 0.005
    ([0.5, 0.4, 0.51] + [0.5] * 20, 11),                    # 8 epochs after the best one
    ([0.5] + [0.5 + 0.003 * i for i in range(1, 13)], 13),  # slow, but from the best one it adds up
])
def test_training_stops_8_epochs_after_the_last_rise(runs, monkeypatch, values, epochs):
    (x_all, _), _ = runs.images("mnist", None)

    def fit(network, start, x, target, validation, **options):
        assert (x == x_all[:80]).all() and (validation[0] == x_all[80:]).all()
        for epoch, value in enumerate(values, 1):
            yield SimpleNamespace(epoch=epoch, params=start,
                                  metrics={"validation_accuracy": value})
    monkeypatch.setattr(runs, "fit", fit)
    found = runs.train("mnist", None, "dense", 2, 0.01, 90, 0)
    assert found["epochs"] == epochs


def test_equal_count_is_between_the_neighbors_and_nowhere_outside(script):
    from fewer_parameters_verdicts import of_equal_count
    own = {"arm": np.array(["dense"] * 3 + ["S-QR"]), "learning_rate": np.array([0.1] * 3 + [0.1]),
           "trainable": np.array([10_000, 100, 1000, 300]),
           "accuracy": np.array([[0.9, 0.8], [0.1, 0.2], [0.5, 0.6], [0.0, 0.0]])}
    np.testing.assert_allclose(of_equal_count(own, "dense", 0.1, 1000), [0.5, 0.6])
    np.testing.assert_allclose(of_equal_count(own, "dense", 0.1, 10 ** 3.5), [0.7, 0.7])
    assert np.isnan(of_equal_count(own, "dense", 0.1, 99)).all()
    assert np.isnan(of_equal_count(own, "dense", 0.1, 10_001)).all()


def test_runs_are_kept_compared_and_judged(script, runs, monkeypatch, tmp_path, capsys):
    path = tmp_path / "runs.jsonl"
    result = script.run(script.RATES, script.Setting(*TOY), path)
    own = result["mnist"]
    assert set(own) == {"arm", "width", "learning_rate", "published_rate", "trainable", "accuracy",
                        "epochs"}
    assert own["accuracy"].shape == own["epochs"].shape == (len(own["arm"]), 2)
    trained = sum(one["accuracy"].size for one in result.values())
    assert len(path.read_bytes().splitlines()) == 1 + trained
    assert ((own["accuracy"] >= 0) & (own["accuracy"] <= 1)).all()
    monkeypatch.setattr(runs, "fit", None)                  # nothing is trained a second time
    again = script.run(["mnist"], script.Setting(*TOY), path)["mnist"]
    assert all((again[key] == own[key]).all() for key in own)

    script.save_figures(script.figures(result), tmp_path)
    assert (tmp_path / "fewer_parameters.png").stat().st_size > 10_000
    script.show_comparisons("mnist", own)
    assert f"{script.trainable_count(script.network('S-QR', 9)):,}" in capsys.readouterr().out

    published = own["published_rate"] & (own["width"] == 9)
    for arm, accuracy in (("dense", 0.9), ("S-QR", 0.895), ("eigenvalues", 0.8)):
        own["accuracy"][published & (own["arm"] == arm)] = accuracy
    judged = {row.quantity: row.verdict.split()[0] for row in script.verdicts(result)
              if row.part in ("exact", "mnist") and row.verdict}
    assert judged["S-QR: trained in R, 784 -> 50"] == "pass"
    assert judged["S-QR, 9, less dense 9"] == judged["eigenvalues, 9, less dense 9"] == "pass"
    own["accuracy"][own["arm"] == "S-QR"] -= 0.02
    own["accuracy"][own["arm"] == "eigenvalues"] += 0.2
    judged = {row.quantity: row.verdict.split()[0] for row in script.verdicts(result)
              if row.part == "mnist" and row.verdict}
    assert judged["S-QR, 9, less dense 9"] == judged["eigenvalues, 9, less dense 9"] == "FAIL"


def test_command_line_saves_arrays_and_figure(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(script, "available", lambda names, download: ["mnist"])
    monkeypatch.setitem(script.SETTINGS, "quick", script.Setting((3,), (1, 2), (), 1, 1))
    monkeypatch.setattr("sys.argv", ["fewer_parameters.py", "--quick", "--out", str(tmp_path)])
    script.main()
    with np.load(tmp_path / "mnist.npz") as saved:
        assert len(saved["arm"]) == len(script.plan("mnist", script.SETTINGS["quick"]))
    assert (tmp_path / "fewer_parameters.png").exists()
    assert "1,275" in capsys.readouterr().out


def test_without_data_it_says_how_to_get_it(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["fewer_parameters.py", "--out", str(tmp_path / "out")])
    script.main()
    assert "NPSPECTRAL_DATA" in capsys.readouterr().out


@pytest.mark.skipif("NPSPECTRAL_DATA" not in os.environ,
                    reason="NPSPECTRAL_DATA names no folder with MNIST")
def test_singular_values_beat_a_dense_network_of_equal_count(script, runs, monkeypatch, tmp_path):
    from experiment import images
    from fewer_parameters_verdicts import comparisons
    monkeypatch.setattr(runs, "images", images)
    setting = script.Setting((50,), (1, 2), (), 1, 6, 5000)
    own = script.run(["mnist"], setting, tmp_path / "runs.jsonl")["mnist"]
    row = next(row for row in comparisons("mnist", own) if row["arm"] == "S-SVD")
    assert row["accuracy"][0] > row["equal"][0] + 0.1
