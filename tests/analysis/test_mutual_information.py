"""Estimators of information against enumerations, exact floors and normal classes."""
import itertools
import math

import numpy as np
import pytest
from conftest import each, locked

from npspectral.analysis.clouds.mutual_information import (binned_entropy, binned_information,
                                                           neighbor_information, normal_information,
                                                           ratio_floor, ratio_information,
                                                           ratio_information_apart)

RATIOS = {False: ratio_information, True: ratio_information_apart}
apart = each(list(RATIOS))


def brute_ratio(x, y, k, apart):
    total = 0.0
    for i in range(len(x)):
        reach = {}
        for sign in (1, -1):
            near = sorted(math.dist(x[i], x[j]) for j in range(len(x))
                          if y[j] == sign and not (apart and i == j))
            reach[sign] = near[k - 1] ** x.shape[1]
        q = reach[-1] / (reach[1] + reach[-1])
        total += sum(-t * math.log2(t) for t in (q, 1 - q) if t > 0)
    return 1 - total / len(x)


@pytest.mark.parametrize("k, n", [(1, 1), (3, 1), (5, 2)])
def test_ratio_estimators_are_their_definition(apart, k, n, rng):
    y = rng.permutation(np.repeat([-1.0, 1.0], (11, 14)))
    x = rng.standard_normal((25, n)) + 0.5 * y[:, None]
    assert RATIOS[apart](locked(x), y, k) == pytest.approx(brute_ratio(x, y, k, apart), rel=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5, 10, 50])
def test_the_floor_is_the_mean_over_the_beta_distribution(k, apart):
    from scipy.integrate import quad
    from scipy.special import betaln
    a, b = k - 1 + apart, k
    if a == 0:                                              # its own nearest: certain of itself
        return None if ratio_floor(k) == 1 else pytest.fail("floor at k = 1")

    def integrand(q):
        entropy = -q * math.log2(q) - (1 - q) * math.log2(1 - q)
        return entropy * math.exp((a - 1) * math.log(q) + (b - 1) * math.log1p(-q) - betaln(a, b))

    assert ratio_floor(k, apart) == pytest.approx(1 - quad(integrand, 0, 1)[0], abs=1e-9)


@pytest.mark.parametrize("sizes, k", [((4, 4), 1), ((4, 4), 3), ((3, 5), 2), ((2, 2, 3), 1)])
def test_the_digamma_estimator_has_no_bias_over_all_labelings(sizes, k, rng):
    x = rng.standard_normal((sum(sizes), 2))
    values = []
    for order in set(itertools.permutations(np.repeat(range(len(sizes)), sizes).tolist())):
        values.append(neighbor_information(x, np.array(order), k))
    assert abs(np.mean(values)) < 1e-13 and np.std(values) > 0.01


def brute_digamma(x, y, k):
    psi = [-math.inf, 0.0]                                  # less psi(1), which cancels
    for n in range(1, len(x)):
        psi.append(psi[-1] + 1 / n)
    total = 0.0
    for i in range(len(x)):
        distances = [math.dist(x[i], x[j]) for j in range(len(x))]
        own = sorted(distances[j] for j in range(len(x)) if y[j] == y[i] and j != i)
        m = sum(distances[j] <= own[k - 1] for j in range(len(x)) if j != i)
        total += psi[len(x)] + psi[k] - psi[len(own) + 1] - psi[m]
    return total / len(x) / math.log(2)


@pytest.mark.parametrize("k, n", [(1, 1), (3, 1), (4, 3)])
def test_the_digamma_estimator_is_its_definition(k, n, rng):
    labels = rng.permutation(np.repeat(["a", "b", "c"], (9, 7, 14)))
    x = rng.standard_normal((30, n)) + (labels == "a")[:, None]
    got = neighbor_information(x, labels, k)
    assert got == pytest.approx(brute_digamma(x, labels, k), rel=1e-12)


def test_the_exact_value_is_known_in_the_limits():
    far = normal_information((-20.0, 20.0, 60.0), (1.0, 2.0, 3.0), (0.2, 0.3, 0.5))
    entropy = -sum(w * math.log2(w) for w in (0.2, 0.3, 0.5))
    assert far == pytest.approx(entropy, abs=1e-10)
    assert abs(normal_information((1.0, 1.0), (2.0, 2.0), (0.3, 0.7))) < 1e-12
    m = 1e-2                                                # m^2 / (2 ln 2) (1 - m^2 / 2 + ...)
    assert normal_information((-m, m), (1.0, 1.0), (0.5, 0.5)) == pytest.approx(
        m ** 2 / 2 / math.log(2), rel=m ** 2)


