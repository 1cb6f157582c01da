"""What the papers read off a trained network: its graph, relevance, pruning, sparsity, core; its
kernel's eigenvectors and what they tell, the dimension of its representations."""
from . import (adjacency, attractors, compression, infinite_width, intrinsic_dimension,
               kernel_machines, kernel_pca, learning_curves, merging, mutual_information,
               neighbors, neuron_motion, neurons, pruning, regimes, relevance, representations,
               sparsity, tangent_kernel, teacher_student)

__all__ = ["adjacency", "attractors", "compression", "infinite_width", "intrinsic_dimension",
           "kernel_machines", "kernel_pca", "learning_curves", "merging", "mutual_information",
           "neighbors", "neuron_motion", "neurons", "pruning", "regimes", "relevance",
           "representations", "sparsity", "tangent_kernel", "teacher_student"]
