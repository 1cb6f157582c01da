"""Prices and selections: two ways to price, tests against scipy's, definitions as plain loops."""
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import assert_near, locked, random_params
from matplotlib.figure import Figure
from scipy.stats import false_discovery_control, ttest_1samp
from scipy.stats import t as student

from npspectral import (SGD, Adam, Chain, ReLU, Spectral, Tanh, mean_squared_error,
                        softmax_cross_entropy)
from npspectral.analysis.spectral import conditional_draws, penalty_path, selection
from npspectral.analysis.spectral.penalty_path import PenaltyPath, fold_numbers
from npspectral.analysis.spectral.price import (REACH, benjamini_hochberg, best_constant,
                                                conditional_test, replaced_outputs,
                                                sample_losses, spectral_replaced_outputs)
from npspectral.analysis.spectral.selection import LEARNED, Relevance, group_prices, select
from npspectral.nn import L2
from npspectral.training import fit, predict

NETWORKS = {
    "linear": Chain(Spectral(5, 2, lambda_out=0.0)),
    "deep": Chain(Spectral(5, 7, lambda_out=0.0), Tanh(), Spectral(7, 4), ReLU(), Spectral(4, 2)),
    "both sets": Chain(Spectral(5, 6), Tanh(), Spectral(6, 2)),
}


# Prices

@pytest.mark.parametrize("columns", [[3], [4, 0], [0, 1, 2, 3, 4]])
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_through_eigenvalues_the_outputs_are_those_of_a_table_with_other_columns(
        network, columns, rng):
    params, x = random_params(network, rng), locked(rng.standard_normal((9, 5)))
    drawn = locked(rng.standard_normal((3, 9, len(columns))))
    slow = replaced_outputs(lambda x: network.forward(params, x)[0], x, columns, drawn)
    for k in range(3):                                      # the definition
        table = x.copy()
        for g, column in enumerate(columns):
            table[:, column] = drawn[k, :, g]
        assert np.array_equal(slow[k], network.forward(params, table)[0])
    assert_near(spectral_replaced_outputs(network, params, x, columns, drawn), slow, 256)


def test_a_loss_of_samples_has_the_loss_as_its_mean(rng):
    y, target = rng.standard_normal((4, 6, 3)), rng.standard_normal((6, 3))
    labels = rng.integers(3, size=6)
    for loss, goal in ((mean_squared_error, target), (softmax_cross_entropy, labels)):
        found = sample_losses(loss, y, goal)
        for k in range(4):
            assert_near(found[k].mean(), loss(y[k], goal)[0])
            assert_near(found[k, 2], loss(y[k, 2:3], goal[2:3])[0])


