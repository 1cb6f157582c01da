"""What the papers read off a trained network: its graph, relevance, pruning, sparsity."""
from . import adjacency, pruning, relevance, sparsity

__all__ = ["adjacency", "pruning", "relevance", "sparsity"]
