"""The tangent kernel and what a kernel knows of a label: eigenvectors, machines, regimes, laws."""
from .infinite_width import arc_cosine_kernel, deep_relu_kernels, relu_tangent_kernel
from .learning_curves import (PowerLaw, crossing, crossing_interval, exponent_interval,
                              feature_exponent, kernel_exponent, power_law)
from .machines import (SupportVectors, distance_to_planes, distance_to_sphere, kernel_ridge,
                       support_vectors)
from .pca import KernelPCA, alignment, eigenspaces, kernel_pca, projection_sums, projections
from .regimes import kernel_change, linearized, parameter_change, scale_and_time
from .tangent import tangent_kernel, tangent_kernel_parts

__all__ = ["KernelPCA", "PowerLaw", "SupportVectors", "alignment", "arc_cosine_kernel", "crossing",
           "crossing_interval", "deep_relu_kernels", "distance_to_planes", "distance_to_sphere",
           "eigenspaces", "exponent_interval", "feature_exponent", "kernel_change",
           "kernel_exponent", "kernel_pca", "kernel_ridge", "linearized", "parameter_change",
           "power_law", "projection_sums", "projections", "relu_tangent_kernel", "scale_and_time",
           "support_vectors", "tangent_kernel", "tangent_kernel_parts"]
