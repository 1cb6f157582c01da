"""Relevance puts first what tells the classes apart, in its order; accuracy is the Bayes rule's."""
from functools import partial

import numpy as np
from lab.table import Row
from scipy.stats import pearsonr, spearmanr

from .parts import FEW

CLEAR_GAP = 0.3                     # of the means: relevant features beyond it must come first


def claims(result):
    judges = {"gaussian": judge_gaussian, "pairs": judge_pairs, "mnist": judge_mnist}
    return [row for name, part in result.items() for row in judges[name](part)]


def lead(scores, first, second):
    """Smallest score of the features `first` over the largest of `second`, seed by seed."""
    return np.array([score[a].min() / max(score[b].max(), np.finfo(float).tiny)
                     for score, a, b in zip(scores.astype(float), first, second)])


def correlation(method, scores, truth, chosen):
    """Correlation of scores and truth among the chosen features, seed by seed."""
    return np.array([method(score[mask], true[mask])[0]
                     for score, true, mask in zip(scores, truth, chosen)])


def judge_gaussian(part):
    relevant, gap, relevance, eigenvalue, accuracy = (
        part[name] for name in ("relevant", "gap", "relevance", "eigenvalue", "accuracy"))
    clear = relevant & (gap > CLEAR_GAP)
    first, by_gap = f"gap > {CLEAR_GAP} over irrelevant", "rank correlation with the gap"
    row, ranking = partial(Row, "a"), partial(correlation, spearmanr, truth=gap, chosen=relevant)
    return [
        row(f"relevance: {first}", "-", lead(relevance, clear, ~relevant), low=1),
        row(f"eigenvalue alone: {first}", "-", lead(eigenvalue, clear, ~relevant)),
        row(f"relevance: {by_gap}", "figure", ranking(relevance), low=0.9, every=False),
        row(f"eigenvalue alone: {by_gap}", "-", ranking(eigenvalue)),
        row("relevance: linear correlation with Hellinger", "-",
            correlation(pearsonr, relevance, part["hellinger"], relevant)),
        row("test accuracy", "about 0.995", accuracy),
        row("Bayes accuracy of the drawn set", "-", part["bayes"]),
        row("|test - Bayes accuracy|", "-", np.abs(accuracy - part["bayes"]), high=0.005),
        row("|test - Bayes rule on the same examples|", "-",
            np.abs(accuracy - part["bayes_rule"]), high=0.005)]


def judge_pairs(part):
    paired, relevance, eigenvalue, accuracy = (
        part["flip_probability"] > 0, part["relevance"], part["eigenvalue"], part["accuracy"])
    row, ranked = partial(Row, "b"), "rank corr. with flip prob."
    return [
        row("relevance: paired over unpaired", "figure", lead(relevance, paired, ~paired), low=1),
        row("eigenvalue alone: paired over unpaired", "-", lead(eigenvalue, paired, ~paired)),
        row(f"median relevance: {ranked}", "figure",
            pair_ranking(part, np.median(relevance, 0)[None]), low=1),
        row(f"relevance: {ranked}", "-", pair_ranking(part, relevance)),
        row(f"eigenvalue alone: {ranked}", "-", pair_ranking(part, eigenvalue)),
        row("test accuracy", "0.974", accuracy),
        row("Bayes accuracy", "-", part["bayes"][:1]),
        row("|test - Bayes accuracy|", "-", np.abs(accuracy - part["bayes"]), high=0.003),
        row("|test - Bayes rule on the same examples|", "-",
            np.abs(accuracy - part["bayes_rule"])),
        row("test accuracy on marginals alone", "chance", part["marginal_accuracy"], 0.48, 0.52),
        row("test accuracy of a linear classifier", "-", part["linear_accuracy"])]


def pair_ranking(part, relevance):
    """Spearman correlation of the pairs' mean relevance with their flip probability, row by row."""
    p = part["flip_probability"][0]
    n_paired = np.count_nonzero(p)
    of_pairs = relevance[:, :n_paired].reshape(len(relevance), -1, 2).mean(-1)
    return np.array([spearmanr(row, p[:n_paired:2])[0] for row in of_pairs]).round(12)


def judge_mnist(part):
    at_few = list(part["counts"]).index(FEW)
    enough = [[*part["counts"], np.inf][np.flatnonzero([True, *(kept < 0.99)])[-1]]
              for kept in part["kept_relevance"]]
    masked, again = f"{FEW} pixels, the same network: ", f"{FEW} pixels, a new network: "
    row = partial(Row, "c")
    return [
        row("test accuracy, all pixels", "1.000", part["accuracy"], low=0.998),
        row(masked + "by relevance", "figure", part["kept_relevance"][:, at_few], low=0.97),
        row(masked + "by eigenvalue alone", "-", part["kept_eigenvalue"][:, at_few]),
        row(masked + "at random", "-", part["kept_random"][:, at_few]),
        row(again + "by relevance", "-", part["retrained_relevance"]),
        row(again + "at random", "-", part["retrained_random"]),
        row("pixels from which on accuracy is >= 0.99", "-", enough)]
