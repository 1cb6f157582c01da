"""scripts/sphere_model.py: tiny sizes, verdicts that can fail, figures."""

import numpy as np
import pytest
from conftest import same_bits


@pytest.fixture
def script(monkeypatch, named_version):
    """The script as a module, small; its siblings lie beside it."""
    import sphere_model
    import sphere_model_runs
    monkeypatch.setattr(sphere_model_runs, "N_TEST", 300)
    return sphere_model


@pytest.fixture
def runs(script):
    import sphere_model_runs
    return sphere_model_runs


def toy(script):
    return script.Setting(2, {5: (6, 12), 10: (6, 12)}, 30, 6, (16, 40), 300)


def verdict(script, curves, stages, quantity):
    row, = (row for row in script.verdicts(curves, stages) if row.quantity == quantity)
    return row.verdict.split()[0]


def made(lazy, feature, fixed, p=(16, 64, 256)):
    """Curves of d = 10 with these mean errors, three seeds each."""
    spread = np.array([[0.99], [1.0], [1.01]])
    return {(kind, 10): {"p": np.array(p), "error": spread * errors, "left": np.zeros((3, 3))}
            for kind, errors in (("lazy", lazy), ("feature", feature), ("feature, fixed", fixed))}


@pytest.fixture
def stages(runs):
    return runs.follow_stages(16, 40, 600)


def test_crossing_is_found_and_verdicts_can_fail(script, stages):
    from sphere_model_verdicts import star
    curves = made([0.3, 0.2, 0.15], [0.4, 0.2 * 2 ** 0.5, 0.15 / 2 ** 0.5], [0.35, 0.2, 0.1])
    at, (low, high) = star(10, curves["lazy", 10], curves["feature", 10])
    assert abs(at - 128) < 1e-9 and low <= at <= high
    assert verdict(script, curves, stages, "lazy / feature error at p = 16") == "pass"
    assert verdict(script, curves, stages, "error, feature, fixed / free, p = 64") == "pass"
    curves = made([0.45, 0.2, 0.15], [0.4, 0.3, 0.2], [0.35, 0.31, 0.1])
    assert star(10, curves["lazy", 10], curves["feature", 10])[0] is None
    assert verdict(script, curves, stages, "lazy / feature error at p = 16") == "FAIL"
    assert verdict(script, curves, stages, "error, feature, fixed / free, p = 64") == "FAIL"
    assert verdict(script, curves, stages, "lazy / feature error at p = 256") == "FAIL"
    curves["lazy", 10]["left"][:] = 1
    assert verdict(script, curves, stages, "points not learned, all networks") == "FAIL"


def test_scatter_is_that_about_the_circle_that_points_lie_on(script, rng):
    from sphere_model_verdicts import circle_scatter
    angle = rng.uniform(0, 2 * np.pi, 40)
    z = np.array([0.3, -1]) + 2 * np.column_stack((np.cos(angle), np.sin(angle)))
    even = np.full(40, 1 / 40)
    assert circle_scatter(z, even) < 1e-14
    far = np.concatenate((z, [[9.0, 9.0]]))
    assert circle_scatter(far, np.append(even, 0)) < 1e-14 < circle_scatter(far, np.ones(41) / 41)
    cross = np.array([[1.1, 0], [-1.1, 0], [0, 0.9], [0, -0.9]])
    radius = np.sqrt((1.1 ** 2 + 0.9 ** 2) / 2)
    want = np.sqrt(((1.1 - radius) ** 2 + (0.9 - radius) ** 2) / 2) / radius
    assert abs(circle_scatter(cross, np.full(4, 1 / 4)) - want) < 1e-14


def test_positions_are_those_of_the_package(script, stages):
    from sphere_model_verdicts import places

    from npspectral.analysis.neurons.dynamics import Neurons, positions
    vectors = stages["vectors"][3]
    neurons = Neurons(vectors[:, :2], vectors[:, 2], stages["beta"][3])
    assert np.allclose(places(vectors), positions(neurons), rtol=1e-14)
    assert stages["attractors"][3] < stages["attractors"][0]


def test_networks_are_as_published(runs, rng):
    for kind in runs.AT_TEN:
        network, alpha = runs.network_of(kind, 10, 7)
        assert alpha == (1e6 if kind == "lazy" else 1e-6)
        params = network.init(rng)
        first = params[0] if kind == "feature, fixed" else params
        assert (first["bias"] == 0).all() == (kind in ("feature, fixed", "feature, b(0) = 0"))
    network, _ = runs.network_of("feature, fixed", 10, 7)
    assert "orientation" not in network.trainable_part(network.init(rng))[0]


def test_kinds_see_the_same_data_and_runs_are_kept(script, runs, tmp_path, monkeypatch):
    seen = []
    train = runs.train

    def spy(network, start, x, *rest):
        seen.append(x)
        return train(network, start, x, *rest)

    monkeypatch.setattr(runs, "train", spy)
    curves, stages = script.run(toy(script), tmp_path / "runs.jsonl")
    assert list(curves) == [("lazy", 5), ("feature", 5), *((kind, 10) for kind in script.AT_TEN)]
    assert curves["lazy", 5]["error"].shape == (2, 2) and curves["feature, fixed", 10]["p"] == [6]
    assert same_bits(seen[0], seen[4]) and not same_bits(seen[0], seen[2])
    monkeypatch.setattr(runs, "train", None)
    again, _ = script.run(toy(script), tmp_path / "runs.jsonl")
    assert all(same_bits(own, again[key]) for key, own in curves.items())


def test_command_line_saves_arrays_figures_and_prints_the_table(script, monkeypatch, tmp_path,
                                                                capsys):
    monkeypatch.setitem(script.SETTINGS, "quick", toy(script))
    script.main(["--quick", "--seeds", "1", "--out", str(tmp_path)])
    with np.load(tmp_path / "curves.npz") as saved:
        assert saved["lazy 10 error"].shape == (1, 2)
    with np.load(tmp_path / "stages.npz") as saved:
        assert saved["vectors"].shape == (4, 40, 3)
    for name in ("curves", "stages"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    assert "published" in capsys.readouterr().out
