"""A report says of wrong answers only what is so: what the numbers show, and what they cannot."""
import re

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.mistakes.diagnose import diagnose
from npspectral.oracle.mistakes.known import MISTAKES
from npspectral.oracle.mistakes.right import Steps, gap
from npspectral.oracle.mistakes.selftest import planted, rounded

NAMES = {mistake.name: mistake for mistake in MISTAKES}


def checked(*plants, only=None, suite="full", dtype="float64", change=None, mistakes=()):
    """The report on a right candidate with these wrong steps; change(view, answers) at the end."""
    every = [case for case in oracle.cases(suite, only) if dtype in case.dtypes]
    right = planted([NAMES[name] for name in mistakes], every, dtype, *plants)

    def candidate(view):
        return right(view) if change is None else change(view, right(view))
    return oracle.check(candidate, suite=suite, only=only, dtype=dtype)


def names(report):
    return [finding.mistakes for finding in report.findings if finding.mistakes]


def told(report):
    return " | ".join(finding.sentence for finding in report.findings)


# ---- rounding, a small change, cancellation

def off_by(eps):
    return {"weight": lambda right, p: (gap(p) + eps) * p["phi"],
            "weight_backward": lambda right, p, g: {
                **right(p, g), "phi": (gap(p) + eps) * g}}


def _smooth(right, y, q):
    return right(y, 0.9 * q + 0.1 / q.shape[1])


SMALL = {"1e-8 added to the difference": (off_by(1e-8), "spectral/*/b*"),
         "1e-3 added to the difference": (off_by(1e-3), "spectral/*/b*"),
         "label smoothing": ({"cross_entropy": _smooth}, "loss/*")}


@pytest.mark.parametrize("plant, only", SMALL.values(), ids=SMALL)
def test_a_small_change_is_not_called_rounding(plant, only):
    report = checked(plant, only=only)
    assert report.failures and not names(report) and "rounding" not in told(report)


def test_a_small_change_is_told_by_its_size():
    report = checked(off_by(1e-8), only="spectral/identity/b*")
    assert "it differs by about 2e-09 of the size of its terms" in told(report)


@pytest.mark.parametrize("narrow", ["float32", "float16", "bfloat16"])
def test_answers_rounded_to_a_narrower_dtype_are_told(narrow):
    report = checked(only="spectral/tanh/b*", change=lambda view, answers: {
        name: rounded(array, narrow).astype(float) for name, array in answers.items()})
    assert f"the numbers are {narrow} numbers" in told(report) and not names(report)


@pytest.mark.parametrize("narrow", ["float32", "float16"])
def test_a_narrower_dtype_inside_is_told_by_the_size_of_the_errors(narrow):
    report = checked({"weight": lambda right, p: rounded(right(p), narrow).astype(float),
                      "weight_backward": lambda right, p, g: {
                          **right(p, g), "phi": rounded(gap(p), narrow).astype(float) * g}},
                     only="spectral/*/b[248]*" if narrow == "float16" else "spectral/*/*-bits/*")
    assert f"the errors are of the size of {narrow} rounding" in told(report)


def test_a_narrower_dtype_inside_is_told_beside_numbers_that_it_cannot_hold():
    report = checked({"affine": lambda right, *given: rounded(
        right(*given), "float32").astype(float)}, only="spectral/*")
    assert "are of the size of float32 rounding, in 36 of 38 wrong arrays" in told(report)
    assert "y is NaN or infinite in 2 cases, as spectral/magnitude/x-2^300" in told(report)


def test_a_mistake_of_the_forward_is_named_though_gradients_do_not_follow_it():
    right = {case.id: {name: want.value for name, want in case.expect.items()}
             for case in oracle.cases(only="spectral/*/b*")}
    report = checked(only="spectral/*/b*", suite="core", mistakes=["sign of the difference"],
                     change=lambda view, found: {**found, "grad_phi": right[view.id]["grad_phi"]})
    assert names(report) == [("sign of the difference",)]


def two_sided(right, p, matrix, x):
    if "phi" not in p:
        return right(p, matrix, x)
    y = (x * p["lambda_in"]) @ p["phi"].T - (x @ p["phi"].T) * p["lambda_out"]
    return y + p["bias"] if "bias" in p else y


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_difference_formed_after_the_sums_is_called_cancellation(dtype):
    report = oracle.check(subtracting_last, suite="full", only="spectral/eigenvalues/*",
                          dtype=dtype)
    assert report.failures and names(report) == [("cancellation",)]


