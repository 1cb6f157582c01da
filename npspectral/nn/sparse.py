"""Sparse training: every forward sets the small entries of a layer's realized weight to 0."""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._expect import check_input, check_number, check_upstream
from .layer import Layer, complete

STRIDE = 61                     # every 61st weight; a prime, so it meets every row and column


@dataclass(frozen=True, repr=False)
class Sparse(Layer):
    """A layer that uses only the large entries of its weight matrix (its links).

        y_i = sum_j W~_ij x_j + bias_i,    W~ = keep * W,    keep_ij = 1 if |W_ij| > c else 0

    W = layer.weight(params); the parameters are those of `layer`, a Dense, Spectral, SpectralQR...
    threshold=c fixes c. sparsity=s computes c in every forward: the s quantile of |W|, see
    `magnitude_threshold`. Links with |W| = c are masked too. So of n links without ties
    floor(s (n - 1)) + 1 are masked: one for s = 0.

    Gradients:  dL/dW = keep * (grad_y^T x), from there as in `layer`;  grad_x = grad_y W~
    No gradient goes through c: dc/dW is taken as 0. A masked link has dL/dW_ij = 0. In Dense,
    plain gradient descent leaves it where it is. In Spectral it shares eigenvalues with links
    that are not masked. These eigenvalues train and move it, so it may come back.

    Raises ValueError or TypeError on options, sizes, shapes or dtypes that do not fit.
    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312, and its code. Deviation: there a fixed c
    is a percentile of the first |phi|, which is |W| only if W starts as phi; here it is any number.
    """

    layer: Layer
    sparsity: float | None = None
    threshold: float | None = None

    def forward(self, params, x):
        check_input(self, params, x)
        weight, c = self.links(params)
        keep = np.abs(weight.real) > c
        weight = keep * weight                              # 0 * NaN is NaN: a NaN stays visible
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
        """W (n_out, n_in), the matrix of the inner layer before masking, and the threshold c."""
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
        """That of the inner layer."""
        return self.layer.n_in

    @property
    def n_out(self):
        """That of the inner layer."""
        return self.layer.n_out

    @property
    def trainable(self):
        """That of the inner layer."""
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
    """The `sparsity` quantile of |weight|, interpolated as numpy.percentile does by default.

        v_k + (t - k) (v_{k+1} - v_k),    t = sparsity (n - 1),    k = floor(t)

    v_0 <= ... <= v_{n-1} are the sorted |weight|; of complex weights the real part counts.
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
    """Entries `rank` and rank + 1 (at most the last) of the sorted values, without sorting all.

    A sorted sample of the values gives two bounds, which enclose both entries very likely. Then
    only the values between the bounds are partitioned, else all of them.
    Source: Floyd and Rivest 1975, Commun. ACM 18, 165.
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