@pytest.mark.parametrize("most", [np.inf, 0.3])
@pytest.mark.parametrize("task", ["labels", "numbers"])
def test_a_price_is_the_mean_rise_of_the_loss_by_the_network_that_has_not_seen_the_sample(
        task, most, rng):
    network, x = NETWORKS["deep"], rng.standard_normal((20, 5))
    params = random_params(network, rng), random_params(network, rng)
    fold, groups = np.arange(20) % 2, np.array([1, 0, 1, 2, 0])
    loss, target = ((softmax_cross_entropy, rng.integers(2, size=20)) if task == "labels"
                    else (mean_squared_error, rng.standard_normal((20, 2))))
    prices, before = group_prices(np.random.default_rng(1), network, params, fold, x, target,
                                  groups, loss=loss, draws=3, most=most)
    draw, told = np.random.default_rng(1), []
    for group, columns in enumerate(([1, 4], [0, 2], [3])):
        drawn = conditional_draws(draw, x, columns, draws=3)
        for b in range(20):
            own, goal = params[fold[b]], target[b:b + 1]
            was = loss(network.forward(own, x[b:b + 1])[0], goal)[0]
            rises = []
            for k in range(3):
                row = x[b:b + 1].copy()
                row[0, columns] = drawn[k, b]
                rise = loss(network.forward(own, row)[0], goal)[0] - was
                rises.append(max(-most, min(most, rise)))
            assert_near(before[b], was, 256)
            assert_near(prices[group, b], np.mean(rises), 2**10, scale=1 + abs(was))
    group_prices(rng, network, params, fold, x, target, groups, loss=loss, draws=1,
                 progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


# The test

def test_it_is_students_test_of_a_mean_above_the_margin(rng):
    prices, gain, margin = rng.standard_normal((5, 12)) + 0.4, 2.0, 0.1
    mean, low, high, p = conditional_test(prices, gain, margin)
    want = ttest_1samp(prices, margin * gain, axis=1, alternative="greater")
    assert_near(p, want.pvalue, 2**10)
    interval = ttest_1samp(prices, 0, axis=1).confidence_interval(0.95)
    assert_near(low, interval.low, 2**10)
    assert_near(high, interval.high, 2**10)
    assert_near(mean, prices.mean(1))
    narrow = conditional_test(prices, gain, margin, level=0.5)
    assert (narrow[1] > low).all() and (narrow[2] < high).all()


def test_weights_of_a_test_are_those_of_a_weighted_mean_and_equal_ones_change_nothing(rng):
    prices, w = rng.standard_normal((3, 10)), rng.integers(1, 5, 10).astype(float)
    for one, other in zip(conditional_test(prices, 1.0),
                          conditional_test(prices, 1.0, weights=np.full(10, 7.0))):
        assert_near(one, other, 2**10)
    mean, low, high, _ = conditional_test(prices, 1.0, weights=w)
    for j in range(3):
        middle = sum(w * prices[j]) / sum(w)
        error = np.sqrt(10 / 9 * sum(w**2 * (prices[j] - middle) ** 2)) / sum(w)
        assert_near(mean[j], middle, 256, scale=1.0)
        assert_near(high[j] - low[j], 2 * student.ppf(0.975, 9) * error, 2**10)


def test_what_the_network_does_not_use_or_explain_is_not_significant():
    prices = np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0], [0.01, 0.01, 0.01], [-1.0, -2.0, -1.5]])
    p = conditional_test(prices, 4.0, margin=0.1)[3]
    assert p[:3].tolist() == [1.0, 0.0, 1.0] and p[3] > 0.9
    assert conditional_test(prices, -0.1)[3].tolist() == [1.0] * 4


@pytest.mark.parametrize("q", [0.0, 0.05, 0.2, 1.0])
def test_benjamini_and_hochberg_select_what_scipys_adjusted_p_do(q, rng):
    for m in (1, 2, 10, 50):
        p = rng.random(m) ** 3
        p[::7] = p[0]                                       # ties go together
        selected = benjamini_hochberg(p, q)
        assert np.array_equal(selected, false_discovery_control(p) <= q)
        most = max((k for k in range(1, m + 1) if (p <= q * k / m).sum() >= k), default=0)
        assert np.array_equal(selected, p <= q * most / m) or most == 0 and not selected.any()


# The path

def test_every_sample_is_in_one_fold_and_labels_are_spread_over_all(rng):
    labels = np.repeat([0, 1, 2], [50, 7, 3])
    fold = fold_numbers(rng, 60, labels)
    assert np.bincount(fold).tolist() == [12] * 5
    assert all(np.ptp(np.bincount(fold[labels == label], minlength=5)) <= 1 for label in range(3))
    assert sorted(fold_numbers(rng, 3)) == [0, 1, 2]
    assert not np.array_equal(fold_numbers(rng, 60), fold_numbers(rng, 60))


def shares_of(params):
    own = params[0]
    relevance = np.abs(own["lambda_in"]) * np.sqrt((own["phi"] ** 2).sum(0))
    return relevance / relevance.sum()


