"""scripts/experiments/sphere_model: crossings, circles, laws, networks, verdicts that can fail."""
import numpy as np
import pytest
from experiments.sphere_model import claims, parts
from experiments.sphere_model.claims import (bends, circle_rows, circle_scatter, cosines,
                                             crossing_rows, curves_of, distance, end_rows, evenness,
                                             fixed_rows, flower_rows, growth_row, star, start_rows,
                                             stars)

from npspectral.data import sphere
from npspectral.training import Limits, gradient_flow, settle


def curves_with(d, lazy, feature, fixed=None, p=(16, 64, 256)):
    """Curves with these mean errors, three seeds each."""
    spread, kinds = np.array([[0.99], [1.0], [1.01]]), {"lazy": lazy, "feature": feature}
    kinds |= {"feature, fixed": fixed} if fixed else {}
    return curves_of({f"{kind}, d = {d}": {"p": np.array(p), "error": spread * errors}
                      for kind, errors in kinds.items()})


def judged(rows):
    return [row.judge() for row in rows]


def test_crossing_is_found_and_verdicts_can_fail():
    curves = curves_with(10, [0.3, 0.2, 0.15], [0.4, 0.2 * 2 ** 0.5, 0.15 / 2 ** 0.5],
                         [0.35, 0.2, 0.1])
    at, (low, high) = star(curves["lazy", 10], curves["feature", 10])
    assert abs(at - 128) < 1e-9 and low <= at <= high
    assert judged(crossing_rows(curves)) == ["pass", "pass"]        # p*, and p = 16 below it
    assert judged(fixed_rows(curves)) == ["pass", "pass", "pass"]
    curves = curves_with(10, [0.45, 0.2, 0.15], [0.4, 0.3, 0.2], [0.35, 0.31, 0.1])
    assert star(curves["lazy", 10], curves["feature", 10]) == (256, (256, 256))
    assert judged(crossing_rows(curves)) == ["FAIL", "FAIL", "pass"]
    assert judged(fixed_rows(curves)) == ["pass", "FAIL", "pass"]


def test_p_star_may_lie_beyond_the_sizes():
    never = curves_with(20, [0.3, 0.2, 0.1], [0.4, 0.3, 0.2])
    always = curves_with(2, [0.3, 0.2, 0.1], [0.2, 0.1, 0.05])
    between = curves_with(5, [0.3, 0.2, 0.15], [0.4, 0.2 * 2 ** 0.5, 0.15 / 2 ** 0.5])
    found = stars(never | always | between)
    assert list(found) == [2, 5, 20]
    assert np.allclose([at for at, _ in found.values()], (16, 128, 256))
    between["feature", 5]["error"][0, -1] = 0.5     # a network that did not learn: medians hold
    assert abs(star(between["lazy", 5], between["feature", 5])[0] - 128) < 2
    assert growth_row(never | always | between).judge() == "pass"
    assert growth_row(curves_with(2, [0.3, 0.2, 0.1], [0.4, 0.3, 0.2]) | between).judge() == "FAIL"


def test_scatter_is_that_about_the_circle_that_points_lie_on(rng):
    angle = rng.uniform(0, 2 * np.pi, 40)
    z = np.array([0.3, -1]) + 2 * np.column_stack((np.cos(angle), np.sin(angle)))
    even = np.full(40, 1 / 40)
    assert circle_scatter(z, even) < 1e-14
    far = np.concatenate((z, [[9.0, 9.0]]))
    assert circle_scatter(far, np.append(even, 0)) < 1e-14 < circle_scatter(far, np.ones(41) / 41)
    cross = np.array([[1.1, 0], [-1.1, 0], [0, 0.9], [0, -0.9]])
    radius = np.sqrt((1.1 ** 2 + 0.9 ** 2) / 2)
    want = np.sqrt(((1.1 - radius) ** 2 + (0.9 - radius) ** 2) / 2) / radius
    assert abs(circle_scatter(cross, np.full(4, 1 / 4)) - want) < 1e-14


def stages_of_points(*clouds):
    """Stages (1, stage, ...) of neurons at these z of weight 1; labels 0: all alive."""
    z = np.stack([cloud for cloud in clouds])
    omega = -z / (z ** 2).sum(-1, keepdims=True) * 2 ** 0.5
    vectors = np.concatenate((omega, np.ones((*z.shape[:2], 1))), -1)
    vectors /= np.sqrt((vectors ** 2).sum(-1, keepdims=True))
    return {"vectors": vectors[None], "beta": np.ones((1, *z.shape[:2])),
            "labels": np.zeros((1, *z.shape[:2]), int), "attractors": np.full((1, len(z)), 9)}


