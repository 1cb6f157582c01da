"""check(): npspectral passes, bit for bit where it must; whatever a candidate does is reported."""
import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

from npspectral import Spectral, oracle
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.answers import readable
from npspectral.oracle.verdict.reference import reference
from npspectral.oracle.verdict.report import Report
from npspectral.oracle.verdict.results import CaseResult, margins
from npspectral.oracle.verdict.run import dtype_name

SQUARE = "spectral/tanh/b4-i4-o4/bias"
OBLONG = "spectral/identity/b2-i3-o4/bias"          # of the exact tier
FEW = (SQUARE, OBLONG, "loss/mean_squared_error/b4-o4/mean", "error/x-too-narrow")


def run(candidate, only=FEW, **options):
    return oracle.check(candidate, only=only, **options)


def status(candidate, only=SQUARE, **options):
    result, = run(candidate, only, **options).results
    return result.status


def message(candidate, only=SQUARE, **options):
    result, = run(candidate, only, **options).results
    return result.message


def changed(change, name="grad_phi"):
    """npspectral with one array of every answer changed."""
    def candidate(case):
        found = reference(case)
        if name in found:
            found[name] = change(found[name])
        return found
    return candidate


def without(*names):
    return lambda case: {key: array for key, array in reference(case).items() if key not in names}


# npspectral itself

