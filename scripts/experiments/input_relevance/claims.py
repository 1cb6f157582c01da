"""Relevance puts first what tells the classes apart, in its order; accuracy is the Bayes rule's."""
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
    relevant, gap, relevance, eigenvalue = (
        part[name] for name in ("relevant", "gap", "relevance", "eigenvalue"))
    clear = relevant & (gap > CLEAR_GAP)
    first, by_gap = f"gap > {CLEAR_GAP} over irrelevant", "rank correlation with the gap"
    return [
        Row("a", f"relevance: {first}", "-", lead(relevance, clear, ~relevant), low=1),
        Row("a", f"eigenvalue alone: {first}", "-", lead(eigenvalue, clear, ~relevant)),
        Row("a", f"relevance: {by_gap}", "figure",
            correlation(spearmanr, relevance, gap, relevant), low=0.9, every=False),
        Row("a", f"eigenvalue alone: {by_gap}", "-",
            correlation(spearmanr, eigenvalue, gap, relevant)),
        Row("a", "relevance: linear correlation with Hellinger", "-",
            correlation(pearsonr, relevance, part["hellinger"], relevant)),
        Row("a", "test accuracy", "about 0.995", part["accuracy"]),
        Row("a", "Bayes accuracy of the drawn set", "-", part["bayes"]),
        Row("a", "|test - Bayes accuracy|", "-", np.abs(part["accuracy"] - part["bayes"]),
            high=0.005),
        Row("a", "|test - Bayes rule on the same examples|", "-",
            np.abs(part["accuracy"] - part["bayes_rule"]), high=0.005)]


def judge_pairs(part):
    paired, relevance, eigenvalue = (
        part["flip_probability"] > 0, part["relevance"], part["eigenvalue"])
    return [
        Row("b", "relevance: paired over unpaired", "figure", lead(relevance, paired, ~paired),
            low=1),
        Row("b", "eigenvalue alone: paired over unpaired", "-", lead(eigenvalue, paired, ~paired)),
        Row("b", "median relevance: rank corr. with flip prob.", "figure",
            pair_ranking(part, np.median(relevance, 0)[None]), low=1),
        Row("b", "relevance: rank corr. with flip prob.", "-", pair_ranking(part, relevance)),
        Row("b", "eigenvalue alone: rank corr. with flip prob.", "-",
            pair_ranking(part, eigenvalue)),
        Row("b", "test accuracy", "0.974", part["accuracy"]),
        Row("b", "Bayes accuracy", "-", part["bayes"][:1]),
        Row("b", "|test - Bayes accuracy|", "-", np.abs(part["accuracy"] - part["bayes"]),
            high=0.003),
        Row("b", "|test - Bayes rule on the same examples|", "-",
            np.abs(part["accuracy"] - part["bayes_rule"])),
        Row("b", "test accuracy on marginals alone", "chance", part["marginal_accuracy"],
            low=0.48, high=0.52),
        Row("b", "test accuracy of a linear classifier", "-", part["linear_accuracy"])]


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
    return [
        Row("c", "test accuracy, all pixels", "1.000", part["accuracy"], low=0.998),
        Row("c", masked + "by relevance", "figure", part["kept_relevance"][:, at_few], low=0.97),
        Row("c", masked + "by eigenvalue alone", "-", part["kept_eigenvalue"][:, at_few]),
        Row("c", masked + "at random", "-", part["kept_random"][:, at_few]),
        Row("c", again + "by relevance", "-", part["retrained_relevance"]),
        Row("c", again + "at random", "-", part["retrained_random"]),
        Row("c", "pixels from which on accuracy is >= 0.99", "-", np.array(enough))]
