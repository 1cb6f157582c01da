"""What the scripts share: runs kept on disk, tables, data sets that are at hand or not."""
import dataclasses
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sweep_runs import fail_at

from npspectral import data, sweep
from npspectral.progress import Line


@pytest.fixture
def experiment(monkeypatch):
    monkeypatch.syspath_prepend(os.path.join(os.path.dirname(__file__), "..", "scripts"))
    import experiment
    return experiment


def test_a_run_is_made_once_and_read_again(experiment, tmp_path):
    calls = []

    def run():
        calls.append(1)
        return {"a": np.arange(3, dtype=np.float32), "b": 0.5}

    first = experiment.kept(tmp_path / "runs", ("case", 1), run)
    again = experiment.kept(tmp_path / "runs", ("case", 1), run)
    assert calls == [1] and set(first) == set(again) == {"a", "b"}
    assert again["a"].dtype == np.float32 and again["b"] == 0.5
    experiment.kept(tmp_path / "runs", ("case", 2), run)
    assert calls == [1, 1]


def test_a_run_that_fails_leaves_no_file(experiment, tmp_path):
    with pytest.raises(ZeroDivisionError):
        experiment.kept(tmp_path, "key", lambda: {"a": 1 / 0})
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_run_is_refused(experiment, tmp_path):
    experiment.kept(tmp_path, "one", lambda: {"a": 1})
    path, = tmp_path.iterdir()
    experiment.kept(tmp_path, "two", lambda: {"a": 2})
    other, = set(tmp_path.iterdir()) - {path}
    path.replace(other)
    with pytest.raises(ValueError, match="holds another run than 'two'"):
        experiment.kept(tmp_path, "two", lambda: {"a": 2})


def test_swept_runs_stand_by_part_and_are_made_once(experiment, tmp_path, capsys):
    plan = {"b": sweep.grid(fail_at, place=["/nowhere"], i=[5, 4]), "none": [],
            ("a", 1): sweep.grid(fail_at, place=["/nowhere"], i=[4, 3])}
    want = {"b": [5, 4], "none": [], ("a", 1): [4, 3]}
    assert experiment.swept(plan, tmp_path / "runs.jsonl") == want
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == ["0 of 3 runs", "3 of 3 runs"]
    with ThreadPoolExecutor(2) as executor:
        assert experiment.swept(plan, tmp_path / "other.jsonl", executor=executor) == want
    for workers in (1, 2):                                  # all runs are there, no worker starts
        assert experiment.swept(plan, tmp_path / "other.jsonl", workers) == want


def test_a_run_that_fails_stops_a_script_when_the_others_have_ended(experiment, tmp_path):
    (tmp_path / "flag").touch()
    plan = {"a": sweep.grid(fail_at, place=[str(tmp_path / "flag")], i=range(6))}
    with pytest.raises(RuntimeError, match="1 of 6 runs failed(.|\n)*ArithmeticError: no run 3"):
        experiment.swept(plan, tmp_path / "runs.jsonl")
    (tmp_path / "flag").unlink()
    assert experiment.swept(plan, tmp_path / "runs.jsonl") == {"a": list(range(6))}


def test_workers_write_no_progress_of_their_own(experiment, monkeypatch, capsys):
    monkeypatch.setattr(experiment, "LINE", Line())
    experiment.progress("here")
    monkeypatch.setattr("multiprocessing.parent_process", lambda: "the caller's")
    experiment.progress("there")
    assert capsys.readouterr().err.strip() == "here"


def test_rows_are_judged_by_every_value_or_by_the_median(experiment):
    row = experiment.Row("a", "accuracy", "-", np.array([0.8, 0.9, 1.0]), low=0.85)
    assert row.verdict == "FAIL (>= 0.85, 2 of 3)"
    row = experiment.Row("a", "accuracy", "-", np.array([0.8, 0.9, 1.0]), low=0.85, every=False)
    assert row.verdict == "pass (>= 0.85, median)"
    assert experiment.Row("a", "accuracy", "-", np.array([0.8])).verdict == ""


def test_the_table_shows_published_beside_ours(experiment, capsys):
    experiment.show_table([experiment.Row("a", "accuracy", "0.93", np.array([0.5, 0.75]), 0, 1)])
    title, line = capsys.readouterr().out.splitlines()
    assert "published" in title and line.split() == (
        "a accuracy 0.93 0.625 (0.5 to 0.75) pass (0 to 1, 2 of 2)".split())


