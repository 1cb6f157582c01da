"""The data sets of experiments: which of them are here, and images that runs share.

The digits come with the package and are always here.
"""
import os
from functools import cache

import numpy as np

from npspectral import data

DIGITS_TO_TRAIN = 1297                  # of 1797; the others are for testing


def digits(split, dtype):
    """The digits in the manner of data.mnist: x (n, 64), labels (n,); the first are to train on."""
    x, labels = data.digits(dtype)
    rows = slice(DIGITS_TO_TRAIN) if split == "train" else slice(DIGITS_TO_TRAIN, None)
    return x[rows], labels[rows]


LABELED = {"mnist": data.mnist, "fashion-mnist": data.fashion_mnist, "digits": digits}
TABLES = {"california-housing": data.california_housing}


def here(*names):
    """Those of the data sets whose files are on this machine."""
    return [name for name in names if data.at_hand(name)]


def get(names, download=False):
    """Say which of the data sets are left out, or download them."""
    missing = [name for name in names if not data.at_hand(name)]
    if download:
        for name in missing:
            TABLES[name]() if name in TABLES else images(name, 1)
    elif missing:
        place = os.environ.get("NPSPECTRAL_DATA") or "this machine's cache"
        print(f"{', '.join(missing)} left out: the files are not in {place}. Name a folder that "
              f"has them in NPSPECTRAL_DATA, or unset it and add --download (once).")


@cache
def images(name, limit=None, dtype=np.float32):
    """(x, labels) for training, the same for testing; of `limit` training images only the first.

    A process reads a set once, and all its runs share the arrays, which refuse every write.
    """
    x, labels = LABELED[name]("train", dtype=dtype)
    if limit is not None:
        x, labels = x[:limit].copy(), labels[:limit].copy()
    return locked(x, labels), locked(*LABELED[name]("test", dtype=dtype))


def locked(*arrays):
    """The arrays, which refuse every write from now on: what runs share, none of them changes."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


def pooled(x, side):
    """Images (n, pixels) as means over squares of side x side pixels."""
    size = int(round(x.shape[1] ** 0.5))
    blocks = x.reshape(len(x), size // side, side, size // side, side)
    return blocks.mean((2, 4), dtype=x.dtype).reshape(len(x), -1)
