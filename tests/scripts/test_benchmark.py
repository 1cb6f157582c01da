"""scripts/benchmark: it measures, it saves, its checks are able to fail, and misses are told."""
import importlib.util
import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmark import cells, kernels, machine, page, steps, turns
from benchmark.__main__ import arguments, main
from benchmark.workers import BENCHMARKS, Case, build
from benchmark.workers.__main__ import Server, peak_growth
from benchmark.workers.convolutional import PLANS, weights
from benchmark.workers.in_products import convolution_products

STEP = Case("step", 5, (4, 3, 2), trained="all")
DIGITS = Case("step", 5, (4, 3, 10), trained="lambda_out", dtype="float32")
SHALLOW = Case("tangent kernel", 12, (4, 9, 1))
TINY = [SHALLOW, Case("tangent kernel", 7, (6, 5, 5, 3)), Case("infinite width", 9, (4,), 3),
        Case("hinge flow step", 30, (4, 20, 1)), Case("kernel PCA", 40),
        Case("support vectors", 50, bound=10), Case("TwoNN", 60, (3, 8)),
        Case("recurrent step", 8, (4, 9, 2), 3), Case("complex recurrent step", 8, (5, 3), 4),
        *(Case("convolution kernel", 5, name=name) for name in PLANS),
        Case("convolution step", 4, trained="all", name="inverted 10"),
        Case("convolution step", 4, trained="all", dtype="float32", name="strided 8")]
MODULES = {"torch": "torch", "jax": "jax", "JAX": "jax", "scikit-learn": "sklearn",
           "neural-tangents": "neural_tangents", "scikit-dimension": "skdim", "DADApy": "dadapy"}


def peers(benchmark):
    """Those of a benchmark that are installed."""
    return [name for name in BENCHMARKS[benchmark]
            if importlib.util.find_spec(MODULES.get(name.split()[0], "nothing"))]


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(turns, "BLOCK", 0.002)
    monkeypatch.setattr(turns, "PAUSE", 0.0)
    monkeypatch.setattr(turns, "PATIENCE", 1)


def test_measures_steps_with_numpy_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmark.machine.versions", lambda python: {"numpy": "2"})
    result = cells.run([STEP], rounds=2)
    cells.save(result, steps.table(result), tmp_path, "benchmark")
    saved = np.load(tmp_path / "benchmark.npz")
    assert saved["labels"].tolist() == 2 * [STEP.label]
    assert saved["libraries"].tolist() == ["npspectral", "products"]
    assert saved["threads"].tolist() == [1, 1]
    assert (saved["seconds"] > 0).all() and len(saved["blocks"]) == 4
    text = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    assert "| 4-3-2 | 5 | all | float64 | 1 |" in text and "DISAGREES" not in text


def test_measures_kernels_with_numpy_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmark.machine.versions", lambda python: {"numpy": "2"})
    wider = Case("tangent kernel", 12, (4, 18, 1))
    sweep = {"width h": [(9, SHALLOW), (18, wider)]}
    result = cells.run([SHALLOW], sweep, rounds=2)
    cells.save(result, kernels.table(result), tmp_path, "benchmark_kernels")
    saved = np.load(tmp_path / "benchmark_kernels.npz")
    assert saved["labels"].tolist() == 4 * [SHALLOW.label] + 2 * [wider.label]
    assert (saved["seconds"] > 0).all() and not saved["disagree"].any()
    text = (tmp_path / "benchmark_kernels.md").read_text(encoding="utf-8")
    assert "| tangent kernel 4-9-1 p=12 | 1 |" in text and "| width h | 9, 18 |" in text
    assert "neural-tangents is not installed and left out" in text


@pytest.mark.skipif(not peers("step"), reason="no peer is installed")
def test_installed_peers_make_our_steps():
    result = cells.run([STEP, DIGITS], rounds=2)
    assert result["libraries"] == ["npspectral", "products", *peers("step")]
    assert [cell["wrong"] for cell in result["cells"]] == [{}, {}]


def arrays(library, case):
    run, result = build(library, case)
    run(1)
    return result()


@pytest.mark.parametrize("case, name", [
    pytest.param(case, name, id=f"{case.label}, {name}")
    for case in TINY for name in peers(case.benchmark)])
def test_installed_peers_agree_with_us(case, name):
    case = replace(case, rate=cells.CHECK_RATE)
    found = {library: arrays(library, case) for library in ("npspectral", name)}
    assert cells.disagreements(case, found) == {}


