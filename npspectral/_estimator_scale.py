"""Standardized columns and the share explained, in any unit whose squares may leave the range."""
import numpy as np

from .magnitude import power_of_two


def moments(x, standardize, weights=None):
    """Mean and standard deviation of every column; a constant column is to be divided by 1."""
    if not standardize:
        return np.zeros(x.shape[1]), np.ones(x.shape[1])
    unit = power_of_two(x, 0)
    x = x / unit
    mean = np.average(x, 0, weights)
    deviation = np.sqrt(np.average((x - mean) ** 2, 0, weights))
    return mean * unit, np.where(np.ptp(x, 0) > 0, deviation * unit, 1)


def standardized(x, mean, scale):
    """(x - mean) / scale, also if x - mean would overflow."""
    unit = power_of_two(np.stack([mean, scale]), 0)
    return (x / unit - mean / unit) / (scale / unit)


def share_explained(y, p, weight):
    """R^2 of predictions p, mean over outputs; for a constant y 1 if all are right, else 0."""
    unit = power_of_two(np.concatenate([y, p]), 0)
    y, p = y / unit, p / unit
    rest = weight @ (y - p) ** 2
    total = weight @ (y - np.average(y, 0, weight)) ** 2
    share = rest / np.where(total > 0, total, 1)
    return float(np.where(total > 0, 1 - share, rest == 0).mean())
