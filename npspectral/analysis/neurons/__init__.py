"""Neurons of one hidden layer: where they are, how they move, gather and compress."""
from .attractors import Census, cells, census, maxima, most_cells, patterns, turning
from .compression import (amplification_by_component, amplification_mean_square,
                          amplification_total, escape_time, late_amplification, stripe_moments)
from .dynamics import (Neurons, beta_over_bias, drive, lifted, position_velocities, positions,
                       velocities, velocity_field)
from .merging import Merged, merge, merge_parallel
from .motion import exits, fixed_points, move, self_consistent

__all__ = ["Census", "Merged", "Neurons", "amplification_by_component",
           "amplification_mean_square", "amplification_total", "beta_over_bias", "cells", "census",
           "drive", "escape_time", "exits", "fixed_points", "late_amplification", "lifted",
           "maxima", "merge", "merge_parallel", "most_cells", "move", "patterns",
           "position_velocities", "positions", "self_consistent", "stripe_moments", "turning",
           "velocities", "velocity_field"]
