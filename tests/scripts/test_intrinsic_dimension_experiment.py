"""scripts/experiments/intrinsic_dimension: clouds, layers, labels, verdicts that can fail."""
import numpy as np
import pytest
from experiments.intrinsic_dimension import parts
from experiments.intrinsic_dimension.claims import checks
from tiny import failed, toy_images

from npspectral.analysis.clouds.dimension import intrinsic_dimension


@pytest.mark.parametrize("name", ["square in 50 dimensions", "swiss roll", "normal", "cube",
                                  "sphere in 5 dimensions", "the same, a tenth at 0"])
def test_controls_have_their_dimension(name, rng):
    """4 sd of independent ratios above; a boundary in 5 dimensions takes 10 %, and noise, below."""
    control = parts.CONTROLS[name]
    found = intrinsic_dimension(control.draw(rng, 2000))
    sd = 2000 ** -0.5
    assert 0.9 - 4 * sd < found.value / control.dimension < 1 + 4 * sd
    assert found.copies == control.copies(2000) and (found.copies == 199) == ("tenth" in name)


def test_layers_come_in_order_and_are_measured_alike(rng):
    network = parts.dense_network(5, (40, 30), 2)
    params, x = network.init(rng), rng.standard_normal((90, 5))
    found = parts.measure_layers(rng, network, params, x)
    u = x @ params[0]["weight"].T + params[0]["bias"]
    for cloud, at in ((x, 0), (u, 1), (np.maximum(u, 0), 2)):
        dimension = intrinsic_dimension(cloud)
        assert found["dimension"][at, 0] == pytest.approx(dimension.value, rel=1e-12)
        assert found["copies"][at] == dimension.copies
        assert found["blocks"][at, 0] == pytest.approx(dimension.value, rel=1e-12)
        variances = np.sort(np.linalg.eigvalsh(np.cov(cloud.T, bias=True)))[::-1]
        assert found["largest"][at] == pytest.approx(variances[:2] / variances.sum(), rel=1e-10)
        assert found["components"][at] == 1 + (np.cumsum(variances) < 0.9 * variances.sum()).sum()
    assert found["dimension"].shape == (5, 4) and found["picture"].shape == (90, 2)
    assert found["picture"].var(0) / np.var(np.maximum(u, 0) @ params[2]["weight"].T, 0).sum() == (
        pytest.approx(found["largest"][3], rel=1e-10))


def test_trained_networks_start_as_the_untrained_and_see_the_same_points():
    untrained, feature, lazy = (
        parts.follow_stripe(regime, n_points=80, n_learned=30, d=10, widths=(30, 30, 30), steps=20,
                            seed=0) for regime in (parts.UNTRAINED, parts.FEATURE, parts.LAZY))
    for arm in (feature, lazy):
        assert (arm["dimension"][0] == untrained["dimension"][0]).all()
        assert (arm["dimension"][1:] != untrained["dimension"][1:]).all()


def test_shuffled_labels_are_the_true_ones_in_another_order(monkeypatch):
    drawn, learned = toy_images("mnist", 60), []
    monkeypatch.setattr(parts, "images", lambda name, limit: drawn)
    monkeypatch.setattr("lab.learning.fit", lambda network, params, x, labels, **options: (
        learned.append(labels) or ()))
    for labels in (parts.TRUE, parts.SHUFFLED):
        parts.follow_mnist(labels, 60, 80, (30, 30), 2, 0)
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
