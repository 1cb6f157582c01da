"""scripts/experiments/relevance_benchmark: what its sets are, what it measures, what can fail."""
from dataclasses import replace

import numpy as np
import pytest
from experiments.relevance_benchmark import claims, experiment, measures, parts, sets
from experiments.relevance_benchmark.experiment import of_peers
from experiments.relevance_benchmark.sets import FRESH, SETS, draw
from scipy.special import stdtr

# Of which neither scikit-learn nor a file is needed
DRAWN = [name for name in SETS | FRESH if sets.can_draw(name, peers=False)
         and not name.startswith("california")]


# --- sets


@pytest.mark.parametrize("name", DRAWN)
def test_a_set_is_drawn_the_same_twice_and_tested_on_other_rows(name):
    (x, y), (x_test, y_test), task, relevant = draw(name, 3, 100)
    again = draw(name, 3, 100)
    assert (x == again[0][0]).all() and (y == again[0][1]).all()
    assert not np.array_equal(x, draw(name, 4, 100)[0][0])
    assert len(x) == len(y) == 100 and len(x_test) == len(y_test) > 60
    assert relevant.shape == x.shape[1:] and relevant.dtype == bool
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in x_test}
    assert (task == "classification") == (len(np.unique(y)) == 2)


def impedance(x):
    return np.sqrt(x[:, 0] ** 2 + (x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3])) ** 2)


def phase(x):
    return np.arctan2(x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3]), x[:, 0])


def sum_of_five(x):
    return (10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3]
            + 5 * x[:, 4])


@pytest.mark.parametrize("name, formula, share", [
    ("friedman1", sum_of_five, None), ("friedman2", impedance, 0.3), ("friedman3", phase, 0.3)])
def test_friedman_s_answers_are_his_formulas_and_noise(name, formula, share):
    (x, y), *_ = draw(name, 0, 2000)
    noise = y - formula(x)
    deviation = 1 if share is None else share * formula(x).std()
    assert abs(noise.std() / deviation - 1) < 4 / 4000 ** 0.5           # four standard errors
    assert abs(np.corrcoef(noise, formula(x))[0, 1]) < 4 / 2000 ** 0.5


def test_a_response_is_a_sum_of_equal_terms(rng):
    z = rng.standard_normal((500, 6))
    terms = [np.sin(1.5 * z[:, 0]), z[:, 1], abs(z[:, 2]), z[:, 3] * z[:, 4], np.sin(1.5 * z[:, 5])]
    want = sum(term / np.std(term) for term in terms)
    assert np.allclose(sets.response(z, rng, 0.0), want, rtol=1e-12)
    assert np.allclose(sets.response(z[:, :4], rng, 0.0)
                       - sets.response(z[:, :3], rng, 0.0), z[:, 3] / z[:, 3].std(), rtol=1e-9)


def test_probes_are_the_columns_in_another_order(rng):
    x = rng.standard_normal((30, 4))
    _, both, _, relevant = sets.with_probes(rng, "regression", x, x[:, 0])
    assert (both[:, :4] == x).all() and relevant.tolist() == [True] * 4 + [False] * 4
    assert (np.sort(both[:, 4:], 0) == np.sort(x, 0)).all() and (both[:, 4:] != x).any(0).all()
    assert len({tuple(np.argsort(column)[np.argsort(np.argsort(own))].tolist())
                for column, own in zip(both[:, 4:].T, x.T)}) == 4


# --- measures


def test_power_false_share_and_ranking_are_counted(rng):
    relevant = np.array([True, True, False, False, True, False])
    selected = np.array([True, False, True, False, True, False])
    score = np.array([5.0, 2, 4, 2, 6, 1])
    alone, seconds = np.arange(6), np.array([2.0])
    found = measures.of_groups(relevant[None], selected[None], score[None], alone[None], seconds)
    assert (found.power, found.fdp) == (2 / 3, 1 / 3)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[relevant] for b in score[~relevant]]
    assert abs(found.auc - np.mean(pairs)) < 1e-15
    grouped = measures.of_groups(relevant[None], selected[None], score[None],
                                 np.array([[0, 1, 2, 1, 0, 2]]), seconds)
    assert (grouped.power, grouped.fdp) == (1 / 2, 1 / 2)       # groups 0, 1 are relevant
    none = measures.of_groups(~relevant[None] & relevant, ~relevant[None] & relevant, score[None],
                              alone[None], seconds)
    assert np.isnan(none.power) and np.isnan(none.auc) and none.fdp == 0


def test_errors_are_counted_among_the_irrelevant():
    part = {"relevant": np.array([[True, False, False, False]]),
            "p": np.array([[0.01, 0.01, 0.05, 0.2]])}
    assert measures.errors(part, "p") == 1 / 3


def test_p_without_a_margin_follows_from_the_interval():
    from npspectral.analysis.spectral import conditional_test
    prices = np.random.default_rng(0).standard_normal((4, 50)) + [[0], [0.2], [1], [0]]
    prices[3] = 0
    mean, low, high, p = conditional_test(prices, 2.0, margin=0.0)

    class Found:
        share = mean / 2
    Found.low, Found.high = low / 2, high / 2
    assert np.allclose(parts.without_margin(Found, 50), p, rtol=1e-12)
    t = prices[1].mean() / (prices[1].std(ddof=1) / 50 ** 0.5)
    assert abs(p[1] - stdtr(49, -t)) < 1e-15


