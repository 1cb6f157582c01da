"""The estimators in scikit-learn's hands, by its checks and tools, and beside its networks."""
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")                   # without it two of the checks are skipped

import pandas  # noqa: E402
import sklearn  # noqa: E402
from sklearn.base import clone, is_classifier, is_regressor  # noqa: E402
from sklearn.exceptions import DataConversionWarning, NotFittedError  # noqa: E402
from sklearn.feature_selection import SelectFromModel  # noqa: E402
from sklearn.inspection import permutation_importance  # noqa: E402
from sklearn.metrics import accuracy_score, r2_score  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.neural_network import MLPClassifier, MLPRegressor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from npspectral import data  # noqa: E402
from npspectral.estimators import SpectralClassifier, SpectralRegressor  # noqa: E402

EVERY_ESTIMATOR = [SpectralClassifier, SpectralRegressor]


@pytest.mark.filterwarnings("ignore:Estimator Spectral.* does not inherit")
@pytest.mark.parametrize("estimator", EVERY_ESTIMATOR)
def test_all_of_its_checks_pass_and_none_is_skipped(estimator, monkeypatch):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # or one is skipped
    results = check_estimator(estimator(), on_fail=None, on_skip=None)
    assert len(results) > 50
    assert [(one["check_name"], one["status"], str(one["exception"])) for one in results
            if one["status"] != "passed" or one["expected_to_fail"]] == []


@pytest.fixture
def task(rng):
    """Only features 1 and 4 of 6 matter: x, labels."""
    x = rng.standard_normal((400, 6))
    return x, np.where(x[:, 1] * x[:, 4] > 0, "same", "other")


def test_it_is_known_for_what_it_is():
    assert is_classifier(SpectralClassifier()) and not is_regressor(SpectralClassifier())
    assert is_regressor(SpectralRegressor()) and not is_classifier(SpectralRegressor())
    with pytest.raises(NotFittedError, match="SpectralRegressor: it is not fitted"):
        SpectralRegressor().predict([[0.0]])


def test_clones_and_pickles(task):
    model = SpectralClassifier((8, 4), epochs=5, random_state=0).fit(*task)
    again = clone(model)
    assert not hasattr(again, "params_") and again.get_params() == model.get_params()
    for other in (again.fit(*task), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(other.predict_proba(task[0]), model.predict_proba(task[0]))
    assert np.array_equal(pickle.loads(pickle.dumps(model.prune(30))).predict(task[0]),
                          model.prune(30).predict(task[0]))


def test_a_grid_over_a_pipeline(task):
    pipeline = make_pipeline(StandardScaler(), SpectralClassifier(epochs=60, random_state=0))
    grid = {"spectralclassifier__hidden_layer_sizes": [(1,), (30,)],
            "spectralclassifier__penalty": [0.0, 1e-3]}
    search = GridSearchCV(pipeline, grid, cv=3, scoring=["accuracy", "roc_auc"], refit="accuracy")
    search.fit(*task)
    assert search.best_params_["spectralclassifier__hidden_layer_sizes"] == (30,)
    assert search.best_score_ > 0.85 and search.score(*task) > 0.9
    assert (cross_val_score(pipeline, *task, cv=3) > 0.8).all()


def test_importances_select_the_features_that_permutations_do(task):
    x, y = task
    model = SpectralClassifier(epochs=100, random_state=0).fit(x[:300], y[:300])
    theirs = permutation_importance(model, x[300:], y[300:], random_state=0).importances_mean
    ours = model.feature_importances_
    assert set(np.argsort(theirs)[-2:]) == set(np.argsort(ours)[-2:]) == {1, 4}
    assert SelectFromModel(model, prefit=True).get_support().tolist() == [
        feature in (1, 4) for feature in range(6)]


def test_data_frames(task):
    frame, y = pandas.DataFrame(task[0], columns=list("abcdef")), pandas.Series(task[1])
    model = SpectralClassifier(epochs=3, random_state=0).fit(frame, y)
    assert model.feature_names_in_.tolist() == list("abcdef")
    assert np.array_equal(model.predict(frame), clone(model).fit(*task).predict(task[0]))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list("abcdfe")])
    with pytest.warns(DataConversionWarning):
        clone(model).fit(frame, y.to_frame())


