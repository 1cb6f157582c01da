"""Handmade data sets against their definitions: densities, frequencies, integrals, enumeration."""
import itertools
from functools import partial

import numpy as np
import pytest
from conftest import refusals
from scipy import integrate, stats

from npspectral.data import correlated_pairs, gaussian_features, labeled, train_test_split

SIGMAS_OF_LUCK = 5              # a frequency further off happens once in 1.7 million draws
EPS = np.finfo(float).eps


def new_rng(seed=0):
    return np.random.default_rng(seed)


def assert_frequency(hits, n, probability):
    """hits of n is what independent events of this probability give."""
    bound = SIGMAS_OF_LUCK * np.sqrt(n * probability * (1 - probability))
    assert abs(hits - n * probability) <= bound


# --- Gaussian features


def test_the_defaults_are_the_published_numbers():
    published = gaussian_features(new_rng())
    assert published.x.shape == (60_000, 20) and published.labels.shape == (60_000,)
    assert published.relevant.sum() == 11
    assert set(published.means[0]) == {-0.5, 0.0} and set(published.sigmas.ravel()) == {0.5}
    assert 0 < published.gap[published.relevant].min() < published.gap.max() < 1.4


def test_relevant_features_have_uniform_gaps_and_irrelevant_ones_none():
    made = gaussian_features(new_rng(), n_samples=1, n_features=5000, n_relevant=4000)
    gap = made.gap[made.relevant]
    assert stats.kstest(gap, stats.uniform(0, 1.4).cdf).pvalue > 1e-3
    assert (made.means[0, made.relevant] == -0.5).all()
    assert (made.means[:, ~made.relevant] == 0).all()
    assert (made.hellinger[~made.relevant] == 0).all() and (made.hellinger[made.relevant] > 0).all()


def test_relevant_features_are_chosen_at_random():
    n = 2000
    rng = new_rng()
    counts = sum(gaussian_features(rng, n_samples=1).relevant.astype(int) for _ in range(n))
    for count in counts:
        assert_frequency(count, n, 11 / 20)


@pytest.mark.parametrize("sigmas", [0.5, (0.4, 0.9)])
def test_each_feature_is_normal_given_the_class_and_independent_of_the_others(sigmas):
    made = gaussian_features(new_rng(), n_samples=20_000, sigmas=sigmas)
    assert_frequency(made.labels.sum(), 20_000, 0.5)
    z = (made.x - made.means[made.labels]) / made.sigmas[made.labels]
    for label in (0, 1):
        for feature in z[made.labels == label].T:
            assert stats.kstest(feature, "norm").pvalue > 1e-4
    off_diagonal = np.corrcoef(z.T) - np.eye(20)
    assert np.abs(off_diagonal).max() < SIGMAS_OF_LUCK / np.sqrt(20_000)


def test_two_sigmas_belong_to_the_classes_of_relevant_features_only():
    made = gaussian_features(new_rng(), n_samples=10, sigmas=(0.4, 0.9))
    assert (made.sigmas[0] == 0.4).all()
    assert (made.sigmas[1] == np.where(made.relevant, 0.9, 0.4)).all()


@pytest.mark.parametrize("sigmas", [0.5, (0.4, 0.9), (2.0, 0.1)])
def test_hellinger_is_the_integral_of_its_definition(sigmas):
    made = gaussian_features(new_rng(), n_samples=1, n_features=6, n_relevant=4, sigmas=sigmas)
    for j, distance in enumerate(made.hellinger):
        p, q = (stats.norm(made.means[c, j], made.sigmas[c, j]) for c in (0, 1))
        overlap, error = integrate.quad(lambda t: np.sqrt(p.pdf(t) * q.pdf(t)), -25, 25,
                                        epsabs=1e-13, points=(-0.5, 0, 0.5, 1), limit=200)
        assert abs(distance**2 - (1 - overlap)) <= error + 10 * EPS


