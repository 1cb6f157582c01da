"""scripts/experiments/intrinsic_dimension: clouds, layers, labels, verdicts that can fail."""
import numpy as np
import pytest
from experiments.intrinsic_dimension import parts
from experiments.intrinsic_dimension.claims import checks, claims, correlation
from lab import tasks
from lab.table import rows_of
from tiny import failed, judged, toy_images

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
    monkeypatch.setattr(tasks, "images", toy_images)
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


def arm(*layers, error=0.1, **more):
    """Arrays of two seeds whose layers have these dimensions, by both estimators."""
    dimension = np.repeat(np.tile(np.array(layers, float), (2, 1))[..., None], 2, axis=2)
    shape = dimension.shape[:2]
    return {"dimension": dimension, "error": np.array([error, error + 0.01]), "points": 160,
            "largest": np.full((*shape, 2), 0.1), "copies": np.zeros(shape, int),
            "components": np.full(shape, 200), "train_error": np.zeros(2),
            "by_coordinate": np.full(2, 0.1), "blocks": np.ones((2, 2, 5)), **more}


def line(last=3.0, by_coordinate=0.99, largest=0.49):
    return arm(10, 9, 7, last, by_coordinate=np.full(2, by_coordinate),
               largest=np.full((2, 4, 2), largest))


def result_of(**changed):
    """Of dimensions as they are claimed, but for what is changed."""
    flow = {"untrained": arm(10, 10, 10, 10), "feature": line(), "lazy": arm(10, 10, 10, 10)}
    toy = arm(1, components=np.array([2, 2]))
    arms = {"control, curve in the plane": {**toy, "dimension": toy["dimension"][:, 0]},
            **{f"{part}, {regime}": own for part in ("stripe", "mnist parity")
               for regime, own in flow.items()},
            "mnist, untrained": arm(13, 13, 14, 13), "mnist, 30 true labels": arm(13, 12, 9, 7),
            "mnist, 300 true labels": arm(13, 12, 8, 6, error=0.05),
            "mnist, shuffled labels": arm(13, 17, 14, 10),
            "mnist luminance, untrained": arm(3, 3, 3, 2),
            "mnist luminance, trained": arm(3, 8, 7, 6),
            "mnist networks, 1 x 30": arm(13, 10, 9, error=0.12),
            "mnist networks, 2 x 30": arm(13, 12, 11, 9, error=0.2)}
    assert set(changed) <= set(arms)
    return {**arms, **changed}


def verdicts(result):
    """name -> verdict, of claims that are not reproduced."""
    return {name: said for name, said in judged(claims(result)).items() if said != "reproduced"}


def test_all_claims_hold_where_the_dimensions_are_as_claimed():
    assert verdicts(result_of()) == dict.fromkeys(
        ["Rises first", "Principal components do not see it", "Last dimension predicts the error"],
        "not comparable")
    assert failed(checks(result_of())) == []


@pytest.mark.parametrize("changed, name, verdict", [
    ({"stripe, feature": line(7)}, "Dimension falls in deep layers", "partly"),
    ({"stripe, feature": line(6.9)}, "Compression in the last layers", "partly"),
    ({"stripe, feature": line(by_coordinate=0.9)}, "Only x_par in the stripe", "partly"),
    ({"mnist parity, feature": line(by_coordinate=0.9, largest=0.4)}, "A 1D manifold in MNIST",
     "not"),
    ({"mnist, 300 true labels": arm(13, 14, 8, 6, error=0.05)},
     "MNIST falls from input to output", "partly"),
    ({"mnist, shuffled labels": arm(13, 15, 14, 10)}, "Shuffled labels rise", "partly"),
    ({"mnist, shuffled labels": arm(13, 12, 12, 10)}, "Shuffled labels rise", "not"),
    ({"mnist, untrained": arm(13, 13, 10, 13)}, "Neither untrained nor with shuffled labels",
     "partly"),
    ({"mnist, 30 true labels": arm(13, 12, 13, 7)}, "Neither untrained nor with shuffled labels",
     "partly"),
    ({"mnist luminance, trained": arm(3, 3, 3, 3)}, "Luminance rises first", "partly")])
def test_claims_do_not_hold_where_the_dimensions_differ(changed, name, verdict):
    claim, = (claim for claim in claims(result_of(**changed)) if claim.name == name)
    assert claim.judge() == verdict and claim.note


@pytest.mark.parametrize("layers, failing", [
    ((3, 8, 7, 6), []),
    ((5, 8, 7, 6), ["input"]),
    ((3, 4, 4, 3.7), ["largest of the hidden layers over input", "last hidden layer", "output"]),
    ((3, 8, 7, 7.7), ["output over largest of the hidden layers"])])
def test_luminance_has_to_rise_to_the_published_values_and_fall(layers, failing):
    result = result_of(**{"mnist luminance, trained": arm(*layers)})
    claim, = (claim for claim in claims(result) if claim.name == "Luminance rises first")
    assert [quantity for _, quantity in failed(claim.rows)] == failing


def test_components_are_those_of_the_last_hidden_layer():
    trained = arm(13, 12, 8, 6, error=0.05, components=np.array([[90, 50, 20, 5]] * 2))
    claim, = (claim for claim in claims(result_of(**{"mnist, 300 true labels": trained}))
              if claim.name.startswith("Principal"))
    assert [row.values.tolist() for row in claim.rows] == [[2.5, 2.5], [0.1, 0.1]]


def test_own_checks_see_lazy_networks_that_move_and_untrained_ones_that_fall():
    moved = {"stripe, lazy": arm(10, 10, 10, 9), "mnist parity, untrained": arm(10, 9, 9, 8)}
    assert failed(checks(result_of(**moved))) == [
        ("stripe", "last hidden layer, |lazy / untrained - 1|"),
        ("mnist parity", "last hidden layer, |lazy / untrained - 1|"),
        ("mnist parity", "last hidden layer over input, untrained")]


def test_the_correlation_is_that_of_means_over_seeds_network_by_network(rng):
    claim, = (claim for claim in claims(result_of())
              if claim.name == "Last dimension predicts the error")
    row, _ = claim.rows                         # 1 x 30, 2 x 30, and the network of 30 images
    want = np.corrcoef([10, 11, 9], [0.125, 0.205, 0.105])[0, 1]
    assert row.values.item() == pytest.approx(want, rel=1e-12)
    assert row.interval == pytest.approx((want, want), abs=1e-3) and row.seeds == 2
    dimensions, errors = rng.random((3, 6)), rng.random((3, 6))
    assert correlation(dimensions, errors) == pytest.approx(
        np.corrcoef(dimensions.mean(0), errors.mean(0))[0, 1], rel=1e-10)


def test_without_images_there_are_no_claims_of_them():
    kept = {name: arrays for name, arrays in result_of().items() if not name.startswith("mnist")}
    assert {row.part for row in rows_of(claims(kept), checks(kept))} == {"stripe", "control"}
