"""Clouds of points: neighbors, information, intrinsic dimension, activity of layers, stability.

Every function raises TypeError or ValueError that names the argument if one does not fit.
"""
from .activity import components_for, participation_ratio, principal_variances, representations
from .dimension import (Dimension, block_dimensions, intrinsic_dimension, neighbor_ratios,
                        two_nn_fit, two_nn_fit_published, two_nn_ml, two_nn_posterior,
                        two_nn_unbiased)
from .mutual_information import (binned_entropy, binned_information, neighbor_information,
                                 normal_information, ratio_floor, ratio_information,
                                 ratio_information_apart)
from .neighbors import nearest_neighbor_vote, nearest_neighbors
from .stability import relative_stability, stability

__all__ = ["Dimension", "binned_entropy", "binned_information", "block_dimensions",
           "components_for", "intrinsic_dimension", "nearest_neighbor_vote", "nearest_neighbors",
           "neighbor_information", "neighbor_ratios", "normal_information", "participation_ratio",
           "principal_variances", "ratio_floor", "ratio_information", "ratio_information_apart",
           "relative_stability", "representations", "stability", "two_nn_fit",
           "two_nn_fit_published", "two_nn_ml", "two_nn_posterior", "two_nn_unbiased"]
