"""Where a kernel lies on an image, as a view: for each position of y what it covers of x."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def places(length, kernel, stride, dilation):
    """How many positions a kernel has along a side; 0 or less where it does not fit."""
    return (length - dilation * (kernel - 1) - 1) // stride + 1


def windows(array, kernel, stride, dilation, writeable=False):
    """(..., rows, columns, r, q, groups, c) of an array (..., height, width, groups, c): a view.

        windows_ijrqgc = array_{stride i + dilation r, stride j + dilation q, g, c}

    kernel, stride and dilation are pairs, of height and width. No number is copied: one that
    several windows cover stands in all of them. For given r and q every number stands there once.
    """
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    view = sliding_window_view(array, reach, (-4, -3), writeable=writeable)
    view = view[..., ::stride[0], ::stride[1], :, :, ::dilation[0], ::dilation[1]]
    return np.moveaxis(view, (-4, -3), (-2, -1))


def matrices(array, numbers, few):
    """(..., samples rows columns, numbers) for a few samples after the other: patches side by side.

    array is (..., batch, rows, columns, *axes of so many numbers). The patches of all samples would
    take many times the room of the image, and more than a cache has.
    """
    axis = next(axis for axis in range(array.ndim) if np.prod(array.shape[axis + 3:]) == numbers)
    batch, rows, columns = array.shape[axis:axis + 3]
    for first in range(0, max(batch, 1), few):
        some = array[(slice(None),) * axis + (slice(first, first + few),)]
        yield some.reshape(*array.shape[:axis], some.shape[axis] * rows * columns, numbers)
