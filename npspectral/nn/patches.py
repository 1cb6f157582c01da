"""Which positions a kernel covers, as tables, and the patches of numbers that lie there."""
from functools import lru_cache

import numpy as np


def gathered(array, table, positions, groups):
    """(..., groups, batch rows, columns c): the channels at the positions that a table names.

    array (..., batch, positions channels), table (rows, columns); the position `positions`, behind
    the last, has zeros.
    """
    *lead, batch, width = array.shape
    at_places = array.reshape(*lead, batch, positions, width // positions)
    at_places = np.concatenate([at_places, np.zeros_like(at_places[..., :1, :])], -2)
    taken = at_places.take(table.ravel(), axis=-2)
    (rows, columns), inner = table.shape, width // positions // groups
    taken = taken.reshape(*lead, batch * rows, columns, groups, inner)
    return np.moveaxis(taken, -2, -4).reshape(*lead, groups, batch * rows, columns * inner)


def joined(array, shape, positions):
    """(*shape, positions channels) of (..., groups, batch positions, channels of a group)."""
    *_, groups, _, inner = array.shape
    return np.moveaxis(array, -3, -2).reshape(*shape, positions * groups * inner)


def parted(array, positions, groups):
    """(..., groups, batch positions, channels of a group): what `joined` puts together."""
    *lead, batch, width = array.shape
    inner = width // positions // groups
    split = array.reshape(*lead, batch * positions, groups, inner)
    return np.moveaxis(split, -2, -3)


def places(length, kernel, stride, padding, dilation):
    """How many positions along one side of y; 0 or less where the kernel does not fit."""
    return (length + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


@lru_cache(maxsize=256)
def tables_2d(height, width, kernel, stride, padding, dilation):
    """at (S, U) and back (positions, U) of an image; outside of it is the position `positions`."""
    sides = []
    for length in (height, width):
        number = places(length, kernel, stride, padding, dilation)
        if number < 1:
            raise ValueError(f"Conv2D: a kernel of {kernel} with dilation {dilation} does not fit "
                             f"into {length} positions with padding {padding}")
        at = (stride * np.arange(number)[:, None] + dilation * np.arange(kernel) - padding)
        sides.append((at, (at >= 0) & (at < length)))
    (row, in_rows), (column, in_columns) = sides
    at = row[:, None, :, None] * width + column[None, :, None, :]
    inside = in_rows[:, None, :, None] & in_columns[None, :, None, :]
    at = np.where(inside, at, height * width).reshape(-1, kernel * kernel)
    return _with_transposed(at, height * width)


@lru_cache(maxsize=256)
def tables_ring(length, kernel, stride, dilation):
    """at (S, U) and back (length, U) of a ring of positions."""
    if dilation * (kernel - 1) >= length:
        raise ValueError(f"Conv1D: a kernel of {kernel} with dilation {dilation} covers a position "
                         f"twice on a ring of {length}")
    starts = np.arange(0, length, stride)[:, None]
    return _with_transposed((starts + dilation * np.arange(kernel)) % length, length)


def _with_transposed(at, positions):
    """The table at (S, U), and back (positions, U): back(j, u) = s where at(s, u) = j, else S."""
    back = np.full((positions + 1, at.shape[1]), len(at))
    back[at, np.arange(at.shape[1])] = np.arange(len(at))[:, None]
    return _locked(at), _locked(back[:positions])


def _locked(array):
    array.setflags(write=False)
    return array
