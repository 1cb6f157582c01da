"""Relevance puts first what tells the classes apart, in its order; accuracy is the Bayes rule's."""
from functools import partial
from types import SimpleNamespace

import numpy as np
from lab.table import Row
from scipy.stats import spearmanr

from .parts import FEW

CLEAR_GAP = 0.3                     # of the means: relevant features beyond it must come first
ON_THE_SAME = "|test - Bayes rule on the same examples|"


def claims(result):
    return []


def checks(result):
    judges = {"gaussian": judge_gaussian, "pairs": judge_pairs, "mnist": judge_mnist}
    return [row for name, part in result.items() for row in judges[name](part)]


def lead(scores, first, second):
    """Smallest score of the features `first` over the largest of `second`, seed by seed."""
    return np.array([score[a].min() / max(score[b].max(), np.finfo(float).tiny)
                     for score, a, b in zip(scores.astype(float), first, second)])


def rank_correlation(scores, truth, chosen):
    """Spearman's, of scores and truth among the chosen features, seed by seed."""
    return np.array([spearmanr(score[mask], true[mask])[0]
                     for score, true, mask in zip(scores, truth, chosen)])


def judge_gaussian(part):
    one, row = SimpleNamespace(**part), partial(Row, "a")
    clear = one.relevant & (one.gap > CLEAR_GAP)
    first, by_gap = f"gap > {CLEAR_GAP} over irrelevant", "rank correlation with the gap"
    ranking = partial(rank_correlation, truth=one.gap, chosen=one.relevant)
    return [row(f"relevance: {first}", "-", lead(one.relevance, clear, ~one.relevant), low=1),
            row(f"eigenvalue alone: {first}", "-", lead(one.eigenvalue, clear, ~one.relevant)),
            row(f"relevance: {by_gap}", "figure", ranking(one.relevance), low=0.9, every=False),
            row(f"eigenvalue alone: {by_gap}", "-", ranking(one.eigenvalue)),
            row("test accuracy", "about 0.995", one.accuracy),
            row("Bayes accuracy of the drawn set", "-", one.bayes),
            row("|test - Bayes accuracy|", "-", abs(one.accuracy - one.bayes), high=0.005),
            row(ON_THE_SAME, "-", abs(one.accuracy - one.bayes_rule), high=0.005)]


def judge_pairs(part):
    one, row, ranked = SimpleNamespace(**part), partial(Row, "b"), "rank corr. with flip prob."
    paired, middle = one.flip_probability > 0, np.median(one.relevance, 0, keepdims=True)
    return [
        row("relevance: paired over unpaired", "figure", lead(one.relevance, paired, ~paired),
            low=1),
        row("eigenvalue alone: paired over unpaired", "-", lead(one.eigenvalue, paired, ~paired)),
        row(f"median relevance: {ranked}", "figure", pair_ranking(part, middle), low=1),
        row(f"eigenvalue alone: {ranked}", "-", pair_ranking(part, one.eigenvalue)),
        row("test accuracy", "0.974", one.accuracy),
        row("Bayes accuracy", "-", one.bayes[:1]),
        row("|test - Bayes accuracy|", "-", abs(one.accuracy - one.bayes), high=0.003),
        row(ON_THE_SAME, "-", abs(one.accuracy - one.bayes_rule)),
        row("test accuracy on marginals alone", "chance", one.marginal_accuracy, 0.48, 0.52),
        row("test accuracy of a linear classifier", "-", one.linear_accuracy)]


def pair_ranking(part, relevance):
    """Spearman correlation of the pairs' mean relevance with their flip probability, row by row."""
    p = part["flip_probability"][0]
    n_paired = np.count_nonzero(p)
    of_pairs = relevance[:, :n_paired].reshape(len(relevance), -1, 2).mean(-1)
    return np.array([spearmanr(row, p[:n_paired:2])[0] for row in of_pairs]).round(12)


def judge_mnist(part):
    one, few, row = SimpleNamespace(**part), list(part["counts"]).index(FEW), partial(Row, "c")
    masked, again = f"{FEW} pixels, the same network: ", f"{FEW} pixels, a new network: "
    return [row("test accuracy, all pixels", "1.000", one.accuracy, low=0.998),
            row(masked + "by relevance", "figure", one.kept_relevance[:, few], low=0.97),
            row(masked + "by eigenvalue alone", "-", one.kept_eigenvalue[:, few]),
            row(masked + "at random", "-", one.kept_random[:, few]),
            row(again + "by relevance", "-", one.retrained_relevance),
            row(again + "at random", "-", one.retrained_random)]
