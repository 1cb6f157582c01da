"""Large cases see a wrong edge of a block, the cases of forms see code that x in rows hides."""
from collections import Counter
from fnmatch import fnmatchcase

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.certify import definitions_recurrent, directions, solve
from npspectral.oracle.certify.arithmetic import Bounded, precision
from npspectral.oracle.certify.guard import guarded
from npspectral.oracle.certify.witnesses import AGREED, confirmed
from npspectral.oracle.mistakes.places import runs
from npspectral.oracle.suite import files
from npspectral.oracle.suite.catalog import catalog
from npspectral.oracle.verdict.reference import reference

CASES = oracle.cases("full")
LARGE = [case for case in CASES if "Large" in case.flags]
WIDE = "spectral/large/identity/b33-i65-o130"
EDGES = (16, 32, 64, 128)


def layer(product):
    """A candidate for single spectral layers, with its three products by product(name, a, b)."""
    def candidate(case):
        kinds = {entry["layer"] for entry in case.layers}
        if case.kind != "vjp" or not {"spectral"} <= kinds <= {"spectral", "identity", "tanh"}:
            raise NotImplementedError
        gap, x = case.lambda_in - case.lambda_out[:, None], case.x
        bias = 0 if case.bias is None else case.bias
        y = product("y", x, (gap * case.phi).T) + bias
        grad_z = case.grad_y
        if "tanh" in kinds:
            y = np.tanh(y)
            grad_z = grad_z * (1 - y * y)
        grad_weight = product("grad_weight", grad_z.T, x)
        each = case.phi * grad_weight
        answers = {"y": y, "grad_x": product("grad_x", grad_z, gap * case.phi),
                   "grad_phi": gap * grad_weight, "grad_lambda_in": each.sum(0),
                   "grad_lambda_out": -each.sum(1), "grad_bias": grad_z.sum(0)}
        return {name: answers[name] for name in case.expect}
    return candidate


def cut(edge, axis):
    """a b whose rows, columns or terms of a sum are left out from an edge on."""
    def product(a, b):
        whole = a @ b
        if axis == "terms":
            return a[:, :edge] @ b[:edge]
        whole[(slice(edge, None), slice(None)) if axis == "rows" else (
            slice(None), slice(edge, None))] = 0
        return whole
    return product


def failing(candidate, only="spectral/*", core=True):
    chosen = [case for case in CASES if fnmatchcase(case.id, only) and case.core >= core]
    return [result.case.id for result in oracle.answers_of(candidate, chosen) if result.failed]


def test_the_layer_of_these_tests_is_right():
    assert not failing(layer(lambda name, a, b: a @ b))


@pytest.mark.parametrize("edge", EDGES)
def test_a_product_that_stops_at_the_edge_of_a_block_fails_in_core(edge):
    """Every product of a layer, and each of its axes that is longer than the edge in some case."""
    sizes = {"y": "boi", "grad_x": "bio", "grad_weight": "oib"}     # rows, columns, terms
    longest = {"b": 67, "i": 65, "o": 130}
    for name, axes in sizes.items():
        for letter, axis in zip(axes, ("rows", "columns", "terms")):
            if longest[letter] > edge:
                wrong = cut(edge, axis)
                candidate = layer(lambda which, a, b: wrong(a, b) if which == name else a @ b)
                assert failing(candidate, "spectral/large/*"), (name, axis)


@pytest.mark.parametrize("family", ["dense", "factored/qr", "factored/full-qr", "factored/svd",
                                    "nested", "sparse", "recurrent", "complex_recurrent"])
