"""Cases of convolutions, batch normalization and tangent kernels; layouts of images."""
import json
import re
from itertools import product

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.certify import definitions_images, formulas_images, guard, solve, tangent
from npspectral.oracle.certify.arithmetic import Bounded, precision
from npspectral.oracle.mistakes.right import Steps
from npspectral.oracle.suite import files, schema
from npspectral.oracle.suite.case import cases, with_inputs
from npspectral.oracle.suite.catalog import catalog
from npspectral.oracle.verdict.reference import reference

NEW = {case.id: case for case in cases("full", ["convolution/*", "batch_norm/*", "tangent/*"])}
GUARDED = {case["id"]: case for case in map(guard.guarded, catalog()[837:])}


# ---- what there is


def test_the_grid_has_every_stride_padding_dilation_and_number_of_groups():
    grid = [case.layers[0] for name, case in NEW.items()
            if re.match("convolution/s[0-9]-p", name)]
    steps = {tuple(layer[key] for key in ("stride", "padding", "dilation", "groups"))
             for layer in grid}
    assert steps == set(product((1, 2, 3), (0, 1, 2), (1, 2), (1, 2)))


def test_pixels_that_no_kernel_reads_are_flagged_and_have_the_gradient_0():
    unread = [case for case in NEW.values() if "Unread" in case.flags and case.kind == "vjp"
              and len(case.layers) == 1]
    assert len(unread) >= 20
    ones = {"weight": lambda a: np.ones_like(a), "grad_y": lambda a: np.ones_like(a)}
    at_an_edge = 0
    for case in unread:
        seen = Steps().vjp(with_inputs(case, {name: change(case.inputs[name])
                                              for name, change in ones.items()}))["grad_x"]
        assert not case.expect["grad_x"].value[seen == 0].any(), case.id
        at_an_edge += bool((seen[:, -1] == 0).any() or (seen[:, :, -1] == 0).any())
    assert at_an_edge >= 10


def test_both_modes_both_divisors_and_constant_channels_are_there():
    layers = [layer for case in NEW.values() for layer in case.layers
              if layer["layer"] == "batch_norm"]
    assert {layer["training"] for layer in layers} == {True, False}
    assert {layer["unbiased"] for layer in layers if layer["training"]} == {True, False}
    for case in (case for case in NEW.values() if "Constant" in case.flags):
        assert not np.ptp(case.x[..., 1]) and case.variance[1] == 0
        training = case.layers[0]["training"]
        assert not training or not case.expect["grad_gain"].value[1]


def test_the_running_variance_has_the_divisor_that_the_case_says():
    for case in (case for case in NEW.values() if "new_variance" in case.expect):
        layer, axes = case.layers[0], tuple(range(case.x.ndim - 1))
        new = case.x.var(axes, ddof=int(layer["unbiased"]))
        want = (1 - layer["share"]) * case.variance + layer["share"] * new
        np.testing.assert_allclose(case.expect["new_variance"].value, want, rtol=1e-14)
        z = (case.x - case.x.mean(axes)) / np.sqrt(case.x.var(axes) + layer["eps"])
        if len(case.layers) == 1:
            y = case.gain * z + (0 if case.bias is None else case.bias)
            np.testing.assert_allclose(case.expect["y"].value, y, rtol=1e-9, atol=1e-12)


# ---- the witnesses see each other's slips

