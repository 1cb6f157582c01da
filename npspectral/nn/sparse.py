"""Sparse training: any layer with its small weights masked, in direct space, at every forward."""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._expect import check_input, check_number, check_upstream
from .layer import Layer, complete

STRIDE = 61                     # of a sample of weights: prime, so it meets every row and column


@dataclass(frozen=True, repr=False)
class Sparse(Layer):
    """A layer of which only the links with a large realized weight carry anything.

        y_i = sum_j W~_ij x_j + bias_i,    W~ = keep * W,    keep_ij = 1 if |W_ij| > c else 0

    W = layer.weight(params), bias and all parameters are those of `layer`: Dense, Spectral,
    SpectralQR, ... threshold=c is static; sparsity=s is dynamic, c the s quantile of |W|, new at
    every forward (`magnitude_threshold`). Without ties it masks floor(s (n - 1)) + 1 of n links,
    so one of them for s = 0; all links with |W| = c are masked.

    Gradients:  dL/dW = keep * (grad_y^T x), from there as in `layer`;  grad_x = grad_y W~
    None goes through c: dc/dW is taken as 0, and a jump of keep has no slope. A masked link has no
    gradient of its own: it stays as it is in Dense, under plain gradient descent; in Spectral it
    moves with eigenvalues that other links train, and may come back.

    Raises ValueError or TypeError on options, sizes, shapes or dtypes that do not fit.
    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312, and its code. Deviation: there a static c
    is a percentile of the first |phi|, which is |W| only if W starts as phi; here it is any number.
    """

    layer: Layer
    sparsity: float | None = None
    threshold: float | None = None

    def forward(self, params, x):
        check_input(self, params, x)
        weight, c = self.links(params)
        keep = np.abs(weight.real) > c
        weight = keep * weight                              # 0 * NaN is NaN: none is hidden
        y = x @ weight.T
        if "bias" in params:
            y = y + params["bias"]
        return y, (x, keep, weight)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, keep, weight = residuals
        check_upstream(self, grad_y, x)
        grads = {}
        if self._weight_learns:
            grad_weight = keep * (grad_y.swapaxes(-1, -2) @ x)      # y = x @ (keep * weight).T
            grads = self.layer.weight_backward(params, grad_weight)     # weight = layer.weight
        if "bias" in self.learned:
            grads["bias"] = grad_y.sum(-2)                          # y = y + bias
        return grads, grad_y @ weight if input_grad else None       # y = x @ weight.T

    def links(self, params):
        """W, the matrix of the inner layer before masking, and the threshold c beside it."""
        weight, c = self.layer.weight(params), self.threshold
        return weight, magnitude_threshold(weight, self.sparsity) if c is None else c

    def mask(self, params):
        """keep: True where a link carries its weight, shape (n_out, n_in)."""
        weight, c = self.links(params)
        return np.abs(weight.real) > c

    def weight(self, params):
        """W~, the matrix of the inner layer with its masked links 0, shape (n_out, n_in)."""
        weight, c = self.links(params)
        return (np.abs(weight.real) > c) * weight

    def weight_backward(self, params, grad_weight):
        """Gradients of the inner layer's parameters from dL/dW~ of shape (..., n_out, n_in)."""
        grad_inner = self.mask(params) * grad_weight        # W~ = keep * W
        return self.layer.weight_backward(params, grad_inner)   # W = layer.weight(params)

    @property
    def n_in(self):
        return self.layer.n_in

    @property
    def n_out(self):
        return self.layer.n_out

    @property
    def trainable(self):
        return self.layer.trainable

    @cached_property
    def _weight_learns(self):
        return any(name != "bias" for name in self.learned)

    def parameters(self):
        return self.layer.present

    def init(self, rng, dtype=float):
        """First values of the inner layer."""
        return self.layer.init(rng, dtype)

    def __post_init__(self):
        for name in ("weight", "weight_backward"):
            if not isinstance(self.layer, Layer) or not hasattr(self.layer, name):
                raise TypeError(f"Sparse: layer is {self.layer!r}, expected a layer with {name}")
        if (self.sparsity is None) == (self.threshold is None):
            raise ValueError(f"{self.label}: sparsity is {self.sparsity!r} and threshold is "
                             f"{self.threshold!r}, expected exactly one of them")
        for name, top in (("sparsity", 1), ("threshold", math.inf)):
            value = getattr(self, name)
            if value is not None:
                complete(self, **{name: _in_range(self.label, name, value, top)})


def magnitude_threshold(weight, sparsity):
    """The `sparsity` quantile of |weight|: with t = sparsity (n - 1), between the sorted values
    number floor(t) and floor(t) + 1 in proportion, as numpy.percentile does by default.

    Complex weights count by their real part.
    """
    sparsity = _in_range("magnitude_threshold", "sparsity", sparsity, 1)
    size = np.abs(weight.real).ravel()
    position = sparsity * (size.size - 1)
    below = int(position)
    low, high = _neighbors(size, below)
    fraction = position - below
    if fraction < 0.5:                                  # from the nearer end, as numpy does
        return low + fraction * (high - low)
    return high - (1 - fraction) * (high - low)


def _in_range(owner, name, value, top):
    number = check_number(owner, name, value)
    if not 0 <= number < top:
        raise ValueError(f"{owner}: {name} is {value!r}, expected 0 <= {name}"
                         + (f" < {top}" if top < math.inf else ""))
    return number


def _neighbors(values, rank):
    """The values number `rank` and rank + 1 (or the last) of the sorted ones, without sorting.

    Partitions only what lies between two values of a sample that most likely enclose them, or
    everything if they do not. Source: Floyd and Rivest 1975, Commun. ACM 18, 165.
    """
    sample = np.sort(values[::STRIDE])
    middle, margin = rank // STRIDE, 2 * math.isqrt(sample.size)
    first, last = sample[max(middle - margin, 0)], sample[min(middle + margin, sample.size - 1)]
    before = np.count_nonzero(values <= first)
    inside = values[(values > first) & (values <= last)]
    if not before <= rank < before + inside.size - 1:
        before, inside = 0, values
    low, high = rank - before, min(rank - before + 1, inside.size - 1)
    part = np.partition(inside, (low, high))
    return part[low], part[high]
