"""What is claimed of learning curves, as rows of a table."""
import numpy as np
from lab.table import Row

from npspectral.analysis.kernels import (crossing, crossing_interval, exponent_interval,
                                         feature_exponent, kernel_exponent, power_law)
from npspectral.analysis.neurons import late_amplification
from npspectral.data.binary import STRIPE

from .parts import EVERY_POINT

METHODS = FEATURE, LAZY, INITIAL, FINAL, NEAREST = (
    "feature", "lazy", "SVC, initial kernel", "SVC, final kernel", "5-NN")
TRAINED = (FEATURE, FINAL)
WITHIN = 0.15               # of theory, to pass
GUIDES = 1 / 2, 1 / 3       # slopes drawn beside the published curves of images


def theory(name, curves, method):
    """The exponent that is expected of a method, or None; for images that of the drawn guides."""
    if method == NEAREST:
        return None
    if name == "mnist":
        return GUIDES[0 if method in TRAINED else 1]
    d, n_parallel = int(curves["d"]), int(curves["n_parallel"])
    return feature_exponent(d, n_parallel) if method in TRAINED else kernel_exponent(d)


def errors_of(curves, method):
    """Test errors (seeds, sizes) of a method."""
    return curves["errors"][:, :, METHODS.index(method)]


def claims(result):
    return []


def checks(result):
    rows = []
    for name, curves in result.items():
        rows += [Row(name, f"share of points to go, {method}, each p", "0", left)
                 for method, left in zip(METHODS, curves["left"].mean(0).T)]
        if name == EVERY_POINT:
            rows += judge_every_point(curves, result["stripe"])
            continue
        rows += judge_stripe(curves) if name == "stripe" else crossing_rows(name, curves)
        rows += exponent_rows(name, curves)
        if "amplification" in curves:
            rows += judge_amplification(name, curves)
        if "distances" in curves:
            rows.append(Row(name, "exponent of the distance of supports, initial kernel",
                            f"{1 / curves['d']:.3f}",
                            power_law(curves["p"], curves["distances"][:, :, 0]).exponent))
    return rows


def ratio_row(name, curves, first, second, published, *bounds):
    """Mean error of the first method over that of the second, at each p."""
    ratio = errors_of(curves, first).mean(0) / errors_of(curves, second).mean(0)
    return Row(name, f"{first} / {second}, each p", published, ratio, *bounds)


def exponent_rows(name, curves):
    """The network's exponents beside theory, which judges those of the stripe, and their spread."""
    rows, rng = [], np.random.default_rng(0)
    for method in (FEATURE, LAZY):
        law, expected = (curves["p"], errors_of(curves, method)), theory(name, curves, method)
        within = WITHIN if name == "stripe" else np.inf
        rows.append(Row(name, f"exponent, {method}", f"{expected:.3f}", power_law(*law).exponent,
                        expected - within, expected + within))
        if len(curves["errors"]) > 1:
            rows.append(Row(name, f"exponent, {method}, 95 % over seeds", "-",
                            exponent_interval(rng, *law)))
    return rows


def judge_stripe(curves):
    less = ((FEATURE, LAZY), (FEATURE, INITIAL), (LAZY, NEAREST), (INITIAL, NEAREST),
            (FINAL, INITIAL))
    return [*(ratio_row("stripe", curves, *pair, "< 1", -np.inf, 1) for pair in less),
            ratio_row("stripe", curves, FINAL, FEATURE, "about 1", 0.75, 1.25)]


def judge_every_point(curves, before):
    """What changes if training goes on till no point is inside the margin: after / before."""
    lambdas = [task["final_amplification"][:, :, 0].mean(0) for task in (curves, before)]
    return [ratio_row(EVERY_POINT, curves, FINAL, FEATURE, "-"),
            Row(EVERY_POINT, "final lambda, after / before, each p", "-",
                lambdas[0] / lambdas[1][np.isin(before["p"], curves["p"])])]


def crossing_rows(name, curves):
    """p* and its interval, if there is one."""
    both = curves["p"], errors_of(curves, FEATURE), errors_of(curves, LAZY)
    where = crossing(*both)
    return [] if where is None else [Row(name, "p*, feature below lazy from there on", "-", where),
                                     Row(name, "ends of its 95 % interval", "-",
                                         crossing_interval(np.random.default_rng(0), *both))]


def judge_amplification(name, curves):
    """lambda* against p, a mean over seeds."""
    feature, lazy = curves["amplification"].mean(0).T
    expected = ("0.5", 0.4, 0.7) if name == "stripe" else ("0.25", -np.inf, np.inf)
    rows = [Row(name, "exponent of lambda* against p", expected[0],
                -power_law(curves["p"], feature).exponent, *expected[1:]),
            Row(name, "lambda* of lazy training, each p", "1", lazy, 0.8, 1.2)]
    if name == "stripe":
        late = [late_amplification(p, STRIPE) for p in curves["p"]]
        rows.append(Row(name, "lambda* / 0.368 sqrt(p), each p", "1", feature / late))
    return rows
