"""Estimators without scikit-learn: labels, shapes, seeds, definitions, pruning, bad input."""
import pickle
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import assert_near, each, locked, same_bits
from matplotlib.figure import Figure
from scipy.sparse import csr_array

from npspectral import Adam, data, estimators, fit, mean_squared_error, softmax_cross_entropy
from npspectral._estimator_stopping import held_out
from npspectral.analysis.spectral import pruning
from npspectral.estimators import SpectralClassifier, SpectralRegressor
from npspectral.nn import L2
from npspectral.table_relevance import relevance_of

QUICK = dict(hidden_layer_sizes=(12, 7), epochs=15, random_state=0)
estimator = each([SpectralClassifier, SpectralRegressor])


class Subclass(np.ndarray):
    """As np.matrix is one."""


class Frame:
    """As much of a data frame as is asked for."""

    def __init__(self, array, columns):
        self.array, self.columns = array, columns

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype)


@pytest.fixture
def blobs(rng):
    """Three clouds in four dimensions, 90 points: x, numbers of the clouds."""
    cloud = rng.integers(3, size=90)
    return locked(rng.standard_normal((90, 4)) + 4 * np.eye(3, 4)[cloud]), locked(cloud)


@pytest.fixture
def numbers(rng):
    x = rng.standard_normal((80, 3)) * (1, 10, 0.1) + (5, 0, -2)
    return locked(x), locked(np.tanh(x[:, 0] - 5) + x[:, 1] / 10)


@pytest.fixture
def deep(blobs):
    return SpectralClassifier(**QUICK).fit(*blobs)


# Without scikit-learn

ALONE = """
import pickle, sys
if {blocked}:
    sys.modules["sklearn"] = None
import numpy as np
from npspectral.estimators import SpectralClassifier, SpectralRegressor
x = np.random.default_rng(0).standard_normal((40, 3))
for estimator, y in ((SpectralClassifier(epochs=3), x[:, 0] > 0), (SpectralRegressor(epochs=3), x)):
    fitted = pickle.loads(pickle.dumps(estimator.fit(x, y)))
    assert fitted.predict(x).shape == y.shape
    fitted.score(x, y), fitted.prune(20).feature_importances_, repr(fitted)
try:
    SpectralClassifier().predict(x)
except ValueError:
    pass
assert sys.modules.get("sklearn") is None
"""


@pytest.mark.parametrize("blocked", [True, False])
def test_nothing_of_scikit_learn_is_needed_or_loaded(blocked):
    subprocess.run([sys.executable, "-c", ALONE.format(blocked=blocked)], check=True, timeout=60)


# What they compute

@pytest.mark.parametrize("names", [
    ["ash", "beech", "cedar"], [3, -5, 40], [0.0, 2.0, 1.0], np.array(["b", "a", "cc"], object),
    ["x", "y", "y"], [True, False, False]], ids=str)
def test_labels_of_any_kind_come_back(names, blobs):
    x, cloud = blobs
    y = np.asarray(names)[cloud]
    model = SpectralClassifier(random_state=0, epochs=40).fit(x.tolist(), y.tolist())
    assert np.array_equal(model.classes_, np.unique(y))
    assert set(model.predict(x)) <= set(y) and model.predict(x).shape == y.shape
    assert model.score(x, y) == np.mean(model.predict(x) == y) > 0.9


def test_probabilities_are_the_softmax_of_the_network(blobs, deep):
    x, _ = blobs
    y, _ = deep.network_.forward(deep.params_, (x - x.mean(0)) / x.std(0))
    assert_near(deep.predict_proba(x), np.exp(y) / np.exp(y).sum(1, keepdims=True))
    assert np.array_equal(deep.predict(x), deep.predict_proba(x).argmax(1))


def test_probabilities_of_a_sure_network_do_not_overflow(blobs, deep):
    sure = pickle.loads(pickle.dumps(deep))
    sure.params_[4]["bias"][:] = 2000, 1000, -1000
    assert np.array_equal(sure.predict_proba(blobs[0]), np.tile([1.0, 0.0, 0.0], (90, 1)))