def test_a_path_is_training_without_a_fold_at_one_penalty_after_the_other(rng):
    network, x = NETWORKS["deep"], rng.standard_normal((18, 5))
    target, fold = rng.standard_normal((18, 2)), np.arange(18) % 3
    target[4] = 40.0                                        # far from all others
    told, rhos, shares = [], [0.01, 0.1, 0.4], np.zeros((3, 5))
    options = dict(loss=mean_squared_error, optimizer=Adam(0.01), batch_size=5)
    path = penalty_path(np.random.default_rng(2), network, x, target, fold=fold, penalties=rhos,
                        epochs=(3, 2, 4), progress=lambda *at: told.append(at), **options)
    draw, losses, params = np.random.default_rng(2), np.empty((3, 18)), []
    for number in range(3):
        kept, record = fold != number, network.init(draw)
        params.append([])
        for k, (rho, goal) in enumerate(zip(rhos, (3, 5, 7))):
            penalties = [L2(rho, "lambda_in"), L2(rho, "phi")]
            *_, record = fit(network, record, x[kept], target[kept], penalties=penalties, rng=draw,
                             epochs=goal, **options)
            params[-1].append(record.params)
            shares[k] += shares_of(record.params) / 3
            y = predict(network, record.params, x)
            for b in np.flatnonzero(~kept):
                losses[k, b] = ((y[b] - target[b]) ** 2).mean()
    most = REACH * ((target - target.mean(0)) ** 2).mean()
    assert (losses > most).any() and (losses < most).any()
    losses = np.minimum(losses, most).mean(1)
    assert_near(path.losses, losses, 256)
    assert_near(path.relevance, shares, 256)
    assert path.penalty == rhos[losses.argmin()] and np.array_equal(path.fold, fold)
    penalties = [L2(path.penalty, "lambda_in"), L2(path.penalty, "phi")]
    for number, (own, mine) in enumerate(zip(path.params, params)):
        kept = fold != number
        *_, record = fit(network, mine[path.best], x[kept], target[kept], penalties=penalties,
                         rng=draw, epochs=4, **{**options, "batch_size": 12})
        assert_near(own[0]["phi"], record.params[0]["phi"], 2**10)
        assert not np.allclose(own[0]["phi"], mine[path.best][0]["phi"])
    assert_near(path.shares, np.mean([shares_of(own) for own in path.params], 0), 256)
    assert told == [(done, 33) for done in range(1, 34)]
    assert "0.5" not in repr(path) or len(repr(path)) < 120


def test_a_sample_of_weight_two_counts_as_two_in_training_and_in_the_choice(rng):
    network, x = NETWORKS["both sets"], rng.standard_normal((12, 5))
    target, weights = rng.integers(2, size=12), rng.integers(1, 4, 12)
    fold, times = np.arange(12) % 2, np.repeat(np.arange(12), weights)
    options = dict(loss=softmax_cross_entropy, optimizer=SGD(0.1), batch_size=99,
                   epochs=(4, 2, 3), penalties=[0.01, 0.1])
    weighted = penalty_path(np.random.default_rng(0), network, x, target, fold=fold,
                            weights=weights.astype(float), **options)
    repeated = penalty_path(np.random.default_rng(0), network, x[times], target[times],
                            fold=fold[times], **options)
    assert_near(weighted.losses, repeated.losses, 2**10)
    assert_near(weighted.relevance, repeated.relevance, 2**10)
    assert_near(weighted.shares, repeated.shares, 2**10)


def test_an_input_that_is_not_needed_falls_silent_where_a_network_settles(rng):
    network = Chain(Spectral(6, 20, lambda_out=0.0), ReLU(), Spectral(20, 1, lambda_out=0.0))
    x = rng.standard_normal((200, 6))
    target = np.abs(x[:, :1]) + 0.3 * rng.standard_normal((200, 1))
    path = penalty_path(rng, network, x, target, fold=np.arange(200) % 2, penalties=[0.02],
                        loss=mean_squared_error, optimizer=Adam(0.003), epochs=(60, 0, 100))
    before, after = path.relevance[path.best], path.shares
    assert (after[1:] < before[1:] / 2).all() and after[0] > before[0]


# What is selected

@pytest.mark.parametrize("target, weights, want", [
    (np.array([[1.0, 2.0], [3.0, 6.0]]), None, [2.0, 4.0]),
    (np.array([[1.0, 2.0], [3.0, 6.0]]), np.array([3.0, 1.0]), [1.5, 3.0]),
    (np.array([0, 2, 2, 2]), None, np.log([0.25, 1e-300, 0.75])),
    (np.array([0, 1]), np.array([3.0, 1.0]), np.log([0.75, 0.25]))])
