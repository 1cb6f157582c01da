"""Convolutions of a ring of positions, where the last one stands beside the first."""
from dataclasses import dataclass

import numpy as np

from ._expect import check_integer
from .convolution import Convolution
from .initializers import Normal
from .layer import complete


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

    def padded(self, image):
        """Behind the ring (..., 1, length, groups, c) its first positions once more."""
        again = self.padded_sides[1] - self.size[0]
        return np.concatenate([image, image[..., :again, :, :]], -3) if again else image

    def unpadded(self, whole):
        """What stands behind the ring is added to the first positions."""
        again = self.padded_sides[1] - self.size[0]
        whole[..., :again, :, :] += whole[..., self.size[0]:, :, :]
        return whole[..., :self.size[0], :, :]

    @property
    def sides(self):
        """A ring is an image with one row."""
        return 1, self.size[0]

    @property
    def padded_sides(self):
        """As long as the kernel reaches from the last place."""
        length = self.size[0]
        last = (length - 1) // self.stride * self.stride
        return 1, max(length, last + self.dilation * (self.kernel - 1) + 1)

    @property
    def steps(self):
        """Within the one row."""
        return tuple((1, number) for number in (self.kernel, self.stride, self.dilation))

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

    def check_reach(self):
        """Refuse a kernel that meets itself."""
        if self.dilation * (self.kernel - 1) >= self.size[0]:
            raise ValueError(f"Conv1D: a kernel of {self.kernel} with dilation {self.dilation} "
                             f"covers a position twice on a ring of {self.size[0]}")
