"""The script input_relevance.py at toy size: it runs, keeps what it promises, and can fail."""
import os
from dataclasses import replace

import numpy as np
import pytest


@pytest.fixture
def script(named_version):
    """The script as a module; its siblings lie beside it."""
    import input_relevance
    return input_relevance


@pytest.fixture
def runs(script):
    import input_relevance_runs
    return input_relevance_runs


NETWORK_KEYS = {"relevance", "eigenvalue", "lambda_in", "curves", "accuracy"}
KEYS = {
    "gaussian": NETWORK_KEYS | {"gap", "hellinger", "relevant", "bayes", "bayes_rule"},
    "pairs": NETWORK_KEYS | {"flip_probability", "bayes", "bayes_rule", "linear_accuracy",
                             "marginal_accuracy"},
    "mnist": NETWORK_KEYS | {"counts", "mean_images", "examples_0", "examples_1",
                             "kept_relevance", "kept_eigenvalue", "kept_random",
                             "retrained_relevance", "retrained_random"},
}
TOY = {
    "gaussian": dict(l2_lambda=1e-4, l2_phi=1e-2, stages=((1e-2, 12), (1e-3, 3)), seeds=2,
                     n_samples=10_000),
    "pairs": dict(l2_lambda=1e-6, l2_phi=1e-4, stages=((1e-2, 4), (1e-3, 2)), seeds=2,
                  n_samples=20_000),
    "mnist": dict(l2_lambda=1e-2, l2_phi=1e-2, stages=((3e-3, 2), (1e-3, 1)), seeds=1),
}


def toy_settings(script):
    return {part: script.Setting(**options) for part, options in TOY.items()}


def verdict(script, result, quantity):
    row, = (row for row in script.verdicts(result) if row.quantity == quantity)
    return row.verdict.split()[0]


def check_arrays(part, own, epochs):
    assert set(own) == KEYS[part]
    assert own["curves"].shape == (len(own["accuracy"]), epochs, 3)
    assert (own["curves"][:, -1, 2] == own["accuracy"]).all()
    np.testing.assert_array_equal(own["eigenvalue"], np.abs(own["lambda_in"]))
    assert all(np.isfinite(array).all() for array in own.values())


def test_gaussian_features_are_ranked_and_shuffled_relevance_is_caught(script, tmp_path, rng):
    result = script.run(toy_settings(script), tmp_path / "runs.jsonl", ["gaussian"])
    own = result["gaussian"]
    check_arrays("gaussian", own, 15)
    first = "relevance: gap > 0.3 over irrelevant"
    ranking = "relevance: rank correlation with the gap"
    assert verdict(script, result, first) == "pass"
    assert verdict(script, result, ranking) == "pass"
    script.plot(result, tmp_path)
    assert (tmp_path / "gaussian.png").stat().st_size > 10_000

    own["relevance"] = rng.permuted(own["relevance"], axis=1)
    assert verdict(script, result, first) == "FAIL"
    assert verdict(script, result, ranking) == "FAIL"


def test_pairs_are_found_and_planted_mistakes_are_caught(script, tmp_path):
    result = script.run(toy_settings(script), tmp_path / "runs.jsonl", ["pairs"])
    own = result["pairs"]
    check_arrays("pairs", own, 6)
    found = "relevance: paired over unpaired"
    ranked = "median relevance: rank corr. with flip prob."
    assert verdict(script, result, found) == "pass"
    assert verdict(script, result, ranked) == "pass"
    assert verdict(script, result, "test accuracy on marginals alone") == "pass"
    script.plot(result, tmp_path)
    assert (tmp_path / "pairs.png").stat().st_size > 10_000

    reverse = {"pairs": {**own, "relevance": own["relevance"][:, ::-1]}}
    assert verdict(script, reverse, found) == "FAIL"
    swapped = own["relevance"][:, [2, 3, 0, 1, *range(4, 10)]]
    assert verdict(script, {"pairs": {**own, "relevance": swapped}}, ranked) == "FAIL"
    leaky = {"pairs": {**own, "marginal_accuracy": np.array([0.5, 0.7])}}
    assert verdict(script, leaky, "test accuracy on marginals alone") == "FAIL"