def test_a_fit_is_that_of_the_package(blobs, deep):
    x, y = blobs
    rng = np.random.default_rng(0)
    records = list(fit(deep.network_, deep.network_.init(rng), (x - x.mean(0)) / x.std(0), y,
                       loss=softmax_cross_entropy, optimizer=Adam(1e-3), rng=rng, batch_size=64,
                       penalties=[L2(1e-3, "lambda_in"), L2(1e-3, "phi")], epochs=15))
    assert deep.loss_curve_ == [record.loss for record in records]
    assert same_bits(deep.params_, records[-1].params)


def test_a_regressor_minimizes_the_squared_error_of_standardized_targets(numbers):
    x, y = numbers
    model = SpectralRegressor(**QUICK, penalty=0, batch_size=80).fit(x, y)
    start = model.network_.init(np.random.default_rng(0))
    first, _ = model.network_.forward(start, (x - x.mean(0)) / x.std(0))
    want, _ = mean_squared_error(first, ((y - y.mean()) / y.std())[:, None])
    assert_near(model.loss_curve_[0], want)
    y_last, _ = model.network_.forward(model.params_, (x - x.mean(0)) / x.std(0))
    assert_near(model.predict(x), y_last[:, 0] * y.std() + y.mean())


@pytest.mark.parametrize("shape", [(80,), (80, 1), (80, 2)])
def test_targets_come_back_in_their_shape(shape, numbers, rng):
    x, y = numbers
    y = y if shape == (80,) else np.stack([y, 300 - 100 * y], 1)[:, :shape[1]]
    model = SpectralRegressor(random_state=0).fit(x, y)
    assert model.predict(x[:5]).shape == (5, *shape[1:])
    p = model.predict(x)
    columns = [(y, p)] if y.ndim == 1 else list(zip(y.T, p.T))
    want = np.mean([1 - ((a - b) ** 2).sum() / ((a - a.mean()) ** 2).sum() for a, b in columns])
    assert_near(model.score(x, y), want)
    assert want > 0.9


def test_constant_targets_are_scored_as_in_scikit_learn(numbers):
    x, _ = numbers
    model = SpectralRegressor(epochs=1, random_state=0).fit(x, np.full(80, 3.0))
    assert model.score(x, np.full(80, 2.0)) == 0
    model.target_scale_ = np.zeros(1)
    assert model.score(x, np.full(80, 3.0)) == 1


def test_without_standardizing_units_are_those_of_the_data(numbers):
    x, y = numbers
    plain = SpectralRegressor(**QUICK).fit(x, y).predict(x)
    fixed = SpectralRegressor(**QUICK, standardize=False).fit(x, y)
    assert (fixed.mean_ == 0).all() and (fixed.scale_ == 1).all() and fixed.target_scale_ == 1
    assert not np.array_equal(fixed.predict(x), plain)


@pytest.mark.parametrize("unit", [2.0 ** 530, 2.0 ** -560, 2.0 ** 1020])
def test_a_unit_that_squares_out_of_range_changes_nothing(estimator, unit, numbers):
    x, y = numbers
    x = x / 8                                               # within 16, and so is 16 unit
    y = (y > 0).astype(float) if estimator is SpectralClassifier else y
    plain = estimator(**QUICK).fit(x, y)
    units = np.array([unit, 1, 1])
    scaled = estimator(**QUICK).fit(x * units, y)
    assert np.array_equal(scaled.predict(x * units), plain.predict(x))
    assert scaled.score(x * units, y) == plain.score(x, y)


@pytest.mark.parametrize("unit", [4.0, 2.0 ** 530, 2.0 ** -560])
def test_targets_of_any_unit_come_back_and_are_scored(unit, numbers):
    x, y = numbers
    plain, scaled = (SpectralRegressor(**QUICK).fit(x, y * c) for c in (1, unit))
    assert np.array_equal(scaled.predict(x), plain.predict(x) * unit)
    assert scaled.score(x, y * unit) == plain.score(x, y)


