"""Gradient flow: against closed forms and fine steps, its limits, what it counts, bad input."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near, refusals

from npspectral import Chain, Dense, hinge, mean_squared_error, soft_hinge
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden, mean_field, tree
from npspectral.training.adaptive_euler import Point, change
from npspectral.training import FlowRecord, Limits, gradient_flow, kernel_flow, predict_flow, settle


def stripe(rng, p, d):
    x = rng.normal(size=(p, d))
    return x, np.where((x[:, :1] > -0.3) & (x[:, :1] < 1.18549), -1.0, 1.0)


def at(records, time):
    return next(record for record in records if record.time >= time)


def test_linear_network_flows_along_the_closed_form(rng):
    """f = x w: with the squared error, w(t) = w* + exp(-2 H t) (w_0 - w*), H = x^T x / p."""
    net = Chain(Dense(3, 1, bias=False))
    x, params = rng.normal(size=(8, 3)), net.init(rng)
    f_0 = net.forward(params, x)[0]
    target = rng.normal(size=(8, 1))
    values, vectors = np.linalg.eigh(x.T @ x / 8)
    best = np.linalg.lstsq(x, target + f_0, rcond=None)[0].T
    w_0, time = params[0]["weight"], 0.4
    exact = best + (w_0 - best) @ vectors * np.exp(-2 * values * time) @ vectors.T
    errors = []
    for tight in (1e-6, 1e-8):
        limits = Limits(max_gradient_change=tight, floor=0.0, times=(time,), first_step=1e-6)
        last = at(gradient_flow(net, params, x, target, loss=mean_squared_error, limits=limits),
                  time)
        assert last.time == time and last.floor_steps == 0
        errors.append(np.abs(last.params[0]["weight"] - exact).max())
    assert errors[1] < errors[0] / 5 and errors[1] < 1e-4     # Euler: a tenth of the step


def test_the_first_move_of_the_outputs_is_the_tangent_kernel(rng):
    net = OneHidden(3, 20)
    (x, target), params = stripe(rng, 10, 3), net.init(rng)
    records = gradient_flow(net, params, x, target, loss=hinge, alpha=2.0,
                            limits=Limits(first_step=1e-6))
    start, moved = next(records), next(records)
    force = target / 10                                         # all slack: -loss'(0) / p
    expected = 2.0 * tangent_kernel(net, params, x) @ force
    assert_near(start.outputs, np.zeros((10, 1)), 1)
    np.testing.assert_allclose((moved.outputs - start.outputs) / 1e-6, expected, rtol=1e-5)


def test_halving_the_step_halves_the_drift_of_the_conserved_quantity(rng):
    """Without limits that bind, every step has the first one's size."""
    net = OneHidden(3, 30)
    (x, target), params = stripe(rng, 20, 3), net.init(rng)
    drifts = []
    for size in (0.02, 0.01, 0.005):
        limits = Limits(first_step=size, max_gradient_change=1e9, max_output_change=1e9,
                        times=tuple(np.arange(1, 4 / size + 1) * size))
        last = at(gradient_flow(net, params, x, target, loss=mean_squared_error, limits=limits), 4)
        assert last.step == round(4 / size)
        change, theta = net.conserved(last.params) - net.conserved(params), tree.ravel(last.params)
        assert last.drift == pytest.approx(np.abs(change).sum() / (theta @ theta), rel=1e-12)
        drifts.append(last.drift)
    assert 1.9 < drifts[0] / drifts[1] < 2.1 and 1.9 < drifts[1] / drifts[2] < 2.1
    assert 0 < drifts[2] < 1e-4


@pytest.mark.parametrize("alpha, fraction", [(1e-6, 0.3), (1e6, 0.8)])
def test_reaches_the_margin_where_the_published_rule_stalls(alpha, fraction):
    rng = np.random.default_rng(0)
    (x, target), net = stripe(rng, 32, 3), OneHidden(3, 300)
    params = net.init(rng)

    def last(floor):
        records = gradient_flow(net, params, x, target, loss=hinge, alpha=alpha,
                                limits=Limits(floor=floor))
        return settle(records, target, fraction=fraction, max_steps=2900)

    ours, published = last(0.002), last(0.0)
    assert ours.satisfied(target) >= fraction and ours.step < 2900
    assert 0 < ours.floor_steps <= ours.step and ours.rise < 0.02
    assert published.floor_steps == 0 and published.satisfied(target) < fraction
    assert published.time < ours.time / 10


