"""check(): npspectral passes, bit for bit where it must; whatever a candidate does is reported."""
import itertools
import json
import re
import subprocess
import sys
from collections import UserDict
from dataclasses import dataclass
from functools import cache, partial
from types import MappingProxyType, SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from npspectral import Spectral, oracle
from npspectral.oracle.mistakes.selftest import rounded
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.answers import readable
from npspectral.oracle.verdict.reference import reference
from npspectral.oracle.verdict.report import Report
from npspectral.oracle.verdict.results import CaseResult, margins
from npspectral.oracle.verdict.run import dtype_name

SQUARE = "spectral/tanh/b4-i4-o4/bias"
OBLONG = "spectral/identity/b2-i3-o4/bias"          # of the exact tier
REFUSED = "error/x-too-narrow"
FEW = (SQUARE, OBLONG, "loss/mean_squared_error/b4-o4/mean", REFUSED)


def run(candidate, only=FEW, **options):
    return oracle.check(candidate, only=only, **options)


def said(candidate, only=SQUARE, dtype="float64"):
    """What a run of one case says: its status, and why."""
    result, = run(candidate, only, dtype=dtype).results
    return f"{result.status}: {result.message}"


def changed(change, name="grad_phi"):
    """npspectral with one array of every answer changed."""
    def candidate(case):
        found = reference(case)
        if name in found:
            found[name] = change(found[name])
        return found
    return candidate


# npspectral itself

