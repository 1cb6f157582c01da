"""Means over positions: what is left of an image once it does not matter where things are."""
from dataclasses import dataclass

import numpy as np

from ._expect import check_input, check_integer, check_upstream
from .layer import Layer


@dataclass(frozen=True, repr=False)
class SpatialMean(Layer):
    """The mean over all positions of each channel.

        y_bc = (1 / S) sum_s x_bsc        grad_x_bsc = grad_y_bc / S

    x (..., batch, S channels), position after position, -> y (..., batch, channels), S = positions.
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    """

    positions: int
    channels: int

    def forward(self, params, x):
        check_input(self, params, x)
        split = x.reshape(*x.shape[:-1], self.positions, self.channels)
        return split.sum(-2) / self.positions, (x,)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, = residuals
        check_upstream(self, grad_y, x)
        if not input_grad:
            return {}, None
        return {}, np.tile(grad_y / self.positions, self.positions)     # y = sum x / positions

    @property
    def n_in(self):
        """Positions times channels."""
        return self.positions * self.channels

    @property
    def n_out(self):
        """The channels."""
        return self.channels

    def __post_init__(self):
        for name in ("positions", "channels"):
            check_integer("SpatialMean", name, getattr(self, name))
        super().__post_init__()
