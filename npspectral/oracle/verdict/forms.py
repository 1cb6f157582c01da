"""The form in which x is handed over where a case tests what becomes of an array that is not plain.

Its flags say so: Strided, Broadcast, ThreeAxes. Numbers and golden values are those of plain rows.
"""
import numpy as np

BLOCKS = 2                              # of samples, the first axis of a case with three


def handed_over(case, inputs):
    """The inputs with x, and grad_y but for Broadcast, in the form that the case's flags say."""
    for flag, (names, form) in FORMS.items():
        if flag in case.flags:
            inputs = {**inputs, **{name: form(inputs[name]) for name in names}}
    return inputs


def shapes_with_three_axes(case):
    """Name -> shape of the answers that may come with three axes as well as in rows."""
    if "ThreeAxes" not in case.flags:
        return {}
    return {name: with_three_axes(case.expect[name].value).shape for name in ("y", "grad_x")
            if name in case.expect}


def strided(array):
    """Every second row and every third column of an array that holds ones in between."""
    rows, columns = array.shape
    view = np.ones((2 * rows, 3 * columns), array.dtype)[::2, ::3]
    view[...] = array
    return view


def broadcast(array):
    """One sample for all, with stride 0 along the axis of the batch; behind it in memory are ones.

    So code that takes the array for a plain one reads and writes nothing beyond its memory.
    """
    axis = 0 if (array == array[:1]).all() else 1
    memory, sample = np.ones(array.size, array.dtype), array.take(0, axis)
    memory[:sample.size] = sample
    strides = (0, array.itemsize) if axis == 0 else (array.itemsize, 0)
    return np.ndarray(array.shape, array.dtype, memory, strides=strides)


def with_three_axes(array):
    """Rows in blocks: (blocks, rows of a block, columns)."""
    rows, columns = array.shape
    return array.reshape(BLOCKS, rows // BLOCKS, columns)


FORMS = {"Strided": (("x", "grad_y"), strided), "Broadcast": (("x",), broadcast),
         "ThreeAxes": (("x", "grad_y"), with_three_axes)}
