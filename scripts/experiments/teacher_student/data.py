"""What the students of real data learn from: images, houses, or features from any .npz file."""
import numpy as np
from lab.data import images

from npspectral.data import california_housing, load_npz, train_test_split


def real_sets(name, rng, limit):
    """(x, target) for training and the same for the test, of a known set or an .npz file."""
    if name in ("mnist", "fashion-mnist"):
        return [(x, np.eye(10, dtype=np.float32)[labels]) for x, labels in images(name, limit)]
    x, target, classes = ((*california_housing(dtype=np.float32), False)
                          if name == "california-housing" else from_file(name))
    (x, target), (x_test, test) = train_test_split(rng, x, target.reshape(len(x), -1))
    if not classes:
        target, test = standardized(target, test)
    x, x_test = standardized(x, x_test)
    return [(x, target), (x_test, test)]


def standardized(train, test):
    """Both less the mean of `train`, over its standard deviation, or 1 where that is 0."""
    mean, deviation = train.mean(0), train.std(0)
    scale = np.where(deviation > 0, deviation, 1)
    return (train - mean) / scale, (test - mean) / scale


def from_file(path):
    """x (n, d), target (n, K), and whether the rows of target are one-hot: from an .npz file.

    Raises ValueError, naming the file, unless it holds x (n, d) and either labels (n,) of integers
    from 0 on or target (n,) or (n, K) of numbers.
    """
    arrays = load_npz(path)
    if sorted(arrays) not in (["labels", "x"], ["target", "x"]):
        raise ValueError(f"{path}: holds {sorted(arrays)}, expected x and labels or x and target")
    x, classes = arrays.pop("x"), "labels" in arrays
    (name, y), = arrays.items()
    if x.ndim != 2 or x.dtype.kind not in "fiu":
        raise ValueError(f"{path}: x is {x.dtype} {x.shape}, expected numbers (n, d)")
    fits = (y.ndim == 1 and y.dtype.kind in "iu" and y.size > 0 and y.min() >= 0 if classes else
            y.ndim in (1, 2) and y.dtype.kind in "fiu")
    if not fits or len(y) != len(x):
        expected = "integers (n,) from 0 on" if classes else "numbers (n,) or (n, K)"
        raise ValueError(f"{path}: {name} is {y.dtype} {y.shape} beside x of {len(x)} rows, "
                         f"expected {expected}")
    target = np.eye(y.max() + 1)[y] if classes else y
    return x.astype(np.float32), target.astype(np.float32), classes