def test_numbers_that_the_network_cannot_follow_have_no_class(deep, blobs):
    x = blobs[0].copy()
    x[3, 1] = 1e308
    with pytest.raises(ValueError, match="X is so far from what it was fitted to"):
        SpectralClassifier(**QUICK).fit(blobs[0] / 1024, blobs[1]).predict(x)


def test_weights_in_the_score_count_samples_as_often(estimator, numbers, rng):
    x, y = numbers
    y = (y > 0) if estimator is SpectralClassifier else y
    model = estimator(**QUICK).fit(x, y)
    times = rng.integers(4, size=len(x))
    assert_near(model.score(x, y, sample_weight=times),
                model.score(np.repeat(x, times, 0), np.repeat(y, times)), 100)
    for weight in (1.0, 1e308, 1e-320):
        assert_near(model.score(x, y, np.full(80, weight)), model.score(x, y), 100)
    for bad, message in ((times[:5], r"shape \(5,\), expected \(80,\)"), (-times, "runs from -3"),
                         (times * 0, "not only zeros"), (times + np.nan, "is nan"),
                         (np.ma.array(times), "is MaskedArray")):
        with pytest.raises((ValueError, TypeError), match=message):
            model.score(x, y, bad)


def test_a_constant_feature_is_only_centered(numbers):
    x = numbers[0].copy()
    x[:, 1] = 0.1                           # its computed deviation is a rounding error, not 0
    model = SpectralRegressor(**QUICK).fit(x, numbers[1])
    assert model.scale_[1] == 1


def test_training_ends_when_the_loss_stalls(blobs):
    model = SpectralClassifier(**QUICK, tol=1e9, patience=3).fit(*blobs)
    assert len(model.loss_curve_) == 4                              # the first counts as a fall
    never = SpectralClassifier(**QUICK, tol=-1e9, patience=1).fit(*blobs)
    assert len(never.loss_curve_) == 15
    assert same_bits(model.params_, SpectralClassifier(**{**QUICK, "epochs": 4}).fit(
        *blobs).params_)


# Seeds

def test_early_stopping_keeps_the_best_epoch_on_samples_that_were_held_out(estimator, rng):
    x = rng.standard_normal((200, 3))
    y = x[:, 0] + rng.standard_normal(200)
    y = (y > 0) + (y > 1) if estimator is SpectralClassifier else y
    options = dict(QUICK, epochs=60, tol=0.0, learning_rate=0.01, early_stopping=True)
    model = estimator(**options, validation_fraction=0.25).fit(x, y)
    scores = model.validation_scores_
    best = int(np.argmax(scores))
    assert len(scores) == len(model.loss_curve_) == best + 11 < 60      # patience is 10
    held = held_out("", y if estimator is SpectralClassifier else np.zeros(200), 0.25,
                    np.random.default_rng(0))
    assert_near(model.mean_, x[~held].mean(0), 64)
    assert_near(np.float64(model.score(x[held], y[held])), np.float64(scores[best]), 2**10)
    options |= dict(epochs=best + 1, validation_fraction=0.25)
    assert same_bits(model.params_, estimator(**options).fit(x, y).params_)
    assert not hasattr(model.set_params(early_stopping=False).fit(x, y), "validation_scores_")


def test_every_class_is_held_out_alike_and_none_is_lost():
    groups = np.repeat([0, 1, 2, 3], [40, 20, 3, 1])
    held = held_out("", groups, 0.25, np.random.default_rng(0))
    assert np.bincount(groups[held], minlength=4).tolist() == [10, 5, 1, 0]
    most = held_out("", groups, 0.99, np.random.default_rng(0))
    assert np.bincount(groups[~most]).tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("share, message", [
    (0.0, "validation_fraction is 0.0, expected a number between 0 and 1"),
    (1, "validation_fraction is 1, expected"), ("a", "validation_fraction is 'a', expected"),
    (0.001, "validation_fraction is 0.001, which holds out none of 90 samples")])
