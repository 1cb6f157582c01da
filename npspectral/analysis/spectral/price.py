"""What a network loses without an input: the rise of its loss where it is drawn anew.

    Delta_b = mean over draws of cut(l(f(x~_b), t_b) - l(f(x_b), t_b)),  cut(r) = r, but in [-C, C]

l is the loss of one sample. x~ is x but for the columns of a group G, which are drawn from their
distribution given the other columns (conditional.py). So Delta asks what G tells beyond the others.
The samples must be ones that f has not seen in training. If G tells nothing beyond, x~_b and x_b
could change places: a rise r is as likely as -r, and the mean of cut(r) is 0 as that of r. With C =
REACH mean losses of the best constant, a few samples far from all others do not hide a price.

If the first layer is spectral with lambda_out = 0, a column enters by its eigenvalue alone. With
a = W x + bias, the input of the hidden nodes,
    a~_b = a_b + sum_{j in G} (x~_bj - x_bj) lambda_in_j phi_.j
which is of rank one for one column: no forward through the first layer, and no new network.

The test is over the samples, Benjamini and Hochberg's over the groups. gain = mean of cut(loss of
the best constant - l), what the network explains; a group must cost more than a share of it:
    t = (mean Delta - margin gain) / (sd Delta / sqrt(n)),  p = 1 - T_{n-1}(t)

Source: Chamma, Engemann and Thirion 2023, arXiv 2309.07593; Benjamini and Hochberg 1995, J. R.
Stat. Soc. B 57, 289. The margin is ours. The rate of false discoveries is measured, not proven.
"""
import numpy as np

from ... import refuse
from ...nn import Chain, Spectral
from .._params import check_params
from ._given import checked_columns

REACH = 3       # so many losses of the best constant a sample counts at most


def replaced_outputs(predict, x, columns, drawn):
    """y (draws, n, K) of any model where columns (g,) of x (n, p) are replaced by drawn.

    drawn (draws, n, g); predict(x) gives outputs (n, K).
    """
    x, columns, drawn = _checked("replaced_outputs", x, columns, drawn)
    if not callable(predict):
        raise TypeError(f"replaced_outputs: predict is {predict!r}, expected a function")
    outputs = []
    for values in drawn:
        replaced = x.copy()
        replaced[:, columns] = values
        outputs.append(predict(replaced))
    return np.stack(outputs)


def spectral_replaced_outputs(network, params, x, columns, drawn):
    """The same for a Chain that begins with a Spectral layer, through the columns' eigenvalues."""
    x, columns, drawn = _checked("spectral_replaced_outputs", x, columns, drawn)
    if not (isinstance(network, Chain) and isinstance(network.layers[0], Spectral)):
        raise TypeError(f"spectral_replaced_outputs: network is {network!r}, expected a Chain "
                        f"whose first layer is Spectral")
    check_params("spectral_replaced_outputs", params, network)
    first, *rest = network.layers
    a, _ = first.forward(params[0], x)
    y = a + (drawn - x[:, columns]) @ first.weight(params[0])[:, columns].T
    for layer, own in zip(rest, params[1:]):
        y, _ = layer.forward(own, y)
    return y


def sample_losses(loss, y, target):
    """l (..., n): the loss of each sample by itself, for outputs y (..., n, K).

    loss(y, target) is one of npspectral.nn, target (n,) or (n, K) as it takes it.
    """
    y = refuse.array("sample_losses", "y", y, max(2, np.ndim(y)))
    target = refuse.array("sample_losses", "target", target, min(max(1, np.ndim(target)), 2))
    refuse.length("sample_losses", "target", target, y.shape[-2])
    target = np.broadcast_to(target[:, None], (*y.shape[:-1], 1, *target.shape[1:]))
    return loss(y[..., None, :], target)[0]


def constant_losses(loss, target, n_out, weights=None):
    """l (n,) of n_out outputs that are the constant of the least mean loss."""
    constant = best_constant(target, weights, n_out)
    return sample_losses(loss, np.broadcast_to(constant, (len(target), n_out)), target)