def test_a_quick_run_is_too_small_to_fail_unless_the_row_is_exact(experiment):
    def row(value, **more):
        return experiment.Row("a", "accuracy", "-", np.array([value]), low=0.85, **more)
    assert [row(0.8).judge(mode) for mode in ("quick", "default", "full")] == [
        "not at this size", "FAIL", "FAIL"]
    assert row(0.8, exact=True).judge("quick") == "FAIL" and row(0.9).judge("quick") == "pass"
    assert experiment.Row("a", "accuracy", "-", np.array([0.8]), exact=True).judge("quick") == ""


def test_the_rows_are_written_for_programs(experiment, tmp_path, capsys):
    rows = [experiment.Row("a", "accuracy", "0.93", np.array([0.5, 0.75]), 0.6, 1),
            experiment.Row("b", "told", "-", np.array([np.nan]))]
    experiment.show_table(rows, tmp_path / "new", "quick")
    first, second = json.loads((tmp_path / "new" / "verdicts.json").read_text())
    assert first == {"part": "a", "quantity": "accuracy", "published": "0.93",
                     "ours": "0.625 (0.5 to 0.75)", "verdict": "not at this size",
                     "wanted": "0.6 to 1, 1 of 2", "exact": False}
    assert (second["ours"], second["verdict"]) == ("nan", "")
    assert "not at this size (0.6 to 1, 1 of 2)" in capsys.readouterr().out


def test_options_have_three_modes(experiment):
    parser = experiment.options("title", "results/x", seeds=dict(type=int, default=3))
    assert parser.parse_args([]).mode == "default"
    chosen = parser.parse_args(["--full", "--out", "there", "--seeds", "5"])
    assert (chosen.mode, chosen.out, chosen.seeds) == ("full", Path("there"), 5)
    with pytest.raises(SystemExit):
        parser.parse_args(["--full", "--quick"])


def test_data_sets_that_are_not_at_hand_are_left_out_and_named(experiment, monkeypatch, tmp_path,
                                                               capsys):
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path))
    assert experiment.available(["mnist", "fashion-mnist"]) == []
    assert str(tmp_path) in capsys.readouterr().out
    assert experiment.available(["mnist"], download=True) == ["mnist"]


def test_a_data_set_is_at_hand_when_all_its_files_are(tmp_path):
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    files = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k")
             for kind in ("images-idx3", "labels-idx1")]
    for name in files:
        assert not data.at_hand("fashion-mnist", tmp_path)
        (folder / name).touch()
    assert data.at_hand("fashion-mnist", tmp_path)


def test_the_table_of_california_housing_is_enough(tmp_path):
    assert not data.at_hand("california-housing", tmp_path)
    (tmp_path / "california-housing").mkdir()
    (tmp_path / "california-housing" / "cal_housing.data.gz").touch()
    assert data.at_hand("california-housing", tmp_path)


def test_an_unknown_data_set_is_refused():
    with pytest.raises(ValueError, match="name is 'mnits', expected one of .*'mnist'"):
        data.at_hand("mnits")


def test_the_number_of_seeds_changes_wherever_a_setting_has_it(experiment):
    @dataclasses.dataclass(frozen=True)
    class Setting:
        seeds: int = 5
        seeds_of_others: int = 2
        p: int = 64

    one_kind = dataclasses.make_dataclass("OneKind", [("seeds", int), ("p", int)], frozen=True)
    assert experiment.with_seeds(Setting(), 3) == Setting(3, 3, 64)
    assert experiment.with_seeds(Setting(), None) == Setting()
    assert experiment.with_seeds(one_kind(5, 64), 1) == one_kind(1, 64)


def test_arrays_of_parts_are_named_after_both(experiment, tmp_path):
    parts = {"stripe": {"p": np.arange(2), "error": np.ones((1, 2))}, "lazy 10": {"p": np.zeros(1)}}
    experiment.save_arrays(parts, tmp_path / "all.npz")
    with np.load(tmp_path / "all.npz") as archive:
        assert sorted(archive) == ["lazy 10 p", "stripe error", "stripe p"]
        assert (archive["stripe p"] == [0, 1]).all()