@cache
def full(dtype):
    return oracle.check(reference, suite="full", dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_npspectral_passes_the_full_suite_and_errs_by_less_than_u_times_s(dtype):
    report = full(dtype)
    assert report.ok, report.to_text()
    assert not report.counts["skipped"]
    assert max(margins(result, dtype, name).max(initial=0) for result in report.results
               for name in result.got) < 1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_npspectral_is_bit_equal_on_the_exact_tier(dtype):
    report = full(dtype)
    exact = [result for result in report.results if result.case.tier == "exact"]
    assert len(exact) >= 100
    for result in exact:
        for name, array in result.got.items():
            assert np.array_equal(array, result.case.expect[name].value)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_npspectral_errs_by_at_most_two_ulp_at_the_median(dtype):
    ulps = []
    for result in full(dtype).results:
        for name, array in result.got.items():
            want = result.case.expect[name].value
            ulps.append(np.abs(array - want) / np.spacing(np.abs(want).astype(dtype)))
    assert np.median(np.concatenate([array.ravel() for array in ulps])) <= 2


def test_inputs_are_exact_in_every_dtype_of_their_case():
    for case in cases("full"):
        for dtype in {"bfloat16", "float16", "float32"} & set(case.dtypes):
            for array in case.inputs.values():
                assert np.array_equal(array, rounded(array, dtype))


def test_cases_that_a_dtype_cannot_hold_are_left_out_and_counted():
    report = full("float16")
    assert report.left_out == {"not for float16": sum("float16" not in case.dtypes
                                                      for case in cases("full"))}


# candidates that misbehave: what they do -> the status of the case

def in_place(case):
    case.x[...] *= 2
    return reference(case)


def answered(change):
    """An answer, and then a change of the case."""
    def candidate(case):
        found = reference(case)
        change(case)
        return found
    return candidate


def counted(change):
    """A candidate whose answer depends on how often it was called: change(answer, calls)."""
    calls = itertools.count(1)
    return lambda case: change(reference(case), next(calls))


def raising(error):
    def candidate(case):
        raise error
    return candidate


class Unsayable(RuntimeError):
    def __str__(self):
        raise RuntimeError("no words")


class Leaving(BaseException):
    """Neither an Exception nor SystemExit, as test runners and event loops have them."""


class Unreadable:
    """An array whose numbers cannot be read."""

    dtype = "float64"

    def __init__(self, error):
        self.error = error

    def __array__(self, dtype=None, copy=None):
        raise self.error


class Lazy(UserDict):
    """A mapping that forms its values late, and fails."""

    def __getitem__(self, name):
        raise RuntimeError("not formed")


def take_apart(case):
    """What many do with the description of a case."""
    for description in (*case.layers, *case.spec.values(), case.layers, case.spec, case.trainable,
                        case.flags):
        description.clear()


MISBEHAVING = {
    "gives NaN": ("error", changed(lambda a: a * np.nan)),
    "gives one NaN": ("error", changed(
        lambda a: np.where(np.arange(a.size).reshape(a.shape), a, np.nan))),
    "gives infinity": ("error", changed(lambda a: a + np.inf)),
    **{f"gives {value!r} for an array": ("error", changed(lambda a, value=value: value))
       for value in (None, "phi", [[1.0], [1.0, 2.0]])},
    "gives None": ("error", lambda case: None),
    "gives a list of arrays": ("error", lambda case: list(reference(case).values())),
    "gives a tuple": ("error", lambda case: tuple(reference(case).items())),
    "gives an array": ("error", lambda case: reference(case)["y"]),
    "gives nothing": ("error", lambda case: {}),
    "leaves an array out": ("error", lambda case: {
        key: array for key, array in reference(case).items() if key != "grad_x"}),
    "gives one too many": ("error", lambda case: {**reference(case), "grad_w": case.phi}),
    "gives (n, 1) for (n,)": ("error", changed(lambda a: a[:, None], "grad_lambda_in")),
    "gives (1, n) for (n,)": ("error", changed(lambda a: a[None], "grad_lambda_out")),
    "gives a scalar": ("error", changed(lambda a: a.sum(), "grad_bias")),
    "gives (1,) for a bias": ("error", changed(lambda a: a[:1], "grad_bias")),
    "gives a batch more": ("error", changed(lambda a: a[None], "y")),
    "flattens": ("error", changed(np.ravel)),
    "cuts": ("error", changed(lambda a: a[:-1])),
    **{f"gives {kind.__name__} for float64": ("error", changed(lambda a, kind=kind: a.astype(kind)))
       for kind in (np.float32, np.float16, np.longdouble, complex, int, bool, object, str)},
    "gives a masked array": ("error", changed(lambda a: np.ma.masked_less(a, 0))),
    "gives a dict in a dict": ("error", changed(lambda a: {"phi": a})),
    "gives an object that cannot be read": (
        "error", changed(lambda a: Unreadable(RuntimeError("no data")))),
    "exits when its array is read": ("error", changed(lambda a: Unreadable(SystemExit(0)))),
    "raises AttributeError": ("error", lambda case: case.no_such_thing),
    "raises KeyError": ("error", lambda case: case.inputs["base"]),
    **{f"raises {type(error).__name__}{error.args}": ("error", raising(error)) for error in (
        ValueError("no"), RuntimeError(), RecursionError("deep"), SystemExit(2), SystemExit(0),
        SystemExit(), Leaving(), GeneratorExit(), Unsayable())},
    "gives a mapping that cannot be read": ("error", lambda case: Lazy(reference(case))),
    "gives names that are none": (
        "error", lambda case: {**reference(case), ("y",): case.x, 3: case.x}),
    "gives a name that is half a character": (
        "error", lambda case: {**reference(case), "\ud800": case.x}),
    "hides a mask in a list": ("error", changed(lambda a: list(np.ma.masked_less(a, 0)))),
    "hides a masked number in a list": (
        "error", changed(lambda a: [[np.ma.masked, *a[0, 1:]], *a[1:]])),
    "is all zero": ("wrong", changed(lambda a: 0 * a)),
    "has the wrong sign": ("wrong", changed(lambda a: -a)),
    "is off by 1e-9": ("wrong", changed(lambda a: a * (1 + 1e-9))),
    "is transposed where square": ("wrong", changed(lambda a: a.T.copy())),
    "works in float32 inside": ("wrong", changed(lambda a: a.astype(np.float32).astype(float))),
    "changes an input": ("mutated", in_place),
    "changes a parameter": ("mutated", answered(lambda case: case.phi.fill(7))),
    "removes an input": ("mutated", answered(lambda case: case.inputs.pop("bias"))),
    "reshapes an input in place": ("mutated", answered(
        lambda case: case.lambda_in.resize((1, 1), refcheck=False))),
    "exits the second time": ("nondeterministic", counted(
        lambda found, n: found if n == 1 else raising(SystemExit(0))(n))),
    "differs from run to run": ("nondeterministic", counted(
        lambda found, n: {**found, "y": found["y"] * (1 + n * 1e-15)})),
    "gives an array in one run only": ("nondeterministic", counted(
        lambda found, n: {name: found[name] for name in found if name != "y" or n % 2})),
    "works once": ("nondeterministic", counted(
        lambda found, n: found if n == 1 else raising(RuntimeError("once only"))(n))),
    "gives NaN in one run": ("nondeterministic", counted(
        lambda found, n: {**found, "y": found["y"] * (np.nan if n % 2 else 1)})),
    "does not have it": ("skipped", raising(NotImplementedError("later"))),
}


@pytest.mark.parametrize("expected, candidate", MISBEHAVING.values(), ids=MISBEHAVING)
def test_a_candidate_that_misbehaves_is_reported_and_never_passes(expected, candidate):
    report = run(candidate, SQUARE)
    result, = report.results
    assert result.status == expected
    assert not report.ok
    assert report.to_text().startswith("FAIL")
    json.loads(report.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize("expected, candidate", MISBEHAVING.values(), ids=MISBEHAVING)
def test_the_run_goes_on_after_a_candidate_that_misbehaves_in_one_case(expected, candidate):
    report = run(lambda case: (candidate if case.id == SQUARE else reference)(case))
    assert len(report.results) == len(FEW)
    assert [result.case.id for result in report.results if not result.passed] == [SQUARE]


class Liar(np.ndarray):
    """Says that any difference from it is none."""

    def __sub__(self, other):
        return np.zeros(np.shape(other))

    __rsub__ = __abs__ = __sub__

    def __eq__(self, other):
        return np.ones(np.shape(other), bool)


class Columns:
    """As a data frame, whose columns are attributes; no method of a tensor."""

    cpu = detach = resolve_neg = "a column"

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


WELL_BEHAVED = {
    "Fortran order": lambda a: np.asfortranarray(a), "big-endian": lambda a: a.astype(">f8"),
    "read-only": lambda a: np.broadcast_to(a, a.shape), "a list": lambda a: a.tolist(),
    "strided": lambda a: np.repeat(a, 2, axis=0)[::2], "a memoryview": lambda a: memoryview(a),
    "no masked entry": lambda a: np.ma.array(a),
    "a subclass that lies": lambda a: a.view(Liar), "a list of arrays": list,
    "a list of tensors": lambda a: [Tensor(row, "torch.float64") for row in a],
    "an array with columns named as methods are": lambda a: Columns(a)}


@pytest.mark.parametrize("form", WELL_BEHAVED.values(), ids=WELL_BEHAVED)
def test_an_answer_may_come_in_any_form_that_numpy_reads(form):
    assert said(changed(form)) == "pass: "


@pytest.mark.parametrize("only", [SQUARE, OBLONG, "loss/mean_squared_error/b4-o4/mean",
                                  "optimizer/adam*", "network/tanh/*"])
def test_a_candidate_may_take_apart_the_description_of_its_case(only):
    found = run(answered(take_apart), only)
    assert found.ok, found.to_text()
    assert all(result.case.layers or result.case.spec for result in found.results)


def test_golden_numbers_cannot_be_changed_in_place():
    def cheats(case):
        for expected in case.expect.values():
            expected.value[...] = 0
        return {name: np.zeros_like(expected.value) for name, expected in case.expect.items()}
    assert re.match("error: .*read-only", said(cheats))


def test_the_error_state_that_a_candidate_sets_stays_with_it():
    before = np.geterr()

    def candidate(case):
        np.seterr(all="raise")
        return {name: array * 1e-200 * 1e-200 if name == "y" else array
                for name, array in right.items()}
    right = reference(cases("full", SQUARE)[0])
    assert said(candidate).startswith("error: raised FloatingPointError")
    assert np.geterr() == before
    assert said(lambda case: (np.seterr(all="raise"), reference(case))[1]) == "pass: "


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_check_works_where_every_underflow_raises(dtype):
    with np.errstate(all="raise"):
        report = oracle.check(lambda case: {name: np.zeros(expected.value.shape, np.float32)
                                            for name, expected in case.expect.items()},
                              only=("spectral/*", "network/*"), dtype=dtype)
    assert len(report.results) > 40 and not report.notes


def on_the_other_side(case):
    """The gradients at a kink with the derivative of its other side."""
    return {**reference(case), **{name: expected.high for name, expected in case.expect.items()
                                  if expected.high is not None}}


LABELS, FROZEN = "loss/labels/b4-o4/mean", "spectral/trainable/lambda_in/tanh/b4-i3-o4"
SAID = {
    "float32 where float16 is asked for": (
        "pass", lambda case: {name: a.astype(np.float32) for name, a in reference(case).items()},
        SQUARE, "float16"),
    "float64 where float32 is asked for": (
        "error: grad_phi is float64, expected float32$", changed(lambda a: a.astype(float)), SQUARE,
        "float32"),
    "a Python float for the value of a loss": ("pass", changed(float, "value"), LABELS, "float32"),
    "a Python float with more digits than the dtype": (
        "error", changed(lambda a: float(a) * (1 + 2 ** -40), "value"), LABELS, "float32"),
    "None": ("error: grad_phi is None$", changed(lambda a: None)),
    "an array by another name": (
        "error: grad_lambda_in is missing: .*expected only .*; did you mean 'grad_lambda_in'\\?$",
        lambda case: {name.replace("_lambda_in", "_lamda_in"): array
                      for name, array in reference(case).items()}),
    "the transpose": ("error: .*it is transposed", changed(np.transpose), OBLONG),
    "a subclass that lies about differences": ("wrong", changed(lambda a: (a + 1).view(Liar))),
    "another array in each run": (
        "nondeterministic: two runs differ by up to 0.25, in y$",
        counted(lambda found, n: {**found, "y": found["y"] + n / 4})),
    "another array in each run beside the same infinity": (
        "nondeterministic: two runs differ by up to 0.25, in y$",
        counted(lambda found, n: {**found, "y": np.where(
            np.arange(16).reshape(4, 4), found["y"] + n / 4, np.inf)})),
    "None for the gradient of a frozen parameter": (
        "pass", lambda case: {**reference(case), "grad_phi": None}, FROZEN),
    "numbers for the gradient of a frozen parameter": (
        "error", lambda case: {**reference(case), "grad_phi": case.phi}, FROZEN),
    "NaN where the scale is zero": (
        "error", changed(lambda a: a * np.nan), "spectral/batch/empty/identity"),
    "the subgradient of the other side at a kink": (
        "acceptable", on_the_other_side, "spectral/kink/relu/b1-i2-o1"),
    "a refusal of what must be refused": ("pass", reference, REFUSED),
    "no arrays for what must be refused": ("wrong", lambda case: {}, REFUSED),
    "None for what must be refused": ("wrong", lambda case: None, REFUSED),
    **{f"{type(error).__name__} for a refusal": ("pass", raising(error), REFUSED) for error in (
        ValueError("x"), TypeError("x"), IndexError("x"), AssertionError(), ZeroDivisionError())},
    **{f"{type(error).__name__}, which is no refusal": ("error", raising(error), REFUSED)
       for error in (NameError("x"), AttributeError("x"), ImportError("x"), KeyError("x"),
                     RecursionError("x"), SyntaxError("x"))},
}


@pytest.mark.parametrize("row", SAID.values(), ids=SAID)
def test_of_an_answer_is_said(row):
    expected, candidate, *where = row
    assert re.match(expected, said(candidate, *where))


def test_the_second_run_gets_inputs_of_its_own():
    seen = []

    def candidate(case):
        seen.append(case.x)
        return reference(case)
    run(candidate, SQUARE)
    assert not np.shares_memory(*seen)


def test_an_interrupt_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()))