def best_constant(target, weights=None, n_out=0):
    """The outputs (K,) of the least mean loss that ignore x.

    Mean targets for targets (n, K), the logarithms of the shares of K >= n_out classes for labels
    (n,); of a share 0 that of the smallest number.
    """
    target = refuse.array("best_constant", "target", target, min(max(1, np.ndim(target)), 2))
    if weights is not None:
        weights = refuse.real("best_constant", "weights", weights, 1)
        refuse.length("best_constant", "weights", weights, len(target))
    if target.dtype.kind == "f":
        return np.average(target, 0, weights)
    share = np.bincount(target, weights, n_out)
    return np.log(np.maximum(share / share.sum(), np.finfo(float).tiny))


def conditional_test(prices, gain, margin=0.005, weights=None, level=0.95):
    """mean Delta, an interval of it, and p: what prices Delta (m, n) of m groups say, each (m,).

    The interval is that of Student's t, at this level. With weights (n,) means are weighted, and
    the variance of a mean is n / (n - 1) sum_b w_b^2 (Delta_b - mean)^2 / (sum w)^2.
    p = 1 if gain <= 0, and where all prices are 0: the network does not use the group.

    >>> mean, low, high, p = conditional_test(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), 2.0)
    >>> mean, p.round(3)
    (array([2., 0.]), array([0.037, 1.   ]))
    """
    from scipy.special import stdtr, stdtrit
    prices = refuse.real("conditional_test", "prices", prices, 2)
    n = prices.shape[1]
    refuse.integer("conditional_test", "the number of samples", n, 2)
    refuse.number("conditional_test", "gain", gain, "a number", np.isfinite)
    refuse.not_negative("conditional_test", "margin", margin)
    weights = np.ones(n) if weights is None else weights
    weights = refuse.real("conditional_test", "weights", weights, 1)
    refuse.length("conditional_test", "weights", weights, n)
    if not (weights >= 0).all() or not weights.any():
        raise ValueError(f"conditional_test: weights runs from {weights.min()} to {weights.max()}, "
                         f"expected none below 0 and not only zeros")
    refuse.number("conditional_test", "level", level, "between 0 and 1", lambda c: 0 < c < 1)
    w = weights / weights.sum()
    mean = prices @ w
    error = np.sqrt(n / (n - 1) * ((prices - mean[:, None]) ** 2 @ (w * w)))
    above, some = mean - margin * gain, error > 0
    t = np.divide(above, error, out=np.where(above > 0, np.inf, -np.inf), where=some)
    dead = (prices == 0).all(1) | (gain <= 0)
    reach = stdtrit(n - 1, (1 + level) / 2) * error
    return mean, mean - reach, mean + reach, np.where(dead, 1.0, stdtr(n - 1, -t))


def benjamini_hochberg(p, q):
    """True (m,) for the k smallest of p (m,), k the largest number with p_(k) <= q k / m.

    For independent p, the expected share of false ones among the selected is at most q.

    >>> benjamini_hochberg(np.array([0.01, 0.5, 0.06, 0.9]), q=0.1).tolist()
    [True, False, False, False]
    """
    p = refuse.real("benjamini_hochberg", "p", p, 1)
    if not ((0 <= p) & (p <= 1)).all():
        raise ValueError(f"benjamini_hochberg: p runs from {p.min()} to {p.max()}, expected 0 to 1")
    refuse.share("benjamini_hochberg", "q", q)
    order = np.argsort(p, kind="stable")
    good = np.flatnonzero(p[order] <= q * np.arange(1, len(p) + 1) / len(p))
    selected = np.zeros(len(p), bool)
    selected[order[:good.max(initial=-1) + 1]] = True
    return selected


def _checked(owner, x, columns, drawn):
    """x (n, p), columns (g,) and drawn (draws, n, g), if they fit."""
    x = refuse.real(owner, "x", x, 2)
    columns = checked_columns(owner, columns, x.shape[1])
    drawn = refuse.real(owner, "drawn", drawn, 3)
    if drawn.shape[1:] != (len(x), len(columns)):
        raise ValueError(f"{owner}: drawn has shape {drawn.shape}, expected (draws, {len(x)}, "
                         f"{len(columns)})")
    return x, columns, drawn
