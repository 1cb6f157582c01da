"""What the eigenvalues of a trained network tell: relevance, pruning, sparsity, a student's core.

Every function raises TypeError or ValueError that names the argument if one does not fit.
"""
from .alike import ColumnTree, column_tree
from .conditional import conditional_draws
from .eigensystem import (adjacency, block, decompose, eigenvectors, inverse_eigenvectors, links,
                          nested_graph, transfer)
from .penalty_path import PenaltyPath, fold_numbers, penalty_path
from .price import (benjamini_hochberg, conditional_test, replaced_outputs,
                    spectral_replaced_outputs)
from .pruning import (EmptiedLayer, eigenvalues_only, mask_nodes, node_scores, percentile_masks,
                      prune_before_training, prune_until, remove_nodes)
from .relevance import input_relevance, keep_top, node_relevance, ranking, top_mask
from .selection import Relevance
from .sparsity import LinkHistory
from .teacher_student import core_size, keep_nodes, loss_by_nodes_kept, path_distance, path_products

__all__ = ["ColumnTree", "EmptiedLayer", "LinkHistory", "PenaltyPath", "Relevance", "adjacency",
           "benjamini_hochberg", "block", "column_tree", "conditional_draws", "conditional_test",
           "core_size", "decompose", "eigenvalues_only", "eigenvectors", "fold_numbers",
           "input_relevance", "inverse_eigenvectors", "keep_nodes", "keep_top", "links",
           "loss_by_nodes_kept", "mask_nodes", "nested_graph", "node_relevance", "node_scores",
           "path_distance", "path_products", "penalty_path", "percentile_masks",
           "prune_before_training", "prune_until", "ranking", "remove_nodes", "replaced_outputs",
           "spectral_replaced_outputs", "top_mask", "transfer"]
