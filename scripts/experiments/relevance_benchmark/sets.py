"""Sets of which it is known which inputs matter: SETS, on which the method was made, and FRESH.

A set is a function of a generator; it gives (task, x (n, p), y (n,), relevant (p,)). The task is
"regression" or "classification". Columns that are relevant have a part in y. Those of the sets
called probes are real; the others are the same columns, each in an order of its own: noise.
"""
import numpy as np

from npspectral import data

NEED_PEERS = ("cancer", "wine", "diabetes")         # scikit-learn brings these tables
NEED_FILES = ("california",)


def can_draw(name, peers):
    """Whether a set is here: `peers` says whether scikit-learn is installed."""
    return (peers or not name.startswith(NEED_PEERS)) and (
        not name.startswith(NEED_FILES) or data.at_hand("california-housing"))


def draw(name, seed, n=500):
    """((x, y) to fit, (x, y) to test, task, relevant) of a set.

    n rows are to fit, as many to test. Of a table with fewer than 2 n rows, n or 4/5 are to fit.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    task, x, y, relevant = (SETS | FRESH)[name](rng, 2 * n)
    order, n = rng.permutation(len(x)), min(n, round(0.8 * len(x)))
    fitted, tested = order[:n], order[n:2 * n]
    return (x[fitted], y[fitted]), (x[tested], y[tested]), task, relevant


def response(z, rng, noise=1.0):
    """A sum of terms of standardized columns, one after the other, each of variance 1, and noise.

        1.5 sin(1.5 z_0),  z_1,  |z_2|,  z_3 z_4,  and again from the sine
    """
    terms, columns = [], list(z.T)
    while columns:
        a, kind = columns.pop(0), len(terms) % 4
        if kind == 3:
            terms.append(a * columns.pop(0) if columns else a)
        else:
            terms.append((np.sin(1.5 * a), a, np.abs(a))[kind])
    return sum(term / term.std() for term in terms) + noise * rng.standard_normal(len(z))


def standardized(x):
    return (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)


def chosen(rng, p, k):
    """Which of p columns, k at random, are relevant (p,)."""
    relevant = np.zeros(p, bool)
    relevant[rng.choice(p, k, replace=False)] = True
    return relevant


def first(k, p):
    return np.arange(p) < k


def answered(rng, x, k, noise, reach=np.inf):
    """x with a response of k of its columns, cut at so many standard deviations."""
    relevant = chosen(rng, x.shape[1], k)
    z = np.clip(standardized(x[:, relevant]), -reach, reach)
    return "regression", x, response(z, rng, noise), relevant


def with_probes(rng, task, x, y):
    """x, y and as many columns without a meaning: each of x, in an order of its own."""
    p = x.shape[1]
    return task, np.c_[x, rng.permuted(x, axis=0)], y, first(p, 2 * p)


# Drawn sets, on which the method was made

def friedman1(rng, n):
    """10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4 and noise, x uniform (Friedman 1991)."""
    x = rng.random((n, 20))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3]
    return "regression", x, y + 5 * x[:, 4] + rng.standard_normal(n), first(5, 20)


def circuit(rng, n):
    """Resistance, frequency, inductance and capacity of a circuit; its reactance (Friedman 1991).
    """
    low, high = np.array([[0, 40 * np.pi, 0, 1], [100, 560 * np.pi, 1, 11]])
    x = rng.random((n, 20))
    x[:, :4] = low + (high - low) * x[:, :4]
    return x, x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3])


def friedman2(rng, n):
    """The circuit's impedance, and noise of .3 of its standard deviation."""
    x, reactance = circuit(rng, n)
    return noisy(rng, x, np.hypot(x[:, 0], reactance))


def friedman3(rng, n):
    """The circuit's phase, and noise of .3 of its standard deviation."""
    x, reactance = circuit(rng, n)
    return noisy(rng, x, np.arctan(reactance / x[:, 0]))


def noisy(rng, x, y):
    return "regression", x, y + 0.3 * y.std() * rng.standard_normal(len(y)), first(4, x.shape[1])


def gaussian(rng, n):
    """The talk's Gaussian features, 11 of 20 relevant, sigma 1."""
    drawn = data.gaussian_features(rng, n, 20, 11, sigmas=1.0)
    return "classification", drawn.x, drawn.labels, drawn.relevant


def pairs(rng, n):
    """The talk's pairs, 8 of 20 relevant."""
    drawn = data.correlated_pairs(rng, n, 20)
    return "classification", drawn.x, drawn.labels, drawn.relevant


