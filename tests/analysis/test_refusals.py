"""What does not fit is refused in words: one good call with one argument changed, and the message.

Arrays that are not plain, not whole or of another number of axes: see test_missing_values.
"""
import numpy as np
import pytest
from good_arguments import (CURVES, ERRORS, FUNCTIONS, GOOD, GRAM, MASKS, MU, NET, NEURONS, PARAMS,
                            SIZES, X, Y)

from npspectral import Chain, Dense, Nested, Tanh, refuse
from npspectral.analysis.neurons.dynamics import Neurons
from npspectral.analysis.spectral.pruning import EmptiedLayer
from npspectral.nn import OneHidden

AT_ZERO = Neurons(np.zeros((1, 3)), np.ones(1), np.ones(1))
DENSE, NESTED = Chain(Dense(3, 4), Dense(4, 2)), Chain(Nested((3, 4)))
LATTICE = np.argwhere(np.ones((4, 4))).astype(float)
ONES, ZEROS = np.ones(24), np.zeros(24)
ALONG = {"omega": NEURONS.omega * [1, 0, 0]}
THREE = np.array([1.5, 2.0, 3.0])
WIDE = np.ones((24, 4))


def drawn(network):
    return {"network": network, "params": network.init(np.random.default_rng(0))}


# function, its changed arguments, the message; TypeError where it is no ValueError
REFUSED = [
    ("eigensystem.eigenvectors", {"blocks": [np.ones((4, 5)), np.ones((3, 5))]},
     r"block 2 has shape \(3, 5\), expected \(n_2, 4\)"),
    ("eigensystem.eigenvectors", {"blocks": []}, "expected at least one block"),
    ("eigensystem.eigenvectors", {"blocks": [ONES]}, r"block 1 has shape \(24,\), exp.* \(n, m\)"),
    ("eigensystem.adjacency", {"eigenvalues": np.ones(8)}, r"shape \(8,\), expected \(9,\)"),
    ("eigensystem.block", {"matrix": np.eye(8)}, r"shape \(8, 8\), expected \(9, 9\)"),
    ("eigensystem.block", {"k": 3}, r"block: \(3, 0\) is no block of 3 layers"),
    ("eigensystem.decompose", {"matrix": np.eye(8)}, r"expected \(9, 9\)"),
    ("eigensystem.transfer", {"sizes": (5, 4, 3), "k": 2},
     r"sizes has \(4, 3\) at 1 and 2, expected \(3, 4\)"),
    ("eigensystem.transfer", {"layer": Dense(5, 3)}, "expected a spectral layer", TypeError),
    ("eigensystem.links", {"network": Chain(Tanh()), "params": ({},)}, "no layer has a weight"),
    ("eigensystem.links", drawn(NESTED), "has no weight", TypeError),
    ("eigensystem.nested_graph", {"network": Nested((3, 4, 2), shared=False)},
     "shared eigenvalues and skips"),
    ("eigensystem.nested_graph", {"network": Nested((3, 4, 2), skip=False)},
     "shared eigenvalues and skips"),

    ("pruning.node_scores", {"score": "size"}, "score is 'size', expected one of"),
    ("pruning.node_scores", {**drawn(DENSE), "score": "lambda_out"}, "expected a Spectral layer",
     TypeError),
    ("pruning.node_scores", {"network": NET.layers[0], "params": PARAMS[0]}, "expected a Chain",
     TypeError),
    ("pruning.node_scores", {"params": PARAMS[:2]}, "params for each of its layers", TypeError),
    ("pruning.node_scores", drawn(NESTED), "expected dense, spectral and elementwise", TypeError),
    ("pruning.percentile_masks", {"percentile": 101}, "percentile is 101, expected 0 to 100"),
    ("pruning.percentile_masks", {"scope": "node"}, "scope is 'node'"),
    ("pruning.mask_nodes", {"masks": MASKS[:1]},
     r"expected boolean ones of shapes \[\(4,\), \(5,\)\]"),
    ("pruning.remove_nodes", {"masks": (np.ones(4), MASKS[1])},
     r"masks\[0\] is float64, expected boolean ones", TypeError),
    ("pruning.remove_nodes", {"masks": (MASKS[0], np.zeros(5, bool))},
     r"Spectral\(4, 5\) at position 2 would lose all of its nodes", EmptiedLayer),
    ("LinkHistory.observe", {"weight": GRAM[:3]},
     r"LinkHistory: weight has shape \(3, 24\), expected \(24, 24\)"),
    ("LinkHistory.observe", {"weight": ONES},
     r"LinkHistory: weight is float64 \(24,\), expected a real matrix", TypeError),
    ("LinkHistory.observe", {"weight": GRAM > 0}, "LinkHistory: weight is bool", TypeError),

    ("teacher_student.core_size", {"scores": []}, r"core_size: scores has shape \(0,\), expected"),
    ("teacher_student.core_size", {"scores": [1.0, -1.0]}, "expected numbers >= 0"),
    ("teacher_student.core_size", {"threshold": 0}, "threshold is 0, expected above 0"),
    ("teacher_student.core_size", {"threshold": 2}, "threshold is 2, expected above 0"),
    ("teacher_student.keep_nodes", {"n": 0}, "n is 0, expected an integer"),
    ("teacher_student.keep_nodes", {"n": 5}, "n is 5, expected .*, 1 to 4"),
    ("teacher_student.keep_nodes", drawn(Dense(3, 4)), "expected a Chain", TypeError),
    ("teacher_student.path_products", drawn(Dense(3, 4)), "products: network is Dense", TypeError),
    ("teacher_student.path_products", drawn(Chain(Dense(3, 4))), "1 transfers, expected two or",
     TypeError),
    ("teacher_student.path_distance", {"reference": 0 * MU}, "holds zeros alone"),

    ("infinite_width.arc_cosine_kernel", {"order": 4}, "order is 4, expected an integer"),
    ("infinite_width.relu_tangent_kernel", {"x2": X[:, :2]}, "x2 has 2 features, expected 3"),
    ("infinite_width.relu_tangent_kernel", {"scale": 0.0}, "scale is 0.0, expected a positive"),
    ("infinite_width.deep_relu_kernels", {"depth": -1}, "depth is -1, expected an integer"),
    ("infinite_width.deep_relu_kernels", {"weight_variance": 0}, "weight_variance is 0"),
    ("infinite_width.deep_relu_kernels", {"bias_variance": -1}, "bias_variance is -1"),
    ("local.local_kernel", {"x2": X[:, :2]}, "local_kernel: x2 has 2 features, expected 3"),
    ("local.local_kernel", {"size": 4}, "size is 4, .* the number of features = 3"),
    ("local.convolutional_kernel", {"size": 0}, "convolutional_kernel: size is 0, expected an int"),
    ("families.split_kernel", {"network": OneHidden(3, 4, trainable=("omega",))},
     "expected one that trains biases"),
    ("families.without_perpendicular", {"n_parallel": 4}, "n_parallel is 4, .* 1 to 3"),
    ("families.split_kernel", {"n_parallel": 0}, "n_parallel is 0, .* 1 to 3"),
    ("families.family_bases", {"n_knots": 1}, "n_knots is 1, expected an integer, 2 or more"),
    ("families.explained_shares", {"vectors": np.eye(3)}, r"bases\[0\] has 24 entries, expected 3"),
    ("families.share_outside", {"gram": np.ones((24, 24))}, "expected more than 0"),
    ("pca.kernel_pca", {"gram": GRAM[:, :2]}, r"gram has shape \(24, 2\), expected \(p, p\)"),
    ("pca.kernel_pca", {"gram": np.arange(9.0).reshape(3, 3)}, "differs from its transpose by 4"),
    ("pca.kernel_pca", {"n_components": 25}, "n_components is 25, expected an integer, 1 to 24"),
    ("pca.eigenspaces", {"eigenvalues": np.array([1.0, 2.0])}, "eigenvalues rise"),
    ("pca.eigenspaces", {"tolerance": -1.0}, "tolerance is -1.0, expected 0 to 1"),
    ("pca.alignment", {"gram": 0 * GRAM}, "gram or y is 0"),
    ("pca.alignment", {"y": ZEROS}, "gram or y is 0"),
    ("machines.support_vectors", {"y": np.arange(24.0)}, r"y has the values \[0.0, 1.0, 2.0"),
    ("machines.support_vectors", {"y": ONES}, r"expected -1 and \+1"),
    ("machines.support_vectors", {"bound": 0}, "bound is 0, expected a positive number"),
    ("machines.support_vectors", {"tolerance": 0}, "tolerance is 0, expected a positive number"),
    ("machines.support_vectors", {"gram": -GRAM}, r"gram has the diagonal \[-1.0, -1.0, -1.0"),
    ("machines.support_vectors", {"gram": 0 * GRAM}, "a positive semidefinite matrix, not 0"),
    ("machines.support_vectors", {"gram": np.triu(GRAM + 1)}, "differs from its transpose"),
    ("SupportVectors.decide", {"gram": GRAM[:, :2]}, "gram has 2 columns, expected 24"),
    ("machines.kernel_ridge", {"ridge": -1.0}, "ridge is -1.0, expected 0 or more"),
    ("machines.kernel_ridge", {"gram": np.ones((24, 24)), "ridge": 0.0},
     "not positive definite, expected"),
    ("machines.distance_to_planes", {"axis": 3}, "axis is 3, expected an integer, 0 to 2"),
    ("machines.distance_to_sphere", {"radius": -1.0}, "radius is -1.0, expected 0 or more"),
    ("machines.distance_to_sphere", {"n_parallel": 4}, "n_parallel is 4, expected an integer, 1"),
    ("regimes.scale_and_time", {"convention": "thesis"}, "is 'thesis', expected one of"),
    ("regimes.scale_and_time", {"alpha": 0.0}, "alpha is 0.0, expected a number > 0"),
    ("regimes.scale_and_time", {"width": -3}, "width is -3"),
    ("regimes.scale_and_time", {"gain": "2"}, "gain is '2'"),
    ("learning_curves.power_law", {"p": SIZES[::-1]}, r"power_law: p is \[4.0, 2.0"),
    ("learning_curves.power_law", {"p": SIZES[:1], "errors": ERRORS[:, :1]},
     "expected two or more positive"),
    ("learning_curves.power_law", {"errors": ERRORS[:, :2]}, "errors has 2 columns, expected 3"),
    ("learning_curves.crossing", {"second": 0 * ERRORS}, "second reach 0.0, expected positive"),
    ("learning_curves.exponent_interval", {"rng": 0}, "exponent_interval: rng is 0", TypeError),
    ("learning_curves.exponent_interval", {"level": 1.0}, "level is 1.0, expected between 0 and 1"),
    ("learning_curves.crossing_interval", {"n_draws": 0}, "n_draws is 0"),
    ("learning_curves.crossing_interval", {"second": CURVES["first"][:1]},
     "second has 1 entries, expected 2"),
    ("learning_curves.kernel_exponent", {"d": 0}, "kernel_exponent: d is 0"),
    ("learning_curves.kernel_exponent", {"xi": -1}, "xi is -1, expected a positive number"),
    ("learning_curves.feature_exponent", {"n_parallel": 4}, "n_parallel is 4, .* 1 to 3"),

    ("Neurons", {"width": 0}, "width is 0, expected an integer"),
    ("Neurons", {"gain": 0}, "gain is 0, expected a positive"),
    ("dynamics.mean_force", {"x": WIDE}, "x has 4 features, expected 3"),
    ("dynamics.positions", {"neurons": AT_ZERO}, r"positions: omega\[0\] is 0"),
    ("dynamics.position_velocities", {"neurons": AT_ZERO}, r"omega\[0\] is 0"),
    ("dynamics.velocity_field", {"beta_sign": 0}, "beta_sign is 0, expected 1 or -1"),
    ("dynamics.velocity_field", {"bias_sign": 2}, "bias_sign is 2, expected 1 or -1"),
    ("dynamics.velocity_field", {"z": np.ones((2, 4))}, "z has 4 features, expected 3 as x"),
    ("dynamics.velocity_field", {"z": np.diag([1.0, 0, 1])}, r"z\[1\] is 0, expected another"),
    ("dynamics.beta_over_bias", {"z": np.diag([1.0, 0, 1])}, r"z\[1\] is 0, expected another"),
    ("dynamics.beta_over_bias", {"bias": np.ones(4)}, "bias has 4 entries, expected 5"),
    ("dynamics.beta_over_bias", {"conserved": np.ones(6)}, "conserved has 6 entries, expected 5"),
    ("motion.move", {"time": np.ones(3)}, "move: time has 3 entries, expected 4"),
    ("motion.move", {"mean_force": np.ones((2, 3))}, r"mean_force has shape \(2, 3\), .*\(4, 4\)"),
    ("motion.self_consistent", {"beta_sign": 0}, "beta_sign is 0, expected 1 or -1"),
    ("motion.self_consistent", {"patterns": [[True]]}, r"patterns has shape \(1, 1\), force 24"),
    ("attractors.attractor_labels", {"tolerance": -0.1}, "tolerance is -0.1, expected 0 to 1"),
    ("attractors.attractor_labels", {"x": WIDE}, "x has 4 features, expected 3"),
    ("attractors.cells", {"x": np.zeros((0, 3))}, r"cells: x has shape \(0, 3\)"),
    ("attractors.maxima", {"beta_sign": 2}, "beta_sign is 2, expected 1 or -1"),
    ("attractors.turning_rate", {"vector": np.zeros(4)}, "turning_rate: vector is 0, which"),
    ("least_norm.least_l1", {"y": ONES[1:]}, "least_l1: y has 23 entries, expected 24"),
    ("least_norm.least_l1", {"tolerance": 1e-9}, "tolerance is 1e-09, expected 1e-08 to 1"),
    ("least_norm.largest_l1_margin", {"y": 2 * Y}, "y has the values .*expected -1 and"),
    ("merging.merge", {"x": WIDE}, "x has 4 features, expected 3"),
    ("merging.merge_parallel", {"tolerance": 2}, "tolerance is 2, expected 0 to 1"),
    ("compression.amplification_total", {"omega": NEURONS.omega[:, :1]}, "omega has 1 column, exp"),
    ("compression.amplification_mean_square", {"n_parallel": 3}, "n_parallel is 3, .* 1 to 2"),
    ("compression.amplification_by_component", ALONG, "omega is 0 in all irrelevant"),
    ("compression.escape_time", {"y": ONES}, "y has the values"),
    ("compression.escape_time", {"share": 2}, "share is 2, expected 0 to 1"),
    ("compression.late_amplification", {"p": 0}, "p is 0, expected a positive number"),
    ("compression.late_amplification", {"interface": (1.0, 1.0)}, "expected low < high"),
    ("compression.stripe_moments", {"interface": (-np.inf, 1.0)}, "interface is -inf"),
    ("compression.stripe_moments", ALONG, r"omega\[0\] is 0 but for"),

    ("neighbors.nearest_neighbors", {"x": X * 1j}, "x is complex128", TypeError),
    ("neighbors.nearest_neighbors", {"k": 0}, "k is 0, expected an integer, 1 to 24"),
    ("neighbors.nearest_neighbors", {"k": 24, "queries": None}, "k is 24, .*, 1 to 23"),
    ("neighbors.nearest_neighbors", {"k": 25}, "k is 25, expected an integer, 1 to 24"),
    ("neighbors.nearest_neighbors", {"queries": X[:, :1]}, "queries has 1 features, expected 3"),
    ("mutual_information.ratio_information", {"y": 2 * Y}, "y has the values .*-1 and"),
    ("mutual_information.ratio_information", {"y": ONES}, "expected -1 and"),
    ("mutual_information.ratio_information", {"k": 9}, "ratio_information: k is 9, .*, 1 to 8"),
    ("mutual_information.ratio_information_apart", {"k": 8}, "apart: k is 8, .*, 1 to 7"),
    ("mutual_information.neighbor_information", {"k": 8}, "has 8 samples, expected more than k"),
    ("mutual_information.neighbor_information", {"k": 0}, "information: k is 0"),
    ("mutual_information.neighbor_information", {"x": np.append(np.arange(23.0), 1e200)},
     "x has neighbors at .*e-200 of its largest number, expected none nearer than 1e-150"),
    ("mutual_information.ratio_floor", {"k": 0}, "k is 0, expected an integer, 1 or more"),
    ("mutual_information.normal_information", {"weights": np.array([0.5, 0.6])}, "with sum 1"),
    ("mutual_information.normal_information", {"sigmas": np.array([1.0, 0.0])}, "be positive"),
    ("mutual_information.binned_entropy", {"width": 0.0}, "width is 0.0, expected a positive"),
    ("dimension.neighbor_ratios", {"x": np.ones((5, 2))}, "x has 1 distinct rows, expected 3"),
    ("dimension.neighbor_ratios", {"x": np.array([[1.0], [2], [1e-305], [2e-305], [0]])},
     "rows that differ by less than 1e-300 of its largest number"),
    ("dimension.intrinsic_dimension", {"x": LATTICE}, "every mu is 1, as on a lattice"),
    ("dimension.two_nn_ml", {"mu": THREE - 1}, r"mu\[0\] is 0.5, expected 1 or more"),
    ("dimension.two_nn_ml", {"mu": THREE[:2]}, "mu has 2 entries, expected 3 or more"),
    ("dimension.two_nn_fit", {"keep": 0.0}, "keep is 0.0, expected above 0"),
    ("dimension.two_nn_fit", {"mu": THREE, "keep": 0.1}, "among the 0 to fit"),
    ("dimension.two_nn_fit_published", {"mu": np.array([1.0, 1.0, 1.5])}, "among the 0 to fit"),
    ("dimension.block_dimensions", {"n_blocks": 9}, "n_blocks is 9, expected an integer, 1 to 8"),
    ("dimension.block_dimensions", {"rng": 0}, "rng is 0, expected a numpy.random.Gen", TypeError),
    ("activity.representations", {"network": Dense(2, 2)}, "network is Dense.*, expected a Chain",
     TypeError),
    ("activity.representations", {"params": ({},)}, "params has 1 entries"),
    ("activity.representations", {"x": WIDE}, "x has 4 features"),
    ("activity.components_for", {"share": 0.0}, "share is 0.0, expected above 0, up to 1"),
    ("activity.components_for", {"variances": 2 - MU * [*MU]}, "run from -.* to .*none below 0"),
    ("activity.participation_ratio", {"variances": ZEROS}, "and not only zeros"),
    ("stability.stability", {"moved": WIDE}, r"moved has shape \(24, 4\), expected .*\(24, 3\)"),
    ("stability.stability", {"outputs": 0 * X}, "outputs do not differ"),
    ("stability.stability", {"average": "mode"}, r"average is 'mode', expected .*'median'"),
    ("stability.relative_stability", {"deformed": X[1:]}, r"deformed has shape \(23, 3\)"),
    ("stability.relative_stability", {"noisy": X}, "noisy do not differ"),
]


@pytest.mark.parametrize("name, changes, message, error", [
    (*row, ValueError)[:4] for row in REFUSED], ids=[f"{i} {row[0]}" for i, row in
                                                     enumerate(REFUSED)])
def test_what_does_not_fit_is_refused_in_words(name, changes, message, error):
    with pytest.raises(error, match=message):
        FUNCTIONS[name](**{**GOOD[name], **changes})


@pytest.mark.parametrize("place", [(0, 199), (199, 0), (100, 3), (150, 149), (63, 64), (130, 131)])
def test_one_entry_that_differs_from_its_mirror_image_is_found_anywhere(place):
    gram = np.eye(200)
    gram[place] = -1e-3
    with pytest.raises(ValueError, match="gram differs from its transpose by 1.0e-03"):
        refuse.symmetric("kernel_pca", "gram", gram)
