"""Convolutions by hand: a few weights that every position shares, one matrix product forward.

Features stay one axis, position after position, the channels of a position side by side: an image
(height, width, channels) is a row of height * width * channels numbers. So a convolution stands in
any Chain. Index letters: b sample, i and j place of y in height and width, r and q place in the
kernel, g group, c channel of x and k channel of y in their group.
"""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._expect import check_initializers, check_input, check_integer, check_number, check_upstream
from .initializers import Normal
from .layer import Layer, both, complete, gram
from .patches import add_back, matrices, number_of_places, parts, windows

FEW = 2 ** 17                   # numbers of patches copied at a time: so many stay in the cache


class Convolution(Layer):
    """Base of the convolutions: every position of y sees a window of x through the same weights.

        y_bijgk = sum_rqc p_bijrqgc kernel_rqgck + bias_gk      kernel_rqgck = scale weight_gkrqc
        p_bijrqgc = x~_{b, stride i + dilation r, stride j + dilation q, g, c}

    x~ is x with what stands around it: zeros, or the other end of a ring. As a dense layer it has a
    matrix of mostly zeros, with the same few numbers for every position. The transpose multiplies
    each grad_y by the kernel, and adds the products to x~ in its window. With grad_y = dL/dy:

        grad_weight_gkrqc = scale sum_bij grad_y_bijgk p_bijrqgc
        grad_bias_gk = sum_bij grad_y_bijgk
        grad_x~_{b, stride i + dilation r, stride j + dilation q, g, c}
            = sum over all such i, j, r, q of sum_k grad_y_bijgk kernel_rqgck

    With one group, these sums are products of matrices. With several groups, einsum takes them as
    they are written here.
    A subclass defines `size` and `sides` of x, `padded` (x -> x~), its transpose `unpadded`,
    `padded_sides`, and `steps`: kernel, stride and dilation, each of rows and of columns.
    """

    def forward(self, params, x):
        check_input(self, params, x)
        image = x.reshape(*x.shape[:-1], *self.sides, self.groups, self.channels_in // self.groups)
        p, kernel = windows(self.padded(image), *self.steps), self._kernel(params)
        # y = p kernel. With one group, for speed, as matrix products of a few samples at a time
        if self.groups == 1:
            flat = kernel.reshape(self._fan_in, self.channels)
            y = np.concatenate([patches @ flat for patches in self._patches(p)], -2)
        else:
            y = np.einsum("...ijrqgc,rqgck->...ijgk", p, kernel)
        y = y.reshape(*x.shape[:-1], self.n_out)
        if "bias" in params:
            y = y + np.tile(params["bias"], self.places)
        return y, (x, p)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, p = residuals
        check_upstream(self, grad_y, x)
        grads, g = {}, self._by_place(grad_y)
        if "weight" in self.learned:
            grads["weight"] = self._grad_weight(p, g)                   # y = p kernel
        if "bias" in self.learned:
            grads["bias"] = self.by_channel(grad_y).sum((-3, -2))      # y = y + bias
        return grads, self._grad_x(self._kernel(params), g) if input_grad else None

    def _grad_weight(self, p, g):
        """scale sum_bij g_bijgk p_bijrqgc, for all axes before the batch."""
        if self.groups == 1:                                            # y = p kernel
            pairs = zip(self._patches(p), matrices(g, 2, self._few))
            grad = sum(pulls.swapaxes(-1, -2) @ patches for patches, pulls in pairs)
        else:
            grad = np.einsum("...bijrqgc,...bijgk->...gkrqc", p, g)
        # kernel = scale weight
        return self.scale * grad.reshape(*g.shape[:-5], *self.weight_shape)

    def _grad_x(self, kernel, g):
        """Every product grad_y kernel is added to the number of x~ that p took.

        `covered` shows the windows of grad as p shows those of x~. The loop over r and q serves all
        cases: for one r and q, no number stands in two windows, so += adds every product. The other
        two forms are for speed alone.
        """
        grad = np.zeros((*g.shape[:-4], *self.padded_sides, self.groups, kernel.shape[3]),
                        np.result_type(g, kernel))
        covered = windows(grad, *self.steps, writeable=True)        # p = windows(x~)
        if self.groups > 1:
            for r, q in np.ndindex(self.steps[0]):                  # y = p kernel
                covered[..., r, q, :, :] += np.einsum("...gk,gck->...gc", g, kernel[r, q])
        elif self._apart:                                           # y = p kernel
            flat = kernel.reshape(self._fan_in, self.channels)
            covered[:] = (g.reshape(-1, self.channels) @ flat.T).reshape(covered.shape)
        else:                                                       # y = p kernel
            add_back(grad[..., 0, :], kernel[:, :, 0], g[..., 0, :], *self.steps[1:])
        return self.unpadded(grad).reshape(*g.shape[:-4], self.n_in)        # x~ = padded(x)

    def _kernel(self, params):
        """kernel_rqgck = scale weight_gkrqc, copied so that it lies in memory in this order."""
        weight = params["weight"].reshape(self.groups, self.channels // self.groups,
                                          *self.steps[0], self.channels_in // self.groups)
        return np.ascontiguousarray(self.scale * weight.transpose(2, 3, 0, 4, 1))

    def _by_place(self, grad_y):
        """(..., batch, i, j, groups, k) of (..., batch, i j g k)."""
        return grad_y.reshape(*grad_y.shape[:-1], *self.grid, self.groups,
                              self.channels // self.groups)

    def by_channel(self, grad_y):
        """(..., batch, places, channels) of (..., batch, places channels)."""
        return grad_y.reshape(*grad_y.shape[:-1], self.places, self.channels)

    def _patches(self, p):
        """The windows p as matrices (..., samples places, r q c), for a few samples at a time."""
        return matrices(p, 4, self._few)

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """weight: the gradients of every sample, multiplied with each other, or the same written as

            scale^2 sum_st (p_s.p'_t) (g_s.g'_t)     s and t: positions of y on side 1 and side 2

        For speed, the way with fewer multiplications is taken. bias: (sum_s g_s).(sum_t g'_t).
        """
        terms, sides = {}, ((residuals1[1], grad_y1), (residuals2[1], grad_y2))
        if "weight" in self.learned:
            n, (k, size) = self.places, (self.channels, self._fan_in)
            if self.groups > 1 or n * n * (size + k) >= size * k:
                terms["weight"] = gram(*both(self._per_sample, *sides))
            else:
                terms["weight"] = self.scale ** 2 * self._by_positions(*sides)
        if "bias" in self.learned:
            terms["bias"] = gram(*(self.by_channel(grad_y).sum(-2) for _, grad_y in sides))
        return terms

    def _per_sample(self, p, grad_y):
        """Gradients of the weight for every sample, (K, N, size), of rows grad_y (K, N, n_out)."""
        g = self._by_place(grad_y[:, :, None])
        grads = [self._grad_weight(p[part, None], g[:, part]) for part in parts(len(p), self._few)]
        return np.concatenate(grads, 1).reshape(*grad_y.shape[:2], -1)

    def _by_positions(self, side1, side2):
        """Sum over pairs of positions of (p_s.p'_t) (g_s.g'_t)."""
        (rows1, samples1), (rows2, samples2) = (grad_y.shape[:2] for _, grad_y in (side1, side2))
        n = self.places
        patches = both(lambda p, _: p.reshape(1, len(p) * n, -1), side1, side2)
        pulls = gram(*(grad_y.reshape(len(grad_y), -1, self.channels)
                       for _, grad_y in (side1, side2)))
        alike = gram(*patches).reshape(1, samples1, n, 1, samples2, n)
        return (alike * pulls.reshape(rows1, samples1, n, rows2, samples2, n)).sum((2, 5))

    @property
    def _apart(self):
        """Whether each window ends before the next one begins: then no two share a number."""
        return all(stride > dilation * (kernel - 1)
                   for kernel, stride, dilation in zip(*self.steps))

    @property
    def _few(self):
        """How many samples' patches are made at a time."""
        return max(1, FEW // (self.places * self._fan_in))

    @cached_property
    def grid(self):
        """Rows and columns of y."""
        return tuple(map(number_of_places, self.padded_sides, *self.steps))

    @property
    def places(self):
        """Number of positions of y."""
        return math.prod(self.grid)

    @property
    def positions(self):
        """Number of positions of x."""
        return math.prod(self.sides)

    @property
    def channels_in(self):
        """Of x: the last number of size."""
        return self.size[-1]

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
        return math.prod(self.steps[0]) * self.channels_in // self.groups

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
        self.check_reach()
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

    def padded(self, image):
        """Zeros around the image (..., height, width, groups, c)."""
        if self.padding == 0:
            return image
        whole = np.zeros((*image.shape[:-4], *self.padded_sides, *image.shape[-2:]), image.dtype)
        self.unpadded(whole)[:] = image
        return whole

    def unpadded(self, whole):
        """The image without what is around it."""
        (height, width), first = self.sides, self.padding
        return whole[..., first:first + height, first:first + width, :, :]

    @property
    def image(self):
        """(rows, columns, channels) of y: the size that the next convolution takes."""
        return *self.grid, self.channels

    @property
    def sides(self):
        """Height and width of x."""
        return self.size[:2]

    @property
    def padded_sides(self):
        """Height and width with the zeros."""
        return tuple(side + 2 * self.padding for side in self.sides)

    @property
    def steps(self):
        """Rows and columns alike."""
        return tuple((number, number) for number in (self.kernel, self.stride, self.dilation))

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

    def check_reach(self):
        """Refuse a kernel that does not fit."""
        if min(self.grid) < 1:
            raise ValueError(f"Conv2D: a kernel of {self.kernel} with dilation {self.dilation} "
                             f"does not fit into {min(self.sides)} positions with padding "
                             f"{self.padding}")
