"""What the scripts share: runs kept on disk, tables, data sets that are at hand or not."""
import dataclasses
import importlib
import json
import os
import re
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from conftest import SCRIPTS
from sweep_runs import fail_at, leave_at, train

from npspectral import data, sweep
from npspectral.progress import Line


@pytest.fixture
def experiment(monkeypatch):
    import experiment
    monkeypatch.setattr(experiment, "LINE", Line())         # what others showed sets no pace here
    return experiment


@pytest.fixture
def table(experiment):
    import experiment_table
    return experiment_table


def test_swept_runs_stand_by_part_and_are_made_once(experiment, tmp_path, capsys):
    plan = {"b": sweep.grid(fail_at, place=["/nowhere"], i=[5, 4]), "none": [],
            ("a", 1): sweep.grid(fail_at, place=["/nowhere"], i=[4, 3])}
    want = {"b": [5, 4], "none": [], ("a", 1): [4, 3]}
    assert experiment.swept(plan, tmp_path / "runs.jsonl") == want
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("0 of 3 runs") and "\r" not in "".join(lines)
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


def test_the_runs_that_came_from_disk_are_counted(experiment, tmp_path, capsys):
    for seeds, said in ((2, "0 of 2"), (5, "2 of 5"), (5, "5 of 5"), (0, "0 of 0")):
        plan = {"a": sweep.grid(fail_at, place=["/nowhere"], i=range(seeds))}
        experiment.swept(plan, tmp_path / "runs.jsonl")
        assert capsys.readouterr().out == f"{said} runs from disk\n"


def test_runs_for_each_seed_differ_in_nothing_else(experiment):
    assert experiment.each_seed(train, 2, n=3) == sweep.grid(train, n=[3], seed=[0, 1])


def test_a_damaged_results_file_is_refused_by_name(experiment, tmp_path):
    path, plan = tmp_path / "runs.jsonl", {"a": sweep.grid(train, n=[20], seed=[0])}
    experiment.swept(plan, path)
    whole = path.read_bytes()
    for at in range(0, len(whole) - 1, len(whole) // 40):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:])
        with pytest.raises(ValueError, match=re.escape(str(path))):
            experiment.swept(plan, path)


def python(code, *arguments, folder=SCRIPTS):
    """What a fresh interpreter prints that finds the scripts; it has one BLAS thread."""
    paths = (str(folder), str(SCRIPTS), str(SCRIPTS.parent / "tests"), *sys.path)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(paths)})


def test_a_script_that_was_killed_goes_on(experiment, tmp_path, capsys):
    flag, path = tmp_path / "flag", tmp_path / "runs.jsonl"
    flag.touch()
    code = """if True:
        import sys, experiment, sweep_runs
        from npspectral import sweep
        plan = {"a": sweep.grid(sweep_runs.leave_at, place=[sys.argv[1]], i=range(6), how=["kill"])}
        experiment.swept(plan, sys.argv[2])"""
    assert python(code, flag, path).returncode == -9
    flag.unlink()
    plan = {"a": sweep.grid(leave_at, place=[str(flag)], i=range(6), how=["kill"])}
    assert experiment.swept(plan, path) == {"a": list(range(6))}
    assert capsys.readouterr().out == "3 of 6 runs from disk\n"


EDITED = {
    "made_runs.py": """
        \"\"\"Runs.\"\"\"
        from made_data import draw

        FACTOR = 2                  # a constant


        def work(x):
            \"\"\"What it gives.\"\"\"
            return FACTOR * draw(x)
        """,
    "made_data.py": """
        \"\"\"A data set.\"\"\"
        SHIFT = 10


        def draw(x):
            return x + SHIFT
        """,
}
SWEEP_MADE = """if True:
    import sys, experiment, made_runs
    from npspectral import sweep
    print(experiment.swept({"a": sweep.grid(made_runs.work, x=[1, 2])}, sys.argv[1])["a"])"""


