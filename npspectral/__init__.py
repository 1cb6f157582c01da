"""Spectral learning, and feature against lazy learning, in NumPy with gradients derived by hand.

nn          layers, losses and penalties: whatever has a forward and a backward
training    optimizers, minibatch training, files to stop and go on with
analysis    what the papers read off a trained network
oracle      certified cases that other implementations are checked against
data        handmade data sets, and MNIST, Fashion-MNIST, California Housing, digits
estimators  classifier and regressor in scikit-learn's manner
table_relevance    which columns of a CSV file matter, for the command `npspectral relevance`
sweep       a grid of runs on any executor that goes on after a kill
progress    one line that tells a person or a log how far something is
refuse      what does not fit, told by one vocabulary

Modules and names are imported when they are first used.
"""
from typing import TYPE_CHECKING

from . import _lazy

if TYPE_CHECKING:
    from . import analysis, data, estimators, nn, oracle, progress, sweep, training
    from .nn import (ELU, Chain, Dense, Identity, LeakyReLU, Nested, ReLU, Sigmoid, Softplus,
                     Sparse, Spectral, SpectralQR, SpectralSVD, Tanh,
                     binary_cross_entropy_with_logits, check_gradients, hinge, mean_squared_error,
                     quadratic_hinge, soft_hinge, softmax_cross_entropy)
    from .training import SGD, Adam, Adamax, accuracy, fit, train

__version__ = "0.1.0"
__all__ = ["Adam", "Adamax", "Chain", "Dense", "ELU", "Identity", "LeakyReLU", "Nested", "ReLU",
           "SGD", "Sigmoid", "Softplus", "Sparse", "Spectral", "SpectralQR", "SpectralSVD", "Tanh",
           "accuracy", "analysis", "binary_cross_entropy_with_logits", "check_gradients", "data",
           "estimators", "fit", "hinge", "mean_squared_error", "nn", "oracle", "progress",
           "quadratic_hinge", "soft_hinge", "softmax_cross_entropy", "sweep", "train", "training"]


def __getattr__(name):
    return _lazy.load(__name__, name)


def __dir__():
    return _lazy.names(__name__)
