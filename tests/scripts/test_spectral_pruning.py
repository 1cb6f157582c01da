"""spectral_pruning at toy size: what is cut, and verdicts that can fail."""
import numpy as np
import pytest
from experiments.spectral_pruning import claims, parts
from experiments.spectral_pruning.experiment import SETTINGS, Setting, run
from tiny import at_once, failed, toy, toy_images


@pytest.fixture(autouse=True)
def images(monkeypatch):
    toy("spectral_pruning", monkeypatch)


def test_a_network_with_an_emptied_layer_says_the_first_class():
    left = parts.run_pre(parts.Case("mnist elu 20-1", 12, 2), 0)
    assert list(left["left"][parts.PERCENTILES.index(95)]) == [0, 0]
    assert left["accuracy"][-1] == np.mean(toy_images("mnist")[1][1] == 0)


def test_every_method_gives_an_accuracy_and_the_nodes_left():
    result = run(Setting(("mnist elu 20-10",), 2, 12, 2), at_once)
    assert list(result) == [f"mnist elu 20-10, {method}" for method in claims.METHODS]
    for part in result.values():
        assert part["accuracy"].shape == (2, 6) and part["left"].shape == (2, 6, 2)
        assert (np.diff(part["left"].sum(-1)) <= 0).all() and part["whole"].shape == (2,)
        np.testing.assert_array_equal(part["left"][:, 1].sum(-1), 15)        # half of 30
    dense = result["mnist elu 20-10, dense"]
    assert dense["whole"].min() > 0.3                                        # chance is 0.1
    assert (dense["by_layer"][:, 1] != dense["accuracy"][:, 1]).any()


def test_verdicts_pass_on_the_published_numbers_and_fail_on_others():
    name = "fashion-mnist relu 500"
    ours = {f"{name}, {method}": {"accuracy": row[None], "by_layer": row[None],
                                  "by_signed_sum": row[None]}
            for method, row in claims.published(name).items()}
    judged = [row for row in claims.checks(ours) if row.judge()]
    assert all(row.judge() == "pass" for row in judged)
    assert sum("dense less post" in row.quantity for row in judged) == 2    # where spectral loses
    dense, post = f"{name}, dense", f"{name}, post"
    ours[dense], ours[post] = ours[post], ours[dense]
    quantities = [quantity for _, quantity in failed(claims.checks(ours))]
    assert sum("dense less post" in quantity for quantity in quantities) == 2
    assert any("off by more" in quantity for quantity in quantities)


def test_full_is_the_published_protocol():
    full = SETTINGS["full"]
    assert (full.seeds, full.epochs, full.epochs_after, full.limit) == (5, 100, 20, None)
    assert set(SETTINGS["default"].cases) < set(full.cases) and len(full.cases) == 16
    for name in full.cases:
        claims.published(name)                          # there is something to compare with
    net = parts.network(parts.Case(full.cases[-1]), "spectral")
    assert all("bias" not in layer.shapes for layer in net.layers)
    assert [layer.n_out for layer in net.layers[::2]] == [500, 500, 500, 10]
