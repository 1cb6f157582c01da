"""The runs of spectral networks: prices, groups, today's rules; and how long a fit takes."""
import time

import numpy as np
from scipy.special import stdtr, stdtrit

from npspectral.analysis.spectral.price import (conditional_test, sample_losses,
                                                spectral_replaced_outputs)
from npspectral.analysis.spectral.price import best_constant
from npspectral.estimators import SpectralClassifier, SpectralRegressor
from npspectral.nn import mean_squared_error, softmax_cross_entropy

from .sets import draw, response

ALIKE = 0.7                             # |correlation| of columns that are priced as a group
DRAWS = 20


def by_network(name, seed, n, q):
    """All methods that a spectral network has, on one set; arrays are (p,), one for each column.

    relevant; relevance, again (that of another seed); share, low, high, selected of prices, and p_0
    with margin 0; groups, group_share, group_selected; marginal_share, marginal_p: prices by draws
    that do not look at the other columns, margin 0; importance with a fixed penalty. seconds: of
    path, prices, groups, marginal prices, fixed penalty. accuracy (path, fixed): of the test rows.
    """
    (x, y), test, task, relevant = draw(name, seed, n)
    clock = Clock()
    model = clock(path_model(task, seed).fit, x, y)
    found = clock(model.relevance, x, y, q=q)
    grouped = clock(model.relevance, x, y, q=q, groups=ALIKE)
    share, p = clock(marginal_prices, model, found.path, x, y, task, seed)
    fixed = clock(estimator(task)(penalty=1e-3, random_state=seed).fit, x, y)
    again = path_model(task, seed + 1).fit(x, y).path_
    return {"relevant": relevant, "relevance": found.relevance, "share": found.share,
            "again": again.shares, "low": found.low, "high": found.high,
            "selected": found.selected, "p_0": without_margin(found, len(x)),
            "groups": grouped.groups, "group_share": grouped.share[grouped.groups],
            "group_selected": grouped.selected[grouped.groups], "marginal_share": share,
            "marginal_p": p, "importance": fixed.feature_importances_,
            "seconds": np.array(clock.seconds),
            "accuracy": np.array([one.score(*test) for one in (model, fixed)])}


class Clock:
    """Calls functions, and keeps the seconds of this process that each took."""

    def __init__(self):
        self.seconds = []

    def __call__(self, function, *arguments, **options):
        begin = time.process_time()
        found = function(*arguments, **options)
        self.seconds.append(time.process_time() - begin)
        return found


def estimator(task):
    return SpectralRegressor if task == "regression" else SpectralClassifier


def path_model(task, seed):
    return estimator(task)((50,), learning_rate=3e-3, penalty="path", random_state=seed)


def without_margin(found, n):
    """p (p,) that a price is above 0, from its interval: t = share / error."""
    error = (found.high - found.low) / 2 / stdtrit(n - 1, 0.975)
    return np.where(error > 0, stdtr(n - 1, -found.share / np.where(error > 0, error, 1)), 1.0)


def marginal_prices(model, path, x, y, task, seed):
    """Permutation importance of the path's networks: share (p,) and p (p,), margin 0.

    As `relevance` prices, but a column is replaced by its values of other rows, whatever the other
    columns are.
    """
    rng, network = np.random.default_rng(seed), model.network_
    z = (x - model.mean_) / model.scale_
    if task == "regression":
        loss, target = mean_squared_error, (y - y.mean())[:, None] / y.std()
    else:
        loss, target = softmax_cross_entropy, np.searchsorted(model.classes_, y)
    prices, before = np.empty((x.shape[1], len(x))), np.empty(len(x))
    for number, params in enumerate(path.params):
        held = path.fold == number
        before[held] = sample_losses(loss, network.forward(params, z[held])[0], target[held])
        for j, price in enumerate(prices):
            drawn = z[rng.integers(len(z), size=(DRAWS, held.sum())), j][..., None]
            outputs = spectral_replaced_outputs(network, params, z[held], np.array([j]), drawn)
            price[held] = sample_losses(loss, outputs, target[held]).mean(0) - before[held]
    constant = np.broadcast_to(best_constant(target), (len(x), network.n_out))
    gain = float(np.mean(sample_losses(loss, constant, target) - before))
    mean, *_, p = conditional_test(prices, gain, margin=0.0)
    return mean / gain, p


def timed(n, p, seed):
    """Seconds of the path and of the prices, for n rows and p columns of which 4 matter."""
    rng, clock = np.random.default_rng(seed), Clock()
    x = rng.standard_normal((n, p))
    y = response(x[:, :4], rng)
    model = clock(path_model("regression", seed).fit, x, y)
    clock(model.relevance, x, y)
    return {"seconds": np.array(clock.seconds)}
