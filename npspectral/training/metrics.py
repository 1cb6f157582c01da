"""Metrics: metric(y, target) -> a number to watch during training, without a gradient."""
import numpy as np

from .. import refuse


def accuracy(y, target):
    """Share of samples with the right class: the largest of K > 1 outputs, the sign if K = 1.

    y (batch, K). target: labels (batch,) if K > 1, or an array of y's shape. For K = 1 a target
    above 1/2 is the positive class, which fits 0/1 and -1/+1 alike. Raises ValueError on an empty
    batch, and on nan, which would silently count as some class.
    """
    for name, array in ("y", y), ("target", target):
        refuse.ndarray("accuracy", name, array)
    if len(y) == 0:
        raise ValueError("accuracy: an empty batch has no accuracy")
    for name, array in ("y", y), ("target", target):
        # for speed, one number is looked at: the largest is nan if any entry is
        if array.dtype.kind in "fc" and np.isnan(array.max()):
            raise ValueError(f"accuracy: {name} holds nan, expected numbers")
    if target.shape == y.shape[:-1] and y.shape[-1] > 1:
        right = y.argmax(-1) == target
    elif target.shape != y.shape:
        labels = f" or labels {y.shape[:-1]}" if y.shape[-1] > 1 else ""
        raise ValueError(f"accuracy: target has shape {target.shape}, expected {y.shape}{labels}")
    elif y.shape[-1] > 1:
        right = y.argmax(-1) == target.argmax(-1)
    else:
        right = (y > 0) == (target > 0.5)
    return float(np.mean(right))