@pytest.mark.parametrize("sigmas", [0.5, (0.4, 0.9)])
def test_log_odds_are_the_difference_of_log_densities(sigmas):
    made = gaussian_features(new_rng(), n_samples=500, sigmas=sigmas)
    terms = [stats.norm(made.means[c], made.sigmas[c]).logpdf(made.x) for c in (0, 1)]
    expected = terms[1].sum(1) - terms[0].sum(1)
    size = np.abs(terms).sum((0, 2))
    assert (np.abs(made.log_odds(made.x) - expected) <= (20 + 8) * EPS * size).all()
    assert (made.predict(made.x) == (expected > 0)).all()


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_bayes_accuracy_is_what_the_bayes_rule_reaches(seed):
    made = gaussian_features(new_rng(seed), n_samples=100_000, max_gap=0.7)
    right = (made.predict(made.x) == made.labels).sum()
    assert_frequency(right, 100_000, made.bayes_accuracy())


def test_gaussian_bayes_accuracy_of_one_feature_is_the_integral_of_the_larger_density():
    made = gaussian_features(new_rng(), n_samples=1, n_features=1, n_relevant=1)
    p, q = (stats.norm(made.means[c, 0], 0.5) for c in (0, 1))
    middle = made.means.mean()
    parts = [integrate.quad(p.pdf, -9, middle, epsabs=1e-13),
             integrate.quad(q.pdf, middle, 9, epsabs=1e-13)]
    expected, error = np.sum(parts, axis=0) / 2
    assert abs(made.bayes_accuracy() - expected) <= error + 10 * EPS


def test_gaussian_bayes_accuracy_has_no_closed_form_when_sigmas_differ():
    made = gaussian_features(new_rng(), n_samples=1, sigmas=(0.5, 0.6))
    with pytest.raises(ValueError, match="bayes_accuracy: sigmas differ between the classes"):
        made.bayes_accuracy()


def test_without_relevant_features_nothing_can_be_learned():
    made = gaussian_features(new_rng(), n_samples=10, n_relevant=0)
    assert made.bayes_accuracy() == 0.5 and (made.log_odds(made.x) == 0).all()


# --- correlated pairs


def test_the_defaults_are_the_published_pairs():
    made = correlated_pairs(new_rng())
    assert made.x.shape == (100_000, 10)
    assert made.pairs.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert made.flip_probability.tolist() == [0.7, 0.7, 0.8, 0.8, 0.4, 0.4, 0.6, 0.6, 0, 0]
    assert made.relevant.tolist() == [True] * 8 + [False] * 2
    assert abs(made.bayes_accuracy() - 0.9928) <= EPS


def test_pairs_are_equal_in_class_0_and_flipped_with_their_probability_in_class_1():
    made = correlated_pairs(new_rng())
    class_1 = made.labels == 1
    assert_frequency(class_1.sum(), 100_000, 0.5)
    for (a, b), p in zip(made.pairs, (0.7, 0.8, 0.4, 0.6)):
        assert (made.x[~class_1, b] == made.x[~class_1, a]).all()
        flipped = made.x[class_1, b] == -made.x[class_1, a]
        assert (flipped | (made.x[class_1, b] == made.x[class_1, a])).all()
        assert_frequency(flipped.sum(), class_1.sum(), p)


def test_flips_of_different_pairs_are_independent():
    made = correlated_pairs(new_rng())
    x = made.x[made.labels == 1]
    flipped = x[:, made.pairs[:, 0]] != x[:, made.pairs[:, 1]]
    off_diagonal = np.corrcoef(flipped.T) - np.eye(4)
    assert np.abs(off_diagonal).max() < SIGMAS_OF_LUCK / np.sqrt(len(x))


def test_marginals_are_the_same_normal_in_both_classes():
    made = correlated_pairs(new_rng())
    for feature in made.x.T:
        class_0, class_1 = feature[made.labels == 0], feature[made.labels == 1]
        assert stats.ks_2samp(class_0, class_1).pvalue > 1e-3
        assert stats.kstest(feature, stats.norm(0, 0.5).cdf).pvalue > 1e-3


def test_different_pairs_and_unpaired_features_are_independent():
    made = correlated_pairs(new_rng())
    for label in (0, 1):
        correlation = np.corrcoef(made.x[made.labels == label].T)
        for a, b in made.pairs:
            correlation[a, b] = correlation[b, a] = 0
        np.fill_diagonal(correlation, 0)
        assert np.abs(correlation).max() < SIGMAS_OF_LUCK / np.sqrt((made.labels == label).sum())


def every_flip_pattern(p):
    """(flips, probability in class 0, probability in class 1) of all 2^n patterns."""
    for flips in itertools.product((False, True), repeat=len(p)):
        in_class_1 = np.prod([q if flip else 1 - q for flip, q in zip(flips, p)])
        yield flips, float(not any(flips)), in_class_1