def layers_only(case):
    if case.kind == "loss":
        raise NotImplementedError("no losses here")
    return reference(case)


def wrong_once(case):
    return {} if case.id == SQUARE else reference(case)


# candidate, cases, expected failures -> whether the run is in order, how many cases, what is told
RUNS = {
    "nothing but skipped cases": (raising(NotImplementedError("later")), FEW, (), False,
                                  {"skipped": 4}, "FAIL  0 cases ran"),
    "some skipped cases": (layers_only, FEW, (), True, {"skipped": 1}, "1 cases: no losses here"),
    "a known failure": (wrong_once, FEW, {SQUARE: "slow today"}, True, {"xfail": 1}, "PASS"),
    "the same failure unknown": (wrong_once, FEW, (), False, {"xfail": 0}, "FAIL"),
    "a known failure that passes": (reference, FEW, [SQUARE], False, {},
                                    "listed in xfail but passes"),
    "nothing but known failures": (lambda case: {}, SQUARE, [SQUARE], False, {"xfail": 1}, "FAIL"),
    "a known failure of the full suite in a core run": (
        reference, FEW, ["spectral/batch/empty/tanh"], True, {"xfail": 0}, "PASS"),
}


@pytest.mark.parametrize("candidate, only, xfail, ok, counts, text", RUNS.values(), ids=RUNS)
def test_a_run_is_held_to_what_it_skips_and_lists(candidate, only, xfail, ok, counts, text):
    report = run(candidate, only, xfail=xfail)
    assert report.ok == ok and text in report.to_text()
    assert {name: report.counts.get(name, 0) for name in counts} == counts


