"""What input_relevance.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row
from input_relevance_runs import FEW
from scipy.stats import pearsonr, spearmanr

CLEAR_GAP = 0.3                     # of the means: relevant features beyond it must come first


def verdicts(result):
    """Rows of all parts in `result`, as input_relevance.run gives it."""
    judges = {"gaussian": judge_gaussian, "pairs": judge_pairs, "mnist": judge_mnist}
    return [row for part, own in result.items() for row in judges[part](own)]


def lead(scores, first, second):
    """Smallest score of the features `first` over the largest of `second`, seed by seed."""
    return np.array([own[a].min() / max(own[b].max(), np.finfo(float).tiny)
                     for own, a, b in zip(scores.astype(float), first, second)])


def correlation(method, scores, truth, chosen):
    """Correlation of scores and truth among the chosen features, seed by seed."""
    return np.array([method(own[mask], true[mask])[0]
                     for own, true, mask in zip(scores, truth, chosen)])


def judge_gaussian(own):
    relevant = own["relevant"]
    clear = relevant & (own["gap"] > CLEAR_GAP)
    first = f"gap > {CLEAR_GAP} over irrelevant"
    by_gap = "rank correlation with the gap"
    return [
        Row("a", f"relevance: {first}", "-", lead(own["relevance"], clear, ~relevant), low=1),
        Row("a", f"eigenvalue alone: {first}", "-", lead(own["eigenvalue"], clear, ~relevant)),
        Row("a", f"relevance: {by_gap}", "figure",
            correlation(spearmanr, own["relevance"], own["gap"], relevant), low=0.9, every=False),
        Row("a", f"eigenvalue alone: {by_gap}", "-",
            correlation(spearmanr, own["eigenvalue"], own["gap"], relevant)),
        Row("a", "relevance: linear correlation with Hellinger", "-",
            correlation(pearsonr, own["relevance"], own["hellinger"], relevant)),
        Row("a", "test accuracy", "about 0.995", own["accuracy"]),
        Row("a", "Bayes accuracy of the drawn set", "-", own["bayes"]),
        Row("a", "|test - Bayes accuracy|", "-", np.abs(own["accuracy"] - own["bayes"]),
            high=0.005),
        Row("a", "|test - Bayes rule on the same examples|", "-",
            np.abs(own["accuracy"] - own["bayes_rule"]), high=0.005)]


def judge_pairs(own):
    paired = own["flip_probability"] > 0
    return [
        Row("b", "relevance: paired over unpaired", "figure",
            lead(own["relevance"], paired, ~paired), low=1),
        Row("b", "eigenvalue alone: paired over unpaired", "-",
            lead(own["eigenvalue"], paired, ~paired)),
        Row("b", "median relevance: rank corr. with flip prob.", "figure",
            pair_ranking(own, np.median(own["relevance"], 0)[None]), low=1),
        Row("b", "relevance: rank corr. with flip prob.", "-", pair_ranking(own, own["relevance"])),
        Row("b", "eigenvalue alone: rank corr. with flip prob.", "-",
            pair_ranking(own, own["eigenvalue"])),
        Row("b", "test accuracy", "0.974", own["accuracy"]),
        Row("b", "Bayes accuracy", "-", own["bayes"][:1]),
        Row("b", "|test - Bayes accuracy|", "-", np.abs(own["accuracy"] - own["bayes"]),
            high=0.003),
        Row("b", "|test - Bayes rule on the same examples|", "-",
            np.abs(own["accuracy"] - own["bayes_rule"])),
        Row("b", "test accuracy on marginals alone", "chance", own["marginal_accuracy"],
            low=0.48, high=0.52),
        Row("b", "test accuracy of a linear classifier", "-", own["linear_accuracy"])]


def pair_ranking(own, relevance):
    """Spearman correlation of the pairs' mean relevance with their flip probability, row by row."""
    p = own["flip_probability"][0]
    n_paired = np.count_nonzero(p)
    of_pairs = relevance[:, :n_paired].reshape(len(relevance), -1, 2).mean(-1)
    return np.array([spearmanr(row, p[:n_paired:2])[0] for row in of_pairs]).round(12)


def judge_mnist(own):
    at_few = list(own["counts"]).index(FEW)
    enough = [own["counts"][np.flatnonzero(kept < 0.99)[-1] + 1] for kept in own["kept_relevance"]]
    masked = f"{FEW} pixels, the same network: "
    again = f"{FEW} pixels, a new network: "
    return [
        Row("c", "test accuracy, all pixels", "1.000", own["accuracy"], low=0.998),
        Row("c", masked + "by relevance", "figure", own["kept_relevance"][:, at_few], low=0.97),
        Row("c", masked + "by eigenvalue alone", "-", own["kept_eigenvalue"][:, at_few]),
        Row("c", masked + "at random", "-", own["kept_random"][:, at_few]),
        Row("c", again + "by relevance", "-", own["retrained_relevance"]),
        Row("c", again + "at random", "-", own["retrained_random"]),
        Row("c", "pixels from which on accuracy is >= 0.99", "-", np.array(enough))]
