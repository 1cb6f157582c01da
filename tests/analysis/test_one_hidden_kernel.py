"""The kernel of one hidden layer: its limit of infinite width, and a network of the same kernel."""
import numpy as np

from npspectral.analysis.kernels.infinite_width import relu_tangent_kernel
from npspectral.analysis.kernels.tangent import tangent_kernel
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
