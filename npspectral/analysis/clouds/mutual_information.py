"""Mutual information of real numbers x and a label y, in bits, estimated from pairs.

    I(X; Y) = H(Y) - H(Y|X),  at most H(Y), 1 bit for two classes of equal size

H is entropy, the mean of -log2 P, and H2(q) that of a label of probability q. x has p samples of n
numbers each. Three estimators look at the nearest neighbors of every sample:

    ratio_information            the published one, for eigenvectors of kernels. r+ and r- are the
                                 distances to the k-th nearest sample of label + and of label -;
                                 q = r-^n / (r+^n + r-^n) estimates P(+|x), and I = 1 - mean H2(q).
    ratio_information_apart      the same, but a sample is not its own neighbor
    neighbor_information         by counts of neighbors, for any number of classes: consistent, and
                                 without bias if labels are independent of x

At fixed k the first two do not converge to I. Let labels be independent of x, equally many of each.
Then r+^n and r-^n are Gamma variables, and q or 1 - q ~ Beta(a, b), however many samples there are:
b = k, and a = k - 1 if a sample counts as its own first neighbor, else a = k (apart). With psi the
digamma function, both estimators then tend to `ratio_floor`,

    1 - E H2(q),     E H2(q) ln 2 = psi(a+b+1) - (a psi(a+1) + b psi(b+1)) / (a+b)

which is 0.085 bit at k = 5, or 0.069 bit apart. An estimate below the floor says nothing.
`normal_information` is the exact value for normal classes.

Source: Paccolat, Petrini, Geiger, Tyloo and Wyart 2021, J. Stat. Mech. 044001, and its public code
(ratio); Ross 2014, PLoS ONE 9, e87357 (digamma); floors derived here.
"""
import math

import numpy as np

from ... import refuse
from ...magnitude import power_of_two
from .neighbors import LEAST, nearest_neighbors


def ratio_information(x, y, k=5):
    """1 - mean H2(q) of x (p,) or (p, n) and signs y (p,), each sample among its own neighbors.

    Both labels are taken to be equally likely. Needs k samples of each.
    Deviation: the published code adds noise of size 1e-10 to x itself, so that no two values are
    equal. Here nothing is added, and q = 1/2 where r+ = r-.
    """
    return _ratio("ratio_information", x, y, k, apart=False)


def ratio_information_apart(x, y, k=5):
    """`ratio_information`, but no sample is its own neighbor. Needs k + 1 samples of each label."""
    return _ratio("ratio_information_apart", x, y, k, apart=True)


def ratio_floor(k, apart=False):
    """What the ratio estimators give for labels independent of x, in bits, as p grows."""
    refuse.integer("ratio_floor", "k", k, 1)
    a, b = (k if apart else k - 1), k
    entropy = _harmonic(a + b) - (a * _harmonic(a) + b * _harmonic(b)) / (a + b)
    return 1 - float(entropy) / math.log(2)


def neighbor_information(x, labels, k=3):
    """I of x (p,) or (p, n) and labels (p,) of any kind, in bits, by counts of neighbors.

        I ln 2 = psi(p) - mean psi(p_i) + mean psi(k_i) - mean psi(m_i)      psi: digamma

    p_i samples have the label of sample i, and r_i is the distance from i to the k-th nearest of
    them. Within r_i are k_i samples of that label and m_i of any label, i itself not counted.
    k_i = k, or more if distances are equal. Needs more than k samples of each label.

    If labels are independent of x, the mean of the estimate over all permutations of the labels is
    exactly 0, for every p and every x without equal distances. For then p_i - 1 of the other p - 1
    samples are chosen at random, and the k-th nearest of these is the m_i-th nearest of all. The
    mean of psi(m_i) over all choices is psi(p) - psi(p_i) + psi(k). So an estimate may be negative,
    and is left so.
    """
    from scipy.spatial import cKDTree
    owner = "neighbor_information"
    x = _points(owner, x)
    classes, codes = _classes(owner, labels, len(x))
    sizes = np.bincount(codes)
    refuse.integer(owner, "k", k, 1)
    if sizes.min() <= k:
        raise ValueError(f"{owner}: label {classes[sizes.argmin()]!r} has {sizes.min()} samples, "
                         f"expected more than k = {k}")
    radii, alike = np.empty(len(x)), np.empty(len(x))
    for code in range(len(classes)):
        members = codes == code
        radii[members] = _radii(owner, x[members], k) * (1 + 8 * np.finfo(float).eps)
        alike[members] = cKDTree(x[members]).query_ball_point(
            x[members], radii[members], return_length=True) - 1
    near = cKDTree(x).query_ball_point(x, radii, return_length=True) - 1
    nats = (_digamma(len(x)) - _digamma(sizes[codes]).mean() + _digamma(alike).mean()
            - _digamma(near).mean())
    return float(nats / math.log(2))


