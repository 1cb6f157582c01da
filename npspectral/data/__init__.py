"""Data sets: handmade ones that know their own truth, and real ones read from files."""
from .catalog import at_hand
from .files import (CALIFORNIA_FEATURES, california_housing, digits, fashion_mnist, load_idx,
                    load_npz, mnist)
from .split import train_test_split
from .synthetic import (CorrelatedPairs, GaussianFeatures, correlated_pairs, gaussian_features,
                        labeled)

__all__ = ["CALIFORNIA_FEATURES", "CorrelatedPairs", "GaussianFeatures", "at_hand",
           "california_housing", "correlated_pairs", "digits", "fashion_mnist",
           "gaussian_features", "labeled", "load_idx", "load_npz", "mnist", "train_test_split"]
