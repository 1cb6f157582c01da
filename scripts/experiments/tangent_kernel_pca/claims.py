"""What the talk says of the tangent kernel, judged; and our own checks."""
import numpy as np
from lab.table import Claim, Row

from npspectral.analysis.clouds.mutual_information import ratio_floor

from .parts import FEW, REGIMES

STAGES = START, FEATURE, LAZY = 0, 1, 2
NAMES = ("start", *REGIMES)                         # of STAGES
APART = "the same, apart"
ESTIMATORS = {"published estimator": f"floor {ratio_floor(5):.3f}",
              APART: f"floor {ratio_floor(5, apart=True):.3f}",
              "Ross' estimator": "floor 0"}
TALK = "Petrini, talk"
OTHER_NET = ("The talk's network is a deep convolutional one, ours is dense. Of dense nets the "
             "field finds that the lazy regime is the better one.")
SMALL = "h = 600 neurons and d = 5. "
MACHINE = ("Performance: test error of support vectors, trained on half of the fresh points. For "
           "the parity of images, by dense nets, both the alignment and the error rise. Tried on "
           "digits: ridge regression, a ridge of 1e-9 to 1 of the mean eigenvalue: the trained "
           "kernel is at best level with that of the start. Their feature training ends by "
           "max_steps, with points left inside the margin (own checks).")


def claims(result):
    images = [(part, arrays) for part, arrays in result.items() if part != "stripe"]
    return [*of_stripe(result["stripe"]),
            Claim("alignment and performance", "A kernel is more performant, the larger its "
                  "alignment with the ideal kernel y(x) y(z)", TALK,
                  [row for part in result.items() for row in performance(*part)], "in_time",
                  MACHINE),
            *of_images(images)]


def of_stripe(stripe):
    return [
        Claim("kernel as observable", "Lazy: the NTK is constant during learning; feature: it "
              "evolves. Can we employ it as an observable?", TALK, evolution("stripe", stripe),
              "in_time", SMALL + "Kernels in units of their norms, so that growth does not count."),
        Claim("kernel loses x_perp", "The NTK evolves with the weights and also loses dependence "
              "on x_perp", TALK, loss_of_x_perp(stripe), "split", SMALL + "What depends on x_perp "
              "but linearly goes; phi(x_1) u.x_perp stays, as the talk's formula says."),
        Claim("two kinds of eigenvectors", "Eigenvectors are of two kinds: phi(x_par), and "
              "phi(x_par) u.x_perp", TALK, kinds(stripe), "eigenvectors", SMALL + "K' is the "
              "kernel at omega_perp = 0, which has no others; finite samples mix the kinds."),
        Claim("information of the top", "Top kernel principal components are more informative on "
              "the label after training", TALK, information("stripe", stripe),
              "projection_information", SMALL),
        Claim("projection on the top", "After training the labels project more on the top "
              "eigenvectors", TALK, projection("stripe", stripe), "projection_information", SMALL)]


def of_images(images):
    """The talk's claims of MNIST; images: pairs of a part and its arrays, or none."""
    def all_of(rows_of):
        return [row for part in images for row in rows_of(*part)]
    return [
        Claim("information, MNIST", "MNIST: top components are more informative after training",
              TALK, all_of(information), "projection_information", incomparable=OTHER_NET),
        Claim("projection, MNIST", "MNIST: labels project more on the top after training", TALK,
              all_of(projection), "projection_information", incomparable=OTHER_NET),
        Claim("similarities with the stripe", "MNIST is similar to the stripe: a hint that "
              "compression is key in MNIST, too", TALK, all_of(evolution), "in_time",
              incomparable=OTHER_NET)]


def before_and_after(part, name, values, published="-"):
    """Rows of values (seeds, stages) at the start and after feature training."""
    return [Row(part, f"{name}, {NAMES[stage]}", published, values[:, stage])
            for stage in (START, FEATURE)]


def last(curves):
    """The last number of each curve (..., times): NaN stands beyond the end."""
    counts = np.isfinite(curves).sum(-1, keepdims=True)
    return np.take_along_axis(curves, counts - 1, -1)[..., 0]


def evolution(part, arrays):
    """How far the kernel has turned away from the start's, in both regimes."""
    feature, lazy = last(arrays["turn"]).T
    return [Row(part, "|K/|K| - K_0/|K_0||, feature", "evolves", feature, low=0.1),
            Row(part, "|K/|K| - K_0/|K_0||, lazy", "constant", lazy, high=0.01)]


