"""recurrent_classifier at toy size: data, runs, verdicts that can fail."""
import numpy as np
import pytest
from experiments.recurrent_classifier import parts
from experiments.recurrent_classifier.claims import checks, claims
from experiments.recurrent_classifier.experiment import run
from experiments.recurrent_classifier.parts import (PATIENCE, RATES, TAIL, follow, rest_errors,
                                                    right, run_digits, run_images, run_rings,
                                                    until_it_stops)
from lab.table import rows_of
from tiny import at_once, failed, toy

from npspectral import Dense
from npspectral.nn import RecurrentSpectral


@pytest.fixture(autouse=True)
def setting(monkeypatch):
    return toy("recurrent_classifier", monkeypatch)[1]


@pytest.fixture
def result(setting):
    return run(setting, at_once)


def test_rings_have_their_radii_and_labels():
    x, labels = parts.rings(np.random.default_rng(0), 2000)
    radius = np.linalg.norm(x, axis=1)
    for label, middle in ((0, 0.5), (1, 1.2)):
        own = radius[labels == label]
        assert len(own) == 2000 and abs(own.mean() - middle) < 0.02
        assert abs(own.std() - 0.1) < 0.01


def test_pairs_are_of_three_digits_and_test_pairs_of_other_images():
    (x, labels), (x_test, labels_test) = parts.pairs(np.random.default_rng(0), 50, 30)
    assert x.shape == (50, 128) and x_test.shape == (30, 128)
    assert set(labels) <= set(range(9)) and len(set(labels)) > 4
    assert (x[:, :3].argmax(1) == labels // 3).all()
    assert (x[:, 64:67].argmax(1) == labels % 3).all()
    assert not {row.tobytes() for row in x[:, :64]} & {row.tobytes() for row in x_test[:, :64]}


def test_training_stops_when_validation_does_and_keeps_the_best():
    rng = np.random.default_rng(0)
    x, labels = rng.random((40, 5)).astype(np.float32), rng.integers(3, size=40)
    held = (x[:20], labels[:20])
    params, course, _ = until_it_stops(Dense(5, 3), rng, (x[20:], labels[20:]), held, 30, "")
    reached = course[np.isfinite(course)]
    assert len(course) == 30 * len(RATES) and len(reached) >= PATIENCE * len(RATES)
    assert right(Dense(5, 3), params, *held) == reached.max()
    assert len(reached) < len(course)


def test_states_are_followed_to_the_limit():
    rng = np.random.default_rng(0)
    layer = RecurrentSpectral(4, 3, 9, 3)
    params, x, labels = layer.init(rng), rng.standard_normal((8, 4)), rng.integers(3, size=8)
    found = follow(layer, params, params, x, labels)
    assert found["scores"].shape == (3 + TAIL + 1, 8, 3)
    assert np.abs(found["scores"][-1] - layer.forward(params, x)[0]).max() < 1e-12
    assert (found["distance"][3:] <= found["bound"] + 1e-12).all()
    assert found["rest"] < 1 and found["drift"] < 1 and found["norm"] == pytest.approx(1)
    y = layer.forward(params, x)[0]                         # P is orthonormal: the cosine is y's
    cosine = y[np.arange(8), labels] / np.linalg.norm(y, axis=1)
    assert np.abs(found["alignment"][-1] - cosine.mean()).max() < 0.05


def test_before_and_after_training_are_told_apart():
    rng = np.random.default_rng(0)
    layer = RecurrentSpectral(4, 3, 9, 3)
    start, x, labels = layer.init(rng), rng.standard_normal((8, 4)), rng.integers(3, size=8)
    params = {**start, "modes": start["modes"] + 0.2 * rng.standard_normal((9, 6)),
              "theta": start["theta"] / 2}
    found = follow(layer, start, params, x, labels)
    assert found["conditions"] == pytest.approx([1, layer.condition(params)])
    assert (found["eigenvalues"][1] == layer.eigenvalues(params)).all()
    phi, inverse = layer.eigenvectors(params)
    transfer = phi @ np.diag(layer.eigenvalues(params)) @ inverse
    assert found["norm"] == pytest.approx(np.linalg.norm(transfer, 2))
    states, limit = layer.states(params, x, 3 + TAIL), layer.limit(params, x)
    moved = rest_errors(layer, phi, transfer + 1e-3, states, limit)["rest"]
    bound = 9 * 2.0 ** -52 * layer.condition(params) * (1 + layer.condition(params))
    assert moved == pytest.approx(1e-3 * np.linalg.norm(np.ones((9, 9)) @ phi[:, :3], 2) / bound)


@pytest.fixture
def asked(monkeypatch):
    """The examples whose accuracy was asked for, one after the other."""
    calls = []
    monkeypatch.setattr(parts, "right",
                        lambda network, params, x, labels: calls.append((x, labels)) or 0.0)
    return calls


def test_accuracies_are_of_examples_that_were_not_trained(asked):
    trained_on = run_rings(1, True, 20, 1, 0)["x"]
    run_digits("random", 80, 1, 0)
    run_images("dense", "mnist", 1, 210, True, 60, 10, 1, 0)
    rings, digits, images = (x for x, _ in asked)
    assert len(rings) == 40 and not np.isin(rings, trained_on).any()
    assert len(digits) == 18 and len(images) == 100         # of 72 + 18, of 50 + 10 + 100


def test_pairs_the_other_way_round_and_both_windows(asked, monkeypatch):
    products = []
    monkeypatch.setattr(parts, "product_stability",
                        lambda transfers, planted: products.append(transfers) or (0.0, 0.0))
    parts.run_pairs("random", 2, 80, 20, 1, 0)
    (x, labels), (swapped, mirror) = asked
    assert len(x) == 5 and (swapped == np.roll(x, 64, axis=1)).all()
    assert (labels // 3 == mirror % 3).all() and (labels % 3 == mirror // 3).all()
    _, _, transfers, windows = products
    for one, window in zip(transfers, windows):
        assert np.allclose(window, one @ one @ one @ one @ one)         # 3 steps, then 2 at rest


def test_validation_images_are_neither_trained_nor_tested():
    sets = [x for x, _ in parts.labeled("mnist", np.random.default_rng(0), 60, 10, True)]
    assert [x.shape for x in sets] == [(50, 196), (10, 196), (100, 196)]
    rows = np.concatenate(sets[:2])
    assert len(np.unique(rows, axis=0)) == 60


def test_dense_network_has_as_many_parameters(result):
    size = result["mnist images, recurrent"]["size"][0]
    assert size == 210 * 200 + 200
    assert abs(result["mnist images, dense"]["size"][0] / size - 1) < 0.01


def test_what_holds_exactly_passes_at_any_size(result):
    rows = [row for row in rows_of(claims(result), checks(result)) if row.exact]
    assert len(rows) > 20 and not failed(rows)


@pytest.mark.parametrize("part, name, quantity, good, bad, said", [
    ("rings", "5 steps", "accuracy", 0.99, 0.97, "test accuracy, 5 steps"),
    ("rings", "1 step", "accuracy", 0.5, 0.9, "test accuracy, 1 step: a linear read-out"),
    ("rings", "5 steps, no constant node", "accuracy", 0.5, 0.9,
     "5 steps, without the constant node: accuracy"),
    ("rings", "5 steps", "rest", 0.9, 1.1, "|A P - P| / bound of rounding"),
    ("digits", "random", "accuracy", 0.975, 0.965, "mean test accuracy over seeds"),
    ("digits", "triangular", "drift", 0.9, 2.0, "drift of the limit in the tail / bound"),
    ("digits", "on nodes", "bound", None, 1e-9, "distance to the limit / bound of decay"),
    ("digits", "on nodes", "eigenvalues", None, 1.0, "largest |free eigenvalue|"),
    ("pairs", "random", "accuracy", 0.96, 0.9, "accuracy, both digits and their order"),
    ("pairs", "random", "swapped", None, 2.0, "the same less that of the first order"),
    ("mnist images", "recurrent", "accuracy", 0.97, 0.9, "test accuracy, recurrent")])
def test_verdicts_can_fail(result, part, name, quantity, good, bad, said):
    own, untouched = result[f"{part}, {name}"], result[f"{part}, {name}"][quantity].copy()

    def verdicts(value):
        own[quantity] = untouched.copy()
        if value is not None and quantity == "eigenvalues":
            own[quantity][:, 1, -1] = value
        elif value is not None:
            own[quantity] = np.full_like(untouched, value)
        return {row.judge() for row in rows_of(claims(result), checks(result))
                if row.quantity == said and row.wanted
                and row.part in (part, f"{part}, {name}")}
    assert verdicts(good) == {"pass"} and "FAIL" in verdicts(bad)
