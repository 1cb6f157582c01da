"""What the papers read off a trained network, in four rooms.

spectral   relevance, pruning, sparsity, the eigensystem of the whole network, teacher and student
kernels    tangent kernel, infinite width, kernel PCA and machines, regimes, learning curves
neurons    neurons of one hidden layer: their motion, attractors, merging, compression
clouds     neighbors, mutual information, intrinsic dimension, activity of layers, stability
"""
from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from . import clouds, kernels, neurons, spectral

__all__ = ["clouds", "kernels", "neurons", "spectral"]


def __getattr__(name):
    return _lazy.load(__name__, name)


def __dir__():
    return _lazy.names(__name__)
