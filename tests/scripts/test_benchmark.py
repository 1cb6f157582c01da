"""scripts/benchmark.py: it measures, it saves, and its check of agreement is able to fail."""
import importlib.util

import numpy as np
import pytest

import benchmark
import benchmark_process
import benchmark_workers as workers

TINY = workers.Case((4, 3, 2), 5, "all", "float64")
DIGITS = workers.Case((4, 3, 10), 5, "lambda_out", "float32")
INSTALLED = [library for library, module in benchmark.LIBRARIES.items()
             if importlib.util.find_spec(module) is not None]


@pytest.fixture(autouse=True)
def short_blocks(monkeypatch):
    monkeypatch.setattr(benchmark_process, "BLOCK", 0.002)
    monkeypatch.setattr(benchmark_process, "PAUSE", 0.0)
    monkeypatch.setattr(benchmark_process, "PATIENCE", 1)


def test_measures_with_numpy_alone(tmp_path):
    result = benchmark.run([TINY], ["npspectral", "products"], rounds=2, imports=False)
    benchmark.save(result, tmp_path)
    saved = np.load(tmp_path / "benchmark.npz")
    assert saved["labels"].tolist() == [TINY.label]
    assert saved["seconds"].shape == (1, 2) and (saved["seconds"] > 0).all()
    assert len(saved["blocks"]) == 4
    text = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    assert "| 4-3-2 | 5 | all | float64 | 1 |" in text and "DISAGREES" not in text


@pytest.mark.skipif(len(INSTALLED) == 2, reason="no peer is installed")
def test_installed_peers_agree_with_us():
    result = benchmark.run([TINY, DIGITS], rounds=2, imports=False)
    assert result["libraries"] == INSTALLED
    assert [cell["wrong"] for cell in result["cells"]] == [{}, {}]


@pytest.mark.parametrize("case", [TINY, DIGITS], ids=["float64", "float32"])
@pytest.mark.parametrize("spoil", [
    lambda losses, arrays: losses.append(losses.pop() * 1.001),
    lambda losses, arrays: losses.append(losses.pop() * np.nan),
    lambda losses, arrays: arrays["0/lambda_out"].__iadd__(1e-3),
    lambda losses, arrays: arrays.pop("0/lambda_out"),
    lambda losses, arrays: arrays.update({"0/lambda_out": np.ones(3, "float16")}),
], ids=["loss", "nan", "parameter", "missing", "dtype"])
def test_agreement_check_is_able_to_fail(case, spoil):
    ours = workers.check(workers.npspectral_step, 3, case, benchmark.CHECK_RATE)
    theirs = list(ours[0]), {name: array.copy() for name, array in ours[1].items()}
    assert benchmark.disagreement(ours, theirs, case.dtype) == ""
    spoil(*theirs)
    assert benchmark.disagreement(ours, theirs, case.dtype)


def test_another_learning_rate_disagrees():
    ours = workers.check(workers.npspectral_step, 5, TINY, 1e-3)
    theirs = workers.check(workers.npspectral_step, 5, TINY, 1.001e-3)
    assert "0/phi" in benchmark.disagreement(ours, theirs, "float64")


def test_table_says_loudly_who_disagrees():
    samples = {"npspectral": [(1.0, 0.0)] * 2, "torch": [(3.0, 0.5)] * 2}
    cell = {"case": TINY, "wrong": {"torch": "losses differ"},
            **benchmark_process.medians(samples, dict.fromkeys(samples, 2))}
    text = benchmark.table({"header": [], "notes": [], "libraries": ["npspectral", "torch"],
                            "cells": [cell], "imports": {"numpy": (0.1, 25.0)}})
    assert "**DISAGREES**: losses differ" in text and "3.00" not in text
    assert " ! |" in text                           # torch had no undisturbed block


def test_selection_of_cells():
    labels = [case.label for case in benchmark.cases(only="20-20-2")]
    assert labels == [f"20-20-2 batch 20 {trained} float32 1 thread" for trained in workers.TRAINED]
    assert len(benchmark.cases(dtypes=("float32", "float64"), threads=(1, 2))) == 4 * 24
