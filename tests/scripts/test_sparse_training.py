"""scripts/experiments/sparse_training: masks, stopping, rates, what is left, rows that can fail."""
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from experiments.sparse_training import parts
from experiments.sparse_training.claims import checks, claims, compressed, epochs_to, pick
from experiments.sparse_training.experiment import SETTINGS, link_cases, run
from experiments.sparse_training.parts import Case
from lab.table import rows_of
from tiny import at_once, failed, toy

from npspectral import Dense
from npspectral.analysis.spectral import node_scores, percentile_masks, remove_nodes
from npspectral.nn import magnitude_threshold, tree

TOY = dict(epochs=3, hidden=(20, 15), limit=600)


@pytest.fixture(autouse=True)
def clusters(monkeypatch):
    """In place of images ten Gaussian clusters in 784 dimensions."""
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((10, 784))

    def images(name, limit):
        labels = rng.integers(10, size=limit)
        x = (centers[labels] + 3 * rng.standard_normal((limit, 784))).astype(np.float32)
        return (x, labels), (x[:100], labels[:100])

    monkeypatch.setattr(parts, "images", images)


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as monkeypatch:
        return run(toy("sparse_training", monkeypatch)[1], at_once)


def test_dynamic_and_fixed_masks_leave_equally_many_links(result):
    links, sizes = result["links"], np.array([20 * 784, 15 * 20])
    dynamic = pick(links, rule="dynamic", percent=90)["density"]
    kept = sizes - np.floor(0.9 * (sizes - 1)) - 1          # without ties
    np.testing.assert_array_equal(dynamic * sizes, np.tile(kept, (len(dynamic), 1)))
    case = Case("mnist", "fixed", 90, **TOY)
    net, first = parts.network(case, 784, np.random.default_rng(0))
    for (weight, c), size in zip(parts.links(net, first), kept):
        assert c == 0 and (weight != 0).sum() == size
    *_, last = parts.steps(case, parts.sets(case)[0])
    for (weight, _), (before, _) in zip(last, parts.links(net, first)):
        assert ((weight != 0) == (before != 0)).all() and (weight != before).any()


@pytest.mark.parametrize("part, name, arm, row", [
    ("links", "moved_masked", "dense", "dense, sgd: moved while masked, %"),
    ("links", "revivals", "dense", "dense, sgd: links that came in, %")])
def test_a_dense_link_that_moves_fails_its_claim(result, part, name, arm, row):
    rows = rows_of(claims(result), checks(result))
    assert not [failure for failure in failed(rows) if failure[1] == row]
    table = result[part]
    planted = {**table, name: table[name] + (table["arm"] == arm)[:, None]}
    rows = rows_of(claims({**result, part: planted}), [])
    assert row in {quantity for _, quantity in failed(rows)}


def test_each_arm_trains_at_the_rate_that_validation_chose(result):
    rates, courses = result["rates"], result["courses"]
    assert set(rates["seed"]).isdisjoint(courses["seed"])
    for arm in set(rates["arm"]):
        tried = pick(rates, arm=arm)
        assert len(tried["factor"]) == 2
        assert set(pick(courses, arm=arm)["factor"]) == {tried["factor"][tried["best"].argmax()]}


def test_all_arms_start_at_the_same_matrices_and_masks():
    case = Case("mnist", "dense", 90, **TOY)
    _, dense = parts.network(case, 784, np.random.default_rng(3))
    for arm in parts.LAYERS:
        for rule in ("dynamic", "static"):
            net, params = parts.network(replace(case, arm=arm, rule=rule), 784,
                                        np.random.default_rng(3))
            assert ("bias" in params[0]) == (arm != "bare")
            for (weight, c), layer in zip(parts.links(net, params), dense[::2]):
                want, limit = layer["weight"], magnitude_threshold(layer["weight"], 0.9)
                if arm == "fixed":
                    assert ((weight == want) == (np.abs(want) > limit)).all()
                else:
                    np.testing.assert_allclose(weight, want, rtol=0, atol=1e-6)
                    assert abs(c - limit) < 1e-6
            assert isinstance(net.layers[-1], parts.LAYERS[arm])     # never masked
    whole, _ = parts.network(replace(case, percent=0), 784, np.random.default_rng(3))
    assert all(isinstance(layer, Dense) for layer in whole.layers[::2])


