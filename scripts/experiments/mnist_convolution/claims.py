"""What is published of convolutional networks in both regimes, judged; and our own checks."""
from functools import partial

import numpy as np
from lab.statistics import exponent, fitted
from lab.table import Claim, Row

METHODS = FEATURE, FINAL, FINAL_MACHINE, LAZY, MACHINE = (
    "feature", "final kernel", "SVC, final kernel", "lazy", "SVC, initial kernel")
TRAINED = FEATURE, FINAL, LAZY
KINDS = CONVOLUTIONAL, DENSE = "convolutional", "dense"
FEW = 10                                # eigenvectors that are summed or averaged over
TALK = "Petrini, talk"
ARTICLE = "Geiger et al. 2020, J. Stat. Mech. 113301"
STABILITY = "Petrini et al. 2021, NeurIPS, arXiv 2105.02468"
NET = "Four convolutions of 8 channels, 5,008 parameters; the talk's network has 16. "
LAZY_IS = "Lazy is the flow with the kernel of the start, which stops as the network does. "


def learned(result, kind):
    """(part, arrays) of the networks of a kind, against p."""
    return [(part, arrays) for part, arrays in result.items()
            if part.startswith(kind) and "errors" in arrays]


def swept(result):
    """(part, arrays) of all networks, against alpha."""
    return [(part, arrays) for part, arrays in result.items() if "log_alpha" in arrays]


def errors_of(arrays, method):
    """Test errors (seeds, sizes) of a method."""
    return arrays["errors"][:, :, METHODS.index(method)]


def exponent_row(part, arrays, method, published):
    return fitted(part, f"exponent, {method}", published, partial(exponent, arrays["p"]),
                  [errors_of(arrays, method)])


def difference_row(part, arrays):
    """The exponent of feature learning less that of lazy learning; so is its interval."""
    p = arrays["p"]

    def difference(feature, lazy):
        return exponent(p, feature) - exponent(p, lazy)
    pair = errors_of(arrays, FEATURE), errors_of(arrays, LAZY)
    return fitted(part, "exponent, feature less lazy", "> 0", difference, pair, 0.0)


def ratio(arrays, first, second):
    """Mean error of the first method over that of the second, at each p."""
    return errors_of(arrays, first).mean(0) / errors_of(arrays, second).mean(0)


def ratio_rows(part, arrays, first, second, published, *bounds):
    """A row for each p but the smallest, at which little is learned."""
    return [Row(f"{part}, p = {p}", f"mean error, {first} / {second}", published, value, *bounds,
                seeds=len(arrays["errors"]))
            for p, value in zip(arrays["p"][1:], ratio(arrays, first, second)[1:])]


def claims(result):
    convolutional, dense = (learned(result, kind) for kind in KINDS)

    def each(parts, rows_of, *options, **named):
        return [row for part in parts for row in rows_of(*part, *options, **named)]
    return [
        Claim("convolutional networks learn features", "Fully connected networks perform better in "
              "the lazy regime, unlike convolutional ones", ARTICLE,
              each(convolutional, ratio_rows, FEATURE, LAZY, "< 1", 0, 1), "errors",
              NET + LAZY_IS),
        Claim("dense networks are lazy", "Fully connected networks generally perform better in the "
              "lazy regime", ARTICLE,
              each(dense, ratio_rows, FEATURE, LAZY, "> 1", 1, np.inf), "errors",
              "2 x 100 units on the same whole images. " + LAZY_IS + "The smallest p is left out; "
              "there feature learning errs less."),
        Claim("two regimes, two exponents", "MNIST, convolutional: two regimes, two exponents beta",
              TALK, [difference_row(*part) for part in convolutional], "errors", NET + LAZY_IS),
        Claim("guides to the exponents", "MNIST, convolutional: slopes drawn as guides, 1/2 "
              "(feature), 1/3 (initial kernel)", TALK,
              each(convolutional, lambda *part: [
                  exponent_row(*part, method, said) for method, said in zip(
                      METHODS, ("1/2", "1/2", "1/2", "1/3", "1/3"))]), "errors",
              incomparable="The published network has 16 layers, its p reach from 42 to 6,944; "
              "ours has 4, p from 64 to 512."),
        Claim("final kernel as good as the network", "The kernel at the end of learning performs "
              "as good as the network itself", TALK,
              each(convolutional, ratio_rows, FINAL, FEATURE, "1", 0.85, 1.15), "errors",
              NET + "Bounds: 15 %. The kernel's flow stops as the network does."),
        Claim("final kernel beats the initial one", "Kernel learning with the frozen NTK at the "
              "end of training outperforms the initial NTK", TALK,
              each(convolutional, ratio_rows, FINAL, LAZY, "< 1", 0, 1), "errors", NET),
        *of_kernels(convolutional), *of_stability(result)]


