"""Pruning: which hidden nodes a network can do without; masking them, and removing them for good.

A network is a Chain of transfers (Dense, Spectral, factored), with elementwise layers f between
them. Its hidden nodes are the outputs of all transfers but the last. Inputs and outputs of the
network are never pruned. Scores and masks are tuples of arrays, one for each hidden layer.

A masked node j has no incoming weights, so it gives f(bias_j) whatever the input. Removing it adds
W_ij f(bias_j) to the bias of each node i of the next layer: the function of the network stays the
same.

Source: Buffoni et al. 2022, Sci. Rep. 12, 11201 ("lambda_out", one threshold for all layers, before
and after training); the public port to PyTorch ranks by the eigenvalue of the next transfer
("lambda_in_next"); Giambagli et al. 2023, NeurIPS ("product").
"""
import math
from dataclasses import replace

import numpy as np

from ... import refuse
from ...nn import Chain, Dense, Spectral
from ...nn.activations import Elementwise
from ...nn.factored import Factored
from ...magnitude import norms
from .._params import check_params
from .relevance import input_relevance, node_relevance

SCORES = {
    "lambda_out": lambda into, out: node_relevance(into[0], into[1], "eigenvalue"),
    "lambda_in_next": lambda into, out: input_relevance(out[0], out[1], "eigenvalue"),
    "product": lambda into, out: node_relevance(into[0], into[1], "product"),
    "strength": lambda into, out: np.abs(into[0].weight(into[1])).sum(1),
    "norm": lambda into, out: norms(into[0].weight(into[1])),
}


class EmptiedLayer(ValueError):
    """A hidden layer would lose all of its nodes."""


def node_scores(network, params, score="product"):
    """A score for each hidden node, which is larger the more the node matters.

    "lambda_out"      |lambda_out_i| of the transfer into the node
    "lambda_in_next"  |lambda_in_i| of the transfer out of it
    "product"         |lambda_out_i| sqrt(sum_j phi_ij^2)
    "strength"        sum_j |W_ij| of the realized weight, for any transfer
    "norm"            sqrt(sum_j W_ij^2), equal to "product" where lambda_in = 0
    The first two depend on how a weight W_ij is split into eigenvalue and phi_ij. If both sets of
    eigenvalues are trained, the first three say nothing (see analysis/spectral/relevance.py).
    """
    if score not in SCORES:
        raise ValueError(f"node_scores: score is {score!r}, expected one of {sorted(SCORES)}")
    transfers = [pair for pair in _plain(network, params) if hasattr(pair[0], "n_in")]
    return tuple(SCORES[score](into, out) for into, out in zip(transfers, transfers[1:]))


def percentile_masks(scores, percentile, scope="global", allow_empty=False):
    """True for the nodes that stay: score >= the percentile of the scores.

    The percentile is that of numpy.percentile with linear interpolation, over the nodes of all
    hidden layers ("global") or of each by itself ("layer"). Nodes of equal score stay or go
    together, and at 100 those of the largest score stay. Raises EmptiedLayer if a layer would lose
    all its nodes, unless allow_empty.
    """
    refuse.number("percentile_masks", "percentile", percentile, "0 to 100",
                  lambda percentile: 0 <= percentile <= 100)
    if scope not in ("global", "layer"):
        raise ValueError(f"percentile_masks: scope is {scope!r}, expected 'global' or 'layer'")
    scores = tuple(refuse.numbers("percentile_masks", f"scores[{layer}]", layer_scores, 1)
                   for layer, layer_scores in enumerate(scores))
    everything = np.concatenate(scores)
    masks = tuple(layer_scores >= np.percentile(everything if scope == "global" else layer_scores,
                                                percentile)
                  for layer_scores in scores)
    for layer, keep in enumerate(masks):
        if not (allow_empty or keep.any()):
            raise EmptiedLayer(f"percentile_masks: hidden layer {layer} would lose all of its "
                               f"{keep.size} nodes at percentile {percentile}")
    return masks


def mask_nodes(network, params, masks):
    """New params with weights 0 into every node whose mask is False; the old ones stay as they are.

    masks: one boolean array for each hidden layer. Raises TypeError on factored layers.
    """
    pairs = _plain(network, params)
    if any(layer_params is not plain for layer_params, (_, plain) in zip(params, pairs)):
        raise TypeError("mask_nodes: a factored layer cannot hold a masked matrix; "
                        "give its spectral(params)")
    masked = list(params)
    for position, keep in _placed(pairs, masks):
        name = "phi" if "phi" in params[position] else "weight"
        masked[position] = {**params[position], name: params[position][name] * keep[:, None]}
    return tuple(masked)


