"""The information plane at toy size, with bins and verdicts counted by hand."""
import numpy as np
import pytest
from experiments.information_plane import parts
from experiments.information_plane.claims import checks, claims
from experiments.information_plane.experiment import run
from tiny import at_once, failed, toy


def test_labels_are_balanced_and_the_inputs_all_differ(rng):
    x = parts.all_inputs()
    assert x.shape == (4096, 12) and len(np.unique(x, axis=0)) == 4096 and (x * x == 1).all()
    labels = parts.draw_labels(rng, x)
    assert labels.sum() == 2048 and not (labels == parts.draw_labels(rng, x)).all()


def test_bins_span_the_activity_and_the_narrowest_holds_one_number():
    tanh = np.array([[-1.0], [-0.95], [0.0], [0.95], [1.0], [np.nextafter(1, 0)]])
    labels = np.array([0, 0, 0, 1, 1, 1])
    about_x, about_y = parts.plane([[tanh]], labels, *parts.bins_of("tanh", [[tanh]]))
    shares = np.array([2, 1, 3]) / 6                        # the ends share the outermost bins
    assert about_x[0, 0, 0] == pytest.approx(-shares @ np.log2(shares), rel=1e-14)
    assert about_x[0, 0, 3] == pytest.approx(np.log2(6), rel=1e-14)
    assert about_y[0, 0] == pytest.approx(np.ones(4), rel=1e-14)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_there_are_as_many_bins_as_asked(column):
    dense = np.linspace(0, 1, 100_001)[:, None]
    for name, layer in (("tanh", 2 * dense - 1), ("tanh, larger start", 2 * dense - 1),
                        ("ReLU", 7.3 * dense)):
        low, high, widths = parts.bins_of(name, [[layer], [layer / 3]])
        about_x, _ = parts.plane([[layer]], (layer[:, 0] > 0.5).astype(int), low, high,
                                 widths[column:column + 1])
        n_bins = parts.BINS[name][column]
        assert about_x.item() == pytest.approx(np.log2(n_bins), abs=1e-3)


def test_arms_differ_in_their_first_weights_by_a_factor():
    small, large = (parts.build(name).init(np.random.default_rng(0))
                    for name in ("tanh", "tanh, larger start"))
    for layer in range(0, 10, 2):
        assert small[layer]["weight"] == pytest.approx(0.3 * large[layer]["weight"], rel=1e-14)


def test_information_is_bounded_and_f_is_the_last_layer(monkeypatch):
    result = run(toy("information_plane", monkeypatch)[1], at_once)
    for own in result.values():
        assert (own["epochs"] == [0, 1, 2, 3]).all() and own["about_x"].shape == (2, 4, 6, 4)
        assert (own["about_x"] <= 12).all() and (own["about_y"] <= 1 + 1e-12).all()
        assert (own["about_y"] <= own["about_x"] + 1e-12).all()
        assert (np.diff(own["about_x"][..., -2:]) >= 0).all()       # finer bins only add
    assert (result["tanh"]["about_x"][:, :, :5, -1] == 12).all()


def test_f_is_the_probability_of_class_1_in_bins_from_0_to_1(monkeypatch):
    seen, plane = [], parts.plane
    monkeypatch.setattr(parts, "plane", lambda *given: seen.append(given) or plane(*given))
    monkeypatch.setattr(parts, "TRAINED", 600)
    found = parts.follow("ReLU", epochs=2, rate=0.01, moments=2, seed=0)
    (hidden, labels, *_), (f, _, low, high, widths) = seen
    assert (low, high) == (0, 1) and widths[0] == pytest.approx(1 / 30)
    assert np.shape(f) == (3, 1, 4096, 1) and len(hidden[0]) == 5
    right = (f[-1, 0, :, 0] > 0.5) == labels
    both = found["train_accuracy"][-1] * 600 + found["test_accuracy"][-1] * 3496
    assert right.sum() == pytest.approx(both, rel=1e-12)


def made(tanh_fall=3.0, relu_fall=0.2, rise=2.0, fitted=1, exact_fall=0.0, relu_accuracy=0.94):
    """Arrays of two seeds and four moments whose bits rise, then fall, in the last layers and f.

    The wider the bins, the less falls: by a factor of 2/3, 1 and 4/3.
    """
    result = {}
    for name, fall in (("tanh", tanh_fall), ("tanh, larger start", tanh_fall),
                       ("ReLU", relu_fall)):
        about_x = np.full((2, 4, 6, 4), 12.0)
        about_x[..., :3] = [6.0, 8.0, 10.0]
        about_x[:, 0, -3:, :3] -= rise
        for moment, share in ((2, 1 / 3), (3, 1)):
            about_x[:, moment, -3:, :3] -= share * fall * np.array([2, 3, 4]) / 3
        about_x[:, 3, -2, 3] -= exact_fall
        about_y = np.ones((2, 4, 6, 4))
        about_y[:, :fitted] = 0.1
        accuracy = relu_accuracy if name == "ReLU" else 0.95
        result[name] = {"epochs": np.tile([0, 1, 10, 100], (2, 1)), "about_x": about_x,
                        "about_y": about_y, "test_accuracy": np.full((2, 4), accuracy)}
    return result


def test_all_claims_hold_where_information_rises_and_falls():
    assert {claim.judge() for claim in claims(made())} == {"reproduced"}
    assert failed(checks(made())) == []


@pytest.mark.parametrize("changed, name, verdict", [
    (dict(rise=0.5), "First both grow", "partly"),
    (dict(rise=0.5, fitted=0), "First both grow", "not"),
    (dict(tanh_fall=0.5), "Then f compresses", "not"),
    (dict(fitted=4), "First both grow", "partly"),
    (dict(relu_fall=2.5), "ReLU does not compress", "partly"),
    (dict(relu_fall=3.5), "ReLU does not compress", "not"),
    (dict(exact_fall=0.2), "Flaws: the bins decide", "partly"),
    (dict(tanh_fall=1.2), "Flaws: the bins decide", "partly"),
    (dict(relu_accuracy=0.8), "Compression is not generalization", "not")])
def test_claims_do_not_hold_where_they_should_not(changed, name, verdict):
    claim, = (claim for claim in claims(made(**changed)) if claim.name == name)
    assert claim.judge() == verdict and claim.note


def test_checks_see_bits_that_are_lost_for_a_while():
    result = made()
    result["tanh"]["about_x"][1, 1, 2, -1] = 11.9
    row, *_ = (row for row in checks(result) if "without bins" in row.quantity)
    assert (row.part, row.values.tolist()) == ("tanh", [12, 11.9])


def test_fitting_comes_before_compression_or_not():
    """I(T;X) is half-way down at the last moment, epoch 100; labels fit at epoch 1, or 100."""
    def ratios(fitted):
        claim, = (claim for claim in claims(made(fitted=fitted)) if claim.name.startswith("Fitt"))
        return [row.values.tolist() for row in claim.rows]
    assert ratios(1) == [[2 / 101] * 2] * 2 and ratios(3) == [[1.0] * 2] * 2


def test_dead_networks_are_counted_and_left_out():
    result = made()
    result["ReLU"]["about_x"][1, 3, 4] = 0                          # falls by all it had
    assert {claim.judge() for claim in claims(result)} == {"reproduced"}
    rows = [row for row in checks(result) if "dead" in row.quantity]
    assert [row.values.item() for row in rows] == [0, 0, 1]
