"""scripts/experiments/sphere_model: the crossing, the circle, networks, verdicts that can fail."""
import numpy as np
import pytest
from experiments.sphere_model import parts
from experiments.sphere_model.claims import checks, circle_scatter, star
from tiny import verdict


def judged(curves, stages, quantity):
    return verdict(checks({**curves, "stages": stages}), quantity)


def made(lazy, feature, fixed, p=(16, 64, 256)):
    """Curves of d = 10 with these mean errors, three seeds each."""
    spread = np.array([[0.99], [1.0], [1.01]])
    return {f"{kind}, d = 10": {"p": np.array(p), "error": spread * errors,
                                "left": np.zeros((3, 3))}
            for kind, errors in (("lazy", lazy), ("feature", feature), ("feature, fixed", fixed))}


@pytest.fixture
def stages(monkeypatch):
    monkeypatch.setattr(parts, "N_TEST", 300)
    return parts.follow_stages(16, 40, 600)


def test_crossing_is_found_and_verdicts_can_fail(stages):
    curves = made([0.3, 0.2, 0.15], [0.4, 0.2 * 2 ** 0.5, 0.15 / 2 ** 0.5], [0.35, 0.2, 0.1])
    at, (low, high) = star(10, curves["lazy, d = 10"], curves["feature, d = 10"])
    assert abs(at - 128) < 1e-9 and low <= at <= high
    assert judged(curves, stages, "lazy / feature error at p = 16") == "pass"
    assert judged(curves, stages, "error, feature, fixed / free, p = 64") == "pass"
    curves = made([0.45, 0.2, 0.15], [0.4, 0.3, 0.2], [0.35, 0.31, 0.1])
    assert star(10, curves["lazy, d = 10"], curves["feature, d = 10"])[0] is None
    assert judged(curves, stages, "lazy / feature error at p = 16") == "FAIL"
    assert judged(curves, stages, "error, feature, fixed / free, p = 64") == "FAIL"
    assert judged(curves, stages, "lazy / feature error at p = 256") == "FAIL"
    curves["lazy, d = 10"]["left"][:] = 1
    assert judged(curves, stages, "points not learned, all networks") == "FAIL"


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


def test_networks_are_as_published(rng):
    for kind in parts.KINDS_AT_10:
        network, alpha = parts.network_of(kind, 10, 7)
        assert alpha == (1e6 if kind == "lazy" else 1e-6)
        params = network.init(rng)
        first = params[0] if kind == "feature, fixed" else params
        assert (first["bias"] == 0).all() == (kind in ("feature, fixed", "feature, b(0) = 0"))
    network, _ = parts.network_of("feature, fixed", 10, 7)
    assert "orientation" not in network.trainable_part(network.init(rng))[0]


def test_all_kinds_see_the_same_data(monkeypatch):
    seen = {}

    def spy(network, start, x, target, alpha, max_steps, label):
        seen[label.partition(", p")[0]] = x
        raise StopIteration

    monkeypatch.setattr(parts, "train", spy)
    for kind in parts.KINDS_AT_10:
        for d in (2, 10):
            with pytest.raises(StopIteration):
                parts.follow_curve(kind, d, 6, 5, 0, 1)
    first = seen["lazy, d 10"]
    assert all((seen[f"{kind}, d 10"] == first).all() for kind in parts.KINDS_AT_10)
    assert seen["lazy, d 2"].shape == (6, 2) and first.shape == (6, 10)
