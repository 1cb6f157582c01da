"""Whatever has a forward and a backward: layers, losses, penalties; their first values; trees.

layer                      the protocol that all layers share
spectral, factored_*       Spectral, and the same with phi as a product of matrices
convolution, ring          kernels that all positions of an image or a ring share
spectral_convolution       the same with an eigenvalue for every position
batch_norm, dropout        layers that differ in training and evaluation
pooling, residual          means over positions; shortcuts
convolutional              the published convolutional networks
dense, activations, chain  what else a network needs; a network is a layer
nested                     a whole network in one matrix of eigenvectors
sparse                     a layer whose small weights are set to 0
recurrent                  networks whose state comes to rest on planted directions
one_hidden, scaled         networks in the 1/h scaling
losses, penalties          value and gradient together
initializers, published    first values of parameters; options that public codes use
splits, conventions        from dense to spectral layers and back; arrays of other codes
gradient_check             is a hand-derived gradient right?
tree                       dicts and tuples of arrays
"""
from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from . import tree
    from .activations import ELU, Identity, LeakyReLU, ReLU, Sigmoid, Softplus, Swish, Tanh
    from .batch_norm import BatchNorm, TrainingBatchNorm
    from .chain import Chain
    from .convolution import Conv2D
    from .convolutional import inverted_network, strided_network
    from .conventions import CONVENTIONS, Convention
    from .dense import Dense
    from .dropout import Dropout, TrainingDropout
    from .factored_qr import SpectralFullQR, SpectralQR
    from .factored_svd import SpectralGaussianSVD, SpectralSVD
    from .gradient_check import check_gradients
    from .initializers import (Chi, Constant, FanUniform, GlorotUniform, Normal, Orthogonal, Spaced,
                               Uniform, UnitRows)
    from .layer import Layer
    from .losses import (binary_cross_entropy_with_logits, hinge, mean_squared_error,
                         quadratic_hinge, soft_hinge, softmax_cross_entropy)
    from .nested import Nested
    from .one_hidden import OneHidden
    from .penalties import L1, L2, ElasticNet, GroupLasso, Orthonormal
    from .pooling import SpatialMean
    from .published import PUBLISHED, PUBLISHED_NESTED
    from .recurrent import (ComplexRecurrentSpectral, RecurrentSpectral, SwitchedRecurrentSpectral,
                            TriangularRecurrentSpectral, product_stability)
    from .residual import Residual
    from .ring import Conv1D
    from .scaled import FixedOrientations, ScaledDense, mean_field
    from .sparse import Sparse, magnitude_threshold
    from .spectral import Spectral
    from .spectral_convolution import SpectralConv
    from .splits import to_dense, to_spectral

__all__ = ["BatchNorm", "CONVENTIONS", "Chain", "Chi", "ComplexRecurrentSpectral", "Constant",
           "Conv1D", "Conv2D", "Convention", "Dense", "Dropout", "ELU", "ElasticNet", "FanUniform",
           "FixedOrientations", "GlorotUniform", "GroupLasso", "Identity", "L1", "L2", "Layer",
           "LeakyReLU", "Nested", "Normal", "OneHidden", "Orthogonal", "Orthonormal", "PUBLISHED",
           "PUBLISHED_NESTED", "ReLU", "RecurrentSpectral", "Residual", "ScaledDense", "Sigmoid",
           "Softplus", "Spaced", "Sparse", "SpatialMean", "Spectral", "SpectralConv",
           "SpectralFullQR", "SpectralGaussianSVD", "SpectralQR", "SpectralSVD", "Swish",
           "SwitchedRecurrentSpectral", "Tanh", "TrainingBatchNorm", "TrainingDropout",
           "TriangularRecurrentSpectral", "Uniform", "UnitRows", "binary_cross_entropy_with_logits",
           "check_gradients", "hinge", "inverted_network", "magnitude_threshold", "mean_field",
           "mean_squared_error", "product_stability", "quadratic_hinge", "soft_hinge",
           "softmax_cross_entropy", "strided_network", "to_dense", "to_spectral", "tree"]


def __getattr__(name):
    return _lazy.load(__name__, name)


def __dir__():
    return _lazy.names(__name__)
