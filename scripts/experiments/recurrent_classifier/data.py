"""What is learned: rings, digits, pairs of digits, images."""
import numpy as np
from lab.data import images, pooled

from npspectral import data

RADII = 0.5, 1.2
FIRST_DIGITS = 3                # pairs are made of the digits 0, 1, 2


def rings(rng, n, noise=0.1):
    """2 n points (2 n, 2) about two circles of RADII, which the noise changes; labels."""
    labels = np.repeat([0, 1], n)
    radius = np.array(RADII)[labels] + noise * rng.standard_normal(2 * n)
    angle = rng.uniform(0, 2 * np.pi, 2 * n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), labels


def digits(rng):
    """(x, labels) of 1,437 digits for training and of 360 for the test."""
    return data.train_test_split(rng, *data.digits())


def pairs(rng, n_train, n_test):
    """Two images side by side (n, 128), and 3 first + second; test pairs are of test images."""
    parts = []
    for (x, labels), n in zip(digits(rng), (n_train, n_test)):
        x, labels = x[labels < FIRST_DIGITS], labels[labels < FIRST_DIGITS]
        first, second = rng.integers(len(x), size=(2, n))
        parts.append((np.concatenate([x[first], x[second]], axis=1),
                      FIRST_DIGITS * labels[first] + labels[second]))
    return parts


def mnist(rng, limit, n_validation, half):
    """(x, labels) for training, validation and test in float32; the first two in random order."""
    (x, labels), (x_test, labels_test) = images("mnist", limit)
    if half:
        x, x_test = pooled(x, 2), pooled(x_test, 2)
    order = rng.permutation(len(x))
    held, rest = order[:n_validation], order[n_validation:]
    return (x[rest], labels[rest]), (x[held], labels[held]), (x_test, labels_test)
