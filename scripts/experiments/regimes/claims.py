"""What is published of feature and lazy training, judged; and our own checks."""
import numpy as np
from lab.statistics import fitted
from lab.table import Claim, Row, slope

from npspectral.analysis.kernels.learning_curves import crossing

from .parts import WHOLE

LAZY, FEATURE = slice(-2, None), slice(0, 2)    # the two largest alphas, the two smallest
IMAGES = "mnist", "digits"
TALK, ARTICLE = "Petrini, talk", "Geiger et al. 2020, J. Stat. Mech. 113301"
SMALL = "One hidden layer of ReLUs, not three to five layers of softplus; p = 128 and 256. "


def sweeps(result, task):
    """Width -> arrays of the task's sweep."""
    return {int(part["h"]): part for name, part in result.items()
            if "frozen_error" in part and name.rpartition(" ")[0] == task}


def tasks_of(result):
    """Task -> width -> arrays, of the tasks that were swept."""
    names = dict.fromkeys(name.rpartition(" ")[0] for name, part in result.items()
                          if "frozen_error" in part)
    return {name: sweeps(result, name) for name in names}


def claims(result):
    tasks = tasks_of(result)
    return [*lazy(tasks, result), feature(tasks, result), cross_over(tasks["stripe"]),
            *favored(tasks), *scattered(result)]


def each(tasks, quantity, name, end, published, *bounds):
    """Rows of an array of all sweeps at one alpha, the smallest (0) or the largest (-1)."""
    return [Row(f"{task}, h = {width}", quantity, published, part[name][:, end], *bounds)
            for task, parts in tasks.items() for width, part in parts.items()]


def lazy(tasks, result):
    changes = {name: result[name] for name in ("softplus", "relu")}
    largest = SMALL + "At the largest alpha. "
    return [
        Claim("Lazy weights stay", "Lazy: weights are approximately constant during learning", TALK,
              each(tasks, "|theta - theta_0| / |theta_0|", "parameters", -1, "0", 0, 0.01),
              "alpha_stripe", largest),
        Claim("Lazy kernel stays", "Lazy: the NTK is constant during learning", TALK,
              each(tasks, "|K - K_0| / |K_0|", "kernel", -1, "0", 0, 0.01), "alpha_stripe",
              largest),
        Claim("Lazy training is a kernel method", "Lazy: f only moves on a tangent space; network "
              "dynamics equivalent to a kernel method", TALK,
              [Row(f"stripe, {name}", f"distance of F to the {label}", "0", part[key][:, -1],
                   0, 0.01) for name, part in changes.items()
               for key, label in (("linear", "linearization"), ("frozen", "frozen kernel's"))],
              "approach", largest + "Relative, on test points.")]


def feature(tasks, result):
    network, linear, _ = result["course -2"]["outputs"].T
    rows = [*each(tasks, "|theta - theta_0| / |theta_0|", "parameters", 0, "-", 1),
            *each(tasks, "|K - K_0| / |K_0|", "kernel", 0, "-", 1),
            Row("stripe", "distance of F to the linearization, alpha = 0.01", "-",
                np.linalg.norm(network - linear) / np.linalg.norm(network), 0.5)]
    return Claim("Feature learning moves everything", "Feature: weights evolve during learning, "
                 "f moves significantly, the NTK evolves", TALK, rows, "alpha_stripe",
                 SMALL + "At the smallest alpha; a change is as large as what it began with, or "
                 "larger. The distance has one seed: it only has to be of order 1.")


def kernel_star(part, seeds=slice(None)):
    """alpha* of the mean over seeds: |K - K_0| = |K_0|."""
    alpha = 10.0 ** part["log_alpha"]
    return crossing(alpha, part["kernel"][seeds], np.ones((1, len(alpha)))) or np.nan


def error_star(part, seeds=slice(None)):
    """alpha* of the mean over seeds: the error is halfway, in logs, between its two ends."""
    error = np.log(part["error"][seeds].mean(0))
    middle = np.full(len(error), (error[LAZY].mean() + error[FEATURE].mean()) / 2)
    return crossing(10.0 ** part["log_alpha"], np.exp(middle), np.exp(error)) or np.nan


def cross_over(parts):
    """alpha* ~ h^s: s = 0 in this convention is -1/2 in the article's, alpha / sqrt(h)."""
    widths, seeds = np.array(list(parts)), np.arange(len(next(iter(parts.values()))["error"]))
    rows = []
    for label, star, within in (("kernel", kernel_star, 0.15), ("error", error_star, 0.3)):
        def stars(some, star=star):
            return np.array([star(part, some) for part in parts.values()])

        def exponent(some, stars=stars):
            return slope(np.log(widths), np.log(stars(some))) - 0.5
        rows += [fitted("stripe", f"exponent of alpha*(h) in the article's units, by {label}",
                        "-0.5", exponent, [seeds], -0.5 - within, -0.5 + within),
                 Row("stripe", f"alpha* in our units, by {label}, each h", "order 1", stars(seeds),
                     over="widths")]
    return Claim("Cross-over", "The two regimes are separated by alpha* ~ h^(-1/2)", ARTICLE, rows,
                 "alpha_stripe", SMALL + "Here f ~ 1/h, there 1/sqrt(h): the exponent -1/2 is this "
                 "change of units, and what is measured is that in our units alpha* does not "
                 "depend on h. Bounds of our own: 0.15 by the kernel, 0.3 by the error, whose "
                 "steps are coarser.")