def test_every_product_family_sees_more_than_16(family):
    """With an array's last rows, those from 16 on, set to 0: only the large case notices."""
    def candidate(case):
        return {name: np.where(np.arange(array.size).reshape(array.shape) < 16 * (
            array.size // len(array)), array, 0) if array.ndim and len(array) else array
            for name, array in reference(case).items()}
    found = failing(candidate, f"{family}/*", core=False)
    assert found and all("large" in name for name in found)


def test_no_size_is_a_multiple_of_16_and_every_edge_is_passed():
    sizes = Counter(size for case in LARGE for name, array in case.inputs.items()
                    for size in (*array.shape, *case.expect["y"].value.shape))
    assert not any(size % 16 == 0 for size in sizes)
    assert all(any(edge < size < edge * 2 for size in sizes) for edge in EDGES)


def test_a_report_says_from_where_on_a_product_is_wrong():
    def candidate(case):
        answers = reference(case)
        return {**answers, "y": np.where(np.arange(answers["y"].shape[-1]) < 64, answers["y"], 1)}
    text = oracle.check(candidate, only="spectral/*").to_text()
    assert (f"The forward is wrong, the gradients are right. Only large cases differ. No known "
            f"mistake fits y: in {WIDE} samples 0-32 (all) differ, in columns 64 and up") in text


@pytest.mark.parametrize("chosen, told", [
    ([1, 1, 1], "0-2 (all)"), ([1], "0 (all)"), ([1, 0, 0], "0"), ([0, 0, 1], "2"),
    ([0, 1, 1], "1 and up"), ([1, 1, 0], "0-1"), ([1, 0, 1, 1, 0], "0, 2-3"),
    ([1, 0] * 6, "0, 2, 4, 6, ... (6 of 12)")])
def test_indices_are_told_by_their_runs(chosen, told):
    assert runs(np.array(chosen, bool)) == told


# ---- the forms of x


def form(name, activation="identity"):
    return next(case for case in CASES if case.id.startswith(f"spectral/forms/{name}/{activation}"))


def seen(name):
    """The case as a candidate gets it."""
    views = []
    oracle.answers_of(lambda case: views.append(case) or reference(case), [form(name)])
    return views[0]


def test_x_comes_in_the_form_that_the_flags_say():
    for name, shape in (("strided", (6, 5)), ("broadcast", (6, 5)), ("three-axes", (2, 3, 5))):
        view = seen(name)
        assert view.x.shape == shape and view.x.flags.writeable
        assert np.array_equal(view.x.reshape(6, 5), form(name).x)
    assert seen("strided").x.strides == (2 * 15 * 8, 3 * 8)
    assert seen("strided").grad_y.strides == (2 * 9 * 8, 3 * 8)
    assert seen("broadcast").x.strides == (0, 8)
    assert seen("three-axes").grad_y.shape == (2, 3, 3)


def as_if_plain(array):
    """The numbers that stand in memory from the start of an array on."""
    base = array if array.base is None else array.base
    return np.resize(np.asarray(base).ravel(), array.shape)


def ignoring_strides(case):
    for name in ("x", "grad_y"):
        if name in case.inputs:
            case.inputs[name] = as_if_plain(case.inputs[name])
    return reference(case)


def test_code_that_ignores_strides_fails_in_core():
    def candidate(case):
        view = type(case).__new__(type(case))
        view.__dict__ = {**case.__dict__, "inputs": {**case.inputs}}
        return ignoring_strides(view)
    found = failing(candidate)
    assert found == [case.id for case in CASES if case.core and "/forms/" in case.id]
    text = oracle.check(candidate, only=(
        "spectral/*/b2-i3-o4/bias", "spectral/forms/str*")).to_text()
    assert "Only where x is a strided view. No known mistake fits" in text


def by_rows(order):
    """Our answers after x and grad_y of three axes were made rows in an order of their axes."""
    def candidate(case):
        if case.x.ndim != 3:
            raise NotImplementedError
        view = type(case).__new__(type(case))
        view.__dict__ = {**case.__dict__, "inputs": {**case.inputs, **{
            name: np.transpose(case.inputs[name], order).reshape(6, -1)
            for name in ("x", "grad_y")}}}
        answers = reference(view)
        inverse = tuple(np.argsort(order))
        return {name: np.transpose(array.reshape([(2, 3, array.shape[1])[k] for k in order]),
                                   inverse) if name in ("y", "grad_x") else array
                for name, array in answers.items()}
    return candidate


@pytest.mark.parametrize("candidate, ok", [
    (by_rows((0, 1, 2)), True), (reference, True), (by_rows((1, 0, 2)), True),
    (lambda case: {name: array.reshape(3, 2, -1).swapaxes(0, 1) if name == "y" else array
                   for name, array in reference(case).items()}, False),
    (lambda case: {name: array.reshape(1, 6, -1) if name == "y" else array
                   for name, array in reference(case).items()}, False),
    (lambda case: reference(case) | {"grad_bias": case.grad_y.sum(0)}, False),
    (lambda case: reference(case) | {"grad_bias": case.grad_y.sum(0).sum(1)}, False)],
    ids=["in order", "rows", "any order undone", "y flattened the other way", "one block",
         "a sum over one axis", "a sum over the wrong axis"])
def test_three_axes_may_be_answered_as_they_are_or_in_rows(candidate, ok):
    result, = oracle.answers_of(candidate, [form("three-axes")])
    assert result.passed == ok, result


@pytest.mark.parametrize("error, status", [
    (ValueError("x has 3 axes, expected 2"), "skipped"), (NotImplementedError(), "skipped"),
    (AttributeError("no rows"), "error")])
def test_who_refuses_three_axes_is_not_judged_by_them(error, status):
    def candidate(case):
        raise error
    result, = oracle.answers_of(candidate, [form("three-axes")])
    assert result.status == status


def test_three_axes_are_no_case_of_a_layout_with_samples_in_columns():
    report = oracle.check(lambda case: {}, suite="full", only="spectral/forms/*",
                          layout=oracle.Layout(x="features,batch"))
    assert {result.case.id.split("/")[2] for result in report.results} == {"strided", "broadcast"}


# ---- the second witness along directions

SMALL = ("factored/qr/identity/b2-i3-o4/bias", "nested/shared-skip/tanh/b2-3-4-2/bias",
         "sparse/static/spectral/identity/b2-i3-o4", "recurrent/tanh/t2/b2-i1-o1-n3/constant")


@pytest.mark.parametrize("name", SMALL)
def test_directions_confirm_what_differences_confirm(name):
    case = next(guarded(case) for case in catalog() if case["id"] == name)
    as_large = solve.solve({**case, "flags": [*case["flags"], "Large"]})
    assert as_large["expect"] == solve.solve(case)["expect"]
    assert as_large["witness"][1] == "directions" and as_large["agreed_digits"] >= AGREED


@pytest.mark.parametrize("array", ["y", "grad_x", "grad_phi", "grad_lambda_out"])
def test_directions_see_one_wrong_number_among_all(array, monkeypatch):
    """Where no single number is compared, too."""
    monkeypatch.setattr(directions, "SINGLES", 0)
    case = next(case for case in catalog() if case["id"] == "spectral/tanh/b4-i4-o4/bias")
    case = {**case, "flags": ["Large"]}
    with precision(75):
        answers = solve.bounded_answers(case)
    with precision(120):
        assert confirmed(case, answers)[0] >= AGREED
        number = answers[array][-1]
        answers[array][-1] = Bounded(number.value * (1 + directions.STEP), number.bound)
        assert confirmed(case, answers)[0] < AGREED


def test_no_entry_of_a_direction_is_0():
    """A wrong number whose entry is 0 would not be seen."""
    shares = [share for _, share in directions._dyadic(directions.Random(1), 1000)]
    assert {abs(8 * share) for share in shares} == set(range(1, 9)) and min(shares) == -1


def test_the_two_ways_to_invert_agree():
    rows = tuple(tuple(directions.Decimal(number) for number in row) for row in (
        (1.5, 0.25, -0.5), (0.125, 1, 0.375), (-0.25, 0.5, 0.75)))
    with precision(120):
        pairs = zip(definitions_recurrent._by_cofactors(rows),
                    definitions_recurrent._by_orthogonal_columns(rows))
        assert all(abs(a - b) < directions.Decimal("1e-115") for one, other in pairs
                   for a, b in zip(one, other))


# ---- ceilings


def test_the_files_of_all_cases_stay_below_8_megabytes():
    assert sum(path.stat().st_size for path in files.FOLDER.iterdir()) < 8_000_000