def test_the_best_constant_has_the_least_mean_loss(target, weights, want, rng):
    best = best_constant(target, weights)
    assert_near(np.maximum(best, np.log(1e-300)), np.array(want), 256)
    loss = mean_squared_error if target.ndim == 2 else softmax_cross_entropy
    if np.isfinite(best).all():
        least = loss(np.tile(best, (len(target), 1)), target, weights=weights)[0]
        for _ in range(20):
            other = best + 0.1 * rng.standard_normal(len(best))
            assert loss(np.tile(other, (len(target), 1)), target, weights=weights)[0] >= least


@pytest.fixture
def task(rng):
    """A network that reads the first of three columns, and targets that are its outputs."""
    network = Chain(Spectral(3, 1, lambda_out=0.0))
    params = ({"lambda_in": np.array([1.0, 0.0, 0.0]), "phi": np.ones((1, 3)),
               "bias": np.zeros(1)},)
    x = rng.standard_normal((200, 3))
    return network, params, x, x[:, :1] + 0.1 * rng.standard_normal((200, 1))


def test_what_the_network_reads_is_selected_and_nothing_else(task):
    network, params, x, target = task
    given = network, (params,), np.zeros(200, int), x, target, np.arange(3)
    found = select(np.random.default_rng(0), *given, loss=mean_squared_error)
    assert found["selected"].tolist() == [True, False, False] and found["p"][1:].tolist() == [1, 1]
    constant, most = (target - target.mean()) ** 2, REACH * target.var()
    gains = (constant - (x[:, :1] - target) ** 2).clip(-most, most)
    want = ttest_1samp(gains, 0, alternative="greater")
    assert_near(found["gain"], gains.mean(), 256)
    assert found["p_gain"] == pytest.approx(want.pvalue[0], rel=1e-6, abs=0)
    prices, _ = group_prices(np.random.default_rng(0), *given, loss=mean_squared_error, most=most)
    assert_near(found["share"], prices.mean(1) / gains.mean(), 256)
    assert prices.max() > 0.9 * most and prices.mean(1)[0] > 1      # without the cut: 2
    assert found["low"][0] < found["share"][0] < found["high"][0] and found["share"][1] == 0


def test_a_small_margin_doubles_p(task):
    network, params, x, target = task
    params = ({**params[0], "lambda_in": np.array([1.0, 0.15, 0.0])},)
    target = x @ [[1.0], [0.15], [0.0]] + np.sin(np.arange(200))[:, None]
    found = {margin: select(np.random.default_rng(0), network, (params,), np.zeros(200, int), x,
                            target, np.arange(3), loss=mean_squared_error, margin=margin)
             for margin in (0.00499999, 0.005)}
    assert 0 < found[0.005]["p"][1] < 0.5
    assert found[0.00499999]["p"][1] == pytest.approx(2 * found[0.005]["p"][1], rel=1e-3)


def test_a_network_that_explains_nothing_selects_nothing(task, rng):
    network, params, x, target = task
    found = select(rng, network, (params,), np.zeros(200, int), x, -target, np.arange(3),
                   loss=mean_squared_error)
    assert found["gain"] < 0 and not found["selected"].any() and (found["share"] == 0).all()
    assert found["p_gain"] > 0.99 and (found["p"] == 1).all()


@pytest.mark.parametrize("noise, learned", [(3.5, True), (8.0, False)])
def test_of_a_gain_that_may_be_chance_nothing_is_said(noise, learned, task, monkeypatch):
    """Prices alone would select the first column at either noise."""
    network, params, x, _ = task
    chance = noise * np.random.default_rng(1).standard_normal(200)
    target = x[:, :1] + (chance - x[:, 0] * (x[:, 0] @ chance) / (x[:, 0] @ x[:, 0]))[:, None]
    given = network, (params,), np.zeros(200, int), x, target, np.arange(3)
    found = select(np.random.default_rng(0), *given, loss=mean_squared_error, q=0.5)
    assert found["gain"] > 0 and (found["p_gain"] <= LEARNED) == learned
    assert found["selected"].tolist() == [learned, False, False]
    assert learned or (found["p"] == 1).all() and (found["share"] == 0).all()
    monkeypatch.setattr(selection, "LEARNED", 1.0)
    found = select(np.random.default_rng(0), *given, loss=mean_squared_error, q=0.5)
    assert found["selected"].tolist() == [True, False, False]


