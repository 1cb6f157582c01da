"""scripts/attractors.py: tiny sizes, verdicts that can fail, figures."""

import numpy as np
import pytest
from conftest import same_bits

PARTS = ["field", "maxima, d = 1", "A against p", "A against h", "A against d"]


@pytest.fixture
def script(monkeypatch, named_version):
    """The script as a module, small; its siblings lie beside it."""
    import attractors
    import attractors_runs
    monkeypatch.setattr(attractors_runs, "N_TEST", 200)
    monkeypatch.setattr(attractors_runs, "NEURONS", 200)
    monkeypatch.setattr(attractors_runs, "N_STEPS", 2000)
    monkeypatch.setattr(attractors, "SIZES_OF_MAXIMA", {1: (2, 4)})
    return attractors


@pytest.fixture
def runs(script):
    import attractors_runs
    return attractors_runs


def toy(script):
    return script.Setting(2, dict(p=8, h=30, d=2), (4, 8), (20, 30), (2, 3), 2, (20, 20), 3000)


def verdict(script, result, part, quantity):
    row, = (row for row in script.verdicts(result) if (row.part, row.quantity) == (part, quantity))
    return row.verdict.split()[0]


def test_small_networks_are_counted_kept_and_planted_mistakes_are_caught(script, runs, tmp_path,
                                                                         monkeypatch):
    result = script.run(toy(script), [], tmp_path / "runs.jsonl")
    monkeypatch.setattr(runs, "train", None)                      # nothing is trained again
    again = script.run(toy(script), [], tmp_path / "runs.jsonl")
    assert all(same_bits(own, again[part]) for part, own in result.items())
    assert list(result) == PARTS
    assert result["A against h"]["h"].tolist() == [20, 30]
    assert result["A against d"]["errors"].shape == (2, 2, 2)       # d, seed, merged or not
    assert (result["A against p"]["attractors"] <= 30).all()
    change = "change of f on the training set, merged"
    for part, quantity in (("field", "growing neurons that end in a computed attractor"),
                           ("A against p", "the same, less those that no neuron is active on"),
                           ("A against p", change),
                           ("A against h", "A / A at the start")):
        assert verdict(script, result, part, quantity) == "pass"
    result["A against p"]["change"] = result["A against p"]["change"] + 1e-13
    result["field"]["ends"] = result["field"]["ends"] * [1, 1, -1]
    result["A against h"]["attractors"] = 9 * result["A against h"]["at_start"]
    assert verdict(script, result, "A against p", change) == "FAIL"
    assert verdict(script, result, "A against h", "A / A at the start") == "FAIL"
    assert verdict(script, result, "field",
                   "growing neurons that end in a computed attractor") == "FAIL"


def test_exponents_are_those_of_power_laws(script):
    from attractors_verdicts import exponents
    sizes = np.array([8, 16, 32, 64])
    counts = np.stack((3 * sizes ** 0.5, sizes ** 1.0), axis=1)
    assert np.abs(exponents(sizes, counts) - [0.5, 1]).max() < 1e-14


def test_effective_number_is_that_of_equal_shares(runs):
    from npspectral.analysis.neurons.dynamics import Neurons
    neurons = Neurons(np.ones((5, 1)), np.zeros(5), np.array([2.0, 1, 1, 9, -2]))
    assert abs(runs.effective(neurons, np.array([0, 1, 1, -1, 2])) - 3) < 1e-15
    assert runs.effective(neurons, np.array([0, 0, 0, -1, 0])) == 1


def test_command_line_saves_arrays_figures_and_prints_the_table(script, runs, monkeypatch,
                                                                tmp_path, capsys, rng):
    def images(name, limit, dtype):
        return [(rng.standard_normal((n, 20)), np.arange(n) % 4) for n in (60, 40)]

    monkeypatch.setattr(script, "available", lambda names, download: names)
    monkeypatch.setattr(runs, "images", images)
    monkeypatch.setitem(script.SETTINGS, "quick", toy(script))
    script.main(["--quick", "--seeds", "1", "--out", str(tmp_path)])
    with np.load(tmp_path / "mnist_feature.npz") as saved:
        assert saved["vectors"].shape == (1, 20, 11)
    for name in ("field", "maxima", "counts", "mnist"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    out = capsys.readouterr().out
    assert "published" in out and "feature less lazy" in out
