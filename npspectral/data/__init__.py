"""Data sets: handmade ones, whose true structure is known, and real ones, read from files."""
from .binary import (and_d, and_task, boolmat, cube, cylinder, sphere, sphere_grid, stripe, xnor)
from .catalog import at_hand
from .diffeomorphism import (deform, displacements, equal_noise, temperature_bounds,
                             temperature_of)
from .files import (CALIFORNIA_FEATURES, california_housing, digits, fashion_mnist, load_idx,
                    load_npz, mnist)
from .hierarchy import RandomHierarchy, random_hierarchy
from .principal import PrincipalComponents, parity_task, principal_components
from .split import train_test_split
from .synthetic import (CorrelatedPairs, GaussianFeatures, correlated_pairs, gaussian_features,
                        labeled)
from .table import Table, read_table

__all__ = ["CALIFORNIA_FEATURES", "CorrelatedPairs", "GaussianFeatures", "PrincipalComponents",
           "RandomHierarchy", "Table", "and_d", "and_task", "at_hand", "boolmat",
           "california_housing", "correlated_pairs", "cube", "cylinder", "deform", "digits",
           "displacements", "equal_noise", "fashion_mnist", "gaussian_features", "labeled",
           "load_idx", "load_npz", "mnist", "parity_task", "principal_components",
           "random_hierarchy", "read_table", "sphere", "sphere_grid", "stripe",
           "temperature_bounds", "temperature_of", "train_test_split", "xnor"]
