"""Which selection of inputs can be trusted? Sets of which it is known which inputs matter.

Power is the share of relevant inputs that a method selects, the false discovery rate (FDR) the
mean share of irrelevant ones among the selected. By spectral networks, whose penalty is chosen on a
path:

    prices            what the loss rises where an input is drawn anew given the others; selected
                      at q = 0.1 where it is surely above half a percent of what is explained,
                      if that is surely above 0
    prices, margin 0  the same where it is surely above 0
    prices of groups  inputs that correlate by more than 0.7 are priced together, and count as one
    marginal prices   permutation: the input is drawn whatever the others are, margin 0
    above mean        importance of a network with a fixed penalty, above the mean of all inputs

Beside them, where scikit-learn is installed (the extra [peers]): forests by importance above the
mean; forests and dense networks by permutation importance on a held-out fifth; shadows, the rule of
Boruta in 12 rounds; Lasso; knockoffs of Gaussian inputs with the Lasso.

    SETS, known      sets on which the method was made; other draws of them
    SETS, fresh      sets on which nothing was chosen
    growth           seconds against the numbers of rows and of columns

A price asks what an input adds to the others, a forest what it says by itself: which of both is
asked decides on sets with probes. All methods see the same rows, and no more. The checks begin with
the sets on which another method selects more than prices do, at an FDR of 0.1 at most.

Source: A. Chamma, D. Engemann and B. Thirion 2023, NeurIPS, arXiv 2309.07593 (permutation and
conditional permutation); E. Candes et al. 2018, J. R. Stat. Soc. B 80, 551 (knockoffs); M. Kursa
and W. Rudnicki 2010, J. Stat. Softw. 36, 11 (Boruta); scikit-learn's examples of permutation
importance. Margin, sets and sizes are ours.

Minutes of processor time: --quick 1/5, --standard 13, --full 75 by estimate.
"""
from dataclasses import dataclass

import numpy as np
from lab.plan import axes, by_seed, each_seed, stack

from npspectral.sweep import grid

from .parts import by_network, timed
from .peers import HERE, PEERS, by_peer
from .sets import FRESH, can_draw
from .sets import SETS as KNOWN

SECONDS = 12, 770, 4500
GROWTH_P = 20                           # columns where rows grow
DATA = ("california-housing",)
AXES = {**axes({
    "seed, column": "relevant relevance again share low high selected p_0 groups group_share "
                    "group_selected marginal_share marginal_p importance",
    "seed, method, column": "peer_selected peer_score", "seed, method": "peer_seconds",
    "seed, step": "seconds", "seed, model": "accuracy", "size": "sizes"}),
    "growth, rows/seconds": ("seed", "size", "step"),
    "growth, columns/seconds": ("seed", "size", "step")}


@dataclass(frozen=True)
class Setting:
    """Whether peers run beside; sets; rows n to fit; the rate q; of growth: rows, columns."""

    seeds: int
    peers: bool
    sets: tuple
    n: int
    q: float
    rows: tuple
    columns: tuple
    seeds_growth: int


SETTINGS = {
    "quick": Setting(2, False, ("rho 0.8", "noise"), 200, 0.1, (100, 200), (5, 10), 1),
    "default": Setting(10, True, (*KNOWN, *FRESH), 500, 0.1, (250, 500, 1000, 2000),
                       (10, 20, 40, 80), 3),
    "full": Setting(30, True, (*KNOWN, *FRESH), 500, 0.1, (250, 500, 1000, 2000, 4000),
                    (10, 20, 40, 80, 160), 5)}


def run(setting, keep):
    """SET -> arrays (seed, column) of networks, (seed, method, column) of peers; of growth."""
    peers = PEERS if setting.peers and HERE else ()
    if setting.peers and not HERE:
        print("methods and tables of scikit-learn left out: it is not installed; see the extra "
              "[peers]")
    names = [name for name in setting.sets if can_draw(name, HERE)]
    given = {"n": setting.n, "q": setting.q}
    plan = {(name, method): each_seed(by_peer, setting.seeds, name=name, method=method, **given)
            for method in peers for name in names}
    for name in names:
        plan[name] = each_seed(by_network, setting.seeds, name=name, **given)
    plan["growth, rows"] = grid(timed, p=[GROWTH_P], seed=range(setting.seeds_growth),
                                n=setting.rows)
    plan["growth, columns"] = grid(timed, n=[setting.n], seed=range(setting.seeds_growth),
                                   p=setting.columns)
    values = keep(plan)
    result = {}
    for name in names:
        own = stack(values[name])
        result[name] = {**own, **of_peers([values[name, method] for method in peers],
                                          own["relevant"])}
    for part, sizes in (("growth, rows", setting.rows), ("growth, columns", setting.columns)):
        result[part] = {"sizes": np.array(sizes), **by_seed(values[part], setting.seeds_growth)}
    return result


def of_peers(runs, relevant):
    """peer_selected, peer_score (seed, method, column) and peer_seconds of one set; or none."""
    if not runs:
        none = np.zeros((len(relevant), 0, relevant.shape[1]))
        return {"peer_selected": none > 0, "peer_score": none, "peer_seconds": none[..., 0]}
    found = [stack(one) for one in runs]
    return {f"peer_{name}": np.stack([one[name] for one in found], 1)
            for name in ("selected", "score", "seconds")}
