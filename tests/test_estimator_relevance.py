"""What an estimator says of its features; paths, weights of samples; prices of unseen samples."""
import pickle
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near, each, locked, same_bits
from test_estimators import Frame

from npspectral import Adam
from npspectral._estimator_stopping import held_out
from npspectral.analysis.spectral import fold_numbers, penalty_path
from npspectral.analysis.spectral._penalized import along, settled
from npspectral.analysis.spectral.selection import GROUP_MARGIN, MARGIN, select
from npspectral.estimators import SpectralClassifier, SpectralRegressor
from npspectral.nn import mean_squared_error, softmax_cross_entropy

FAST = dict(hidden_layer_sizes=(8,), learning_rate=0.01, random_state=0)
estimator = each([SpectralClassifier, SpectralRegressor])


@pytest.fixture
def brief(monkeypatch):
    """Short paths."""
    monkeypatch.setattr("npspectral._estimator_training.PENALTIES", np.array([1e-3, 1e-2, 1e-1]))
    monkeypatch.setattr("npspectral._estimator_training.EPOCHS", (12, 3, 4))


@pytest.fixture
def table(rng):
    """Column 1 says whether x_1 > 0 up to noise, column 3 is a copy of it but for noise."""
    x = rng.standard_normal((120, 4)) * (1, 20, 1, 1) + (0, 3, 0, 9)
    x[:, 3] = x[:, 1] + rng.standard_normal(120)
    return locked(x), locked((x[:, 1] > 3 + 4 * rng.standard_normal(120)).astype(int))


# Paths

def test_a_path_is_that_of_the_analysis_and_the_network_is_trained_up_to_its_best(
        estimator, table, brief):
    x, y = table
    model = estimator(**FAST, penalty="path", batch_size=50).fit(x, y)
    regressor = estimator is SpectralRegressor
    target = ((y - y.mean()) / y.std())[:, None] if regressor else y
    z, draw = (x - x.mean(0)) / x.std(0), np.random.default_rng(0)
    options = dict(loss=mean_squared_error if regressor else softmax_cross_entropy, batch_size=50,
                   optimizer=Adam(0.01), penalties=[1e-3, 1e-2, 1e-1], epochs=(12, 3, 4))
    labels = np.zeros(120) if regressor else y
    want = penalty_path(draw, model.network_, z, target, fold=fold_numbers(draw, 120, labels),
                        **options)
    assert_near(model.path_.losses, want.losses, 2**10)
    assert model.penalty_ == want.penalty == options["penalties"][want.best]
    assert model.n_iter_ == len(model.loss_curve_) == 12 + 3 * want.best + 4
    alone = dict(options, penalties=options["penalties"][:want.best + 1])
    *_, (_, record) = along(draw, model.network_, z, target, weights=None, **alone)
    del alone["batch_size"], alone["penalties"]
    *_, record = settled(draw, model.network_, record.params, z, target, weights=None,
                         **{**alone, "penalty": want.penalty, "epochs": 4})
    assert_near(model.params_[0]["phi"], record.params[0]["phi"], 2**10)


@pytest.mark.parametrize("best", range(3))
def test_the_network_stops_at_the_best_penalty(best, table, brief, monkeypatch):
    monkeypatch.setattr("npspectral._estimator_training.penalty_path", lambda *given, **options:
                        replace(penalty_path(*given, **options), best=best))
    model = SpectralRegressor(**FAST, penalty="path").fit(*table)
    assert model.n_iter_ == 12 + 3 * best + 4 and model.penalty_ == 10.0 ** (best - 3)


def test_a_fixed_penalty_has_no_path_and_takes_the_place_of_one(table, brief):
    model = SpectralClassifier(**FAST, penalty="path").fit(*table)
    assert hasattr(model, "path_") and model.penalty_ == model.path_.penalty
    model.set_params(penalty=0.02, epochs=3).fit(*table)
    assert not hasattr(model, "path_") and model.penalty_ == 0.02 and model.n_iter_ == 3


def test_a_path_holds_out_by_itself(table):
    with pytest.raises(ValueError, match="Classifier: early_stopping is True, expected False with"):
        SpectralClassifier(penalty="path", early_stopping=True).fit(*table)


# Weights

@pytest.mark.parametrize("options", [{}, dict(early_stopping=True, validation_fraction=0.3)])
def test_samples_of_weight_0_are_not_there(estimator, table, options):
    x, y = table
    weights = np.arange(120) % 3 > 0
    some = estimator(**FAST, epochs=4, **options).fit(x, y, sample_weight=weights)
    want = estimator(**FAST, epochs=4, **options).fit(x[weights], y[weights])
    assert_near(some.params_[0]["phi"], want.params_[0]["phi"], 2**12)
    assert_near(some.mean_, want.mean_) and some.n_iter_ == want.n_iter_


