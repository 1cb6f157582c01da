"""Penalties on named parameters or on the realized weight: value and gradient together.

penalty(params) -> value, grads, where grads has an entry for every parameter that it touches.
`name` is a parameter's name ("phi": in every layer that has one) or its path in a Chain ("0/phi").
With `network` given, the name "weight" (or "0/weight") means the matrix that a layer realizes. Then
grads holds the gradients of the trainable parameters that this matrix is computed from.
"""
from dataclasses import dataclass

import numpy as np

from . import tree
from ._expect import check_number
from .activations import magnitude
from .layer import Layer, complete


@dataclass(frozen=True)
class Penalty:
    """Base: strength >= 0 times the sum of `term` over the arrays that `name` selects."""

    strength: float
    name: str
    network: Layer | None = None

    def __post_init__(self):
        strength = check_number(type(self).__name__, "strength", self.strength)
        if strength < 0:
            raise ValueError(f"{type(self).__name__}: strength is {self.strength!r}, "
                             f"expected a number >= 0")
        complete(self, strength=strength)
        if self.network is not None and self.name.split("/")[-1] != "weight":
            raise ValueError(f"{type(self).__name__}: name is {self.name!r}, expected 'weight' or "
                             f"a path to one, which is what network= is for")

    @np.errstate(under="ignore")
    def __call__(self, params):
        """The value, and the gradients: name -> array, for a Chain a tuple of such dicts."""
        values = []
        grads = self._visit(self.network, params, "", values)
        if not values:
            names = [path for path, _ in tree.items(params)]
            hint = "; the weight of a spectral layer needs network=" if self.network is None else ""
            raise ValueError(f"{type(self).__name__}: no parameter {self.name!r} "
                             f"among {names}{hint}")
        return self.strength * sum(values), grads

    def term(self, w):
        """The value of one array, and its gradient, both without the strength."""
        raise NotImplementedError(f"{type(self).__name__} has no term")

    def _visit(self, layer, params, path, values):
        """The gradients in the tree of `params`; every array's value is appended to `values`."""
        if isinstance(params, tuple):
            layers = [None] * len(params) if layer is None else getattr(layer, "layers", None)
            if layers is None or len(layers) != len(params):
                raise ValueError(f"{type(self).__name__}: network is {layer!r}, expected a chain "
                                 f"of {len(params)} layers, as params has {len(params)} entries")
            return tuple(self._visit(inner, part, f"{path}{i}/", values)
                         for i, (inner, part) in enumerate(zip(layers, params)))
        if layer is None:
            return {name: self._add(array, values) for name, array in params.items()
                    if self._selects(path + name)}
        if hasattr(layer, "weight") and self._selects(path + "weight"):
            return layer.weight_backward(params, self._add(layer.weight(params), values))
        return {}

    def _selects(self, path):
        """Whether `name` is this path, or the name that it ends with."""
        return path == self.name or "/" not in self.name and path.endswith("/" + self.name)

    def _add(self, array, values):
        value, grad = self.term(array)
        values.append(value)
        return self.strength * grad


@dataclass(frozen=True)
class L1(Penalty):
    """strength * sum |w|; the derivative at 0 is 0."""

    def term(self, w):
        value = magnitude(w).sum()
        return value, np.sign(w.real).astype(w.dtype, copy=False)   # value = magnitude(w).sum()


@dataclass(frozen=True)
class L2(Penalty):
    """strength * sum w^2, without a factor 1/2 (Keras' convention).

    On both factors of W_ij = -lambda_out_i phi_ij, with the strengths a_lambda and a_phi, it acts
    as a group lasso over nodes. Of all factors of a given row W_i, those with equal terms
    a_phi |phi_i|^2 = a_lambda lambda_out_i^2 have the least sum of both (splits.py). Over all
    nodes this sum is 2 sqrt(a_phi a_lambda) sum_i |W_i|.
    """

    def term(self, w):
        value = (w * w).sum()
        return value, 2 * w                                         # value = (w * w).sum()


