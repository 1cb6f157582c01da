"""The information plane at toy size, with bins and verdicts counted by hand."""
import numpy as np
import pytest
from experiments.information_plane import parts
from experiments.information_plane.claims import checks
from experiments.information_plane.experiment import run
from tiny import at_once, failed, toy


def test_labels_are_balanced_and_the_inputs_all_differ(rng):
    x = parts.all_inputs()
    assert x.shape == (4096, 12) and len(np.unique(x, axis=0)) == 4096 and (x * x == 1).all()
    labels = parts.draw_labels(rng, x)
    assert labels.sum() == 2048 and not (labels == parts.draw_labels(rng, x)).all()


def test_bins_span_the_activity_and_the_narrowest_holds_one_number():
    tanh = np.array([[-1.0], [-0.95], [0.0], [0.95], [1.0], [np.nextafter(1, 0)]])
    low, high, widths = parts.bins_of("tanh", [[tanh]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    about_x, about_y = parts.plane([[tanh]], labels, low, high, widths)
    shares = np.array([2, 1, 3]) / 6                        # the ends share the outermost bins
    assert about_x[0, 0, 0] == pytest.approx(-shares @ np.log2(shares), rel=1e-14)
    assert about_x[0, 0, 3] == pytest.approx(np.log2(6), rel=1e-14)
    assert about_y[0, 0] == pytest.approx(np.ones(4), rel=1e-14)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_there_are_as_many_bins_as_asked(column):
    dense = np.linspace(0, 1, 100_001)[:, None]
    for name, layer in (("tanh", 2 * dense - 1), ("ReLU", 7.3 * dense)):
        low, high, widths = parts.bins_of(name, [[layer], [layer / 3]])
        about_x, _ = parts.plane([[layer]], (layer[:, 0] > 0.5).astype(int), low, high,
                                 widths[column:column + 1])
        n_bins = parts.BINS[name][column]
        assert about_x.item() == pytest.approx(np.log2(n_bins), abs=1e-3)


def test_information_is_bounded(monkeypatch):
    result = run(toy("information_plane", monkeypatch)[1], at_once)
    for own in result.values():
        assert (own["epochs"] == [0, 1, 2, 3]).all() and own["about_x"].shape == (2, 4, 5, 4)
        assert (own["about_x"] <= 12).all() and (own["about_y"] <= 1 + 1e-12).all()
        assert (own["about_y"] <= own["about_x"] + 1e-12).all()
        assert (np.diff(own["about_x"][..., -2:]) >= 0).all()       # finer bins only add
    assert (result["tanh"]["about_x"][..., -1] == 12).all()


def made(tanh_fall, relu_fall, exact=12.0):
    """Arrays of two seeds and two moments in which the last layers fall by so many bits."""
    result = {}
    for name, fall in (("tanh", tanh_fall), ("ReLU", relu_fall)):
        about_x = np.full((2, 2, 5, 4), exact)
        about_x[..., :3] = [6.0, 8.0, 10.0]
        about_x[:, 1, -2:, :3] -= fall
        result[name] = {"epochs": np.tile([0, 1], (2, 1)), "about_x": about_x,
                        "about_y": about_x / 12, "test_accuracy": np.ones((2, 2))}
    return result


def test_verdicts_fail_where_they_should():
    assert failed(checks(made(3.0, 0.2))) == []
    still = failed(checks(made(0.5, 0.2)))
    assert len(still) == 7 and {part for part, _ in still} == {"tanh", "both"}
    falling = failed(checks(made(3.0, 2.5)))
    assert len(falling) == 7 and {part for part, _ in falling} == {"ReLU", "both"}
    assert failed(checks(made(3.0, 0.2, 11.9))) == [
        ("tanh", "exact I(T;X), least of all layers and epochs")]


def test_dead_networks_are_counted_and_left_out():
    result = made(3.0, 0.2)
    result["ReLU"]["about_x"][1, 1, -1] = 0                         # falls by all it had
    assert failed(checks(result)) == []
    rows = [row for row in checks(result) if "dead" in row.quantity]
    assert [row.values.item() for row in rows] == [0, 1]