def subtracting_last(view):
    """A layer that subtracts after the sums, computed in the dtype of the case."""
    p, x, g = view.inputs, view.x, view.grad_y
    y = two_sided(None, p, None, x)
    kind = view.layers[-1]["layer"]
    slope = (y > 0) if kind == "relu" else 1 - np.tanh(y) ** 2 if kind == "tanh" else 1
    y = np.maximum(y, 0) if kind == "relu" else np.tanh(y) if kind == "tanh" else y
    g = g * np.asarray(slope, y.dtype)
    whole = g.T @ x
    return {"y": y, "grad_phi": g.T @ (x * p["lambda_in"]) - (g * p["lambda_out"]).T @ x,
            "grad_lambda_in": (p["phi"] * whole).sum(0),
            "grad_lambda_out": -(p["phi"] * whole).sum(1), "grad_bias": g.sum(0),
            "grad_x": (g @ p["phi"]) * p["lambda_in"] - (g * p["lambda_out"]) @ p["phi"]}


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_sum_that_begins_with_the_bias_passes(dtype):
    def bias_first(case):
        weight = (case.lambda_in - case.lambda_out[:, None]) * case.phi
        y = np.zeros_like(case.grad_y) + case.bias
        for column, of_x in zip(weight.T, case.x.T):
            y = y + np.outer(of_x, column)
        return {"y": y}
    oracle.check(bias_first, suite="full", dtype=dtype, forward_only=True, only=(
        "spectral/eigenvalues/cancel-*/identity", "spectral/identity/b*/bias")).raise_if_failed()


def test_a_wrong_shape_is_not_called_cancellation():
    report = checked(only="spectral/identity/b1-i1*", change=lambda view, found: {
        **found, "y": found["y"].ravel()})
    assert report.failures and not names(report)


THIRDS = {"weight": lambda right, p: right({**p, "phi": p["phi"] / 3}) * 3}


def test_the_exact_tier_missed_by_rounding_is_called_so():
    report = checked(THIRDS, only=("spectral/identity/b[248]*", "spectral/tanh/b2*"))
    assert report.failures and names(report) == [("exact tier missed by rounding",)]


def test_a_mistake_is_named_beside_the_exact_tier_missed_by_rounding():
    report = checked(THIRDS, only="spectral/*/b*", mistakes=["bias missing"])
    assert names(report) == [("bias missing",), ("exact tier missed by rounding",)]


# ---- names that one case must not take away, and that others must not give

def test_a_changed_branch_does_not_take_the_name_away():
    """(exp z - 1) below 0 rounds by u, far above the reference's S where z > 0 is 2^-10."""
    report = checked(only=("spectral/magnitude/*", "spectral/elu/*"), mistakes=[
        "sign of the difference"], change=lambda view, found: {**found, "y": bumped(view, found)})
    assert names(report) == [("sign of the difference",)]


def bumped(view, found):
    elu = view.layers[-1]["layer"] == "elu"
    return found["y"] + (2.0 ** -53 * (found["y"] < 0) if elu else 0)


def test_one_case_off_by_little_more_than_rounding_is_told_and_keeps_the_name():
    def slightly(view, found):
        odd = view.id == "spectral/tanh/b2-i3-o4/bias"
        return {**found, "y": found["y"] + odd * 2.0 ** -48}
    report = checked(only="spectral/*/b*", mistakes=["sign of the difference"], change=slightly)
    assert names(report) == [("sign of the difference",)]
    shown, all_cases = re.search("Reproduced in (.*) of (.*) cases", told(report)).groups()
    assert int(all_cases) == int(shown) + 1


def test_another_layout_is_not_advised_where_it_breaks_what_passes():
    report = checked(only="spectral/*/b*", mistakes=["phi transposed when square"])
    assert names(report) == [("phi transposed when square",)] and "layout" not in told(report)


def test_a_layout_is_advised_where_all_that_passes_passes_there_too():
    def turned(arrays):
        return {name: array.T if name.endswith("phi") else array for name, array in arrays.items()}

    def candidate(view):
        own = type(view)(view.solved)
        own.inputs = turned(view.inputs)
        return turned(Steps().answers(own))
    assert ("layout",) in names(oracle.check(candidate, only="spectral/*/b*"))


# ---- what did not come

def without(*missing):
    return lambda view, found: {name: array for name, array in found.items()
                                if name.removeprefix("grad_") not in missing}


@pytest.mark.parametrize("dtype", ["float64", "bfloat16"])
def test_no_mistake_is_fitted_to_arrays_that_did_not_come(dtype):
    report = checked(only=("spectral/tanh/b*", "loss/*/b*"), dtype=dtype,
                     change=without("phi", "y"))
    assert report.failures and not names(report)
    assert all("missing" in finding.sentence or "came" in finding.sentence
               for finding in report.findings)
    assert "never came" not in told(report) and "forward is" not in told(report)


def test_a_mistake_is_named_from_the_arrays_that_came():
    report = checked(only="spectral/*/b*", change=without("x"), mistakes=["bias missing"])
    assert names(report) == [("bias missing",)]


def test_an_error_case_that_is_not_answered_is_not_called_answered():
    def crashing(view):
        raise NameError("name 'phy' is not defined")
    assert "are answered" not in told(oracle.check(crashing, suite="full", only="error/*"))
    assert "Inputs that must be refused are answered" in told(
        oracle.check(lambda view: {}, suite="full", only="error/*"))


# ---- kinks, consistency, parts of the suite

def test_a_kink_is_not_blamed_for_numbers_away_from_it():
    report = checked(only="spectral/kink/*", mistakes=["grad_phi without the difference"])
    assert report.failures and "kink, where" not in told(report)