@pytest.mark.parametrize("name, parameters", [
    ("strided 8", 5008), ("strided 50", 188_800), ("inverted 10", 23_251)])
def test_convolutional_networks_are_the_published_ones(name, parameters):
    drawn = weights(name, np.random.default_rng(0), float)
    assert sum(weight.size for weight in drawn) == parameters


@pytest.mark.parametrize("benchmark", ["convolution step", "convolution kernel"])
def test_products_of_a_convolution_are_those_of_its_first_layer_and_more(benchmark):
    case = Case(benchmark, 3, trained="all", name="strided 8")
    few, times, patches, y = next(convolution_products(case))
    assert few * times == 3 and patches.shape == (3 * 13 * 13, 25) and y.shape == (3 * 13 * 13, 8)
    assert arrays("products", case) == {}


def trained(case, rate=cells.CHECK_RATE):
    return arrays("npspectral", replace(case, rate=rate))


@pytest.mark.parametrize("case", [STEP, DIGITS], ids=["float64", "float32"])
@pytest.mark.parametrize("spoil", [
    lambda arrays: arrays.update(loss=arrays["loss"] * 1.001),
    lambda arrays: arrays.update(loss=arrays["loss"] * np.nan),
    lambda arrays: arrays["0/lambda_out"].__iadd__(1e-3),
    lambda arrays: arrays.pop("0/lambda_out"),
    lambda arrays: arrays.update({"0/more": np.ones(3)}),
    lambda arrays: arrays.update({"0/lambda_out": np.ones(3, "float16")}),
], ids=["loss", "nan", "parameter", "missing", "more", "dtype"])
def test_a_wrong_step_is_told(case, spoil):
    ours = trained(case)
    theirs = {name: array.copy() for name, array in ours.items()}
    assert cells.disagreements(case, {"npspectral": ours, "torch": theirs}) == {}
    spoil(theirs)
    assert list(cells.disagreements(case, {"npspectral": ours, "torch": theirs})) == ["torch"]


def test_another_learning_rate_disagrees():
    found = {"npspectral": trained(STEP, 1e-3), "torch": trained(STEP, 1.001e-3)}
    assert "0/phi" in cells.disagreements(STEP, found)["torch"]


def test_a_block_is_as_long_as_it_is_asked_to_be(monkeypatch):
    runs = []

    def timed_block(_, n, threads):
        runs.append(n)
        return 0.01, 0.0                        # seconds per run, load

    monkeypatch.setattr("benchmark.workers.__main__.timed_block", timed_block)
    worker = Server("npspectral", 1)
    for _ in range(2):
        worker.build(SHALLOW)
        for seconds in (0.02, 0.02, 0.08, 0.04):
            assert worker.time(seconds) == (0.01, 0.0)
    assert runs == 2 * [1, 2, 8, 4]


def test_what_is_not_here_is_left_out_and_named(monkeypatch):
    have = {sys.executable: {"numpy": "2", "jax": "1"},
            "other": {"numpy": "1", "dadapy": "3", "neural-tangents": "4", "jax": "0"}}
    monkeypatch.setattr(machine, "versions", have.get)
    monkeypatch.setattr(machine, "processor", lambda: ("a", ["avx2"]))
    names = ("npspectral", "JAX Jacobian", "DADApy", "neural-tangents", "torch fused",
             "products@SkylakeX")
    pythons, versions, notes = machine.at_hand(names, "other")
    assert pythons == {"npspectral": sys.executable, "JAX Jacobian": sys.executable,
                       "DADApy": "other", "neural-tangents": "other"}
    assert versions == {"numpy": "2", "jax": "1", "dadapy": "3", "neural-tangents": "4 on jax 0"}
    assert notes == ["torch is not installed and left out",
                     "products@SkylakeX: no avx512f in /proc/cpuinfo, left out"]


def cell(case, seconds=None, wrong=None, **more):
    """What `measured` gives, with so much time, for each MB."""
    return dict(case=case, label=case.label, seconds=seconds, memory=seconds, wrong=wrong or {},
                spread=dict.fromkeys(seconds or (), 0.5),
                disturbed=dict.fromkeys(seconds or (), True)) | more


