"""Histories of links against a walk link by link, and what the theory says they cannot show."""
import numpy as np
import pytest
from conftest import random_array, same_bits

from npspectral import SGD, Adam, Chain, Dense, Sparse, Spectral, Tanh, softmax_cross_entropy
from npspectral.analysis.spectral.sparsity import LinkHistory
from npspectral.nn import L2
from npspectral.training import Step


def history_of(weights, thresholds):
    history = LinkHistory(weights[0], thresholds[0])
    for weight, threshold in zip(weights[1:], thresholds[1:]):
        history.observe(weight, threshold)
    return history.counts()


def walk(path, thresholds):
    """The same counts for one link, its spells of masking taken one by one."""
    count = dict.fromkeys(LinkHistory.EVENTS, 0)
    keeps = [abs(w) > c for w, c in zip(path, thresholds)]
    moved, begin = False, None
    for t, keep in enumerate(keeps):
        if begin is not None:
            w, c = path[begin], thresholds[begin]
            moved |= path[t] != w
            if keep:
                kind = "unchanged" if path[t] == w else "lowered" if abs(path[t]) <= c else "grown"
                back = any(keeps[:begin])
                count[kind] += 1
                count["revivals"] += 1
                count["returns"] += back
                count["returns_changed"] += back and path[t] != w
        if keep:
            begin = None
        elif begin is None:
            begin = t
            count["deaths"] += t > 0
    return {**count, "ever_masked": not all(keeps), "moved_masked": moved, "density": keeps[-1],
            "links": 1}


@pytest.mark.parametrize("seed", range(20))
def test_counts_are_those_of_a_walk_along_every_link(seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-4, 5, (12, 3, 5)) / 4.0         # few values: ties and pauses are common
    still = rng.random(weights.shape) < 0.4
    for t in range(1, len(weights)):
        weights[t][still[t]] = weights[t - 1][still[t]]
    thresholds = rng.integers(0, 4, 12) / 4 if seed % 2 else np.full(12, 0.5)
    links = [walk(weights[:, i, j], thresholds) for i, j in np.ndindex(3, 5)]
    want = {name: sum(link[name] for link in links) for name in links[0]}
    want["density"] /= 15
    got = history_of(weights, thresholds)
    assert tuple(got) == LinkHistory.NAMES
    assert got == {**want, "density": pytest.approx(want["density"], rel=1e-15)}
    assert got["unchanged"] + got["lowered"] + got["grown"] == got["revivals"] > 0
    if seed % 2 == 0:                           # the threshold never falls
        assert got["unchanged"] == got["lowered"] == 0


def test_observed_arrays_may_be_overwritten_and_are_left_alone():
    weight = np.array([[2.0, 0.5]])
    history = LinkHistory(weight, 1.0)
    weight[...] = [[0.5, 0.5]]                              # as an optimizer does, in place
    history.observe(weight, 1.0)
    weight[...] = [[0.75, 2.0]]
    before = weight.copy()
    history.observe(weight, 1.0)
    assert same_bits(weight, before)
    counts = history.counts()
    assert (counts["deaths"], counts["grown"], counts["moved_masked"]) == (1, 1, 2)


# What training can and cannot do

def train(inner, optimizer, choice, steps=150, penalties=()):
    """Counts and the path of W of the first of two layers, observed after every step."""
    rng = np.random.default_rng(5)
    network = Chain(Sparse(inner, **choice), Tanh(), Dense(8, 3))
    x = random_array(rng, (60, 12))
    labels = (x[:, :3] + 0.5 * x[:, 3:6] ** 2).argmax(1)
    params = network.init(rng)
    sparse = network.layers[0]
    step = Step(network, params, softmax_cross_entropy, optimizer, penalties)
    weight, threshold = sparse.links(step.params[0])
    history, path = LinkHistory(weight, threshold), [(weight.copy(), threshold)]
    for _ in range(steps):
        rows = rng.integers(60, size=10)
        step(x[rows], labels[rows])
        weight, threshold = sparse.links(step.params[0])
        history.observe(weight, threshold)
        path.append((weight.copy(), threshold))
    return history.counts(), path


STATIC, DYNAMIC = dict(threshold=0.3), dict(sparsity=0.7)
PLAIN, DENSE, SPECTRAL = SGD(0.3), Dense(12, 8), Spectral(12, 8)


@pytest.mark.parametrize("choice", [STATIC, DYNAMIC])
def test_dense_weights_keep_their_bits_while_masked_under_plain_gradient_descent(choice):
    counts, path = train(DENSE, PLAIN, choice)
    assert counts["deaths"] > 0 and counts["moved_masked"] == counts["returns_changed"] == 0
    assert counts["grown"] == counts["lowered"] == 0
    for (before, c), (now, _) in zip(path, path[1:]):
        masked = np.abs(before) <= c
        assert same_bits(now[masked], before[masked])
        assert (now[~masked] != before[~masked]).any()


def test_dense_links_never_come_back_under_plain_gradient_descent_and_a_static_threshold():
    counts, path = train(DENSE, PLAIN, STATIC)
    assert counts["deaths"] > 0 and counts["revivals"] == 0
    kept = np.array([np.abs(weight) > c for weight, c in path])
    assert (kept[1:] <= kept[:-1]).all()                    # a set that only shrinks


def test_dense_links_come_back_unchanged_where_a_dynamic_threshold_falls():
    counts, path = train(DENSE, PLAIN, DYNAMIC)
    assert counts["unchanged"] == counts["revivals"] > 0
    assert any(now < before for (_, before), (_, now) in zip(path, path[1:]))


@pytest.mark.parametrize("choice", [STATIC, DYNAMIC])
def test_spectral_links_move_while_masked_and_come_back_by_themselves(choice):
    counts, _ = train(SPECTRAL, PLAIN, choice)
    assert counts["moved_masked"] > 0.9 * counts["ever_masked"]
    assert counts["grown"] > 0 and counts["returns_changed"] > 0


def test_masked_eigenvector_entries_keep_their_bits_where_their_link_moves():
    rng = np.random.default_rng(1)
    layer = Sparse(SPECTRAL, sparsity=0.7)
    start = layer.init(rng)
    step = Step(layer, start, softmax_cross_entropy, PLAIN)
    step(random_array(rng, (10, 12)), rng.integers(8, size=10))
    masked = ~layer.mask(start)
    assert same_bits(step.params["phi"][masked], start["phi"][masked])
    assert (SPECTRAL.weight(step.params)[masked] != SPECTRAL.weight(start)[masked]).all()


@pytest.mark.parametrize("optimizer, penalties", [
    (SGD(0.3, momentum=0.9), ()), (Adam(0.02), ()), (SGD(0.3, decay=0.01), ()),
    (PLAIN, (L2(0.01, "0/weight"),))])
def test_dense_weights_move_while_masked_once_more_than_their_gradient_does(optimizer, penalties):
    counts, _ = train(DENSE, optimizer, DYNAMIC, penalties=penalties)
    assert counts["moved_masked"] > 0


def test_dense_links_masked_from_the_first_step_never_move_even_with_adam():
    _, path = train(DENSE, Adam(0.02), STATIC)
    always = np.all([np.abs(weight) <= c for weight, c in path], axis=0)
    born = np.abs(path[0][0]) <= 0.3
    assert np.array_equal(born, always & born) and born.any()
    assert all(same_bits(weight[born], path[0][0][born]) for weight, _ in path)
