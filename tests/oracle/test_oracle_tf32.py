"""dtype="tf32": what products with operands of 11 bits may err by, and that they are recognized."""
import numpy as np
import pytest

from test_oracle_precision import CORE, bits_11, operands

from npspectral import oracle
from npspectral.oracle.certify.arithmetic import rounded_up
from npspectral.oracle.mistakes.known import MISTAKES
from npspectral.oracle.mistakes.right import has_steps
from npspectral.oracle.mistakes.selftest import planted, rounded
from npspectral.oracle.verdict.reference import reference

FOUND = [case for case in CORE if has_steps(case) and "float32" in case.dtypes
         and case.kind != "second"              # whose steps run over dual numbers
         and not {"convolution", "batch_norm", "tangent", "per_sample"} & {*case.id.split("/")}]
NAMES = {mistake.name: mistake for mistake in MISTAKES}


def checked(dtype, plant, *mistakes, change=None):
    """The report on a candidate of float32 with this plant."""
    right = planted([NAMES[name] for name in mistakes], FOUND, "float32", plant)

    def candidate(view):
        assert view.dtype == "float32" and all(array.dtype in (np.float32, int)
                                               for array in view.inputs.values())
        answers = right(view)
        return answers if change is None else {
            name: change(view, name, array).astype(np.float32) for name, array in answers.items()}
    return oracle.check(candidate, dtype=dtype, only=[case.id for case in FOUND])


def names(report):
    return [finding.mistakes for finding in report.findings]


def test_products_in_tf32_pass_where_they_are_allowed_and_use_a_part_of_that():
    report = checked("tf32", operands(bits_11))
    report.raise_if_failed()
    assert len(report.results) == len(FOUND)
    assert 0.2 < max(units for name, (_, units) in report.scores.items() if "trace" != name) < 1


def test_products_in_tf32_fail_in_float32_and_are_told():
    report = checked("float32", operands(bits_11))
    assert not report.ok and names(report) == [("TF32",)]
    assert "TF32 is on" in report.to_text()
    assert all(result.case.kind in ("vjp", "network") for result in report.failures)


def test_what_fails_beside_tf32_in_another_way_is_told_too():
    right = planted([], FOUND, "float32", operands(bits_11))
    report = oracle.check(lambda view: {} if view.kind == "error" else right(view),
                          dtype="float32", only=[*(case.id for case in FOUND), "error/*"])
    assert names(report) == [("TF32",), ()]
    assert report.findings[1].sentence.startswith("Inputs that must be refused are answered in ")


def test_our_own_answers_in_float32_pass():
    oracle.check(reference, dtype="tf32").raise_if_failed()


@pytest.mark.parametrize("name", [
    "sign of the difference", "phi transposed", "bias missing", "sign of grad_lambda_out",
    "grad_bias averaged", "loss halved", "betas swapped", "derivative missing"])
def test_a_mistake_beside_tf32_is_caught_and_named(name):
    report = checked("tf32", operands(bits_11), name)
    assert not report.ok and {part for found in names(report) for part in found} == {name}


def only_matrix(low):
    """The weight alone in a lower precision."""
    return {"affine": lambda right, p, matrix, x: right(p, low(matrix), x)}


def bfloat16(array):
    return np.asarray(rounded(np.asarray(array, float), "bfloat16"), float)


def behind_products(change):
    """A change of the arrays that products have a share in."""
    known = {case.id: case.expect for case in FOUND}
    return lambda view, name, array: (
        change(array) if view.kind != "error" and known[view.id][name].products else array)


OTHERS = {
    "the weight alone": (only_matrix(bits_11), None),
    "operands of 8 bits": (operands(bfloat16), None),
    "all numbers times 1.00002": ({}, behind_products(lambda array: array * (1 + 2e-5))),
    "results of 11 bits": (operands(bits_11), behind_products(bits_11)),
    "gradients alone": ({name: operands(bits_11)[name] for name in (
        "matrix_backward", "input_backward")}, None),
    "a gradient that is wrong, too": (operands(bits_11), lambda view, name, array: array * (
        1 + (name == "grad_lambda_in"))),
    "losses and optimizers, too": (operands(bits_11), lambda view, name, array: (
        bits_11(array) if view.kind in ("loss", "optimizer") else array))}


@pytest.mark.parametrize("plant, change", OTHERS.values(), ids=OTHERS)
def test_what_is_not_tf32_is_not_called_so(plant, change):
    report = checked("float32", plant, change=change)
    assert not report.ok and ("TF32",) not in names(report)


@pytest.mark.parametrize("kind", ["loss", "optimizer"])
def test_where_no_product_of_matrices_is_float32_is_held_to(kind):
    report = checked("tf32", {}, change=lambda view, name, array: (
        array * (1 + 2e-5) if view.kind == kind else array))
    assert report.failures and {result.case.kind for result in report.failures} == {kind}


def test_the_share_of_products_is_that_of_the_definition():
    case, = oracle.cases(only="dense/identity/24-bits/b2-i3-o4/bias")
    x, w, g = (np.abs(case.inputs[name]) for name in ("x", "weight", "grad_y"))
    for name, sizes in (("y", x @ w.T), ("grad_weight", g.T @ x), ("grad_x", g @ w)):
        expected = case.expect[name]
        assert expected.products == rounded_up((sizes / expected.scale).max())
    assert case.expect["grad_bias"].products == 0