def test_every_step_is_one_of_euler_within_the_limits_and_moments_are_hit(rng):
    net = mean_field(3, (8, 6))
    (x, target), params = stripe(rng, 12, 3), net.init(rng)
    times, begin = (0.001, 0.5, 0.50001, 3.0), tree.ravel(params)
    limits = Limits(max_gradient_change=1e-3, max_output_change=0.004, floor=1e-3, times=times)

    def state(record):
        _, residuals = net.forward(record.params, x)
        _, grad_y = hinge(record.outputs, target)
        grads, _ = net.backward(record.params, residuals, grad_y)
        return tree.ravel(record.params), tree.ravel(grads)

    records = gradient_flow(net, params, x, target, loss=hinge, alpha=2.0, limits=limits)
    before, seen, shifts = next(records), [0.0], []
    while before.time < 3:
        after = next(records)
        (theta, gradient), (moved, turned) = state(before), state(after)
        np.testing.assert_allclose(moved - theta, -(after.time - before.time) * gradient,
                                   rtol=0, atol=1e-14)
        difference = gradient - turned
        turn = difference @ difference / np.sqrt((gradient @ gradient) * (turned @ turned))
        assert after.floor_steps - before.floor_steps == (turn >= 1e-3)
        if turn >= 1e-3:
            assert np.linalg.norm(moved - theta) <= 1.001e-3 * np.linalg.norm(theta - begin)
        shifts.append(np.abs(after.outputs - before.outputs).max())
        seen.append(after.time)
        before = after
    assert 0.002 < max(shifts) < 0.004 and 0 < before.floor_steps < before.step
    assert set(times) <= set(seen) and seen == sorted(seen)


def test_change_of_a_gradient_is_relative_to_both_of_its_lengths():
    here, there = (Point(None, None, 0.0, np.array(g)) for g in ([3.0, 4.0], [0.0, 10.0]))
    assert change(here, there) == pytest.approx((3 ** 2 + 6 ** 2) / (5 * 10), rel=1e-14)


def test_steps_grow_and_shrink_as_published(rng):
    """On outputs y = theta, where gradients change as outputs do: |g - g'|^2 / (|g| |g'|)."""
    net = Chain(Dense(1, 1, bias=False))
    params, x = ({"weight": np.array([[1.0]])},), np.ones((1, 1))
    limits = Limits(max_gradient_change=1e-4, max_output_change=1e9, floor=0.0, first_step=3.0)
    records = gradient_flow(net, params, x, -x, loss=mean_squared_error, limits=limits)
    before, grown = next(records), 1.0
    for _, after in zip(range(100), records):
        shrunk = 0.1 ** (after.rejected - before.rejected)
        assert after.step_size == pytest.approx(before.step_size * grown * shrunk, rel=1e-12)
        left = 1 - 2 * after.step_size                          # of F - y, by one step of Euler
        change = (1 - left) ** 2 / left
        assert change < 1e-4 <= change * (100 if after.rejected > before.rejected else np.inf)
        grown = 1.1 if change < 0.5e-4 else 1.0
        before = after
    assert after.rejected == 3 and after.rise == 0


def test_a_step_cut_short_by_a_moment_leaves_the_next_one_its_length(rng):
    net = mean_field(3, (8, 6))
    (x, target), params = stripe(rng, 12, 3), net.init(rng)
    records = gradient_flow(net, params, x, target,
                            limits=Limits(first_step=1e-4, times=(1e-7, 2e-7, 3e-7)))
    sizes = [record.step_size for _, record in zip(range(6), records)]
    np.testing.assert_allclose(sizes[1:], [1e-7, 1e-7, 1e-7, 1e-4, 1.1e-4], rtol=1e-9)


def test_the_largest_rise_of_the_loss_is_remembered():
    net, params = Chain(Dense(1, 1, bias=False)), ({"weight": np.array([[1.0]])},)
    loose = Limits(max_gradient_change=1e9, max_output_change=1e9, first_step=1.5, times=(1.5, 2.0))
    records = gradient_flow(net, params, np.ones((1, 1)), -np.ones((1, 1)),
                            loss=mean_squared_error, limits=loose)
    seen = [(record.loss, record.rise) for _, record in zip(range(3), records)]
    assert seen == [(1, 0), (4, 3), (0, 3)]             # beyond the minimum, then into it