def of_kernels(parts):
    """Kernel PCA at the largest p, before and after."""
    def rows(quantity, of):
        return [Row(f"{part}, p = {arrays['p'][-1]}", f"{quantity}, feature less start", "rises",
                    np.diff(of(arrays)[:, -1], axis=-1)[:, 0], 0) for part, arrays in parts]
    note = NET + "At the largest p, on 500 fresh images. "
    informed, projected = (rows(f"bits, mean of the top {FEW}", bits),
                           rows(f"labels on the top {FEW}", on_the_top))
    aligned = rows("alignment with the labels", lambda arrays: arrays["alignment"])
    return [
        Claim("information of the top, MNIST", "MNIST: the top components are more informative on "
              "the label after training", TALK, informed, "kernel",
              note + "Ross' estimator, which has no floor."),
        Claim("projection on the top, MNIST", "MNIST: the labels project more on the top "
              "components after training", TALK, projected, "kernel", note),
        Claim("kernel PCA as on the stripe", "Similarities with the stripe: a hint that "
              "compression is key in MNIST, too", TALK, [*informed, *projected, *aligned], "kernel",
              note + "On the stripe all three rise. The first two rows, those of the claims "
              "before, were added here after the runs.")]


def bits(arrays):
    """Bits on the label (seeds, sizes, stages) of the top eigenvectors, by Ross' estimator."""
    return arrays["information"][..., 1, :FEW].mean(-1)


def on_the_top(arrays):
    """Share of the labels (seeds, sizes, stages) along the top eigenvectors."""
    return arrays["shares"][..., :FEW].sum(-1)


def of_stability(result):
    """R of the outputs: at the start, and of all that was learned."""
    parts = [part for kind in KINDS for part in learned(result, kind)]
    starts = [Row(part, "R of the output at the start", "order 1",
                  arrays["stability"][:, :, 0, -1].ravel(), 1 / 3, 3, over="runs")
              for part, arrays in parts]
    ends = [Row(f"{part}, p = {arrays['p'][column]}", f"R of the output, {regime}", "-", values)
            for part, arrays in parts for column in (0, -1) for regime, values in zip(
                (FEATURE, LAZY), stability_of_learned(arrays)[:, column].T)]
    values, errors = (np.concatenate([take(arrays).mean(0).ravel() for _, arrays in parts])
                      for take in (stability_of_learned, errors_of_learned))
    ends.append(Row("all networks, regimes, p", "rank correlation of R and test error", "> 0",
                    rank_correlation(values, errors), over="means", seeds=len(values)))
    return [
        Claim("stability at the start", "R_f is of order unity at initialization", STABILITY,
              starts, "stability", "Bounds: a factor of 3. These networks, and MNIST by parity; "
              "published of other networks."),
        Claim("stability after training", "R_f decreases by several decades during training, and "
              "correlates with the test error", STABILITY, ends, "stability",
              "Here R of the networks rises during training, above 1.",
              incomparable="Published of 15 architectures, state of the art among them, on CIFAR10 "
              "with up to 50,000 images; ours are small and learn at most 512.")]


def stability_of_learned(arrays):
    """R (seeds, sizes, 2) of what the network and the flow with the kernel of the start learned."""
    return np.stack([arrays["stability"][:, :, 1, -1], arrays["frozen_stability"][:, :, 1]], -1)


def errors_of_learned(arrays):
    """Their test errors (seeds, sizes, 2)."""
    return np.stack([errors_of(arrays, method) for method in (FEATURE, LAZY)], -1)


def rank_correlation(x, y):
    """Spearman's, of numbers that differ."""
    ranks = [np.argsort(np.argsort(values)) for values in (x, y)]
    return float(np.corrcoef(ranks)[0, 1])


def checks(result):
    rows = []
    for kind in KINDS:
        for part, arrays in learned(result, kind):
            rows += [Row(part, f"share of points to go, {method}", "0", left.ravel(), 0, 0,
                         over="runs") for method, left in zip(TRAINED, np.moveaxis(
                             arrays["left"], -1, 0))]
            rows += [Row(part, "shares of the labels, sum less 1", "0",
                         abs(arrays["shares"].sum(-1) - 1).max(), 0, 1e-12, exact=True)]
            rows += [Row(f"{part}, p = {p}", name, "-", values.T[i]) for i, p in
                     enumerate(arrays["p"]) for name, values in (
                         ("steps", arrays["steps"]), ("seconds of a core", arrays["seconds"]))]
    return rows + [row for part in swept(result) for row in against_alpha(*part)]


def against_alpha(part, arrays):
    """The largest alpha is lazy, the smallest is not."""
    return [Row(part, f"{name}, {end} alpha", said, arrays[key][:, column], *bounds)
            for name, key in (("|theta - theta_0| / |theta_0|", "parameters"),
                              ("|K - K_0| / |K_0|", "kernel"))
            for end, column, said, bounds in (("smallest", 0, "> 1", (1, np.inf)),
                                              ("largest", -1, "0", (0, 0.01)))]