def test_a_sample_of_weight_two_is_two_samples(estimator, table, rng):
    x, y = table
    weights = rng.integers(1, 4, size=120)
    options = dict(FAST, epochs=6, batch_size=999)
    weighed = estimator(**options).fit(x, y, weights)
    twice = estimator(**options).fit(x.repeat(weights, 0), y.repeat(weights))
    assert_near(weighed.params_[0]["phi"], twice.params_[0]["phi"], 2**16)
    assert_near(weighed.scale_, twice.scale_, 2**10)
    assert_near(np.array(weighed.loss_curve_), np.array(twice.loss_curve_), 2**12)


def test_weights_are_right_in_the_mean_over_small_batches(table, rng):
    x, y = table
    weights = rng.integers(1, 4, size=120)
    whole, small = (SpectralClassifier(**{**FAST, "learning_rate": 1e-9}, epochs=1, penalty=0,
                                       batch_size=size).fit(x, y, weights) for size in (999, 7))
    assert small.loss_curve_[0] == pytest.approx(whole.loss_curve_[0], rel=1e-6)


def test_the_score_that_stops_early_counts_weights(table):
    x, y = table
    weights = np.where(np.arange(120) % 2, 1.0, 1e-9)
    model = SpectralClassifier(**FAST, epochs=3, early_stopping=True, validation_fraction=0.5)
    model.fit(x, y, weights)
    odd = held_out("", y, 0.5, np.random.default_rng(0)) & (np.arange(120) % 2 == 1)
    want = model.score(x[odd], y[odd])
    assert max(model.validation_scores_) == pytest.approx(want, abs=1e-6)


# Probabilities

def test_log_probabilities_are_exact_where_probabilities_round_to_0(table):
    model = SpectralClassifier(**FAST, epochs=3).fit(*table)
    assert_near(model.predict_log_proba(table[0]), np.log(model.predict_proba(table[0])), 256)
    model.params_[-1]["bias"][:] = 2000, -2000
    found = model.predict_log_proba(table[0])
    assert np.isfinite(found).all() and (found[:, 0] == 0).all() and (found[:, 1] < -3000).all()


# Relevance

def test_samples_that_fit_has_seen_are_priced_by_the_networks_of_the_path(
        estimator, table, brief):
    model = estimator(**FAST, penalty="path").fit(*table)
    found = model.relevance(*table)
    x, y = table
    z = (x - model.mean_) / model.scale_
    target = y if estimator is SpectralClassifier else ((y - y.mean()) / y.std())[:, None]
    want = select(np.random.default_rng(0), model.network_, model.path_.params, model.path_.fold,
                  z, target, np.arange(4), loss=model._loss)
    assert same_bits(found.share, want["share"]) and same_bits(found.p, want["p"])
    assert found.gain == want["gain"] and found.margin == MARGIN and found.q == 0.1
    assert_near(found.relevance, model.path_.shares)
    assert found.source.startswith("out of fold") and found.path is model.path_
    assert same_bits(model.relevance(*table).p, found.p)


def test_other_samples_are_priced_by_the_fitted_network(estimator, table, brief):
    x, y = table
    model = estimator(**FAST, penalty="path").fit(x[:80], y[:80])
    found = model.relevance(x[80:], y[80:])
    z = (x[80:] - model.mean_) / model.scale_
    target = y[80:] if estimator is SpectralClassifier else (
        (y[80:] - model.target_mean_) / model.target_scale_)[:, None]
    want = select(np.random.default_rng(0), model.network_, (model.params_,), np.zeros(40, int),
                  z, target, np.arange(4), loss=model._loss)
    assert same_bits(found.p, want["p"]) and found.path is None
    assert found.source == "on samples that fit has not seen"
    assert_near(found.relevance, model.feature_importances_)


@pytest.mark.parametrize("penalty", [0.01, "path"])
def test_of_a_mixture_no_sample_is_priced_by_a_network_that_has_seen_it(penalty, table, brief):
    x, y = table
    model = SpectralClassifier(**FAST, penalty=penalty, epochs=5).fit(x[:80], y[:80])
    found = model.relevance(x[40:], y[40:])
    assert "trained anew, as fit has seen 40 of these 80 samples" in found.source
    assert len(found.path.params) == 5 and len(found.path.fold) == 80
    assert len(found.path.penalties) == (3 if penalty == "path" else 1)
    own = model.relevance(x[:80], y[:80])
    assert own.source.startswith("out of fold") and ("anew" in own.source) == (penalty != "path")


