"""Handmade data sets, for which it is known which inputs matter and which rule classifies best."""
import math
from dataclasses import dataclass

import numpy as np

from .. import refuse
from .._shapes import Shapes


@dataclass(frozen=True, eq=False, repr=False)
class GaussianFeatures(Shapes):
    """Two equally likely classes of independent Gaussian features, x_j ~ N(mean_cj, sigma_cj^2).

    x (n_samples, n_features), labels (n_samples,) of 0 and 1, relevant (n_features,) booleans,
    means and sigmas (2, n_features): row c is class c.
    """

    x: np.ndarray
    labels: np.ndarray
    relevant: np.ndarray
    means: np.ndarray
    sigmas: np.ndarray

    @property
    def gap(self):
        """Mean of class 1 less mean of class 0, (n_features,)."""
        return self.means[1] - self.means[0]

    @property
    def hellinger(self):
        """Hellinger distance H of each feature's densities p, q in the two classes, (n_features,).

            H^2 = 1 - integral sqrt(p q)
                = 1 - sqrt(2 s0 s1 / (s0^2 + s1^2)) exp(-gap^2 / (4 (s0^2 + s1^2)))

        H runs from 0 (same distribution) to 1 (no overlap). s0, s1 are the sigmas of the classes.
        """
        s0, s1 = self.sigmas
        square = s0**2 + s1**2
        log_overlap = np.log1p(-(s0 - s1)**2 / square) / 2 - self.gap**2 / (4 * square)
        return np.sqrt(-np.expm1(log_overlap))

    def log_odds(self, x):
        """log p(class 1 | x) - log p(class 0 | x) of x (n, n_features), (n,)."""
        refuse.features("GaussianFeatures.log_odds", x, len(self.relevant))
        z = (x[:, None, :] - self.means) / self.sigmas
        with np.errstate(over="ignore"):
            log_density = -(z**2 / 2 + np.log(self.sigmas)).sum(-1)
        if not np.isfinite(log_density).all():
            raise ValueError(f"GaussianFeatures.log_odds: x reaches {np.abs(x).max():.1e}, whose "
                             f"squares overflow, expected smaller numbers")
        return log_density[:, 1] - log_density[:, 0]

    def predict(self, x):
        """The Bayes rule: the likelier class of each row of x (n, n_features), (n,)."""
        return (self.log_odds(x) > 0).astype(int)

    def bayes_accuracy(self):
        """Expected accuracy of `predict`, the highest there is, if both classes share sigmas.

            accuracy = normal cdf(D / 2)     D^2 = sum_j gap_j^2 / sigma_j^2

        Raises ValueError if sigmas differ between the classes: there is no closed form then.
        """
        if (self.sigmas[0] != self.sigmas[1]).any():
            raise ValueError("GaussianFeatures.bayes_accuracy: sigmas differ between the classes, "
                             "expected equal ones; measure predict(x) on a large draw instead")
        distance = math.hypot(*(self.gap / self.sigmas[0]))
        return math.erfc(-distance / math.sqrt(8)) / 2


def gaussian_features(rng, n_samples=60_000, n_features=20, n_relevant=11, max_gap=1.4, sigmas=0.5,
                      relevant_mean=-0.5, dtype=float):
    """Draw GaussianFeatures: n_relevant features, chosen at random, tell the classes apart.

        relevant:    means relevant_mean and relevant_mean + gap, gap ~ U(0, max_gap)
        irrelevant:  mean 0 and the same sigma in both classes

    sigmas is one number, or two (class 0, class 1). Irrelevant features have the first in both.
    Drawn in float64, then rounded to dtype: a seed means the same set in every dtype.
    Raises TypeError or ValueError on arguments that do not fit.
    Source: L. Chicchi et al. 2024, arXiv 2406.01183, and the authors' public notebooks, whose
    numbers are the defaults.

    >>> drawn = gaussian_features(np.random.default_rng(0), n_samples=100)
    >>> drawn.x.shape, drawn.labels.shape, int(drawn.relevant.sum())
    ((100, 20), (100,), 11)
    """
    owner = "gaussian_features"
    refuse.generator(owner, rng)
    refuse.integer(owner, "n_samples", n_samples, 1)
    refuse.integer(owner, "n_features", n_features, 1)
    refuse.integer(owner, "n_relevant", n_relevant, 0, n_features, "n_features")
    refuse.number(owner, "max_gap", max_gap, "a number, 0 or more",
                  lambda value: 0 <= value < math.inf)
    refuse.number(owner, "relevant_mean", relevant_mean, "a number", math.isfinite)
    sigma_0, sigma_1 = _two_sigmas(owner, sigmas)
    dtype = refuse.floating(owner, dtype)

    relevant = np.zeros(n_features, dtype=bool)
    relevant[rng.choice(n_features, n_relevant, replace=False)] = True
    means = np.zeros((2, n_features))
    means[0, relevant] = relevant_mean
    means[1, relevant] = relevant_mean + rng.uniform(0, max_gap, n_relevant)
    sigmas = np.full((2, n_features), float(sigma_0))
    sigmas[1, relevant] = sigma_1

    labels = rng.integers(0, 2, n_samples)
    x = means[labels] + sigmas[labels] * rng.standard_normal((n_samples, n_features))
    return GaussianFeatures(x.astype(dtype), labels, relevant, means, sigmas)


def _two_sigmas(owner, sigmas):
    both = tuple(sigmas) if isinstance(sigmas, (tuple, list, np.ndarray)) else (sigmas, sigmas)
    if len(both) != 2:
        raise ValueError(f"{owner}: sigmas has {len(both)} numbers, expected one or two")
    for sigma in both:
        refuse.positive(owner, "sigmas", sigma)
    return both


