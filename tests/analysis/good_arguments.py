"""Good arguments for every public function of the analysis, which laws and refusals start from.

The functions are found by introspection: a new one has to have a line.
"""
import importlib
import inspect
import pkgutil

import numpy as np

from npspectral import (Adam, Chain, Dense, Nested, Spectral, Tanh, analysis, data,
                        mean_squared_error)
from npspectral.analysis.kernels.machines import SupportVectors
from npspectral.analysis.kernels.pca import KernelPCA
from npspectral.analysis.kernels.learning_curves import PowerLaw
from npspectral.analysis.neurons.dynamics import Neurons
from npspectral.analysis.spectral.sparsity import LinkHistory
from npspectral.nn import OneHidden, tree

ROOMS = (analysis.clouds, analysis.kernels, analysis.neurons, analysis.spectral)
RNG = np.random.default_rng(0)
P, D, H = 24, 3, 4
X, Q = RNG.standard_normal((P, D)), RNG.standard_normal((5, D))
Y = np.where(np.arange(P) % 3 == 0, -1.0, 1.0)
GRAM = np.exp(-((X[:, None] - X) ** 2).sum(-1))
VECTORS, VALUES = RNG.standard_normal((P, 2)), np.array([3.0, 2.0])
MU = 1 + RNG.exponential(size=10)
MU_24 = np.linspace(1.0, 2.0, P)
SIZES, ERRORS = np.array([1.0, 2.0, 4.0]), 1 / np.array([[2.0, 3.0, 5.0], [2.0, 4.0, 5.0]])
NEURONS = Neurons(*(tree.locked(RNG.standard_normal(shape)) for shape in ((H, D), H, H)))
NET = Chain(Spectral(D, H), Tanh(), Spectral(H, 5), Tanh(), Dense(5, 2))
PARAMS = NET.init(RNG)
PAIR = {"network": NET, "params": PARAMS}
LAYER = {"layer": NET.layers[0], "params": PARAMS[0]}
HIDDEN = OneHidden(D, H)
HIDDEN_PARAMS = HIDDEN.init(np.random.default_rng(1))
NESTED = Nested((3, 4, 2), shared=True, skip=True)
BLOCKS = RNG.standard_normal((H, D)), RNG.standard_normal((2, H))
LAMBDA = np.arange(9.0)
MASKS = np.array([True, False, True, True]), np.array([True, False, True, False, True])
CELLS = np.arange(2 * P).reshape(2, P) % 3 == 0
X_FORCE = {"x": X, "force": Y}
RELEVANT = Chain(Spectral(D, H, lambda_out=0.0), Tanh(), Spectral(H, 1, lambda_out=0.0))
PRICED = {"network": RELEVANT, "x": X, "target": Y[:, None], "loss": mean_squared_error}
FOLD = np.arange(P) % 2
TWO = tuple(RELEVANT.init(np.random.default_rng(seed)) for seed in (2, 3))
FOLDS = {"params": TWO, "fold": FOLD, "groups": np.arange(D)}
REPLACED = {"x": X, "columns": np.array([2, 0]), "drawn": np.stack([X[::-1, :2], X[:, 1:]])}
MOVED = {"neurons": NEURONS, "mean_force": RNG.standard_normal((H, D + 1))}
OMEGA = {"omega": NEURONS.omega}
SIDES = {"x1": X, "x2": Q}
CURVES = {"p": SIZES, "first": ERRORS, "second": ERRORS[:, ::-1]}
NORMAL = {"means": np.array([0.0, 1.0]), "sigmas": np.ones(2), "weights": np.full(2, 0.5)}

