"""What is published of selections, judged on sets with known truth; what ours has to hold."""
import numpy as np
from lab.statistics import bootstrap
from lab.table import Claim, Row
from scipy.stats import spearmanr

from .measures import GROUPS, PRICES, Q, errors, measured, sets_of
from .sets import FRESH
from .sets import SETS as KNOWN

LEVEL, SPREAD = 0.05, 0.025             # of type-I errors; two deviations of 200 tests and more
RATE_SPREAD = 0.05                      # of a mean FDR over ten seeds
NO_SIGNAL = "cancer, noise", "noise"
CORRELATED = "rho 0.8", "cancer, response", "california, response", "digits, response"
GAUSSIAN = "product", "rho 0.5", "rho 0.8", "linear"
CHAMMA = "Chamma et al. 2023, NeurIPS"
CANDES = "Candes et al. 2018, J. R. Stat. Soc. B 80"
# What prices at q = 0.1 have to reach
POWER = {"friedman1": 0.95, "pairs": 0.95, "product": 0.95, "rho 0.5": 0.95,
         "california, response": 0.95, "rho 0.8": 0.8, "digits, response": 0.8, "friedman3": 0.75,
         "gaussian": 0.6}
AUC = {**dict.fromkeys(("friedman1", "pairs", "product", "rho 0.5", "rho 0.8",
                        "digits, response"), 0.99), "cancer, response": 0.9}


def claims(result):
    sets = sets_of(result)
    found = {name: measured(part) for name, part in sets.items()}
    made = [
        Claim("permutation finds too much", "permutation schemes risk misidentifying unimportant "
              "variables as important in the presence of correlations among covariates", CHAMMA,
              error_rows(sets, "marginal_p", low=LEVEL + SPREAD), "errors",
              "Of the same networks as prices; a column takes its values of other rows, "
              "and no rise of the loss is cut."),
        Claim("given the others: accurate", "conditional permutation importance provides accurate "
              "type-I error control", CHAMMA, error_rows(sets, "p_0", high=LEVEL + SPREAD),
              "errors", "Drawn by ridge regression on cosines and residuals of near rows, where "
              "the source permutes residuals of a forest; margin 0."),
        Claim("knockoffs of Gaussian inputs", "model-X knockoffs provide valid inference from "
              "finite samples where the conditional distribution of the response is unknown",
              CANDES, peer_rows(found, "knockoffs", GAUSSIAN, "fdp", "<= 0.1",
                                high=Q + RATE_SPREAD), "sets",
              "The covariance is estimated from the same rows."),
        Claim("knockoffs of other inputs", "preliminary evidence that the procedure is robust to "
              "unknown or estimated distributions", CANDES,
              peer_rows(found, "knockoffs", CORRELATED[1:], "fdp", "<= 0.1",
                        high=Q + RATE_SPREAD), "sets",
              "Gaussian knockoffs of real columns."),
        Claim("Boruta finds all", "a feature selection algorithm for finding all relevant "
              "variables", "Kursa and Rudnicki 2010, J. Stat. Softw. 36",
              peer_rows(found, "shadows", tuple(POWER), "power", "1", low=0.95), "sets",
              "Its rule in 12 rounds, forests of 50 trees of depth 5."),
        Claim("none of cancer's columns", "permutation importance shows that none of the features "
              "are important, in contradiction with the high test accuracy", "scikit-learn, "
              "example of multicollinear features",
              peer_rows(found, "forest permuted", ("cancer, probes",), "power", "0", high=0.1),
              "sets", "With probes beside the columns.")]
    return [claim for claim in made if claim.rows]


def error_rows(sets, array, **bounds):
    """The share of type-I errors on the sets whose columns are correlated."""
    return [mean_row(name, "share of irrelevant inputs with p < 0.05", "0.05",
                     errors(sets[name], array), **bounds) for name in CORRELATED if name in sets]


def peer_rows(found, method, names, field, published, **bounds):
    """The mean power or FDR of one peer on the sets, where it ran."""
    return [mean_row(name, f"{'FDR' if field == 'fdp' else field}, {method}", published,
                     getattr(found[name][method], field), **bounds)
            for name in names if name in found and method in found[name]]


