"""Bugs of public code: each is named, and nothing else is; or its report says what is so."""
import re
from functools import cache

import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

from planted_typical_bugs import TOLD, TYPICAL  # noqa: E402

from npspectral import oracle  # noqa: E402

ONLY = {"cancellation": "spectral/eigenvalues/*", "probabilities clamped": "loss/*",
        "softmax without the shift": "loss/*"}


@cache
def findings(bug, dtype):
    suite, only = "core", None
    if bug.names and bug.names[0] in ONLY:
        suite, only = "full", ONLY[bug.names[0]]
    report = oracle.check(bug.make(dtype), dtype=dtype, suite=suite, only=only)
    assert report.failures and not report.notes
    return report.findings


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("bug", TYPICAL, ids=repr)
def test_a_typical_bug_is_named_and_no_other(bug, dtype):
    assert [finding.mistakes for finding in findings(bug, dtype) if finding.mistakes] == [
        bug.names]


@pytest.mark.parametrize("bug", TOLD, ids=repr)
def test_of_a_bug_without_a_name_the_report_says_what_is_so(bug):
    said, never = TOLD[bug]
    told = " | ".join(finding.sentence for finding in findings(bug, "float64"))
    assert re.search(said, told) and not re.search(never, told), told
    assert not any(finding.mistakes for finding in findings(bug, "float64"))