def test_a_report_without_results_is_a_failure():
    assert not Report([], []).ok
    with pytest.raises(AssertionError, match="0 cases ran"):
        Report([], []).raise_if_failed()


# the report

def lambda_out_sign(case):
    return {name: -array if name.endswith("lambda_out") else array
            for name, array in reference(case).items()}


def phi_transposed(case):
    case.inputs = {name: array.T.copy() if name.endswith("phi") and len(set(array.shape)) == 1
                   else array for name, array in case.inputs.items()}
    return reference(case)


def test_the_first_screen_says_verdict_evidence_worst_number_and_how_to_run_it_again():
    report = run(lambda_out_sign, "spectral/*")
    assert report.findings
    lines = report.to_text().splitlines()
    heads = [line.split()[0] for line in lines[:16] if line.strip()]
    order = [heads.index(word) for word in ("FAIL", "fails", "passes", "worst", "rerun")]
    assert order == sorted(order)


def test_the_worst_number_has_its_place_both_values_and_its_error():
    text = run(lambda_out_sign, SQUARE).to_text()
    for told in (f"{SQUARE}   grad_lambda_out[", "yours", "reference", "x (u S), S ="):
        assert told in text


def test_gradients_that_follow_from_a_wrong_y_are_folded():
    result, = run(phi_transposed, SQUARE).results
    assert len(result.wrong) > 1 and result.roots == ["y"]
    assert "y is wrong in 1 of 1 cases; the gradients of 1 of them follow" in (
        run(phi_transposed, SQUARE).to_text())


def test_equal_failures_are_counted_over_the_cases():
    report = run(lambda_out_sign, "spectral/*/b*/*")
    assert f"grad_lambda_out is wrong in {len(report.failures)} of" in report.to_text()


def rerun(report):
    return next(line for line in report.to_text().splitlines() if "rerun" in line)


def test_the_rerun_line_names_the_candidate_and_a_failing_case():
    line = rerun(run(lambda_out_sign, "spectral/*", dtype="float32"))
    only = line.split("--only ")[1].strip("'")
    assert f"npspectral check {__name__}:lambda_out_sign --dtype float32" in line
    assert not oracle.check(lambda_out_sign, dtype="float32", only=only).ok


@pytest.mark.parametrize("candidate", [changed(lambda a: -a), partial(lambda_out_sign)])
def test_the_rerun_line_of_what_has_no_name_in_a_module_is_python(candidate):
    assert (f"oracle.check(candidate, dtype='float64', suite='core', only='{SQUARE}')"
            in rerun(run(candidate, SQUARE)))


def bringing(layout, candidate):
    candidate.layout = layout
    return candidate


def of_keras(case):
    return lambda_out_sign(case)


OWN = oracle.Layout(phi="in,out")
RERUNS = [(partial(lambda_out_sign), "keras", "suite='core', layout='keras', only="),
          (partial(lambda_out_sign), OWN, "suite='core', layout=layout, only="),
          (bringing("keras", partial(lambda_out_sign)), None, "suite='core', only="),
          (bringing(OWN, partial(lambda_out_sign)), None, "suite='core', only="),
          (bringing(OWN, partial(lambda_out_sign)), "npspectral", "layout='npspectral', only="),
          (bringing("keras", of_keras), None, "--dtype float64 --only"),
          (bringing("keras", of_keras), "npspectral", "--dtype float64 --layout npspectral --only")]


@pytest.mark.parametrize("candidate, layout, said", RERUNS)
def test_the_rerun_line_says_a_layout_by_its_name_unless_the_candidate_brings_it(
        candidate, layout, said):
    report = oracle.check(candidate, only=SQUARE, layout=layout)
    assert said in report.to_text().split("rerun")[1]


@pytest.mark.parametrize("candidate, first", [
    (lambda_out_sign, rf"grad_lambda_out\[\d\]: got \S+, want \S+, allowed 0, in {OBLONG}$"),
    (lambda case: 1 / 0, rf"raised ZeroDivisionError: division by zero, in {FEW[2]}$"),
    (lambda case: {**reference(case), "z": 1} if case.kind == "loss" else reference(case),
     rf"z expected only \['grad_y', 'value'\], in {FEW[2]}$")])
def test_raise_if_failed_says_a_wrong_number_first_then_the_text(candidate, first):
    report = run(candidate)
    with pytest.raises(AssertionError) as raised:
        report.raise_if_failed()
    lines = str(raised.value).splitlines()
    assert re.match(first, lines[0]) and "\n".join(lines[2:]) == report.to_text().rstrip("\n")


def test_raise_if_failed_returns_a_report_that_is_ok():
    assert run(reference).raise_if_failed().ok


@pytest.mark.parametrize("candidate", [reference, lambda_out_sign, MISBEHAVING["gives NaN"][1],
                                       MISBEHAVING["gives infinity"][1], lambda case: {}])
def test_json_is_strict_and_holds_every_case(candidate):
    report = run(candidate)
    content = json.loads(report.to_json(), parse_constant=pytest.fail)
    assert content["ok"] == report.ok
    assert [entry["id"] for entry in content["cases"]] == [r.case.id for r in report.results]


def test_the_table_has_a_row_for_every_family_and_counts_what_the_report_counts():
    report = oracle.check(lambda_out_sign)
    rows = [row.split("|")[1:5] for row in report.table.splitlines()[2:]]
    assert " ".join(row[0].strip() for row in rows) == (
        "spectral dense stack network loss penalty optimizer error factored nested sparse "
        "recurrent complex_recurrent second per_sample convolution batch_norm tangent")
    n_cases, n_passed, n_failed = (sum(int(row[k]) for row in rows) for k in (1, 2, 3))
    assert (n_cases, n_failed) == (len(report.results), len(report.failures))
    assert n_passed == sum(result.passed for result in report.results)


