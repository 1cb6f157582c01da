"""Which inputs matter, with an error rate: relevance, prices and what of them is selected.

    share_G = mean Delta_G / gain       of what the network explains, how much it loses without G

See price.py for Delta, gain and the test. The prices of all groups G together need not sum to gain.
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from .._params import check_params
from ._given import checked_numbers, checked_samples
from ._names import short
from ._selection_figure import draw
from .alike import ColumnTree
from .conditional import conditional_draws, normal_scores
from .penalty_path import PenaltyPath
from .price import (REACH, benjamini_hochberg, conditional_test, constant_losses, sample_losses,
                    spectral_replaced_outputs)

MARGIN, GROUP_MARGIN = 0.005, 0.002
DRAWS = 20
LEARNED = 0.05              # p of the gain up to which a network is said to have learned
LETTERS = 48                # of a name in a table


@dataclass(frozen=True, repr=False)
class Relevance(Shapes):
    """What `select` found, for m groups of columns; arrays are (m,) but for groups.

    names       of the groups: a column's, or those of all its columns
    groups (p,) the group of each column
    relevance   |lambda_j| |phi_j| of the first layer, the sum over a group; all sum to 1
    share, low, high    share_G and its interval of 95 %
    p, selected the test and what Benjamini and Hochberg select at the rate q
    gain        what the network explains of the loss; margin: the share of it that is tested
    p_gain      of the test that gain is above 0
    source      where the prices come from, in words
    path        the PenaltyPath that chose the penalty, or None
    alike       the ColumnTree that made the groups, or None
    """

    names: tuple
    groups: np.ndarray
    relevance: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    selected: np.ndarray
    gain: float
    p_gain: float
    margin: float
    q: float
    source: str
    path: PenaltyPath | None = None
    alike: ColumnTree | None = None

    @property
    def learned(self):
        """Whether the network surely explains anything; if not, nothing is selected."""
        return bool(self.p_gain <= LEARNED)

    def to_text(self):
        """A table, groups of the largest share first, and what it says."""
        names = [short(name, LETTERS) for name in self.names]
        width = max(7, *map(len, names))
        lines = [f"{'feature':{width}}  relevance   share  95 % interval       p  selected"]
        for i in np.argsort(-self.share, kind="stable"):
            lines.append(
                f"{names[i]:{width}}  {self.relevance[i]:9.3f}  {self.share[i]:6.1%}  "
                f"{self.low[i]:5.1%} to {self.high[i]:5.1%}  {self.p[i]:6.4f}  "
                f"{'yes' if self.selected[i] else ''}".rstrip())
        return "\n".join([*lines, "", *self._words()])

    def plot(self, figure, most=30):
        """Draw on an empty matplotlib figure: the shares, and if there is one the path.

        figure.savefig writes it. Only the `most` groups of the largest shares are drawn.
        """
        draw(figure, self, most)

    def _words(self):
        if not self.learned:
            yield ("Nothing learned: on samples that it has not seen, the network is not surely "
                   "better than a constant.")
        yield (f"{self.selected.sum()} of {len(self.names)} selected at a rate of false "
               f"discoveries of {self.q:g}, which was measured on known sets, not proven.")
        yield (f"share: the part of what the network explains that is lost where a feature is "
               f"drawn anew given the others; selected if surely above {self.margin:.1%}.")
        yield f"Priced {self.source}."
        if self.alike is not None:
            yield from self.alike.words()


def select(rng, network, params, fold, x, target, groups, *, loss, q=0.1, margin=MARGIN,
           draws=DRAWS, weights=None, progress=None):
    """What Relevance holds of prices, as a dict: share, low, high, p, selected, gain and so on.

    Arguments as in group_prices, and weights (n,) of the samples. A sample counts at most REACH
    losses of the best constant, in prices and in gain. If gain is not surely above 0, p = 1. A
    margin below MARGIN doubles p: without that more false ones were selected than at MARGIN.
    """
    refuse.share("select", "q", q)
    x, target = checked_samples("select", x, target)
    constant = constant_losses(loss, target, network.n_out, weights)
    most = REACH * np.average(constant, weights=weights)
    prices, before = group_prices(rng, network, params, fold, x, target, groups, loss=loss,
                                  draws=draws, most=most, progress=progress)
    gains = (constant - before).clip(-most, most)
    gain, _, _, p_gain = (float(value[0]) for value in conditional_test(
        gains[None], gain=1.0, margin=0.0, weights=weights))
    *found, p = conditional_test(prices, gain, margin, weights)
    p = np.minimum(2 * p, 1) if margin < MARGIN else p
    if p_gain > LEARNED:
        found, p = np.zeros((3, len(p))), np.ones(len(p))
    share, low, high = np.divide(found, gain if gain else 1)
    return dict(share=share, low=low, high=high, p=p, selected=benjamini_hochberg(p, q), gain=gain,
                p_gain=p_gain, margin=margin, q=q)


def group_prices(rng, network, params, fold, x, target, groups, *, loss, draws=DRAWS,
                 most=np.inf, progress=None):
    """Delta (m, n) of the m groups, each rise cut at +-most, and the loss (n,) of every sample.

    Sample b is priced by the network with params[fold[b]], which should not have seen it; fold
    (n,), groups (p,) the group of each column of x (n, p). progress(done, of) is called after each
    group.
    """
    refuse.generator("group_prices", rng)
    x, target = checked_samples("group_prices", x, target)
    groups = checked_numbers("group_prices", "groups", groups, x.shape[1])
    fold = checked_numbers("group_prices", "fold", fold, len(x), len(params))
    for own in params:
        check_params("group_prices", own, network)
    rows = [fold == number for number in range(len(params))]
    before, prices = np.empty(len(x)), np.empty((groups.max() + 1, len(x)))
    for own, mine in zip(params, rows):
        before[mine] = sample_losses(loss, network.forward(own, x[mine])[0], target[mine])
    scores = normal_scores(x)
    for group, price in enumerate(prices):
        columns = np.flatnonzero(groups == group)
        drawn = conditional_draws(rng, x, columns, draws, scores=scores)
        for own, mine in zip(params, rows):
            y = spectral_replaced_outputs(network, own, x[mine], columns, drawn[:, mine])
            rise = sample_losses(loss, y, target[mine]) - before[mine]
            price[mine] = rise.clip(-most, most).mean(0)
        if progress is not None:
            progress(group + 1, len(prices))
    return prices, before
