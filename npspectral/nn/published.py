"""How public codes set up their layers, by name: keyword arguments of Spectral and of Nested."""
from .initializers import Constant, FanUniform, GlorotUniform, Normal, Uniform

# A number makes an eigenvalue set constant. The signs are those of the codes: with lambda_in = 0
# the weight is W_ij = -lambda_out_i phi_ij.
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

PUBLISHED_NESTED = {
    # SPARCS, arXiv 2504.00885 (2025); gianluca-peri/sparcs-test. All transfers but the last start
    # at W = 0, so the network starts linear, by its skip blocks. That code has one more input,
    # always 1, in place of a bias.
    "sparcs": dict(eigenvalues=Constant(0.0), output_eigenvalues=Constant(1.0),
                   phi=GlorotUniform(), bias=False),
}
