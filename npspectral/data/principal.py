"""Images as papers on feature and lazy learning use them: on a sphere, by parity, in components.

    x -> sqrt(D) (x - mean) / |x - mean|                 D pixels, mean of the training set
    y = +1 for the classes 0, 2, 4, ... and -1 for 1, 3, 5, ...
    z = (x - m) V_d / sqrt(e)                            m, V_d and e of the training set

m is the mean of the n training rows. The columns of V_d (D, d) are the d leading eigenvectors of
their covariance (1/n) sum (x - m)(x - m)^T. For each component, e is its own eigenvalue (whitened),
or the mean of the d eigenvalues (scaled). "10-PCA MNIST" is d = 10, whitened.

Source: Geiger et al. 2020, J. Stat. Mech. 113301, and the authors' public code.
Deviation: there, mean and components are those of training and test images together.
"""
from dataclasses import dataclass

import numpy as np

from .. import refuse
from .._shapes import Shapes
from ..magnitude import power_of_two, variances


def parity_task(rng, x, labels, mean=None):
    """x (m, D) on the sphere of radius sqrt(D), target (m, 1) of -1 and +1, from images x (n, D).

    The classes are the sorted values of labels (n,); their number must be even. They take turns,
    0 1 2 ... 0 1 2 ..., each in a random order, until the smallest class is used up. So m is the
    size of that class times the number of classes, and the first rows are balanced, however many
    are taken. mean (D,) is that of x by default; for test images give that of the training images.
    Raises TypeError or ValueError on arguments that do not fit, or if an image equals the mean.
    """
    owner = "parity_task"
    refuse.generator(owner, rng)
    x = _floats(owner, x, np.shape(x)[-1] if np.ndim(x) else 0)
    mean = x.mean(0) if mean is None else mean
    refuse.plain(owner, "mean", mean)
    refuse.finite(owner, "mean", mean)
    if mean.shape != x.shape[1:]:
        raise ValueError(f"{owner}: mean has shape {mean.shape}, expected {x.shape[1:]}")
    rows, parity = _turns(owner, rng, labels, len(x))
    x = x[rows] - np.asarray(mean, x.dtype)
    x /= power_of_two(x, 1, keepdims=True)
    norm = np.sqrt(np.einsum("ij,ij->i", x, x))
    if not norm.all():
        raise ValueError(f"{owner}: x[{rows[norm.argmin()]}] equals the mean, which has no "
                         f"direction")
    x *= (x.shape[1] ** 0.5 / norm)[:, None]
    return x, (1 - 2 * parity).astype(x.dtype)[:, None]


def _turns(owner, rng, labels, n):
    """Indices of rows such that the classes take turns, and the parity of each one's class."""
    refuse.labels(owner, "labels", labels, n)
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) % 2:
        raise ValueError(f"{owner}: labels has {len(classes)} classes, expected an even number")
    smallest = np.bincount(codes).min()
    rows = [rng.permutation(np.flatnonzero(codes == code))[:smallest]
            for code in range(len(classes))]
    return np.stack(rows, 1).ravel(), np.tile(np.arange(len(classes)) % 2, smallest)


@dataclass(frozen=True, eq=False, repr=False)
class PrincipalComponents(Shapes):
    """mean (D,), eigenvalues (d,), the largest first, eigenvectors (D, d): one column for each."""

    mean: np.ndarray
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray

    def project(self, x):
        """(x - mean) V_d of rows x (n, D), (n, d)."""
        return (_floats("PrincipalComponents", x, len(self.mean)) - self.mean) @ self.eigenvectors

    def whiten(self, x):
        """Each component over sqrt(its eigenvalue), (n, d): variance 1 on the training set."""
        return self.project(x) / np.sqrt(self.eigenvalues)

    def scale(self, x):
        """All components over sqrt(mean of the d eigenvalues), (n, d)."""
        return self.project(x) / np.sqrt(self.eigenvalues.mean())


def principal_components(x, d):
    """PrincipalComponents of training rows x (n, D): the d leading ones, in the dtype of x.

    The sign of an eigenvector is free; here its entry of largest size is positive.
    Raises TypeError or ValueError on arguments that do not fit, or if x varies in fewer than d
    directions.
    """
    owner = "principal_components"
    x = _floats(owner, x, np.shape(x)[-1] if np.ndim(x) else 0)
    refuse.integer(owner, "d", d, 1, x.shape[1], "the number of features")
    unit = power_of_two(x)
    scaled = x / unit
    mean = scaled.mean(0, dtype=float)
    centered = scaled - mean
    values, vectors = np.linalg.eigh(centered.T @ centered / len(x))
    values, vectors = values[::-1][:d], vectors[:, ::-1][:, :d]
    if values[-1] <= x.shape[1] * np.finfo(float).eps * values[0]:
        raise ValueError(f"{owner}: x varies in fewer than d = {d} directions")
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), np.arange(d)])
    return PrincipalComponents((mean * unit).astype(x.dtype),
                               variances(owner, values.astype(x.dtype), unit),
                               vectors.astype(x.dtype))


def _floats(owner, x, n_features):
    """x (n, n_features), checked, in its own floating-point dtype or float64, n >= 1."""
    refuse.features(owner, x, n_features)
    if not x.size:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, D), not empty")
    return x if x.dtype.kind == "f" else x.astype(float)
