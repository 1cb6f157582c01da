"""The kernel of one hidden layer: its limit of infinite width, and its split when compressed."""
import numpy as np
import pytest
from conftest import assert_near

from npspectral.analysis.kernels.infinite_width import relu_tangent_kernel
from npspectral.analysis.kernels.tangent import tangent_kernel, tangent_kernel_parts
from npspectral.nn import OneHidden
from npspectral.nn.scaled import RELU_GAIN

WIDTHS = np.array([1_000, 3_000, 10_000, 30_000, 100_000, 300_000])
DRAWS = 12


def test_deviation_from_the_limit_falls_as_one_over_the_root_of_the_width(rng):
    """h Theta is a mean over h independent neurons, so the deviation's mean square is V / h.

    Its mean over DRAWS networks, a weighted sum of squares of Gaussians, has a relative variance of
    2 / DRAWS at most, when all weight is on one Gaussian. The root of it has half that relative
    deviation, and least squares over log h turn it into the slope's.
    """
    x = rng.standard_normal((6, 3))
    limit = relu_tangent_kernel(x, scale=RELU_GAIN)

    def squared_deviation(h):
        layer = OneHidden(3, int(h))
        return ((h * tangent_kernel(layer, layer.init(rng), x) - limit) ** 2).mean()

    squares = [np.mean([squared_deviation(h) for _ in range(DRAWS)]) for h in WIDTHS]
    logs = np.log(WIDTHS) - np.log(WIDTHS).mean()
    slope = logs @ np.log(squares) / 2 / (logs @ logs)
    deviation = np.sqrt(2 / DRAWS) / 2 / np.sqrt(logs @ logs)
    assert abs(slope + 0.5) < 3 * deviation < 0.13, (slope, squares)


def compressed(rng, d, n_parallel, h=50):
    """OneHidden whose neurons see the first n_parallel coordinates only."""
    layer = OneHidden(d, h)
    params = layer.init(rng)
    params["omega"][:, n_parallel:] = 0
    return layer, params


@pytest.mark.parametrize("d, n_parallel", [(5, 1), (10, 2)])
def test_compressed_kernel_splits_by_coordinates(d, n_parallel, rng):
    """K = K1(x_par) + K2(x_par) x_perp.x_perp'/d, K2 the kernel of the biases."""
    layer, params = compressed(rng, d, n_parallel)
    x, moved = rng.standard_normal((2, 20, d))
    moved[:, :n_parallel] = x[:, :n_parallel]
    rests = []
    for points in (x, moved):
        parts, perpendicular = tangent_kernel_parts(layer, params, points), points[:, n_parallel:]
        whole = sum(parts.values())
        rests.append(whole - parts["bias"] * (perpendicular @ perpendicular.T) / d)
        assert np.array_equal(parts["bias"], tangent_kernel_parts(layer, params, x)["bias"])
    assert_near(rests[0], rests[1], 16, scale=np.abs(whole).max())


def test_kernel_before_compression_does_not_split(rng):
    layer = OneHidden(5, 50)
    params, (x, moved) = layer.init(rng), rng.standard_normal((2, 20, 5))
    moved[:, 0] = x[:, 0]
    first, second = (tangent_kernel_parts(layer, params, points)["bias"] for points in (x, moved))
    assert np.abs(first - second).max() > 0.1 * np.abs(first).max()
