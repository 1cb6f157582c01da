"""The spectral convolution: every position has an eigenvalue, all share one kernel."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._expect import check_initializers, check_input, check_upstream
from .convolution import Conv2D
from .initializers import Constant, Normal
from .layer import Layer, complete


@dataclass(frozen=True, repr=False)
class SpectralConv(Layer):
    """Convolution of images written by eigenvalues and eigenvectors; this definition is ours.

        y_sk = sum_jc W_sk,jc x_jc + bias_k,    W_sk,jc = (lambda_in_j - lambda_out_s) M_sk,jc

    M is the matrix of the convolution with the kernel phi, as in `Conv2D` with its scale: mostly 0.
    Positions j of x and s of y are the nodes of `Spectral`, whose channels share an eigenvalue:
        y = C(lambda_in x) - lambda_out C(x) + bias,    C(x) = M x
    lambda_in (positions of x,) starts at 1, lambda_out (positions of y,) at 0, so W starts as M;
    phi (channels, kernel, kernel, channels of x), bias (channels,); other options as in `Conv2D`.
    x (..., batch, height width channels) -> y (..., batch, rows columns channels).
    Gradients, g = grad_y, with C^T and grad_phi of the backward of C:
        grad_lambda_in_j = sum_bc x_bjc (C^T g)_bjc    grad_lambda_out_s = -sum_bk g_bsk C(x)_bsk
        grad_phi: of C at (lambda_in x, g) and at (x, -lambda_out g)    grad_bias_k = sum_bs g_bsk
        grad_x = lambda_in C^T(g) - C^T(lambda_out g)
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: W of Giambagli et al. 2021, Nat. Commun. 12, 1330. A public code of one such layer lets
    all channels of x share a kernel; here each has its own.
    """

    size: tuple[int, int, int]
    channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    bias: object = True
    trainable: tuple[str, ...] = ("lambda_in", "lambda_out", "phi", "bias")
    lambda_in: object = Constant(1.0)
    lambda_out: object = Constant(0.0)
    phi: object = Normal(1.0)

    def forward(self, params, x):
        check_input(self, params, x)
        kernel = {"weight": params["phi"]}
        moved, residuals_in = self.inner.forward(kernel, times(params["lambda_in"], x))
        plain, residuals_out = self.inner.forward(kernel, x)
        y = moved - times(params["lambda_out"], plain)
        if "bias" in params:
            y = y + np.tile(params["bias"], self.inner.places)
        return y, (x, plain, residuals_in, residuals_out)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, plain, residuals_in, residuals_out = residuals
        check_upstream(self, grad_y, x)
        kernel, grads = {"weight": params["phi"]}, {}
        grad_plain = -times(params["lambda_out"], grad_y)     # moved - lambda_out plain
        phi_in, grad_in = self.inner.backward(                      # moved = C(lambda_in x)
            kernel, residuals_in, grad_y, input_grad or "lambda_in" in self.learned)
        phi_out, grad_x = self.inner.backward(                      # plain = C(x)
            kernel, residuals_out, grad_plain, input_grad)
        if "lambda_in" in self.learned:
            grads["lambda_in"] = by_position(x * grad_in, params["lambda_in"])  # lambda_in x
        if "lambda_out" in self.learned:
            grads["lambda_out"] = -by_position(                     # moved - lambda_out plain
                plain * grad_y, params["lambda_out"])
        if "phi" in self.learned:
            grads["phi"] = phi_in["weight"] + phi_out["weight"]     # moved, plain
        if "bias" in self.learned:
            grads["bias"] = self.inner.by_channel(grad_y).sum((-3, -2))     # y = y + bias
        if not input_grad:
            return grads, None
        return grads, times(params["lambda_in"], grad_in) + grad_x  # C(lambda_in x), C(x)

    @cached_property
    def inner(self):
        """C, a Conv2D with the weight phi."""
        return Conv2D(self.size, self.channels, self.kernel, self.stride, self.padding,
                      dilation=self.dilation, bias=False,
                      trainable=("weight",) if "phi" in self.trainable else ())

    @property
    def image(self):
        """(rows, columns, channels) of y."""
        return self.inner.image

    @property
    def n_in(self):
        """Height times width times channels of x."""
        return self.inner.n_in

    @property
    def n_out(self):
        """Rows times columns times channels of y."""
        return self.inner.n_out

    def parameters(self):
        return {"lambda_in": ((self.inner.positions,), self.lambda_in),
                "lambda_out": ((self.inner.places,), self.lambda_out),
                "phi": (self.inner.weight_shape, self.phi), "bias": ((self.channels,), self.bias)}

    def __post_init__(self):
        if isinstance(self.size, list):
            complete(self, size=tuple(self.size))
        super().__post_init__()
        check_initializers(self, "lambda_in", "lambda_out", "phi")


def times(values, array):
    """values_s array_bsk: (..., batch, positions channels), with a value for each position."""
    return np.repeat(values, array.shape[-1] // len(values)) * array


def by_position(array, values):
    """sum_bk array_bsk, as many as there are values."""
    channels = array.shape[-1] // len(values)
    return array.reshape(*array.shape[:-1], len(values), channels).sum((-3, -1))
