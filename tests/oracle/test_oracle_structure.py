"""Cases of factored, nested and masked layers: their guard, what is new in 1.1."""
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from npspectral.oracle.certify import formulas_structure, guard
from npspectral.oracle.certify.definitions import with_masks
from npspectral.oracle.suite.arrays import converted, parameters
from npspectral.oracle.suite.case import cases
from npspectral.oracle.suite.structure import factored, nested, sparse

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


@pytest.mark.parametrize("bent", guard.BENT)
def test_what_bends_an_activation_bends_a_layer_that_holds_it(bent):
    assert guard.bends({"layer": bent}) and guard.bends({"layer": "nested", "activation": bent})
    assert not guard.bends({"layer": "nested", "activation": "tanh"})


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
