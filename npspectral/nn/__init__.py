"""Whatever has a forward and a backward: layers, losses, penalties; their first values; trees."""
from . import tree
from .activations import ELU, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from .chain import Chain
from .dense import Dense
from .gradient_check import check_gradients
from .initializers import PUBLISHED, Constant, FanUniform, GlorotUniform, Normal, Uniform
from .layer import Layer
from .losses import (binary_cross_entropy_with_logits, hinge, mean_squared_error, quadratic_hinge,
                     soft_hinge, softmax_cross_entropy)
from .penalties import L1, L2, ElasticNet, GroupLasso
from .spectral import Spectral

__all__ = ["Chain", "Constant", "Dense", "ELU", "ElasticNet", "FanUniform", "GlorotUniform",
           "GroupLasso", "Identity", "L1", "L2", "Layer", "LeakyReLU", "Normal", "PUBLISHED",
           "ReLU", "Sigmoid", "Softplus", "Spectral", "Tanh", "Uniform",
           "binary_cross_entropy_with_logits", "check_gradients", "hinge", "mean_squared_error",
           "quadratic_hinge", "soft_hinge", "softmax_cross_entropy", "tree"]