@pytest.mark.parametrize("spoil", [
    lambda kernel: kernel * (1 + 1e-11),
    lambda kernel: kernel * np.nan,
    lambda kernel: kernel[:-1],
    lambda kernel: np.where(np.arange(len(kernel)) == 5, 0, kernel),
], ids=["digits", "nan", "shape", "one entry"])
def test_a_wrong_kernel_is_told(spoil):
    ours = arrays("npspectral", SHALLOW)
    theirs = {"result": spoil(ours["result"])}
    wrong = cells.disagreements(
        SHALLOW, {"npspectral": ours, "a": theirs, "b": ours, "products": {}})
    assert list(wrong) == ["a"]
    (line,) = kernels.rows(cell(SHALLOW, {"npspectral": 1.0, "a": 3.0}, wrong))
    assert "**DISAGREES**: result" in line[5] and "3.00" not in line


def test_table_of_steps_says_loudly_who_disagrees():
    samples = {"npspectral": [(1.0, 0.0)] * 2, "torch": [(3.0, 0.5)] * 2}
    medians = turns.medians(samples, dict.fromkeys(samples, 2))
    wrong = cell(STEP, wrong={"torch": "loss differs"}, **medians)
    text = steps.table({"header": [], "notes": [], "libraries": ["npspectral", "torch"],
                        "cells": [wrong], "imports": {"numpy": (0.1, 25.0)}})
    assert "**DISAGREES**: loss differs" in text and "3.00" not in text
    assert " ! |" in text                           # torch had no undisturbed block


def quoted_run(disturbed=()):
    """(module, text) of both parts, as a run of what the README quotes would write them."""
    seconds = {"npspectral": 1.0, "torch": 2.75, "torch fused": 2.25, "jax": 1.5}
    steps_of = [Case("step", 128, (784, 200, 10), trained=trained, dtype="float32")
                for trained in ("lambda_out", "lambdas, bias", "all")]
    kernel = Case("tangent kernel", 2000, (10, 10_000, 1))
    quiet = [cell(case, seconds, disturbed={name: name in disturbed for name in seconds})
             for case in steps_of]
    seconds = {"npspectral": 1.0, "products": 0.8, "neural-tangents": 3.25, "JAX Jacobian": 14.0}
    quiet.append(cell(kernel, seconds, disturbed={name: name in disturbed for name in seconds}))
    parts = {"header": ["when and where"], "notes": [], "libraries": list(quiet[0]["seconds"])}
    return [(steps, steps.table(parts | {"cells": quiet[:-1]})),
            (kernels, kernels.table(parts | {"cells": quiet[-1:], "growth": {}}))]


def test_the_readme_quotes_the_page_and_nothing_that_was_disturbed(tmp_path):
    readme = tmp_path / "README.md"
    before, after = "| claim | in |\n|---|---|\n| a | 1 |\n\n", "\nand then\n\n| a | b |\n"
    for disturbed, rows in (
            ((), ["| step 784-200-10, batch 128, lambda_out trained | PyTorch, its fused Adam, JAX "
                  "| 2.75, 2.25, 1.50 times as fast |",
                  "| step 784-200-10, batch 128, all trained | PyTorch, its fused Adam, JAX "
                  "| 2.75, 2.25, 1.50 times as fast |",
                  "| tangent kernel, 10-10000-1, p = 2000 | neural-tangents, Jacobian in JAX "
                  "| 3.25, 14.00 times as fast |"]),
            (("jax", "JAX Jacobian"), ["| tangent kernel, 10-10000-1, p = 2000 | neural-tangents "
                                       "| 3.25 times as fast |"])):
        readme.write_text(f"{before}| work | peer | ours |\n|---|---|---|\n| a | b | 9 |\n{after}",
                          encoding="utf-8")
        page.write(quoted_run(disturbed), 12.3, tmp_path / "SPEED.md", readme)
        text = (tmp_path / "SPEED.md").read_text(encoding="utf-8")
        assert page.quotes(text).splitlines()[2:] == rows
        assert readme.read_text(encoding="utf-8") == before + page.quotes(text) + after
        assert "in 12 minutes" in text and "when and where" in text
        assert (" ! |" in text) == bool(disturbed)


def test_what_disagrees_or_was_not_measured_is_not_quoted():
    step, kernel = (text for _, text in quoted_run())
    assert page.quotes(step).count("|\n") == 4 and "JAX" in page.quotes(step)
    assert page.quotes("") == page.QUOTES
    assert ", JAX" not in page.quotes(step.replace("1.50", "**DISAGREES**: loss differs"))
    assert "Jacobian" not in page.quotes(kernel.replace("JAX Jacobian", "JAX something"))
    assert page.quotes(step.replace("50%", "")) == page.QUOTES          # how quiet, nobody knows