def test_a_few_samples_far_from_all_others_hide_no_price(task, monkeypatch):
    network, params, x, target = task
    x = np.vstack([x, [[30.0, 0, 0], [-40.0, 0, 0]]])
    target = np.vstack([target, [[0.0], [0.0]]])            # where the network is far off
    given = network, (params,), np.zeros(202, int), x, target, np.arange(3)
    found = select(np.random.default_rng(0), *given, loss=mean_squared_error)
    assert found["selected"].tolist() == [True, False, False] and found["p"][0] < 1e-9
    monkeypatch.setattr(selection, "REACH", np.inf)
    found = select(np.random.default_rng(0), *given, loss=mean_squared_error)
    assert found["gain"] < 0 and not found["selected"].any()


PATH = PenaltyPath(np.array([0.1, 1.0]), np.array([2.0, 1.0]), np.full((2, 4), 0.25),
                   np.zeros(3, int), (), 1, np.full(4, 0.25))


def relevance(p_gain=0.01, path=PATH):
    return Relevance(
        names=("age", "city + street", "size"), groups=np.array([0, 1, 1, 2]),
        relevance=np.array([0.25, 0.5, 0.25]), share=np.array([0.1, 0.7, 0.0]),
        low=np.array([0.05, 0.6, -0.01]), high=np.array([0.15, 0.8, 0.01]),
        p=np.array([0.01, 0.0, 0.9]), selected=np.array([True, True, False]), gain=0.5,
        p_gain=p_gain, margin=0.005, q=0.1, source="by hand", path=path)


def test_a_selection_is_told_in_a_table_with_the_largest_share_first():
    lines = relevance().to_text().splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["city", "age", "size"]
    assert lines[2].split() == ["age", "0.250", "10.0%", "5.0%", "to", "15.0%", "0.0100", "yes"]
    assert not lines[3].endswith("yes") and "2 of 3 selected" in lines[5]
    assert lines[-1] == "Priced by hand." and "Nothing learned" not in lines[5]
    assert "Nothing learned" in relevance(p_gain=0.06).to_text()
    assert relevance(p_gain=LEARNED).learned and not relevance(p_gain=0.06).learned


@pytest.mark.parametrize("path, panels", [(PATH, 3), (None, 1)])
def test_its_figure_draws_each_share_fills_the_selected_and_marks_the_penalty(path, panels):
    figure = Figure()
    relevance(path=path).plot(figure)
    assert len(figure.axes) == panels
    bars = {bar.get_y() + bar.get_height() / 2: bar for bar in figure.axes[0].patches}
    assert [round(bars[y].get_width(), 9) for y in sorted(bars)] == [70.0, 10.0, 0.0]
    assert [bars[y].get_facecolor()[3] > 0 for y in sorted(bars)] == [True, True, False]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["city + street", "age", "size"]
    if path:
        loss, curves = figure.axes[1:]
        assert loss.lines[0].get_ydata().tolist() == [2.0, 1.0]
        drawn = sorted(line.get_ydata()[0] for line in curves.lines[:3])
        assert drawn == [25.0, 25.0, 50.0] and loss.lines[1].get_xdata() == [1.0, 1.0]
    figure = Figure()
    relevance(path=None).plot(figure, most=2)
    assert len(figure.axes[0].patches) == 2 and "the first 2" in figure.axes[0].get_title()


@pytest.mark.parametrize("change, message", [
    (dict(fold=np.zeros(200, int)), "fold has the values .0., expected all of 0 to 1"),
    (dict(groups=np.array([0, 2, 2])), "groups has the values .0, 2., expected 0, 1, and so on"),
    (dict(groups=np.arange(2)), "groups has 2 entries, expected 3"),
    (dict(q=2.0), "q is 2.0, expected 0 to 1"), (dict(margin=-1), "margin is -1, expected 0 or")])
def test_what_does_not_fit_is_refused(change, message, task, rng):
    network, params, x, target = task
    given = dict(fold=np.arange(200) % 2, groups=np.arange(3), q=0.1, margin=0.005) | change
    given = SimpleNamespace(**given)
    with pytest.raises(ValueError, match=message):
        select(rng, network, (params, params), given.fold, x, target, given.groups,
               loss=mean_squared_error, q=given.q, margin=given.margin, draws=1)
    assert selection.DRAWS == 20