def test_a_course_keeps_the_best_epoch_and_ends_after_its_patience(monkeypatch):
    asked, held = [], [0.5, 0.7, 0.7, 0.6, 0.6, 0.9]

    def learn(net, params, train_set, *_, validation, **options):
        assert (len(train_set[1]), len(validation[1])) == (420, 180)        # of 600
        for k, accuracy in enumerate(held):
            yield SimpleNamespace(params=k, metrics={"validation_accuracy": accuracy})

    def right(net, params, x, labels):
        asked.append(len(x))
        return float(params)
    monkeypatch.setattr(parts, "learn", learn)
    monkeypatch.setattr(parts, "right", right)
    row = parts.run_course(Case("mnist", "dense", 90, **TOY | dict(epochs=9), patience=3))
    np.testing.assert_array_equal(row["validation"], [*held[:5], *[np.nan] * 4])
    np.testing.assert_array_equal(row["course"], [*range(5), *[np.nan] * 4])
    assert row["best"] == 0.7 and row["accuracy"] == 1 and asked == [100] * 6


def test_epochs_until_an_arm_is_as_good_as_the_other():
    def curves(*rows):
        return {"course": np.array(rows)}
    one = curves([0.1, 0.8, 0.9, 0.9], [0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.5, 0.5])
    other = curves([0.1, 0.2, 0.3, 0.8], [0.1, 0.5, 0.4, 0.3], [0.5, 0.4, np.nan, np.nan])
    assert epochs_to(one, other).tolist() == [2 / 4, 5 / 2, 1]


def test_what_is_left_is_the_small_network_in_plain_weights(rng):
    net, params = parts.network(Case("mnist", "spectral", 0, **TOY), 784, rng)
    for part in params[::2]:
        part["lambda_out"] += rng.standard_normal(len(part["lambda_out"])).astype(np.float32)
    masks = percentile_masks(node_scores(net, params, "product"), 50)
    small, rest = remove_nodes(net, params, masks)
    x = rng.standard_normal((5, 784)).astype(np.float32)
    rest = tuple({**part, "bias": 0 * part["bias"]} if part else part for part in rest)
    plain, weights = parts.to_dense(small, rest)
    np.testing.assert_allclose(plain.forward(weights, x)[0], small.forward(rest, x)[0],
                               rtol=0, atol=1e-5)
    left = [int(mask.sum()) for mask in masks]
    assert tree.size(weights) == 785 * left[0] + (left[0] + 1) * left[1] + (left[1] + 1) * 10


def test_compression_counts_and_times_are_shares_of_the_whole_network(result):
    small = result["compression"]
    assert (small["numbers"][:, 0] == 784 * 20 + 20 * 15 + 15 * 10).all()
    assert (small["time"][:, 0] == 1).all()
    assert (small["numbers"][:, 1] < small["numbers"][:, 0]).all()
    judged = dict(percents=np.array([0, 90]), numbers=np.array([[100, 19]] * 2),
                  time=np.array([[1, 0.1]] * 2), accuracy=np.array([[0.9, 0.895]] * 2))
    assert not failed(compressed(judged))
    for name, value in (("numbers", 21), ("time", 0.3), ("accuracy", 0.88)):
        worse = judged[name].copy()
        worse[:, 1] = value
        assert len(failed(compressed({**judged, name: worse}))) == 1


@pytest.mark.parametrize("mode", SETTINGS)
def test_cases_of_links_differ(mode):
    every = link_cases(SETTINGS[mode])
    assert len(set(every)) == len(every) > 0
