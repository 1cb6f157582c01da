"""input_relevance at toy size: it keeps what it promises, and can fail."""
import numpy as np
import pytest
from experiments.input_relevance import parts
from experiments.input_relevance.claims import checks
from experiments.input_relevance.experiment import SETTINGS, Setting, run
from tiny import at_once, toy, verdict


@pytest.fixture(scope="module")
def result():
    with pytest.MonkeyPatch.context() as monkeypatch:
        return run(toy("input_relevance", monkeypatch)[1], at_once)


def judged(result, quantity):
    return verdict(checks(result), quantity)


def spoiled(result, part, **arrays):
    return {**result, part: {**result[part], **arrays}}


@pytest.mark.parametrize("part, epochs", [("gaussian", 15), ("pairs", 6), ("mnist", 40)])
def test_arrays_agree_with_one_another(result, part, epochs):
    arrays = result[part]
    assert arrays["curves"].shape == (len(arrays["accuracy"]), epochs, 3)
    assert (arrays["curves"][:, -1, 2] == arrays["accuracy"]).all()
    np.testing.assert_array_equal(arrays["eigenvalue"], np.abs(arrays["lambda_in"]))
    assert all(np.isfinite(array).all() for array in arrays.values())


def test_gaussian_features_are_ranked_and_shuffled_relevance_is_caught(result, rng):
    shuffled = spoiled(result, "gaussian", relevance=rng.permuted(result["gaussian"]["relevance"],
                                                                  axis=1))
    for quantity in ("relevance: gap > 0.3 over irrelevant",
                     "relevance: rank correlation with the gap"):
        assert (judged(result, quantity), judged(shuffled, quantity)) == ("pass", "FAIL")


@pytest.mark.parametrize("quantity, damage", [
    ("relevance: paired over unpaired",
     lambda pairs: {"relevance": pairs["relevance"][:, ::-1]}),
    ("median relevance: rank corr. with flip prob.",
     lambda pairs: {"relevance": pairs["relevance"][:, [2, 3, 0, 1, *range(4, 10)]]}),
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
    run(SETTINGS["quick"], lambda plan: plans.append(plan) or {})
    assert set(plans[0]) == {"gaussian", "pairs"}


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
