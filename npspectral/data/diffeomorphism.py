"""Random smooth deformations of images, and noise that moves an image as far as they do.

A pixel s = (row, column) of an image with n x n pixels takes its color from the place s - tau(s):

    (tau x)(s) = x(s - tau(s))                           between pixels x is bilinear
    tau_a(s) = sqrt(T) n sum_ij c_aij e_ij sin(pi i u) sin(pi j v)       a: down or right, in pixels
    u = row / (n - 1)       v = column / (n - 1)         edges stay where they are
    c_aij ~ N(0, 1)         e_ij = 1 / sqrt(i^2 + j^2)   0 where sqrt(i^2 + j^2) >= cut + 1/2

T is the temperature, cut the highest frequency. The fields are those of largest entropy for their
mean elastic energy. The size of tau, the root of the mean of |tau|^2, is published as

    size = (n / 2) sqrt(pi T ln cut)

which is the leading term for a high cut; exactly, size^2 = n^2 T/2 sum_ij e_ij^2 as a mean over the
square. For cut = 3 the exact size is .84 of the published one.

Source: L. Petrini, A. Favero, M. Geiger and M. Wyart 2021, NeurIPS, arXiv 2105.02468, and the
authors' public code. There sqrt(i^2 + j^2) <= cut is printed, and the code has cut + 1/2, as here.
"""
import math

import numpy as np

from .. import refuse


def displacements(rng, n_fields, side, cut, temperature):
    """Fields tau (n_fields, 2, side, side) in pixels: [:, 0] downwards, [:, 1] to the right.

    >>> displacements(np.random.default_rng(0), 5, 28, 3, temperature_of(1.0, 28, 3)).shape
    (5, 2, 28, 28)

    Raises TypeError or ValueError on arguments that do not fit.
    """
    owner = "displacements"
    refuse.generator(owner, rng)
    refuse.integer(owner, "n_fields", n_fields, 1)
    _check_sizes(owner, side, cut)
    refuse.not_negative(owner, "temperature", temperature)
    frequency = np.arange(1, cut + 1)
    radius = np.hypot(frequency[:, None], frequency)
    e = (radius < cut + 0.5) / radius
    sine = np.sin(np.pi * np.outer(np.arange(side), frequency) / (side - 1))      # (side, cut)
    c = rng.standard_normal((n_fields, 2, cut, cut))
    return math.sqrt(temperature) * side * (sine @ (c * e) @ sine.T)


def temperature_of(size, side, cut):
    """The T of which `size`, in pixels, is the published size: 4 size^2 / (pi side^2 ln cut)."""
    owner = "temperature_of"
    refuse.not_negative(owner, "size", size)
    _check_sizes(owner, side, cut)
    return 4 * size ** 2 / (math.pi * side ** 2 * math.log(cut))


def temperature_bounds(side, cut):
    """(low, high): the T of half a pixel, and that of side / (pi cut) pixels.

    Below, hardly anything moves to another pixel. Above, the image is likely to fold: neighboring
    displacements differ by more than their distance, so the map has no inverse.
    """
    _check_sizes("temperature_bounds", side, cut)
    return (temperature_of(0.5, side, cut),
            temperature_of(side / (math.pi * cut), side, cut))


def deform(images, tau):
    """Images (n, side * side * channels), each deformed by its own field tau (n, 2, side, side).

    The features of an image are its rows, in them the columns, in them the channels, as in Conv2D.
    A place outside of the image counts as the nearest one inside. Computed in float64, then rounded
    to the dtype of images, or float64 if they are integers.
    Raises TypeError or ValueError on arguments that do not fit.
    """
    images, tau = _images_and_fields(images, tau)
    n, _, side, _ = tau.shape
    colors = images.reshape(n, side * side, -1)
    place = np.clip(np.indices((side, side)) - tau, 0, side - 1)        # s - tau(s)
    corner = np.minimum(place.astype(int), side - 2)                    # above and to the left
    down, right = np.moveaxis((place - corner).reshape(n, 2, -1, 1), 1, 0)
    first = (corner[:, 0] * side + corner[:, 1]).reshape(n, -1, 1)

    def color(rows, columns):
        return np.take_along_axis(colors, first + rows * side + columns, 1)
    deformed = ((1 - down) * ((1 - right) * color(0, 0) + right * color(0, 1))
                + down * ((1 - right) * color(1, 0) + right * color(1, 1)))
    return deformed.reshape(images.shape).astype(images.dtype, copy=False)


def equal_noise(rng, images, moved):
    """images + eta, both (n, features): each eta in a random direction, |eta| = |moved - image|."""
    owner = "equal_noise"
    refuse.generator(owner, rng)
    images, moved = (refuse.array(owner, name, given, 2)
                     for name, given in (("images", images), ("moved", moved)))
    if moved.shape != images.shape:
        raise ValueError(f"{owner}: moved has shape {moved.shape}, expected {images.shape}")
    eta = rng.standard_normal(images.shape)
    far = np.linalg.norm(moved - images.astype(float), axis=1) / np.linalg.norm(eta, axis=1)
    noisy = images + far[:, None] * eta
    return noisy.astype(images.dtype, copy=False) if images.dtype.kind == "f" else noisy


def _check_sizes(owner, side, cut):
    refuse.integer(owner, "side", side, 2)
    refuse.integer(owner, "cut", cut, 2)


def _images_and_fields(images, tau):
    """Both in a floating-point dtype, if they fit each other."""
    owner = "deform"
    images, tau = refuse.array(owner, "images", images, 2), refuse.real(owner, "tau", tau, 4)
    side = tau.shape[-1]
    if tau.shape != (len(images), 2, side, side) or side < 2:
        raise ValueError(f"{owner}: tau has shape {tau.shape}, expected ({len(images)}, 2, side, "
                         f"side), one field for each image")
    if images.shape[1] % (side * side):
        raise ValueError(f"{owner}: images has {images.shape[1]} features, expected a multiple of "
                         f"{side} x {side}")
    return images if images.dtype.kind == "f" else images.astype(float), tau
