"""Where a kernel lies on an image, as a view: for each position of y what it covers of x."""
import numpy as np
from numpy.lib.stride_tricks import as_strided

SIDE_BY_SIDE = 32               # add_back takes about this many columns times channels together


def number_of_places(length, kernel, stride, dilation):
    """How many positions a kernel has along a side; 0 or less where it does not fit."""
    return (length - dilation * (kernel - 1) - 1) // stride + 1


def windows(array, kernel, stride, dilation, writeable=False):
    """(..., i, j, r, q, groups, c) of an array (..., height, width, groups, c): a view.

        windows_ijrqgc = array_{stride i + dilation r, stride j + dilation q, g, c}

    kernel, stride and dilation are pairs, of height and width. No number is copied: one that
    several windows cover stands in each of them. For one r and q it stands there at most once.
    """
    *lead, height, width, groups, c = array.shape
    *steps, down, along, group, one = array.strides
    places = map(number_of_places, (height, width), kernel, stride, dilation)
    return as_strided(array, (*lead, *places, *kernel, groups, c), (
        *steps, down * stride[0], along * stride[1], down * dilation[0], along * dilation[1],
        group, one), writeable=writeable)


def add_back(grad, kernel, g, stride, dilation):
    """Add to grad what comes back from the windows over it: the transpose of y = p kernel.

        grad_{stride i + dilation r, v, c} += sum_jk g_ijk bands_rjkvc

    grad (..., height, width, c) is changed; kernel (r, q, c, k), g (..., i, j, k). v is a column of
    grad. `bands` writes the kernel at each of a few neighboring j. So one matrix product serves
    these j together. This is for speed alone: with few channels, the matrices of a single j would
    be too narrow for a quick product.
    """
    (down, along), (spread, apart), (rows, columns) = stride, dilation, g.shape[-3:-1]
    few = max(1, SIDE_BY_SIDE // grad.shape[-1])
    for first in range(0, columns, few):
        some = g[..., first:first + few, :]
        whole = bands(kernel, some.shape[-2], along, apart)
        some = some.reshape(-1, some.shape[-2] * some.shape[-1])
        for r, band in enumerate(whole):
            top, left = spread * r, along * first
            met = grad[..., top:top + down * (rows - 1) + 1:down, left:left + band.shape[2], :]
            met += (some @ band.reshape(some.shape[1], -1)).reshape(met.shape)


def bands(kernel, count, stride, dilation):
    """A kernel (r, q, c, k) at `count` neighboring places of a row: (r, count, k, width, c).

        bands_rjkvc = kernel_rqck where v = stride j + dilation q, and 0 elsewhere
    """
    rows, columns, c, k = kernel.shape
    reach = dilation * (columns - 1) + 1
    whole = np.zeros((rows, count, k, stride * (count - 1) + reach, c), kernel.dtype)
    for j in range(count):
        first = stride * j
        whole[:, j, :, first:first + reach:dilation] = kernel.transpose(0, 3, 1, 2)
    return whole


def matrices(array, axes, few):
    """Copy windows into matrices: one for the first `few` samples, one for the next few, and so on.

    array (..., batch, i, j, *so many axes) -> (..., samples i j, what the axes hold). Each sample,
    i and j has a row. This is for speed alone: copies of all windows at once are many times as
    large as the image, and would leave the cache.
    """
    *lead, batch, rows, columns = array.shape[:-axes]
    numbers = int(np.prod(array.shape[-axes:]))
    for part in parts(batch, few):
        some = array[(*len(lead) * [slice(None)], part)]
        yield some.reshape(*lead, some.shape[len(lead)] * rows * columns, numbers)


def parts(n, few):
    """Slices of `few` samples, one after the other, to the last of n."""
    return [slice(first, first + few) for first in range(0, max(n, 1), few)]
