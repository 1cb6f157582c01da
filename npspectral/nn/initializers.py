"""First values of parameters, and the published choices for the spectral layer by name."""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Constant:
    """Every entry equals `value`."""

    value: float

    def __call__(self, rng, shape, dtype=float):
        return np.full(shape, self.value, dtype)


@dataclass(frozen=True)
class Uniform:
    """Independent entries, uniform on [low, high)."""

    low: float
    high: float

    def __call__(self, rng, shape, dtype=float):
        return rng.uniform(self.low, self.high, shape).astype(dtype)


@dataclass(frozen=True)
class Normal:
    """Independent entries, Gaussian with mean 0 and standard deviation `std`."""

    std: float

    def __call__(self, rng, shape, dtype=float):
        return rng.normal(0, self.std, shape).astype(dtype)


@dataclass(frozen=True)
class GlorotUniform:
    """Uniform on +-sqrt(6 / (fan_in + fan_out)); a vector of n counts as a (1, n) matrix.

    Source: Glorot and Bengio 2010, AISTATS, eq. (16).
    """

    def __call__(self, rng, shape, dtype=float):
        fan_out, fan_in = shape if len(shape) == 2 else (1, *shape)
        limit = (6 / (fan_in + fan_out)) ** 0.5
        return rng.uniform(-limit, limit, shape).astype(dtype)


@dataclass(frozen=True)
class FanUniform:
    """Uniform on +-1/sqrt(fan), fan the number of columns (`axis` = -1) or of rows (`axis` = 0).

    With the columns, fan is fan_in: the default of PyTorch's Linear, the same as
    He et al. 2015 (ICCV) with a leaky slope of sqrt(5).
    """

    axis: int = -1

    def __call__(self, rng, shape, dtype=float):
        limit = shape[self.axis] ** -0.5
        return rng.uniform(-limit, limit, shape).astype(dtype)


@dataclass(frozen=True)
class UnitRows:
    """Rows of length 1 in every direction alike: Gaussian ones divided by their length."""

    def __call__(self, rng, shape, dtype=float):
        rows = rng.standard_normal(shape)
        return (rows / np.sqrt((rows * rows).sum(-1, keepdims=True))).astype(dtype)


@dataclass(frozen=True)
class Chi:
    """Independent entries, each distributed as the length of a vector of `dof` N(0, 1) numbers."""

    dof: int

    def __call__(self, rng, shape, dtype=float):
        return np.sqrt(rng.chisquare(self.dof, shape)).astype(dtype)


@dataclass(frozen=True)
class Orthogonal:
    """An orthogonal matrix (n, n), all alike: Q of a Gaussian one's Q R with positive diagonal R.

    Source: Mezzadri 2007, Notices Am. Math. Soc. 54, 592.
    """

    def __call__(self, rng, shape, dtype=float):
        q, r = np.linalg.qr(rng.standard_normal(shape))
        return (q * np.sign(np.diagonal(r))).astype(dtype)


@dataclass(frozen=True)
class Spaced:
    """n numbers at equal distances between `low` and `high`, both left out; not random."""

    low: float
    high: float

    def __call__(self, rng, shape, dtype=float):
        return np.linspace(self.low, self.high, shape[0] + 2)[1:-1].astype(dtype)


# How the public codes set up their spectral layers, as keyword arguments of Spectral. A number for
# an eigenvalue set declares it constant. Signs are theirs: with lambda_in = 0, W = -lambda_out phi.
PUBLISHED = {
    # Giambagli et al. 2021, Nat. Commun. 12, 1330; per-transfer form in Buffoni/spectral_learning:
    # lambda_in = 1, lambda_out = 1 + t with t uniform on +-0.5, so W = -t phi.
    "giambagli2021": dict(lambda_in=1.0, lambda_out=Uniform(0.5, 1.5), phi=Uniform(-0.2, 0.2),
                          bias=False),
    # The notebooks of the same repository's last version: both sets trained, U(-0.5, 0.5).
    "buffoni_two_sets": dict(lambda_in=Uniform(-0.5, 0.5), lambda_out=Uniform(-0.5, 0.5),
                             phi=GlorotUniform(), bias=False),
    # Chicchi et al. 2021, Phys. Rev. E 104, 054312; Jamba15/Spectral_parameters_reduction.
    "chicchi2021": dict(lambda_in=Uniform(-0.97, 0.97), lambda_out=Uniform(-0.13, 0.13),
                        phi=Normal(0.036), bias=True),
    # The same repository's S-SVD experiments, for SpectralGaussianSVD: other eigenvalues.
    "chicchi2021_svd": dict(lambda_in=Constant(0.0), lambda_out=Constant(1.0), bias=True),
    # Buffoni et al. 2022, Sci. Rep. 12, 11201: one set, the node's own eigenvalue.
    "buffoni2022": dict(lambda_in=0.0, lambda_out=Uniform(-0.5, 0.5), phi=GlorotUniform(),
                        bias=False),
    # Giambagli et al. 2023, NeurIPS, and the package spectraltools 1.2.0.
    "giambagli2023": dict(lambda_in=0.0, lambda_out=Constant(1.0), phi=GlorotUniform(),
                          bias=False),
    # Chicchi et al. 2024, arXiv 2406.01183; SpectralNNs_for_Input_Relevance.
    "chicchi2024": dict(lambda_in=Constant(1.0), lambda_out=0.0, phi=GlorotUniform(), bias=True),
    # jacopoventurin/spectral-learning (PyTorch): Kaiming uniform whose fan is the number of
    # outputs, because the matrix is stored transposed; phi frozen, no usable bias.
    "venturin": dict(lambda_in=FanUniform(), lambda_out=FanUniform(), phi=FanUniform(axis=0),
                     bias=False, trainable=("lambda_in", "lambda_out")),
    # csimal/SpectralLearning.jl (Flux): Glorot everywhere, the bias too; phi is never trained.
    "csimal": dict(lambda_in=GlorotUniform(), lambda_out=GlorotUniform(), phi=GlorotUniform(),
                   bias=GlorotUniform(), trainable=("lambda_in", "lambda_out", "bias")),
    # gianluca-peri/hyperspectral (arXiv 2603.28420), its linear part without the bias neuron.
    "peri2026": dict(lambda_in=Uniform(-1.0, 1.0), lambda_out=Uniform(-1.0, 1.0),
                     phi=GlorotUniform(), bias=False),
}

# The same for Nested.
PUBLISHED_NESTED = {
    # SPARCS, arXiv 2504.00885 (2025); gianluca-peri/sparcs-test: a linear network by the skip
    # blocks, as W = 0 in all transfers but the last. Its bias is one more input that is always 1.
    "sparcs": dict(eigenvalues=Constant(0.0), output_eigenvalues=Constant(1.0),
                   phi=GlorotUniform(), bias=False),
}