def test_a_kink_is_blamed_for_numbers_between_whose_sides_the_derivative_jumps():
    def beyond(view, found):
        unit = len(found["grad_bias"]) // 2
        grad = found["grad_bias"].copy()
        grad[unit] = 2 * view.grad_y[0, unit]
        return {**found, "grad_bias": grad}
    report = checked(only="spectral/kink/relu/*", change=beyond)
    assert "Only at a kink, where the derivative jumps" in told(report)


def doubled(right, p):
    return 2 * right(p)


def test_gradients_that_do_not_follow_a_wrong_forward_are_not_called_consistent():
    own = {"weight": doubled, "weight_backward": lambda right, p, g: {
        name: 2 * grad for name, grad in right(p, g).items()}}
    assert "follow it consistently" in told(checked(own, only="spectral/identity/b*"))
    half = {"finish": lambda right, case, found: {
        name: 3 * array if name == "y" else 2 * array
        for name, array in right(case, found).items()}}
    report = checked(half, only="spectral/identity/b*/plain")
    assert "already differs. " in told(report) and "consistently" not in told(report)


def test_factors_that_the_cases_do_not_tell_apart_are_all_said():
    report = checked(only="spectral/identity/b4-i4-o4/*", change=lambda view, found: {
        **found, "grad_phi": found["grad_phi"] / 4})
    assert ("it is 1/batch or 1/n_out or 1/n_in times the reference, which these cases do not "
            "tell apart") in told(report)


def test_mistakes_that_the_cases_do_not_tell_apart_are_said_to_be_alike():
    report = checked(only="spectral/identity/b4-i4-o4/*", mistakes=["gradients divided by B"])
    assert "do not tell them apart" in told(report)
    assert "gradients divided by B" in names(report)[0] and len(names(report)[0]) > 1


def test_an_overflow_is_told_where_only_saturated_cases_are_not_finite():
    report = checked(only="loss/mean_squared_error/*", change=lambda view, found: {
        name: array * np.nan if "Saturation" in view.flags else array
        for name, array in found.items()})
    assert "only where inputs are large: an exp over- or underflows" in told(report)


def test_a_weight_kept_from_an_earlier_case_is_named():
    first: dict = {}
    report = checked({"weight": lambda right, p: first.setdefault(p["phi"].shape, right(p))},
                     only="spectral/identity/b*")
    assert ("stale weight",) in names(report)


def test_no_failure_gives_no_finding():
    assert diagnose(checked(only="spectral/*/b*").results, "float64") == []


SQUARE = {"weight": lambda right, p: right(p) * (1 + (len(set(p["phi"].shape)) == 1))}
ONLY = {"n_in = n_out": (SQUARE, "spectral/identity/b*"),
        "layer = tanh": ({"activate": lambda right, layer, z: right(layer, z) * (
            1.5 if layer["layer"] == "tanh" else 1)}, "spectral/*/b2-i3-o4/bias"),
        "there is a bias": ({"shift": lambda right, bias: bias * bias}, "spectral/tanh/b*")}


@pytest.mark.parametrize("words", ONLY)
def test_what_all_failing_cases_and_no_other_have_is_said(words):
    plant, only = ONLY[words]
    assert re.search(f"Only where ([^.]* and )?{words}( and [^.]*)?, and everywhere there",
                     told(checked(plant, only=only)))


def test_what_a_passing_case_has_too_is_not_said():
    report = checked({"weight": lambda right, p: right(p) * (1 + (p["phi"].shape == (4, 4)))},
                     only="spectral/identity/b*")
    assert "n_in = n_out, and" not in told(report)


def test_two_mistakes_that_cancel_in_what_is_right_are_not_named():
    report = checked(only="spectral/identity/b*", change=lambda view, found: {
        **found, "grad_x": found["grad_x"] / len(view.x)})
    assert not names(report) and "grad_x: it is 1/batch times the reference" in told(report)


PER_SAMPLE = "per_sample/spectral/identity/b2-i3-o4/bias"
PLACES = {"one": (slice(1, 2), f"in {PER_SAMPLE} samples 1 differ, in columns 0-"),
          "all": (slice(None), f"all of its numbers differ (as in {PER_SAMPLE})")}


@pytest.mark.parametrize("name", ["bias", "lambda_in", "lambda_out"])
@pytest.mark.parametrize("chosen, sentence", PLACES.values(), ids=PLACES)
def test_gradients_of_samples_differ_in_samples(name, chosen, sentence):
    def uneven(view, found):
        array = found[f"per_sample_grad_{name}"].copy()
        array[chosen] += 0.1 + np.arange(array[chosen].size).reshape(array[chosen].shape) ** 2
        return {**found, f"per_sample_grad_{name}": array}
    assert sentence in told(checked(only=PER_SAMPLE, change=uneven))


def test_nothing_is_fitted_to_numbers_that_change_from_run_to_run():
    calls = []

    def count(view, found):
        calls.append(view.id)
        return {**found, "grad_phi": len(calls) * found["grad_phi"]}
    report = checked(only="spectral/identity/b*", change=count, mistakes=["bias missing"])
    assert not names(report) and len(report.findings) == 1
    assert "two runs differ by up to" in told(report)