def test_markdown_starts_with_the_verdict_and_lists_failing_cases():
    text = run(lambda_out_sign, SQUARE).to_markdown()
    assert text.startswith("**FAIL  1 of 1 cases fail**")
    assert f"| `{SQUARE}` | grad_lambda_out" in text


def test_the_histogram_counts_every_number_once():
    report = oracle.check(reference)
    assert sum(report.histogram.values()) == sum(
        array.size for result in report.results for array in result.got.values())
    assert report.histogram["above 1"] == 0


def test_digits_drop_to_those_that_agree():
    report = run(changed(lambda a: a * (1 + 1e-6)), SQUARE)
    assert 5 < report.scores["grad_phi"][0] < 9
    assert report.scores["y"][0] > 15


def test_a_verdict_survives_a_diagnosis_that_fails(monkeypatch):
    def broken(results, dtype):
        raise ZeroDivisionError("no")
    monkeypatch.setattr("npspectral.oracle.mistakes.diagnose.diagnose", broken)
    report = run(lambda_out_sign, SQUARE)
    assert not report.ok and report.notes == ("the diagnosis itself failed: ZeroDivisionError: no",)


def test_parametrize_gives_one_test_a_case_under_its_id():
    mark = oracle.parametrize(only="dense/*").mark
    assert mark.args[0] == "case" and mark.kwargs["ids"] == [case.id for case in mark.args[1]]


@oracle.parametrize(only="loss/*/weights/mean")
def test_parametrize_works_as_a_decorator(case):
    assert oracle.check(reference, only=case.id).ok


# assign

def layer(case, **changes):
    shapes = {name: array.shape for name, array in case.inputs.items()}
    arrays = {"base": shapes["phi"], "l_in": shapes["lambda_in"], "l_out": shapes["lambda_out"],
              "bias": shapes["bias"], **changes}
    return SimpleNamespace(**{name: np.zeros(shape) if isinstance(shape, tuple) else shape
                              for name, shape in arrays.items()})


CASE, = cases("core", OBLONG)
PLAIN, = cases("core", "spectral/identity/b8-i5-o2/plain")
STACK, = cases("core", "stack/3-4-2/tanh")
NAMES = dict(phi="base", lambda_in="l_in", lambda_out="l_out", bias="bias")


class Variable:
    """As Keras has them: changed by .assign, read as an array."""

    def __init__(self, shape):
        self.held, self.shape, self.dtype = np.zeros(shape, np.float32), shape, "float32"

    def assign(self, array):
        self.held = np.asarray(array, np.float32)

    def numpy(self):
        return self.held


@dataclass(frozen=True)
class Frozen:
    base: np.ndarray


class Row(NamedTuple):
    base: object
    other: object


def test_a_frozen_dataclass_is_changed_and_a_tuple_is_not():
    frozen, row = Frozen(np.broadcast_to(0.0, (4, 3))), Row(np.broadcast_to(0.0, (4, 3)), 1)
    assert oracle.assign(frozen, CASE, phi="base") is frozen
    assert not np.any(row.base) and isinstance(oracle.assign(row, CASE, phi="base"), Row)
    assert not np.any(row.base)


def test_assign_fills_the_attributes_in_place():
    module = layer(CASE)
    held = module.base
    assert oracle.assign(module, CASE, **NAMES) is module
    assert held is module.base and np.array_equal(held, CASE.phi)
    assert np.array_equal(module.l_out, CASE.lambda_out)


OF_BASE = dict(phi="base")
FILLED = {
    "a dict": (Spectral(3, 4).init(np.random.default_rng(0)), CASE, dict(phi="phi", bias="bias"),
               lambda params: params["phi"], CASE.phi),
    "what a path leads to": (
        SimpleNamespace(layers=[SimpleNamespace(base=np.zeros((4, 3))), None]), STACK,
        {"0/phi": "layers.0.base"}, lambda net: net.layers[0].base, STACK.inputs["0/phi"]),
    "an array that cannot be written": (
        SimpleNamespace(base=np.broadcast_to(0.0, (4, 3))), CASE, OF_BASE,
        lambda module: module.base, CASE.phi),
    "a Keras variable by its assign": (SimpleNamespace(base=Variable((4, 3))), CASE, OF_BASE,
                                       lambda module: module.base.held, CASE.phi),
    "a frozen dataclass": (Frozen(np.broadcast_to(0.0, (4, 3))), CASE, OF_BASE,
                           lambda module: module.base, CASE.phi),
    "a frozen dataclass in a list": (
        SimpleNamespace(layers=[Frozen(np.broadcast_to(0.0, (4, 3)))]), CASE,
        dict(phi="layers.0.base"), lambda module: module.layers[0].base, CASE.phi),
    "a named tuple, by a new one": (Row(np.broadcast_to(0.0, (4, 3)), 1), CASE, OF_BASE,
                                    lambda module: module.base, CASE.phi),
    "a named tuple by its position": (Row(1, np.broadcast_to(0.0, (4, 3))), CASE, dict(phi="1"),
                                      lambda module: module.other, CASE.phi),
    "what is in a tuple": (
        SimpleNamespace(layers=(1, Row(np.broadcast_to(0.0, (4, 3)), 1))), CASE,
        dict(phi="layers.1.base"), lambda module: module.layers[1].base, CASE.phi),
    "a mapping that cannot be changed": (
        MappingProxyType({"base": np.broadcast_to(0.0, (4, 3))}), CASE, OF_BASE,
        lambda params: params["base"], CASE.phi),
    "a bias that the case does not have with zeros": (
        SimpleNamespace(bias=np.ones(2)), PLAIN, dict(bias="bias"), lambda module: module.bias,
        np.zeros(2)),
}