def test_a_share_that_holds_out_nothing_is_refused(share, message, blobs):
    with pytest.raises(ValueError, match=f"SpectralClassifier: {message}"):
        SpectralClassifier(early_stopping=True, validation_fraction=share, **QUICK).fit(*blobs)


def test_a_verbose_fit_says_how_far_it_is(blobs, deep, capsys):
    told = SpectralClassifier(verbose=True, early_stopping=True, **QUICK).fit(*blobs)
    assert capsys.readouterr().err.startswith("epoch 1/15  loss ")
    assert len(told.validation_scores_) <= 15
    assert same_bits(SpectralClassifier(verbose=True, **QUICK).fit(*blobs).params_, deep.params_)


@pytest.mark.parametrize("seed", [7, np.int64(7), "RandomState", "Generator", None])
def test_one_seed_gives_the_same_bits_and_another_does_not(estimator, seed, blobs):
    def fitted(number):
        np.random.seed(number)                                      # what None stands for
        makers = {"RandomState": np.random.RandomState, "Generator": np.random.default_rng}
        state = makers[seed](number) if seed in makers else seed and seed + number
        return estimator(hidden_layer_sizes=5, epochs=2, random_state=state).fit(*blobs).params_
    kept = np.random.get_state()
    try:
        assert same_bits(fitted(1), fitted(1))
        assert not same_bits(fitted(1), fitted(2))
    finally:
        np.random.set_state(kept)


@pytest.mark.parametrize("maker", [np.random.RandomState, np.random.default_rng])
def test_an_integer_fits_alike_twice_and_a_state_goes_on(maker, blobs):
    model = SpectralClassifier(hidden_layer_sizes=5, epochs=2, random_state=3)
    assert same_bits(model.fit(*blobs).params_, model.fit(*blobs).params_)
    model.set_params(random_state=maker(3))
    assert not same_bits(model.fit(*blobs).params_, model.fit(*blobs).params_)


# Importances and pruning

def test_importances_are_their_definition(deep):
    own = deep.params_[0]
    want = [abs(own["lambda_in"][j]) * np.sqrt(sum(own["phi"][i, j] ** 2 for i in range(12)))
            for j in range(4)]
    assert_near(deep.feature_importances_, np.array(want) / sum(want))


def test_features_that_matter_are_important(rng):
    x = rng.standard_normal((600, 8))
    model = SpectralClassifier(random_state=0).fit(x, x[:, 2] * x[:, 5] > 0)
    others = np.delete(model.feature_importances_, [2, 5])
    assert model.feature_importances_[[2, 5]].min() > 3 * others.max()


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_pruning_is_that_of_the_analysis(scope, blobs, deep):
    x, _ = blobs
    scores = [np.abs(own["lambda_in"]) * np.sqrt((own["phi"] ** 2).sum(0))
              for own in (deep.params_[2], deep.params_[4])]
    masks = pruning.percentile_masks(scores, 40, scope)
    network, params = pruning.remove_nodes(deep.network_, deep.params_, masks)
    small = deep.prune(40, scope)
    assert small.network_ == network and same_bits(small.params_, params)
    assert small.hidden_layer_sizes == tuple(keep.sum() for keep in masks) != (12, 7)
    masked = pruning.mask_nodes(deep.network_, deep.params_, masks)
    y, _ = deep.network_.forward(masked, (x - x.mean(0)) / x.std(0))
    assert np.array_equal(small.predict(x), y.argmax(1))


def test_pruning_leaves_the_estimator_as_it_was(blobs, deep):
    before = pickle.loads(pickle.dumps(deep))
    small = deep.prune(50)
    assert same_bits(deep.params_, before.params_) and deep.get_params() == before.get_params()
    assert deep.network_ == before.network_ and len(small.prune(50).params_) == 5
    assert same_bits(deep.prune(0).params_, deep.params_)
    assert [layer.n_out for layer in small.fit(*blobs).network_.layers[:3:2]] == list(
        small.hidden_layer_sizes)


