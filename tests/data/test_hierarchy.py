"""Random hierarchies against the tree that defines them: what is written, read and drawn."""
import itertools

import numpy as np
import pytest
from conftest import refusals

from npspectral.data import random_hierarchy

# v, m, n_classes, levels, s; from no choice at all to three levels
SHAPES = [(2, 1, 2, 1, 2), (3, 2, 2, 2, 2), (4, 4, 3, 1, 2), (3, 3, 3, 2, 2), (2, 2, 4, 1, 3),
          (3, 2, 5, 2, 3), (3, 2, 3, 3, 2), (4, 2, 2, 3, 2)]


def new_rng(seed=0):
    return np.random.default_rng(seed)


def drawn(shape, seed=0):
    v, m, n_classes, levels, s = shape
    return random_hierarchy(new_rng(seed), v, m, n_classes, levels, s)


def spellings(hierarchy, symbol, level):
    """All inputs, as tuples, that a symbol of a level is written as: the tree, by definition."""
    if level == 0:
        return [(symbol,)]
    return [sum(parts, ()) for synonym in hierarchy.rules[level - 1][symbol].tolist()
            for parts in itertools.product(*(spellings(hierarchy, below, level - 1)
                                             for below in synonym))]


def by_class(hierarchy):
    return [spellings(hierarchy, label, hierarchy.levels) for label in range(hierarchy.n_classes)]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_input_belongs_to_two_classes_or_is_written_in_two_ways(shape):
    v, m, n_classes, levels, s = shape
    hierarchy = drawn(shape)
    classes = by_class(hierarchy)
    every = list(itertools.chain(*classes))
    assert len(every) == len(set(every)) == n_classes * m ** ((s ** levels - 1) // (s - 1))
    assert hierarchy.size == len(every) and {len(text) for text in every} == {s ** levels}
    assert (hierarchy.m, hierarchy.s, hierarchy.d) == (m, s, s ** levels)


@pytest.mark.parametrize("shape", SHAPES)
def test_drawing_all_without_repeats_gives_every_input_once_with_its_class(shape):
    hierarchy = drawn(shape)
    inputs, classes = hierarchy.draw(new_rng(1), hierarchy.size)
    wanted = {text: label for label, texts in enumerate(by_class(hierarchy)) for text in texts}
    assert {tuple(row): label for row, label in zip(inputs.tolist(), classes)} == wanted
    assert (hierarchy.read(inputs, hierarchy.levels)[:, 0] == classes).all()


def test_with_repeats_every_input_is_equally_likely():
    from scipy.stats import chisquare
    hierarchy = drawn((3, 2, 2, 2, 2))
    inputs, _ = hierarchy.draw(new_rng(2), 1600, repeats=True)
    counts = np.unique(inputs, axis=0, return_counts=True)[1]
    assert len(counts) == hierarchy.size == 16 and chisquare(counts).pvalue > 1e-3


def test_synonyms_are_all_used_equally_often():
    from scipy.stats import chisquare
    hierarchy = drawn((4, 4, 4, 3, 2))
    inputs, _ = hierarchy.draw(new_rng(3), 2000)
    symbols = hierarchy.read(inputs, 1)
    for place in range(4):
        rows = symbols[:, place] == symbols[0, place]
        tuples = inputs[rows, 2 * place:2 * place + 2]
        counts = np.unique(tuples, axis=0, return_counts=True)[1]
        assert len(counts) == 4 and chisquare(counts).pvalue > 1e-4


def test_rules_are_drawn_from_all_tuples_alike():
    """Each of 9 tuples is the first synonym of the first class in one of 9 hierarchies."""
    from scipy.stats import chisquare
    first = [tuple(drawn((3, 2, 2, 1, 2), seed).rules[0][0, 0]) for seed in range(900)]
    counts = np.unique(first, axis=0, return_counts=True)[1]
    assert len(counts) == 9 and chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("level", [1, 2, 3])
def test_exchange_keeps_the_symbols_of_a_level_and_draws_all_below(level):
    hierarchy = drawn((4, 4, 4, 3, 2))
    inputs, _ = hierarchy.draw(new_rng(4), 1000)
    moved = hierarchy.exchange(new_rng(5), inputs, level)
    assert (hierarchy.read(moved, level) == hierarchy.read(inputs, level)).all()
    for lower in range(level):
        same = (hierarchy.read(moved, lower) == hierarchy.read(inputs, lower)).mean()
        assert 0.1 < same < 0.6                     # a tuple is drawn again with a chance of 1/4
    texts = set(spellings(hierarchy, int(hierarchy.read(inputs[:1], 3)[0, 0]), 3))
    assert tuple(moved[0].tolist()) in texts


def test_exchange_at_level_0_changes_nothing():
    hierarchy = drawn((4, 4, 4, 2, 2))
    inputs, _ = hierarchy.draw(new_rng(), 50)
    assert (hierarchy.exchange(new_rng(), inputs, 0) == inputs).all()


def test_one_hot_puts_the_channels_of_a_position_side_by_side():
    hierarchy = drawn((5, 2, 5, 1, 2))
    x = hierarchy.one_hot(np.array([[0, 4], [2, 2]]), np.float32)
    half = np.float32(-0.5)
    assert x.dtype == np.float32 and (x == np.array([
        [1, half, half, half, half, half, half, half, half, 1],
        [half, half, 1, half, half, half, half, 1, half, half]])).all()
    assert ((x.reshape(2, 2, 5) ** 2).sum(-1) == 2).all()


def test_a_seed_means_the_same_hierarchy_and_the_same_inputs():
    first, second = drawn((4, 3, 4, 3, 2), 7), drawn((4, 3, 4, 3, 2), 7)
    assert all((a == b).all() for a, b in zip(first.rules, second.rules))
    for a, b in zip(first.draw(new_rng(1), 20), second.draw(new_rng(1), 20)):
        assert (a == b).all()


RNG, SMALL = new_rng(), drawn((4, 2, 4, 2, 2))          # 32 inputs of 4 symbols
STRANGER = np.array([SMALL.rules[0][0, 0], min(set(itertools.product(range(4), repeat=2)) - {
    tuple(row) for row in SMALL.rules[0].reshape(-1, 2).tolist()})]).reshape(1, 4)
test_numbers_that_do_not_fit_are_refused = refusals(
    ValueError,
    (lambda: random_hierarchy(RNG, 4, 5, 2, 2),
     r"random_hierarchy: 4 symbols of m = 5 tuples each, expected at most v\^s = 16 tuples"),
    (lambda: random_hierarchy(RNG, 4, 2, 9, 1), "9 symbols of m = 2"),
    (lambda: random_hierarchy(RNG, 8, 8, 8, 5), "7.9e.28 different inputs, expected at most 2.63"),
    (lambda: random_hierarchy(RNG, 4, 2, 4, 0), "levels is 0"),
    (lambda: random_hierarchy(RNG, 4, 2.0, 4, 2), "m is 2.0"),
    (lambda: SMALL.draw(RNG, 33), "n is 33, expected an integer, 1 to the number of inputs = 32"),
    (lambda: SMALL.read(np.zeros((1, 4), int), 3), "level is 3"),
    (lambda: SMALL.read(np.zeros((1, 3), int), 1), r"shape \(1, 3\)"),
    (lambda: SMALL.read(np.full((1, 4), -1), 1), "numbers from -1"),
    (lambda: SMALL.one_hot(np.full((1, 4), 4)), "to 4, expected"),
    (lambda: SMALL.read(STRANGER, 1), "row 0 of inputs has a tuple that no symbol is written as"))
test_other_types_are_refused = refusals(
    TypeError,
    (lambda: random_hierarchy(0, 4, 2, 4, 2), "rng"), (lambda: SMALL.draw(0, 1), "rng"),
    (lambda: SMALL.one_hot(np.zeros((1, 4))), "inputs is float64"))
