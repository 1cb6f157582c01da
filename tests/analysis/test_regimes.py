"""Conventions by running each of them; drift measures; the linearized network; bad input."""
import numpy as np
import pytest
from conftest import assert_near

from npspectral import Chain, Dense, Spectral, Tanh, soft_hinge
from npspectral.analysis.kernels.regimes import (kernel_change, linearized, parameter_change,
                                                 scale_and_time)
from npspectral.nn import tree
from npspectral.nn.one_hidden import OneHidden

H, P, STEPS = 20, 15, 200


def published(convention, x, y, params, scale, time):
    """Euler steps of a flow written as that convention writes it, up to its own time."""
    w, b, beta = (params[name].copy() for name in ("omega", "bias", "beta"))
    prefactor = {"code": 2 ** 0.5 / H, "article": 2 ** 0.5 / H ** 0.5, "talk": 1 / H}[convention]
    divisor = {"code": scale, "article": scale ** 2, "talk": 1.0}[convention]

    def f():
        return prefactor * np.maximum(x @ w.T / x.shape[1] ** 0.5 + b, 0) @ beta

    start = f()
    for _ in range(STEPS):
        u = x @ w.T / x.shape[1] ** 0.5 + b
        force = -soft_hinge((scale * (f() - start))[:, None], y[:, None])[1][:, 0]
        common = scale * prefactor * force[:, None] / divisor * (u > 0) * time / STEPS
        w, b, beta = (w + (common * beta).T @ x / x.shape[1] ** 0.5, b + (common * beta).sum(0),
                      beta + (common * u).sum(0))
    return {"omega": w, "bias": b, "beta": beta}


@pytest.mark.parametrize("alpha, time", [(0.3, 2.0), (1.0, 10.0), (200.0, 0.2)])
def test_all_conventions_move_the_parameters_alike(rng, alpha, time):
    params = OneHidden(4, H).init(rng)
    x, y = rng.normal(size=(P, 4)), np.where(rng.random(P) < 0.5, -1.0, 1.0)
    ends = {name: published(name, x, y, params, *scale_and_time(alpha, time, H, convention=name))
            for name in ("code", "article", "talk")}
    assert parameter_change(ends["code"], params) > 1e-3
    for name in ("article", "talk"):
        for key, array in ends["code"].items():
            np.testing.assert_allclose(ends[name][key], array, rtol=0, atol=1e-11)


def test_the_code_convention_is_this_packages(rng):
    from npspectral.training import Limits, gradient_flow
    net = OneHidden(4, H)
    params, x = net.init(rng), rng.normal(size=(P, 4))
    y = np.where(rng.random(P) < 0.5, -1.0, 1.0)
    limits = Limits(first_step=0.01, max_gradient_change=1e9, max_output_change=1e9,
                    times=tuple(0.01 * np.arange(1, STEPS + 1)))
    *_, last = (record for _, record in zip(range(STEPS + 1), gradient_flow(
        net, params, x, y[:, None], alpha=0.3, limits=limits)))
    wanted = published("code", x, y, params, 0.3, 2.0)
    for name, array in wanted.items():
        np.testing.assert_allclose(last.params[name], array, rtol=0, atol=1e-12)


def test_changes():
    start = {"a": np.array([3.0, 0.0]), "b": np.array([[4.0]])}
    moved = {"a": np.array([3.0, 1.0]), "b": np.array([[4.0]])}
    assert parameter_change(moved, start) == pytest.approx(0.2, rel=1e-15)
    assert kernel_change(np.array([[3.0, 0], [0, 5]]), np.array([[3.0, 0], [0, 4]])) == 0.2
    with pytest.raises(ValueError, match=r"start has shape \(2,\), expected \(3,\)"):
        kernel_change(np.ones(3), np.ones(2))


def test_linearized_is_the_first_order(rng):
    net = Chain(Spectral(4, 5), Tanh(), Dense(5, 2))
    start, x = net.init(rng), rng.normal(size=(6, 4))
    direction = tree.map(lambda array: rng.normal(size=array.shape), start)
    errors = []
    for step in (1e-2, 1e-3):
        moved = tree.map(lambda array, change: array + step * change, start, direction)
        gap = net.forward(moved, x)[0] - linearized(net, moved, start, x)
        errors.append(np.abs(gap).max())
    assert 70 < errors[0] / errors[1] < 140                     # what is left is of second order
    assert_near(linearized(net, start, start, x), net.forward(start, x)[0], 10)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
def test_linearized_in_other_precisions(rng, dtype):
    net = Chain(Spectral(4, 5), Tanh(), Dense(5, 2))
    start, end, x = net.init(rng), net.init(rng), rng.normal(size=(6, 4))
    wanted = linearized(net, end, start, x)

    def cast(params):
        return tree.map(lambda array: array.astype(dtype), params)

    got = linearized(net, cast(end), cast(start), x.astype(dtype))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, wanted, rtol=0, atol=100 * max(np.finfo(dtype).eps, 2e-16))
