"""Cases of factored, nested and masked layers: their witnesses, their guard, what is new in 1.1."""
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from npspectral.oracle.certify import formulas_structure, guard, solve
from npspectral.oracle.certify.arithmetic import precision
from npspectral.oracle.certify.definitions import with_masks
from npspectral.oracle.certify.formulas_layers import activated
from npspectral.oracle.certify.tape import linked, plain
from npspectral.oracle.certify.witnesses import forms
from npspectral.oracle.suite import files, text_twin
from npspectral.oracle.suite.arrays import converted, parameters
from npspectral.oracle.suite.case import cases
from npspectral.oracle.suite.structure import factored, nested, sparse
from npspectral.oracle.verdict.layout import layout_of
from npspectral.oracle.verdict.run import candidate_case

SOLVED = {case["id"]: case for case in files.read()[0]}
NEW = {case["id"]: case for family in (factored, nested, sparse) for case in family()}


def test_the_new_families_have_cases_of_every_layer_shape_and_mode():
    found = cases("full")
    layers = {layer["layer"] for case in found for layer in case.layers}
    assert {"spectral_qr", "spectral_full_qr", "spectral_svd", "nested", "sparse_static",
            "sparse_dynamic"} <= layers
    assert {layer["of"] for case in found for layer in case.layers if "of" in layer} == {
        "dense", "spectral", "spectral_qr", "spectral_full_qr", "spectral_svd"}
    depths = {(layer["shared"], layer["skip"], "phi_3" in case.inputs) for case in found
              for layer in case.layers if layer["layer"] == "nested" and case.kind == "vjp"}
    assert len(depths) == 8
    assert sum(case.core for case in found) <= 150


@pytest.mark.parametrize("name", ["factored/qr/tanh/b2-i3-o4/plain",
                                  "factored/svd/sigmoid/b4-i4-o4/plain", "factored/stack/qr-svd",
                                  "nested/shared-skip/tanh/b4-2-2-3-2/bias",
                                  "nested/separate-skip/sigmoid/b2-2-3-2-2/plain",
                                  "nested/shared-chain/tanh/b4-2-2-3-2/bias"])
def test_all_forms_in_which_a_case_is_computed_give_the_same_numbers(name):
    case = NEW[name]
    with precision(75):
        taped = solve.bounded_answers(case)
        others = [solve.bounded_answers(form) for form in forms(case)]
        assert others
        for other in others:
            for key, numbers in taped.items():
                for a, b in zip(numbers, other[key], strict=True):
                    assert abs(a.value - b.value) < 1e-60, (key, a.value, b.value)


def wrong(name, change):
    """formulas_structure.name with its result changed."""
    right = getattr(formulas_structure, name)
    return name, lambda *arguments: change(right(*arguments))


def entrywise(change):
    return lambda matrix: [[change(entry) for entry in row] for row in matrix]


def with_lambda_in_constant(parts):
    """The transfers of a nested network, whose lambda_in the tape does not see."""
    return [{**part, "lambda_in": [plain(entry) for entry in part["lambda_in"]]} for part in parts]


def without_slope(layer, z):
    """f of every entry, with the derivative 1."""
    return [[linked(plain(y), (x, 1)) for y, x in zip(*rows)] for rows in zip(
        activated({"layer": layer["activation"]}, z), z)]


WRONG = {
    "no minus in Phi^-1": (wrong("affine", entrywise(lambda entry: -entry)),
                           "nested/shared-skip/identity/b2-3-4-2/bias"),
    "r packed backwards": (wrong("left_factor", lambda rows: [row[::-1] for row in rows]),
                           "factored/qr/identity/b2-i3-o4/bias"),
    "no gradient by s": (wrong("eigenvectors", entrywise(plain)),
                         "factored/svd/identity/b2-i3-o4/bias"),
    "phi transposed": (wrong("eigenvectors", lambda phi: [list(row) for row in zip(*phi)]),
                       "factored/qr/identity/b4-i4-o4/bias"),
    "nothing masked": (wrong("masked", entrywise(lambda entry: 1 + entry)),
                       "sparse/static/dense/identity/b2-i3-o4"),
    "a gradient through the mask": (
        ("masked", lambda excess, matrix: [[
            linked(plain(w) if over > 0 else 0 * plain(w), (w, 1)) for over, w in zip(*rows)]
            for rows in zip(excess, matrix)]), "sparse/static/dense/identity/b2-i3-o4"),
    "a quantile too large": (wrong("quantile", lambda c: 2 * c),
                             "sparse/dynamic/dense/identity/b4-i4-o4"),
    "the activation's derivative forgotten": (("hidden", without_slope),
                                              "nested/shared-chain/tanh/b4-2-2-3-2/bias"),
    "gradients of shared eigenvalues not added": (wrong("transfers", with_lambda_in_constant),
                                                  "nested/shared-skip/tanh/b2-3-4-2/bias"),
}