@pytest.mark.parametrize("means, sigmas, weights", [
    ((-0.5, 0.5), (1, 1), (0.5, 0.5)), ((-3, 2), (0.5, 1.5), (0.2, 0.8)),
    ((0, 0), (1, 30), (0.5, 0.5)), ((-1, 0, 4), (1, 0.1, 2), (0.25, 0.25, 0.5))])
def test_the_exact_value_is_a_sum_on_a_fine_grid(means, sigmas, weights):
    x = np.linspace(-400, 400, 1_600_001)
    densities = [w * np.exp(-((x - m) / s) ** 2 / 2) / (s * math.sqrt(2 * math.pi))
                 for m, s, w in zip(means, sigmas, weights)]
    total = sum(densities)
    want = sum((d * np.log2(np.where(d > 0, d, 1) / np.where(d > 0, total, 1))).sum()
               for d in densities) * (x[1] - x[0])
    want -= sum(w * math.log2(w) for w in weights)
    assert normal_information(means, sigmas, weights) == pytest.approx(want, abs=1e-9)
    scaled = normal_information(1e3 * np.array(means) + 7, 1e3 * np.array(sigmas), weights)
    assert scaled == pytest.approx(want, abs=1e-9)


@pytest.mark.parametrize("m, bits, published", [
    (0.5, 0.1607, 0.234), (1.0, 0.4859, 0.511), (2.0, 0.9128, 0.913)])
def test_estimators_on_two_normal_classes(m, bits, published, rng):
    """sd of the mean of log2 density ratios over p samples is below 1 / sqrt(p)."""
    exact = normal_information((-m, m), (1, 1), (0.5, 0.5))
    assert exact == pytest.approx(bits, abs=5e-5)
    y = np.repeat([-1.0, 1.0], 2000)
    x = rng.standard_normal(4000) + m * y
    assert abs(neighbor_information(x, y) - exact) < 4 / math.sqrt(4000)
    assert abs(ratio_information(x, y) - published) < 4 / math.sqrt(4000)
    assert published - 0.05 < ratio_information_apart(x, y) < ratio_information(x, y)


def test_equal_values_are_no_information_and_no_warning(apart):
    x, y = np.zeros(20), np.repeat([-1.0, 1.0], 10)
    assert RATIOS[apart](x, y) == 0
    assert RATIOS[apart](y, y) == 1                         # each value has one label
    assert neighbor_information(y, y, 3) == pytest.approx(
        sum(1 / i for i in range(10, 20)) / math.log(2))
    assert abs(neighbor_information(x, y)) < 2 / 10


def test_entropy_of_bins_is_counted_by_hand():
    t = np.array([[0.1, -0.1], [0.4, -0.2], [0.6, -0.1], [1.1, 0.1]])
    labels = np.array(["a", "b", "a", "a"])
    assert binned_entropy(t, 0.5) == pytest.approx(1.5)     # (0, -1) twice, (1, -1), (2, 0)
    assert binned_information(t, labels, 0.5) == pytest.approx(1.5 - 0.75 * math.log2(3), rel=1e-14)
    assert binned_entropy(t, 1e-3) == 2 and binned_entropy(np.abs(t), 10.0) == 0
    assert binned_entropy(np.array([[0.0], [-0.0]]), 0.5) == 0
    assert binned_entropy(np.array([[0.1], [0.4], [0.6], [0.9]]), 0.5) == 1     # edges at 0 and 0.5


def test_information_of_bins_never_rises_when_the_width_doubles(rng):
    t, labels = np.tanh(rng.standard_normal((200, 3))), rng.integers(3, size=200)
    widths = 1e-4 * 2.0 ** np.arange(20)
    entropies = [binned_entropy(t, width) for width in widths]
    informations = [binned_information(t, labels, width) for width in widths]
    assert (np.diff(entropies) <= 1e-12).all() and (np.diff(informations) <= 1e-12).all()
    assert entropies[0] == pytest.approx(math.log2(200))
    assert all(-1e-12 <= i <= min(h, math.log2(3)) + 1e-12 for i, h in zip(informations, entropies))
