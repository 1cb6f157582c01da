"""The README's picture: one result of each family, from the folders of their scripts.

    python scripts/input_relevance.py
    python scripts/learning_curves.py
    python scripts/picture.py
"""
from pathlib import Path

import numpy as np
from experiment_figures import BLUE, ORANGE, save_figures

from npspectral.analysis.kernels.learning_curves import feature_exponent, kernel_exponent
from npspectral.data import load_npz

RESULTS, FOLDER = Path("results"), Path(__file__).parent
FEATURE, LAZY = 0, 1                        # columns of learning_curves.npz


def draw(plt, relevance, curves):
    """Relevance (784,) of pixels as an image; test errors (seeds, sizes, methods) against p."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), width_ratios=(1, 1.3))
    image = left.imshow(relevance.reshape(28, 28), cmap="cividis")
    figure.colorbar(image, ax=left, label="relevance |lambda_j| |phi_.j|", shrink=0.85)
    left.set(title="Zeros or ones? The pixels it looks at", xticks=[], yticks=[])
    p = curves["stripe p"]
    for method, name, color, theory in ((LAZY, "lazy", ORANGE, kernel_exponent(5)),
                                        (FEATURE, "feature", BLUE, feature_exponent(5))):
        errors = curves["stripe errors"][..., method]
        middle = np.exp(np.log(errors.mean(0)).mean())
        right.plot(p, errors.mean(0), "o-", color=color,
                   label=f"{name} learning, {len(errors)} seeds")
        right.fill_between(p, errors.min(0), errors.max(0), color=color, alpha=0.15, linewidth=0)
        right.plot(p, middle * (p / np.sqrt(p[0] * p[-1])) ** -theory, ":", color=color,
                   label=f"theory, p^-{theory:.2f}")
    right.set(xscale="log", yscale="log", xlabel="training points p", ylabel="test error",
              title="One relevant direction of five")
    right.set_xticks(p, [str(n) for n in p])
    right.set_xticks([], minor=True)
    right.legend()
    return figure


def main():
    relevance = np.median(load_npz(RESULTS / "input_relevance/mnist.npz")["relevance"], 0)
    curves = load_npz(RESULTS / "learning_curves/learning_curves.npz")
    save_figures({"picture": lambda plt: draw(plt, relevance, curves)}, FOLDER)


if __name__ == "__main__":
    main()