@pytest.mark.parametrize("module, case, names, held, wanted", FILLED.values(), ids=FILLED)
def test_assign_fills(module, case, names, held, wanted):
    module = oracle.assign(module, case, **names)
    assert np.array_equal(held(module), wanted) and not np.shares_memory(held(module), wanted)


def test_assign_leaves_a_missing_bias_missing():
    assert oracle.assign(SimpleNamespace(bias=None), PLAIN, bias="bias").bias is None


@pytest.mark.parametrize("name, sizes", [
    (OBLONG, (3, 4)), ("factored/qr/tanh/b2-i3-o4/plain", (3, 4)),
    ("factored/stack/qr-svd", (3, 2)),
    ("nested/separate-skip/tanh/b1-3-2-4-3/bias", (3, 3)),
    ("nested/shared-skip/tanh/b2-3-4-2/bias", (3, 2)),
    ("sparse/dynamic/svd/tanh/b4-i5-o2", (5, 2)), ("sparse/static/dense/tanh/b4-i5-o2", (5, 2)),
    ("recurrent/tanh/t1/b4-i3-o2-n4/plain", (3, 2)), ("recurrent/stack/spectral", (2, 3)),
    ("complex_recurrent/tanh/t2/score/b1-j2-n3-m2", (6, 2))])
def test_a_candidate_is_told_how_many_inputs_and_outputs_there_are_and_the_dtype(name, sizes):
    seen = []

    def candidate(case):
        seen.append((case.n_in, case.n_out, case.dtype, str(case.x.dtype)))
        return reference(case)
    run(candidate, name, suite="full", dtype="float32")
    assert seen[0] == (*sizes, "float32", "float32")


def test_raw_bits_are_no_float32():
    assert readable(np.array([0x3F80], np.uint16), "float32", (1,))[1] == "dtype"


class Tensor:
    """As PyTorch has them: detach, cpu, float, numpy; NumPy itself must not be asked first."""

    def __init__(self, array, dtype, ready=False):
        self.array, self.dtype, self.ready = array, dtype, ready

    def detach(self):
        return Tensor(self.array, self.dtype, True)

    cpu = detach

    def float(self):
        return Tensor(self.array.astype(np.float32), "torch.float32", self.ready)

    def __array__(self, dtype=None, copy=None):
        if not self.ready or self.dtype == "torch.bfloat16":
            raise RuntimeError("call detach first, or unsupported")
        return self.array


class Marked(Tensor):
    """A tensor with a minus, or a conjugate, that is only marked on it."""

    def __init__(self, array, mark):
        super().__init__(array, "torch.float64")
        self.mark = mark

    def detach(self):
        return self

    cpu = detach

    def resolve_neg(self):
        return Tensor(-self.array, self.dtype, True) if self.mark == "minus" else self

    def resolve_conj(self):
        return Tensor(self.array, self.dtype, True) if self.mark == "conjugate" else self


READ = {
    "raw bits": (np.array([0x3F80, 0xC000], np.uint16), "bfloat16", [1, -2]),
    "raw bits in the other byte order": (np.array([0x3F80, 0xC000], ">u2"), "bfloat16", [1, -2]),
    "a tensor of float64": (Tensor(np.ones(2), "torch.float64"), "float64", [1, 1]),
    "a tensor of float32": (Tensor(np.ones(2, "f4"), "torch.float32"), "float32", [1, 1]),
    "a tensor of bfloat16": (Tensor(np.ones(2, "f4"), "torch.bfloat16"), "bfloat16", [1, 1]),
    "a minus that is marked on a tensor": (Marked(np.ones(2), "minus"), "float64", [-1, -1]),
    "a conjugate that is marked on it": (Marked(np.ones(2), "conjugate"), "float64", [1, 1]),
}


@pytest.mark.parametrize("answer, dtype, numbers", READ.values(), ids=READ)
def test_an_answer_is_read_as_its_framework_wants_it(answer, dtype, numbers):
    array, status, _ = readable(answer, dtype, (2,))
    assert array.tolist() == numbers and not status


# bad arguments

def tried(call, *arguments, **options):
    return lambda: call(*arguments, **options)


def assigning(module, case=CASE, **names):
    return lambda: oracle.assign(module, case, **names)


class Forgetful:
    """A property that stores nothing."""

    base = property(lambda self: np.broadcast_to(0.0, (4, 3)), lambda self, array: None)


class Computed(SimpleNamespace):
    """As a torch module whose attribute is computed: by a parametrization, or as of old."""

    def __init__(self, parameters, *computed):
        super().__init__(base=np.zeros((4, 3)), parametrizations=computed, _parameters=parameters)