@cache
def full(dtype):
    return oracle.check(reference, suite="full", dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_npspectral_passes_the_full_suite(dtype):
    report = full(dtype)
    assert report.ok, report.to_text()
    assert not report.counts["skipped"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_npspectral_is_bit_equal_on_the_exact_tier(dtype):
    report = full(dtype)
    exact = [result for result in report.results if result.case.tier == "exact"]
    assert len(exact) >= 100
    for result in exact:
        for name, array in result.got.items():
            assert np.array_equal(array, result.case.expect[name].value)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_npspectral_errs_by_less_than_u_times_s(dtype):
    report = full(dtype)
    assert max(margins(result, dtype, name).max(initial=0) for result in report.results
               for name in result.got) < 1


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
        for dtype in {"float16", "float32"} & set(case.dtypes):
            for array in case.inputs.values():
                assert np.array_equal(array, array.astype(dtype).astype(array.dtype))


def test_a_candidate_may_answer_bfloat16_in_float32():
    assert oracle.check(reference, dtype="bfloat16").ok


def test_a_candidate_may_answer_float16_in_float32():
    assert status(lambda case: {k: v.astype(np.float32) for k, v in reference(case).items()},
                  dtype="float16") == "pass"


def test_cases_that_a_dtype_cannot_hold_are_left_out_and_counted():
    report = full("float16")
    assert report.left_out == {"not for float16": sum("float16" not in case.dtypes
                                                      for case in cases("full"))}


# candidates that misbehave: what they do -> the status of the case

def in_place(case):
    case.x[...] *= 2
    return reference(case)


def after_the_answer(case):
    found = reference(case)
    case.phi[0, 0] = 7
    return found


def drops_an_input(case):
    found = reference(case)
    del case.inputs["bias"]
    return found


def resizes(case):
    found = reference(case)
    case.lambda_in.resize((1, 1), refcheck=False)
    return found


class Counting:
    """A candidate whose answer depends on how often it was called."""

    def __init__(self, change):
        self.calls, self.change = 0, change

    def __call__(self, case):
        self.calls += 1
        return self.change(reference(case), self.calls)


def noisy(found, calls):
    return {**found, "y": found["y"] + calls % 2 * 1e-18}


def vanishing(found, calls):
    return found if calls % 2 else {name: array for name, array in found.items() if name != "y"}


def tires(found, calls):
    if calls > 1:
        raise RuntimeError("once only")
    return found


def sometimes_nan(found, calls):
    return {**found, "y": found["y"] * (np.nan if calls % 2 else 1)}


def raising(error):
    def candidate(case):
        raise error
    return candidate


class Unsayable(RuntimeError):
    def __str__(self):
        raise RuntimeError("no words")


class Leaving(BaseException):
    """Neither an Exception nor SystemExit, as test runners and event loops have them."""


class Exits:
    """An array whose numbers end the process."""

    def __array__(self, dtype=None, copy=None):
        raise SystemExit(0)


class Lazy(Mapping):
    """A mapping that forms its values late, and fails."""

    def __init__(self, found):
        self.found = found

    def __getitem__(self, name):
        raise RuntimeError("not formed")

    def __iter__(self):
        return iter(self.found)

    def __len__(self):
        return len(self.found)


def consumes_the_spec(case):
    """Right, but it takes apart what describes the case; written so by many."""
    found = reference(case)
    for description in (*case.layers, *case.spec.values()):
        description.clear()
    case.layers.clear(), case.spec.clear(), case.trainable.clear(), case.flags.clear()
    return found


class Unreadable:
    dtype = "float64"

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no data")


MISBEHAVING = {
    "gives NaN": (changed(lambda a: a * np.nan), "error"),
    "gives one NaN": (changed(lambda a: np.where(np.arange(a.size).reshape(a.shape), a, np.nan)),
                      "error"),
    "gives infinity": (changed(lambda a: a + np.inf), "error"),
    "gives None for an array": (changed(lambda a: None), "error"),
    "gives None": (lambda case: None, "error"),
    "gives a list of arrays": (lambda case: list(reference(case).values()), "error"),
    "gives a tuple": (lambda case: tuple(reference(case).items()), "error"),
    "gives an array": (lambda case: reference(case)["y"], "error"),
    "gives nothing": (lambda case: {}, "error"),
    "leaves an array out": (without("grad_x"), "error"),
    "gives one too many": (lambda case: {**reference(case), "grad_w": case.phi}, "error"),
    "gives (n, 1) for (n,)": (changed(lambda a: a[:, None], "grad_lambda_in"), "error"),
    "gives (1, n) for (n,)": (changed(lambda a: a[None], "grad_lambda_out"), "error"),
    "gives a scalar": (changed(lambda a: a.sum(), "grad_bias"), "error"),
    "gives (1,) for a bias": (changed(lambda a: a[:1], "grad_bias"), "error"),
    "gives a batch more": (changed(lambda a: a[None], "y"), "error"),
    "flattens": (changed(np.ravel), "error"),
    "cuts": (changed(lambda a: a[:-1]), "error"),
    "gives float32 for float64": (changed(lambda a: a.astype(np.float32)), "error"),
    "gives float16 for float64": (changed(lambda a: a.astype(np.float16)), "error"),
    "gives longdouble": (changed(lambda a: a.astype(np.longdouble)), "error"),
    "gives complex": (changed(lambda a: a + 0j), "error"),
    "gives integers": (changed(lambda a: a.astype(int)), "error"),
    "gives booleans": (changed(lambda a: a > 0), "error"),
    "gives objects": (changed(lambda a: a.astype(object)), "error"),
    "gives text": (changed(lambda a: a.astype(str)), "error"),
    "gives a string": (changed(lambda a: "phi"), "error"),
    "gives a ragged list": (changed(lambda a: [[1.0], [1.0, 2.0]]), "error"),
    "gives a masked array": (changed(lambda a: np.ma.masked_less(a, 0)), "error"),
    "gives a dict in a dict": (changed(lambda a: {"phi": a}), "error"),
    "gives an object that cannot be read": (changed(lambda a: Unreadable()), "error"),
    "raises ValueError": (raising(ValueError("no")), "error"),
    "raises without a message": (raising(RuntimeError()), "error"),
    "raises AttributeError": (lambda case: case.no_such_thing, "error"),
    "raises KeyError": (lambda case: case.inputs["base"], "error"),
    "recurses for ever": (raising(RecursionError("deep")), "error"),
    "exits": (raising(SystemExit(2)), "error"),
    "exits as if all were well": (raising(SystemExit(0)), "error"),
    "exits without a code": (raising(SystemExit()), "error"),
    "leaves by another way": (raising(Leaving()), "error"),
    "closes a generator": (raising(GeneratorExit()), "error"),
    "exits when its array is read": (changed(lambda a: Exits()), "error"),
    "raises what cannot be said": (raising(Unsayable()), "error"),
    "gives a mapping that cannot be read": (lambda case: Lazy(reference(case)), "error"),
    "gives names that are none": (
        lambda case: {**reference(case), ("y",): case.x, 3: case.x}, "error"),
    "gives a name that is half a character": (lambda case: {**reference(case), "\ud800": case.x},
                                              "error"),
    "hides a mask in a list": (changed(lambda a: list(np.ma.masked_less(a, 0))), "error"),
    "hides a masked number in a list": (changed(lambda a: [[np.ma.masked, *a[0, 1:]], *a[1:]]),
                                        "error"),
    "exits the second time": (Counting(lambda found, n: raising(SystemExit(0))(n) if n > 1
                                       else found), "nondeterministic"),
    "is all zero": (changed(lambda a: 0 * a), "wrong"),
    "has the wrong sign": (changed(lambda a: -a), "wrong"),
    "is off by 1e-9": (changed(lambda a: a * (1 + 1e-9)), "wrong"),
    "is transposed where square": (changed(lambda a: a.T.copy()), "wrong"),
    "works in float32 inside": (changed(lambda a: a.astype(np.float32).astype(float)), "wrong"),
    "changes an input": (in_place, "mutated"),
    "changes a parameter": (after_the_answer, "mutated"),
    "removes an input": (drops_an_input, "mutated"),
    "reshapes an input in place": (resizes, "mutated"),
    "differs from run to run": (Counting(lambda f, n: {**f, "y": f["y"] * (1 + n * 1e-15)}),
                                "nondeterministic"),
    "gives an array in one run only": (Counting(vanishing), "nondeterministic"),
    "works once": (Counting(tires), "nondeterministic"),
    "gives NaN in one run": (Counting(sometimes_nan), "nondeterministic"),
    "does not have it": (raising(NotImplementedError("later")), "skipped"),
}


@pytest.mark.parametrize("what", MISBEHAVING)
def test_a_candidate_that_misbehaves_is_reported_and_never_passes(what):
    candidate, expected = MISBEHAVING[what]
    report = run(candidate, SQUARE)
    result, = report.results
    assert result.status == expected
    assert not report.ok
    assert report.to_text().startswith("FAIL")
    json.loads(report.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize("what", MISBEHAVING)
def test_the_run_goes_on_after_a_candidate_that_misbehaves_in_one_case(what):
    candidate, expected = MISBEHAVING[what]
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


@pytest.mark.parametrize("form", WELL_BEHAVED)
def test_an_answer_may_come_in_any_form_that_numpy_reads(form):
    assert status(changed(WELL_BEHAVED[form])) == "pass"


def test_a_subclass_that_lies_about_differences_hides_none():
    assert status(changed(lambda a: (a + 1).view(Liar))) == "wrong"


@pytest.mark.parametrize("only", [SQUARE, OBLONG, "loss/mean_squared_error/b4-o4/mean",
                                  "optimizer/adam*", "network/tanh/*"])
def test_a_candidate_may_take_apart_the_description_of_its_case(only):
    found = run(consumes_the_spec, only)
    assert found.ok, found.to_text()
    assert all(result.case.layers or result.case.spec for result in found.results)


def test_golden_numbers_cannot_be_changed_in_place():
    def cheats(case):
        for expected in case.expect.values():
            expected.value[...] = 0
        return {name: np.zeros_like(expected.value) for name, expected in case.expect.items()}
    assert status(cheats) == "error" and "read-only" in message(cheats)


def test_the_error_state_that_a_candidate_sets_stays_with_it():
    before = np.geterr()

    def candidate(case):
        np.seterr(all="raise")
        return {name: array * 1e-200 * 1e-200 if name == "y" else array
                for name, array in right.items()}
    right = reference(cases("full", SQUARE)[0])
    assert message(candidate).startswith("raised FloatingPointError")
    assert np.geterr() == before
    assert status(lambda case: (np.seterr(all="raise"), reference(case))[1]) == "pass"


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_a_check_works_where_every_underflow_raises(dtype):
    with np.errstate(all="raise"):
        report = oracle.check(lambda case: {name: np.zeros(expected.value.shape, np.float32)
                                            for name, expected in case.expect.items()},
                              only=("spectral/*", "network/*"), dtype=dtype)
    assert len(report.results) > 40 and not report.notes


def test_two_runs_with_the_same_infinity_differ_only_where_they_do():
    told = message(Counting(lambda found, n: {**found, "y": np.where(
        np.arange(16).reshape(4, 4), found["y"] + n / 4, np.inf)}))
    assert told == "two runs differ by up to 0.25, in y"


def test_the_value_of_a_loss_may_be_a_python_float():
    loss = "loss/mean_squared_error/b4-o4/mean"
    assert status(changed(float, "value"), loss, dtype="float32") == "pass"


def test_a_python_float_with_more_digits_than_the_dtype_is_the_wrong_dtype():
    loss = "loss/labels/b4-o4/mean"
    assert status(changed(lambda a: float(a) * (1 + 2 ** -40), "value"), loss,
                  dtype="float32") == "error"


def test_wider_answers_than_asked_for_are_the_wrong_dtype():
    assert message(changed(lambda a: a.astype(float)), dtype="float32") == (
        "grad_phi is float64, expected float32")


def test_an_answer_that_is_none_is_told_to_be_none():
    assert message(changed(lambda a: None)) == "grad_phi is None"


def test_a_transposed_answer_is_told_to_be_one():
    assert "it is transposed" in message(changed(np.transpose), OBLONG)


def test_a_zero_where_nothing_was_asked_for_may_be_none():
    frozen = "spectral/trainable/lambda_in/tanh/b4-i3-o4"
    assert status(lambda case: {**reference(case), "grad_phi": None}, frozen) == "pass"


def test_a_gradient_of_a_frozen_parameter_is_one_too_many():
    frozen = "spectral/trainable/lambda_in/tanh/b4-i3-o4"
    assert status(lambda case: {**reference(case), "grad_phi": case.phi}, frozen) == "error"


def test_the_second_run_gets_inputs_of_its_own():
    seen = []

    def candidate(case):
        seen.append(case.x)
        return reference(case)
    run(candidate, SQUARE)
    assert not np.shares_memory(*seen)


def test_the_largest_difference_between_two_runs_is_reported():
    told = message(Counting(lambda found, n: {**found, "y": found["y"] + n / 4}))
    assert told == "two runs differ by up to 0.25, in y"


def test_error_cases_pass_when_refused_and_fail_when_answered():
    assert status(reference, "error/x-too-narrow") == "pass"
    assert status(lambda case: {}, "error/x-too-narrow") == "wrong"
    assert status(lambda case: None, "error/x-too-narrow") == "wrong"


@pytest.mark.parametrize("error", [NameError("x"), AttributeError("x"), ImportError("x"),
                                   KeyError("x"), RecursionError("x"), SyntaxError("x")])
def test_a_broken_candidate_does_not_refuse(error):
    assert status(raising(error), "error/x-too-narrow") == "error"


@pytest.mark.parametrize("error", [ValueError("x"), TypeError("x"), IndexError("x"),
                                   AssertionError(), ZeroDivisionError()])
def test_a_refusal_may_be_any_other_exception(error):
    assert status(raising(error), "error/x-too-narrow") == "pass"


def test_an_interrupt_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        run(raising(KeyboardInterrupt()))


def test_nothing_but_skipped_cases_is_a_failure():
    report = run(raising(NotImplementedError("later")))
    assert not report.ok and report.headline == "FAIL  0 cases ran"


def test_skipped_cases_are_counted_and_shown_with_their_reason():
    def layers_only(case):
        if case.kind == "loss":
            raise NotImplementedError("no losses here")
        return reference(case)
    report = run(layers_only)
    assert report.ok and report.counts["skipped"] == 1
    assert "1 cases: no losses here" in report.to_text()


def test_a_report_without_results_is_a_failure():
    assert not Report([], []).ok
    with pytest.raises(AssertionError, match="0 cases ran"):
        Report([], []).raise_if_failed()


def test_a_known_failure_is_no_failure():
    wrong = lambda case: {} if case.id == SQUARE else reference(case)             # noqa: E731
    report = run(wrong, xfail={SQUARE: "slow today"})
    assert report.ok and report.counts["xfail"] == 1
    assert not run(wrong).ok


def test_a_known_failure_that_passes_is_a_failure():
    report = run(reference, xfail=[SQUARE])
    assert not report.ok
    assert "listed in xfail but passes" in report.to_text()


def test_nothing_but_known_failures_is_a_failure():
    assert not run(lambda case: {}, SQUARE, xfail=[SQUARE]).ok


def test_a_known_failure_of_the_full_suite_may_stand_in_the_list_of_a_core_run():
    assert run(reference, xfail=["spectral/batch/empty/tanh"]).ok


def test_nan_never_passes_even_where_the_scale_is_zero():
    zero = "spectral/batch/empty/identity"
    assert status(changed(lambda a: a * np.nan), zero) == "error"


def test_the_subgradient_of_the_other_side_is_acceptable_at_a_kink():
    kink = "spectral/kink/relu/b1-i2-o1"
    case, = cases("full", kink)
    found = {**reference(case), **{f"grad_{name}": case.expect[f"grad_{name}"].high
                                   for name in ("phi", "bias", "lambda_in", "lambda_out", "x")
                                   if case.expect[f"grad_{name}"].high is not None}}
    assert status(lambda case: found, kink) == "acceptable"


# the report

def lambda_out_sign(case):
    return {name: -array if name.endswith("lambda_out") else array
            for name, array in reference(case).items()}


def phi_transposed(case):
    case.inputs = {name: array.T.copy() if name.endswith("phi") and len(set(array.shape)) == 1
                   else array for name, array in case.inputs.items()}
    return reference(case)


def test_the_first_screen_says_verdict_evidence_worst_number_and_how_to_run_it_again():
    lines = run(lambda_out_sign, "spectral/*").to_text().splitlines()
    heads = [line.split()[0] for line in lines[:16] if line.strip()]
    order = [heads.index(word) for word in ("FAIL", "fails", "passes", "worst", "rerun")]
    assert order == sorted(order)


def test_the_worst_number_has_its_place_both_values_and_its_error():
    text = run(lambda_out_sign, SQUARE).to_text()
    assert f"{SQUARE}   grad_lambda_out[" in text
    assert "yours" in text and "reference" in text and "x (u S), S =" in text


def test_gradients_that_follow_from_a_wrong_y_are_folded():
    result, = run(phi_transposed, SQUARE).results
    assert len(result.wrong) > 1 and result.roots == ["y"]
    assert "y is wrong in 1 of 1 cases; the gradients of 1 of them follow" in (
        run(phi_transposed, SQUARE).to_text())


def test_equal_failures_are_counted_over_the_cases():
    report = run(lambda_out_sign, "spectral/*/b*/*")
    assert f"grad_lambda_out is wrong in {len(report.failures)} of" in report.to_text()


def test_the_rerun_line_names_the_candidate_and_a_failing_case():
    report = run(lambda_out_sign, "spectral/*", dtype="float32")
    line = next(line for line in report.to_text().splitlines() if "rerun" in line)
    only = line.split("--only ")[1].strip("'")
    assert f"npspectral check {__name__}:lambda_out_sign --dtype float32" in line
    assert not oracle.check(lambda_out_sign, dtype="float32", only=only).ok


def test_the_rerun_line_of_a_local_function_is_python():
    line = next(line for line in run(changed(lambda a: -a), SQUARE).to_text().splitlines()
                if "rerun" in line)
    assert f"oracle.check(candidate, dtype='float64', suite='core', only='{SQUARE}')" in line


def test_raise_if_failed_raises_the_text_and_otherwise_returns_the_report():
    with pytest.raises(AssertionError, match="grad_lambda_out is wrong"):
        run(lambda_out_sign).raise_if_failed()
    assert run(reference).raise_if_failed().ok


@pytest.mark.parametrize("candidate", [reference, lambda_out_sign, MISBEHAVING["gives NaN"][0],
                                       MISBEHAVING["gives infinity"][0], lambda case: {}])
def test_json_is_strict_and_holds_every_case(candidate):
    def refuse(token):
        raise AssertionError(f"{token} is no JSON")
    report = run(candidate)
    content = json.loads(report.to_json(), parse_constant=refuse)
    assert content["ok"] == report.ok
    assert [entry["id"] for entry in content["cases"]] == [r.case.id for r in report.results]


def test_the_table_has_a_row_for_every_family():
    rows = oracle.check(reference).table.splitlines()[2:]
    assert [row.split()[1] for row in rows] == ["spectral", "dense", "stack", "network", "loss",
                                                "penalty", "optimizer", "error", "factored",
                                                "nested", "sparse", "recurrent",
                                                "complex_recurrent"]


def test_the_table_counts_what_the_report_counts():
    report = oracle.check(lambda_out_sign)
    rows = [row.split("|")[2:5] for row in report.table.splitlines()[2:]]
    n_cases, n_passed, n_failed = (sum(int(row[k]) for row in rows) for k in range(3))
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


def test_a_failed_report_has_findings():
    assert run(lambda_out_sign, "spectral/*").findings


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


def test_assign_fills_the_attributes_in_place():
    module = layer(CASE)
    held = module.base
    assert oracle.assign(module, CASE, **NAMES) is module
    assert held is module.base and np.array_equal(held, CASE.phi)
    assert np.array_equal(module.l_out, CASE.lambda_out)


def test_assign_fills_a_dict():
    params = Spectral(3, 4).init(np.random.default_rng(0))
    oracle.assign(params, CASE, phi="phi", bias="bias")
    assert np.array_equal(params["phi"], CASE.phi)


def test_assign_follows_a_path():
    net = SimpleNamespace(layers=[SimpleNamespace(base=np.zeros((4, 3))), None])
    oracle.assign(net, STACK, **{"0/phi": "layers.0.base"})
    assert np.array_equal(net.layers[0].base, STACK.inputs["0/phi"])


def test_assign_never_aliases_the_case():
    module = SimpleNamespace(base=np.broadcast_to(0.0, (4, 3)))
    oracle.assign(module, CASE, phi="base")
    assert not np.shares_memory(module.base, CASE.phi)


def test_assign_sets_a_bias_that_the_case_does_not_have_to_zero():
    module = SimpleNamespace(bias=np.ones(2))
    oracle.assign(module, PLAIN, bias="bias")
    assert not module.bias.any()


def test_assign_leaves_a_missing_bias_missing():
    module = SimpleNamespace(bias=None)
    assert oracle.assign(module, PLAIN, bias="bias").bias is None


class Variable:
    """As Keras has them: changed by .assign, read as an array."""

    def __init__(self, shape):
        self.held, self.shape, self.dtype = np.zeros(shape, np.float32), shape, "float32"

    def assign(self, array):
        self.held = np.asarray(array, np.float32)

    def numpy(self):
        return self.held


def test_assign_uses_the_assign_of_a_keras_variable():
    module = SimpleNamespace(base=Variable((4, 3)))
    oracle.assign(module, CASE, phi="base")
    assert np.array_equal(module.base.held, CASE.phi)


def test_a_case_has_the_sizes_and_the_dtype_of_its_run():
    seen = []

    def candidate(case):
        seen.append((case.n_in, case.n_out, case.dtype, str(case.x.dtype)))
        return reference(case)
    run(candidate, OBLONG, dtype="float32")
    assert seen[0] == (3, 4, "float32", "float32")


def test_raw_bits_are_read_as_bfloat16():
    array, status, _ = readable(np.array([0x3F80, 0xC000], np.uint16), "bfloat16", (2,))
    assert array.tolist() == [1.0, -2.0] and not status


def test_raw_bits_in_the_other_byte_order_are_read_as_bfloat16():
    array, status, _ = readable(np.array([0x3F80, 0xC000], ">u2"), "bfloat16", (2,))
    assert array.tolist() == [1.0, -2.0] and not status


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


@pytest.mark.parametrize("dtype, came", [("float64", "torch.float64"), ("float32", "torch.float32"),
                                         ("bfloat16", "torch.bfloat16")])
def test_a_tensor_is_read_as_its_framework_wants_it(dtype, came):
    number = np.float32 if dtype == "bfloat16" else dtype
    array, status, _ = readable(Tensor(np.ones(2, number), came), dtype, (2,))
    assert array.tolist() == [1.0, 1.0] and not status


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


@pytest.mark.parametrize("mark, number", [("minus", -1), ("conjugate", 1)])
def test_what_is_only_marked_on_a_tensor_is_carried_out(mark, number):
    array, status, _ = readable(Marked(np.ones(2), mark), "float64", (2,))
    assert not status and array.tolist() == [number, number]


# bad arguments

def tried(call, *arguments, **options):
    return lambda: call(*arguments, **options)


def assigning(module, case=CASE, **names):
    return lambda: oracle.assign(module, case, **names)


INTEGERS = SimpleNamespace(base=np.zeros((4, 3), int))
NARROW = SimpleNamespace(base=np.zeros((4, 3), np.uint8))


class Forgetful:
    """A property that stores nothing."""

    @property
    def base(self):
        return np.broadcast_to(0.0, (4, 3))

    @base.setter
    def base(self, value):
        pass


X, G = np.ones((2, 3)), np.ones((2, 4))
PARAMS = {"phi": np.ones((4, 3)), "lambda_in": np.arange(3.0), "lambda_out": np.arange(4.0) + 5}
GRADS = {"phi": np.ones((4, 3))}
BAD = [
    (tried(oracle.check, None), TypeError, "candidate is NoneType"),
    (tried(oracle.check, "module:candidate"), TypeError, "candidate is str"),
    (tried(oracle.check, {}), TypeError, "candidate is dict"),
    (tried(oracle.check, reference, suite="all"), ValueError, "suite is 'all'"),
    (tried(oracle.check, reference, suite=None), ValueError, "suite is None"),
    (tried(oracle.check, reference, suite="Core"), ValueError, "suite is 'Core'"),
    (tried(oracle.check, reference, dtype="float8"), ValueError, "dtype is 'float8'"),
    (tried(oracle.check, reference, dtype=""), ValueError, "dtype is ''"),
    (tried(oracle.check, reference, dtype=None), ValueError, "dtype is None"),
    (tried(oracle.check, reference, dtype=int), ValueError, "dtype is <class 'int'>"),
    (tried(oracle.check, reference, dtype="complex128"), ValueError, "dtype is 'complex128'"),
    (tried(oracle.check, reference, dtype="f4"), ValueError, "dtype is 'f4'"),
    (tried(oracle.check, reference, dtype=np.longdouble), ValueError, "dtype is"),
    (tried(oracle.check, reference, layout="kerass"), ValueError, "layout is 'kerass'"),
    (tried(oracle.check, reference, layout=3), ValueError, "layout is 3"),
    (tried(oracle.check, reference, layout=oracle.Layout), ValueError, "layout is"),
    (tried(oracle.check, reference, layout={}), ValueError, "layout is"),
    (tried(oracle.check, reference, only="nothing/*"), ValueError, "no case"),
    (tried(oracle.check, reference, only=""), ValueError, "no case"),
    (tried(oracle.check, reference, only=[]), ValueError, "only is"),
    (tried(oracle.check, reference, only=[SQUARE, "nothing/*"]), ValueError, "matches 'nothing/"),
    (tried(oracle.check, reference, only=[3]), ValueError, "only is"),
    (tried(oracle.check, reference, only=3), TypeError, "not iterable"),
    (tried(oracle.check, reference, only="spectral/batch/empty/tanh"), ValueError, "no case"),
    (tried(oracle.check, reference, xfail=SQUARE), TypeError, "xfail is"),
    (tried(oracle.check, reference, xfail=3), TypeError, "xfail is 3"),
    (tried(oracle.check, reference, xfail=None), TypeError, "xfail is None"),
    (tried(oracle.check, reference, xfail=["spectral"]), ValueError, "no case has the id"),
    (tried(oracle.check, reference, xfail=["spectral/*"]), ValueError, "no case has the id"),
    (tried(oracle.check, reference, xfail={3: "why"}), ValueError, "no case has the id"),
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
    (assigning(layer(CASE), phy="base"), ValueError, "has no 'phy'"),
    (assigning(layer(CASE), weight="base"), ValueError, "has no 'weight'"),
    (assigning(layer(CASE), STACK, phi="base"), ValueError, "has no 'phi'"),
    (assigning(layer(CASE), phi="Base"), ValueError, "has no 'Base'"),
    (assigning(layer(CASE), phi=3), TypeError, "phi is 3"),
    (assigning(layer(CASE), phi=""), TypeError, "phi is ''"),
    (assigning(layer(CASE), phi="base.data.it"), ValueError, "leads nowhere"),
    (assigning(layer(CASE), phi="layers.0"), ValueError, "leads nowhere"),
    (assigning({}, phi="base"), ValueError, "leads nowhere"),
    (assigning(SimpleNamespace(layers=[]), phi="layers.3"), ValueError, "leads nowhere"),
    (assigning(None, phi="base"), ValueError, "NoneType has no 'base'"),
    (assigning(layer(CASE, base=(3, 4)), phi="base"), ValueError, r"has shape \(3, 4\)"),
    (assigning(layer(CASE, base=(4, 1)), phi="base"), ValueError, r"has shape \(4, 1\)"),
    (assigning(layer(CASE, l_in=(3, 1)), lambda_in="l_in"), ValueError, "declare a layout"),
    (assigning(layer(CASE, l_in=(1, 3)), lambda_in="l_in"), ValueError, "declare a layout"),
    (assigning(layer(CASE, l_in=0.5), lambda_in="l_in"), ValueError, r"has shape \(\)"),
    (assigning(layer(CASE, bias=None), bias="bias"), ValueError, "bias is None"),
    (assigning(layer(CASE, base=None), phi="base"), ValueError, "base is None"),
    (assigning(INTEGERS, phi="base"), ValueError, "does not hold"),
    (assigning(NARROW, phi="base"), ValueError, "does not hold"),
    (assigning(Forgetful(), phi="base"), ValueError, "does not hold"),
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


@pytest.mark.parametrize("number", range(len(BAD)))
def test_a_bad_argument_is_refused_with_what_came(number):
    call, error, told = BAD[number]
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

def loaded(code):
    script = f"import sys; {code}; print(*sorted(sys.modules))"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          check=True).stdout.split()


def test_importing_the_oracle_reads_no_vectors_and_imports_no_framework():
    modules = loaded("import npspectral.oracle")
    assert not {"npspectral.oracle.suite", "npspectral.oracle.checks"} & set(modules)


def test_a_check_imports_no_framework():
    modules = loaded("from npspectral import oracle; "
                     "from npspectral.oracle.verdict.reference import reference; "
                     "oracle.check(reference, dtype='bfloat16')")
    assert not {"torch", "jax", "tensorflow", "keras", "ml_dtypes", "pytest"} & set(modules)


def test_every_public_name_is_listed():
    assert set(oracle.__all__) <= set(dir(oracle))