@pytest.mark.parametrize("name, old, new, said, values", [
    ("made_runs.py", "FACTOR = 2 ", "FACTOR = 3 ", "0 of 2", "[33, 36]"),
    ("made_data.py", "SHIFT = 10", "SHIFT = 20", "0 of 2", "[42, 44]"),
    ("made_runs.py", "What it gives", "What it returns", "2 of 2", "[22, 24]"),
    ("made_runs.py", "# a constant", "# of the sum", "2 of 2", "[22, 24]"),
    ("made_data.py", "A data set.", "Numbers.", "2 of 2", "[22, 24]")])
def test_an_edited_constant_makes_runs_again_and_an_edited_docstring_does_not(
        tmp_path, name, old, new, said, values):
    for file, text in EDITED.items():
        (tmp_path / file).write_text(textwrap.dedent(text.lstrip("\n")))
    first = python(SWEEP_MADE, tmp_path / "runs.jsonl", folder=tmp_path)
    assert first.stdout.splitlines() == ["0 of 2 runs from disk", "[22, 24]"], first.stderr
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text.replace(old, new))
    again = python(SWEEP_MADE, tmp_path / "runs.jsonl", folder=tmp_path)
    assert again.stdout.splitlines() == [f"{said} runs from disk", values], again.stderr


@pytest.mark.parametrize("script, setting", [
    ("information_plane", "Setting(2, 3, 0.01, 3)"),
    ("sphere_model", "Setting(1, {5: (6, 12), 10: (6,)}, 30, 6, (16, 40), 60)")])
def test_two_workers_write_the_bytes_of_one(tmp_path, script, setting):
    code = f"""if True:
        import sys, {script}
        for workers in (1, 2):
            path = f"{{sys.argv[1]}}/{{workers}}.jsonl"
            {script}.run({script}.{setting}, path, workers=workers)"""
    done = python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    alone, shared = (sorted((tmp_path / f"{workers}.jsonl").read_bytes().splitlines())
                     for workers in (1, 2))
    assert alone == shared and len(alone) > 4


# All experiments

EXPERIMENTS = sorted(path.stem.removesuffix("_runs") for path in SCRIPTS.glob("*_runs.py"))


def local_imports(path):
    """Names of the scripts that a script imports, by way of others too."""
    found, todo = set(), [path]
    while todo:
        for name in re.findall(r"^(?:from|import) (\w+)", todo.pop().read_text(), re.M):
            if name not in found and (SCRIPTS / f"{name}.py").is_file():
                found.add(name)
                todo.append(SCRIPTS / f"{name}.py")
    return found


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_edited_figure_or_verdict_makes_no_run_again(name):
    reached = local_imports(SCRIPTS / f"{name}_runs.py")
    assert "experiment" in reached and name not in reached
    assert not [other for other in reached
                if other.endswith(("figures", "verdicts", "published", "table"))]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_shares_its_runs_among_workers(experiment, name, capsys):
    with pytest.raises(SystemExit):
        importlib.import_module(name).main(["--help"])
    assert "--workers" in capsys.readouterr().out


def test_there_are_seventeen_experiments():
    assert len(EXPERIMENTS) == 17 and set(EXPERIMENTS) < {p.stem for p in SCRIPTS.glob("*.py")}


# Files and figures

def test_images_are_read_once_in_a_process_and_refuse_every_write(experiment, monkeypatch):
    asked = []

    def made(split, dtype):
        asked.append(split)
        return np.arange(12, dtype=dtype).reshape(6, 2), np.arange(6)

    monkeypatch.setitem(experiment.LABELED, "made", made)
    for _ in range(2):
        (x, labels), (x_test, _) = experiment.images("made", 4, float)
        assert x.shape == (4, 2) and labels.tolist() == [0, 1, 2, 3] and x_test.shape == (6, 2)
        for array in (x, labels, x_test):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
    experiment.images.cache_clear()
    assert asked == ["train", "test"]


