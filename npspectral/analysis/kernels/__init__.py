"""Kernels: tangent, of infinite width, local; eigenvectors, machines, regimes, learning curves.

Every function raises TypeError or ValueError that names the argument if one does not fit.
"""
from .families import (explained_shares, family_bases, share_outside, split_kernel,
                       without_perpendicular)
from .infinite_width import arc_cosine_kernel, deep_relu_kernels, relu_tangent_kernel
from .learning_curves import (PowerLaw, crossing, crossing_interval, exponent_interval,
                              feature_exponent, kernel_exponent, power_law)
from .local import convolutional_kernel, local_kernel
from .machines import (SupportVectors, distance_to_planes, distance_to_sphere, kernel_ridge,
                       support_vectors)
from .pca import KernelPCA, alignment, eigenspaces, kernel_pca, projection_sums, projections
from .regimes import kernel_change, linearized, parameter_change, scale_and_time
from .tangent import (jacobian, tangent_kernel, tangent_kernel_by_definition,
                      tangent_kernel_parts)

__all__ = ["KernelPCA", "PowerLaw", "SupportVectors", "alignment", "arc_cosine_kernel",
           "convolutional_kernel", "crossing", "crossing_interval", "deep_relu_kernels",
           "distance_to_planes", "distance_to_sphere", "eigenspaces", "explained_shares",
           "exponent_interval", "family_bases", "feature_exponent", "jacobian", "kernel_change",
           "kernel_exponent", "kernel_pca", "kernel_ridge", "linearized", "local_kernel",
           "parameter_change", "power_law", "projection_sums", "projections", "relu_tangent_kernel",
           "scale_and_time", "share_outside", "split_kernel", "support_vectors", "tangent_kernel",
           "tangent_kernel_by_definition", "tangent_kernel_parts", "without_perpendicular"]