def test_most_nodes_of_the_digits_can_go(rng):
    (x, y), (x_test, y_test) = data.train_test_split(rng, *data.digits())
    model = SpectralClassifier(epochs=60, random_state=0).fit(x, y)
    assert model.score(x_test, y_test) > 0.95
    assert model.prune(50).score(x_test, y_test) > 0.95


# As an object

def test_parameters_are_read_and_set_by_name(estimator):
    model = estimator((3, 2), tol=0.5)
    assert model.get_params()["hidden_layer_sizes"] == (3, 2)
    assert model.set_params(epochs=9, tol=1e-4) is model
    assert repr(model) == f"{estimator.__name__}(hidden_layer_sizes=(3, 2), epochs=9)"
    assert repr(estimator()) == f"{estimator.__name__}()"
    with pytest.raises(ValueError, match="no parameter 'max_iter', expected one of .'activation'"):
        model.set_params(max_iter=3)


def test_names_of_columns_are_kept_and_compared(blobs):
    x, y = blobs
    model = SpectralClassifier(**QUICK).fit(Frame(x, list("abcd")), y)
    assert model.feature_names_in_.dtype == object
    assert model.feature_names_in_.tolist() == list("abcd") and model.n_features_in_ == 4
    want = SpectralClassifier(**QUICK).fit(x, y)
    assert np.array_equal(model.predict(Frame(x, list("abcd"))), want.predict(x))
    with pytest.warns(UserWarning, match="X does not have valid feature names, but SpectralCl"):
        model.predict(x)
    with pytest.warns(UserWarning, match="X has feature names, but SpectralClassifier was fitted"):
        want.predict(Frame(x, list("abcd")))
    with pytest.raises(ValueError, match="feature names should match .*'a', 'c'.*'a', 'b'"):
        model.predict(Frame(x, list("acbd")))
    assert not hasattr(model.fit(Frame(x, [0, 1, 2, 3]), y), "feature_names_in_")


def test_a_fit_that_fails_leaves_the_last_one(blobs, deep):
    before, x = deep.predict(blobs[0]), blobs[0][:, :2]
    with pytest.raises(ValueError, match="learning_rate is -1"):
        deep.set_params(learning_rate=-1).fit(x, blobs[1])
    assert np.array_equal(deep.predict(blobs[0]), before)


# Bad input

X, LABELS = np.arange(12.0).reshape(6, 2), np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize("x, y, message", [
    (X[0], LABELS, r"X has shape \(2,\), expected \(n, n_features\). Reshape your data"),
    (X[:0], LABELS[:0], r"X has 0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1"),
    (X[:, :0], LABELS, r"X has 0 feature\(s\) \(shape=\(6, 0\)\) while a minimum of 1"),
    (np.where(X == 4, -np.inf, X), LABELS, r"X\[2, 0\] is -inf, expected finite"),
    (X + 0j, LABELS, "Complex data not supported: X has dtype complex128"),
    (X, None, "requires y to be passed, but the target y is None"),
    (X, LABELS[:5], r"y has shape \(5,\), expected \(6,\)"),
    (X, np.zeros((6, 2, 2)), r"y has shape \(6, 2, 2\), expected \(6,\)"),
    (X, np.where(LABELS == 1, np.nan, 0.0), r"y\[1\] is nan, expected (a label|finite)"),
])
def test_data_that_do_not_fit_are_refused(estimator, x, y, message):
    with pytest.raises(ValueError, match=message):
        estimator().fit(x, y)


@pytest.mark.parametrize("y, message", [
    (LABELS / 2, "Unknown label type: continuous"),
    (np.array([0, "a", 1j] * 2, object), "Unknown label type: y has classes that cannot be"),
    (LABELS * 1j, "Complex data not supported: y has dtype complex128, expected real numbers"),
    (LABELS * 0, "y has 1 class, 0, expected 2 or more"),
    (np.stack([LABELS, LABELS], 1), r"y has shape \(6, 2\), expected \(6,\)"),
])
def test_labels_that_do_not_fit_are_refused(y, message):
    with pytest.raises(ValueError, match=f"SpectralClassifier: {message}"):
        SpectralClassifier().fit(X, y)


