"""Whatever has a forward and a backward: layers, losses, penalties; their first values; trees."""
from . import tree
from .activations import ELU, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from .chain import Chain
from .conventions import CONVENTIONS, Convention
from .dense import Dense
from .factored import SpectralFullQR, SpectralGaussianSVD, SpectralQR, SpectralSVD
from .gradient_check import check_gradients
from .initializers import (PUBLISHED, PUBLISHED_NESTED, Constant, FanUniform, GlorotUniform, Normal,
                           Uniform)
from .layer import Layer
from .losses import (binary_cross_entropy_with_logits, hinge, mean_squared_error, quadratic_hinge,
                     soft_hinge, softmax_cross_entropy)
from .nested import Nested
from .penalties import L1, L2, ElasticNet, GroupLasso
from .sparse import Sparse, magnitude_threshold
from .spectral import Spectral
from .splits import to_dense, to_spectral

__all__ = ["CONVENTIONS", "Chain", "Constant", "Convention", "Dense", "ELU", "ElasticNet",
           "FanUniform", "GlorotUniform", "GroupLasso", "Identity", "L1", "L2", "Layer",
           "LeakyReLU", "Nested", "Normal", "PUBLISHED", "PUBLISHED_NESTED", "ReLU", "Sigmoid",
           "Softplus", "Sparse", "Spectral", "SpectralFullQR", "SpectralGaussianSVD", "SpectralQR",
           "SpectralSVD", "Tanh", "Uniform", "binary_cross_entropy_with_logits", "check_gradients",
           "hinge", "magnitude_threshold", "mean_squared_error", "quadratic_hinge", "soft_hinge",
           "softmax_cross_entropy", "to_dense", "to_spectral", "tree"]
