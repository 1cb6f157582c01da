"""How lambda grows with p, against the published laws and our prediction."""
import numpy as np
from lab.table import Row
from scipy.stats import norm

from npspectral.analysis.neurons.compression import late_amplification
from npspectral.analysis.kernels.learning_curves import exponent_interval, power_law
from npspectral.data.binary import STRIPE


def fastest_amplification(p, d):
    """lambda by component of the neurons that grow fastest while y pushes on all of p points.

    They have beta > 0, their plane x_1 = t inside the stripe, and are active on x_1 < t: with
    v = (omega_1, 0, bias) = (-a, 0, b) of length 1, t = sqrt(d) b / a, they grow at the rate
    k = E[y relu(v.x^)], the largest over t. Across, the points' sampling error e pulls, and points
    at the plane, whose y is -1, pull back: (k + pdf(t) / (a sqrt(d))) omega_j = e_j, e_j of
    variance P(x_1 < t) / (p d), so that the mean of |e_j| is sqrt(2 / pi) of its root.
    """
    low, t = STRIPE[0], np.linspace(*STRIPE, 2001)
    angle = np.arctan(t / d ** 0.5)
    a, b = np.cos(angle), np.sin(angle)
    first = norm.pdf(t) - 2 * norm.pdf(low)                         # E[y x_1 1_A]
    rate = b * (2 * norm.cdf(low) - norm.cdf(t)) - a * first / d ** 0.5
    restoring = norm.pdf(t) / (a * d ** 0.5)
    error = np.sqrt(2 / np.pi * norm.cdf(t) / (p * d))
    return float((a * (rate + restoring) / error)[rate.argmax()])


def claims(result):
    return []


def checks(result):
    stripe, late, lazy = (result[law] for law in ("stripe", "stripe, on", "lazy"))
    at, at_end = stripe["sizes"].argmax(), late["end"][..., 0]
    p, star = stripe["sizes"][at], stripe["star"][:, at, 0]
    return [*growth("stripe", stripe, "1/2", low=0.4, high=0.7),
            Row("stripe", f"lambda at t* / the fastest neurons', p = {p}", "-",
                star / fastest_amplification(p, stripe["d"]), 0.75, 1.33, every=False),
            *exponent("stripe", "the end by component", late["sizes"], at_end, "1/2"),
            Row("stripe", "lambda at the end / 0.3676 sqrt(p), each p", "1", np.median(at_end, 0)
                / [late_amplification(p, STRIPE) for p in late["sizes"]]),
            Row("stripe", "points inside the margin at the end, most", "-", late["left"].max(1)),
            *growth("cylinder", result["cylinder"], "-"),
            Row("lazy", "lambda at the end", "1", lazy["end"][..., 0].ravel(), 0.9, 1.1),
            Row("lazy", "|lambda at the end / at the start - 1|", "0",
                np.abs(lazy["end"] / lazy["start"] - 1).max((1, 2)), high=1e-3)]


def exponent(part, when, sizes, factors, published, **limits):
    """Rows: of the mean over seeds of factors (seeds, sizes), and its bootstrap interval."""
    interval = exponent_interval(np.random.default_rng(0), sizes, factors)
    return [Row(part, f"lambda at {when}: exponent", published,
                -power_law(sizes, factors).exponent, **limits),
            Row(part, "its 95 % interval, seeds drawn again", "-", -np.array(interval))]


def growth(part, law, published, **limits):
    """lambda at t* against p; "total" is "mean square" times a constant: it has its exponent."""
    sizes, (component, mean_square, _) = law["sizes"], np.moveaxis(law["star"], -1, 0)
    return [*exponent(part, "t* by component", sizes, component, published, **limits),
            *exponent(part, "t* mean square", sizes, mean_square, published, **limits),
            Row(part, "lambda at t* by component, each p", "figure", np.median(component, 0))]
