"""scripts/experiments/intrinsic_dimension: clouds, layers, labels, verdicts that can fail."""
import numpy as np
import pytest
from experiments.intrinsic_dimension import parts
from experiments.intrinsic_dimension.claims import checks
from tiny import failed, toy_images

from npspectral.analysis.clouds import intrinsic_dimension, representations
from npspectral.nn import mean_field


@pytest.mark.parametrize("name", ["curve in the plane", "square in 50 dimensions", "swiss roll",
                                  "normal", "cube", "sphere in 5 dimensions",
                                  "the same, a tenth at 0"])
def test_controls_have_their_dimension(name, rng):
    """4 sd of independent ratios above; a boundary in 5 dimensions takes 10 %, and noise, below."""
    control = parts.CONTROLS[name]
    found = intrinsic_dimension(control.draw(rng, 2000))
    sd = 2000 ** -0.5
    assert 0.9 - 4 * sd < found.value / control.dimension < 1 + 4 * sd
    assert found.copies == control.copies(2000) and (found.copies == 199) == ("tenth" in name)


def test_a_curve_in_the_plane_needs_two_axes_and_one_number():
    found = parts.follow_control("curve in the plane", 2000, 0)
    assert found["components"] == 2 and found["dimension"][0] == pytest.approx(1, abs=0.1)


def test_layers_are_measured_one_by_one(rng):
    x = rng.standard_normal((90, 5)).astype(np.float32)
    found, dimension = parts.measure(x), intrinsic_dimension(x.astype(float))
    assert found["dimension"][0] == pytest.approx(dimension.value, rel=1e-12)
    assert parts.by_blocks(rng, x)[0] == pytest.approx(dimension.value, rel=1e-12)
    variances = np.sort(np.linalg.eigvalsh(np.cov(x.astype(float).T, bias=True)))[::-1]
    assert found["largest"] == pytest.approx(variances[:2] / variances.sum(), rel=1e-10)
    assert found["components"] == 1 + (np.cumsum(variances) < 0.9 * variances.sum()).sum()


def measured(monkeypatch):
    """The clouds that measure() was given, in their order."""
    seen, measure = [], parts.measure
    monkeypatch.setattr(parts, "measure", lambda x: seen.append(x) or measure(x))
    return seen


def test_flows_are_measured_before_the_activation(monkeypatch):
    clouds = measured(monkeypatch)
    found = parts.follow_flow("stripe", parts.UNTRAINED, 80, 30, 10, (30, 30), 20, 0)
    x, first, last = clouds
    assert (first.min() < 0) and (last.min() < 0) and x.shape == (80, 10)
    network = mean_field(10, (30, 30))
    rng = np.random.default_rng(0)
    _, _, seen, _ = parts.draw_task("stripe", rng, 30, 80, 10)
    received, given = representations(network, network.init(rng), seen)
    assert (x == seen).all() and (first == given[0]).all() and (last == given[1]).all()
    assert found["largest"][-1].sum() == pytest.approx(
        found["picture"].var(0).sum() / last.var(0).sum(), rel=1e-10)
    assert found["by_coordinate"] == parts.explained(last, x[:, 0])


def test_networks_of_images_are_measured_after_the_activation_and_at_their_output(monkeypatch):
    monkeypatch.setattr(parts, "images", toy_images)
    clouds = measured(monkeypatch)
    found = parts.follow_images("mnist", parts.TRUE, 60, 80, (30, 20), ((1e-2, 3),), 0)
    assert [cloud.shape for cloud in clouds] == [(80, 784), (80, 30), (80, 20), (80, 10)]
    assert (clouds[1] >= 0).all() and (clouds[2] >= 0).all()
    assert np.exp(clouds[3]).sum(1) == pytest.approx(1, rel=1e-12)
    (_, _), (_, truth) = toy_images("mnist", 60)
    assert np.mean(clouds[3].argmax(1) != truth[:80]) == pytest.approx(found["error"], abs=0.2)
    assert found["blocks"][1][0] == pytest.approx(found["dimension"][2][0], rel=1e-12)


def test_one_number_explains_a_curve_and_nothing_of_noise(rng):
    t = rng.uniform(0, 6, 2000)
    noise = rng.standard_normal((2000, 3))
    assert parts.explained(np.column_stack([np.cos(t), np.sin(t), t]), t) > 0.999
    assert abs(parts.explained(noise, t)) < 0.1
    half = np.column_stack([t / t.std(), rng.standard_normal(2000)])
    assert parts.explained(half, t) == pytest.approx(0.5, abs=0.05)


