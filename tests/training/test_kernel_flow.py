"""The flow with a frozen kernel: closed forms, the limit of the network's flow, two integrators."""
from functools import partial

import numpy as np
import pytest
from conftest import refusals

from npspectral import Tanh, mean_squared_error, quadratic_hinge, soft_hinge
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden, mean_field
from npspectral.training import Limits, gradient_flow, kernel_flow, kernel_flow_at


@pytest.fixture
def problem(rng):
    x = rng.normal(size=(12, 3))
    net = OneHidden(3, 50)
    params = net.init(rng)
    target = np.where(x[:, :1] > 0, 1.0, -1.0)
    return net, params, x, target, tangent_kernel(net, params, x)


def exact(kernel, target, time, alpha):
    """Squared error: F = alpha K a obeys dF/dt = (2 alpha / p) K (y - F)."""
    values, vectors = np.linalg.eigh(kernel)
    decay = np.exp(-2 * alpha * values * time / len(target))
    return target - vectors @ (decay[:, None] * (vectors.T @ target))


def test_closed_form_of_the_squared_error(problem):
    *_, target, kernel = problem
    time, alpha = 30.0, 2.0
    wanted = exact(kernel, target, time, alpha)
    assert np.abs(wanted).max() > 0.1
    a, = kernel_flow_at(kernel, target, (time,), loss=mean_squared_error, alpha=alpha)
    assert np.abs(alpha * kernel @ a - wanted).max() < 1e-6
    errors = []
    for tight in (1e-5, 1e-7):
        limits = Limits(times=(time,), max_gradient_change=tight, first_step=1e-6)
        last = next(record for record in kernel_flow(kernel, target, loss=mean_squared_error,
                                                     alpha=alpha, limits=limits)
                    if record.time == time)
        np.testing.assert_allclose(last.outputs, alpha * kernel @ last.params, rtol=1e-12)
        errors.append(np.abs(last.outputs - wanted).max())
    assert errors[1] < errors[0] / 5 and errors[1] < 1e-3


def test_a_stiff_problem_takes_the_implicit_method_few_calls(rng):
    """Without the Jacobian it takes 1.7 times as many, a method of Runge and Kutta six times."""
    vectors, _ = np.linalg.qr(rng.standard_normal((20, 20)))
    kernel = (vectors * 10.0 ** np.linspace(-2, 3, 20)) @ vectors.T
    calls = []

    def loss(outputs, target):
        calls.append(outputs)
        return soft_hinge(outputs, target, sharpness=5.0)

    kernel_flow_at(kernel, rng.choice([-1.0, 1.0], (20, 1)), (30.0,), loss=loss, tolerance=1e-4)
    assert len(calls) < 300


@pytest.mark.parametrize("loss", [soft_hinge, quadratic_hinge])
def test_both_integrators_agree(problem, loss):
    *_, target, kernel = problem
    times = (1.0, 10.0, 100.0)
    limits = Limits(times=times, max_gradient_change=1e-7, first_step=1e-4)
    fine = {}
    for record in kernel_flow(kernel, target, loss=loss, limits=limits):
        fine[record.time] = record.params
        if record.time == times[-1]:
            break
    implicit = kernel_flow_at(kernel, target, times, loss=loss)
    for time, a in zip(times, implicit):
        np.testing.assert_allclose(a, fine[time], rtol=0, atol=2e-3 * np.abs(a).max())


def test_whatever_unwritten_memory_holds_raises_no_warning(problem, monkeypatch):
    class Dirty:
        """NumPy whose empty arrays hold signaling NaNs, as memory may."""

        def __getattr__(self, name):
            return getattr(np, name)

        def empty(self, shape, dtype=float):
            return np.full(shape, 0x7ff0000000000001, np.uint64).view(float).astype(dtype)

    *_, target, kernel = problem
    expected = kernel_flow_at(kernel, target, (1.0, 10.0), loss=soft_hinge)
    monkeypatch.setattr("scipy.integrate._ivp.bdf.np", Dirty())
    found = kernel_flow_at(kernel, target, (1.0, 10.0), loss=soft_hinge)
    np.testing.assert_array_equal(found, expected)


def test_it_is_the_limit_of_the_networks_flow(problem, rng):
    x, target = problem[2:4]
    net = mean_field(3, (50,), activation=Tanh())
    params = net.init(rng)
    kernel = tangent_kernel(net, params, x)
    errors = []
    for alpha in (1e2, 1e3, 1e4):
        size = 0.05 / alpha                                     # both take the same Euler steps
        limits = Limits(first_step=size, max_gradient_change=1e9, max_output_change=1e9,
                        times=tuple(size * np.arange(1, 401)))
        network, frozen = (next(record for record in records if record.step == 400)
                           for records in (gradient_flow(net, params, x, target, alpha=alpha,
                                                         loss=quadratic_hinge, limits=limits),
                                           kernel_flow(kernel, target, alpha=alpha,
                                                       loss=quadratic_hinge, limits=limits)))
        errors.append(np.abs(network.outputs - frozen.outputs).max())
    assert np.abs(frozen.outputs).max() > 0.1
    assert 7 < errors[0] / errors[1] < 14 and 7 < errors[1] / errors[2] < 14    # ~ 1 / alpha


at_times = partial(kernel_flow_at, np.eye(3), np.ones((3, 1)))
test_the_implicit_method_takes_one_output_and_times_that_rise_from_zero = refusals(
    ValueError,
    (lambda: kernel_flow_at(np.eye(3), np.ones((3, 2)), (1.0,)),
     r"target has shape \(3, 2\), expected \(p, 1\)"),
    (partial(at_times, (0.5,), tolerance=np.nan), "flow_at: tolerance is nan, expected a finite"),
    *((partial(at_times, times), "times is .*, expected increasing numbers > 0")
      for times in ((), (-1.0,), (0.0, 1.0), (2.0, 1.0), (np.nan,))))


@pytest.mark.parametrize("flow", [kernel_flow, partial(kernel_flow_at, times=(1.0,))])
@pytest.mark.parametrize("kernel, target, alpha, message", [
    ([[1, np.nan], [np.nan, 1]], [[1], [1]], 1, r"kernel\[0, 1\] is nan, expected finite numbers"),
    ([[1, 0], [0, np.inf]], [[1], [1]], 1, r"kernel\[1, 1\] is inf, expected finite numbers"),
    ([[1, 0.5], [0, 1]], [[1], [1]], 1, "kernel differs from its transpose by 5.0e-01, expected"),
    ([[1, 0], [0, 1]], [[1], [np.nan]], 1, r"target\[1, 0\] is nan, expected finite numbers"),
    ([[1, 0], [0, 1]], [[1]], 1, r"kernel has shape \(2, 2\) and target \(1, 1\), exp"),
    ([[1, 0], [0, 1]], [[1], [1]], -1.0, "alpha is -1.0, expected a finite number > 0")])
def test_kernels_and_targets_that_are_none_are_refused(flow, kernel, target, alpha, message):
    with pytest.raises(ValueError, match=message):
        flow(np.array(kernel, float), np.array(target, float), alpha=alpha)


def test_times_may_come_from_an_iterator(problem):
    *_, target, kernel = problem
    want = kernel_flow_at(kernel, target, (0.5, 1.0), loss=mean_squared_error)
    got = kernel_flow_at(kernel, target, iter((0.5, 1.0)), loss=mean_squared_error)
    assert (got == want).all()