@pytest.mark.parametrize("plant, name", WRONG.values(), ids=WRONG)
def test_the_witnesses_disagree_where_a_formula_is_wrong(monkeypatch, plant, name):
    assert solve.solve(NEW[name])["agreed_digits"] >= solve.AGREED
    monkeypatch.setattr(formulas_structure, *plant)
    with pytest.raises(ArithmeticError, match="the witnesses agree to"):
        solve.solve(NEW[name])


def case_with(name, number):
    """A sparse case with another threshold or sparsity."""
    case = NEW[name]
    layer = dict(case["layers"][0])
    layer["threshold" if "threshold" in layer else "sparsity"] = number
    return {**case, "layers": [layer, *case["layers"][1:]]}


def test_a_weight_that_rounding_takes_across_the_threshold_is_refused():
    name = "sparse/static/spectral/identity/b2-i3-o4"
    case = NEW[name]
    inputs, spec = converted(case, Fraction)
    weight = formulas_structure.masked_weight(spec["layers"][0], parameters(case, inputs)[0])[0]
    size = float(max(abs(w) for row in weight for w in row))
    for close in (size, size * (1 + 2.0 ** -9), size * (1 - 2.0 ** -9)):
        with pytest.raises(ArithmeticError, match="of its threshold"):
            guard.guarded(case_with(name, close))
    assert guard.guarded(case_with(name, 2 * size))


@pytest.mark.parametrize("name", [name for name in NEW if name.startswith("sparse/dynamic/")])
def test_the_mask_of_a_dynamic_case_is_that_of_numpy(name):
    case, = cases("full", name)
    inputs, spec = converted(NEW[name], Decimal)
    params = parameters(NEW[name], inputs)
    mask = with_masks(spec["layers"], params)[0]["mask"]
    weight = np.array(formulas_structure.masked_weight(spec["layers"][0], params[0])[0], float)
    c = np.percentile(np.abs(weight), 100 * case.layers[0]["sparsity"])
    assert np.array_equal(mask, np.abs(weight) > c)


def test_some_weights_of_the_tie_cases_equal_the_threshold():
    for name in (name for name in NEW if "/tie/" in name):
        inputs, spec = converted(NEW[name], Fraction)
        _, excess, _ = formulas_structure.masked_weight(spec["layers"][0], parameters(
            NEW[name], inputs)[0])
        assert any(over == 0 for row in excess for over in row), name


def test_a_switch_of_a_layer_is_an_integer_in_the_text_twin():
    case = SOLVED["nested/separate-chain/tanh/b2-2-3-2-2/bias"]
    text = text_twin.text("nested", files.SUITE, [case]).decode()
    assert "layer nested 3 activation word tanh shared integer 0 skip integer 0" in text


@pytest.mark.parametrize("name, sizes", [
    ("factored/qr/tanh/b2-i3-o4/plain", (3, 4)), ("factored/stack/qr-svd", (3, 2)),
    ("nested/separate-skip/tanh/b1-3-2-4-3/bias", (3, 3)),
    ("nested/shared-skip/tanh/b2-3-4-2/bias", (3, 2)),
    ("sparse/dynamic/svd/tanh/b4-i5-o2", (5, 2)), ("sparse/static/dense/tanh/b4-i5-o2", (5, 2))])
def test_a_candidate_is_told_how_many_inputs_and_outputs_there_are(name, sizes):
    case, = cases("full", name)
    view = candidate_case(case, "float64", layout_of(None))
    assert (view.n_in, view.n_out) == sizes


def test_arrays_of_a_transfer_are_attributes_and_absent_ones_are_none():
    case, = cases("full", "nested/shared-skip/tanh/b4-4-2-3/plain")
    assert case.phi_2.shape == (3, 2) and case.lambda_1.shape == (2,)
    assert case.phi_3 is None and case.bias_1 is None and case.lambda_in_1 is None
    assert case.q is None and not hasattr(case, "phi_two")


@pytest.mark.parametrize("name", ["hadamard/b2-i4-o4", "permutation/b2-i4-o2"])
def test_the_orthonormal_factors_are_orthonormal_to_the_last_bit(name):
    for case in cases("full", f"factored/*/{name}"):
        columns = [case.q] if case.q is not None else [case.u, case.v.T]
        for matrix in columns:
            assert np.array_equal(matrix.T @ matrix, np.eye(matrix.shape[1]))
            assert not np.array_equal(matrix, matrix.T)
