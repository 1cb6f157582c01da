"""input_relevance at toy size: it keeps what it promises, and can fail."""
import numpy as np
import pytest
from experiments.input_relevance import parts
from experiments.input_relevance.blocks import one_transfer, whole_network
from experiments.input_relevance.claims import checks, claims, corners, difference, off_center
from experiments.input_relevance.experiment import SETTINGS, Setting, run
from lab.table import rows_of
from tiny import at_once, toy, verdict


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as monkeypatch:
        return run(toy("input_relevance", monkeypatch)[1], at_once)


def judged(result, quantity):
    return verdict(rows_of(claims(result), checks(result)), quantity)


def spoiled(result, part, **arrays):
    return {**result, part: {**result[part], **arrays}}


@pytest.mark.parametrize("part, epochs", [("gaussian", 15), ("pairs", 6), ("mnist", 40)])
def test_arrays_agree_with_one_another(result, part, epochs):
    arrays = result[part]
    assert arrays["curves"].shape == (len(arrays["accuracy"]), epochs, 3)
    assert (arrays["curves"][:, -1, 2] == arrays["accuracy"]).all()
    np.testing.assert_array_equal(arrays["eigenvalue"], np.abs(arrays["lambda_in"]))
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize("score, word", [("relevance", "|lambda| |phi|"),
                                         ("eigenvalue", "|lambda|")])
def test_gaussian_features_are_ranked_and_shuffled_scores_are_caught(result, rng, score, word):
    shuffled = spoiled(result, "gaussian",
                       **{score: rng.permuted(result["gaussian"][score], axis=1)})
    for quantity in (f"{word}: gap > 0.3 over irrelevant",
                     f"{word}: rank correlation with distance"):
        assert (judged(result, quantity), judged(shuffled, quantity)) == ("pass", "FAIL")


@pytest.mark.parametrize("quantity, damage", [
    ("|lambda| |phi|: paired over unpaired",
     lambda pairs: {"relevance": pairs["relevance"][:, ::-1]}),
    ("|lambda| |phi|, median: rank corr. with flip prob.",
     lambda pairs: {"relevance": pairs["relevance"][:, [2, 3, 0, 1, *range(4, 10)]]}),
    ("|lambda|: paired over unpaired",
     lambda pairs: {"eigenvalue": pairs["eigenvalue"][:, ::-1]}),
    ("test accuracy on marginals alone",
     lambda pairs: {"marginal_accuracy": np.array([0.5, 0.7])})])
def test_pairs_are_found_and_planted_mistakes_are_caught(result, quantity, damage):
    assert judged(result, quantity) == "pass"
    assert judged(spoiled(result, "pairs", **damage(result["pairs"])), quantity) == "FAIL"


def test_all_pixels_give_the_whole_accuracy_and_it_is_judged(result):
    mnist, quantity = result["mnist"], "test accuracy, all pixels"
    assert mnist["kept_relevance"].shape == (1, 4)
    assert mnist["kept_relevance"][0, -1] == mnist["accuracy"]
    assert judged(result, quantity) == "pass"
    assert judged(spoiled(result, "mnist", accuracy=mnist["accuracy"] - 0.01), quantity) == "FAIL"


def test_without_mnist_its_part_is_left_out(monkeypatch):
    monkeypatch.setattr("npspectral.data.at_hand", lambda name: False)
    plans = []

    def keep(plan):
        plans.append(plan)
        return {part: [{}] for part in plan}
    result = run(SETTINGS["default"], keep)
    assert set(plans[0]) == {"gaussian", "pairs"} == set(result) - {"one transfer", "whole network"}


def test_published_settings_are_those_of_the_notebooks():
    assert SETTINGS["full"] == Setting(
        parts.Training(1e-6, 1e-2, ((1e-2, 1000),)), parts.Training(1e-6, 1e-4, ((1e-2, 500),)),
        parts.Training(1e-2, 1e-4, ((1e-4, 5000),)), 10, 10, 60_000, 100_000)
    network = parts.spectral_network(784, 10, parts.ReLU())
    assert [layer.n_out for layer in network.layers[::2]] == [100, 100, 50, 10]