X, G = np.ones((2, 3)), np.ones((2, 4))
PARAMS = {"phi": np.ones((4, 3)), "lambda_in": np.arange(3.0), "lambda_out": np.arange(4.0) + 5}
GRADS = {"phi": np.ones((4, 3))}
BAD = [
    *((tried(oracle.check, candidate), TypeError, f"candidate is {type(candidate).__name__}")
      for candidate in (None, "module:candidate", {})),
    *((tried(oracle.check, reference, **{option: value}), ValueError,
       re.escape(f"{option} is {value!r}")) for option, values in (
           ("suite", ("all", None, "Core")),
           ("dtype", ("float8", "", None, int, "complex128", "f4", np.longdouble)),
           ("layout", ("kerass", 3, oracle.Layout, {}))) for value in values),
    *((tried(oracle.check, reference, only=only), ValueError, "no case")
      for only in ("nothing/*", "", "spectral/batch/empty/tanh")),
    *((tried(oracle.check, reference, only=only), ValueError, "only is") for only in ([], [3])),
    (tried(oracle.check, reference, only=[SQUARE, "nothing/*"]), ValueError, "matches 'nothing/"),
    (tried(oracle.check, reference, only=3), TypeError, "not iterable"),
    *((tried(oracle.check, reference, xfail=xfail), TypeError, f"xfail is {xfail!r}")
      for xfail in (SQUARE, 3, None)),
    *((tried(oracle.check, reference, xfail=xfail), ValueError, "no case has the id")
      for xfail in (["spectral"], ["spectral/*"], {3: "why"})),
    (tried(oracle.check, reference, "full"), TypeError, "positional"),
    (tried(oracle.check, reference, sute="full"), TypeError, "sute"),
    (tried(oracle.parametrize, "full"), TypeError, "positional"),
    (tried(oracle.parametrize, only="nothing/*"), ValueError, "no case"),
    (tried(oracle.parametrize, suite="half"), ValueError, "suite is 'half'"),
    (tried(oracle.cases, "half"), ValueError, "suite is 'half'"),
    (tried(cases, "core", ("nothing",)), ValueError, "only: no case"),
    (tried(dtype_name, object()), ValueError, "dtype is"),
    (tried(getattr, oracle, "chek"), AttributeError, "no attribute 'chek'"),
    (tried(CaseResult, CASE, "passed", {}, {}), ValueError, "status is 'passed'"),
    (assigning(layer(CASE)), TypeError, "no names came"),
    (assigning(layer(CASE), phy="base"), ValueError, "has no 'phy'.*; did you mean 'phi'?"),
    (assigning(layer(CASE), weight="base"), ValueError, "has no 'weight'"),
    (assigning(layer(CASE), STACK, phi="base"), ValueError, "has no 'phi'"),
    (assigning(layer(CASE), phi="Base"), ValueError, "has no 'Base'; did you mean 'base'?"),
    (assigning(Computed({"base": 1}, "base"), phi="base"), ValueError, "base is computed from"),
    *((assigning(Computed({name: 1}), phi="base"), ValueError, "base is computed from")
      for name in ("base_v", "base_orig")),
    (assigning(SimpleNamespace(l_in=np.zeros(4, np.float16)),
               oracle.cases("full", "spectral/eigenvalues/cancel-20-bits/tanh")[0],
               lambda_in="l_in"), ValueError, "its dtype, float16, is too narrow"),
    (assigning(layer(CASE), phi=3), TypeError, "phi is 3"),
    (assigning(layer(CASE), phi=""), TypeError, "phi is ''"),
    *((assigning(module, phi=path), ValueError, "leads nowhere") for module, path in (
        (layer(CASE), "base.data.it"), (layer(CASE), "layers.0"), ({}, "base"),
        (SimpleNamespace(layers=[]), "layers.3"))),
    (assigning(None, phi="base"), ValueError, "NoneType has no 'base'"),
    (assigning(layer(CASE, base=(3, 4)), phi="base"), ValueError, r"has shape \(3, 4\)"),
    (assigning(layer(CASE, base=(4, 1)), phi="base"), ValueError, r"has shape \(4, 1\)"),
    (assigning(layer(CASE, l_in=(3, 1)), lambda_in="l_in"), ValueError, "declare a layout"),
    (assigning(layer(CASE, l_in=(1, 3)), lambda_in="l_in"), ValueError, "declare a layout"),
    (assigning(layer(CASE, l_in=0.5), lambda_in="l_in"), ValueError, r"has shape \(\)"),
    (assigning(layer(CASE, bias=None), bias="bias"), ValueError, "bias is None"),
    (assigning(layer(CASE, base=None), phi="base"), ValueError, "base is None"),
    *((assigning(module, phi="base"), ValueError, "does not hold") for module in (
        SimpleNamespace(base=np.zeros((4, 3), int)), SimpleNamespace(base=np.zeros((4, 3), "u1")),
        Forgetful())),
    (assigning(Forgetful(), phi="base"), ValueError, "its numbers are others"),
    (tried(oracle.invariants, X, G, [], GRADS), TypeError, "params and grads are list"),
    (tried(oracle.invariants, X, G, PARAMS, None), TypeError, "NoneType"),
    (tried(oracle.invariants, X, G, {**PARAMS, "base": X}, GRADS), ValueError, "params has"),
    (tried(oracle.invariants, X, G, PARAMS, {"bias": G[0]}), ValueError, "grads has"),
    (tried(oracle.invariants, X, G, {}, {}), ValueError, r"params\['phi'\] has shape"),
    (tried(oracle.invariants, X, G, {"phi": PARAMS["phi"]}, GRADS), ValueError, "lambda_in"),
    (tried(oracle.invariants, X.T, G, PARAMS, GRADS), ValueError, "x has shape"),
    (tried(oracle.invariants, X, G.T, PARAMS, GRADS), ValueError, "grad_y has shape"),
    (tried(oracle.invariants, 3.0, G, PARAMS, GRADS), ValueError, "x has shape"),
    (tried(oracle.invariants, X, G, PARAMS, {"phi": np.ones((3, 4))}), ValueError, "grad_phi has"),
    (tried(oracle.invariants, X, G, PARAMS, GRADS, X[:1]), ValueError, "grad_x has shape"),
    (tried(oracle.invariants, X, G, PARAMS, {}), TypeError, "expected one"),
    (tried(oracle.invariants, X, G, PARAMS, GRADS, dtype="float8"), ValueError, "dtype is 'float8"),
    (tried(oracle.invariants, X, G, PARAMS, GRADS, X.astype("f4")), TypeError, "expected one"),
    (tried(oracle.invariants, X * np.nan, G, PARAMS, GRADS), ValueError, r"x\[0, 0\] is nan"),
    (tried(oracle.invariants, X, G * np.inf, PARAMS, GRADS), ValueError, "grad_y.* is inf"),
]


@pytest.mark.parametrize("call, error, told", BAD)
def test_a_bad_argument_is_refused_with_what_came(call, error, told):
    with pytest.raises(error, match=told):
        call()


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), "float32", "torch.float32"])
def test_a_dtype_may_be_given_in_any_form(dtype):
    assert dtype_name(dtype) == "float32"


