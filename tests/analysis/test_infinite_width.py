"""Closed forms against quadrature over the Gaussian plane, extended precision, wide networks."""
import math

import numpy as np
import pytest
from conftest import assert_near

from npspectral import Chain, Dense, ReLU
from npspectral.analysis.kernels import infinite_width as module
from npspectral.analysis.kernels.infinite_width import (arc_cosine_kernel, deep_relu_kernels,
                                                        relu_tangent_kernel)
from npspectral.analysis.kernels.tangent import tangent_kernel

PI = math.pi


def mean_of_products(theta, order):
    """E[relu(w.u)^k relu(w.v)^k] of unit vectors by polar coordinates: radius exactly, angle by
    Gauss and Legendre where both are active."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    span = PI - theta
    phi = -PI / 2 + theta + span * (nodes + 1) / 2
    radial = 2.0 ** order * math.factorial(order)           # int r^(2k+1) exp(-r^2/2) dr
    angular = (np.cos(phi) * np.cos(phi - theta)) ** order @ weights * span / 2
    return radial * angular / (2 * PI)


@pytest.mark.parametrize("order", range(4))
@pytest.mark.parametrize("theta", [0, 1e-8, 0.01, 0.1, 1.0, PI / 2, 2.0, 3.0, PI - 1e-6])
def test_arc_cosine_kernels_are_twice_the_gaussian_mean(order, theta):
    m, n = 1.5, 0.7
    u, v = np.array([[m, 0.0]]), n * np.array([[math.cos(theta), math.sin(theta)]])
    want = 2 * (m * n) ** order * mean_of_products(theta, order)
    size = (m * n) ** order * math.factorial(2 * order)
    assert_near(arc_cosine_kernel(u, v, order), np.array([[want]]), 100, scale=size)


@pytest.mark.parametrize("theta", [1e-15, 1e-9, 1e-7, 1e-4, 0.1, PI - 1e-4, PI - 1e-9])
def test_angles_have_all_their_digits_near_both_ends(theta):
    """arccos of the cosine would leave 1e-8 of an angle."""
    rest = PI - theta if theta > 1 else theta               # exactly representable in the vector
    v = np.array([[math.cos(rest) * (1 if theta < 1 else -1), math.sin(rest), 0, 0]])
    u = np.array([[3.0, 0, 0, 0]])
    got = arc_cosine_kernel(u, v, 0)[0, 0]
    want = 1 - theta / PI if theta < 1 else rest / PI
    assert abs(got - want) < 4e-16


def test_the_diagonal_and_collinear_rows_are_exact(rng):
    x = rng.standard_normal((20, 7))
    assert np.array_equal(np.diag(arc_cosine_kernel(x, order=0)), np.ones(20))
    square = (x * x).sum(1)
    for order, value in ((1, 1), (2, 3), (3, 15)):          # (2k - 1)!!
        assert_near(np.diag(arc_cosine_kernel(x, order=order)), value * square ** order, 32)
    opposite = arc_cosine_kernel(x, -2 * x, 1)
    assert_near(np.diag(opposite), np.zeros(20), 8, scale=2 * square.max())
    sigma, theta = deep_relu_kernels(x, depth=3)
    assert_near(np.diag(sigma), 2 * square / 7, 64)
    assert_near(np.diag(theta), 4 * 2 * square / 7, 64)
    sigma, theta = deep_relu_kernels(x, 5 * x, depth=3)
    assert_near(np.diag(theta), 20 * 2 * square / 7, 256)
    assert_near(np.diag(relu_tangent_kernel(x)), square / 7 + 1, 32)


def naive_deep(x1, x2, depth, c_w, c_b):
    """The recursion as it is printed, in extended precision."""
    x1, x2 = x1.astype(np.longdouble), x2.astype(np.longdouble)
    pi, d = np.arctan(np.longdouble(1)) * 4, x1.shape[1]
    sigma = c_w * x1 @ x2.T / d + c_b
    own1, own2 = (c_w * (x * x).sum(1) / d + c_b for x in (x1, x2))
    theta = sigma
    for _ in range(depth):
        norms = np.sqrt(own1[:, None] * own2)
        angle = np.arccos(np.clip(sigma / norms, -1, 1))
        sigma = c_w * norms * (np.sin(angle) + (pi - angle) * np.cos(angle)) / (2 * pi) + c_b
        theta = theta * c_w * (pi - angle) / (2 * pi) + sigma
        own1, own2 = c_w * own1 / 2 + c_b, c_w * own2 / 2 + c_b
    return sigma.astype(float), theta.astype(float)


@pytest.mark.parametrize("c_w, c_b", [(2.0, 0.0), (1.0, 1.0), (1.7, 0.01), (0.5, 3.0)])
@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_deep_kernels_are_the_printed_recursion(c_w, c_b, depth, rng):
    x1, x2 = rng.standard_normal((6, 5)), rng.standard_normal((8, 5))
    got = deep_relu_kernels(x1, x2, depth, c_w, c_b)
    for ours, printed in zip(got, naive_deep(x1, x2, depth, c_w, c_b)):
        assert_near(ours, printed, 200)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="longdouble is float64 here")
@pytest.mark.parametrize("c_w, c_b", [(2.0, 0.0), (1.3, 0.4)])
def test_near_copies_keep_their_digits_through_the_layers(c_w, c_b, rng):
    """Extended precision leaves 1e-19 / theta of an angle; float64 as printed 1e-16 / theta."""
    x = rng.standard_normal((5, 4))
    near = x + 1e-5 * rng.standard_normal((5, 4))
    _, got = deep_relu_kernels(x, near, 4, c_w, c_b)
    _, want = naive_deep(x, near, 4, c_w, c_b)
    assert_near(np.diag(got), np.diag(want), 100)


@pytest.mark.parametrize("c_w, c_b", [(2.0, 0.0), (1.3, 0.4)])
def test_a_tiny_angle_changes_the_kernel_in_proportion(c_w, c_b):
    """dTheta/dtheta is not 0 at 0: J_0 falls linearly, where digits lost would show as noise."""
    def fall(angle):
        u, v = np.array([[1.0, 0.0]]), np.array([[math.cos(angle), math.sin(angle)]])
        return deep_relu_kernels(u, u, 3, c_w, c_b)[1] - deep_relu_kernels(u, v, 3, c_w, c_b)[1]

    assert fall(1e-7) / fall(1e-5) == pytest.approx(1e-2, rel=1e-4)
    assert fall(1e-10) / fall(1e-7) == pytest.approx(1e-3, rel=1e-4)


def test_one_hidden_layer_is_the_deep_kernel_of_depth_one_less_its_last_bias(rng):
    x1, x2 = rng.standard_normal((6, 3)), rng.standard_normal((4, 3))
    _, theta = deep_relu_kernels(x1, x2, 1, 1.0, 1.0)
    assert_near(relu_tangent_kernel(x1, x2), theta - 1, 64)
    _, theta = deep_relu_kernels(x1, x2, 1, 1.0, 0.0)
    assert_near(relu_tangent_kernel(x1, x2, bias=False), theta, 64)
    assert_near(relu_tangent_kernel(x1, x2, scale=2 ** 0.5), 2 * relu_tangent_kernel(x1, x2), 16)


def width_deviation(rng, x, h, bias, scale):
    """rms of (h Theta - limit) / rms of the limit, over ten networks of width h.

    In Dense, f without its factor 1/h has h Theta_f = Theta / h; scale multiplies the hidden layer.
    """
    d = x.shape[1]
    network = Chain(Dense(d, h, bias=bias), ReLU(), Dense(h, 1, bias=False))
    limit, squares = relu_tangent_kernel(x, bias=bias, scale=scale), 0.0
    for _ in range(10):
        params = [{name: rng.standard_normal(a.shape) for name, a in own.items()}
                  for own in network.init(rng)]
        theta = scale ** 2 * tangent_kernel(network, tuple(params), x / math.sqrt(d)) / h
        squares += ((theta - limit) ** 2).mean() / (limit ** 2).mean() / 10
    return math.sqrt(squares)


@pytest.mark.parametrize("bias, scale", [(True, 1.0), (False, math.sqrt(2))])
def test_finite_networks_approach_the_limit_as_one_over_the_root_of_their_width(bias, scale, rng):
    """2.2 / sqrt(h) or so; ten networks leave about a tenth of each deviation to chance."""
    x = rng.standard_normal((8, 5))
    widths = np.array([64, 256, 1024, 4096])
    deviations = [width_deviation(rng, x, h, bias, scale) for h in widths]
    slope = np.polyfit(np.log(widths), np.log(deviations), 1)[0]
    assert abs(slope + 0.5) < 0.1, deviations
    assert deviations[-1] < 0.05


def test_deep_networks_approach_their_kernel(rng):
    """Layer by layer: in Dense of weights sqrt(c_w/n) W the derivative by W has that factor too."""
    x, h, c_w, c_b = rng.standard_normal((5, 4)), 400, 1.5, 0.3
    want, total, draws = deep_relu_kernels(x, None, 2, c_w, c_b)[1], 0.0, 8
    sizes = (4, h, h, 1)
    for _ in range(draws):
        params = []
        for n_in, n_out in zip(sizes, sizes[1:]):
            params += [dict(weight=math.sqrt(c_w / n_in) * rng.standard_normal((n_out, n_in)),
                            bias=math.sqrt(c_b) * rng.standard_normal(n_out)), {}]
        for learns in range(3):
            for name in ("weight", "bias"):
                layers = []
                for place, (n_in, n_out) in enumerate(zip(sizes, sizes[1:])):
                    names = (name,) if place == learns else ()
                    layers += [Dense(n_in, n_out, trainable=names), ReLU()]
                factor = c_w / sizes[learns] if name == "weight" else c_b
                total += factor * tangent_kernel(Chain(*layers[:-1]), tuple(params[:-1]), x) / draws
    assert np.abs(total - want).max() < 4 * 2 / math.sqrt(h * draws) * np.abs(want).max()


def test_blocks_make_no_difference(rng, monkeypatch):
    x = rng.standard_normal((11, 4))
    wholes = [*deep_relu_kernels(x, depth=2), relu_tangent_kernel(x), arc_cosine_kernel(x, x[:3])]
    monkeypatch.setattr(module, "BLOCK", 4)
    blocks = [*deep_relu_kernels(x, depth=2), relu_tangent_kernel(x), arc_cosine_kernel(x, x[:3])]
    for whole, block in zip(wholes, blocks):
        assert_near(block, whole, 32)
    assert np.array_equal(blocks[0], blocks[0].T) and np.array_equal(blocks[2], blocks[2].T)


def test_a_row_of_zeros_gives_zeros_without_a_bias(rng):
    x = np.concatenate([np.zeros((1, 3)), rng.standard_normal((2, 3))])
    for kernel in (*deep_relu_kernels(x, depth=2), relu_tangent_kernel(x, bias=False),
                   arc_cosine_kernel(x, order=1)):
        assert (kernel[0] == 0).all() and (kernel[1:, 1:] != 0).all()
    assert arc_cosine_kernel(x, order=0)[0, 1] == 0.5
