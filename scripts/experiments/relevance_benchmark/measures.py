"""How good a selection is: power, share of false ones, ranking; of every method on every set."""
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from npspectral.analysis.spectral import benjamini_hochberg

from .peers import PEERS

Q = 0.1
PRICES, NO_MARGIN, GROUPS, MARGINAL, FIXED = OURS = (
    "prices", "prices, margin 0", "prices of groups", "marginal prices", "above mean")


@dataclass(frozen=True)
class Measured:
    """Of one method on one set (seed,): power, auc are nan where no input is relevant."""

    power: np.ndarray
    fdp: np.ndarray
    auc: np.ndarray
    seconds: np.ndarray


def sets_of(result):
    """The parts that are sets."""
    return {name: part for name, part in result.items() if "relevant" in part}


def measured(part):
    """method -> Measured, of one set."""
    path, prices, grouped, marginal, fixed = part["seconds"].T
    alone = np.broadcast_to(np.arange(part["relevant"].shape[1]), part["relevant"].shape)
    found = {
        PRICES: (part["selected"], part["relevance"], alone, path + prices),
        NO_MARGIN: (below(part["p_0"]), part["share"], alone, path + prices),
        GROUPS: (part["group_selected"], part["group_share"], part["groups"], path + grouped),
        MARGINAL: (below(part["marginal_p"]), part["marginal_share"], alone, path + marginal),
        FIXED: (above_mean(part["importance"]), part["importance"], alone, fixed)}
    for k, method in zip(range(part["peer_seconds"].shape[1]), PEERS):
        found[method] = (part["peer_selected"][:, k], part["peer_score"][:, k], alone,
                         part["peer_seconds"][:, k])
    return {method: of_groups(part["relevant"], *arrays) for method, arrays in found.items()}


def of_groups(relevant, selected, score, groups, seconds):
    """Measured of arrays (seed, column); a group is relevant if one of its columns is."""
    values = []
    for chosen, rank, truth, group in zip(selected, score, relevant, groups):
        _, first = np.unique(group, return_index=True)
        true = np.array([truth[group == group[k]].any() for k in first])
        chosen, rank = chosen[first], rank[first]
        values.append(((chosen & true).sum() / true.sum() if true.any() else np.nan,
                       (chosen & ~true).sum() / max(1, chosen.sum()), auc(rank, true)))
    return Measured(*np.array(values, float).T, seconds)


def auc(score, true):
    """The chance that a relevant one has the larger score than one that is not; ties count half."""
    n, m = true.sum(), (~true).sum()
    if not n or not m:
        return np.nan
    return (rankdata(score)[true].sum() - n * (n + 1) / 2) / (n * m)


def below(p):
    return np.array([benjamini_hochberg(row, Q) for row in p])


def above_mean(score):
    return score > score.mean(1, keepdims=True)


def errors(part, array):
    """The share of irrelevant columns with p below 0.05, of each seed."""
    return np.array([(p[~true] < 0.05).mean() for p, true in zip(part[array], part["relevant"])])
