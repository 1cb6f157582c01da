"""A teacher found inside its student: which hidden nodes form the core, and what they compute.

A student wider than its teacher is trained with a penalty on its first layer. The relevance of a
node of the first hidden layer is the norm of what enters it, `pruning.node_scores(..., "norm")[0]`:

    R_dense_i = |w_i|        R_spectral_i = |lambda_out_i| |phi_i|  (= |w_i|, where lambda_in = 0)

w_i and phi_i are the rows i of W and phi. Nodes with R of at least a share of the largest R are the
core. If the core is the teacher, three things hold: it has as many nodes as the teacher, the loss
rises as soon as fewer nodes are kept, and its paths have the weights of the teacher's paths.

Source: Giambagli et al. 2023, NeurIPS ("How a student becomes a teacher").
"""
import numpy as np

from ... import refuse
from ...nn import Chain
from ...training import evaluate
from .._params import check_params
from .pruning import node_scores, remove_nodes
from .relevance import top_mask


def core_size(scores, threshold=0.05):
    """How many scores R (n,) have R >= threshold max(R), 0 < threshold <= 1; 0 if all R are 0."""
    scores = refuse.numbers("core_size", "scores", scores, 1)
    if scores.min() < 0:
        raise ValueError(f"core_size: scores reach {scores.min()}, expected numbers >= 0")
    refuse.number("core_size", "threshold", threshold, "above 0, up to 1", lambda t: 0 < t <= 1)
    return int(((scores >= threshold * scores.max()) & (scores > 0)).sum())


def keep_nodes(network, params, n):
    """The smaller network with only the n nodes of largest R in the first hidden layer; its params.

    Raises ValueError unless n is from 1 to the size of that layer, TypeError if network is not a
    Chain of dense, spectral and elementwise layers.
    """
    scores, *others = node_scores(network, params, "norm")
    refuse.integer("keep_nodes", "n", n, 1, scores.size)
    masks = (top_mask(scores, n), *(np.ones(other.size, bool) for other in others))
    return remove_nodes(network, params, masks)


def loss_by_nodes_kept(network, params, x, target, loss, counts):
    """The loss (m,) on all of x with the n nodes of largest R, for each n of counts (m,).

    x (p, n_in); target has p rows. If loss is the mean squared error, the result less the loss with
    all nodes is Delta_MSE of the published figure. Raises errors as `keep_nodes` does.
    """
    x, target = (refuse.array("loss_by_nodes_kept", name, given, max(1, np.ndim(given)))
                 for name, given in (("x", x), ("target", target)))
    return np.array([evaluate(*keep_nodes(network, params, n), x, target, loss=loss)["loss"]
                     for n in counts])


def path_products(network, params):
    """Sorted weights of all paths through the first hidden layer, (n_in n_1 n_2,).

        p_kji = W2_kj W1_ji     from input i by node j to node k of the next layer

    They do not depend on the order of nodes, nor on factors that a ReLU lets move from W1 to W2.
    Raises TypeError if network is not a Chain with two transfers or more.
    """
    if not isinstance(network, Chain):
        raise TypeError(f"path_products: network is {network!r}, expected a Chain")
    check_params("path_products", params, network)
    weights = [layer.weight(layer_params) for layer, layer_params in zip(network.layers, params)
               if hasattr(layer, "weight")]
    if len(weights) < 2:
        raise TypeError(f"path_products: {len(weights)} transfers, expected two or more")
    return np.sort((weights[1][:, :, None] * weights[0]).ravel())


def path_distance(paths, reference):
    """sum_k |p_k - q_k| / sum_k |q_k| of two sets of paths, each sorted; q is the reference.

    It is their Wasserstein-1 distance over the mean |q|: 0 if the paths are the same, 1 if all p
    are 0. Raises ValueError on sets of different sizes or a reference of zeros.
    """
    paths, reference = (np.sort(refuse.numbers("path_distance", name, given, 1)) for name, given
                        in (("paths", paths), ("reference", reference)))
    if paths.shape != reference.shape:
        raise ValueError(f"path_distance: paths has shape {paths.shape}, "
                         f"expected the reference's {reference.shape}")
    if not reference.any():
        raise ValueError("path_distance: the reference holds zeros alone")
    return float(np.abs(paths - reference).sum() / np.abs(reference).sum())
