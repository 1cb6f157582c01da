"""What the papers read off a trained network: its graph, relevance, pruning, sparsity, core; its
kernel's eigenvectors and what they tell, the dimension of its representations."""
from . import (adjacency, infinite_width, intrinsic_dimension, kernel_machines, kernel_pca,
               mutual_information, neighbors, pruning, relevance, sparsity, tangent_kernel,
               teacher_student)

__all__ = ["adjacency", "infinite_width", "intrinsic_dimension", "kernel_machines", "kernel_pca",
           "mutual_information", "neighbors", "pruning", "relevance", "sparsity", "tangent_kernel",
           "teacher_student"]