@pytest.mark.parametrize("p", [(0.7, 0.8, 0.4, 0.6), (0.1,), (0.5, 0.05)])
def test_the_pairs_bayes_rule_and_accuracy_follow_from_counting_all_flip_patterns(p):
    made = correlated_pairs(new_rng(), n_samples=1, flip_probability=p)
    accuracy = 0
    for flips, in_class_0, in_class_1 in every_flip_pattern(p):
        x = np.ones((1, 10))
        x[0, made.pairs[:, 1]] = np.where(flips, -1, 1)
        if in_class_0:
            assert abs(made.log_odds(x)[0] - np.log(in_class_1 / in_class_0)) <= 20 * EPS
        else:
            assert made.log_odds(x)[0] == np.inf
        assert made.predict(x)[0] == (in_class_1 > in_class_0)
        accuracy += max(in_class_0, in_class_1) / 2
    assert abs(made.bayes_accuracy() - accuracy) <= 16 * EPS


def test_a_pair_that_is_always_flipped_leaves_no_doubt():
    made = correlated_pairs(new_rng(), n_samples=1000, flip_probability=(1.0,))
    assert made.bayes_accuracy() == 1 and (made.predict(made.x) == made.labels).all()
    assert set(made.log_odds(made.x)) == {-np.inf, np.inf}


# --- both


@pytest.mark.parametrize("make", [gaussian_features, correlated_pairs])
def test_a_seed_means_the_same_set_in_every_dtype(make):
    made = make(new_rng(3), n_samples=50)
    assert made.x.dtype == np.float64 and made.labels.dtype.kind == "i"
    assert (make(new_rng(3), n_samples=50).x == made.x).all()
    assert not (make(new_rng(4), n_samples=50).x == made.x).any()
    for dtype in (np.float32, np.longdouble, "float16"):
        other = make(new_rng(3), n_samples=50, dtype=dtype)
        assert other.x.dtype == dtype and (other.x == made.x.astype(dtype)).all()
        assert (other.labels == made.labels).all()
        assert (other.predict(other.x.astype(np.float32)) == made.predict(made.x)).mean() > 0.9


# --- any function


def test_labels_are_what_the_function_says_and_inputs_are_standard_normal_in_every_dtype():
    (x, target), (single, narrow) = (labeled(new_rng(), 5000, 4, lambda rows: rows[:, :2] ** 2,
                                             dtype) for dtype in (float, np.float32))
    assert x.shape == (5000, 4) and (target == x[:, :2] ** 2).all()
    assert single.dtype == narrow.dtype == np.float32 and (single == x.astype(np.float32)).all()
    assert all(stats.kstest(column, "norm").pvalue > 1e-4 for column in x.T)
    off_diagonal = np.corrcoef(x.T) - np.eye(4)
    assert np.abs(off_diagonal).max() < SIGMAS_OF_LUCK / np.sqrt(5000)


# --- the split


def test_a_split_is_a_partition_in_random_order_with_rows_kept_together():
    x = np.arange(200).reshape(100, 2)
    target = np.arange(100)
    (x_train, train), (x_test, test) = train_test_split(new_rng(), x, target)
    assert x_train.shape == (80, 2) and x_test.shape == (20, 2)
    assert (x_train == x[train]).all() and (x_test == x[test]).all()
    assert sorted([*train, *test]) == list(range(100))
    assert list(train) != sorted(train)
    x_train[:] = -1
    assert x.min() == 0                                 # copies, not views


def test_every_example_is_tested_equally_often():
    n = 2000
    rng = new_rng()
    tested = np.zeros(10)
    for _ in range(n):
        tested[train_test_split(rng, np.zeros((10, 1)), np.arange(10))[1][1]] += 1
    for count in tested:
        assert_frequency(count, n, 0.2)


# --- bad arguments

RNG = new_rng()
features, pairs = partial(gaussian_features, RNG), partial(correlated_pairs, RNG)
split, made_by = partial(train_test_split, RNG), partial(labeled, RNG, 3, 1)
GAUSSIAN, PAIRS = features(n_samples=4), pairs(n_samples=4)
FIVE = np.ones((5, 1))