def test_a_ring_is_even_and_round_and_a_cluster_is_neither(rng):
    angle = np.arange(48) * np.pi / 24 + 0.01
    ring = 0.5 * np.column_stack((np.cos(angle), np.sin(angle)))
    cloud = rng.uniform(-0.5, 0.5, (48, 2))
    stages = stages_of_points(cloud, cloud, ring, 0.5 + 0.01 * cloud)
    assert np.allclose(evenness(stages)[0, 2:], (12, 1))
    half = np.concatenate((ring[:24], ring[:24]))
    for start, escaped, want in ((cloud, ring, ["pass", "pass"]), (ring, cloud, ["FAIL", "pass"]),
                                 (cloud, half, ["pass", "FAIL"])):
        assert judged(circle_rows(stages_of_points(start, escaped), stages))[:2] == want
    assert judged(end_rows(stages_of_points(cloud, cloud, ring, 0.5 * cloud)))[::3] == [
        "pass", "FAIL"]


def test_the_start_has_the_law_of_a_gaussian_and_another_start_has_not(rng):
    from scipy.stats import kstest
    values = rng.random(50)
    assert abs(distance(values) / 50 ** 0.5 - kstest(values, "uniform").statistic) < 1e-14
    vectors = rng.standard_normal((2, 3, 4000, 3))
    assert judged(start_rows({"vectors": vectors})) == ["pass", "pass"]
    assert judged(start_rows({"vectors": vectors * [1, 1, 1.2]})) == ["FAIL", "pass"]
    assert judged(start_rows({"vectors": np.abs(vectors)})) == ["pass", "FAIL"]


def test_neurons_on_circles_are_those_that_a_point_switches():
    x = np.array([[3.0, 4.0], [-1.0, 2.0]])
    z = np.array([[3.0, 4.0], [0.3, 0.9], [4.0, 2.0], [0.5, 0.7]])
    stages = stages_of_points(z)
    neurons = parts.Neurons(stages["vectors"][0, 0, :, :2], stages["vectors"][0, 0, :, 2],
                            np.ones(4))
    assert parts.seen(neurons, x)["on_circle"] == 0.5
    on = np.array([[0.02, 0.1, 0.2], [0.02, 0.1, 0.03]])
    assert judged(flower_rows({"on_circle": on[:1]}))[0] == "pass"
    assert judged(flower_rows({"on_circle": on}))[0] == "FAIL"


def test_orientations_that_turn_are_seen():
    vectors = np.ones((1, 3, 4, 3))
    assert np.allclose(cosines({"vectors": vectors}), 1)
    vectors[:, 2, 0] = [1, -1, 1]
    assert np.allclose(cosines({"vectors": vectors}), [0, 1, 1, 1])


def test_f_bends_where_neurons_are_and_nowhere_else(rng, monkeypatch):
    line = {"vectors": rng.standard_normal((2, 3, 9, 2)), "beta": rng.standard_normal((2, 3, 9))}
    assert (bends(line) < 1e-13).all()
    monkeypatch.setattr(claims, "places", lambda vectors: vectors[:, 1:] / vectors[:, :1])
    assert (bends(line) > 1e-3).all()               # of the wrong sign


def test_the_limit_of_the_lazy_regime_is_that_of_large_alpha(rng):
    (x, target), (x_test, _) = sphere(rng, 30, 4), sphere(rng, 200, 4)
    network = parts.network_of("lazy", 4, 60)
    start = network.init(rng)
    _, outputs = parts.train_kernel(network, start, x, target, x_test, 6000, "")
    flow = gradient_flow(network, start, x, target, alpha=1e6, limits=Limits(floor=0.03))
    end = settle(flow, target, max_steps=6000).params
    change = 1e6 * (network.forward(end, x_test)[0] - network.forward(start, x_test)[0])
    assert np.abs(outputs - change).max() < 0.05 * np.abs(change).max()
    assert ((outputs > 0) == (change > 0)).mean() > 0.98


def test_networks_are_as_published(rng):
    for kind in parts.KINDS_AT_10:
        network = parts.network_of(kind, 10, 7)
        params = network.init(rng)
        first = params[0] if kind == "feature, fixed" else params
        assert (first["bias"] == 0).all() == (kind in ("feature, fixed", "feature, b(0) = 0"))
    network = parts.network_of("feature, fixed", 10, 7)
    assert "orientation" not in network.trainable_part(network.init(rng))[0]


def test_all_kinds_see_the_same_data(monkeypatch):
    seen = {}

    def spy(network, start, x, target, alpha, max_steps, label):
        seen[label.partition(", p")[0]] = x
        raise StopIteration

    monkeypatch.setattr(parts, "train", spy)
    monkeypatch.setattr(parts, "train_kernel", lambda network, start, x, target, x_test, *rest: spy(
        network, start, x, target, None, *rest))
    for kind in parts.KINDS_AT_10:
        for d in (2, 10):
            with pytest.raises(StopIteration):
                parts.follow_curve(kind, d, 6, 5, 0, 1)
    first = seen["lazy, d 10"]
    assert all((seen[f"{kind}, d 10"] == first).all() for kind in parts.KINDS_AT_10)
    assert seen["lazy, d 2"].shape == (6, 2) and first.shape == (6, 10)
