"""Cases of recurrent networks, real and complex: their bounds, the identities."""
import json
from fractions import Fraction

import numpy as np
import pytest

from npspectral.oracle.certify import formulas_recurrent, guard, matrices
from npspectral.oracle.certify.arithmetic import Bounded, precision
from npspectral.oracle.suite import files
from npspectral.oracle.suite.arrays import converted, parameters
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.compare import ROUNDOFF
from npspectral.oracle.suite.recurrent import complex_recurrent, eigenvectors, recurrent
from npspectral.oracle.verdict.layout import LAYOUTS
from npspectral.oracle.verdict.reference import reference
from npspectral.oracle.verdict.run import answers_of

SOLVED = {case["id"]: case for case in files.read()[0]}
NEW = {case["id"]: guard.guarded(case) for family in (recurrent, complex_recurrent)
       for case in family()}


def golden(pattern):
    return [case for case in cases("full", pattern) if case.kind == "vjp" and case.x.size]


def test_the_families_have_cases_of_every_length_function_and_reading():
    real, turning = ([case.layers[0] for case in golden(f"{family}/*")]
                     for family in ("recurrent", "complex_recurrent"))
    for layers in (real, turning):
        assert {layer["activation"] for layer in layers} == {"identity", "relu", "tanh", "sigmoid"}
        assert {layer["steps"] for layer in layers} == {1, 2, 4}
    assert {layer["constant"] for layer in real} == {False, True}
    assert {layer["read"] for layer in turning} == {"amplitude", "score", "power"}
    assert any(layer["spacing"] > layer["steps"] for layer in turning)


def test_exact_cases_are_those_that_are_called_exact():
    for name in NEW:
        assert (SOLVED[name]["tier"] == "exact") == ("/exact/" in name) or "empty" in name, name


def bounded_inverse(matrix):
    """The inverse to 75 digits as floats, and its bound."""
    with precision(75):
        found = matrices.inverse([[Bounded.of(float(entry)) for entry in row] for row in matrix])
    return (np.array([[float(entry.value) for entry in row] for row in found]),
            np.array([[entry.bound for entry in row] for row in found]))


def inverses(matrix):
    """By LAPACK, the same of the transpose, and by orthogonal factors, in the matrix's dtype."""
    q, r = np.linalg.qr(matrix)
    return np.linalg.inv(matrix), np.linalg.inv(matrix.T.copy()).T, np.linalg.solve(r, q.T)


def test_the_bound_of_an_inverse_holds_and_is_not_absurdly_loose():
    rng, ratios = np.random.default_rng(0), []
    for n in (2, 3, 4, 5):
        for spread in (1, 30):
            for _ in range(15):
                scales = spread ** rng.uniform(-1, 1, n)
                matrix = (rng.normal(size=(n, n)) * scales).astype(np.float32)
                want, bound = bounded_inverse(matrix)
                ratios += [np.abs(found - want).max() and (np.abs(found - want) / (
                    ROUNDOFF["float32"][0] * bound)).max() for found in inverses(matrix)]
    assert 0.03 < max(ratios) <= 1


def test_dyadic_matrices_of_exact_cases_have_dyadic_inverses():
    for n in (2, 3, 4, 5):
        rows = [[Fraction(entry) for entry in row] for row in eigenvectors(5, n, True)]
        found = matrices.inverse(rows)
        assert matrices.product(rows, found) == [[i == j for j in range(n)] for i in range(n)]
        assert all(entry.denominator & (entry.denominator - 1) == 0 for row in found
                   for entry in row)


def test_planted_columns_are_fixed_by_a_and_the_read_out_by_a_linear_tail():
    case = NEW["recurrent/exact/relu/t4/b2-i1-o2-n3/constant"]
    inputs, spec = converted(case, Fraction)
    (params,) = parameters(case, inputs)
    phi, back, values = formulas_recurrent.eigen(params)
    transfer = formulas_recurrent.similarity(phi, values, back)
    assert matrices.product(transfer, params["planted"]) == params["planted"]
    readers = back[:len(params["planted"][0])]
    assert matrices.product(readers, transfer) == readers


