"""Right answers in many forms: none of them may be called wrong, nor any order of summation."""
import time

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("jax")

from legitimate_forms import FORMS, Summing  # noqa: E402

from npspectral import oracle  # noqa: E402

DTYPES = ("float64", "float32", "bfloat16", "float16")
FAMILIES = [f"{family}/*" for family in (
    "spectral", "dense", "stack", "network", "loss", "penalty", "optimizer", "factored", "nested",
    "sparse", "recurrent", "complex_recurrent")]            # of values and of first derivatives


def judged(candidate, dtype, suite="core", only=None):
    """The failed cases, and how many ran."""
    report = oracle.check(candidate, suite=suite, dtype=dtype, only=only)
    return [f"{result.case.id} {result.message}" for result in report.failures], report.n_ran


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_legitimate_form_passes(form):
    only, dtypes = FORMS[form]
    for dtype in dtypes:
        failed, n_ran = judged(form(dtype), dtype, only=list(only))
        assert n_ran and not failed


@pytest.mark.parametrize("n_runs", [500, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_order_of_summation_is_called_wrong(n_runs):
    runs, found, seed, start = 0, [], 0, time.perf_counter()
    while runs < n_runs:
        for dtype in DTYPES:
            failed, n_ran = judged(Summing(dtype, seed), dtype,
                                   "full" if n_runs > 500 else "core", FAMILIES)
            runs, found = runs + n_ran, found + failed
        seed += 1
    print(f"{runs} case runs, {len(found)} alarms, {time.perf_counter() - start:.0f} s")
    assert not found