def test_a_column_of_labels_is_taken_with_a_warning():
    with pytest.warns(UserWarning, match="A column-vector y was passed") as caught:
        model = SpectralClassifier(epochs=1).fit(X, LABELS[:, None])
    assert caught[0].filename == __file__
    assert model.predict(X).shape == (6,)


def with_first(value, array=LABELS, dtype=object):
    damaged = array.astype(dtype)
    damaged[(2,) + (0,) * (array.ndim - 1)] = value
    return damaged


@pytest.mark.parametrize("y", [
    with_first(np.nan), with_first(None), with_first(np.datetime64("NaT", "D")),
    with_first(np.nan, np.array(["a", "b"] * 3)), with_first("NaT", LABELS, "M8[D]"),
    np.ma.masked_equal(LABELS, 1)])
def test_a_missing_label_is_no_class(y, blobs):
    with pytest.raises((ValueError, TypeError), match=r"Classifier: y(.2.)? is .*, exp"):
        SpectralClassifier().fit(X, y)
    model = SpectralClassifier(epochs=1).fit(X, LABELS)
    with pytest.raises((ValueError, TypeError), match=r"Classifier: y(.2.)? is .*, exp"):
        model.score(X, y)


@pytest.mark.parametrize("y, came", [
    (LABELS.astype(str), "y holds text, expected numbers as in fit"),
    (np.array(list("abcabc"), object), "y holds text, expected numbers as in fit"),
    (LABELS.astype("M8[D]"), "y holds datetime64 objects, expected numbers"),
    (LABELS / 2, "Unknown label type: continuous")])
def test_the_score_compares_like_with_like(y, came):
    model = SpectralClassifier(epochs=1).fit(X, LABELS)
    with pytest.raises(ValueError, match=came):
        model.score(X, y)
    for same in (LABELS.astype(object), LABELS.astype(float), LABELS > 0, LABELS + 7):
        assert 0 <= model.score(X, same) <= 1


@pytest.mark.parametrize("x, error, message", [
    (np.ma.array(X), TypeError, "X is MaskedArray, expected an array without a mask"),
    (csr_array(X), TypeError, "X is sparse .csr_array."),
    ([np.ma.masked_equal(row, 3) for row in X], TypeError, "X has masked rows"),
    (X.view(Subclass), TypeError, "X is Subclass, expected an array without a mask"),
    (np.zeros(6, [("a", float), ("b", float)]), TypeError,
     r"X has the fields \('a', 'b'\), expected .*: numpy.column_stack\(\[X\[field\] for field in"),
    (X.astype("M8[D]"), TypeError, r"X has dtype datetime64\[D\], expected numbers"),
    (with_first(None, X), ValueError, r"X\[2, 0\] is None, expected finite numbers"),
    (None, ValueError, "X is None, expected finite numbers"),
    ({"a": 1.0}, TypeError, "X is {'a': 1.0}, expected a number"),
    ([[1.0, 2.0], [3.0]], ValueError, "X is no table of numbers: .* inhomogeneous"),
    (with_first(np.datetime64("NaT", "D"), X), ValueError, r"X\[2, 0\] is NaT, expected finite"),
    (Frame(with_first("Rome", X), ["city", "size"]), ValueError,
     r"X\[2, 'city'\] is 'Rome', expected a number: could not convert string to float: 'Rome'; "
     r"text takes a column of 0 and 1 for each of its values, see help\(npspectral.estimators\)"),
    (Frame(with_first(np.nan, X, float), ["city", "size"]), ValueError, r"X\[2, 'city'\] is nan"),
    (np.where(X > X.min(), X, np.nan), ValueError,
     r"X\[.*\] is nan, expected .* infinity; leave such rows out, or fill them in"),
])
def test_what_is_missing_or_no_number_is_named_by_row_and_column(x, error, message):
    with pytest.raises(error, match=f"SpectralRegressor: {message}"):
        SpectralRegressor().fit(x, LABELS)


TABLE = """age,city,bought
23,Rome,no
45,Milan,yes
,Turin,yes
51,Milan,yes
38,,yes
29,Turin,no
"""


