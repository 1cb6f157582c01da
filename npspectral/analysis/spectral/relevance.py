"""Relevance of input features and of hidden nodes, read off the eigenvalues of spectral layers.

In W_ij = (lambda_in_j - lambda_out_i) phi_ij each eigenvalue belongs to a node. If lambda_out = 0,
lambda_in_j scales everything that leaves node j. If lambda_in = 0, -lambda_out_i scales everything
that enters node i. If both sets are trained, only their differences have a meaning, as a constant
added to all of them changes no weight. Then the scores below must not be read as relevance.

Source: Chicchi et al. 2024, arXiv 2406.01183 (inputs); Buffoni et al. 2022, Sci. Rep. 12, 11201
(nodes, eigenvalue alone); Giambagli et al. 2023, NeurIPS (nodes, product with the norm).
"""
import numpy as np

from ... import refuse
from ...nn import Spectral
from ...magnitude import norms
from .._params import check_params


def input_relevance(layer, params, score="product"):
    """How much leaves each input node of a spectral layer, (n_in,): a feature, if it comes first.

    "product": |lambda_in_j| sqrt(sum_i phi_ij^2);  "eigenvalue": |lambda_in_j|.
    If lambda_out is a constant c, lambda_in_j - c takes the place of lambda_in_j.
    The product does not depend on how a column of W is split into eigenvalue and phi.

    >>> params = {"lambda_in": np.array([2.0, 0.0]), "phi": np.array([[1.0, 1.0]])}
    >>> input_relevance(Spectral(2, 1, lambda_out=0.0, bias=False), params)
    array([2., 0.])
    """
    lambda_in, _ = _eigenvalues("input_relevance", layer, params)
    if not callable(layer.lambda_out):
        lambda_in = lambda_in - layer.lambda_out
    return _score("input_relevance", lambda_in, params["phi"], 0, score)


def node_relevance(layer, params, score="product"):
    """How much enters each output node of a spectral layer, (n_out,): a hidden one, if not last.

    "product": |lambda_out_i| sqrt(sum_j phi_ij^2);  "eigenvalue": |lambda_out_i|.
    If lambda_in is a constant c, lambda_out_i - c takes the place of lambda_out_i.
    """
    _, lambda_out = _eigenvalues("node_relevance", layer, params)
    if not callable(layer.lambda_in):
        lambda_out = lambda_out - layer.lambda_in
    return _score("node_relevance", lambda_out, params["phi"], 1, score)


def ranking(scores):
    """Indices (n,) of scores (n,) from the largest to the smallest; equal ones keep their order.

    Raises ValueError on nan, which has no rank.

    >>> ranking(np.array([0.1, 3.0, 2.0]))
    array([1, 2, 0])
    """
    return _ranking("ranking", scores)


def top_mask(scores, n):
    """True (m,) for exactly n of scores (m,), the largest; of equal scores the first are taken."""
    order = _ranking("top_mask", scores)
    refuse.integer("top_mask", "n", n, 0, len(order))
    mask = np.zeros(len(order), bool)
    mask[order[:n]] = True
    return mask


def _ranking(owner, scores):
    scores = np.asarray(scores) if isinstance(scores, (list, tuple)) else scores
    refuse.plain(owner, "scores", scores, "biuf")
    if scores.ndim != 1:
        raise ValueError(f"{owner}: scores has shape {scores.shape}, expected (n,)")
    refuse.present(owner, "scores", scores, "a number")
    return np.argsort(-scores.astype(float), kind="stable")


def keep_top(x, scores, n):
    """x (..., n_features) with all but the n features of the largest scores set to 0.

    scores (n_features,).
    """
    x = refuse.array("keep_top", "x", x, max(1, np.ndim(x)))
    if x.shape[-1:] != np.shape(scores):
        raise ValueError(f"keep_top: scores has shape {np.shape(scores)}, "
                         f"expected ({x.shape[-1]},)")
    return x * top_mask(scores, n)


def _eigenvalues(name, layer, params):
    if not isinstance(layer, Spectral):
        raise TypeError(f"{name}: layer is {layer!r}, expected a Spectral layer")
    if not isinstance(params, dict) or "phi" not in params:
        raise TypeError(f"{name}: params is a {type(params).__name__}, expected the dict of "
                        f"{layer.label}, such as params[0] of a Chain")
    check_params(name, params, layer)
    return layer.eigenvalues(params)


def _score(name, eigenvalues, phi, axis, score):
    if score == "eigenvalue":
        return np.abs(eigenvalues)
    if score != "product":
        raise ValueError(f"{name}: score is {score!r}, expected 'product' or 'eigenvalue'")
    return np.abs(eigenvalues) * norms(phi, axis)
