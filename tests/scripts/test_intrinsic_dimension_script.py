"""Dimensions of layers at toy size, with verdicts that can fail."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import same_bits

from npspectral.analysis.clouds.dimension import intrinsic_dimension


@pytest.fixture
def script(monkeypatch, named_version):
    """The script as a module, with ten clouds in place of the digits."""
    import intrinsic_dimension as script
    import intrinsic_dimension_runs
    rng = np.random.default_rng(5)
    centers = 3 * rng.standard_normal((10, 30)) / 30 ** 0.5

    def images(name, limit):
        def draw(n):
            labels = rng.integers(10, size=n)
            return (centers[labels] + rng.standard_normal((n, 30)) / 8).astype(np.float32), labels
        return draw(limit), draw(200)

    monkeypatch.setattr(intrinsic_dimension_runs, "images", images)
    return script


@pytest.fixture
def runs(script):
    import intrinsic_dimension_runs
    return intrinsic_dimension_runs


def toy(script):
    return script.Setting(seeds=2, points=80, control_points=150, stripe_points=30, steps=20,
                          widths=(30, 30), images=(40, 60), epochs=2, shuffled_epochs=2)


@pytest.mark.parametrize("name", ["square in 50 dimensions", "swiss roll", "normal", "cube",
                                  "sphere in 5 dimensions", "the same, a tenth at 0"])
def test_controls_have_their_dimension(script, name, rng):
    """4 sd of independent ratios above; a boundary in 5 dimensions takes 10 %, and noise, below."""
    control = script.CONTROLS[name]
    found = intrinsic_dimension(control.draw(rng, 2000))
    sd = 2000 ** -0.5
    assert 0.9 - 4 * sd < found.value / control.dimension < 1 + 4 * sd
    assert found.copies == control.copies(2000) and (found.copies == 199) == ("tenth" in name)


def test_layers_come_in_order_and_are_measured_alike(runs, rng):
    network = runs.dense_network(5, (40, 30), 2)
    params, x = network.init(rng), rng.standard_normal((90, 5))
    found = runs.measure_layers(rng, network, params, x)
    u = x @ params[0]["weight"].T + params[0]["bias"]
    for cloud, at in ((x, 0), (u, 1), (np.maximum(u, 0), 2)):
        dimension = intrinsic_dimension(cloud)
        assert found["dimension"][at, 0] == pytest.approx(dimension.value, rel=1e-12)
        assert found["copies"][at] == dimension.copies
        assert found["blocks"][at, 0] == pytest.approx(dimension.value, rel=1e-12)
        variances = np.sort(np.linalg.eigvalsh(np.cov(cloud.T, bias=True)))[::-1]
        assert found["largest"][at] == pytest.approx(variances[:2] / variances.sum(), rel=1e-10)
        assert found["components"][at] == 1 + (np.cumsum(variances) < 0.9 * variances.sum()).sum()
    assert found["dimension"].shape == (5, 4) and found["picture"].shape == (90, 2)
    assert found["picture"].var(0) / np.var(np.maximum(u, 0) @ params[2]["weight"].T, 0).sum() == (
        pytest.approx(found["largest"][3], rel=1e-10))


def test_runs_are_kept_and_the_table_and_figures_follow(script, runs, tmp_path, monkeypatch):
    result = script.run(toy(script), True, tmp_path / "runs.jsonl")
    assert list(result) == ["control", "stripe", "mnist"]
    assert list(result["stripe"]) == ["untrained", "feature", "lazy"]
    assert list(result["mnist"]) == ["untrained", "40 true labels", "60 true labels",
                                     "shuffled labels"]
    assert result["mnist"]["60 true labels"]["dimension"].shape == (2, 5, 4)
    start, moved = (result["stripe"][name]["dimension"][:, 1:] for name in ("untrained", "feature"))
    assert (start != moved).all()                                   # the same seed, then trained
    assert same_bits(*(result["stripe"][name]["dimension"][:, 0] for name in ("lazy", "feature")))
    for name in ("fit", "gradient_flow"):
        monkeypatch.setattr(runs, name, None)                     # nothing is trained again
    again = script.run(replace(toy(script), seeds=1), True, tmp_path / "runs.jsonl")
    assert same_bits(again["stripe"]["lazy"]["picture"], result["stripe"]["lazy"]["picture"][:1])
    script.plot(result, 80, 150, tmp_path)
    for name in ("layers", "picture", "scale"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    assert len(script.verdicts(result, 150)) > 30


def test_shuffled_labels_are_the_true_ones_in_another_order(runs, monkeypatch):
    drawn, learned = runs.images("mnist", 60), []
    monkeypatch.setattr(runs, "images", lambda name, limit: drawn)
    monkeypatch.setattr(runs, "fit", lambda network, params, x, labels, **options: (
        learned.append(labels) or ()))
    for labels in (runs.TRUE, runs.SHUFFLED):
        runs.follow_mnist(labels, 60, 80, (30, 30), 2, 0)
    assert (learned[0] == drawn[0][1]).all() and (learned[1] != learned[0]).any()
    assert (np.sort(learned[1]) == np.sort(learned[0])).all()


def clouds(last, error=0.1, on_two_axes=0.3, copies=0):
    """Arrays of two seeds and x, u_1, a_1, u_2, a_2, of dimension 10 and, the last two, `last`."""
    dimension = np.full((2, 5, 4), 10.0)
    dimension[:, -2:] = last
    return {"dimension": dimension, "error": np.array([error, error + 0.01]),
            "largest": np.full((2, 5, 2), on_two_axes / 2), "copies": np.full((2, 5), copies),
            "components": np.full((2, 5), 3), "train_error": np.zeros(2)}


def result_of(feature=3.0, lazy=10.0, on_two_axes=0.99, trained=7.0, shuffled=11.0, fewer=8.0,
              lazy_error=0.2):
    return {"control": {},
            "stripe": {"untrained": clouds(10.0), "feature": clouds(feature, 0.01, on_two_axes),
                       "lazy": clouds(lazy, lazy_error)},
            "mnist": {"untrained": clouds(11.0), "500 labels": clouds(fewer, 0.2),
                      "5000 labels": clouds(trained, 0.05), "shuffled labels": clouds(shuffled)}}


@pytest.mark.parametrize("changed, expected", [
    ({}, []),
    (dict(feature=9.0), ["the same, feature over untrained"]),
    (dict(lazy=8.0), ["the same, |lazy / untrained - 1|"]),
    (dict(on_two_axes=0.5), ["variance of last u on 2 axes, feature"]),
    (dict(lazy_error=0.001), ["test error, lazy over feature"]),
    (dict(trained=9.0, fewer=12.0), ["last a over input, trained"]),
    (dict(shuffled=7.9), ["last a over input, shuffled labels",
                          "last a, shuffled labels over trained"])])
def test_verdicts_fail_where_they_should(script, changed, expected):
    rows = script.verdicts(result_of(**changed), 100)
    assert [row.quantity for row in rows if row.verdict.startswith("FAIL")] == expected


@pytest.mark.parametrize("fewer, sign", [(8.0, 1), (6.0, -1)])
def test_the_correlation_is_that_of_all_networks_of_true_labels(script, fewer, sign):
    row, = (row for row in script.verdicts(result_of(fewer=fewer), 100)
            if row.quantity.startswith("correlation"))
    want = np.corrcoef([fewer, fewer, 7, 7], [0.2, 0.21, 0.05, 0.06])[0, 1]
    assert row.values.item() == pytest.approx(want, rel=1e-12) and sign * want > 0.9


def test_without_images_there_are_no_rows_of_them(script):
    result = result_of()
    del result["mnist"]
    assert {row.part for row in script.verdicts(result, 100)} == {"stripe"}


def test_command_line_saves_arrays_and_prints_the_table(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(script.SETTINGS, "quick", toy(script))
    monkeypatch.setattr(script, "available", lambda names, download: [])
    monkeypatch.setattr(script, "plot", lambda *arguments: None)
    script.main(["--quick", "--seeds", "1", "--out", str(tmp_path / "new")])
    with np.load(tmp_path / "new" / "stripe.npz") as saved:
        assert saved["feature dimension"].shape == (1, 7, 4)
    assert not (tmp_path / "new" / "mnist.npz").exists()
    assert "published" in capsys.readouterr().out