def test_figures_leave_matplotlib_as_it_was(experiment, tmp_path):
    import experiment_figures
    import matplotlib
    from matplotlib import pyplot

    def draw(plt):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), width_ratios=(1, 2))
        left.plot([0, 1], color=plt.get_cmap("tab20")(3))
        right.imshow([[0, 1]], cmap=plt.get_cmap("coolwarm", 2))
        return figure

    before, style = matplotlib.get_backend(), matplotlib.rcParams["font.size"]
    matplotlib.use("svg")
    try:
        experiment_figures.save_figures({"one": draw, "two": lambda plt: plt.figure()}, tmp_path)
        assert matplotlib.get_backend() == "svg" and matplotlib.rcParams["font.size"] == style
    finally:
        matplotlib.use(before)
    assert pyplot.get_fignums() == []
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "two.png").exists()


def test_the_picture_refuses_damaged_results(experiment, monkeypatch, tmp_path, rng):
    import picture
    monkeypatch.setattr(picture, "RESULTS", tmp_path)
    monkeypatch.setattr(picture, "FOLDER", tmp_path)
    for name, arrays in (
            ("input_relevance/mnist.npz", {"relevance": rng.random((18, 784))}),
            ("learning_curves/learning_curves.npz",
             {"stripe p": np.array([8, 16]), "stripe errors": rng.random((2, 2, 2))})):
        (tmp_path / name).parent.mkdir()
        np.savez(tmp_path / name, **arrays)
    picture.main()
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    path = tmp_path / "input_relevance" / "mnist.npz"
    whole = path.read_bytes()
    assert whole.count(b"(18, 784)") == 1
    path.write_bytes(whole.replace(b"(18, 784)", b"(10, 784)"))         # one bit is another one
    with pytest.raises(ValueError, match="mnist.npz: not a whole"):
        picture.main()


# Progress, tables, options

def test_workers_write_no_progress_of_their_own(experiment, monkeypatch, capsys):
    experiment.progress("here")
    monkeypatch.setattr("multiprocessing.parent_process", lambda: "the caller's")
    experiment.progress("there")
    assert capsys.readouterr().err.strip() == "here"


def test_rows_are_judged_by_every_value_or_by_the_median(table):
    row = table.Row("a", "accuracy", "-", np.array([0.8, 0.9, 1.0]), low=0.85)
    assert row.verdict == "FAIL (>= 0.85, 2 of 3)"
    row = table.Row("a", "accuracy", "-", np.array([0.8, 0.9, 1.0]), low=0.85, every=False)
    assert row.verdict == "pass (>= 0.85, median)"
    assert table.Row("a", "accuracy", "-", np.array([0.8])).verdict == ""


def test_the_table_shows_published_beside_ours(table, capsys):
    table.show_table([table.Row("a", "accuracy", "0.93", np.array([0.5, 0.75]), 0, 1)])
    title, line = capsys.readouterr().out.splitlines()
    assert "published" in title and line.split() == (
        "a accuracy 0.93 0.625 (0.5 to 0.75) pass (0 to 1, 2 of 2)".split())


def test_a_quick_run_is_too_small_to_fail_unless_the_row_is_exact(table):
    def row(value, **more):
        return table.Row("a", "accuracy", "-", np.array([value]), low=0.85, **more)
    assert [row(0.8).judge(mode) for mode in ("quick", "default", "full")] == [
        "not at this size", "FAIL", "FAIL"]
    assert row(0.8, exact=True).judge("quick") == "FAIL" and row(0.9).judge("quick") == "pass"
    assert table.Row("a", "accuracy", "-", np.array([0.8]), exact=True).judge("quick") == ""


def test_the_rows_are_written_for_programs(table, tmp_path, capsys):
    rows = [table.Row("a", "accuracy", "0.93", np.array([0.5, 0.75]), 0.6, 1),
            table.Row("b", "told", "-", np.array([np.nan]))]
    table.show_table(rows, tmp_path / "new", "quick")
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