def gain(part):
    """Test error of feature training over that of lazy training, by seed."""
    return part["error"][:, FEATURE].mean(1) / part["error"][:, LAZY].mean(1)


def favored(tasks):
    """Who is better in which regime: by the median over seeds."""
    def rows(task, published, *bounds):
        return [Row(f"{task}, h = {width}", "test error, feature / lazy", published, gain(part),
                    *bounds, every=False) for width, part in tasks.get(task, {}).items()]
    images = next((name for name in IMAGES if name in tasks), None)
    if images is None:
        return []
    stripe, whole = rows("stripe", "< 1", 0, 1), rows(images + WHOLE, "> 1", 1)
    few = rows(images, "< 1", 0, 1)
    return [
        Claim("Each regime has its data", "Each regime can be favoured by different architectures "
              "and data structures", TALK, [*stripe, *whole], f"alpha_{images}", SMALL
              + "Other data for one dense network; convolutional ones are not built here."),
        Claim("Dense networks are better lazy", "Fully connected networks generally perform better "
              "in the lazy regime, except when the data set is reduced via PCA", ARTICLE,
              [*whole, *few], f"alpha_{images}", SMALL + "Medians over seeds. On 10 components "
              "the two ends err alike, and the cross-over between them least.")]


def spread(outputs):
    """Relative standard deviation over members, outputs (members, n)."""
    mean = outputs.mean(0)
    return np.sqrt(outputs.var(0, ddof=1).mean() / (mean * mean).mean())


def regimes_of(result):
    """Regime -> arrays of its scatter."""
    return {regime: result[f"scatter {regime}"] for regime in ("feature", "lazy")}


def scattered(result):
    """How F and its error depend on the start, and on h."""
    spreads, gains = [], []
    for regime, part in regimes_of(result).items():
        widths, said = part["widths"], f"scatter, {regime}"
        some = widths >= (300 if regime == "lazy" else 0)

        def exponent(functions, some=some, widths=widths):
            values = [spread(each) for each in functions.swapaxes(0, 1)[some]]
            return slope(np.log(widths[some]), np.log(values))
        functions, errors = part["functions"].swapaxes(0, 1), part["errors"]
        spreads.append(fitted(said, "exponent of the spread of F against h", "-0.5", exponent,
                              [functions], -0.6, -0.4, draws=200))
        gains.append(fitted(said, f"test error, h = {widths[-1]} / h = {widths[0]}", "< 1",
                            lambda wide, narrow: wide.mean() / narrow.mean(),
                            [errors[-1], errors[0]], 0, 1))
    note = SMALL + "Stripe; lazy: frozen kernels, the limit of large alpha. "
    return [Claim("Fluctuations", "In both regimes the fluctuations of F that come from the start "
                  "decay as h^(-1/2)", ARTICLE, spreads, "scatter", note + "Lazy widths below 300 "
                  "are left out: their spread is not small beside F. The feature regime was tried "
                  "at alpha = 10^-4: its spread falls with h, but more slowly."),
            Claim("Wider is better", "... leading to a performance that increases with h", ARTICLE,
                  gains, "scatter", note + "In the feature regime (alpha = 10^-4) the error is "
                  "the same at every h that was tried.")]


def checks(result):
    rows = [row for task, parts in tasks_of(result).items() for width, part in parts.items()
            for row in laws(f"{task}, h = {width}", part)]
    return rows + approached(result)


def laws(name, part):
    """What we expect of both ends of a sweep, and of where they meet."""
    log_alpha = part["log_alpha"]

    def law(words, quantity, end, published, *bounds):
        return Row(name, f"slope of {words}", published,
                   slope(log_alpha[end], np.log10(part[quantity][:, end])), *bounds)
    stars = [kernel_star(part, [seed]) for seed in range(len(part["kernel"]))]
    return [Row(name, "test error, feature", "-", part["error"][:, FEATURE].mean(1)),
            Row(name, "test error, lazy", "-", part["error"][:, LAZY].mean(1)),
            Row(name, "alpha*, |K - K_0| = |K_0|", "order 1", stars, 1, 100),
            law("|theta - theta_0|, feature", "parameters", FEATURE, "-0.5", -0.6, -0.4),
            law("|theta - theta_0|, lazy", "parameters", LAZY, "-1", -1.05, -0.95),
            law("|K - K_0|, feature", "kernel", FEATURE, "-1", -1.2, -0.8),
            Row(name, "points left, all alphas, at most", "-", part["left"].max(1))]


def approached(result):
    """How differences to both approximations fall with alpha, from 100 on."""
    rows = []       # of ReLUs up to 10^5: beyond, no kink is crossed any more
    for name, published, end, bounds in (("softplus", "-1", np.inf, (-1.1, -0.9)),
                                         ("relu", "-0.5", 5, (-0.75, -0.4))):
        part, log_alpha = result[name], result[name]["log_alpha"]
        some = (log_alpha >= 2) & (log_alpha <= end)
        rows += [Row(name, f"slope of the distance to the {label}", published,
                     slope(log_alpha[some], np.log10(part[key][:, some])), *bounds, every=False)
                 for key, label in (("linear", "linearization"), ("frozen", "frozen kernel"))]
    return rows
