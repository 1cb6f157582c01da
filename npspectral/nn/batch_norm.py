"""Batch normalization: every feature gets mean 0 and variance 1, then a gain and a bias of its own.

Index letters: b sample, s position, k channel. A dense layer's features are channels at one single
position; the channels of an image share mean and variance over all positions.
"""
import math
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from ._expect import check_flags, check_input, check_integer, check_number, check_upstream
from .initializers import Constant
from .layer import Layer, complete, gram


@dataclass(frozen=True, repr=False)
class BatchNorm(Layer):
    """Normalization by a frozen mean and variance: an ordinary layer, the form for evaluation.

        z_bsk = (x_bsk - mean_k) / sqrt(variance_k + eps)        y_bsk = gain_k z_bsk + bias_k

    size = features, or (..., channels) as `Conv2D.image` gives it; x (..., batch, n) -> y, n = the
    product of size. All parameters have shape (channels,); mean and variance are never trained.
    Gradients:  grad_gain_k = sum_bs grad_y_bsk z_bsk        grad_bias_k = sum_bs grad_y_bsk
                grad_x_bsk = gain_k grad_y_bsk / sqrt(variance_k + eps)
    `in_training` gives the form for training, TrainingBatchNorm. With it `fit` moves mean and
    variance by `share` of the way to those of each batch: of the variance with the divisor n - 1 if
    unbiased, else n. PyTorch does the former; Keras the latter, and its momentum is 1 - share.
    Everything else leaves them as they are: `gradient_flow`, too.
    Raises ValueError or TypeError on options, sizes, shapes or dtypes that do not fit.
    Source: Ioffe and Szegedy 2015, ICML.
    """

    size: int | tuple[int, ...]
    eps: float = 1e-5
    share: float = 0.1
    unbiased: bool = True
    bias: object = True
    trainable: tuple[str, ...] = ("gain", "bias")

    fixed = ("mean", "variance")

    def forward(self, params, x):
        check_input(self, params, x)
        root = np.sqrt(params["variance"] + self.eps)
        z = (self._by_channel(x) - params["mean"]) / root
        return self._scaled(params, z).reshape(x.shape), (np.asarray(x), z)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, z = residuals
        check_upstream(self, grad_y, x)
        g = self._by_channel(grad_y)
        grads = self._parameter_gradients(g, z)             # y = gain * z + bias
        if not input_grad:
            return grads, None
        root = np.sqrt(params["variance"] + self.eps)
        grad_x = params["gain"] * g / root                  # y = gain * (x - mean) / root
        return grads, grad_x.reshape(grad_y.shape)

    def _scaled(self, params, z):
        y = params["gain"] * z
        return y + params["bias"] if "bias" in params else y

    def _parameter_gradients(self, g, z):
        grads = {}
        if "gain" in self.learned:
            grads["gain"] = (g * z).sum((-3, -2))           # y = gain * z
        if "bias" in self.learned:
            grads["bias"] = g.sum((-3, -2))                 # y = y + bias
        return grads

    def _by_channel(self, array):
        """(..., batch, positions, channels) of (..., batch, n)."""
        return array.reshape(*array.shape[:-1], self.n_in // self.channels, self.channels)

    def in_training(self, rng=None):
        """The form for training; nothing is drawn."""
        return self._training

    @cached_property
    def _training(self):
        return TrainingBatchNorm(*(getattr(self, field.name) for field in fields(BatchNorm)))

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """gain: (sum_s g_s z_s).(sum_t g'_t z'_t);  bias: (sum_s g_s).(sum_t g'_t)."""
        terms, sides = {}, [(self._by_channel(grad_y), z) for (_, z), grad_y in
                            ((residuals1, grad_y1), (residuals2, grad_y2))]
        if "gain" in self.learned:
            terms["gain"] = gram(*((g * z).sum(-2) for g, z in sides))
        if "bias" in self.learned:
            terms["bias"] = gram(*(g.sum(-2) for g, _ in sides))
        return terms

    @property
    def channels(self):
        """The last number of size."""
        return self.size[-1] if isinstance(self.size, tuple) else self.size

    @property
    def n_in(self):
        """The product of size."""
        return math.prod(self.size) if isinstance(self.size, tuple) else self.size

    @property
    def n_out(self):
        """As many as n_in."""
        return self.n_in

    def parameters(self):
        shape = (self.channels,)
        return {"gain": (shape, Constant(1.0)), "bias": (shape, self.bias),
                "mean": (shape, Constant(0.0)), "variance": (shape, Constant(1.0))}

    def __post_init__(self):
        owner = type(self).__name__
        if isinstance(self.size, list):
            complete(self, size=tuple(self.size))
        for number in self.size if isinstance(self.size, tuple) and self.size else (self.size,):
            check_integer(owner, "size", number)
        super().__post_init__()
        check_flags(self, "unbiased")
        complete(self, eps=check_number(self.label, "eps", self.eps, low=0),
                 share=check_number(self.label, "share", self.share))
        if not 0 < self.share <= 1:
            raise ValueError(f"{self.label}: share is {self.share!r}, expected 0 < share <= 1")


@dataclass(frozen=True, repr=False)
class TrainingBatchNorm(BatchNorm):
    """Normalization by the mean and the variance of the batch, for a step of training.

        mean_k = (1/n) sum_bs x_bsk        variance_k = (1/n) sum_bs (x_bsk - mean_k)^2
        z_bsk = (x_bsk - mean_k) / sqrt(variance_k + eps)        y_bsk = gain_k z_bsk + bias_k

    n counts samples times positions, of each batch of leading axes by itself. Parameters have the
    names and shapes of BatchNorm. With root_k = sqrt(variance_k + eps), h = gain g, g = grad_y:
        dz = (dx - dmean) / root - z dvariance / (2 root^2)
        dmean = (1/n) sum dx,  dvariance = (2/n) sum (x - mean) dx = (2 root/n) sum z dx
        sum h dz = sum over bs of dx (h - (1/n) sum h - z (1/n) sum h z) / root
    The factor of dx is grad_x; grad_gain and grad_bias are those of BatchNorm.
    A sample's y depends on all others: `coupled` says so, and there is no Jacobian or kernel term.
    A bias just before has no effect, and its gradient is nothing but rounding: leave it out.
    Raises ValueError on a batch with one value of a channel, which the last batch of an epoch may
    be, else as BatchNorm.
    """

    coupled = True

    def forward(self, params, x):
        check_input(self, params, x)
        split = self._by_channel(x)
        n = max(self._count(x), 1)                          # sums of an empty batch are 0
        mean = total(split) / n
        away = split - mean
        variance = total(away * away) / n
        root = np.sqrt(variance + self.eps)
        z = away / root
        return self._scaled(params, z).reshape(x.shape), (np.asarray(x), z, root, mean, variance)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, z, root, _, _ = residuals
        check_upstream(self, grad_y, x)
        g, n = self._by_channel(grad_y), max(self._count(x), 1)
        grads = self._parameter_gradients(g, z)                     # y = gain * z + bias
        if not input_grad:
            return grads, None
        h = params["gain"] * g                                      # y = gain * z
        along = total(h * z) / n                                    # root of the variance
        level = total(h) / n                                        # away = split - mean
        grad_x = (h - level - z * along) / root                     # z = away / root
        return grads, grad_x.reshape(grad_y.shape)

    def statistics(self, params, residuals):
        """mean and variance, moved by `share` of the way to those of the batch."""
        x, _, _, mean, variance = residuals
        n = self._count(x)
        if n == 0:
            raise ValueError(f"{self.label}: a batch of no samples has no statistics")
        if self.unbiased:
            variance = variance * (n / (n - 1))
        return {name: (1 - self.share) * params[name] + self.share * batch[..., 0, 0, :]
                for name, batch in (("mean", mean), ("variance", variance))}

    def _count(self, x):
        """n, the values of a channel in one batch."""
        n = x.shape[-2] * (self.n_in // self.channels)
        if n == 1:
            raise ValueError(f"{self.label}: x has one value of each channel, expected two or more")
        return n

    def in_training(self, rng=None):
        """The layer itself."""
        return self

    @property
    def kernel_term(self):
        """There is none."""
        raise AttributeError(f"{self.label}: a batch couples its samples, so there is no "
                             f"kernel_term; BatchNorm has one")


def total(array):
    """sum_bs array_bsk, in two stages: in one long sum single precision would lose a digit more."""
    return array.sum(-2, keepdims=True).sum(-3, keepdims=True)
