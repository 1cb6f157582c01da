"""The README's picture: one result of each family, from the results of their experiments.

    python scripts/reproduce.py input_relevance learning_curves --standard
    python scripts/report/picture.py [FOLDER of results]
"""
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent))
RESULTS = Path("results/reproduce/default")


def draw(figure, relevance, curves):
    """Relevance (784,) of pixels as an image; test errors (seeds, sizes, methods) against p.

    The first two methods are feature and lazy learning.
    """
    from lab.style import FEATURE, LAZY, band, image, log_ticks, panels_of, power, several

    from npspectral.analysis.kernels.learning_curves import feature_exponent, kernel_exponent
    left, right = panels_of(figure, 2, 5, 4.2, width_ratios=(1, 1.3))
    figure.colorbar(image(left, relevance), ax=left, label="relevance |lambda_j| |phi_.j|",
                    shrink=0.85)
    left.set_title("Zeros or ones? The pixels it looks at")
    p, d = curves["p"], int(curves["d"])
    feature, lazy, *_ = np.moveaxis(curves["errors"], -1, 0)
    for errors, name, color, theory in ((lazy, "lazy", LAZY, kernel_exponent(d)),
                                        (feature, "feature", FEATURE, feature_exponent(d))):
        band(right, p, errors, color, f"{name} learning, {several(len(errors))}", "o-")
        power(right, p, -theory, (p, errors.mean(0)), f"theory, p^-{theory:.2f}", color)
    right.set(yscale="log", xlabel="training points p", ylabel="test error",
              title=f"One relevant direction of {d}")
    log_ticks(right, x=p)


def main(folder=None):
    from lab.arrays import load
    from lab.style import save_figures
    place = Path(folder or RESULTS)
    relevance, curves = (load(place / name / f"{name}.npz")[0][part] for name, part in (
        ("input_relevance", "mnist"), ("learning_curves", "stripe")))
    save_figures({"picture": lambda figure: draw(
        figure, np.median(relevance["relevance"], 0), curves)}, FOLDER)


if __name__ == "__main__":
    main(*sys.argv[1:])
