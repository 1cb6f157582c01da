"""How little a function f of images changes where an image is deformed, and where noise is added.

    D = <|f(tau x) - f(x)|^2> / <|f(x) - f(z)|^2>        tau: a smooth deformation
    G = <|f(x + eta) - f(x)|^2> / <|f(x) - f(z)|^2>      |eta| = |tau x - x|
    R = D / G                                            relative stability

<.> is the mean over n images x; z is another of these images. R does not depend on the scale of f,
nor on how far images are apart. R < 1: deformations matter less to f than noise of the same size.
The deformations and the noise are those of data/diffeomorphism.py.

Source: L. Petrini, A. Favero, M. Geiger and M. Wyart 2021, NeurIPS, arXiv 2105.02468: R of trained
networks goes with their test error. The authors' public code has medians in place of means.
"""
import numpy as np

from ... import refuse

AVERAGES = {"mean": np.mean, "median": np.median}


def stability(outputs, moved, average="mean"):
    """D or G, a number, of f of n images, outputs (n, k), and of the moved images, moved (n, k).

    average="median": the medians over images, and over pairs of images.
    """
    outputs, moved = _outputs("stability", outputs, "moved", moved)
    change, apart = _changes(outputs, moved), _between(outputs)
    of_all = _average("stability", average)
    return float(of_all(change) / _positive("stability", "outputs", of_all(apart)))


def relative_stability(outputs, deformed, noisy, average="mean"):
    """R, a number, of f of n images, of the deformed ones and of the noisy ones, all (n, k).

    average="median": the medians over images.
    """
    owner = "relative_stability"
    outputs, deformed = _outputs(owner, outputs, "deformed", deformed)
    outputs, noisy = _outputs(owner, outputs, "noisy", noisy)
    of_all = _average(owner, average)
    change = _positive(owner, "noisy", of_all(_changes(outputs, noisy)))
    return float(of_all(_changes(outputs, deformed)) / change)


def _changes(outputs, moved):
    """|f(x') - f(x)|^2 of each image, (n,)."""
    return ((moved - outputs) ** 2).sum(1)


def _between(outputs):
    """|f(x) - f(z)|^2 of each pair of images, (n (n - 1) / 2,)."""
    rows, columns = np.triu_indices(len(outputs), 1)
    return ((outputs[rows] - outputs[columns]) ** 2).sum(1)


def _outputs(owner, outputs, name, moved):
    """Both in float64, of one shape."""
    outputs, moved = refuse.real(owner, "outputs", outputs, 2), refuse.real(owner, name, moved, 2)
    if moved.shape != outputs.shape or len(outputs) < 2:
        raise ValueError(f"{owner}: {name} has shape {moved.shape}, expected that of outputs, "
                         f"{outputs.shape}, with two rows or more")
    return outputs, moved


def _average(owner, average):
    if average not in AVERAGES:
        raise ValueError(f"{owner}: average is {average!r}, expected one of {list(AVERAGES)}")
    return AVERAGES[average]


def _positive(owner, name, value):
    if not value > 0:
        raise ValueError(f"{owner}: {name} do not differ, expected outputs that do")
    return value