def test_marginal_prices_are_those_of_shuffled_columns():
    """Of a line y = 2 x_0: prices of the shuffled column are 2 (2^2) var x_0, in units of gain."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 2))
    model = parts.path_model("regression", 0).fit(x, 2 * x[:, 0])
    share, p = parts.marginal_prices(model, model.path_, x, 2 * x[:, 0], "regression", 0)
    assert abs(share[0] - 2) < 0.2 and abs(share[1]) < 0.02
    assert p[0] < 1e-9 < p[1]


def test_runs_of_peers_are_an_axis_or_none_where_they_did_not_run():
    relevant = np.ones((2, 4), bool)
    runs = [[{"selected": relevant[0], "score": np.arange(4.0) + method, "seconds": 1.0 + seed}
             for seed in range(2)] for method in range(3)]
    found = of_peers(runs, relevant)
    assert {name: array.shape for name, array in found.items()} == {
        "peer_selected": (2, 3, 4), "peer_score": (2, 3, 4), "peer_seconds": (2, 3)}
    assert found["peer_score"][0, 2, 0] == 2 and found["peer_seconds"][1, 0] == 2
    assert [array.shape for array in of_peers([], relevant).values()] == [(2, 0, 4)] * 2 + [(2, 0)]


@pytest.mark.parametrize("here", [False, True])
def test_without_scikit_learn_its_part_is_left_out_and_said(monkeypatch, capsys, here):
    plans = []

    def keep(plan):
        plans.append(plan)
        raise InterruptedError
    monkeypatch.setattr(experiment, "HERE", here)
    setting = replace(experiment.SETTINGS["quick"], sets=("noise", "wine, probes"), peers=True)
    with pytest.raises(InterruptedError):
        experiment.run(setting, keep)
    assert ("wine, probes" in plans[0]) == (("noise", "lasso") in plans[0]) == here
    assert "noise" in plans[0] and ("left out: " in capsys.readouterr().out) != here


# --- verdicts


def measured_with(power, fdp, method="lasso"):
    """Of one set: prices with power 0.5 and no false ones, and another method."""
    def one(power, fdp):
        return measures.Measured(np.full(3, power), np.full(3, fdp), np.ones(3), np.ones(3))
    return {measures.PRICES: one(0.5, 0.0), measures.GROUPS: one(0.5, 0.0),
            method: one(power, fdp)}


def judged(rows):
    return [row.judge() for row in rows]


def test_rivals_select_more_and_little_of_it_is_false():
    assert claims.rivals(measured_with(0.7, 0.09)) == ["lasso"]
    assert claims.rivals(measured_with(0.7, 0.11)) == claims.rivals(measured_with(0.5, 0.0)) == []
    rows = claims.loss_rows({"product": measured_with(0.7, 0.0), "pairs": measured_with(0.4, 0.0),
                             "ball": measured_with(0.9, 0.0, "knockoffs")})
    assert [(row.part, row.quantity.partition(",")[0]) for row in rows] == [
        ("ball", "power of knockoffs"), ("product", "power of lasso")]
    assert np.allclose([row.values[0] for row in rows], [0.4, 0.2])


def test_rates_and_powers_can_fail():
    good = measured_with(0, 0)
    assert judged(claims.rate_rows({"pairs": good, "noise": good}))[:2] == ["pass", "pass"]
    bad = {**good, measures.PRICES: good["lasso"].__class__(*[np.full(3, 0.2)] * 4)}
    rows = list(claims.rate_rows({"pairs": good, "rho 0.5": bad, "noise": bad}))
    assert [row.judge() for row in rows if row.wanted] == ["FAIL"] * 5
    assert judged(claims.power_rows({"friedman3": good})) == ["FAIL"]       # 0.5 of 0.75
    assert judged(claims.rank_rows({}, {"rho 0.5": good})) == ["pass"]
    assert judged(claims.peer_rows({"product": measured_with(0, 0.1, "knockoffs")}, "knockoffs",
                                   claims.GAUSSIAN, "fdp", "0.1", high=0.15)) == ["pass"]


def test_two_seeds_have_to_agree_on_each_set():
    relevance = np.arange(12.0).reshape(3, 4)
    same = {"relevance": relevance, "again": 2 * relevance}
    other = {"relevance": relevance, "again": relevance[:, [1, 0, 3, 2]]}     # Spearman .6
    assert judged(claims.rank_rows({"pairs": same, "noise": other}, {})) == ["pass", "pass"]
    assert judged(claims.rank_rows(dict(zip("abc", (same, same, other))), {})) == ["pass", "FAIL"]


def test_a_network_that_is_surely_worse_is_counted():
    accuracy = np.array([[0.8, 0.9], [0.81, 0.9], [0.79, 0.9]])
    seconds = np.full((3, 5), 1.5)
    part = {"accuracy": accuracy, "seconds": seconds}
    names = "friedman1", "friedman2", "rho 0.8"
    assert judged(claims.network_rows(dict.fromkeys(names, part)))[::2] == ["FAIL", "FAIL"]
    better = {"accuracy": accuracy[:, ::-1], "seconds": seconds / 2}
    assert judged(claims.network_rows(dict.fromkeys(names, better)))[::2] == ["pass", "pass"]