@dataclass(frozen=True)
class ElasticNet(Penalty):
    """strength * (ratio * sum |w| + (1 - ratio) * sum w^2), 0 <= ratio <= 1.

    Source: Zou and Hastie 2005, J. R. Stat. Soc. B 67, 301.
    """

    ratio: float = 0.5

    def term(self, w):
        value = self.ratio * magnitude(w).sum() + (1 - self.ratio) * (w * w).sum()
        return value, (self.ratio * np.sign(w.real)                 # ratio * magnitude(w).sum()
                       + 2 * (1 - self.ratio) * w)                  # (1 - ratio) * (w * w).sum()

    def __post_init__(self):
        super().__post_init__()
        if not 0 <= self.ratio <= 1:
            raise ValueError(f"ElasticNet: ratio is {self.ratio!r}, expected a number from 0 to 1")


@dataclass(frozen=True)
class GroupLasso(Penalty):
    """strength * sum over groups of sqrt(sum w^2); a group of zeros has gradient 0.

    A group is a row of the matrix, all weights into a node (axis = -1), or a column, all weights
    out of an input (axis = 0). Source: Yuan and Lin 2006, J. R. Stat. Soc. B 68, 49; every group
    has the same factor here.
    """

    axis: int = -1

    def term(self, w):
        if w.ndim != 2:
            raise ValueError(f"GroupLasso: {self.name!r} has shape {w.shape}, expected a matrix")
        norm = _norms(w, self.axis)
        value = norm.sum()
        return value, w / np.where(norm.real == 0, 1, norm)     # norm = sqrt((w * w).sum(axis))

    def __post_init__(self):
        super().__post_init__()
        if self.axis not in (0, -1):
            raise ValueError(f"GroupLasso: axis is {self.axis!r}, expected 0 or -1")


def _norms(w, axis):
    """sqrt(sum w^2) along an axis, right even where the squares overflow or underflow."""
    limits = np.finfo(w.dtype)
    with np.errstate(over="ignore"):
        norm = np.sqrt((w * w).sum(axis, keepdims=True))
    size = norm.real
    if (limits.tiny / limits.eps) ** 0.5 < size.min(initial=1) and size.max(initial=0) < np.inf:
        return norm
    largest = np.abs(w.real).max(axis, keepdims=True, initial=0)
    scale = np.ldexp(np.ones_like(largest), np.frexp(largest)[1] - 1)   # a power of two: exact
    return scale * np.sqrt((w / scale * (w / scale)).sum(axis, keepdims=True))


@dataclass(frozen=True)
class Orthonormal(Penalty):
    """strength * sum of (w^T w - I)^2: 0 where the columns of w are orthonormal.

    The gradient is 4 w (w^T w - I). A small penalty keeps a matrix of eigenvectors invertible.
    """

    def term(self, w):
        if w.ndim != 2:
            raise ValueError(f"Orthonormal: {self.name!r} has shape {w.shape}, expected a matrix")
        excess = w.T @ w - np.eye(w.shape[1], dtype=w.dtype)
        value = (excess * excess).sum()
        return value, 4 * w @ excess            # value = (excess * excess).sum(), of w.T @ w - I


def add_penalties(penalties, params, grads):
    """Add the penalties' gradients to `grads` in place and return the sum of their values.

    A parameter that has no entry in `grads` (a frozen one) adds to the value only.
    """
    total = 0
    for penalty in penalties:
        value, part = penalty(params)
        total += value
        _accumulate(grads, part)
    return total


def _accumulate(grads, part):
    """Add the gradients in `part` in place to those in `grads`, where both have one."""
    if isinstance(part, tuple):
        for inner, branch in zip(grads, part):
            _accumulate(inner, branch)
    else:
        for name in part.keys() & grads.keys():
            if np.shape(part[name]) != grads[name].shape:       # it would only broadcast
                raise ValueError(f"penalty: its gradient of {name} has shape "
                                 f"{np.shape(part[name])}, expected {grads[name].shape}")
            grads[name] += part[name]