def remove_nodes(network, params, masks):
    """The smaller network without the nodes whose mask is False, and its params.

    masks: one boolean array for each hidden layer. Factored layers become Spectral. Raises
    EmptiedLayer if a layer would lose all its nodes.
    """
    whole = _plain(network, params)
    pairs = list(whole)
    for position, keep in _placed(whole, masks):
        layer, layer_params = pairs[position]
        if not keep.any():
            raise EmptiedLayer(f"remove_nodes: {whole[position][0].label} at position {position} "
                               f"would lose all of its nodes")
        following = next(i for i in range(position + 1, len(pairs)) if hasattr(pairs[i][0], "n_in"))
        constant = _constant_outputs(whole[position:following])     # with the biases of `whole`
        pairs[following] = _without_inputs(*pairs[following], keep, constant)
        pairs[position] = (replace(layer, n_out=int(keep.sum())),
                           {name: array if name == "lambda_in" else array[keep]
                            for name, array in layer_params.items()})
    layers, params = zip(*pairs)
    return Chain(*layers), params


def prune_before_training(network, params, train_eigenvalues, train, percentile,
                          score="lambda_out", scope="global"):
    """Train the eigenvalues alone, remove the nodes of low score, train the small network.

    train_eigenvalues and train take a network and its params and return new params. The first gets
    the network with frozen eigenvectors and biases, the second the small network. Returns the small
    network and its params.
    """
    params = train_eigenvalues(eigenvalues_only(network), params)
    masks = percentile_masks(node_scores(network, params, score), percentile, scope)
    small, start = remove_nodes(network, params, masks)
    return small, train(small, start)


def prune_until(network, params, metric, drop, score="product", scope="global",
                percentiles=range(5, 100, 5)):
    """Prune as far as metric(params) stays at or above its value for the whole network less drop.

    metric: larger is better; it is called with masked params. The percentiles are tried in turn
    until metric is lower than that, or a layer loses all its nodes. Returns the last percentile
    before, 0 if there was none, and its masks.
    """
    refuse.number("prune_until", "drop", drop, "a finite number", math.isfinite)
    scores = node_scores(network, params, score)
    least = _value(metric, params) - drop
    last, masks = 0, percentile_masks(scores, 0, scope)
    for percentile in percentiles:
        tried = percentile_masks(scores, percentile, scope, allow_empty=True)
        if (not all(keep.any() for keep in tried)
                or _value(metric, mask_nodes(network, params, tried)) < least):
            break
        last, masks = percentile, tried
    return last, masks


def _value(metric, params):
    value = metric(params)
    if math.isnan(value):
        raise ValueError("prune_until: metric(params) is nan, expected a number")
    return value


def eigenvalues_only(network):
    """The same network with nothing trainable but the eigenvalues of its spectral layers."""
    def frozen(layer):
        if not hasattr(layer, "n_in"):
            return layer
        spectral = isinstance(layer, (Spectral, Factored))
        return replace(layer, trainable=("lambda_in", "lambda_out") if spectral else ())

    return Chain(*map(frozen, network.layers))


def _plain(network, params):
    """(layer, params) of the chain, with factored layers as the Spectral that they equal."""
    if not isinstance(network, Chain) or len(params) != len(network.layers):
        raise TypeError(f"pruning: network is {network!r}, expected a Chain with params for each "
                        f"of its layers")
    check_params("pruning", params, network)
    pairs = [layer.spectral(layer_params) if hasattr(layer, "spectral") else (layer, layer_params)
             for layer, layer_params in zip(network.layers, params)]
    for layer, _ in pairs:
        if not isinstance(layer, (Dense, Spectral, Elementwise)):
            raise TypeError(f"pruning: the network has a {layer!r}, expected dense, spectral and "
                            f"elementwise layers")
    return pairs


def _placed(pairs, masks):
    """(position, mask) of each transfer with hidden nodes, the masks checked."""
    positions = [i for i, (layer, _) in enumerate(pairs) if hasattr(layer, "n_in")][:-1]
    sizes = [(pairs[i][0].n_out,) for i in positions]
    masks = tuple(masks)
    for layer, keep in enumerate(masks):
        refuse.plain("pruning", f"masks[{layer}]", keep, "b", "boolean ones, numpy arrays")
    came = [(keep.shape, keep.dtype) for keep in masks]
    if came != [(size, np.dtype(bool)) for size in sizes]:
        raise ValueError(f"pruning: masks are {came}, expected boolean ones of shapes {sizes}")
    return list(zip(positions, masks))


def _constant_outputs(pairs):
    """f(bias) (n_out,): what the nodes of pairs[0] give, after the activations, without input."""
    (layer, params), *activations = pairs
    x = params.get("bias", np.zeros(layer.n_out, next(iter(params.values())).dtype))[None]
    for activation, _ in activations:
        x, _ = activation.forward({}, x)
    return x[0]


def _without_inputs(layer, params, keep, constant):
    """A transfer without the inputs whose keep is False; what they gave is added to its bias."""
    shift = layer.weight(params)[:, ~keep] @ constant[~keep]
    small = {name: array[:, keep] if name in ("phi", "weight") else
             array[keep] if name == "lambda_in" else array for name, array in params.items()}
    if "bias" in params or shift.any():
        small["bias"] = params.get("bias", 0) + shift
        layer = replace(layer, bias=layer.bias if "bias" in params else True)
    return replace(layer, n_in=int(keep.sum())), small