def test_a_sample_is_satisfied_where_every_output_reaches_the_margin():
    outputs, target = np.array([[1.0, -1], [2, 0.5], [1, -0.9]]), np.array([[1.0, -1]] * 3)
    record = FlowRecord({}, 0.0, 0, 1.0, outputs, 1.0, 0, 0, 0.0, np.nan)
    assert record.satisfied(target) == 1 / 3 and record.satisfied(target, 0.9) == 2 / 3


def test_frozen_parameters_stay_and_outputs_are_those_of_the_record(rng):
    net = OneHidden(3, 8, trainable=("beta",))
    (x, target), params = stripe(rng, 12, 3), net.init(rng)
    for _, record in zip(range(30), gradient_flow(net, params, x, target, alpha=3.0)):
        pass
    assert (record.params["omega"] == params["omega"]).all() and np.isnan(record.drift)
    moved = net.forward(record.params, x)[0] - net.forward(params, x)[0]
    np.testing.assert_allclose(record.outputs, 3.0 * moved, rtol=0, atol=1e-14)
    assert record.loss == soft_hinge(record.outputs, target)[0]


def test_ends_where_the_gradient_is_zero(rng):
    net = OneHidden(2, 400)
    x, target = np.array([[1.0, 0.0]]), np.array([[1.0]])
    records = list(gradient_flow(net, net.init(rng), x, target, loss=hinge))
    assert records[-1].loss == 0 and records[-1].satisfied(target) == 1
    assert settle(iter(records), target, fraction=2.0) == replace(records[-1], settled=False)


def test_a_flow_predicts_at_its_own_points_what_its_record_holds_and_at_others(rng):
    net = OneHidden(3, 20)
    (x, target), params = stripe(rng, 10, 3), net.init(rng)
    for _, record in zip(range(20), gradient_flow(net, params, x, target, alpha=3.0)):
        pass
    assert_near(predict_flow(net, record.params, params, x, 3.0), record.outputs)
    new = rng.normal(size=(1500, 3))
    change = net.forward(record.params, new)[0] - net.forward(params, new)[0]
    assert_near(predict_flow(net, record.params, params, new, 3.0), 3.0 * change)
    assert_near(predict_flow(net, record.params, params, new), change)
    single = [tree.map(np.float32, given) for given in (record.params, params, new)]
    assert predict_flow(net, *single, np.float64(0.5)).dtype == np.float32
    with pytest.raises(ValueError, match="predict_flow: alpha is 0, expected a finite number > 0"):
        predict_flow(net, params, params, new, 0)


def test_settle_says_whether_it_settled(rng):
    net = OneHidden(3, 20)
    (x, target), params = stripe(rng, 10, 3), net.init(rng)
    records = [record for _, record in zip(range(40), gradient_flow(
        net, params, x, target, limits=Limits(max_gradient_change=1e9)))]
    margin = np.median(target * records[30].outputs)
    first = next(record for record in records if record.satisfied(target, margin) >= 0.5)
    end = settle(records, target, fraction=0.5, margin=margin)
    assert 10 < end.step <= 30 and end == replace(first, settled=True) and end.settled is True
    assert "settled=True" in repr(end) and "settled" not in repr(first)
    assert settle(records, target, max_steps=7) == replace(records[7], settled=False)
    assert settle(records, target) == replace(records[-1], settled=False)


