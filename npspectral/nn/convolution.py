"""Convolutions by hand: a few weights that every position shares, one matrix product forward.

Features stay one axis, position after position, the channels of a position side by side: an image
(height, width, channels) is a row of height * width * channels numbers. So a convolution stands in
any Chain. Index letters: b sample, s position of y, j position of x, u place in the kernel,
c channel of x, k channel of y.
"""
from dataclasses import dataclass

import numpy as np

from ._expect import check_initializers, check_input, check_integer, check_number, check_upstream
from .initializers import Normal
from .layer import Layer, complete, gram
from .patches import gathered, joined, parted, places, tables_2d, tables_ring


class Convolution(Layer):
    """Base of the convolutions: a table says which position of x each weight meets.

        y_bsk = scale sum_u sum_c weight_kuc x_b,at(s,u),c + bias_k

    at(s, u) is the position that the place u of the kernel covers for the output s; where it covers
    none, x counts as 0. As a dense layer it has W_sk,jc = scale sum over u with at(s, u) = j of
    weight_kuc: mostly zeros, and the same numbers at every s. Its transpose is a convolution, too:
    by the table back(j, u) = s where at(s, u) = j, from the channels k to the channels c. With
    g_bsk = dL/dy_bsk and the patches p_bsuc = x_b,at(s,u),c:

        grad_weight_kuc = scale sum_b sum_s g_bsk p_bsuc        grad_bias_k = sum_b sum_s g_bsk
        grad_x_bjc = scale sum_u sum_k weight_kuc g_b,back(j,u),k

    With groups, channels are split: those of y in a group see those of x in the same group alone.
    A subclass defines `weight_shape`, `positions` and `channels_in` of x, and `tables`: at (S, U)
    and back (positions, U).
    """

    def forward(self, params, x):
        check_input(self, params, x)
        patches = gathered(x, self.tables[0], self.positions, self.groups)
        y = self.scale * (patches @ self._matrix(params).swapaxes(-1, -2))
        y = joined(y, x.shape[:-1], self.places)
        if "bias" in params:
            y = y + np.tile(params["bias"], self.places)
        return y, (x, patches)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, patches = residuals
        check_upstream(self, grad_y, x)
        grads = {}
        if "weight" in self.learned:
            split = parted(grad_y, self.places, self.groups).swapaxes(-1, -2)
            grads["weight"] = self._kernel(self.scale * (split @ patches))  # y = patches @ matrix.T
        if "bias" in self.learned:
            grads["bias"] = self._by_channel(grad_y).sum((-3, -2))      # y = y + bias
        if not input_grad:
            return grads, None
        around = gathered(grad_y, self.tables[1], self.places, self.groups)
        turned = self._transposed(params).swapaxes(-1, -2)
        grad_x = self.scale * (around @ turned)                 # y = patches of x @ matrix.T
        return grads, joined(grad_x, grad_y.shape[:-1], self.positions)

    def _by_channel(self, grad_y):
        """(..., batch, s, k) of (..., batch, s k)."""
        return grad_y.reshape(*grad_y.shape[:-1], self.places, self.channels)

    def _matrix(self, params):
        """The weight as (groups, k, u c)."""
        return params["weight"].reshape(self.groups, self.channels // self.groups, -1)

    def _kernel(self, matrix):
        """A gradient of the weight, from that of its matrix (..., groups, k, u c)."""
        return matrix.reshape(*matrix.shape[:-3], *self.weight_shape)

    def _transposed(self, params):
        """The weight as (groups, c, u k)."""
        kernel = params["weight"].reshape(self.groups, self.channels // self.groups,
                                          self.tables[0].shape[1], -1)
        return kernel.transpose(0, 3, 2, 1).reshape(self.groups, kernel.shape[3], -1)

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """weight: scale^2 sum_s sum_t (p_s.p'_t) (g_s.g'_t), or by the gradients of every sample.

        bias: (sum_s g_s).(sum_t g'_t). What takes fewer multiplications is done.
        """
        terms, sides = {}, ((residuals1[1], grad_y1), (residuals2[1], grad_y2))
        if "weight" in self.learned:
            n, (k, size) = self.places, self.weight_shape[:1] + (self._fan_in,)
            one_by_one = n * n * (size + k) >= size * k
            terms["weight"] = self.scale ** 2 * (
                gram(*(self._per_sample(*side) for side in sides)) if one_by_one
                else self._by_positions(*sides))
        if "bias" in self.learned:
            terms["bias"] = gram(*(self._by_channel(grad).sum(-2) for _, grad in sides))
        return terms

    def _per_sample(self, patches, grad_y):
        """Gradients of the weight over scale, (K, N, k u c) of rows grad_y (K, N, n_out)."""
        rows, n = grad_y.shape[:2]
        split = parted(grad_y[:, :, None], self.places, self.groups)    # (K, N, g, S, k)
        patches = patches.reshape(self.groups, n, self.places, -1).swapaxes(0, 1)
        return (split.swapaxes(-1, -2) @ patches).reshape(rows, n, -1)

    def _by_positions(self, side1, side2):
        """Sum over groups and pairs of positions of (p_s.p'_t) (g_s.g'_t)."""
        total, n = 0, self.places
        splits = [parted(grad_y[:, :, None], n, self.groups) for _, grad_y in (side1, side2)]
        for group in range(self.groups):
            alike = side1[0][group] @ side2[0][group].T
            alike = alike.reshape(1, -1, n, 1, alike.shape[1] // n, n)
            pulls = gram(*(split[:, :, group].reshape(len(split), -1, split.shape[-1])
                           for split in splits))
            (rows1, n1), (rows2, n2) = (split.shape[:2] for split in splits)
            total = total + (alike * pulls.reshape(rows1, n1, n, rows2, n2, n)).sum((2, 5))
        return total

    @property
    def places(self):
        """Number S of positions of y."""
        return len(self.tables[0])

    @property
    def n_in(self):
        """Positions of x times channels_in."""
        return self.positions * self.channels_in

    @property
    def n_out(self):
        """Positions of y times channels."""
        return self.places * self.channels

    @property
    def _fan_in(self):
        return self.tables[0].shape[1] * self.channels_in // self.groups

    def parameters(self):
        return {"weight": (self.weight_shape, self.start), "bias": ((self.channels,), self.bias)}

    def __post_init__(self):
        owner = type(self).__name__
        for name in ("channels_in", "channels", "kernel", "stride", "groups", "dilation"):
            check_integer(owner, name, getattr(self, name))
        for name in ("channels_in", "channels"):
            if getattr(self, name) % self.groups:
                raise ValueError(f"{owner}: {name} is {getattr(self, name)}, expected a multiple "
                                 f"of {self.groups} groups")
        super().__post_init__()
        check_initializers(self, "start")
        scale = self._fan_in ** -0.5 if self.scale is None else self.scale
        complete(self, scale=check_number(self.label, "scale", scale))


@dataclass(frozen=True, repr=False)
class Conv2D(Convolution):
    """Convolution of images: the kernel slides over height and width.

        y_hwk = scale sum_rqc weight_krqc x_{stride h + dilation r - padding,
                                            stride w + dilation q - padding, c} + bias_k

    size = (height, width, channels_in) of x. With reach = dilation (kernel - 1) + 1, y has
    (height + 2 padding - reach) // stride + 1 rows, columns alike; rows and columns of x that are
    left over are not read. Outside of x there are zeros, `padding` of them on each side.
    weight (channels, kernel, kernel, channels_in / groups), bias (channels,);
    x (..., batch, height width channels_in) -> y (..., batch, rows columns channels).
    weight starts as N(0, 1), and scale is 1 / sqrt(fan-in) if not given, fan-in = kernel^2
    channels_in / groups, as in the tangent kernel's theory. Gradients: see `Convolution`.
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: LeCun et al. 1989, Neural Computation 1, 541; scale: Jacot et al. 2018, NeurIPS.

    >>> Conv2D((28, 28, 1), 8, 5, stride=2, padding=1).image
    (13, 13, 8)
    """

    size: tuple[int, int, int]
    channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    dilation: int = 1
    bias: object = True
    scale: float | None = None
    trainable: tuple[str, ...] = ("weight", "bias")
    start: object = Normal(1.0)
    bias_start = Normal(1.0)

    @property
    def tables(self):
        """at (S, U), the position of x under each place of the kernel, S = rows columns; back."""
        height, width, _ = self.size
        return tables_2d(height, width, self.kernel, self.stride, self.padding, self.dilation)

    @property
    def image(self):
        """(rows, columns, channels) of y: the size that the next convolution takes."""
        rows, columns = (places(length, self.kernel, self.stride, self.padding, self.dilation)
                         for length in self.size[:2])
        return rows, columns, self.channels

    @property
    def positions(self):
        """Height times width of x."""
        return self.size[0] * self.size[1]

    @property
    def channels_in(self):
        """Of x."""
        return self.size[2]

    @property
    def weight_shape(self):
        """(channels, kernel, kernel, channels of x in a group)."""
        return self.channels, self.kernel, self.kernel, self.channels_in // self.groups

    def __post_init__(self):
        if not (isinstance(self.size, (tuple, list)) and len(self.size) == 3):
            raise ValueError(f"Conv2D: size is {self.size!r}, expected (height, width, channels)")
        for name, length in zip(("height", "width"), self.size):
            check_integer("Conv2D", name, length)
        check_integer("Conv2D", "padding", self.padding, 0)
        complete(self, size=tuple(self.size))
        super().__post_init__()


@dataclass(frozen=True, repr=False)
class Conv1D(Convolution):
    """Convolution of a ring of positions: the kernel slides round and meets no edge.

        y_sk = scale sum_rc weight_krc x_{(stride s + dilation r) mod length, c} + bias_k

    size = (length, channels_in) of x; y has ceil(length / stride) positions. With stride = kernel,
    a divisor of length, patches do not overlap.
    weight (channels, kernel, channels_in / groups), bias (channels,);
    x (..., batch, length channels_in) -> y (..., batch, positions channels).
    First values, scale and gradients as in `Conv2D` and `Convolution`.
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    """

    size: tuple[int, int]
    channels: int
    kernel: int
    stride: int = 1
    groups: int = 1
    dilation: int = 1
    bias: object = True
    scale: float | None = None
    trainable: tuple[str, ...] = ("weight", "bias")
    start: object = Normal(1.0)
    bias_start = Normal(1.0)

    @property
    def tables(self):
        """at (S, U), the position of x under each place of the kernel; back (length, U)."""
        return tables_ring(self.size[0], self.kernel, self.stride, self.dilation)

    @property
    def positions(self):
        """Length of x."""
        return self.size[0]

    @property
    def channels_in(self):
        """Of x."""
        return self.size[1]

    @property
    def weight_shape(self):
        """(channels, kernel, channels of x in a group)."""
        return self.channels, self.kernel, self.channels_in // self.groups

    def __post_init__(self):
        if not (isinstance(self.size, (tuple, list)) and len(self.size) == 2):
            raise ValueError(f"Conv1D: size is {self.size!r}, expected (length, channels)")
        check_integer("Conv1D", "length", self.size[0])
        complete(self, size=tuple(self.size))
        super().__post_init__()