GOOD = {
    "eigensystem.eigenvectors": {"blocks": BLOCKS},
    "eigensystem.inverse_eigenvectors": {"blocks": BLOCKS},
    "eigensystem.adjacency": {"blocks": BLOCKS, "eigenvalues": LAMBDA},
    "eigensystem.block": {"matrix": np.eye(9), "sizes": (3, 4, 2), "k": 1, "j": 0},
    "eigensystem.decompose": {"matrix": np.diag(LAMBDA), "sizes": (3, 4, 2)},
    "eigensystem.transfer": LAYER,
    "eigensystem.links": PAIR,
    "eigensystem.nested_graph": {"network": NESTED, "params": NESTED.init(RNG)},
    "attractors.patterns": {"neurons": NEURONS, "x": X},
    "attractors.attractor_labels": {"neurons": NEURONS, "x": X},
    "attractors.most_cells": {"p": 3, "d": 2},
    "attractors.cells": {"x": X[:4]},
    "attractors.maxima": {"x": X[:4], "force": Y[:4], "beta_sign": 1},
    "attractors.turning_rate": {"vector": np.ones(D + 1), **X_FORCE},
    "compression.amplification_total": OMEGA,
    "compression.amplification_by_component": OMEGA,
    "compression.amplification_mean_square": OMEGA,
    "compression.escape_time": {"times": SIZES, "outputs": np.outer(SIZES, Y) / 2, "y": Y},
    "compression.late_amplification": {"p": 10, "interface": (-0.3, 1.2)},
    "compression.stripe_moments": {**OMEGA, "bias": NEURONS.bias, "interface": (-0.3, 1.2)},
    "infinite_width.arc_cosine_kernel": SIDES,
    "infinite_width.relu_tangent_kernel": SIDES,
    "infinite_width.deep_relu_kernels": SIDES,
    "local.local_kernel": {**SIDES, "size": 2},
    "local.convolutional_kernel": {**SIDES, "size": 2},
    "dimension.neighbor_ratios": {"x": X},
    **{f"dimension.two_nn_{name}": {"mu": MU}
       for name in ("ml", "unbiased", "posterior", "fit", "fit_published")},
    "dimension.intrinsic_dimension": {"x": X},
    "dimension.block_dimensions": {"rng": RNG, "x": X, "n_blocks": 2},
    "machines.support_vectors": {"gram": GRAM, "y": Y},
    "machines.kernel_ridge": {"gram": GRAM, "y": Y, "ridge": 0.1},
    "machines.distance_to_planes": {"x": X, "offsets": np.array([0.0, 1.0])},
    "machines.distance_to_sphere": {"x": X, "radius": 1.0},
    "pca.kernel_pca": {"gram": GRAM},
    "pca.projections": {"eigenvectors": VECTORS, "y": Y},
    "pca.eigenspaces": {"eigenvalues": VALUES},
    "pca.projection_sums": {"components": KernelPCA(VALUES, VECTORS), "y": Y},
    "pca.alignment": {"gram": GRAM, "y": Y},
    "families.without_perpendicular": {"params": HIDDEN_PARAMS},
    "families.split_kernel": {"network": HIDDEN, "params": HIDDEN_PARAMS, "x": X},
    "families.family_bases": {"x": X, "n_knots": 4},
    "families.explained_shares": {"bases": (VECTORS, VECTORS[:, :1]), "vectors": VECTORS},
    "families.share_outside": {"gram": GRAM, "basis": VECTORS},
    "learning_curves.kernel_exponent": {"d": 3},
    "learning_curves.feature_exponent": {"d": 3},
    "learning_curves.power_law": {"p": SIZES, "errors": ERRORS},
    "learning_curves.exponent_interval": {"rng": RNG, "p": SIZES, "errors": ERRORS},
    "learning_curves.crossing": CURVES,
    "learning_curves.crossing_interval": {"rng": RNG, **CURVES},
    "least_norm.least_l1": {"features": GRAM, "y": Y},
    "least_norm.largest_l1_margin": {"features": GRAM, "y": Y},
    "merging.merge": {"neurons": NEURONS, "x": X},
    "merging.merge_parallel": {"neurons": NEURONS},
    "mutual_information.ratio_information": {"x": X, "y": Y},
    "mutual_information.ratio_information_apart": {"x": X, "y": Y},
    "mutual_information.ratio_floor": {"k": 3},
    "mutual_information.neighbor_information": {"x": X, "labels": Y},
    "mutual_information.normal_information": NORMAL,
    "mutual_information.binned_entropy": {"activity": X, "width": 0.5},
    "mutual_information.binned_information": {"activity": X, "labels": Y, "width": 0.5},
    "neighbors.nearest_neighbors": {"x": X, "k": 2, "queries": Q},
    "neighbors.nearest_neighbor_vote": {"x": X, "labels": Y, "queries": Q},
    "motion.move": {**MOVED, "time": np.full(H, 0.1)},
    "motion.cell_exits": {**MOVED, "x": X},
    "motion.fixed_points": {"patterns": CELLS, **X_FORCE},
    "motion.self_consistent": {"patterns": CELLS, **X_FORCE, "beta_sign": 1},
    "dynamics.augmented": {"x": X},
    "dynamics.positions": {"neurons": NEURONS},
    "dynamics.mean_force": {"neurons": NEURONS, **X_FORCE},
    "dynamics.velocities": {"neurons": NEURONS, **X_FORCE},
    "dynamics.position_velocities": {"neurons": NEURONS, **X_FORCE},
    "dynamics.beta_over_bias": {"z": Q, "bias": np.ones(5), "conserved": np.zeros(5)},
    "dynamics.velocity_field": {"z": Q, **X_FORCE, "bias_sign": 1, "beta_sign": 1},
    "stability.stability": {"outputs": X, "moved": VECTORS @ VECTORS.T @ X},
    "stability.relative_stability": {"outputs": X, "deformed": 2 * X, "noisy": -X},
    "pruning.node_scores": PAIR,
    "pruning.percentile_masks": {"scores": (MU[:4], MU[4:]), "percentile": 30},
    "pruning.mask_nodes": {**PAIR, "masks": MASKS},
    "pruning.remove_nodes": {**PAIR, "masks": MASKS},
    "pruning.prune_before_training": {**PAIR, "train_eigenvalues": lambda network, params: params,
                                      "train": lambda network, params: params, "percentile": 20},
    "pruning.prune_until": {**PAIR, "metric": lambda params: 1.0, "drop": 0.1},
    "pruning.eigenvalues_only": {"network": NET},
    "regimes.scale_and_time": {"alpha": 2.0, "time": SIZES, "width": 3, "convention": "code"},
    "regimes.parameter_change": {"params": PARAMS, "start": tree.map(np.ones_like, PARAMS)},
    "regimes.kernel_change": {"kernel": GRAM, "start": np.eye(P)},
    "regimes.linearized": {"network": NET, "params": PARAMS, "start": PARAMS, "x": X},
    "relevance.input_relevance": LAYER,
    "relevance.node_relevance": LAYER,
    "relevance.ranking": {"scores": MU},
    "relevance.top_mask": {"scores": MU, "n": 3},
    "relevance.keep_top": {"x": X, "scores": MU[:D], "n": 2},
    "activity.representations": {**PAIR, "x": X},
    "activity.principal_variances": {"x": X},
    "activity.components_for": {"variances": MU},
    "activity.participation_ratio": {"variances": MU},
    "teacher_student.core_size": {"scores": MU},
    "teacher_student.keep_nodes": {**PAIR, "n": 2},
    "teacher_student.loss_by_nodes_kept": {**PAIR, "x": X, "target": X[:, :2],
                                           "loss": mean_squared_error, "counts": [1, 2]},
    "teacher_student.path_products": PAIR,
    "teacher_student.path_distance": {"paths": MU, "reference": MU[::-1]},
    # a selection
    "conditional.conditional_draws": {"rng": RNG, "x": X, "columns": np.array([1, 0])},
    "conditional.normal_scores": {"x": X},
    "conditional.leave_one_out": {"features": X, "y": VECTORS},
    "price.replaced_outputs": {"predict": lambda x: x[:, :1], **REPLACED},
    "price.spectral_replaced_outputs": {"network": RELEVANT, "params": TWO[0],
                                        **REPLACED},
    "price.sample_losses": {"loss": mean_squared_error, "y": VECTORS, "target": VECTORS[::-1]},
    "price.conditional_test": {"prices": VECTORS.T.copy(), "gain": 0.5, "weights": MU_24},
    "price.benjamini_hochberg": {"p": 1 / MU, "q": 0.1},
    "alike.column_tree": {"x": X, "threshold": 0.5},
    "penalty_path.penalty_path": {
        "rng": RNG, **PRICED, "optimizer": Adam(), "fold": FOLD, "weights": MU_24,
        "penalties": np.array([0.1, 0.2]), "epochs": (1, 1, 1)},
    "penalty_path.fold_numbers": {"rng": RNG, "n": P, "labels": Y},
    "selection.select": {"rng": RNG, **PRICED, **FOLDS, "weights": MU_24, "q": 0.1,
                         "margin": 0.01},
    "selection.group_prices": {"rng": RNG, **PRICED, **FOLDS},
    "price.best_constant": {"target": Y[:, None], "weights": MU_24},
    "price.constant_losses": {"loss": mean_squared_error, "target": Y[:, None], "n_out": 1,
                              "weights": MU_24},
    # what has a state
    "Neurons": {"omega": NEURONS.omega, "bias": NEURONS.bias, "beta": NEURONS.beta},
    "SupportVectors.decide": {"gram": GRAM},
    "PowerLaw": {"p": SIZES},
    "LinkHistory": {"weight": GRAM, "threshold": 0.1},
    "LinkHistory.observe": {"weight": GRAM, "threshold": 0.1},
    # data
    "GaussianFeatures.predict": {"x": X},
    "CorrelatedPairs.predict": {"x": RNG.standard_normal((P, 10))},
    "parity_task": {"rng": RNG, "x": X, "labels": (Y > 0).astype(int), "mean": np.zeros(D)},
    "principal_components": {"x": X, "d": 2},
}
OTHERS = {
    "Neurons": Neurons,
    "SupportVectors.decide": SupportVectors(Y, 0.0, 0.0).decide,
    "PowerLaw": PowerLaw(1.0, 1.0, 0.0),
    "LinkHistory": LinkHistory,
    "LinkHistory.observe": lambda **given: LinkHistory(GRAM.copy(), 0.1).observe(**given),
    "GaussianFeatures.predict": data.gaussian_features(RNG, 5, D, 2).predict,
    "CorrelatedPairs.predict": data.correlated_pairs(RNG, 5).predict,
    "parity_task": data.parity_task,
    "principal_components": data.principal_components,
}


def public_functions():
    for room in ROOMS:
        for part in pkgutil.iter_modules(room.__path__):
            module = importlib.import_module(f"{room.__name__}.{part.name}")
            for name, function in vars(module).items():
                if (inspect.isfunction(function) and function.__module__ == module.__name__
                        and name[0] != "_" and part.name[0] != "_"):
                    yield f"{part.name}.{name}", function


# The arrays of the tangent kernel are those of its layers, which check them.
FUNCTIONS = {**{name: function for name, function in public_functions()
                if not name.startswith("tangent.")}, **OTHERS}