@pytest.mark.parametrize("change, message", [
    (dict(alpha=0.0), "gradient_flow: alpha is 0.0, expected a finite number"),
    (dict(alpha=np.inf), "alpha is inf"),
    (dict(network=OneHidden(3, 8, trainable=())), "nothing is trainable"),
    (dict(x=np.ones((12, 2))), "x has 2 features, expected 3"),
    (dict(target=np.ones((11, 1))), "target has shape"),
    (dict(x=np.full((12, 3), np.nan)), r"gradient_flow: x\[0, 0\] is nan, expected"),
    (dict(target=np.full((12, 1), np.nan)), r"flow: target\[0, 0\] is nan, expected finite number"),
    (dict(params={"omega": np.ones((8, 3)), "bias": np.full(8, np.inf), "beta": np.ones(8)}),
     r"gradient_flow: bias\[0\] is inf, expected finite numbers"),
    (dict(loss="hinge"), "gradient_flow: loss is 'hinge', expected a function"),
    (dict(x=np.ma.masked_array(np.ones((12, 3)))), "flow: x is MaskedArray, expected a numpy.nd"),
])
def test_bad_arguments(rng, change, message):
    network = OneHidden(3, 8)
    x, target = stripe(rng, 12, 3)
    given = dict(network=network, params=network.init(rng), x=x, target=target, loss=hinge) | change
    with pytest.raises((TypeError, ValueError), match=message):
        gradient_flow(**given)


def test_a_step_that_shrinks_to_nothing_is_an_error(rng):
    """Two opposite kinks with no floor: the published rule has no step that it accepts."""
    net = Chain(Dense(1, 1, bias=False))
    params = ({"weight": np.array([[0.0]])},)
    x, target = np.array([[1.0], [1.0]]), np.array([[1.0], [-1.0]])

    def kinked(y, target):
        sign = np.where(y[:1] >= 0, 1.0, -1.0)
        return (sign * y[0]).sum(), np.concatenate([sign, 0 * sign])

    with pytest.raises(FloatingPointError, match="has shrunk to"):
        for _ in gradient_flow(net, params, x, target, loss=kinked, limits=Limits(floor=0.0)):
            pass


# Numbers that no comparison stops, and how far precision goes

def linear(rng, p=6):
    """A network, params, x and target (p, 1)."""
    net = Chain(Dense(3, 1))
    target = np.where(np.arange(p) % 2, 1.0, -1.0)[:, None]
    return net, net.init(rng), rng.normal(size=(p, 3)), target


def spoiled_after(calls, part, value=np.nan):
    """The squared error, whose value or gradient is spoiled from that call on."""
    count = iter(range(10 ** 6))

    def loss(y, target):
        found = list(mean_squared_error(y, target))
        if next(count) >= calls:
            found[part] = found[part] * value
        return tuple(found)
    return loss


@pytest.mark.parametrize("calls, part, message", [
    (0, 0, "the loss is nan after step 0"), (0, 1, "the gradient is nan after step 0"),
    (3, 0, "the loss is nan after step 2"), (3, 1, "the gradient is nan after step 2")])
@pytest.mark.parametrize("flow", ["gradient_flow", "kernel_flow"])
def test_a_loss_or_gradient_that_is_no_number_stops_a_flow(flow, calls, part, message, rng):
    loss, limits = spoiled_after(calls, part), Limits(first_step=1e-9)
    net, params, x, target = linear(rng)
    records = (gradient_flow(net, params, x, target, loss=loss, limits=limits)
               if flow == "gradient_flow" else kernel_flow(np.eye(6), target, loss=loss,
                                                           limits=limits))
    with pytest.raises(FloatingPointError, match=f"{flow}: {message}"):
        for _ in zip(range(9), records):
            pass


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_alpha_that_precision_cannot_follow_is_said_to_be_too_large(dtype, rng):
    net = OneHidden(3, 20)
    (x, target), params = stripe(rng, 12, 3), net.init(rng, dtype)
    records = gradient_flow(net, params, x.astype(dtype), target.astype(dtype), alpha=1e20)
    with pytest.raises(FloatingPointError, match="gradient_flow: a step of .* is lost in rounding, "
                                                 "ten times that moves F too far; alpha is too"):
        settle(records, target)