@pytest.mark.skipif("NPSPECTRAL_DATA" not in os.environ,
                    reason="NPSPECTRAL_DATA names no folder with MNIST")
def test_mnist_runs_and_accuracy_is_judged(script, runs, tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "RETRAIN", replace(runs.RETRAIN, stages=((1e-3, 2),)))
    monkeypatch.setattr(script, "pixel_counts", lambda seeds: (1, 17, 100, 784))
    result = script.run(toy_settings(script), tmp_path / "runs.jsonl", ["mnist"])
    own = result["mnist"]
    check_arrays("mnist", own, 3)
    assert own["kept_relevance"].shape == (1, len(own["counts"]))
    assert own["kept_relevance"][0, -1] == own["accuracy"]          # all 784 pixels kept
    assert verdict(script, result, "test accuracy, all pixels") == "pass"
    script.plot(result, tmp_path)
    for name in ("mnist.png", "mnist_masked.png"):
        assert (tmp_path / name).stat().st_size > 10_000
    own["accuracy"] = own["accuracy"] - 0.01
    assert verdict(script, result, "test accuracy, all pixels") == "FAIL"


def test_without_mnist_its_part_is_left_out_and_says_how_to_get_it(script, monkeypatch, tmp_path,
                                                                   capsys):
    monkeypatch.delenv("NPSPECTRAL_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert script.run(script.SETTINGS["quick"], tmp_path / "runs.jsonl", ["mnist"]) == {}
    assert "--download" in capsys.readouterr().out
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path))            # named, but nothing there
    assert script.run(script.SETTINGS["quick"], tmp_path / "runs.jsonl", ["mnist"]) == {}
    assert str(tmp_path) in capsys.readouterr().out


def test_command_line_saves_arrays_figures_and_prints_the_table(script, monkeypatch, tmp_path,
                                                                capsys):
    tiny = replace(script.Setting(**TOY["pairs"]), stages=((1e-2, 1),), n_samples=3000)
    monkeypatch.setitem(script.SETTINGS["quick"], "pairs", tiny)
    monkeypatch.setattr("sys.argv", ["input_relevance.py", "--quick", "--parts", "pairs",
                                     "--seeds", "1", "--out", str(tmp_path / "new" / "folder")])
    script.main()
    with np.load(tmp_path / "new" / "folder" / "pairs.npz") as saved:
        assert set(saved) == KEYS["pairs"] and len(saved["accuracy"]) == 1
    assert (tmp_path / "new" / "folder" / "pairs.png").exists()
    assert "published" in capsys.readouterr().out


def test_published_settings_are_those_of_the_notebooks(script, runs):
    assert script.SETTINGS["full"] == {
        "gaussian": script.Setting(1e-6, 1e-2, ((1e-2, 1000),), 10, 60_000),
        "pairs": script.Setting(1e-6, 1e-4, ((1e-2, 500),), 10, 100_000),
        "mnist": script.Setting(1e-2, 1e-4, ((1e-4, 5000),), 10)}
    network = runs.spectral_network(784, 10, runs.ReLU())
    assert [layer.n_out for layer in network.layers[::2]] == [100, 100, 50, 10]


def test_shuffling_within_classes_keeps_marginals_and_breaks_pairs(runs, rng):
    drawn = runs.correlated_pairs(rng, 2000)
    x, labels = runs.shuffle_within_classes(rng, drawn.x, drawn.labels)
    for label in (0, 1):
        np.testing.assert_array_equal(np.sort(x[labels == label], axis=0),
                                      np.sort(drawn.x[labels == label], axis=0))
    zeros = x[labels == 0]
    assert (drawn.x[labels == 0][:, 0] == drawn.x[labels == 0][:, 1]).all()
    assert (zeros[:, 0] == zeros[:, 1]).mean() < 0.02