SLIPS = {
    "a place too far": (
        formulas_images, "covered", lambda right: lambda layer, row, column: (
            (u, at) for u, at in right(layer, row, column) if u),
        "convolution/s2-p1-d1-g1/k3-plain"),
    "a number that reaches too little": (
        definitions_images, "reached", lambda right: lambda layer, i, outputs: list(right(
            layer, i, outputs))[:1], "convolution/special/two-groups-of-two"),
    "a mean without the first sample": (
        formulas_images, "batch_statistics", lambda right: lambda x, channels: right(
            x[1:], channels), "batch_norm/training/biased/b2-3x2x2"),
    "pairs counted once": (
        definitions_images, "of_batch", lambda right: lambda x, k, channels: (
            lambda mean, squares, n: (mean, squares / 2, n))(*right(x, k, channels)),
        "batch_norm/training/unbiased/b4-3"),
    "a running statistic of the biased variance": (
        formulas_images, "moved_statistics", lambda right: lambda layer, params, x: right(
            {**layer, "unbiased": False}, params, x), "batch_norm/training/unbiased/b4-3"),
    "a kernel of one output": (
        tangent, "product", lambda right: lambda row, other: right(row, row),
        "tangent/convolution/standard/tanh/b2-4x3x1-2-2-2"),
}


@pytest.mark.parametrize("module, name, wrong, case", SLIPS.values(), ids=SLIPS)
def test_the_witnesses_disagree_where_one_of_them_slips(monkeypatch, module, name, wrong, case):
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    with pytest.raises(ArithmeticError, match="the witnesses agree to"):
        solve.solve(GUARDED[case])


@pytest.mark.parametrize("name", [
    "convolution/s3-p2-d2-g2/k2-bias", "batch_norm/training/constant-channel/b4-3",
    "batch_norm/training/24-bits/far-from-0/b4-3", "tangent/dense/scaled/tanh/b3-3-4-2"])
def test_a_case_is_solved_to_the_shipped_bits(name):
    assert solve.solve(GUARDED[name]) == NEW[name].solved


def test_the_closed_gradient_of_the_normalization_is_that_of_the_tape():
    """Two forms of the same layer: their values agree, and S is that of the worse one."""
    case = GUARDED["batch_norm/training/unbiased/b4-3"]
    with precision(solve.DIGITS):
        first, *others = [solve.bounded_answers(form) for form in (case, *solve.forms(case))]
    assert len(others) == 3
    for other in others:
        for name, numbers in first.items():
            for a, b in zip(numbers, other[name], strict=True):
                assert abs(a.value - b.value) <= 1e-60 * max(a.bound, 1)


def test_the_bound_of_a_kernel_has_room_for_the_form_of_a_layer():
    row, other = [Bounded(1, 8.0)] * 3, [Bounded(1, 4.0)] * 3
    plain = Bounded.total([a * b for a, b in zip(row, other)])
    assert tangent.product(row, other).bound == plain.bound + 3 * 8 * 4


# ---- what a case sees


def fast_variance(case):
    """Our own answers, but for z by the mean of squares less the square of the mean."""
    answers = reference(case)
    x, axes = case.x, tuple(range(case.x.ndim - 1))
    variance = (x * x).mean(axes, dtype=x.dtype) - x.mean(axes, dtype=x.dtype) ** 2
    z = (x - x.mean(axes)) / np.sqrt(variance + x.dtype.type(case.layers[0]["eps"]))
    bias = 0 if case.bias is None else case.bias
    return {**answers, "y": (case.gain * z + bias).astype(x.dtype)}


@pytest.mark.parametrize("dtype, bits", [("float32", 24), ("float64", 53)])
def test_far_from_0_the_mean_of_squares_less_the_squared_mean_fails_and_nowhere_else(dtype, bits):
    report = oracle.check(fast_variance, suite="full", dtype=dtype, only=[
        f"batch_norm/training/{bits}-bits/*", "batch_norm/training/unbiased/*",
        "batch_norm/training/eps*"])
    assert [result.case.id for result in report.failures] == [
        f"batch_norm/training/{bits}-bits/far-from-0/b4-3"]


def test_forward_only_asks_for_y_and_what_the_statistics_become():
    report = oracle.check(lambda case: {name: array for name, array in reference(case).items()
                                        if not name.startswith("grad_")},
                          only=["batch_norm/training/unbiased/*", "tangent/*"], forward_only=True)
    report.raise_if_failed()
    assert {name for result in report.results for name in result.got} == {
        "y", "new_mean", "new_variance"}