def normal_information(means, sigmas, weights):
    """I(X; Y) where label c has probability weights[c] and x ~ N(means[c], sigmas[c]^2) given c.

        I = sum_c w_c E_c[log2 (N_c(x) / sum_j w_j N_j(x))]

    N_c is the density of x given c, E_c the mean under it. x is one number, and each mean is an
    integral by adaptive quadrature, to 1e-10 bit. The arguments are sequences of one length.
    """
    from scipy.integrate import quad
    owner = "normal_information"
    means, sigmas, weights = (
        refuse.numbers(owner, name, numbers, 1).astype(float)
        for name, numbers in (("means", means), ("sigmas", sigmas), ("weights", weights)))
    refuse.length(owner, "sigmas", sigmas, len(means))
    refuse.length(owner, "weights", weights, len(means))
    if sigmas.min() <= 0 or weights.min() <= 0 or abs(weights.sum() - 1) > 1e-12:
        raise ValueError(f"{owner}: sigmas {sigmas.tolist()} have to be positive, weights "
                         f"{weights.tolist()} too, with sum 1")

    def gain(z, label):
        """The integrand of class `label` at x = mean + sigma z."""
        others = (means[label] + sigmas[label] * z - means) / sigmas
        logs = -others ** 2 / 2 - np.log(sigmas)
        mixture = np.logaddexp.reduce(np.log(weights) + logs)
        return math.exp(-z * z / 2) * (logs[label] - mixture)

    reach = 40.0                                            # exp(-z^2 / 2) is 0 in float64 there
    nats = 0.0
    for label, weight in enumerate(weights):
        middles = (means - means[label]) / sigmas[label]
        breaks = np.unique(np.clip([*middles, *(middles / 2), 0, -8, 8], -reach, reach))
        integral, _ = quad(gain, -reach, reach, (label,), points=breaks, epsabs=1e-12, epsrel=1e-12,
                           limit=1000)
        nats += weight * integral / math.sqrt(2 * math.pi)
    return nats / math.log(2)


def binned_entropy(activity, width):
    """H(bin(T)) in bits of rows t of activity (p, n), each t_j in the bin floor(t_j / width).

    It equals I(bin(T); X) if the network has no noise and all samples x differ. Without bins,
    I(T; X) of a continuous T would be infinite. So it depends on the width: it is log2 p for bins
    so narrow that all rows differ, and in wide bins only the signs of t are left. It never rises
    when the width doubles, as two bins become one.
    Source: Shwartz-Ziv and Tishby 2017, arXiv 1703.00810; Saxe et al. 2018, ICLR (its dependence).
    """
    return _entropy(_bins("binned_entropy", activity, width))


def binned_information(activity, labels, width):
    """I(bin(T); Y) = H(bin(T)) - sum_y P(y) H(bin(T) | y) in bits, labels (p,) of any kind."""
    codes = _bins("binned_information", activity, width)
    classes, of_label = _classes("binned_information", labels, len(codes))
    within = sum((of_label == c).mean() * _entropy(codes[of_label == c])
                 for c in range(len(classes)))
    return _entropy(codes) - within


def _ratio(owner, x, y, k, apart):
    x = _points(owner, x)
    y = refuse.signs(owner, y, len(x))
    smaller = int(min((y == 1).sum(), (y == -1).sum())) - apart
    refuse.integer(owner, "k", k, 1, smaller)
    powers = {}
    for sign in (1, -1):
        members = y == sign
        to_all = nearest_neighbors(x[members], k, x)[0][:, -1]
        if apart:
            to_all[members] = nearest_neighbors(x[members], k)[0][:, -1]
        powers[sign] = to_all
    larger = np.maximum(powers[1], powers[-1])
    equal = powers[1] == powers[-1]
    larger[equal] = 1                                       # so that 0 / 0 becomes q = 1/2
    near, far = ((np.where(equal, 1, powers[sign]) / larger) ** x.shape[1] for sign in (1, -1))
    q = far / (near + far)
    return float(1 - np.mean(_binary_entropy(q)))


def _radii(owner, x, k):
    """Distances (p,) to the k-th nearest; refuse those whose squares, which a tree takes, are 0."""
    radii = nearest_neighbors(x, k)[0][:, -1]
    least = radii[radii > 0].min(initial=1)
    if least < LEAST:
        raise ValueError(f"{owner}: x has neighbors at {least:.0e} of its largest number, "
                         f"expected none nearer than {LEAST} but copies")
    return radii


def _binary_entropy(q):
    """H2(q) = -q log2 q - (1 - q) log2(1 - q), which is 0 at q = 0 and 1."""
    terms = [np.where(part > 0, -part * np.log2(np.where(part > 0, part, 1)), 0)
             for part in (q, 1 - q)]
    return terms[0] + terms[1]


def _harmonic(n):
    """1 + 1/2 + ... + 1/n = psi(n + 1) + Euler's constant, of an integer n >= 0."""
    return math.fsum(1 / i for i in range(1, n + 1))


def _digamma(n):
    from scipy.special import digamma
    return digamma(n)


def _points(owner, x):
    """x as (p, n), in a unit that keeps squares from overflow: only ratios of distances matter."""
    x = refuse.real(owner, "x", x, 1 if np.ndim(x) == 1 else 2).reshape(len(x), -1)
    return x / power_of_two(x)


def _classes(owner, labels, length):
    refuse.labels(owner, "labels", labels, length)
    return np.unique(np.asarray(labels), return_inverse=True)


def _bins(owner, activity, width):
    activity = refuse.real(owner, "activity", activity, 2)
    refuse.positive(owner, "width", width)
    bins = np.floor(activity / width)
    if not np.isfinite(bins).all():
        raise ValueError(f"{owner}: width is {width!r}, in which activity overflows, expected more")
    return bins


def _entropy(rows):
    """Entropy of the rows, compared by their bytes: 4 times faster than by columns. -0 + 0 is 0."""
    whole = np.ascontiguousarray(rows + 0.0).view(np.dtype((np.void, rows[0].nbytes)))
    _, counts = np.unique(whole, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