def test_shuffling_within_classes_keeps_marginals_and_breaks_pairs(rng):
    drawn = parts.correlated_pairs(rng, 2000)
    x, labels = parts.shuffle_within_classes(rng, drawn.x, drawn.labels)
    for label in (0, 1):
        np.testing.assert_array_equal(np.sort(x[labels == label], axis=0),
                                      np.sort(drawn.x[labels == label], axis=0))
    zeros = x[labels == 0]
    assert (drawn.x[labels == 0][:, 0] == drawn.x[labels == 0][:, 1]).all()
    assert (zeros[:, 0] == zeros[:, 1]).mean() < 0.02


def test_histograms_are_those_of_each_feature_in_each_class(rng):
    labels = np.arange(3000) % 2
    x = rng.standard_normal((3000, 3)) / 4 + np.outer(labels, [0, 1, -1])
    found, middles = parts.histograms(x, labels), (parts.BINS[1:] + parts.BINS[:-1]) / 2
    width = parts.BINS[1] - parts.BINS[0]
    np.testing.assert_allclose(found.sum(-1) * width, 1)
    np.testing.assert_allclose(found @ middles * width, [[0, 0, 0], [0, 1, -1]], atol=0.05)


# What is covered, alone or lit

CENTER, RING = 27, (0, 7, 56, 63)               # of 8 x 8 pixels


def test_a_network_that_looks_at_the_center_is_caught_doing_so(monkeypatch, rng):
    """Ones have the center, zeros the ring; both have other pixels, which say nothing."""
    labels = np.arange(40) % 2
    x = np.zeros((40, 64), np.float32)
    x[:, 8:20] = 0.5
    x[labels == 1, CENTER] = 1
    x[np.ix_(labels == 0, RING)] = 1
    monkeypatch.setattr(parts, "predict", lambda net, params, x: np.stack(
        [np.full(len(x), 0.5), x[:, CENTER]], axis=1))
    relevant = np.zeros(64, bool)
    relevant[[CENTER, *RING]] = True
    means = np.array([x[labels == digit].mean(0) for digit in (0, 1)])
    row = parts.occlusions(None, None, means, (x, labels), relevant, rng)
    assert np.flatnonzero(row["part"]).tolist() == [CENTER]
    for name, zeros, ones in (("covered", 0, 0), ("alone", 0, 1), ("lit", 1, 1)):
        assert row[f"{name}_part"].tolist() == row[f"{name}_relevant"].tolist() == [zeros, ones]
    for name, zeros, ones in (("covered", 0, 1), ("alone", 0, 0), ("lit", 0, 1)):
        assert row[f"{name}_others_of_part"].tolist() == [zeros, ones]


def test_other_pixels_are_as_many_drawn_and_free(rng):
    free = np.zeros(30, bool)
    free[10:20] = True
    for _ in range(20):
        mask = parts.chosen(rng, free, 4)
        assert mask.sum() == 4 and not (mask & ~free).any()
    assert parts.chosen(rng, free, 12).sum() == 10


def test_places_are_measured_from_the_center_and_in_the_corners():
    middle, corner = np.zeros((2, 8, 8), bool)
    middle[3:5, 3:5] = True
    corner[0, 0] = True
    assert off_center(np.array([middle.ravel(), corner.ravel(), 0 * corner.ravel() > 1])) == (
        pytest.approx([2 ** 0.5 / 16, 7 * 2 ** 0.5 / 16, 1]))
    scores = np.ones((1, 784))
    assert corners(scores).tolist() == [1]
    scores = scores.reshape(28, 28) / 4
    scores[3:25] = scores[:, 3:25] = 1
    assert corners(scores.reshape(1, 784)).tolist() == [0.25]


# Phi, Lambda and A

@pytest.mark.parametrize("matrices", [one_transfer, whole_network])
def test_a_is_as_the_formula_says_and_other_matrices_are_not(matrices):
    part = matrices()
    assert difference(**part) < 1
    assert np.abs(np.diag(part["formula"])).min() > 0 and len(set(part["lambdas"])) > 2
    for name in ("formula", "adjacency"):
        assert difference(**{**part, name: part[name] + 1e-10}) > 1
    phi, swapped = part["phi"], part["lambdas"][::-1]
    assert difference(**{**part, "adjacency": phi * swapped @ np.linalg.inv(phi)}) > 1
