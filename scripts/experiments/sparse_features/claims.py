"""What is published of sparse features, judged; the exponents of theory, and the program's checks.
"""
from functools import partial

import numpy as np
from lab.statistics import fitted
from lab.table import Claim, Row, slope

SPARSE = "Petrini, Cagnetta, Vanden-Eijnden, Wyart 2022, NeurIPS"
LAST = 4                                # sizes that exponents are fitted on: the largest
KERNEL, LEAST = "kernel", "least_l1"
WORDS = {KERNEL: "tangent kernel", LEAST: "least L1 norm"}


def kernel_law(d):
    """Exponent of the tangent kernel for f = 1; derived: 2 + 2 / (d - 1)."""
    return 2 + 2 / (d - 1)


def least_law(d):
    """Exponent of the least L1 norm for f = 1; derived: 1 + 3 / (d - 1)."""
    return 1 + 3 / (d - 1)


LAWS = {KERNEL: kernel_law, LEAST: least_law}


def claims(result):
    parts, network = parts_of(result), result["network"]
    return [
        Claim("Lazy is better", "Methods that do not learn features generalize better, even when "
              "the dimension of the input space is large (regression on the sphere)", SPARSE,
              [ratio_row(d, part) for d, part in parts], "errors", "f = 1, at the largest n; up "
              "to five dimensions."),
        Claim("Few atoms", "Feature learning can lead to a sparser neural representation (at most "
              "n atoms)", SPARSE, [
                  *(share_row(f"d = {d}", "atoms / n, all n", part["atoms"] / part["n"])
                    for d, part in parts),
                  share_row("network", "effective directions / p, all p",
                            network["directions"] / network["p"])],
              "atoms", "Of least L1 norm every run has as many atoms as points, out of twenty "
              "times as many neurons: a vertex of a program with n equations has. Of two classes "
              "there are fewer, both in the limit and in a trained network.")]


def checks(result):
    rows, network = [], result["network"]
    for d, part in parts_of(result):
        rows += [*(exponent_row(d, part, method) for method in LAWS), difference_row(d, part),
                 Row(f"d = {d}", "largest misfit of a training point", "0", part["misfit"].max(1),
                     high=1e-7, exact=True),
                 Row(f"d = {d}", "sum |w| over that of f = 1, largest n", "1",
                     part["norm"][:, -1] / norm_of_one(d), 0.9, 1.1)]
    return [*rows,
            Row("network", "points not learned", "0", network["left"].max(1), 0, 0),
            Row("network", "sum |beta| |v| for a margin of 1, over the least", ">= 1",
                network["excess"].min(1), 1 - 1e-6, exact=True),
            Row("network", "the same, median over seeds, each p", "-",
                np.median(network["excess"], 0), over="sizes"),
            Row("network", "effective directions, network over limit, each p", "-",
                np.median(network["directions"] / network["effective"], 0), over="sizes"),
            Row("network", "atoms of the limit, each p, median over seeds", "-",
                np.median(network["atoms"], 0), over="sizes")]


def parts_of(result):
    """(d, arrays) of f = 1, the lowest d first."""
    return sorted(((int(part["d"]), part) for part in result.values() if "d" in part),
                  key=lambda pair: pair[0])


def norm_of_one(d):
    """sum |w| of f = 1 by all neurons alike: 1 / E[relu(theta_1)], theta uniform on the sphere.

    E[relu(theta_1)] = Gamma(d / 2) / (2 sqrt(pi) Gamma((d + 1) / 2)). For many points no f that
    fits has less.
    """
    from scipy.special import gammaln
    return 2 * np.sqrt(np.pi) * np.exp(gammaln((d + 1) / 2) - gammaln(d / 2))


def exponent(part, errors):
    """Of the geometric mean over seeds ~ n^-exponent, on the largest sizes."""
    return -slope(np.log(part["n"][-LAST:]), np.log(errors[:, -LAST:]).mean(0))


def exponent_row(d, part, method):
    return fitted(f"d = {d}", f"exponent, {WORDS[method]} (theory: derived, n -> infinity)",
                  f"{LAWS[method](d):.2f}", partial(exponent, part), [part[method]])


def difference_row(d, part):
    def less(kernel, least):
        return exponent(part, kernel) - exponent(part, least)
    return fitted(f"d = {d}", "exponent, tangent kernel less least L1 norm (the same)",
                  f"{kernel_law(d) - least_law(d):.2f}", less, [part[KERNEL], part[LEAST]])


def ratio_row(d, part):
    """By seed, at the largest n."""
    return Row(f"d = {d}, n = {part['n'][-1]}", "square error, least L1 norm / tangent kernel",
               "> 1", part[LEAST][:, -1] / part[KERNEL][:, -1], 1)


def share_row(part, quantity, shares):
    """A share of the number of points, over all runs."""
    return Row(part, quantity, "<= 1", shares.ravel(), 0, 1, over="runs")