def mean_row(part, quantity, published, values, **bounds):
    """The mean over seeds, with its interval."""
    return Row(part, quantity, published, values.mean(), interval=bootstrap(np.mean, values),
               seeds=len(values), **bounds)


def checks(result):
    sets = sets_of(result)
    found = {name: measured(part) for name, part in sets.items()}
    return [*loss_rows(found), *rate_rows(found), *power_rows(found), *rank_rows(sets, found),
            *network_rows(sets), *time_rows(found)]


def loss_rows(found):
    """Where others select more, first: of each set the best of them at an FDR up to 0.1."""
    rows = []
    for name, of_method in found.items():
        for method in rivals(of_method)[:1]:
            more = of_method[method].power.mean() - of_method[PRICES].power.mean()
            rows.append(Row(name, f"power of {method}, less prices'", "-", more))
    return sorted(rows, key=lambda row: -row.values[0])


def rivals(of_method):
    """Methods of more power than prices at a mean FDR up to Q, the best first."""
    power = {method: one.power.mean() for method, one in of_method.items()
             if one.fdp.mean() <= Q and one.power.mean() > of_method[PRICES].power.mean()}
    return sorted(power, key=lambda method: -power[method])


def rate_rows(found):
    """False discoveries, over the sets on which the method was made and over fresh ones."""
    for words, names in (("known sets", KNOWN), ("fresh sets", FRESH)):
        here = [found[name] for name in names if name in found]
        for method, mean, worst in ((PRICES, 0.05, 0.15), (GROUPS, np.inf, np.inf)):
            rates = np.array([of_method[method].fdp.mean() for of_method in here])
            if len(rates):
                yield Row(words, f"FDR, {method}, mean", f"<= {Q}", rates.mean(), high=mean)
                yield Row(words, f"FDR, {method}, of each set", f"<= {Q}", rates, high=worst,
                          over="sets")
    for name in NO_SIGNAL:
        if name in found:
            yield Row(name, "share of seeds that select nothing", ">= 0.9",
                      (found[name][PRICES].fdp == 0).mean(), low=0.9)


def power_rows(found):
    for name, least in POWER.items():
        if name in found:
            yield mean_row(name, "power, prices", f">= {least}", found[name][PRICES].power,
                           low=least)
    if "cancer, response" in found:
        yield mean_row("cancer, response", "power, prices of groups", ">= 0.9",
                       found["cancer, response"][GROUPS].power, low=0.9)


def rank_rows(sets, found):
    """The order of relevance: against the truth, and against that of another seed."""
    for name, least in AUC.items():
        if name in found:
            yield mean_row(name, "AUC of the ranking by relevance", f">= {least}",
                           found[name][PRICES].auc, low=least)
    agree = [np.mean([spearmanr(*both)[0] for both in zip(part["relevance"], part["again"])])
             for name, part in sets.items() if name not in NO_SIGNAL]
    if agree:
        yield Row("sets with a signal", "Spearman of two seeds' relevance, mean", ">= 0.8",
                  np.mean(agree), low=0.8)
        yield Row("sets with a signal", "Spearman of two seeds' relevance, each", ">= 0.8",
                  np.array(agree), low=0.8, over="sets")


def network_rows(sets):
    """The network of the path beside that of a fixed penalty: accuracy and seconds."""
    gains = {name: np.subtract(*part["accuracy"].T) for name, part in sets.items()}
    worse = [name for name, gain in gains.items() if bootstrap(np.mean, gain)[1] < 0]
    known = [name for name in worse if name in KNOWN]
    yield Row("known sets", "sets whose test score is surely lower than today's", "<= 2",
              len(known), high=2)
    yield Row("all sets", "test score less today's, mean over seeds", "-",
              np.array([gain.mean() for gain in gains.values()]), over="sets")
    if "rho 0.8" in sets:
        yield Row("rho 0.8", "seconds of path and prices", "<= 2",
                  sets["rho 0.8"]["seconds"][:, :2].sum(1), high=2, every=False)


def time_rows(found):
    """Seconds of each method, the mean over the seeds of a set."""
    for method in next(iter(found.values()), ()):
        seconds = [of_method[method].seconds.mean() for of_method in found.values()]
        yield Row("all sets", f"seconds, {method}", "-", np.array(seconds), over="sets")
