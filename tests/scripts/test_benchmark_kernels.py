"""scripts/benchmark_kernels.py: it measures, its check is able to fail, and misses are told."""
import importlib.util

import numpy as np
import pytest

import benchmark_kernels as benchmark
import benchmark_process
from benchmark_kernel_workers import BENCHMARKS, Case
from benchmark_workers import peak_growth

SHALLOW = Case("tangent kernel", 12, (4, 9, 1))
TINY = [SHALLOW, Case("tangent kernel", 7, (6, 5, 5, 3)), Case("infinite width", 9, (4,), 3),
        Case("hinge flow step", 30, (4, 20, 1)), Case("kernel PCA", 40),
        Case("support vectors", 50, bound=10), Case("TwoNN", 60, (3, 8)),
        Case("recurrent step", 8, (4, 9, 2), 3), Case("complex recurrent step", 8, (5, 3), 4)]
MODULES = {"torch": "torch", "JAX": "jax", "scikit-learn": "sklearn",
           "neural-tangents": "neural_tangents", "scikit-dimension": "skdim", "DADApy": "dadapy"}


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(benchmark_process, "BLOCK", 0.002)
    monkeypatch.setattr(benchmark_process, "PAUSE", 0.0)
    monkeypatch.setattr(benchmark_process, "PATIENCE", 1)


def installed(name):
    return importlib.util.find_spec(MODULES[name.split()[0]]) is not None


PEERS = [(case, name) for case in TINY for name in BENCHMARKS[case.benchmark]
         if name not in ("npspectral", "products") and installed(name)]


@pytest.mark.parametrize("case, name", PEERS, ids=[f"{case.label}, {name}" for case, name in PEERS])
def test_installed_peers_agree_with_us(case, name):
    arrays = {}
    for library in ("npspectral", name):
        run, result = BENCHMARKS[case.benchmark][library](case)
        run(1)
        arrays[library] = result()
    assert benchmark.disagreements(arrays, case.benchmark) == {}


def test_measures_with_numpy_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "PACKAGES", {"npspectral": "numpy", "products": "numpy"})
    wider = Case("tangent kernel", 12, (4, 18, 1))
    sweep = {"width h": [(9, SHALLOW), (18, wider)]}
    result = benchmark.run([SHALLOW], sweep, rounds=2)
    benchmark.save(result, tmp_path)
    saved = np.load(tmp_path / "benchmark_kernels.npz")
    assert saved["labels"].tolist() == 4 * [SHALLOW.label] + 2 * [wider.label]
    assert (saved["seconds"] > 0).all() and not saved["disagree"].any()
    text = (tmp_path / "benchmark_kernels.md").read_text(encoding="utf-8")
    assert "| tangent kernel 4-9-1 p=12 | 1 |" in text and "| width h | 9, 18 |" in text
    assert "neural-tangents is not installed and left out" in text


@pytest.mark.parametrize("spoil", [
    lambda kernel: kernel * (1 + 1e-11),
    lambda kernel: kernel * np.nan,
    lambda kernel: kernel[:-1],
    lambda kernel: np.where(np.arange(len(kernel)) == 5, 0, kernel),
], ids=["digits", "nan", "shape", "one entry"])
def test_a_wrong_result_is_told(spoil):
    run, result = BENCHMARKS["tangent kernel"]["npspectral"](SHALLOW)
    run(1)
    ours, theirs = result(), {"kernel": spoil(result()["kernel"])}
    assert benchmark.disagreements({"npspectral": ours, "a": ours}, "tangent kernel") == {}
    found = benchmark.disagreements({"npspectral": ours, "a": theirs, "products": {}},
                                    "tangent kernel")
    assert list(found) == ["a"]
    cell = dict(case=SHALLOW, label=SHALLOW.label, seconds={"npspectral": 1.0, "a": 3.0},
                memory={"npspectral": 1.0, "a": 3.0}, wrong=found, spread=0.0, disturbed=False)
    (line,) = benchmark.rows(cell)
    assert "**DISAGREES**: kernel" in line[5] and "3.00" not in line


@pytest.mark.parametrize("case, peer, good, bad", [
    (SHALLOW, "products", 1 / 1.4, 1 / 1.6), (SHALLOW, "neural-tangents", 2.5, 2.3),
    (Case("tangent kernel", 9, (8, 5, 5, 1)), "JAX Jacobian", 101, 99),
    (Case("tangent kernel", 9, (8, 5, 5, 10)), "neural-tangents", 3.1, 2.9),
    (Case("support vectors", 9, bound=1), "scikit-learn", 0.78, 0.76)])
def test_goals_that_are_missed_are_told(case, peer, good, bad):
    for ratio, missed in ((good, False), (bad, True)):
        cell = dict(case=case, seconds={"npspectral": 1.0, peer: ratio}, spread=0.5,
                    memory={"npspectral": 1.0, peer: 9.0}, wrong={}, disturbed=True)
        (line,) = benchmark.rows(cell)
        assert ("missed" in line[6]) == missed and "missed" not in line[8]
        assert line[-1] == "50% !"


def test_memory_of_one_run_is_its_peak():
    if np.isnan(megabytes := peak_growth(lambda n: np.ones(4_000_000).sum())):
        pytest.skip("the system does not tell")
    assert 30 < megabytes < 60


def test_selection_of_cells():
    labels = [case.label for case in benchmark.cases()]
    assert len(set(labels)) == len(labels) == 27
    assert [case.label for case in benchmark.cases(only="width depth")] == [
        "infinite width depth 3 10 p=2000", "infinite width depth 1 10 p=2000"]
    assert "JAX Jacobian" not in benchmark.libraries(Case("tangent kernel", 2000, (784, 512, 1)))
    assert all(case.small.p <= 100 for case in benchmark.cases())