# ---- layouts

ORDERS = {"torch": ((0, 3, 1, 2), (0, 3, 1, 2)), "keras": ((0, 1, 2, 3), (1, 2, 3, 0))}


def elsewhere(images, kernels):
    """Our own answers of a candidate with other orders of axes."""
    def turned(name, array, back=False):
        if name.startswith("per_sample_"):
            return np.stack([turned(name[11:], sample) for sample in array])
        if array.ndim < 4:
            return array
        order = kernels if name.endswith("weight") else images
        return array.transpose(np.argsort(order) if back else order)

    def candidate(case):
        own = with_inputs(case, {name: turned(name, array, True)
                                 for name, array in case.inputs.items()})
        return {name: turned(name, array) for name, array in reference(own).items()}
    return candidate


ONLY = ["convolution/s2-*", "convolution/tanh/*", "batch_norm/*/*/b2*", "batch_norm/*/tanh/*",
        "second/convolution/tanh/*", "per_sample/convolution/tanh/*"]


@pytest.mark.parametrize("layout", ORDERS)
def test_an_order_of_axes_passes_with_its_layout_alone(layout):
    candidate = elsewhere(*ORDERS[layout])
    oracle.check(candidate, suite="full", only=ONLY, layout=layout).raise_if_failed()
    report = oracle.check(candidate, suite="full", only="convolution/s2-*")
    assert not any(result.passed for result in report.results)


def test_a_layout_can_name_any_order():
    layout = oracle.Layout(images="CHWN", kernels="IHWO")
    view = layout.to_candidate(NEW["convolution/special/depthwise-strided"])
    assert view.x.shape == (3, 5, 4, 1) and view.weight.shape == (1, 3, 3, 6)
    assert view.expect["grad_weight"].value.shape == (1, 3, 3, 6)
    case = NEW["convolution/special/depthwise-strided"]
    back = layout.from_candidate(case, {name: expected.value
                                        for name, expected in view.expect.items()})
    for name, array in back.items():
        np.testing.assert_array_equal(array, case.expect[name].value)


@pytest.mark.parametrize("field, value", [("images", "NHW"), ("images", "NHWO"),
                                          ("kernels", "OHWC"), ("kernels", None)])
def test_an_order_that_is_none_is_refused(field, value):
    with pytest.raises(ValueError, match=f"{field} is"):
        oracle.Layout(**{field: value})


# ---- the format

FAULTS = {
    "no running variance": ("batch_norm", lambda case: case["expect"].pop("new_variance")),
    "a running mean in evaluation": ("batch_norm", lambda case: case["layers"][0].update(
        training=False)),
    "a running mean of another shape": (
        "batch_norm", lambda case: case["expect"]["new_mean"].update(shape=[1, 3])),
    "no kernel": ("tangent", lambda case: case["expect"].pop("kernel")),
    "a gradient beside a kernel": ("tangent", lambda case: case["expect"].update(
        grad_x=case["expect"]["y"])),
    "a convolution without groups": ("convolution", lambda case: case["layers"][0].pop("groups")),
    "a stride of 0": ("convolution", lambda case: case["layers"][0].update(stride=0)),
    "a padding that is text": (
        "convolution", lambda case: case["layers"][0].update(padding="same")),
    "six axes": ("convolution", lambda case: case["inputs"]["x"].update(
        shape=[1, 1, *case["inputs"]["x"]["shape"]])),
}


@pytest.mark.parametrize("family, change", FAULTS.values(), ids=FAULTS)
def test_a_file_that_breaks_the_format_is_refused(family, change):
    document = json.loads((files.FOLDER / f"{family}.json").read_bytes())
    rules = json.loads((files.FOLDER / files.SCHEMA).read_bytes())
    assert schema.faults(document, rules) == []
    change(document["cases"][0])
    assert schema.faults(document, rules)