@pytest.mark.parametrize("case", golden("recurrent/*t[124]/*"), ids=lambda case: case.id)
def test_the_length_of_a_column_does_not_matter(case):
    """diag(Phi^T grad_Phi) is 0 on free columns, -sum_b y grad_y on planted ones."""
    found = {name: expected.value for name, expected in case.expect.items()}
    sizes = np.abs(case.modes) * case.expect["grad_modes"].scale
    assert (np.abs((case.modes * found["grad_modes"]).sum(0)) <= 2.0 ** -52 * sizes.sum(0)).all()
    planted = (case.planted * found["grad_planted"]).sum(0) + (found["y"] * case.grad_y).sum(0)
    sizes = np.abs(case.planted) * case.expect["grad_planted"].scale
    assert (np.abs(planted) <= 2.0 ** -52 * (sizes.sum(0) + np.abs(found["y"] * case.grad_y).sum(
        0))).all()


@pytest.mark.parametrize("case", golden("complex_recurrent/*t[124]/*"), ids=lambda case: case.id)
def test_the_length_of_a_column_of_phi_and_k_together_does_not_matter(case):
    total, size = 0, 0
    for name in ("phi", "k_real", "k_imag"):
        expected, array = case.expect[f"grad_{name}"], case.inputs[name]
        total = total + (array * expected.value).sum(0)
        size = size + (np.abs(array) * expected.scale).sum(0)
    assert (np.abs(total) <= 2.0 ** -52 * size).all()


def test_the_length_of_time_does_not_matter_without_a_nonlinearity():
    one, two = (golden(f"recurrent/exact/identity/{name}/*")[0] for name in ("t1", "t4"))
    for case in (one, two):
        phi = np.concatenate([case.planted, case.modes], 1)
        start = np.zeros((len(case.x), len(phi)))
        start[:, :case.x.shape[1]] = case.x
        start[:, case.x.shape[1]] = case.layers[0]["constant"]
        want = start @ np.linalg.inv(phi)[:case.planted.shape[1]].T
        assert np.array_equal(case.expect["y"].value, want)
        assert not case.expect["grad_theta"].value.any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_our_own_answers_stay_far_below_the_bound_and_not_absurdly_far(dtype):
    found = [*golden("recurrent/*"), *golden("complex_recurrent/*")]
    results = answers_of(reference, found, dtype)
    assert not [result.case.id for result in results if result.failed]
    assert 0.02 < max(verdict.ratio for result in results
                      for verdict in result.verdicts.values()) < 0.5


def test_the_guard_moves_an_input_that_brings_a_node_to_its_kink():
    case = json.loads(json.dumps(NEW["recurrent/relu/t2/b2-i2-o2-n4/plain"]))
    case["inputs"]["x"]["dec"][:2] = [0.0, 0.5]
    moved = guard.guarded(case)["inputs"]["x"]["dec"]
    assert moved[0] and next(guard.near_kinks(case, 0), None) is None


def test_recurrent_networks_have_no_layout_but_our_own():
    for name in ("recurrent/trainable/modes", "complex_recurrent/trainable/phi"):
        case, = cases("full", name)
        assert LAYOUTS["npspectral"].applies(case) and not LAYOUTS["keras"].applies(case)


def test_arrays_of_the_networks_are_attributes():
    case, = cases("full", "recurrent/trainable/theta")
    assert case.planted.shape == (3, 1) and case.modes.shape == (3, 2) and case.theta.shape == (2,)
    case, = cases("full", "complex_recurrent/trainable/phi")
    assert case.k_real.shape == case.k_imag.shape == (2, 2) and case.omega.shape == (2,)
    assert case.planted is None