def product(rng, n):
    """x0 x1 + x2 x3: no input matters by itself."""
    x = rng.standard_normal((n, 20))
    y = x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] + 0.5 * rng.standard_normal(n)
    return "regression", x, y, first(4, 20)


def correlated(rho):
    """A set of 30 Gaussian columns with correlations rho^|i - j|, 10 of them relevant."""
    def drawn(rng, n):
        row = np.arange(30)
        root = np.linalg.cholesky(rho ** np.abs(np.subtract.outer(row, row)))
        return answered(rng, rng.standard_normal((n, 30)) @ root.T, 10, 1.0)
    return drawn


# Real columns with a response of some of them, or a real answer with probes

def table(name):
    """The columns and the answer of a table that scikit-learn brings."""
    from sklearn import datasets
    bunch = getattr(datasets, f"load_{name}")()
    return bunch.data, bunch.target


def california(rng, n):
    x, y = data.california_housing()
    rows = rng.choice(len(x), n, replace=False)
    return x[rows], y[rows]


def digits(rng, n):
    """Pixels of the digits that vary."""
    x = 16 * data.digits()[0]
    return x[rng.choice(len(x), n, replace=False)][:, x.std(0) > 1]


SETS = {
    "friedman1": friedman1, "friedman2": friedman2, "friedman3": friedman3, "gaussian": gaussian,
    "pairs": pairs, "product": product, "rho 0.5": correlated(0.5), "rho 0.8": correlated(0.8),
    "cancer, response": lambda rng, n: answered(rng, table("breast_cancer")[0], 6, 0.5),
    "california, response": lambda rng, n: answered(rng, california(rng, n)[0], 3, 0.5, reach=3),
    "digits, response": lambda rng, n: answered(rng, digits(rng, n), 8, 0.5),
    "cancer, probes": lambda rng, n: with_probes(rng, "classification", *table("breast_cancer")),
    "wine, probes": lambda rng, n: with_probes(rng, "classification", *table("wine")),
    "california, probes": lambda rng, n: with_probes(rng, "regression", *california(rng, n)),
    "cancer, noise": lambda rng, n: noise(rng, table("breast_cancer")[0])}


def noise(rng, x):
    """An answer that has nothing to do with x."""
    return "regression", x, rng.standard_normal(len(x)), np.zeros(x.shape[1], bool)


# Sets on which nothing was chosen

def linear(rng, n):
    """8 of 40 columns, each with a coefficient of 1 or -1, and noise of variance 4."""
    x, relevant = rng.standard_normal((n, 40)), chosen(rng, 40, 8)
    y = x[:, relevant] @ rng.choice([-1.0, 1.0], 8) + 2 * rng.standard_normal(n)
    return "regression", x, y, relevant


def blocks(rng, n):
    """Five blocks of five columns, correlated by .6 inside; the first of each is relevant."""
    shared = np.repeat(rng.standard_normal((n, 5)), 5, axis=1)
    x = 0.6 ** 0.5 * shared + 0.4 ** 0.5 * rng.standard_normal((n, 25))
    return "regression", x, response(x[:, ::5], rng), np.arange(25) % 5 == 0


def ball(rng, n):
    """Inside or outside of a ball in 3 of 15 columns; one label in ten is drawn anew."""
    x, relevant = rng.standard_normal((n, 15)), chosen(rng, 15, 3)
    y = (np.square(x[:, relevant]).sum(1) > 2.366).astype(int)          # the median
    again = rng.random(n) < 0.1
    return "classification", x, np.where(again, rng.integers(0, 2, n), y), relevant


def heavy(rng, n):
    """Columns with the tails of Student's t of 3 degrees of freedom; 6 of 20 are relevant."""
    return answered(rng, rng.standard_t(3, (n, 20)), 6, 1.0, reach=3)


def three_eight(rng, n):
    """Digits 3 against 8 with probes: pixels that vary, and the same without a meaning."""
    x, labels = data.digits()
    x, labels = 16 * x[np.isin(labels, (3, 8))], labels[np.isin(labels, (3, 8))]
    return with_probes(rng, "classification", x[:, x.std(0) > 1], labels)


def labels_of_noise(rng, n):
    """Labels that have nothing to do with 20 columns."""
    x = rng.standard_normal((n, 20))
    return "classification", x, rng.integers(0, 2, n), np.zeros(20, bool)


FRESH = {"linear": linear, "blocks": blocks, "ball": ball, "heavy tails": heavy,
         "diabetes, response": lambda rng, n: answered(rng, table("diabetes")[0], 4, 0.5),
         "three, eight, probes": three_eight, "noise": labels_of_noise}
