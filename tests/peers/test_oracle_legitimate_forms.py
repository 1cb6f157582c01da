"""Right answers in many forms: none of them may be called wrong, nor any order of summation."""
import time

import pytest

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

from legitimate_forms import FORMS, Autocast, Summing, Widened  # noqa: E402

from npspectral import oracle  # noqa: E402

HALF = ("bfloat16", "float16")
ORDERS = ("float64", "float32", *HALF)


def failed(candidate, dtype, suite="core"):
    """The failed cases, and how many ran."""
    with jax.disable_jit():
        report = oracle.check(candidate, suite=suite, dtype=dtype)
    return [f"{result.case.id} {result.message}" for result in report.failures], report.n_ran


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_legitimate_form_passes(form):
    for dtype in HALF if form in (Widened, Autocast) else ("float64", "float32"):
        found, n_ran = failed(form(dtype), dtype)
        assert n_ran > 100 and not found


@pytest.mark.parametrize("n_runs", [1000, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_order_of_summation_is_called_wrong(n_runs):
    runs, found, seed, start = 0, [], 0, time.perf_counter()
    while runs < n_runs:
        for dtype in ORDERS:
            alarms, n_ran = failed(Summing(dtype, seed), dtype, "full")
            runs, found = runs + n_ran, found + alarms
        seed += 1
    print(f"{runs} case runs, {len(found)} alarms, {time.perf_counter() - start:.0f} s")
    assert not found
