"""The benchmark of selections: what is made of scikit-learn finds clear columns; knockoffs."""
import numpy as np
import pytest

pytest.importorskip("sklearn")

from experiments.relevance_benchmark import peers, sets  # noqa: E402


def clear(task, n=300):
    """Two of six columns tell the answer."""
    x = np.random.default_rng(0).standard_normal((n, 6))
    y = 3 * x[:, 1] - 2 * x[:, 4]
    return x, y if task == "regression" else np.where(y > 0, "a", "b")


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize("method", [name for name in peers.PEERS if name != "knockoffs"])
def test_a_peer_ranks_clear_columns_first_and_selects_them(method, task):
    selected, score = peers.PEERS[method](*clear(task), task, 0, 0.1)
    assert set(np.argsort(-score)[:2]) == {1, 4} and selected[[1, 4]].all()
    if method == "shadows":
        assert selected.sum() == 2


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_permutation_importance_is_that_of_scikit_learn(monkeypatch, task):
    """Means of 100 permutations each, which agree within five standard errors of a difference."""
    from sklearn.inspection import permutation_importance
    monkeypatch.setattr(peers, "REPEATS", 100)
    x, y = clear(task)
    x = x * np.arange(1, 7)
    model = peers.forest(task, 0, trees=3).fit(x, y)
    ours = peers.permutation_importance(np.random.default_rng(0), model, x, y)
    theirs = permutation_importance(model, x, y, n_repeats=100, random_state=0)
    assert ours.shape == theirs.importances.T.shape and (theirs.importances_std > 0).all()
    error = theirs.importances_std * (2 / 100) ** 0.5
    assert (abs(ours.mean(0) - theirs.importances_mean) < 5 * error).all()
    assert np.allclose(ours.std(0), theirs.importances_std, rtol=5 * (1 / 100) ** 0.5)


def test_shadows_stop_where_no_round_can_change_the_selection(monkeypatch):
    """Of three columns 11 hits of 12 are enough: chance gives them in 13 of 4,096 cases."""
    assert peers.enough(np.array([10, 11, 12]), 3).tolist() == [False, True, True]
    x, rounds = np.random.default_rng(0).standard_normal((20, 3)), []

    class Forest:
        def __init__(self, task, seed, **options):
            rounds.append(seed)

        def fit(self, x, y):
            hit = [1.0, 0.5 * (len(rounds) > lost), 0]
            self.feature_importances_ = np.r_[hit, 0.1, 0.2, 0.3]
            return self
    monkeypatch.setattr(peers, "forest", Forest)
    for lost, selected in ((1, [True, True, False]), (2, [True, False, False])):
        rounds.clear()
        assert peers.shadows(x, None, "regression", 0, 0.1)[0].tolist() == selected
        assert len(rounds) == 12
    monkeypatch.setattr(Forest, "fit", lambda self, x, y: self)
    Forest.feature_importances_ = np.r_[0.1, 0, 0, 1, 1, 1]
    rounds.clear()
    assert not peers.shadows(x, None, "regression", 0, 0.1)[0].any() and len(rounds) == 2


def test_knockoffs_have_the_covariance_of_the_columns(rng):
    """C of the knockoffs, C - diag(s) between both, one s for each column: at most that allowed."""
    root = rng.standard_normal((5, 5))
    x = rng.standard_normal((40_000, 5)) @ root
    copy = peers.gaussian_knockoffs(rng, x)
    c, cross = x.T @ x / len(x), x.T @ copy / len(x)
    assert np.allclose(copy.T @ copy / len(x), c, atol=0.03 * np.diag(c).max())
    between = c - cross
    s = np.diag(between)
    assert np.allclose(between, np.diag(s), atol=0.03 * np.diag(c).max()) and (s > 0).all()
    best = np.linalg.slogdet(2 * c - np.diag(s))[1] + np.log(s).sum()
    for j in range(5):
        for factor in (0.8, 1.2):
            other = s.copy()
            other[j] *= factor
            sign, size = np.linalg.slogdet(2 * c - np.diag(other))
            assert sign < 0 or size + np.log(other).sum() < best


def test_a_knockoff_selection_is_the_largest_that_the_rate_lets(monkeypatch):
    w = np.array([5.0, 4, 3, -2, 1.5, 1, 0.5, -0.2])
    monkeypatch.setattr(peers, "line", lambda x, *rest: np.r_[w.clip(0), (-w).clip(0)])
    monkeypatch.setattr(peers, "gaussian_knockoffs", lambda rng, x: x)
    x = np.random.default_rng(0).standard_normal((9, 8))
    for q in (0.1, 0.3, 0.34, 0.5, 1.0):
        selected, score = peers.knockoffs(x, None, "regression", 0, q)
        fits = [t for t in abs(w) if (1 + (w <= -t).sum()) / max(1, (w >= t).sum()) <= q]
        assert (selected == (w >= min(fits, default=np.inf))).all() and (score == w).all()


@pytest.mark.parametrize("name", [name for name in sets.SETS | sets.FRESH
                                  if name.startswith(sets.NEED_PEERS)])
def test_a_set_of_a_table_is_drawn(name):
    (x, y), (x_test, _), task, relevant = sets.draw(name, 0, 100)
    assert x.shape == (100, len(relevant)) and len(y) == 100 and len(x_test) > 30
    assert (task == "regression") == (not name.endswith("probes"))
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in x_test}