def test_what_was_drawn_to_matter_is_found_and_a_copy_makes_both_cheap(rng):
    x = rng.standard_normal((300, 6))
    y = np.where(x[:, 2] * x[:, 4] > 0, "a", "b")
    model = SpectralClassifier((20,), learning_rate=0.01, penalty="path", random_state=0)
    found = model.fit(x, y).relevance(x, y)
    assert np.flatnonzero(found.selected).tolist() == [2, 4] and found.learned
    both = np.c_[x, x[:, 2] + 0.01 * rng.standard_normal(300)]
    copied = model.fit(both, y).relevance(both, y)
    assert not copied.selected[[2, 6]].any() and copied.selected[4]
    joined = model.relevance(both, y, groups=0.7)
    assert joined.alike.group.tolist() == joined.groups.tolist()
    assert joined.names == ("x0", "x1", "x2 + x6", "x3", "x4", "x5")
    assert np.flatnonzero(joined.selected).tolist() == [2, 4] and joined.margin == GROUP_MARGIN


def test_noise_is_said_to_teach_nothing(rng):
    x, y = rng.standard_normal((200, 5)), rng.standard_normal(200)
    found = SpectralRegressor((10,), penalty="path", random_state=0).fit(x, y).relevance(x, y)
    assert not found.learned and not found.selected.any()


def test_of_other_samples_a_class_may_be_missing(table):
    x, y = table
    classes = np.where(x[:, 0] > 1, "z", np.where(y, "b", "a"))
    model = SpectralClassifier(**FAST, epochs=20).fit(x[:80], classes[:80])
    some = np.arange(120)[80:][classes[80:] != "z"]
    assert set(classes[:80]) == {"a", "b", "z"}
    found = model.relevance(x[some], classes[some])
    assert found.gain > 0


def test_groups_by_number_and_by_label_and_their_names(table, brief):
    x, y = table
    frame = Frame(x, ["age", "size", "city", "room"])
    model = SpectralRegressor(**FAST, penalty="path").fit(frame, y)
    assert model.relevance(frame, y).names == ("age", "size", "city", "room")
    found = model.relevance(frame, y, groups=np.array([7, 3, 3, 7]), margin=0.01)
    assert found.names == ("size + city", "age + room") and found.groups.tolist() == [1, 0, 0, 1]
    assert_near(found.relevance[1], model.path_.shares[[0, 3]].sum())
    assert found.margin == 0.01
    many = model.relevance(frame, y, groups=[0, 0, 0, 0])
    assert many.names == ("age + size + city + 1 more",) and many.margin == MARGIN


def test_weights_of_a_relevance_are_those_of_its_test(table, brief):
    x, y = table
    model = SpectralRegressor(**FAST, penalty="path").fit(x, y)
    even = model.relevance(x, y, sample_weight=np.full(120, 3.0))
    assert_near(even.p, model.relevance(x, y).p, 2**12)
    odd = model.relevance(x, y, sample_weight=np.arange(120) + 1.0)
    assert not np.allclose(odd.p, even.p)


def test_a_pickled_one_says_the_same(table, brief):
    model = SpectralClassifier(**FAST, penalty="path").fit(*table)
    again = pickle.loads(pickle.dumps(model))
    assert same_bits(again.relevance(*table).p, model.relevance(*table).p)


def test_a_verbose_one_shows_how_far_the_path_and_the_pricing_are(table, brief, capsys):
    model = SpectralClassifier(**FAST, penalty="path", verbose=True).fit(*table)
    assert capsys.readouterr().err.splitlines()[-1].startswith("folds, epoch 110/110  0 s left")
    model.relevance(*table)
    assert capsys.readouterr().err.splitlines()[-1].startswith("pricing, group 4/4  0 s left")


@pytest.mark.parametrize("change, message", [
    (dict(q=-0.1), "SpectralClassifier: q is -0.1, expected 0 to 1"),
    (dict(groups=np.arange(3)), "SpectralClassifier: groups has 3 entries, expected 4"),
    (dict(groups=2.0), "threshold is 2.0, expected 0 to 1"),
    (dict(groups=np.arange(4) / 2), "groups is float64, expected"),
    (dict(margin=-1.0), "margin is -1.0, expected 0 or more"),
    (dict(sample_weight=np.ones(3)), r"sample_weight has shape \(3,\), expected \(120,\)"),
    (dict(y=np.full(120, 7)), r"y.0. is .*7.*, expected a class of fit"),
    (dict(y=np.ones(3)), r"y has shape \(3,\), expected \(120,\)"),
    (dict(X=np.ones((120, 3))), "X has 3 features, but SpectralClassifier is expecting 4")])
def test_what_does_not_fit_is_refused(change, message, table):
    model = SpectralClassifier(**FAST, epochs=1).fit(*table)
    with pytest.raises((ValueError, TypeError), match=message):
        model.relevance(**{"X": table[0], "y": table[1], **change})
    with pytest.raises(ValueError, match="it is not fitted"):
        SpectralClassifier().relevance(*table)
    with pytest.raises(ValueError, match="y has 2 columns, expected 1"):
        SpectralRegressor(epochs=1).fit(*table).relevance(table[0], table[0][:, :2])
