"""complex_memory: decoders on ideal patterns, tiny networks, verdicts that can fail."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near, same_bits
from experiments.complex_memory import parts
from experiments.complex_memory.claims import checks, claims
from experiments.complex_memory.experiment import SETTINGS, run
from lab.table import rows_of
from tiny import at_once, toy, verdict

from npspectral import Identity
from npspectral.nn import ComplexRecurrentSpectral, Spaced

OMEGA = Spaced(0.0, float(np.pi))(None, (10,))


@pytest.fixture
def runs(monkeypatch):
    """The functions of runs, on made vectors."""
    return toy("complex_memory", monkeypatch)[0]


def ideal(classes, gap, noise=0.0, rng=None):
    a = np.zeros((len(classes), 10), complex)
    rows = np.arange(len(classes))
    a[rows, classes[:, 0]] += 1
    a[rows, classes[:, 1]] += np.exp(-1j * OMEGA[classes[:, 1]] * gap)
    if noise:
        a += noise * (rng.standard_normal(a.shape) + 1j * rng.standard_normal(a.shape))
    return a


@pytest.fixture
def classes(rng):
    drawn = rng.integers(10, size=(400, 2))
    return drawn[drawn[:, 0] != drawn[:, 1]]


# Decoders

@pytest.mark.parametrize("gap", [1, 7, 21, 23])
def test_decoders_read_ideal_patterns_and_are_wrong_about_swapped_ones(classes, gap):
    a = 0.3 * ideal(classes, gap)                           # moduli do not matter
    assert parts.order_by_phases(a, classes, OMEGA, gap).all()
    assert not parts.order_by_phases(a, classes[:, ::-1], OMEGA, gap).any()
    assert parts.both_found(a, classes, OMEGA, gap).all()
    assert not parts.both_found(a, classes[:, ::-1], OMEGA, gap).any()
    assert parts.separation_found(a, classes, OMEGA, gap, 23).all()
    wrong = parts.separation_found(a, classes, OMEGA, gap + 1, 24)
    assert not wrong.any()


def test_a_period_of_all_modes_hides_the_order(classes):
    a = ideal(classes, 22)
    assert (parts.order_by_phases(a, classes, OMEGA, 22) == 0.5).all()
    assert np.abs(a - ideal(classes[:, ::-1], 22)).max() < 1e-13


def test_separations_that_turn_a_mode_alike_count_as_one():
    classes = np.array([[0, 1]])                            # omega_1 = 2 pi / 11
    a = ideal(classes, 14)
    assert parts.separation_found(a, classes, OMEGA, 3, 22).all()
    assert not parts.separation_found(a, classes, OMEGA, 4, 22).any()


def test_least_squares_find_what_is_linear_and_nothing_in_noise(rng):
    classes = rng.integers(3, size=(6000, 2))
    classes = classes[classes[:, 0] != classes[:, 1]]
    half, right = len(classes) // 2, {}
    sign = np.sign(classes @ [1, -1])
    noise = rng.standard_normal((len(classes), 4))
    told = np.c_[noise, sign + 0.1 * noise[:, 0]]
    for name, features in (("noise", noise), ("told", told)):
        right[name] = parts.order_by_least_squares(features[:half], classes[:half],
                                                   features[half:], classes[half:]).mean()
    assert right["told"] == 1
    assert abs(right["noise"] - 0.5) < 6 * 0.5 / half ** 0.5 + 0.02


def test_power_of_ideal_patterns_does_not_tell_the_order_but_amplitudes_do(classes, rng):
    a = ideal(classes, 5, 0.1, rng)
    half = len(classes) // 2
    right = {name: parts.order_by_least_squares(
        features[:half], classes[:half], features[half:], classes[half:]).mean()
        for name, features in (("power", np.abs(a) ** 2), ("amplitude", np.c_[a.real, a.imag]))}
    assert right["power"] < 0.7 and right["amplitude"] > 0.8


def test_pairs_are_of_two_classes_or_of_one(rng):
    labels = rng.integers(3, size=50)
    for same in (False, True):
        chosen = parts.pairs(rng, labels, 500, same)
        assert chosen.shape == (500, 2)
        assert ((labels[chosen[:, 0]] == labels[chosen[:, 1]]) == same).all()


def test_patterns_in_parts_are_those_of_the_layer(rng):
    layer = ComplexRecurrentSpectral(4, 3, 2)
    params, x = layer.init(rng), rng.standard_normal((9, 4))
    chosen = rng.integers(9, size=(2500, 2))
    both = replace(layer, inserted=(0, 3))
    want = both.amplitudes(params, np.concatenate([x[chosen[:, 0]], x[chosen[:, 1]]], 1))
    assert_near(parts.patterns(layer, params, x, chosen, 3), want, 64)


def test_a_linear_network_adds_items_and_its_pattern_changes_as_they_are_swapped():
    layer = ComplexRecurrentSpectral(4, 3, 2, activation=Identity())
    rng = np.random.default_rng(0)
    params, x, labels = layer.init(rng), rng.standard_normal((90, 4)), np.arange(90) % 3
    found = parts.measure(layer, params, (x, labels), (x, labels), 5, (60, 40),
                          np.random.default_rng(1))
    assert found["cross"] < 1e-13
    again = np.random.default_rng(1)
    parts.pairs(again, labels, 60)
    chosen = parts.pairs(again, labels, 40)
    single, turn = layer.amplitudes(params, x), np.exp(-5j * params["omega"])
    a, swapped = (single[i] + turn * single[j] for i, j in (chosen.T, chosen.T[::-1]))
    for name, one, other in (("swap", a, swapped),
                             ("swap_power", np.abs(a) ** 2, np.abs(swapped) ** 2)):
        assert found[name] == pytest.approx(np.linalg.norm(one - other) / np.linalg.norm(other))


# Data

def test_pixels_are_averaged_over_squares(runs, rng):
    x = rng.standard_normal((3, 36))
    got = runs.pooled(x, 3).reshape(3, 2, 2)
    for i, row, column in np.ndindex(3, 2, 2):
        square = x[i].reshape(6, 6)[3 * row:3 * row + 3, 3 * column:3 * column + 3]
        assert abs(got[i, row, column] - square.mean()) < 1e-15
    assert same_bits(runs.pooled(x, 1), x)


def test_turning_back_stops_the_oscillation(runs):
    times = np.arange(5, 12)[:, None, None]
    m = np.exp(1j * OMEGA * times) * np.ones((7, 2, 10))
    assert np.abs(runs.turned_back(m, OMEGA, 5) - 1).max() < 1e-14


# Runs and claims

def test_accuracies_and_pairs_are_of_examples_that_were_not_trained(runs, monkeypatch):
    asked, sets = [], []
    monkeypatch.setattr(runs, "accuracy", lambda y, labels: asked.append(len(labels)) or 0.0)
    runs.follow("digits", "linear", 0, ((0.01, 10),), (600, 300), 2, None)
    assert set(asked) == {200}                              # of 600 + 200
    monkeypatch.setattr(runs, "follow_sequences", lambda layer, params, train_set, test_set,
                        *more: sets.extend((train_set, test_set)) or {})
    runs.follow("digits", "free", 0, ((0.01, 1),), (600, 300), 2, None)
    assert [len(labels) for _, labels in sets] == [600, 200]


def test_change_of_the_modulus_is_the_largest_of_all_steps(runs, rng):
    layer, (_, test_set) = ComplexRecurrentSpectral(16, 10, 5), runs.load("digits", 0, 2, None)
    found = runs.follow_memory(layer, layer.init(rng, np.float32), *test_set)
    after = np.abs(found["m"][found["end"]:])               # of one image out of all
    assert len(after) == runs.AFTER + 1
    assert np.abs(after / after[0] - 1).max() <= found["drift"] < 1e-12
    assert (found["u"][found["end"]:] <= runs.DEAD * found["u"].max()).all()


def test_planted_mistakes_are_caught(monkeypatch):
    result = run(toy("complex_memory", monkeypatch)[1], at_once)
    assert result["digits, oscillating"]["accuracy"].shape == (2, 12)
    assert result["digits, free, pairs"]["twice"].shape == (2, 3, 10)
    theta = [result[f"digits, {arm}"]["theta"] for arm in ("oscillating", "free", "score")]
    assert same_bits(theta[0], theta[2]) and (theta[0] != theta[1]).all()
    quantities = ("change of |m| in 1,000 steps without nodes", "m turned back less a, relative",
                  "order told by phases, 20 apart", "order told by phases, 22 apart, a period")

    def verdicts():
        rows = rows_of(claims(result), checks(result))
        return [verdict(rows, quantity) for quantity in quantities]
    assert verdicts() == 4 * ["pass"]
    result["digits, memory"]["drift"] = result["digits, memory"]["drift"] + 1e-11
    result["digits, memory"]["limit"] = result["digits, memory"]["limit"] + 1e-10
    told = result["digits, oscillating, pairs"]
    told["phases"] = np.roll(told["phases"], -1, 1)
    assert verdicts() == 4 * ["FAIL"]


def test_settings():
    assert SETTINGS["default"].seeds == SETTINGS["full"].seeds == 5
    assert np.abs(np.exp(1j * OMEGA * parts.PERIOD) - 1).max() < 1e-13
    assert {1, 20, parts.PERIOD} <= set(parts.GAPS)
