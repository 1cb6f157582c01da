"""The exponents of power laws, and the effective number of scripts/experiments/attractors."""
import numpy as np
from experiments.attractors import parts
from lab.table import slope

from npspectral.analysis.neurons.dynamics import Neurons


def test_exponents_are_those_of_power_laws():
    sizes = np.array([8, 16, 32, 64])
    counts = np.stack((3 * sizes ** 0.5, sizes ** 1.0))
    assert np.abs(slope(np.log(sizes), np.log(counts)) - [0.5, 1]).max() < 1e-14


def test_effective_number_is_that_of_equal_shares():
    neurons = Neurons(np.ones((5, 1)), np.zeros(5), np.array([2.0, 1, 1, 9, -2]))
    assert abs(parts.effective(neurons, np.array([0, 1, 1, -1, 2])) - 3) < 1e-15
    assert parts.effective(neurons, np.array([0, 0, 0, -1, 0])) == 1