test_bad_values_are_refused = refusals(
    ValueError,
    (lambda: labeled(RNG, 3, 0, np.sin), "n_features is 0, expected"),
    (lambda: labeled(RNG, 0, 1, np.sin), "n_samples is 0, expected"),
    (lambda: made_by(np.sum), "expected an array of 3 rows, as x has"),
    (lambda: made_by(lambda x: x[:2]), "expected an array of 3 rows, as x has"),
    (lambda: made_by(lambda x: x * np.inf), r"labeled: function\(x\)\[0, 0\] is"),
    (lambda: features(n_relevant=25),
     "gaussian_features: n_relevant is 25, expected an integer, 0 to n_features = 20"),
    (lambda: features(n_relevant=-1), "n_relevant is -1, expected an integer, 0 to"),
    (lambda: features(n_samples=0), "n_samples is 0, expected an integer, 1 or more"),
    (lambda: features(n_features=0), "n_features is 0, expected an integer, 1 or more"),
    (lambda: features(max_gap=-0.1), "max_gap is -0.1, expected a number, 0 or more"),
    (lambda: features(max_gap=np.inf), "max_gap is inf, expected a number, 0 or more"),
    (lambda: features(relevant_mean=np.nan), "relevant_mean is nan, expected a number"),
    (lambda: features(sigmas=0), "sigmas is 0, expected a positive number"),
    (lambda: features(sigmas=(0.5, -1.0)), "sigmas is -1.0, expected a positive number"),
    (lambda: features(sigmas=(1.0, 1.0, 1.0)), "sigmas has 3 numbers, expected one or two"),
    (lambda: pairs(n_features=7), "has 4 pairs, expected at most n_features // 2 = 3"),
    (lambda: pairs(n_features=1), "n_features is 1, expected an integer, 2 or more"),
    (lambda: pairs(n_samples=1.5), "n_samples is 1.5, expected an integer"),
    (lambda: pairs(flip_probability=(0.5, 1.1)), "is 1.1, expected numbers above 0, up to 1"),
    (lambda: pairs(flip_probability=(0.0,)), "flip_probability is 0.0, expected numbers"),
    (lambda: pairs(flip_probability=(np.nan,)), "flip_probability is nan, expected"),
    (lambda: pairs(sigma=-1), "correlated_pairs: sigma is -1, expected a positive number"),
    (lambda: split(FIVE, FIVE[:4]), "train_test_split: target has 4 rows, expected 5 as x"),
    (lambda: split(FIVE, FIVE, 1.0), "test_fraction is 1.0, expected a number between 0 and 1"),
    (lambda: split(FIVE, FIVE, 0.01), "0.01, which puts 0 of 5 examples into the test part"),
    (lambda: GAUSSIAN.predict(np.ones((4, 19))), r"x has shape \(4, 19\), expected \(n, 20\)"),
    (lambda: GAUSSIAN.predict(np.ones(20)), r"GaussianFeatures.log_odds: x has shape \(20,\)"),
    (lambda: PAIRS.predict(np.ones((4, 11))), r"CorrelatedPairs.log_odds: x has shape \(4, 11\)"),
    (lambda: PAIRS.predict(np.full((1, 10), -np.inf)), r"x\[0, 0\] is -inf, expected finite"))

test_bad_types_are_refused = refusals(
    TypeError,
    (lambda: features(dtype=int), "dtype is <class 'int'>, expected a floating-point type"),
    (lambda: features(dtype=None), "dtype is None, expected a floating-point type"),
    (lambda: pairs(dtype="nonsense"), "dtype is 'nonsense', expected a floating-point type"),
    (lambda: pairs(flip_probability=0.5), "flip_probability is 0.5, expected a sequence"),
    (lambda: pairs(flip_probability=()), r"flip_probability is \(\), expected a sequence"),
    (lambda: split([[1.0]], np.ones(1)), "x is list, expected a numpy array"),
    (lambda: split(np.ones((2, 1)), np.array(1)), "target is ndarray"),
    (lambda: GAUSSIAN.predict([[1.0] * 20]), "x is list, expected a numpy array of real numbers"),
    (lambda: PAIRS.predict(np.ones((4, 10)) + 0j), "x is complex128, expected a numpy array of"),
    *((call, "rng is 0, expected a numpy.random.Generator") for call in (
        partial(gaussian_features, 0), partial(correlated_pairs, 0),
        partial(labeled, 0, 3, 1, np.sin), partial(train_test_split, 0, FIVE, FIVE))))