def test_one_command_measures_all_rows_and_writes_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(machine, "versions", lambda python: {"numpy": "2"})
    monkeypatch.setattr(machine, "import_costs", lambda modules: {})
    monkeypatch.setattr(steps, "cases", lambda *_: [STEP])
    monkeypatch.setattr(kernels, "cases", lambda *_: [SHALLOW])
    monkeypatch.setattr(kernels, "sweeps", lambda: {})
    written = []
    monkeypatch.setattr(page, "write", lambda *given: written.append(page.speed(*given)))
    out = ["--rounds", "1", "--out", str(tmp_path)]
    assert main(["--page", *out]) == 0
    (text,) = written
    assert [row.get("net", row.get("work")) for row in page.rows_of(text)] == [
        STEP.net, SHALLOW.label]
    assert "in 0 minutes" in text
    assert main(out) == 0 and len(written) == 1
    assert STEP.net in capsys.readouterr().out


@pytest.mark.parametrize("more", [["--quick"], ["--only", "step"], ["--rows", "steps"]])
def test_a_page_is_of_all_rows(more, capsys):
    assert arguments(["--page"]).page
    with pytest.raises(SystemExit):
        arguments(["--page", *more])
    assert "--page is of all rows" in capsys.readouterr().err


def test_a_row_of_a_page_is_disturbed_by_its_own_libraries_alone():
    case = Case("TwoNN", 60, (3, 8))
    seconds = {"npspectral": 1.0, "DADApy": 2.0, "scikit-dimension": 3.0}
    one = cell(case, seconds, spread={"npspectral": 0.01, "DADApy": 0.3, "scikit-dimension": 0.02},
               disturbed={"npspectral": False, "DADApy": True, "scikit-dimension": False})
    rows = list(kernels.rows(one))
    assert [row[-1] for row in rows] == ["30% !", "2%"]
    assert [row[2] for row in kernels.growth_rows("samples p", [(60, one), (90, one)])] == [
        "npspectral", "DADApy !", "scikit-dimension"]
    assert rows[0][0] == "TwoNN surface of 3 in 8 dimensions p=60"
    assert Case("TwoNN", 60, (8, 8)).label == "TwoNN full cloud in 8 dimensions p=60"


@pytest.mark.parametrize("case, peer, good, bad", [
    (SHALLOW, "products", 1 / 1.4, 1 / 1.6), (SHALLOW, "neural-tangents", 2.5, 2.3),
    (Case("tangent kernel", 9, (8, 5, 5, 1)), "JAX Jacobian", 101, 99),
    (Case("tangent kernel", 9, (8, 5, 5, 10)), "neural-tangents", 3.1, 2.9),
    (Case("support vectors", 9, bound=10), "scikit-learn 1e-10", 0.86, 0.84)])
def test_goals_that_are_missed_are_told(case, peer, good, bad):
    for ratio, missed in ((good, False), (bad, True)):
        (line,) = kernels.rows(cell(case, {"npspectral": 1.0, peer: ratio},
                                    memory={"npspectral": 1.0, peer: 9.0}))
        assert ("missed" in line[6]) == missed and "missed" not in line[8]
        assert line[-1] == "50% !"


def test_kernel_pca_has_to_be_faster_than_solvers_and_not_than_bare_products():
    assert set(kernels.GOALS["kernel PCA"]) == set(BENCHMARKS["kernel PCA"]) - {
        "npspectral", "products"}


def test_memory_of_one_run_is_its_peak():
    if np.isnan(megabytes := peak_growth(lambda n: np.ones(4_000_000).sum())):
        pytest.skip("the system does not tell")
    assert 30 < megabytes < 60


def test_selection_of_cells():
    labels = [case.label for case in cells.chosen(steps.cases(), "20-20-2")]
    assert labels == [f"20-20-2 batch 20 {names} float32 1 thread"
                      for names in ("lambda_out", "lambdas, bias", "all")]
    assert len(steps.cases(dtypes=("float32", "float64"), threads=(1, 2))) == 4 * 30
    labels = [case.label for case in kernels.cases()]
    assert len(set(labels)) == len(labels) == 30
    assert [case.label for case in cells.chosen(kernels.cases(), "width depth")] == [
        "infinite width depth 3 10 p=2000", "infinite width depth 1 10 p=2000"]
    assert "JAX Jacobian" not in cells.libraries(Case("tangent kernel", 2000, (784, 512, 1)))
    assert "JAX Jacobian" in cells.libraries(Case("convolution kernel", 200, name="strided 50"))
    assert "JAX Jacobian" not in cells.libraries(Case("convolution kernel", 2, name="inverted 10"))
    assert all(case.small.p <= 100 for case in kernels.cases())
