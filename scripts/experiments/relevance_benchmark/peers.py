"""Selections of scikit-learn and of others, made of its forests and lines; it need not be here.

Each method is a function of (x, y, task, seed, q) that gives what it selects (p,) and the scores by
which it ranks the columns (p,). Only knockoffs take the rate q. Where a user has to choose, a
method does what its documents do.
"""
import time
from importlib.util import find_spec

import numpy as np
from scipy.linalg import cho_factor, cho_solve, eigh

from .sets import draw

HERE = find_spec("sklearn") is not None
ROUNDS, REPEATS = 12, 5


def by_peer(method, name, seed, n, q):
    """One method on one set: `selected` and `score` (p,), and its seconds."""
    (x, y), _, task, _ = draw(name, seed, n)
    begin = time.process_time()
    selected, score = PEERS[method](x, y, task, seed, q)
    return {"selected": selected, "score": score, "seconds": time.process_time() - begin}


def forest(task, seed, trees=100, **options):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
    return kind(trees, random_state=seed, **options)


def above_mean(x, y, task, seed, q):
    """The rule of SelectFromModel: columns whose importance in a forest is above the mean."""
    score = forest(task, seed).fit(x, y).feature_importances_
    return score > score.mean(), score


def permuted_forest(x, y, task, seed, q):
    return permuted(forest(task, seed), x, y, seed)


def permuted_network(x, y, task, seed, q):
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    kind = MLPRegressor if task == "regression" else MLPClassifier
    network = kind(hidden_layer_sizes=(50,), learning_rate_init=3e-3, batch_size=64,
                   early_stopping=True, random_state=seed)
    return permuted(make_pipeline(StandardScaler(), network), x, y, seed)


def permuted(model, x, y, seed):
    """Permutation importance on a fifth that is held out: columns two standard deviations above 0.
    """
    from sklearn.model_selection import train_test_split
    x, x_held, y, y_held = train_test_split(x, y, test_size=0.2, random_state=seed)
    lost = permutation_importance(np.random.default_rng(seed), model.fit(x, y), x_held, y_held)
    return lost.mean(0) - 2 * lost.std(0) > 0, lost.mean(0)


def permutation_importance(rng, model, x, y):
    """(REPEATS, p): what model.score(x, y) loses where one column of x (n, p) is permuted.

    This is scikit-learn's function of that name, with one prediction for all columns.
    """
    from sklearn.base import is_classifier
    from sklearn.metrics import accuracy_score, r2_score
    n, p = x.shape
    score = accuracy_score if is_classifier(model) else r2_score
    many = np.tile(x, (REPEATS, p, 1, 1))
    for replaced in many:
        order = rng.permutation(n)
        for j in range(p):
            replaced[j, :, j] = x[order, j]
    found = model.predict(many.reshape(-1, p)).reshape(REPEATS, p, n)
    return model.score(x, y) - np.array([[score(y, one) for one in row] for row in found])


def shadows(x, y, task, seed, q):
    """Boruta's rule: columns that beat all permuted ones in a forest more often than by chance.

    All rounds are made, and no column is dropped before the end. A column is selected if its hits
    h have P(at least h of all rounds) < 0.05 / p at a chance of 1/2.
    """
    rng, p = np.random.default_rng(seed), x.shape[1]
    hits, score = np.zeros(p, int), np.zeros(p)
    for number in range(ROUNDS):
        both = np.c_[x, rng.permuted(x, axis=0)]
        small = forest(task, seed + 1000 * number, trees=50, max_depth=5, max_features=1 / 3)
        own = small.fit(both, y).feature_importances_
        hits += own[:p] > own[p:].max()
        score += own[:p]
        if not enough(hits + ROUNDS - 1 - number, p).any():
            break                                       # whatever the other rounds bring
    return enough(hits, p), hits + score / score.sum()


def enough(hits, p):
    """Whether so many hits of all rounds are more than chance gives one of p columns."""
    from scipy.stats import binom
    return binom.sf(hits - 1, ROUNDS, 0.5) < 0.05 / p


def line(x, y, task, seed):
    """|coefficient| (p,) of a line whose L1 penalty is chosen by 5 folds; the largest of classes.
    """
    from sklearn.linear_model import LassoCV, LogisticRegressionCV
    if task == "regression":
        return np.abs(LassoCV(cv=5, random_state=seed).fit(x, y).coef_)
    model = LogisticRegressionCV(l1_ratios=(1,), solver="saga", tol=1e-3, max_iter=500,
                                 scoring="neg_log_loss", use_legacy_attributes=False,
                                 random_state=seed)
    return np.abs(model.fit(x, y).coef_).max(0)


def lasso(x, y, task, seed, q):
    score = line(standardized(x), y, task, seed)
    return score > 0, score


def knockoffs(x, y, task, seed, q):
    """Columns whose coefficient is larger than their knockoff's, as many as the rate q lets.

        W_j = |b_j| - |b~_j|,   W_j >= T,   T = min {t: (1 + #(W <= -t)) / #(W >= t) <= q}
    """
    x, p = standardized(x), x.shape[1]
    size = line(np.c_[x, gaussian_knockoffs(np.random.default_rng(seed), x)], y, task, seed)
    w = size[:p] - size[p:]
    for t in np.sort(np.abs(w[w != 0])):
        if 1 + (w <= -t).sum() <= q * max(1, (w >= t).sum()):
            return w >= t, w
    return np.zeros(p, bool), w


def gaussian_knockoffs(rng, x):
    """x~ (n, p): with x of covariance C it has C, and C - diag(s) between both.

        x~ = x - x C^-1 diag(s) + r,   r of covariance 2 diag(s) - diag(s) C^-1 diag(s)

    s maximizes the entropy, sum_j log s_j + log det(2 C - diag(s)), one s_j after the other: half
    of what column j has beyond the others.
    """
    from sklearn.covariance import ledoit_wolf
    covariance, p = ledoit_wolf(x)[0], x.shape[1]
    s = np.full(p, np.linalg.eigvalsh(covariance)[0])
    for _ in range(10):
        for j in range(p):
            rest = np.delete(np.arange(p), j)
            others = 2 * covariance[np.ix_(rest, rest)] - np.diag(s[rest])
            column = 2 * covariance[rest, j]
            s[j] = (2 * covariance[j, j] - column @ cho_solve(cho_factor(others), column)) / 2
    told = np.linalg.solve(covariance, np.diag(s))
    values, vectors = eigh(2 * np.diag(s) - np.diag(s) @ told)
    noise = rng.standard_normal(x.shape) @ (vectors * np.sqrt(values.clip(0))).T
    return x - x @ told + noise


def standardized(x):
    return (x - x.mean(0)) / x.std(0)


PEERS = {"forest above mean": above_mean, "forest permuted": permuted_forest,
         "network permuted": permuted_network, "shadows": shadows, "lasso": lasso,
         "knockoffs": knockoffs}