@pytest.mark.parametrize("alpha", [1e-20, 1e20])
def test_a_frozen_kernel_takes_any_alpha(alpha, rng):
    z = rng.normal(size=(6, 6))
    kernel, target = z @ z.T, np.where(np.arange(6) % 2, 1.0, -1.0)[:, None]
    want = settle(kernel_flow(kernel, target, loss=hinge), target)
    got = settle(kernel_flow(kernel, target, loss=hinge, alpha=alpha), target)
    assert want.satisfied(target) == got.satisfied(target) == 1 and want.loss == 0
    assert got.time * alpha == pytest.approx(want.time, rel=0.2)


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_a_flow_goes_on_where_the_squares_of_its_gradient_vanish_or_overflow(size):
    """dw/dt = size, in float32: the square of either is 0 or infinite, w(t) = size t is not."""
    net = Chain(Dense(1, 1, bias=False))
    params = ({"weight": np.zeros((1, 1), np.float32)},)
    one = np.ones((1, 1), np.float32)

    def loss(y, target):
        return -(np.float32(size) * y).sum(), -np.float32(size) * one

    times = (1 / size, 2 / size)
    limits = Limits(times=times, first_step=0.01 / size ** 2 if size > 1 else 1e20,
                    max_output_change=1.0)
    last = next(record for record in gradient_flow(net, params, one, one, loss=loss, limits=limits)
                if record.time >= times[1])
    assert last.params[0]["weight"] == pytest.approx(2, rel=1e-5) and last.rejected < 5


def test_moments_may_come_from_an_iterator(rng):
    net, params, x, target = linear(rng)
    limits = Limits(times=(time for time in (0.125, 0.25)), first_step=0.01)
    assert limits.times == (0.125, 0.25)
    for _ in range(2):                                      # of one Limits, two flows
        times = [record.time for _, record in zip(range(100), gradient_flow(
            net, params, x, target, loss=mean_squared_error, limits=limits))]
        assert 0.125 in times and 0.25 in times


@pytest.mark.parametrize("name, value", [
    ("max_gradient_change", 0.0), ("max_gradient_change", np.nan), ("max_gradient_change", "1"),
    ("max_output_change", -1.0), ("first_step", np.inf), ("first_step", True), ("floor", 1.0),
    ("floor", -0.1), ("floor", None), ("floor", np.nan), ("times", (2.0, 1.0)), ("times", (0.0,)),
    ("times", (1.0, np.inf)), ("times", 1.0), ("times", "12"), ("times", ("1",))])
def test_limits_that_do_not_fit_are_refused_by_name(name, value):
    with pytest.raises((TypeError, ValueError), match=f"Limits: {name} is {value!r}, exp".replace(
            "(", r"\(").replace(")", r"\)")):
        Limits(**{name: value})


def test_what_a_caller_does_to_a_record_or_a_loss_to_its_arguments_does_not_reach_the_flow(rng):
    net = OneHidden(3, 8, trainable=("beta", "omega"))
    (x, target), params = stripe(rng, 12, 3), net.init(rng)
    start = tree.copy(params)
    want = [record for _, record in zip(range(5), gradient_flow(net, params, x, target))]
    for record, right in zip(gradient_flow(net, params, x, target), want):
        assert record == right
        for array in (*tree.leaves(record.params), record.outputs):
            array[...] = 7
    for left, right in zip(tree.leaves(params), tree.leaves(start)):
        assert (left == right).all()

    def writing(y, target):
        target[:] = 1
        return soft_hinge(y, target)

    for flow in (lambda: gradient_flow(net, params, x, target, loss=writing),
                 lambda: kernel_flow(np.eye(12), target, loss=writing)):
        kept = target.copy()
        with pytest.raises(ValueError, match="read-only"):
            next(flow())
        assert (target == kept).all()


def test_a_record_of_a_flow_prints_as_one_short_line(rng):
    net, params, x, target = linear(rng)
    record = next(gradient_flow(net, params, x, target, loss=mean_squared_error))
    assert repr(record) == (f"FlowRecord(time=0, step=0, loss={record.loss:.6g}, floor_steps=0, "
                            f"rejected=0)")


test_settling_needs_records_and_numbers = refusals(
    ValueError,
    (lambda: settle([], np.ones(1)), "settle: records is empty, expected those of a flow"),
    (lambda: settle([], np.ones(1), np.nan), "settle: fraction is nan, expected a finite number"),
    (lambda: settle([], np.ones(1), margin=np.nan), "settle: margin is nan, expected a finite"))


def test_layer_cannot_write_to_the_parameters_of_a_flow(rng):
    class Spoiling(Dense):
        def backward(self, params, *others, **options):
            params["weight"] *= 2
            return super().backward(params, *others, **options)

    layer = Spoiling(3, 1)
    x = rng.standard_normal((5, 3))
    with pytest.raises(ValueError, match="read-only"):
        next(gradient_flow(layer, layer.init(rng), x, np.sign(x[:, :1]), loss=hinge))
