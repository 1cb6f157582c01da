"""The effective number of scripts/experiments/attractors."""
import numpy as np
from experiments.attractors import parts

from npspectral.analysis.neurons.dynamics import Neurons


def test_effective_number_is_that_of_equal_shares():
    neurons = Neurons(np.ones((5, 1)), np.zeros(5), np.array([2.0, 1, 1, 9, -2]))
    assert abs(parts.effective(neurons, np.array([0, 1, 1, -1, 2])) - 3) < 1e-15
    assert parts.effective(neurons, np.array([0, 0, 0, -1, 0])) == 1
