"""scripts/experiments/mnist_convolution: what is learned, by whom; verdicts that can fail."""
import numpy as np
import pytest
from experiments.mnist_convolution import parts
from experiments.mnist_convolution.claims import METHODS, checks, claims, rank_correlation
from experiments.mnist_convolution.figures import layer_names, titled
from lab.statistics import exponent
from lab.tasks import draw_whole, error_of
from tiny import failed, judged, verdict

from npspectral.analysis.kernels import tangent_kernel
from npspectral.nn import tree


@pytest.fixture(autouse=True)
def few_are_looked_at(monkeypatch):
    monkeypatch.setattr(parts, "N_LOOK", 50)


def test_the_published_network_is_that_of_28_x_28_pixels(rng):
    published = parts.build("convolutional", 784, 8)
    assert tree.size(published.init(rng)) == 5008 and published.layers[6].image == (3, 3, 8)
    small = parts.build("convolutional", 64, 8)                     # the digits
    assert small.layers[0].padding == 2 and small.layers[6].image == (2, 2, 8)
    assert tree.size(parts.build(parts.DEEP, 784, 10).init(rng)) == 23_251
    dense = parts.build("dense", 784, 100)
    assert tree.size(dense.init(rng)) == 784 * 100 + 100 + 100 * 100 + 100 + 100


def test_seeds_share_no_training_image():
    (first, y), test_set = draw_whole("digits", 1297, 0, 20, 30)
    (second, _), same = draw_whole("digits", 1297, 1, 20, 30)
    assert not (first[:, None] == second).all(-1).any()
    assert (test_set[0] == same[0]).all() and len(test_set[0]) == 30
    np.testing.assert_allclose(np.square(first).sum(1), 64)
    assert y.sum() == 0


def test_training_ends_beyond_the_margin_in_single_precision(rng):
    (x, y), _ = draw_whole("digits", 1297, 0, 16, 10)
    network = parts.build("convolutional", 64, 8)
    start = network.init(rng)
    end = parts.train(network, start, x, y, parts.FEATURE, 1000, "")
    assert end.settled and end.outputs.dtype == np.float32
    moved = network.forward(parts.cast(end.params, float), x)[0] - network.forward(start, x)[0]
    assert (y * parts.FEATURE * moved).min() > 0.999
    assert parts.train(network, start, x, y, parts.FEATURE, 3, "").step == 3


def test_at_large_alpha_the_network_is_the_flow_with_its_first_kernel():
    arrays = parts.sweep("dense", "digits", 40, 20, 100, (-3, 6), 2000, 0)
    (x, y), test_set = draw_whole("digits", 1297, 0, 20, 100)
    network = parts.build("dense", 64, 40)
    start = network.init(np.random.default_rng(0))
    frozen = parts.frozen(network, start, x, y, test_set, parts.moved_images(
        np.random.default_rng(0), test_set[0]))
    assert arrays["error"][1] == pytest.approx(frozen["errors"][0], abs=0.021)
    assert arrays["kernel"][1] < 1e-3 < 1 < arrays["kernel"][0]
    assert arrays["parameters"][1] < 1e-4 < 0.1 < arrays["parameters"][0]
    assert (arrays["unlearned"] == 0).all()


def test_a_kernel_that_knows_the_labels_makes_no_error(rng, monkeypatch):
    y = np.where(np.arange(30) % 2 == 0, 1.0, -1.0)[:, None]
    x = np.c_[y, 0.1 * rng.standard_normal((30, 3))]
    monkeypatch.setattr(parts, "tangent_kernel", lambda network, params, x1, x2=None: (
        x1 @ (x1 if x2 is None else x2).T))
    for test_y, wrong in ((y, 0), (-y, 1)):
        frozen = parts.frozen(None, None, x, y, (x, test_y), (x, x + 0.3, x + 0.3))
        assert frozen["errors"] == [wrong, wrong] and frozen["left"] == 0
        assert frozen["frozen_stability"] == 1


def test_noise_moves_an_image_as_far_as_its_deformation(rng):
    x = draw_whole("digits", 1297, 0, 20, 40)[1][0]
    same, deformed, noisy = parts.moved_images(rng, x)
    assert same is x
    distances = [np.linalg.norm(moved - x, axis=1) for moved in (deformed, noisy)]
    np.testing.assert_allclose(*distances, rtol=1e-12)
    assert 1 < distances[0].min() and distances[0].max() < 8


def test_a_run_is_as_its_definitions_say():
    arrays = parts.follow("convolutional", "digits", 8, 16, 60, 400, 0)
    (x, y), (fresh, labels) = draw_whole("digits", 1297, 0, 16, 60)
    network, rng = parts.build("convolutional", 64, 8), np.random.default_rng(0)
    start = network.init(rng)
    end = parts.train(network, start, x, y, parts.FEATURE, 400, "")
    after, before = (network.forward(parts.cast(stage, float), fresh)[0]
                     for stage in (end.params, start))
    assert arrays["errors"][0] == error_of(after - before, labels)
    assert arrays["steps"] == end.step and arrays["left"] == [0, 0, 0]
    kernels = [parts.frozen(network, parts.cast(stage, float), x, y, (fresh, labels),
                            parts.moved_images(np.random.default_rng(1), fresh))
               for stage in (end.params, start)]
    assert arrays["errors"][1:] == [*kernels[0]["errors"], *kernels[1]["errors"]]
    kernel = tangent_kernel(network, start, fresh[:50])
    values, vectors = np.linalg.eigh(kernel)
    np.testing.assert_allclose(arrays["shares"][0, :5],
                               (vectors.T[::-1][:5] @ labels[:50, 0]) ** 2 / 50, atol=1e-8)
    assert arrays["alignment"][0] == pytest.approx(
        labels[:50, 0] @ kernel @ labels[:50, 0] / 50 / np.sqrt((values ** 2).sum()))
    assert (arrays["stability"][:, 0] == 1).all()                   # of the images
    assert arrays["dimension"].shape == arrays["stability"].shape == (2, 7)
    assert arrays["dimension"][0, 0] == arrays["dimension"][1, 0]


