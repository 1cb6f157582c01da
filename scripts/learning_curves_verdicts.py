"""What learning_curves.py claims: a table of exponents, and rows of its table of verdicts."""
from functools import partial

import numpy as np
from experiment_table import Row
from learning_curves_runs import EVERY_POINT

from npspectral.analysis.neurons.compression import late_amplification
from npspectral.analysis.kernels.learning_curves import (crossing, crossing_interval,
                                                         exponent_interval, feature_exponent,
                                                         kernel_exponent, power_law)
from npspectral.data.binary import STRIPE

METHODS = ("feature", "lazy", "SVC, initial kernel", "SVC, final kernel", "5-NN")
TRAINED = ("feature", "SVC, final kernel")
SIZES = {"stripe": (5, 1), "cylinder": (3, 2), "sphere": (5, 5),
         EVERY_POINT: (5, 1)}           # d and n_parallel
WITHIN = 0.15               # of theory, to pass
GUIDES = 1 / 2, 1 / 3       # slopes drawn beside the published curves of images


def theory(name, method):
    """The exponent that is expected of a method, or None; for images that of the drawn guides."""
    if method == "5-NN":
        return None
    if name not in SIZES:
        return GUIDES[0 if method in TRAINED else 1]
    d, n_parallel = SIZES[name]
    return feature_exponent(d, n_parallel) if method in TRAINED else kernel_exponent(d)


def errors_of(own, method):
    """Test errors (seeds, sizes) of a method."""
    return own["errors"][:, :, METHODS.index(method)]


def show_exponents(result):
    """Print exponents beside theory: standard error by the fit, interval by drawing seeds again."""
    rng = np.random.default_rng(0)
    print(f"{'task':21}{'method':21}{'theory':8}{'exponent':10}{'std. error':12}"
          f"{'95 % over seeds':18}mean error at each p")
    for name, own in result.items():
        for method in METHODS:
            errors = errors_of(own, method)
            law = power_law(own["p"], errors)
            low, high = exponent_interval(rng, own["p"], errors)
            interval = f"{low:.3f} to {high:.3f}" if len(errors) > 1 else "one seed"
            expected = theory(name, method)
            print(f"{name:21}{method:21}{'-' if expected is None else f'{expected:.3f}':8}"
                  f"{law.exponent:<10.3f}{law.standard_error:<12.3f}{interval:18}"
                  f"{' '.join(f'{error:.4f}' for error in errors.mean(0))}")
    print()


def verdicts(result):
    """Rows of all tasks in `result`, as learning_curves.run gives it."""
    rows = []
    for name, own in result.items():
        if name == EVERY_POINT:
            rows += judge_every_point(own, result["stripe"])
            continue
        rows += judge_stripe(own) if name == "stripe" else compare(name, own)
        rows += progress_rows(name, own)
        if "amplification" in own:
            rows += judge_amplification(name, own)
        if "distances" in own:
            rows += judge_distances(name, own)
    return rows


def judge_every_point(own, before):
    """What changes if training goes on till no point is inside the margin: after / before."""
    same = np.isin(before["p"], own["p"])

    def after_before(quantity, value):
        return Row(EVERY_POINT, f"{quantity}, after / before, each p", "-",
                   value(own).mean(0) / value(before).mean(0)[same])
    return [*(after_before(method, partial(errors_of, method=method))
              for method in ("feature", "SVC, final kernel")),
            after_before("final amplification", lambda own: own["final_amplification"][:, :, 0]),
            Row(EVERY_POINT, "SVC, final kernel / feature, each p", "-",
                ratio(own, "SVC, final kernel", "feature")), *progress_rows(EVERY_POINT, own)]


def ratio(own, first, second):
    """Mean error of the first method over that of the second, at each p."""
    return errors_of(own, first).mean(0) / errors_of(own, second).mean(0)


def judge_stripe(own):
    rows = [Row("stripe", f"{first} / {second}, each p", "< 1", ratio(own, first, second), high=1)
            for first, second in (("feature", "lazy"), ("feature", "SVC, initial kernel"),
                                  ("lazy", "5-NN"), ("SVC, initial kernel", "5-NN"),
                                  ("SVC, final kernel", "SVC, initial kernel"))]
    rows += [Row("stripe", f"exponent, {method}", f"{theory('stripe', method):.3f}",
                 np.array([power_law(own["p"], errors_of(own, method)).exponent]),
                 theory("stripe", method) - WITHIN, theory("stripe", method) + WITHIN)
             for method in ("feature", "lazy")]
    ratios = ratio(own, "SVC, final kernel", "feature")
    return rows + [Row("stripe", "SVC, final kernel / feature, each p", "about 1", ratios,
                       0.75, 1.25),
                   Row("stripe", "SVC, final kernel / feature, mean over p", "about 1",
                       np.exp(np.log(ratios).mean(keepdims=True)))]


def compare(name, own):
    """The same comparisons for other tasks, where they only inform."""
    rows = [Row(name, f"{first} / {second}, each p", "-", ratio(own, first, second))
            for first, second in (("feature", "lazy"), ("SVC, final kernel", "feature"),
                                  ("SVC, initial kernel", "5-NN"))]
    rows += [Row(name, f"exponent, {method}", f"{theory(name, method):.3f}",
                 np.array([power_law(own["p"], errors_of(own, method)).exponent]))
             for method in ("feature", "lazy")]
    return rows + crossing_rows(name, own)


def crossing_rows(name, own):
    """p* from which on feature learning wins, where there is one, and its interval over seeds."""
    curves = own["p"], errors_of(own, "feature"), errors_of(own, "lazy")
    where = crossing(*curves)
    if where is None:
        return []
    ends = crossing_interval(np.random.default_rng(0), *curves)
    return [Row(name, "p*, feature below lazy from there on", "-", np.array([where])),
            Row(name, "ends of its 95 % interval", "-", np.array(ends))]


def progress_rows(name, own):
    """How far training came: points that were still inside the margin when it was stopped."""
    return [Row(name, f"share of points to go, {method}, each p", "0", own["left"][:, :, k].mean(0))
            for k, method in enumerate(METHODS[:2])]


def judge_amplification(name, own):
    """lambda* against p, a mean over seeds."""
    feature, lazy = own["amplification"].mean(0).T
    exponent = -power_law(own["p"], feature).exponent
    stripe = name == "stripe"
    rows = [Row(name, "exponent of lambda* against p", "0.5" if stripe else "0.25",
                np.array([exponent]), 0.4 if stripe else -np.inf, 0.7 if stripe else np.inf),
            Row(name, "lambda* of lazy training, each p", "1", lazy, 0.8, 1.2)]
    if stripe:
        late = [late_amplification(p, STRIPE) for p in own["p"]]
        rows.append(Row(name, "lambda* / 0.368 sqrt(p), each p", "1", feature / late))
    return rows


def judge_distances(name, own):
    d, _ = SIZES[name]
    exponents = [power_law(own["p"], own["distances"][:, :, k]).exponent for k in range(2)]
    return [Row(name, f"exponent of the distance of supports, {kernel}",
                f"{1 / d:.3f}" if kernel == "initial" else "-", np.array([exponent]))
            for kernel, exponent in zip(("initial", "final"), exponents)]