def test_the_recipe_of_the_docstring_takes_a_file_with_text_and_gaps_to_a_ranked_list(
        tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    recipe = estimators.__doc__.partition("text, dates and gaps:\n\n")[2]
    figure = Figure()
    exec(textwrap.dedent(recipe), {"read_table": data.read_table, "relevance_of": relevance_of,
                                   "pyplot": SimpleNamespace(figure=lambda: figure)})
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.startswith("feature  relevance   share") and len(figure.axes) == 3
    assert sorted(row.split()[0] for row in rows[:2]) == ["age", "city"]
    assert sum(float(row.split()[1]) for row in rows[:2]) == pytest.approx(1, abs=1e-3)


def test_an_array_mapped_from_a_file_is_taken(estimator, blobs, tmp_path):
    mapped = []
    for number, array in enumerate(blobs):
        np.save(tmp_path / f"{number}.npy", array)
        mapped.append(np.load(tmp_path / f"{number}.npy", mmap_mode="r"))
    ours, want = (estimator(**QUICK).fit(x, y) for x, y in (mapped, blobs))
    assert same_bits(ours.params_, want.params_) and ours.score(*mapped) == want.score(*blobs)


@pytest.mark.parametrize("params, message", [
    (dict(activation="swish"), "SpectralRegressor: activation is 'swish', expected one of"),
    (dict(hidden_layer_sizes=iter([3])), "hidden_layer_sizes is <list_iterator .*expected a tuple"),
    (dict(hidden_layer_sizes=2.5), "Spectral: n_out is 2.5, expected a positive integer"),
    (dict(learning_rate=0), "Adam: learning_rate is 0, expected > 0"),
    (dict(penalty=-1), "L2: strength is -1, expected a number >= 0"),
    (dict(epochs=0), "fit: epochs is 0, expected a positive integer"),
    (dict(patience=0), "SpectralRegressor: patience is 0, expected a positive integer"),
    (dict(tol="a"), "SpectralRegressor: tol is 'a', expected a finite number"),
    (dict(random_state="a"), "SpectralRegressor: random_state is 'a', expected None, an integer"),
    (dict(random_state=-1), "SpectralRegressor: random_state is -1, expected None, an integer"),
])
def test_parameters_that_do_not_fit_are_refused_in_fit(params, message):
    with pytest.raises(ValueError, match=message):
        SpectralRegressor(**params).fit(X, LABELS)


def test_only_a_fitted_one_can_be_asked(estimator):
    for ask in (lambda model: model.predict(X), lambda model: model.score(X, LABELS),
                lambda model: model.prune(50), lambda model: model.feature_importances_):
        with pytest.raises(ValueError, match=f"{estimator.__name__}: it is not fitted") as caught:
            ask(estimator())
        assert isinstance(caught.value, AttributeError)
    assert not hasattr(estimator(), "feature_importances_")


def test_what_a_fitted_one_is_asked_has_to_fit(blobs, deep):
    x, y = blobs
    with pytest.raises(ValueError, match="X has 3 features, but SpectralClassifier is expecting 4"):
        deep.predict(x[:, :3])
    with pytest.raises(ValueError, match=r"y has shape \(1,\), expected \(90,\)"):
        deep.score(x, y[:1])
    one = SpectralRegressor(**QUICK).fit(x, x[:, 0])
    assert one.score(x, x[:, :1]) == one.score(x, x[:, 0])
    with pytest.raises(ValueError, match=r"Regressor: y has shape \(90, 2\), expected \(90,\)"):
        one.score(x, x[:, :2])
    with pytest.raises(pruning.EmptiedLayer, match="would lose all"):
        deep.prune(100)
    with pytest.raises(ValueError, match="percentile is 101, expected 0 to 100"):
        deep.prune(101)
    with pytest.raises(ValueError, match="SpectralClassifier: there is no hidden layer to prune"):
        SpectralClassifier(hidden_layer_sizes=(), epochs=1).fit(x, y).prune(10)