@dataclass(frozen=True, eq=False, repr=False)
class CorrelatedPairs(Shapes):
    """Two equally likely classes that differ in pairs of features, and in no feature by itself.

        class 0:  x_b = x_a      class 1:  x_b = -x_a with the pair's probability p, else x_a

    The rows of pairs (n_pairs, 2) are (a, b). Every x_j ~ N(0, sigma^2) in both classes.
    x (n_samples, n_features), labels (n_samples,) of 0 and 1, flip_probability (n_features,), which
    is p for both features of a pair and 0 for unpaired ones.
    """

    x: np.ndarray
    labels: np.ndarray
    pairs: np.ndarray
    flip_probability: np.ndarray

    @property
    def relevant(self):
        """Which features belong to a pair, (n_features,) booleans."""
        return self.flip_probability > 0

    def log_odds(self, x):
        """log p(class 1 | x) - log p(class 0 | x) of x (n, n_features), (n,).

            +inf if a pair is flipped, which never happens in class 0
            else the sum over pairs of log(1 - p)

        A pair counts as flipped if its signs differ; nothing else of x is read.
        """
        refuse.features("CorrelatedPairs.log_odds", x, len(self.flip_probability))
        a, b = self.pairs.T
        flipped = (np.signbit(x[:, a]) != np.signbit(x[:, b])).any(-1)
        with np.errstate(divide="ignore"):              # p = 1: an unflipped pair is of class 0
            unflipped = np.log1p(-self.flip_probability[a]).sum()
        return np.where(flipped, np.inf, unflipped)

    def predict(self, x):
        """The Bayes rule: the likelier class of each row of x (n, n_features), (n,)."""
        return (self.log_odds(x) > 0).astype(int)

    def bayes_accuracy(self):
        """Expected accuracy of `predict`, the highest there is: 1 - prod(1 - p) / 2.

        Only samples of class 1 without a flipped pair are taken for the other class. With the
        published numbers the accuracy is 0.9928.
        """
        return 1 - float(np.prod(1 - self.flip_probability[self.pairs[:, 0]])) / 2


def correlated_pairs(rng, n_samples=100_000, n_features=10, flip_probability=(0.7, 0.8, 0.4, 0.6),
                     sigma=0.5, dtype=float):
    """Draw CorrelatedPairs: pair n, of flip_probability[n], is features 2n and 2n + 1.

    The features after the pairs are unpaired. The order is the published one, not a random one.
    Drawn in float64, then rounded to dtype: a seed means the same set in every dtype.
    Raises TypeError or ValueError on arguments that do not fit.
    Source: L. Chicchi et al. 2024, arXiv 2406.01183, and the authors' public notebooks, whose
    numbers are the defaults.
    """
    owner = "correlated_pairs"
    refuse.generator(owner, rng)
    refuse.integer(owner, "n_samples", n_samples, 1)
    refuse.integer(owner, "n_features", n_features, 2)
    refuse.positive(owner, "sigma", sigma)
    dtype = refuse.floating(owner, dtype)
    p = _probabilities(owner, flip_probability, n_features)

    labels = rng.integers(0, 2, n_samples)
    x = sigma * rng.standard_normal((n_samples, n_features))
    pairs = np.arange(2 * len(p)).reshape(-1, 2)
    a, b = pairs.T
    flipped = (rng.random((n_samples, len(p))) < p) & (labels == 1)[:, None]
    x[:, b] = np.where(flipped, -x[:, a], x[:, a])
    of_feature = np.zeros(n_features)
    of_feature[pairs] = p[:, None]
    return CorrelatedPairs(x.astype(dtype), labels, pairs, of_feature)


def _probabilities(owner, flip_probability, n_features):
    if not isinstance(flip_probability, (tuple, list, np.ndarray)) or len(flip_probability) == 0:
        raise TypeError(f"{owner}: flip_probability is {flip_probability!r}, "
                        f"expected a sequence of one or more numbers")
    if 2 * len(flip_probability) > n_features:
        raise ValueError(f"{owner}: flip_probability has {len(flip_probability)} pairs, expected "
                         f"at most n_features // 2 = {n_features // 2}")
    for p in flip_probability:
        refuse.number(owner, "flip_probability", p, "numbers above 0, up to 1",
                      lambda value: 0 < value <= 1)
    return np.array(flip_probability, dtype=float)


def labeled(rng, n_samples, n_features, function, dtype=float):
    """x (n_samples, n_features), independent standard normal numbers, and target = function(x).

    The function may be a network, a teacher of others. It has to give one finite row for each row
    of x.
    Drawn in float64, then rounded to dtype: a seed means the same x in every dtype.
    Raises TypeError or ValueError on arguments that do not fit.
    """
    owner = "labeled"
    refuse.generator(owner, rng)
    refuse.integer(owner, "n_samples", n_samples, 1)
    refuse.integer(owner, "n_features", n_features, 1)
    dtype = refuse.floating(owner, dtype)
    x = rng.standard_normal((n_samples, n_features)).astype(dtype)
    target = function(x)
    if np.shape(target)[:1] != (n_samples,):
        raise ValueError(f"{owner}: function(x) is {target!r:.60}, expected an array of "
                         f"{n_samples} rows, as x has")
    refuse.plain(owner, "function(x)", target, "biufcOSUTmM", "a numpy array")
    refuse.finite(owner, "function(x)", target)
    refuse.present(owner, "function(x)", target)
    return x, target