def made_up(kind, feature, lazy, **changed):
    """Arrays of a network whose errors fall with these exponents; all else is as published."""
    p, seeds = np.array([64, 128, 256, 512]), np.array([0.9, 1.0, 1.1])[:, None]
    beta = {"feature": feature, "final kernel": feature, "SVC, final kernel": feature}
    errors = np.stack([seeds * (p / 32) ** -beta.get(method, lazy) for method in METHODS], -1)
    stages = np.ones((3, 4, 2))
    shares = np.zeros((3, 4, 2, 30))
    shares[..., 1, 0] = shares[..., 0, 20] = 1
    stability = errors[..., [0, 0], None] * np.ones(2)
    stability[:, :, 0] = 1
    arrays = {"p": p, "errors": errors, "left": np.zeros((3, 4, 3)), "steps": np.ones((3, 4)),
              "seconds": np.ones((3, 4)), "alignment": stages * [0.1, 0.4], "shares": shares,
              "information": (stages * [0.1, 0.4])[:, :, :, None, None] * np.ones((2, 20)),
              "dimension": np.ones((3, 4, 2, 2)), "stability": stability,
              "frozen_stability": np.stack([errors[..., 0], errors[..., 3]], -1)}
    return {f"{kind}, mnist": arrays | changed}


AS_PUBLISHED = {**made_up("convolutional", 0.5, 1 / 3), **made_up("dense", 0.3, 0.45)}


def test_verdicts_of_what_is_as_published_and_of_what_is_not():
    said = judged(claims(AS_PUBLISHED))
    for name in ("guides to the exponents", "stability after training"):
        assert said.pop(name) == "not comparable"
    together, = (row for claim in claims(AS_PUBLISHED) for row in claim.rows
                 if row.quantity.startswith("rank correlation"))
    assert together.values > 0.9                        # R is the test error itself
    assert set(said.values()) == {"reproduced"} and failed(checks(AS_PUBLISHED)) == []
    turned = {**made_up("convolutional", 1 / 3, 0.5, alignment=np.ones((3, 4, 2)) * [0.4, 0.1]),
              **made_up("dense", 0.45, 0.3)}
    said = judged(claims(turned))
    for name in ("convolutional networks learn features", "dense networks are lazy",
                 "two regimes, two exponents", "final kernel beats the initial one"):
        assert said[name] == "not", name
    assert said["kernel PCA as on the stripe"] == "partly"


def test_a_final_kernel_beyond_15_percent_and_points_to_go_are_told():
    arrays = made_up("convolutional", 0.5, 1 / 3)["convolutional, mnist"]
    arrays["errors"][:, 3, 1] *= 1.2
    arrays["left"][1, 2, 0] = 0.1
    result = AS_PUBLISHED | {"convolutional, mnist": arrays}
    said = judged(claims(result))
    assert said["final kernel as good as the network"] == "partly"
    rows = checks({"convolutional, mnist": arrays})
    assert failed(rows) == [("convolutional, mnist", "share of points to go, feature")]
    assert verdict(rows, "share of points to go, lazy") == "pass"


def test_the_network_of_16_layers_runs_and_is_judged_with_the_other_one():
    arrays = parts.follow(parts.DEEP, "digits", 2, 16, 60, 3, 0)
    assert arrays["steps"] == 3 and arrays["left"][0] > 0
    assert arrays["stability"].shape[0] == arrays["dimension"].shape[0] == 2
    deep = made_up(parts.DEEP, 1 / 3, 0.5)
    said = judged(claims(AS_PUBLISHED | deep))
    assert said["two regimes, two exponents"] == "partly"


def test_an_exponent_and_a_rank_correlation_of_numbers_that_are_known(rng):
    p = np.array([64, 128, 256])
    assert exponent(p, 3 * p[None] ** -0.4 * np.array([[0.5], [1.5]])) == pytest.approx(0.4)
    x = rng.random(20)
    assert rank_correlation(x, np.exp(5 * x)) == pytest.approx(1)
    assert rank_correlation(x, -x) == pytest.approx(-1)


def test_what_is_not_the_published_network_is_called_so():
    assert titled("convolutional, digits") == "digits, convolutional (not the published net)"
    assert titled("convolutional, mnist, alpha") == "mnist, convolutional"
    assert titled("dense, digits") == "digits, dense"
    assert layer_names(7) == ["x", "1", "2", "3", "4", "mean", "f"]
    assert layer_names(4) == ["x", "1", "2", "f"]
