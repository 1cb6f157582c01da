"""Second derivatives and gradients of samples: witnesses, format, layouts, causes."""
import json

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.certify import guard, per_sample, solve
from npspectral.oracle.certify.dual import Dual
from npspectral.oracle.mistakes.known import MISTAKES
from npspectral.oracle.mistakes.right import Steps
from npspectral.oracle.mistakes.second import PER_SAMPLE, SECOND
from npspectral.oracle.mistakes.selftest import planted
from npspectral.oracle.suite import files, schema
from npspectral.oracle.suite.case import with_inputs
from npspectral.oracle.verdict.reference import reference

BOTH = ["second/*", "per_sample/*"]
FULL = {case.id: case for case in oracle.cases("full")}
DERIVED = {name: case for name, case in FULL.items() if case.kind in ("second", "per_sample")}


# ---- witnesses that disagree where a rule of dual numbers is wrong


def slope_of(rule):
    """The right result with another slope: rule(self, other, right result)."""
    return lambda right: lambda self, *others: (lambda other, done: Dual(
        done.real, rule(self, other, done)))(*map(Dual.of, others or [0]), right(self, *others))


RULES = {
    "a sum moves with its first term": (
        "__add__", slope_of(lambda a, b, done: a.slope), "spectral/identity/b2"),
    "a negative moves with its number": (
        "__neg__", slope_of(lambda a, b, done: a.slope), "spectral/identity/b2"),
    "a product moves with its second factor": (
        "__mul__", slope_of(lambda a, b, done: a.real * b.slope), "spectral/identity/b2"),
    "a quotient moves with its numerator": (
        "__truediv__", slope_of(lambda a, b, done: a.slope / b.real), "loss/binary"),
    "a size moves with its number": (
        "__abs__", slope_of(lambda a, b, done: a.slope), "loss/binary"),
    "exp moves with its argument": (
        "exp", slope_of(lambda a, b, done: a.slope), "loss/labels/b2"),
    "ln moves with its argument": (
        "ln", slope_of(lambda a, b, done: a.slope), "spectral/softplus/b2"),
    "expm1 moves with its argument": (
        "expm1", slope_of(lambda a, b, done: a.slope), "spectral/elu/b2"),
    "tanh moves with its argument": (
        "tanh", slope_of(lambda a, b, done: a.slope), "spectral/tanh/b2"),
}
CASES = {case["id"]: case for case in guard.guarded_catalog() if case["id"] in DERIVED}


@pytest.mark.parametrize("name, wrong, start", RULES.values(), ids=RULES)
def test_the_witnesses_disagree_where_a_rule_is_wrong(monkeypatch, name, wrong, start):
    case = next(case for key, case in CASES.items() if key.startswith(f"second/{start}"))
    assert solve.solve(case)["agreed_digits"] >= solve.AGREED
    monkeypatch.setattr(Dual, name, wrong(getattr(Dual, name)))
    with pytest.raises(ArithmeticError, match="the witnesses agree to"):
        solve.solve(case)


def test_the_witnesses_of_samples_disagree_where_a_row_is_another_one(monkeypatch):
    right = per_sample.by_tape
    monkeypatch.setattr(per_sample, "by_tape", lambda case, convert: {
        name: numbers[::-1] for name, numbers in right(case, convert).items()})
    with pytest.raises(ArithmeticError, match="the witnesses agree to"):
        solve.solve(CASES["per_sample/spectral/identity/b2-i3-o4/bias"])


@pytest.mark.parametrize("name", ["second/spectral/tanh/b4-i1-o4/plain",
                                  "per_sample/spectral/tanh/b4-i4-o1/bias"])
def test_a_case_is_solved_to_the_shipped_bits(name):
    assert solve.solve(CASES[name]) == FULL[name].solved


# ---- the format

FAULTS = {
    "no direction": lambda case: case["inputs"].pop("v_x"),
    "a direction too many": lambda case: case["inputs"].update(v_y=case["inputs"]["grad_y"]),
    "a direction of another shape": lambda case: case["inputs"]["v_x"].update(shape=[3, 2]),
    "no jvp": lambda case: case["expect"].pop("jvp"),
    "no hvp": lambda case: case["expect"].pop("hvp_phi"),
    "an hvp of another shape": lambda case: case["expect"]["hvp_phi"].update(shape=[3, 4]),
    "no gradient of samples": lambda case: case["expect"].pop("per_sample_grad_phi"),
    "no axis of samples": lambda case: case["expect"]["per_sample_grad_phi"].update(shape=[6, 4]),
    "a loss beside jvp": lambda case: case.update(loss={"loss": "hinge", "reduction": "sum"}),
}


@pytest.mark.parametrize("change", FAULTS.values(), ids=FAULTS)
def test_a_file_that_breaks_the_format_is_refused(change):
    kind = "per_sample" if change in [FAULTS["no gradient of samples"],
                                      FAULTS["no axis of samples"]] else "second"
    document = json.loads((files.FOLDER / f"{kind}.json").read_bytes())
    rules = json.loads((files.FOLDER / files.SCHEMA).read_bytes())
    assert schema.faults(document, rules) == []
    change(document["cases"][0])
    assert schema.faults(document, rules)


# ---- layouts