def test_luminance_is_one_axis_of_a_turned_basis(rng):
    x = rng.random((50, 16))
    turned, plain = parts.brightened(np.random.default_rng(1), x), np.random.default_rng(1)
    light = 1000 * (plain.random((50, 1)) - 0.5)
    apart = np.linalg.norm(turned[:, None] - turned, axis=2)
    assert apart == pytest.approx(np.linalg.norm((x + light)[:, None] - (x + light), axis=2))
    assert turned[:, 0] == pytest.approx(4 * (x + light).mean(1), rel=1e-9)
    assert np.abs(turned[:, 1:]).max() < 3 < np.abs(light).max()


@pytest.mark.parametrize("task, d", [("stripe", 10), ("mnist", 784)])
def test_trained_networks_start_as_the_untrained_and_see_the_same_points(task, d, monkeypatch):
    monkeypatch.setattr(parts, "images", toy_images)
    untrained, feature, lazy = (
        parts.follow_flow(task, regime, n_points=80, n_learned=30, d=10, widths=(30, 30, 30),
                          steps=20, seed=0) for regime in (parts.UNTRAINED, "feature", "lazy"))
    assert untrained["picture"].shape == (80, 2) and set(untrained["labels"]) == {-1, 1}
    for arm in (feature, lazy):
        assert (arm["dimension"][0] == untrained["dimension"][0]).all()
        assert (arm["dimension"][1:] != untrained["dimension"][1:]).all()
        assert (arm["labels"] == untrained["labels"]).all()


def test_shuffled_labels_are_the_true_ones_in_another_order(monkeypatch):
    drawn, learned = toy_images("mnist", 60), []
    monkeypatch.setattr(parts, "images", lambda name, limit: drawn)
    monkeypatch.setattr("lab.learning.fit", lambda network, params, x, labels, **options: (
        learned.append(labels) or ()))
    for kind in (parts.TRUE, parts.SHUFFLED):
        parts.follow_images("mnist", kind, 60, 80, (30, 30), ((1e-3, 2),), 0)
    assert (learned[0] == drawn[0][1]).all() and (learned[1] != learned[0]).any()
    assert (np.sort(learned[1]) == np.sort(learned[0])).all()


def arm(last, error=0.1, on_two_axes=0.3, copies=0):
    """Arrays of two seeds and x, u_1, a_1, u_2, a_2, of dimension 10 and, the last two, `last`."""
    dimension = np.full((2, 5, 4), 10.0)
    dimension[:, -2:] = last
    return {"dimension": dimension, "error": np.array([error, error + 0.01]),
            "largest": np.full((2, 5, 2), on_two_axes / 2), "copies": np.full((2, 5), copies),
            "components": np.full((2, 5), 3), "train_error": np.zeros(2)}


def result_of(feature=3.0, lazy=10.0, on_two_axes=0.99, trained=7.0, shuffled=11.0, fewer=8.0,
              lazy_error=0.2):
    return {"stripe, untrained": arm(10.0), "stripe, feature": arm(feature, 0.01, on_two_axes),
            "stripe, lazy": arm(lazy, lazy_error), "mnist, untrained": arm(11.0),
            "mnist, 500 labels": arm(fewer, 0.2), "mnist, 5000 labels": arm(trained, 0.05),
            "mnist, shuffled labels": arm(shuffled)}


@pytest.mark.parametrize("changed, expected", [
    ({}, []),
    (dict(feature=9.0), ["the same, feature over untrained"]),
    (dict(lazy=8.0), ["the same, |lazy / untrained - 1|"]),
    (dict(on_two_axes=0.5), ["variance of last u on 2 axes, feature"]),
    (dict(lazy_error=0.001), ["test error, lazy over feature"]),
    (dict(trained=9.0, fewer=12.0), ["last a over input, trained"]),
    (dict(shuffled=7.9), ["last a over input, shuffled labels",
                          "last a, shuffled labels over trained"])])
def test_verdicts_fail_where_they_should(changed, expected):
    rows = checks(result_of(**changed))
    assert [quantity for _, quantity in failed(rows)] == expected


@pytest.mark.parametrize("fewer, sign", [(8.0, 1), (6.0, -1)])
def test_the_correlation_is_that_of_all_networks_of_true_labels(fewer, sign):
    row, = (row for row in checks(result_of(fewer=fewer)) if row.quantity.startswith("correlation"))
    want = np.corrcoef([fewer, fewer, 7, 7], [0.2, 0.21, 0.05, 0.06])[0, 1]
    assert row.values.item() == pytest.approx(want, rel=1e-12) and sign * want > 0.9


def test_without_images_there_are_no_rows_of_them():
    stripe = {name: arrays for name, arrays in result_of().items() if name.startswith("stripe")}
    assert {row.part for row in checks(stripe)} == {"stripe"}
