"""The oracle can fail: every listed mistake and fault is caught, on the path that users take."""
import io
from functools import cache

import numpy as np
import pytest

from npspectral.oracle.mistakes import selftest
from npspectral.oracle.mistakes.fit import shape_of
from npspectral.oracle.mistakes.known import MISTAKES
from npspectral.oracle.mistakes.right import Steps, has_steps
from npspectral.oracle.mistakes.selftest import BELOW_NOISE, FAULTS, caught, killed, planted
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.compare import compare

DTYPES = ["float64", "float32", "bfloat16"]
FULL = [case for case in cases("full") if case.kind != "error" and has_steps(case)]


@cache
def kills(dtype):
    """Mistake -> up to three shapes of cases that catch it, judged by the rule alone."""
    found = {mistake.name: [] for mistake in MISTAKES}
    for mistake in MISTAKES:
        for case in FULL:
            if len(found[mistake.name]) < 3 and dtype in case.dtypes and (
                    shape_of(case) not in found[mistake.name]) and catches(case, mistake, dtype):
                found[mistake.name].append(shape_of(case))
    return found


def catches(case, mistake, dtype):
    if not mistake.meets(case):
        return False
    try:
        answers = Steps(mistake.plant).answers(case)
    except ValueError:
        return True
    with np.errstate(all="ignore"):
        return not all(answers[name].shape == want.value.shape
                       and compare(want, answers[name], dtype, case.tier).ok
                       for name, want in case.expect.items())


def test_the_candidate_in_which_mistakes_are_planted_is_right_in_every_case():
    for case in FULL:
        found = Steps().answers(case)
        for name, want in case.expect.items():
            with np.errstate(all="ignore"):
                assert compare(want, found[name], "float64", case.tier).ok, (case, name)


@pytest.mark.parametrize("name", [mistake.name for mistake in MISTAKES])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_mistake_above_the_noise_is_caught_by_three_cases_of_different_shape(dtype, name):
    if name not in BELOW_NOISE[dtype]:
        assert len(kills(dtype)[name]) == 3


def test_in_bfloat16_only_the_named_mistakes_escape():
    met = {mistake.name for mistake in MISTAKES for case in FULL
           if "bfloat16" in case.dtypes and mistake.meets(case)}
    assert {name for name in met if not kills("bfloat16")[name]} <= set(BELOW_NOISE["bfloat16"])


def test_names_are_unique_and_sentences_are_whole_sentences():
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
    assert all(mistake.sentence[0].isalnum() and mistake.sentence.endswith(".")
               for mistake in MISTAKES)


@pytest.mark.parametrize("dtype", DTYPES)
def test_right_answers_rounded_to_the_dtype_raise_no_alarm(dtype):
    found = [case for case in cases("core") if has_steps(case)]
    assert not caught(planted((), found, dtype), found, dtype)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_form_is_reported_through_the_check(name):
    found = [case for case in cases("core") if has_steps(case)]
    assert caught(FAULTS[name](found, "float32"), found, "float32")


def test_the_check_catches_what_the_rule_alone_catches():
    mistake = next(m for m in MISTAKES if m.name == "sign of grad_lambda_out")
    found = [case for case in cases("core") if case.kind != "error" and has_steps(case)]
    assert [case.id for case in killed(mistake, found, "float64")] == [
        case.id for case in found if catches(case, mistake, "float64")]


def printed(monkeypatch, *names, dtype="float64", **options):
    """Exit code and table of the self-test with these mistakes alone."""
    monkeypatch.setattr(selftest, "MISTAKES", [m for m in MISTAKES if m.name in names])
    monkeypatch.setattr(selftest, "FAULTS", {})
    stream = io.StringIO()
    return selftest.selftest(dtype, stream, "core", **options), stream.getvalue()


def test_the_self_test_succeeds_and_prints_a_row_for_every_mistake(monkeypatch):
    code, text = printed(monkeypatch, "phi detached", "ascent")
    assert code == 0 and text.count("\nphi detached ") == 1
    assert "2 mistakes and faults planted, 0 survive" in text


def test_a_mistake_that_no_case_meets_is_listed(monkeypatch):
    monkeypatch.setattr(selftest, "cases", lambda suite: cases(suite, "optimizer/*"))
    code, text = printed(monkeypatch, "phi detached")
    assert code == 0 and "met by no case: phi detached" in text


def test_the_self_test_fails_when_a_mistake_survives(monkeypatch):
    monkeypatch.setattr(selftest, "BELOW_NOISE", {"float32": ()})
    code, text = printed(monkeypatch, "sums in float32", dtype="float32")
    assert code == 1 and "survive: sums in float32" in text


def test_the_self_test_fails_on_a_false_alarm(monkeypatch):
    right = Steps.bias_backward
    monkeypatch.setattr(Steps, "bias_backward", lambda self, g: right(self, g) * (1 + 1e-9))
    code, text = printed(monkeypatch, "phi detached")
    assert code == 1 and "false alarms: " in text


def test_markdown_gives_a_table(monkeypatch):
    assert "| phi detached | " in printed(monkeypatch, "phi detached", markdown=True)[1]
