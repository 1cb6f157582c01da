"""spectral_pruning at toy size: what is cut, and verdicts that can fail."""
import numpy as np
import pytest
from experiments.spectral_pruning import claims, parts
from experiments.spectral_pruning.experiment import SETTINGS, Setting, run
from lab.table import NOT, NOT_COMPARABLE, PARTLY, REPRODUCED
from tiny import at_once, judged, toy, toy_images

METHODS = ("dense", "post", "pre")
SHAPE = len(parts.PERCENTILES)


@pytest.fixture(autouse=True)
def images(monkeypatch):
    toy("spectral_pruning", monkeypatch)


def test_a_network_with_an_emptied_layer_says_the_first_class():
    left = parts.run_pre(parts.Case("mnist elu 20-1", 12, 2), 0)
    assert list(left["left"][parts.PERCENTILES.index(95)]) == [0, 0]
    assert left["accuracy"][-1] == np.mean(toy_images("mnist")[1][1] == 0)


def test_every_method_gives_an_accuracy_and_the_nodes_left():
    name = "mnist elu 20-10"
    result = run(Setting(((name, 12, METHODS),), 2, seeds=2, longer=((name, 2, METHODS[:1]),)),
                 at_once)
    assert list(result) == [*(f"{name}, {method}" for method in METHODS), f"{name} longer, dense"]
    for part, arrays in result.items():
        seeds = 1 if "longer" in part else 2
        assert arrays["accuracy"].shape == (seeds, 6) and arrays["left"].shape == (seeds, 6, 2)
        assert (np.diff(arrays["left"].sum(-1)) <= 0).all() and arrays["whole"].shape == (seeds,)
        np.testing.assert_array_equal(arrays["left"][:, 1].sum(-1), 15)      # half of 30
    dense = result[f"{name}, dense"]
    assert dense["whole"].min() > 0.3                                        # chance is 0.1
    assert (dense["by_layer"][:, 1] != dense["accuracy"][:, 1]).any()
    assert (result[f"{name} longer, dense"]["whole"] != dense["whole"][0]).any()


def test_the_largest_eigenvalues_go_first_where_scores_are_turned():
    np.testing.assert_array_equal(parts.turned(np.array([3.0, 1.0, 4.0, 2.0])), [2, 4, 1, 3])
    net, params, _, test_set = parts.begin(parts.Case("mnist elu 20", 12), 0, "spectral")
    sizes = np.abs(params[0]["lambda_out"])
    stay = parts.percentile_masks((parts.turned(sizes),), 50)[0]
    assert sizes[stay].max() < sizes[~stay].min()


def test_what_is_removed_says_the_same_as_what_is_masked():
    net, params, _, (x, labels) = parts.begin(parts.Case("mnist elu 20-10", 12), 0, "dense")
    strengths = parts.node_scores(net, params, "strength")
    stay = parts.percentile_masks(strengths, 50, "layer")
    small, rest = parts.without(net, params, stay)
    assert [layer.n_out for layer in small.layers[::2]] == [*map(sum, stay), 10]
    masked = parts.mask_nodes(net, params, stay)
    np.testing.assert_allclose(small.forward(rest, x)[0], net.forward(masked, x)[0], atol=1e-5)
    whole, rest = parts.without(net, params, (stay[0], np.zeros(10, bool)))
    assert whole is net and not rest[2]["weight"].any()


def ours(names, moved=0.0):
    """Arrays as published, of five seeds that end alike; `moved` goes to what is cut by weights."""
    result = {}
    for name in names:
        for method, row in claims.published(name).items():
            row = np.tile(row + moved * (method == "dense"), (5, 1))
            result[f"{name}, {method}"] = {
                "accuracy": row, "whole": row[:, 0], "by_layer": row, "at_random": row - 0.1,
                "largest_first": row - 0.2, "left": np.full((5, SHAPE, len(name.split("-"))), 9)}
    return result


def verdicts(result):
    return judged(claims.claims(result))


NAMES = ("mnist tanh 500", "mnist relu 500", "mnist tanh 800-800", "fashion-mnist relu 800-800",
         "mnist elu 800-800-800", "mnist elu 500-500-500")


def test_verdicts_are_reproduced_on_the_published_numbers():
    found = verdicts(ours(NAMES))
    assert found.pop("two and three layers, numbers") == NOT_COMPARABLE
    assert len(found) == 6 and set(found.values()) == {REPRODUCED}


def test_verdicts_fail_on_other_numbers():
    assert verdicts(ours(NAMES, -0.06))["three layers, by weights"] == NOT
    assert verdicts(ours(NAMES, 0.4))["tanh: pre, post, dense"] == PARTLY
    assert verdicts(ours(NAMES, -0.4))["ReLU: weights rank better"] == NOT
    assert verdicts(ours(NAMES, 0.12))["two and three layers: post, dense"] == PARTLY
    result = ours(NAMES)
    for part in result:
        result[part]["at_random"] = result[part]["accuracy"] + 0.01
    assert verdicts(result)["small eigenvalues can go"] == PARTLY
    result = ours(NAMES)
    result["mnist tanh 500, pre"]["accuracy"] -= 0.03
    assert verdicts(result)["compact, performance unchanged"] == PARTLY


def test_three_layers_that_fit_no_more_after_longer_training_are_reproduced_in_part():
    result = ours(NAMES)
    result["mnist elu 800-800-800 longer, dense"] = ours(
        ["mnist elu 800-800-800"], 0.06)["mnist elu 800-800-800, dense"]
    assert verdicts(result)["three layers, by weights"] == PARTLY


def test_width_500_is_not_judged_as_the_published_three_layers():
    assert "three layers, by weights" not in verdicts(ours(["mnist elu 500-500-500"]))


def test_full_is_the_published_protocol():
    full = SETTINGS["full"]
    assert (full.seeds, full.epochs_after, full.limit, len(full.cases)) == (5, 20, None, 22)
    assert {epochs for _, epochs, _ in full.cases} == {100}
    known = {name for name, *_ in full.cases}
    assert {name for name, *_ in SETTINGS["default"].cases} < known
    assert all(claims.published(name) for name in known)    # there is something to compare with
    net = parts.network(parts.Case("mnist elu 800-800-800"), "spectral", 784)
    assert all("bias" not in layer.shapes for layer in net.layers)
    assert [layer.n_out for layer in net.layers[::2]] == [800, 800, 800, 10]