def test_columns_that_cannot_be_numbers_are_named(task):
    frame = pandas.DataFrame(task[0], columns=list("abcdef"))
    for column, values, message in (
            ("c", pandas.array([None] + [1] * 399, "Int64"), r"X\[0, 'c'\] is <NA>, expected fin"),
            ("d", ["Rome"] * 400, r"X\[0, 'd'\] is 'Rome', expected a number: could not convert"),
            ("e", pandas.date_range("2020", periods=400), r"X\[0, 'e'\] is Timestamp")):
        with pytest.raises((ValueError, TypeError), match=message):
            SpectralClassifier().fit(frame.assign(**{column: values}), task[1])


@pytest.mark.parametrize("missing, dtype", [(pandas.NA, "Int64"), (pandas.NaT, None),
                                            (np.nan, object), (None, "string")])
def test_labels_of_a_series_that_are_missing_are_no_class(missing, dtype, task):
    values = {"string": "a", None: pandas.Timestamp("2020")}.get(dtype, 1)
    y = pandas.Series([values, missing] * 200, dtype=dtype)
    with pytest.raises(ValueError, match=r"y\[1\] is (<NA>|NaT|nan), expected a label"):
        SpectralClassifier().fit(task[0], y)


@pytest.mark.parametrize("estimator", EVERY_ESTIMATOR)
def test_a_pipeline_is_scored_with_metadata_routing(estimator, task, rng):
    x, y = task[0], task[1] if estimator is SpectralClassifier else task[0][:, 0]
    weight = rng.random(400)
    with sklearn.config_context(enable_metadata_routing=True):
        last = estimator(epochs=3, random_state=0)
        pipeline = make_pipeline(StandardScaler(), last).fit(x, y)
        assert pipeline.score(x, y) == last.score(StandardScaler().fit_transform(x), y)
        assert np.isfinite(cross_val_score(pipeline, x, y, cv=2, error_score="raise")).all()
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
            pipeline.score(x, y, sample_weight=weight)
        asking = make_pipeline(StandardScaler(), clone(last).set_score_request(sample_weight=True))
        scaled = StandardScaler().fit_transform(x)
        got = clone(asking).fit(x, y).score(x, y, sample_weight=weight)
        predicted = last.predict(scaled)
        metric = accuracy_score if estimator is SpectralClassifier else r2_score
        assert got == pytest.approx(metric(y, predicted, sample_weight=weight), rel=1e-12)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_labels_of_another_kind_are_refused_as_by_its_accuracy(task):
    model = SpectralClassifier(epochs=1).fit(task[0], task[1] == "same")
    for score in (lambda y: model.score(task[0], y),
                  lambda y: accuracy_score(y, model.predict(task[0]))):
        for y in (task[1], np.where(task[0][:, 0] > 0, np.nan, 1.0)):
            with pytest.raises(ValueError):
                score(y)


def test_the_score_is_its_r2(rng):
    x, y = rng.standard_normal((50, 3)), rng.standard_normal((50, 2))
    model = SpectralRegressor(epochs=3, random_state=0).fit(x, y)
    assert model.score(x, y) == pytest.approx(r2_score(y, model.predict(x)), rel=1e-12)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer. Maximum iterations")
@pytest.mark.parametrize("name, load, ours, theirs, least", [
    ("digits", data.digits, SpectralClassifier(epochs=60, random_state=0),
     MLPClassifier(max_iter=60, random_state=0), 0.95),
    ("california-housing", data.california_housing, SpectralRegressor(epochs=20, random_state=0),
     MLPRegressor(max_iter=20, random_state=0), 0.7)])
def test_beside_its_network_of_the_same_size(name, load, ours, theirs, least, capsys):
    if not data.at_hand(name):
        pytest.skip(f"{name} is not at hand")
    train, test = data.train_test_split(np.random.default_rng(0), *load())
    score = ours.fit(*train).score(*test)
    other = make_pipeline(StandardScaler(), theirs).fit(*train).score(*test)
    with capsys.disabled():
        print(f"\n{name}: {ours} {score:.4f}, {theirs} {other:.4f}")
    assert score > least and score > other - 0.03
