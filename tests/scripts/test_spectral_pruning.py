"""The script spectral_pruning.py at toy size: it runs, resumes, and its verdicts can fail."""
from dataclasses import replace

import numpy as np
import pytest

TOY = "mnist elu 20-10"


@pytest.fixture
def script(monkeypatch, named_version):
    """The script as a module, on 784 pixels of noise around ten images."""
    import spectral_pruning
    import spectral_pruning_runs

    def images(name, limit):
        rng = np.random.default_rng(0)
        centers = rng.random((10, 784))
        labels = rng.integers(0, 10, 400)
        x = (centers[labels] + 0.3 * rng.normal(size=(400, 784))).astype(np.float32)
        return (x, labels), (x[:100], labels[:100])

    monkeypatch.setattr(spectral_pruning_runs, "images", images)
    monkeypatch.setattr(spectral_pruning, "available", lambda names, download: names)
    return spectral_pruning


@pytest.fixture
def runs(script):
    import spectral_pruning_runs
    return spectral_pruning_runs


def toy(script):
    return replace(script.CASES[0], activation="elu", hidden=(20, 10), epochs=12, epochs_after=2)


def test_a_network_with_an_emptied_layer_says_the_first_class(script, runs, monkeypatch):
    monkeypatch.setattr(runs, "node_scores", None)
    case = replace(toy(script), hidden=(20, 1))
    eigenvalues = runs.run_eigenvalues(case, 0)["eigenvalues"]
    cut = runs.run_before(case, 0, 95, eigenvalues)
    sets = runs.images("mnist", None)
    assert list(cut["left"]) == [0, 0] and cut["accuracy"] == np.mean(sets[1][1] == 0)


@pytest.fixture
def published(script, monkeypatch):
    import spectral_pruning_published
    table = spectral_pruning_published.PUBLISHED
    monkeypatch.setitem(table, ("mnist", "elu", 2), table["mnist", "elu", 3])


def test_every_method_gives_an_accuracy_and_the_nodes_left(script, published, tmp_path, capsys):
    result = script.run([toy(script)], 2, tmp_path / "runs.jsonl")
    assert list(result) == [TOY] and list(result[TOY]) == ["dense", "post", "pre"]
    for own in result[TOY].values():
        assert own["accuracy"].shape == (2, 6) and own["left"].shape == (2, 6, 2)
        assert (np.diff(own["left"].sum(-1)) <= 0).all() and own["whole"].shape == (2,)
        np.testing.assert_array_equal(own["left"][:, 1].sum(-1), 15)         # half of 30
    assert result[TOY]["dense"]["whole"].min() > 0.3       # chance is 0.1
    dense = result[TOY]["dense"]
    assert dense["by_layer"].shape == dense["by_signed_sum"].shape == (2, 6)
    assert (dense["by_layer"][:, 1] != dense["accuracy"][:, 1]).any()
    script.plot(result, tmp_path)
    assert (tmp_path / "spectral_pruning.png").stat().st_size > 10_000
    script.show_comparison(result)
    assert "/ 0.976" in capsys.readouterr().out
    assert len(script.verdicts(result)) > 3


def test_a_second_run_reads_what_the_first_one_kept(script, runs, tmp_path, monkeypatch):
    first = script.run([toy(script)], 1, tmp_path / "runs.jsonl")
    monkeypatch.setattr(runs, "train", None)
    again = script.run([toy(script)], 1, tmp_path / "runs.jsonl")
    for method, own in first[TOY].items():
        for name, array in own.items():
            np.testing.assert_array_equal(again[TOY][method][name], array)


def test_verdicts_pass_on_the_published_numbers_and_fail_on_others(script):
    import spectral_pruning_published as published
    name = "fashion-mnist relu 500"
    theirs = {method: {"accuracy": np.array([row]), "whole": np.array([0.9])}
              for method, row in published.published(name).items()}
    judged = [row for row in published.verdicts({name: theirs}) if row.verdict]
    assert all(row.judge() == "pass" for row in judged)
    assert sum("dense less post" in row.quantity for row in judged) == 2    # where spectral loses
    theirs["dense"], theirs["post"] = theirs["post"], theirs["dense"]
    failed = [row.quantity for row in published.verdicts({name: theirs}) if row.judge() == "FAIL"]
    assert sum("dense less post" in quantity for quantity in failed) == 2
    assert any("off by more" in quantity for quantity in failed)


def test_full_is_the_published_protocol(script, runs):
    import spectral_pruning_published as published
    cases, seeds = script.SETTINGS["full"]
    assert seeds == 5 and {(case.epochs, case.epochs_after, case.limit) for case in cases} == {
        (100, 20, None)}
    assert set(script.REQUIRED) < {case.name for case in cases} and len(cases) == 16
    for case in cases:
        published.published(case.name)                  # there is something to compare with
    net = runs.network(cases[-1], "spectral")
    assert all("bias" not in layer.shapes for layer in net.layers)
    assert [layer.n_out for layer in net.layers[::2]] == [500, 500, 500, 10]


def test_command_line(script, published, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(script.SETTINGS, "quick", ([toy(script)], 3))
    monkeypatch.setattr("sys.argv", ["spectral_pruning.py", "--quick", "--seeds", "1",
                                     "--cases", TOY, "--out", str(tmp_path)])
    script.main()
    with np.load(tmp_path / "mnist_elu_20-10.npz") as saved:
        assert saved["pre_accuracy"].shape == (1, 6)
    assert "published" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["spectral_pruning.py", "--quick", "--cases", "mnist"])
    with pytest.raises(SystemExit):
        script.main()
    assert TOY in capsys.readouterr().err
