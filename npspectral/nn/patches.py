"""Where a kernel lies on an image, as a view: for each position of y what it covers of x."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def number_of_places(length, kernel, stride, dilation):
    """How many positions a kernel has along a side; 0 or less where it does not fit."""
    return (length - dilation * (kernel - 1) - 1) // stride + 1


def windows(array, kernel, stride, dilation, writeable=False):
    """(..., i, j, r, q, groups, c) of an array (..., height, width, groups, c): a view.

        windows_ijrqgc = array_{stride i + dilation r, stride j + dilation q, g, c}

    kernel, stride and dilation are pairs, of height and width. No number is copied: one that
    several windows cover stands in each of them. For one r and q it stands there at most once.
    """
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    view = sliding_window_view(array, reach, (-4, -3), writeable=writeable)
    view = view[..., ::stride[0], ::stride[1], :, :, ::dilation[0], ::dilation[1]]
    return np.moveaxis(view, (-4, -3), (-2, -1))


def bands(kernel, count, stride, dilation):
    """The kernel (r, q, c, k) at `count` neighboring places: (r, count, k, width, c).

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
    """Matrices with a row for every i and j of `few` samples, then of the next few, to the last.

    array (..., batch, i, j, *so many axes) -> (..., samples i j, what the axes hold). Windows are
    copied here. Those of all samples at once would leave the cache: they are many times the image.
    """
    *lead, batch, rows, columns = array.shape[:-axes]
    numbers = int(np.prod(array.shape[-axes:]))
    for part in parts(batch, few):
        some = array[(*len(lead) * [slice(None)], part)]
        yield some.reshape(*lead, some.shape[len(lead)] * rows * columns, numbers)


def parts(n, few):
    """Slices of `few` samples, one after the other, to the last of n."""
    return [slice(first, first + few) for first in range(0, max(n, 1), few)]