def two_sets(case):
    """y and gradients with base (n_in, n_out), diag_start (n_in, 1) and diag_end (1, n_out)."""
    given = case.inputs
    difference = given["lambda_in"] - given["lambda_out"]
    z = given["x"] @ (given["phi"] * difference) + given.get("bias", 0)
    y, slope = (np.tanh(z), 1 - np.tanh(z) ** 2) if len(case.layers) > 1 else (z, 1)
    delta = slope * given["grad_y"]
    grad = given["x"].T @ delta
    return {"y": y, "grad_x": delta @ (given["phi"] * difference).T, "grad_bias": delta.sum(0),
            "grad_phi": grad * difference,
            "grad_lambda_in": (grad * given["phi"]).sum(1, keepdims=True),
            "grad_lambda_out": -(grad * given["phi"]).sum(0, keepdims=True)}


def in_keras(case):
    h = 2.0 ** -90
    if case.kind == "second":
        moved = two_sets(with_inputs(case, {name[2:]: case.inputs[name[2:]] + 1j * h * v for name, v
                                            in case.inputs.items() if name.startswith("v_")}))
        found = {name.replace("grad_", "hvp_"): array.imag / h for name, array in moved.items()}
        found["jvp"] = found["y"]
    else:
        alone = [two_sets(with_inputs(case, {key: case.inputs[key][b:b + 1]
                                             for key in ("x", "grad_y")}))
                 for b in range(len(case.x))]
        found = {f"per_sample_{name}": np.array([row[name] for row in alone])
                 for name in alone[0]}
    found["y"] = two_sets(case)["y"]
    return {name: found[name] for name in case.expect}


IN_KERAS = [f"{kind}/spectral/{rest}" for kind in ("second", "per_sample")
            for rest in ("identity/*", "tanh/b*")]


def test_a_layer_in_the_layout_of_keras_passes_with_it_alone():
    oracle.check(in_keras, suite="full", only=IN_KERAS, layout="keras").raise_if_failed()
    report = oracle.check(in_keras, suite="full", only=IN_KERAS)
    assert len(report.failures) == len(report.results)


def in_columns(case):
    """npspectral with the samples in columns."""
    turned = {"x", "v_x", "grad_y"}
    answers = reference(with_inputs(case, {name: case.inputs[name].T for name in turned
                                           if name in case.inputs}))
    return {name: array.T if name in ("y", "jvp", "hvp_x") else array
            for name, array in answers.items()}


def test_samples_in_columns_turn_what_moves_with_the_samples():
    layout = oracle.Layout(x="features,batch")
    only = ["second/spectral/*", "per_sample/spectral/*"]
    oracle.check(in_columns, suite="full", only=only, layout=layout).raise_if_failed()
    assert not oracle.check(in_columns, suite="full", only=only).ok


@pytest.mark.parametrize("layout", [oracle.layouts["minus_lambda"],
                                    oracle.Layout(frozen=("lambda_out",))], ids=str)
def test_a_layout_without_a_parameter_that_moves_cannot_say_a_second_derivative(layout):
    applies = [name for name, case in DERIVED.items() if layout.applies(case)]
    assert not [name for name in applies if name.startswith("second/spectral/tanh")]
    assert "second/dense/identity/b2-i3-o4/bias" in applies


def test_a_layout_turns_the_sign_of_a_direction_without_a_shift():
    case = DERIVED["second/spectral/tanh/b2-i3-o4/bias"]
    view = oracle.Layout(difference="out-in").to_candidate(case)
    np.testing.assert_array_equal(view.inputs["v_lambda_in"], -case.inputs["v_lambda_in"])
    np.testing.assert_array_equal(view.expect["hvp_lambda_in"].value,
                                  -case.expect["hvp_lambda_in"].value)


def test_a_layout_of_one_set_shifts_the_eigenvalues_and_not_their_direction():
    case = with_inputs(DERIVED["second/spectral/trainable/lambdas/tanh/b2-i5-o2"],
                       {"lambda_in": np.full(5, 0.5)})
    case.trainable = ["lambda_out"]
    del case.inputs["v_lambda_in"]
    layout = oracle.layouts["one_minus_lambda"]
    assert layout.applies(case)
    view = layout.to_candidate(case)
    np.testing.assert_array_equal(view.inputs["lambda_out"], case.inputs["lambda_out"] + 0.5)
    np.testing.assert_array_equal(view.inputs["v_lambda_out"], case.inputs["v_lambda_out"])


# ---- what a report says


NAMED = {mistake.name: mistake for mistake in MISTAKES}


def wrong(plant, *only):
    """The report on a candidate that takes these wrong steps wherever it can."""
    return oracle.check(lambda view: Steps(plant).answers(FULL[view.id]), suite="full", only=only)


@pytest.mark.parametrize("name", [*SECOND, *PER_SAMPLE])
def test_a_mistake_is_named_and_no_other(name):
    report = oracle.check(planted((NAMED[name],), DERIVED.values(), "float64"), suite="full",
                          only=BOTH)
    assert [finding.mistakes for finding in report.findings] == [(name,)]


@pytest.mark.parametrize("name", ["sign of grad_lambda_out", "sign of the difference"])
def test_a_wrong_gradient_is_named_and_what_follows_has_no_name_of_its_own(name):
    report = wrong(NAMED[name].plant, *BOTH, "spectral/*/b*")
    assert [finding.mistakes for finding in report.findings if finding.mistakes] == [(name,)]
    beside = [finding for finding in report.findings if not finding.mistakes]
    assert {finding.sentence.partition(" in ")[0] for finding in beside} == (
        set() if name == "sign of the difference" else {"Second derivatives fail"})


def test_second_derivatives_without_a_pattern_are_located():
    text = wrong({"along": lambda right, case, slopes: {
        key: array + .5 * (key == "hvp_phi") for key, array in right(case, slopes).items()
        if array is not None}}, "second/spectral/*").to_text()
    assert "The forward is right, second derivatives are wrong. No known mistake fits hvp_phi" in (
        text)
