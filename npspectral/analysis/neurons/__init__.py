"""Neurons of one hidden layer: where they are, how they move, gather and compress; few that fit.

Every function raises TypeError or ValueError that names the argument if one does not fit.
"""
from .attractors import (AttractorLabels, attractor_labels, cells, maxima, most_cells, patterns,
                         turning_rate)
from .compression import (amplification_by_component, amplification_mean_square,
                          amplification_total, escape_time, late_amplification, stripe_moments)
from .dynamics import (Neurons, augmented, beta_over_bias, mean_force, position_velocities,
                       positions, velocities, velocity_field)
from .least_norm import LeastL1, largest_l1_margin, least_l1
from .merging import Merged, merge, merge_parallel
from .motion import cell_exits, fixed_points, move, self_consistent

__all__ = ["AttractorLabels", "LeastL1", "Merged", "Neurons", "amplification_by_component",
           "amplification_mean_square", "amplification_total", "attractor_labels", "augmented",
           "beta_over_bias", "cell_exits", "cells", "escape_time", "fixed_points",
           "largest_l1_margin", "late_amplification", "least_l1", "maxima", "mean_force", "merge",
           "merge_parallel", "most_cells", "move", "patterns", "position_velocities", "positions",
           "self_consistent", "stripe_moments", "turning_rate", "velocities", "velocity_field"]
