"""Spectral learning, and feature against lazy learning, in NumPy with gradients derived by hand.

nn          layers, losses and penalties: whatever has a forward and a backward
training    optimizers, minibatch training, files to stop and go on with
analysis    what the papers read off a trained network
oracle      certified cases that other implementations are checked against; import it by name
data        handmade data sets, and MNIST, Fashion-MNIST, California Housing, digits
estimators  classifier and regressor in scikit-learn's manner
sweep       a grid of runs on any executor that goes on after a kill; import it by name
progress    one line that tells a person or a log how far something is; import it by name
"""
from . import analysis, data, estimators, nn, training
from .nn import (ELU, Chain, Dense, Identity, LeakyReLU, Nested, ReLU, Sigmoid, Softplus, Sparse,
                 Spectral, SpectralQR, SpectralSVD, Tanh,
                 binary_cross_entropy_with_logits, check_gradients, hinge, mean_squared_error,
                 quadratic_hinge, soft_hinge, softmax_cross_entropy)
from .training import SGD, Adam, Adamax, accuracy, fit, train

__all__ = ["Adam", "Adamax", "Chain", "Dense", "ELU", "Identity", "LeakyReLU", "Nested", "ReLU",
           "SGD", "Sigmoid", "Softplus", "Sparse", "Spectral", "SpectralQR",
           "SpectralSVD", "Tanh", "accuracy", "analysis",
           "binary_cross_entropy_with_logits", "check_gradients", "data", "estimators", "fit",
           "hinge", "mean_squared_error", "nn", "quadratic_hinge", "soft_hinge",
           "softmax_cross_entropy", "train", "training"]