# invariants

def gradients(batch=6, n_in=5, n_out=4, dtype=np.float64):
    rng = np.random.default_rng(batch + n_in + n_out)
    spectral = Spectral(n_in, n_out)
    params = {name: rng.standard_normal(shape).astype(dtype)
              for name, shape in spectral.shapes.items()}
    x, grad_y = (rng.standard_normal((batch, n)).astype(dtype) for n in (n_in, n_out))
    grads, grad_x = spectral.backward(params, spectral.forward(params, x)[1], grad_y)
    return x, grad_y, params, grads, grad_x


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (4, 3, 2), (7, 5, 5), (64, 20, 30), (300, 200, 100)])
def test_right_gradients_satisfy_every_identity(sizes, dtype):
    report = oracle.invariants(*gradients(*sizes, dtype))
    assert not report.failures
    if dtype is not np.float16 or sum(sizes) < 20:
        assert [result.status for result in report.results] == ["pass"] * 7


x0, g0, p0, d0, dx0 = gradients()
G0 = g0.T @ x0
PLANTED = {
    "sign of lambda_out": ({"lambda_out": -d0["lambda_out"]}, dx0, "shift"),
    "sign of lambda_in": ({"lambda_in": -d0["lambda_in"]}, dx0, "shift"),
    "both signs": ({name: -d0[name] for name in ("lambda_in", "lambda_out")}, dx0, "scale"),
    "lambda_in is zero": ({"lambda_in": 0 * d0["lambda_in"]}, dx0, "lambda_in"),
    "lambda_out is a mean": ({"lambda_out": d0["lambda_out"] / 5}, dx0, "lambda_out"),
    "lambda without phi": ({"lambda_in": G0.sum(0), "lambda_out": -G0.sum(1)}, dx0, "lambda_in"),
    "phi without the gap": ({"phi": G0}, dx0, "coupling"),
    "phi with the sum": ({"phi": (p0["lambda_in"] + p0["lambda_out"][:, None]) * G0}, dx0,
                         "coupling"),
    "phi with lambda_in only": ({"phi": p0["lambda_in"] * G0}, dx0, "scale"),
    "grad_x through phi": ({}, g0 @ p0["phi"], "coupling"),
    "grad_x doubled": ({}, 2 * dx0, "coupling"),
    "times the batch": ({name: 6 * array for name, array in d0.items()}, 6 * dx0, "upstream"),
    "all halved": ({name: array / 2 for name, array in d0.items()}, dx0 / 2, "upstream"),
    "upstream ignored": ({"phi": (p0["lambda_in"] - p0["lambda_out"][:, None]) * x0.sum(0)}, dx0,
                         "upstream"),
    "bias is a mean": ({"bias": d0["bias"] / 6}, dx0, "bias"),
    "bias of the first sample": ({"bias": g0[0]}, dx0, "bias"),
    "last sample dropped": ({"bias": g0[:-1].sum(0)}, dx0, "bias"),
    "phi is NaN": ({"phi": d0["phi"] * np.nan}, dx0, "coupling"),
    "one number is NaN": ({"lambda_in": d0["lambda_in"] * [1, 1, np.nan, 1, 1]}, dx0, "lambda_in"),
    "phi is infinite": ({"phi": d0["phi"] + np.inf}, dx0, "coupling"),
    "one number is infinite": ({"bias": d0["bias"] - [0, np.inf, 0, 0]}, dx0, "bias"),
    "an eigenvalue's gradient is infinite": (
        {"lambda_out": d0["lambda_out"] + [0, 0, 0, np.inf]}, dx0, "lambda_out"),
    "grad_x is infinite": ({}, dx0 + np.inf, "coupling"),
    "off by 1e-12": ({"phi": d0["phi"] * (1 + 1e-12)}, dx0, "coupling"),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_an_identity_catches(bug):
    change, grad_x, identity = PLANTED[bug]
    report = oracle.invariants(x0, g0, p0, {**d0, **change}, grad_x)
    assert identity in [result.name for result in report.failures]
    with pytest.raises(AssertionError, match=identity):
        report.raise_if_failed()


def test_identities_without_their_gradients_are_not_checked():
    report = oracle.invariants(x0, g0, p0, {"phi": d0["phi"]})
    assert {result.name: result.status for result in report.results}["shift"] == "not checked"
    assert report.ok


def test_identities_that_rounding_could_hide_are_called_coarse_and_are_no_pass():
    report = oracle.invariants(*gradients(300, 200, 100, np.float32), dtype="bfloat16")
    assert {result.status for result in report.results} == {"coarse"}
    assert not report.ok


def test_equal_eigenvalues_say_nothing_about_the_quotient_but_fail_nothing():
    params = {**p0, "lambda_in": np.ones(5), "lambda_out": np.ones(4)}
    spectral = Spectral(5, 4)
    grads, grad_x = spectral.backward(params, spectral.forward(params, x0)[1], g0)
    report = oracle.invariants(x0, g0, params, grads, grad_x)
    assert report.ok
    assert {r.name: r.status for r in report.results}["upstream"] == "not checked"


# what an import costs

@pytest.mark.parametrize("code, absent", [
    ("import npspectral.oracle", {"npspectral.oracle.suite", "npspectral.oracle.checks"}),
    ("from npspectral import oracle; from npspectral.oracle.verdict.reference import reference; "
     "oracle.check(reference, dtype='bfloat16')",
     {"torch", "jax", "tensorflow", "keras", "ml_dtypes", "pytest"})])
def test_importing_the_oracle_reads_no_vectors_and_a_check_imports_no_framework(code, absent):
    script = f"import sys; {code}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          check=True)
    assert not absent & set(done.stdout.split())


def test_every_public_name_is_listed():
    assert set(oracle.__all__) <= set(dir(oracle))
