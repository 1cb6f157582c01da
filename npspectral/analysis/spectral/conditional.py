"""A column of a table given the others: its mean, and draws of it that keep what the others say.

x (n, p) holds n samples of p columns. Some of them, the group G, are to be drawn anew for every
sample, from their distribution given the columns that are not in G:
    z       every column by its ranks: z_b = Phi^-1((rank_b - 1/2) / n), Phi of the standard normal
    A       features of the others: z_-G, and sqrt(2) cos(z_-G w_k + c_k) of random w_k, c_k
    m       x_G as A tells it: ridge regression, sample b predicted by all samples but b
    x~_b    m_b + r_b',  r = x_G - m,  b' at random among the samples whose m is nearest to m_b
A residual from near b keeps a spread that depends on the others. A group is drawn as a whole: all
its columns take r from the same b'.

Source: sampling from the conditional distribution to test relevance as in Watson and Wright 2021,
Mach. Learn., doi 10.1007/s10994-021-06030-6, and Chamma, Engemann and Thirion 2023,
arXiv 2309.07593; random cosines: Rahimi and Recht 2007, NeurIPS. Residuals from nearby are ours.
"""
import numpy as np

from ... import refuse
from ._given import checked_columns

RIDGES = 10.0 ** np.arange(-4, 0.5, 0.5)    # in units of n
FEW = 20                                    # so many different values are levels, not numbers


def conditional_draws(rng, x, columns, draws=20, cosines=200, near=50, scores=None):
    """x~ (draws, n, g): the columns (g,) of x (n, p), drawn anew given the others.

    `near` is the number of samples that residuals are taken from. If the columns have at most
    FEW different rows, or g + 1, a draw becomes the nearest of these. scores: normal_scores(x), if
    they are at hand.

    >>> x = np.repeat([[0.0, 1.0], [1.0, 0.0]], 20, axis=0)         # each column tells the other
    >>> x_drawn = conditional_draws(np.random.default_rng(0), x, [1], draws=3)
    >>> bool((x_drawn == x[:, [1]]).all())
    True
    """
    refuse.generator("conditional_draws", rng)
    x = refuse.real("conditional_draws", "x", x, 2)
    columns = checked_columns("conditional_draws", columns, x.shape[1])
    for name, value in (("draws", draws), ("cosines", cosines), ("near", near)):
        refuse.integer("conditional_draws", name, value, 0 if name == "cosines" else 1)
    given = x[:, columns]
    scores = normal_scores(x) if scores is None else scores
    z = refuse.real("conditional_draws", "scores", scores, 2)
    others = np.delete(z, columns, 1)
    mean = leave_one_out(_cosine_features(rng, others, cosines), given)
    neighbor = _nearby(rng, _order(rng, _first_component(mean), others), draws, near)
    return _to_levels(mean + (given - mean)[neighbor], given)


def normal_scores(x):
    """z (n, p): each column of x by its ranks, equal values by their mean rank."""
    from scipy.special import ndtri
    from scipy.stats import rankdata
    x = refuse.real("normal_scores", "x", x, 2)
    return ndtri((rankdata(x, axis=0) - 0.5) / len(x))


def _cosine_features(rng, z, cosines):
    """A (n, k + cosines) of the others' scores z (n, k): w_k ~ N(0, 1/k), c_k uniform."""
    w = rng.standard_normal((z.shape[1], cosines)) / np.sqrt(max(z.shape[1], 1))
    waves = np.cos(z @ w + rng.uniform(0, 2 * np.pi, cosines))
    return np.hstack([z, np.sqrt(2) * waves])


def leave_one_out(features, y):
    """m (n, g): y (n, g) predicted for each sample from the features A (n, k) of all others.

    Ridge regression with a free constant leaves the residual r = (I - H) y. With A centered =
    U S V^T,
        I - H = (I - 1 1^T / n - U U^T) + U diag(ridge / (s^2 + ridge)) U^T
    Fitted without sample b, its residual is r_b / (1 - H_bb). For each column of y that of RIDGES
    is taken whose residuals have the least sum of squares.
    """
    features = refuse.real("leave_one_out", "features", features, 2)
    y = refuse.real("leave_one_out", "y", y, 2)
    n = len(features)
    refuse.length("leave_one_out", "y", y, n)
    refuse.integer("leave_one_out", "the number of samples", n, 2)
    u, s2 = _left_vectors(features - features.mean(0))
    part = u.T @ y
    beyond = y - y.mean(0) - u @ part                       # what A cannot tell at any ridge
    free = 1 - 1 / n - (u * u).sum(1)
    mean, best = np.zeros(y.shape), np.full(y.shape[1], np.inf)
    for ridge in RIDGES * n:
        lost = ridge / (s2 + ridge)
        rest = (beyond + u @ (lost[:, None] * part)) / (free + (u * u) @ lost)[:, None]
        squares = (rest * rest).sum(0)
        better = squares < best
        mean[:, better], best[better] = (y - rest)[:, better], squares[better]
    return mean


def _left_vectors(a):
    """U (n, rank) and s^2 of a (n, k), from the smaller of a a^T and a^T a."""
    n, k = a.shape
    s2, vectors = np.linalg.eigh(a @ a.T if n <= k else a.T @ a)
    kept = s2 > np.finfo(float).eps * max(n, k) * s2.max(initial=0)
    vectors, s2 = vectors[:, kept], s2[kept]
    return (vectors if n <= k else a @ vectors / np.sqrt(s2)), s2


def _first_component(mean):
    """What the samples are put in order by: mean (n, g) along its first component, (n,)."""
    if mean.shape[1] == 1:
        return mean[:, 0]
    centered = mean - mean.mean(0)
    return centered @ np.linalg.eigh(centered.T @ centered)[1][:, -1]


def _order(rng, key, others):
    """The samples (n,) in order of key; those with the same others, as one place, at random.

    Among samples with the same others, m differs only by what each has left out: itself. In order
    of m they would be in order of x_G, and a draw would be near the value that it replaces.
    """
    n = len(key)
    alike = np.zeros(n, int)
    if others.shape[1]:
        alike = np.unique(others, axis=0, return_inverse=True)[1].reshape(n)
    if alike.max() == n - 1:
        return np.argsort(key, kind="stable")
    key = (np.bincount(alike, key) / np.bincount(alike))[alike]
    shuffled = rng.permutation(n)
    return shuffled[np.lexsort((alike[shuffled], key[shuffled]))]


def _nearby(rng, order, draws, near):
    """(draws, n): for each sample one at random of the `near` samples next to it in the order.

    The sample itself is one of them. At both ends the first and the last `near` are taken.
    """
    n = len(order)
    near = min(near, n)
    rank = np.empty(n, int)
    rank[order] = np.arange(n)
    first = np.clip(rank - near // 2, 0, n - near)
    return order[first + rng.integers(near, size=(draws, n))]


def _to_levels(drawn, given):
    """Each row of drawn (..., g) as the nearest row of given (n, g), if these are few."""
    levels = np.unique(given, axis=0)
    if len(levels) > max(FEW, given.shape[1] + 1):
        return drawn
    nearest, least = np.zeros(drawn.shape[:-1], int), np.full(drawn.shape[:-1], np.inf)
    for number, level in enumerate(levels):
        distance = ((drawn - level) ** 2).sum(-1)
        nearest = np.where(distance < least, number, nearest)
        least = np.minimum(least, distance)
    return levels[nearest]
