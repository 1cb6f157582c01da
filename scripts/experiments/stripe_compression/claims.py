"""What is published of lambda and of f, judged; our own checks."""
import numpy as np
from lab.statistics import fitted
from lab.table import Claim, Row
from scipy.stats import norm

from npspectral.analysis.kernels.learning_curves import power_law
from npspectral.analysis.neurons.compression import late_amplification
from npspectral.data.binary import STRIPE

TALK, PAPER = "Petrini, talk", "Paccolat et al. 2021, J. Stat. Mech. 044001"
CODE = "Paccolat et al. 2021, public code"
SMALL = "d = 5 and h = 600 neurons, not 10 and 10,000; the soft hinge."


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
    stripe, late, cylinder, lazy = (result[law] for law in ("stripe", "stripe, on", "cylinder",
                                                            "lazy"))
    return [
        Claim("lambda as sqrt(p)", "lambda ~ sqrt(p) at t*", PAPER, [
            exponent("stripe", "lambda at t*, by component", stripe, "star", 0, "1/2", 0.4, 0.6),
            exponent("stripe", "lambda at t*, mean square", stripe, "star", 1, "1/2")],
            "lambda_against_p", SMALL),
        Claim("late-time value", "Late lambda is 0.3676 sqrt(p)", CODE, late_rows(late),
              "lambda_against_p", incomparable="It is of neurons that are active on every point. "
              "Those that grow fastest have their plane inside the stripe, where points pull "
              "omega_perp back (see `fastest_amplification`)."),
        Claim("f loses x_perp", "The network function loses its dependence on x_perp", TALK,
              [*lost("stripe", stripe, "star", "t*"), *lost("stripe, on", late, "end", "the end")],
              "in_time", SMALL + " The lazy f stays as it was; what it learns, f - f_0, keeps "
              "more of x_perp than in the feature regime (own checks)."),
        Claim("directions are compressed", "Feature: the network can learn features and compress "
              "directions of the input space", TALK,
              [at_largest("stripe", stripe, 2.0), at_largest("cylinder", cylinder, 2.0)],
              "lambda_against_p", SMALL),
        Claim("lazy does not compress", "Lazy: weights are about constant; cannot learn features",
              TALK, [Row("lazy", "lambda at the end", "1", at_end(lazy, "end"), 0.9, 1.1),
                     Row("lazy", "|lambda at the end / at the start - 1|", "0",
                         np.abs(lazy["end"] / lazy["start"] - 1).max((1, 2)), high=1e-3)],
              "in_time", SMALL)]


def at_end(law, when):
    """lambda by component (seeds,) at the largest p."""
    return law[when][:, law["sizes"].argmax(), 0]


def at_largest(part, law, low):
    return Row(part, f"lambda at t*, p = {law['sizes'].max()}", "above 1", at_end(law, "star"), low)


def exponent(part, quantity, law, when, convention, published, *bounds):
    """Of the mean over seeds of lambda against p, and its bootstrap interval."""
    def growth(factors):
        return -power_law(law["sizes"], factors).exponent
    return fitted(part, f"{quantity}: exponent", published, growth, [law[when][..., convention]],
                  *bounds)


def late_rows(late):
    """lambda at the end beside the published value, and how much is active on every point."""
    published = [late_amplification(p, STRIPE) for p in late["sizes"]]
    return [Row("stripe, on", f"lambda at the end / 0.3676 sqrt(p), p = {p}", "1",
                factors / value) for p, factors, value in zip(late["sizes"], late["end"][..., 0].T,
                                                              published)] + [
            Row("stripe, on", f"weight active on every point, p = {late['sizes'].max()}", "1",
                late["everywhere"][:, late["sizes"].argmax()])]


def lost(part, law, when, words):
    """The share of var f that is due to x_perp, at the largest p, over that at the start."""
    at = law["sizes"].argmax()
    start, then = (law[f"owed_{moment}"][:, at, 0] for moment in ("start", when))
    return [Row(part, f"var f due to x_perp, start, p = {law['sizes'][at]}", "-", start),
            Row(part, f"var f due to x_perp, {words} / start", "falls", then / start, high=0.1)]


def checks(result):
    stripe, late, lazy = (result[law] for law in ("stripe", "stripe, on", "lazy"))
    p, predicted = stripe["sizes"].max(), fastest_amplification(stripe["sizes"].max(), stripe["d"])
    return [Row("stripe", f"lambda at t* / the fastest neurons', p = {p}", "-",
                at_end(stripe, "star") / predicted, 0.75, 1.33, every=False),
            *(Row(part, "lambda at t* by component, each p", "-",
                  np.median(result[part]["star"][..., 0], 0), over="sizes")
              for part in ("stripe", "cylinder")),
            exponent("cylinder", "lambda at t*, by component", result["cylinder"], "star", 0, "-"),
            exponent("stripe, on", "lambda at the end, by component", late, "end", 0, "-"),
            Row("stripe, on", "points inside the margin at the end, most", "-",
                late["left"].max(1)),
            *(Row(part, "var of f - f_0 due to x_perp, the end", "-", law["owed_end"][:, -1, 1])
              for part, law in (("stripe, on", late), ("lazy", lazy))),
            Row("lazy", "var of f due to x_perp, the end / start", "1",
                lazy["owed_end"][:, -1, 0] / lazy["owed_start"][:, -1, 0], 0.99, 1.01)]