def loss_of_x_perp(arrays):
    """How much of the kernel's trace is in neither family."""
    outside, distance = arrays["outside"], arrays["distance"]
    alone = 1 - last(arrays["without"][:, 0, :, 0])             # feature; outside of phi(x_1)
    return [*before_and_after("stripe", "trace in neither family", outside),
            Row("stripe", "trace in neither family, feature over start", "falls",
                outside[:, FEATURE] / outside[:, START], high=0.5),
            Row("stripe", "trace of phi(x_1) alone, feature", "-", alone),
            Row("stripe", "|K - K'| / |K'|, feature over start", "falls",
                distance[:, FEATURE] / distance[:, START])]


def by_the_better(families):
    """R^2 by the better family, the mean over the top (seeds, stages)."""
    return families[:, :, :2].max(2)[..., :FEW].mean(2)


def kinds(arrays):
    """R^2 of the top eigenvectors by one family, beside those of K', which has no others."""
    ours, split = by_the_better(arrays["families"]), by_the_better(arrays["families_split"])
    name = f"R^2 by the better family, top {FEW}"
    return [*before_and_after("stripe", name, ours),
            Row("stripe", f"{name}, of K over K', feature", "1", (ours / split)[:, FEATURE], 0.9,
                1.1),
            Row("stripe", f"{name}, of K over K', start", "-", (ours / split)[:, START])]


def projection(part, arrays):
    """Where the labels lie: on the top, and how many are needed."""
    shares = arrays["shares"]
    top, needed = shares[..., :FEW].sum(-1), (np.cumsum(shares, -1) < 0.9).sum(-1) + 1
    return [*before_and_after(part, f"labels on the top {FEW}", top),
            Row(part, f"labels on the top {FEW}, feature less start", "rises",
                top[:, FEATURE] - top[:, START], low=0.0),
            *before_and_after(part, "eigenvectors for 90 % of them", needed)]


def information(part, arrays):
    """Bits on the label, the mean over the top, in the published and in the unbiased estimator."""
    rows, mean = [], arrays["information"][..., :FEW].mean(-1)
    for j, (name, floor) in enumerate(ESTIMATORS.items()):
        if name != APART:
            rows += [*before_and_after(part, f"bits of the top {FEW}, {name}", mean[:, :, j],
                                       floor),
                     Row(part, f"bits, {name}, feature less start", "rises",
                         mean[:, FEATURE, j] - mean[:, START, j], low=0.0)]
    return rows


def performance(part, arrays):
    """Alignment, and the error of a kernel machine, after training over at the start."""
    aligned, wrong = arrays["alignment"], arrays["machine"]
    return [Row(part, "alignment, feature over start", "-",
                aligned[:, FEATURE] / aligned[:, START]),
            *before_and_after(part, "error of the kernel machine", wrong),
            Row(part, "error of the kernel machine, feature less start", "falls",
                wrong[:, FEATURE] - wrong[:, START], high=0.0)]


def checks(result):
    stripe, rows = result["stripe"], []
    for part, arrays in result.items():
        rows += [Row(part, f"test error, {regime}", "-", errors)
                 for regime, errors in zip(REGIMES, arrays["errors"].T)]
        rows += [Row(part, f"{name}, {regime}", "-", values.astype(float))
                 for name, array in (("t* reached", "escaped"), ("points left", "left"))
                 for regime, values in zip(REGIMES, arrays[array].T)]
        rows += stays(part, arrays)
    outside = stripe["outside"]
    return rows + [
        Row("stripe", "trace in neither, lazy over start", "1", outside[:, LAZY]
            / outside[:, START], 0.99, 1.01),
        Row("stripe", "rest of K' that depends on x_perp", "0", stripe["remainder"].max(1),
            high=1e-13, exact=True)]


def stays(part, arrays):
    """The lazy kernel knows what it knew at the start."""
    shares, bits = arrays["shares"][..., :FEW].sum(-1), arrays["information"][..., :FEW].mean(-1)
    return [Row(part, f"labels on the top {FEW}, |lazy less start|", "0",
                abs(shares[:, LAZY] - shares[:, START]), high=0.01),
            *(Row(part, f"bits, {name}, |lazy less start|", "0",
                  abs(bits[:, LAZY, j] - bits[:, START, j]), high=0.02)
              for j, name in enumerate(ESTIMATORS))]
