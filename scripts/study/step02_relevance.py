"""Eigenvalues as relevance: which inputs a network looks at, read off its first layer.

Both handmade sets of the talk on input relevance, and why an eigenvalue counts together with the
length of its eigenvector. Source: Chicchi et al. 2024, arXiv 2406.01183, and its public notebooks.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)

# %% An eigenvalue for every input
# The slides set `lambda_out_i = 0` and write `Lambda_j^s` for `lambda_in_j`. All that leaves input
# node j is then multiplied by its eigenvalue. The relevance of an input is how much leaves it: the
# length of column j of W.
#     w_ij = lambda_in_j phi_ij
#     R_j = sqrt(sum_i w_ij^2) = |lambda_in_j| |phi_j|

phi, lambda_in = rng.standard_normal((4, 3)), rng.standard_normal(3)
W = lambda_in * phi
R = np.abs(lambda_in) * np.sqrt((phi**2).sum(0))    # |phi_j| is the length of column j
assert np.allclose(R, np.linalg.norm(W, axis=0))

# %% Why not the eigenvalue alone
# Multiply column j of phi by `c_j` and divide `lambda_in_j` by it: W stays. So one network can have
# any eigenvalues that we wish. Only the product is a property of the network. (Where `lambda_out_i`
# is trained too, all eigenvalues may shift together, and not even the product means anything.)

wish = np.array([1.0, 2.0, 3.0])
c = lambda_in / wish
assert np.allclose(lambda_in / c, wish) and np.allclose((lambda_in / c) * (phi * c), W)
assert np.allclose(np.abs(lambda_in / c) * np.linalg.norm(phi * c, axis=0), R)

# %% First set: features that differ alone
# Two classes, twenty independent Gaussian features. The mean of the first eleven depends on the
# class. The slides call a feature relevant by the distance of its two distributions, and do not say
# which distance. We take Hellinger's: 1 less the overlap, the integral of `sqrt(p q)` over x. The
# densities p and q have means m and M, deviations s and S.
#     sqrt(p q) = (1/sqrt(2 pi s S)) exp(-a (x - m)^2 - b (x - M)^2)
#     a = 1/(4 s^2)
#     b = 1/(4 S^2)
# Complete the square, then use that the integral of `exp(-k u^2)` over u is `sqrt(pi/k)`:
#     a (x - m)^2 + b (x - M)^2 = (a + b) (x - r)^2 + ((a b)/(a + b)) (M - m)^2
#     r = (a m + b M)/(a + b)
#     overlap = sqrt((2 s S)/(s^2 + S^2)) exp((-(M - m)^2)/(4 (s^2 + S^2)))


def overlap(m, M, s, S):
    return np.sqrt(2 * s * S / (s**2 + S**2)) * np.exp(-(M - m)**2 / (4 * (s**2 + S**2)))


m, M, s, S = -0.5, 0.6, 0.6, 0.8
a, b = 1 / (4 * s**2), 1 / (4 * S**2)
u, step = np.linspace(-9, 9, 2001, retstep=True)
p = np.exp(-(u - m)**2 / (2 * s**2)) / (s * np.sqrt(2 * np.pi))
q = np.exp(-(u - M)**2 / (2 * S**2)) / (S * np.sqrt(2 * np.pi))
r = (a * m + b * M) / (a + b)
square = (a + b) * (u - r)**2 + a * b / (a + b) * (M - m)**2
assert np.allclose(np.sqrt(p * q), np.exp(-square) / np.sqrt(2 * np.pi * s * S))
assert np.isclose(overlap(m, M, s, S), np.sqrt(p * q).sum() * step)     # the integral as a sum

n, sigma = 1000, 0.5
label = rng.integers(0, 2, n)
gap = np.concatenate([rng.uniform(0, 1.4, 11), np.zeros(9)])
x_alone = sigma * rng.standard_normal((n, 20)) + np.outer(label - 0.5, gap)
difference = x_alone[label == 1].mean(0) - x_alone[label == 0].mean(0)
assert np.abs(difference - gap).max() < 4 * sigma * np.sqrt(4 / n)      # 4 deviations of it
distance = np.sqrt(1 - overlap(0, gap, sigma, sigma))
assert np.allclose(distance**2, 1 - np.exp(-gap**2 / (8 * sigma**2)))   # both deviations are sigma

# %% Second set: features that differ in pairs
# Ten features. In class 0 `x_{2n+1} = x_{2n}`. In class 1 `x_{2n+1} = -x_{2n}` with probability p,
# else they are the same. The last two are free. `-x` has the distribution of x, so every distance
# is 0: no feature alone tells anything. Only a pair does: the mean of `x_{2n} x_{2n+1}` is
# `sigma^2` in class 0 and `(1 - 2 p) sigma^2` in class 1.
#
# Whoever sees a flip says class 1. A sample of class 1 has no flip with probability
# `(1 - p_1) (1 - p_2) ...`, so the best accuracy is 1 less half of that.

p = np.array([0.7, 0.8, 0.4, 0.6])
x_pairs = sigma * rng.standard_normal((n, 10))
flip = (rng.random((n, 4)) < p) & (label == 1)[:, None]
x_pairs[:, 1:8:2] = np.where(flip, -1, 1) * x_pairs[:, 0:8:2]

product = x_pairs[:, 0:8:2] * x_pairs[:, 1:8:2]
noise = 4 * sigma**2 * np.sqrt(3 / (n / 2))         # 4 deviations of a mean, or more
assert np.abs((x_pairs**2)[label == 1].mean(0) - sigma**2).max() < noise    # alone: as in class 0
assert np.abs(product[label == 0].mean(0) - sigma**2).max() < noise
assert np.abs(product[label == 1].mean(0) - (1 - 2 * p) * sigma**2).max() < noise
best = 1 - np.prod(1 - p) / 2
seen = (rng.random((200_000, 4)) < p).any(1).mean()     # of class 1; of class 0 all are right
assert abs((1 + seen) / 2 - best) < 0.001

# %% A network and its gradient
# The class is `t = 1` or `t = -1`. Each part of the first layer pays an L2 penalty.
#     f = v . tanh(W x + bias)
#     L = (1/n) sum_b log(1 + exp(-t_b f_b)) + a_lambda |lambda_in|^2 + a_phi |phi|^2
#     dL/df_b = (-t_b)/(n (1 + exp(t_b f_b)))
#     G_ij = dL/dw_ij = sum_b dL/df_b v_i (1 - h_bi^2) x_bj


def loss(x, a_lambda, a_phi, lambda_in, phi, bias, v):
    f = np.tanh(x @ (lambda_in * phi).T + bias) @ v
    penalty = a_lambda * (lambda_in**2).sum() + a_phi * (phi**2).sum()
    return np.log(1 + np.exp(-t * f)).mean() + penalty


def gradient(x, a_lambda, a_phi, lambda_in, phi, bias, v):
    h = np.tanh(x @ (lambda_in * phi).T + bias)
    grad_f = -t / (n * (1 + np.exp(t * (h @ v))))
    grad_z = grad_f[:, None] * v * (1 - h**2)
    G = grad_z.T @ x
    grad_lambda_in = (phi * G).sum(0) + 2 * a_lambda * lambda_in
    return grad_lambda_in, lambda_in * G + 2 * a_phi * phi, grad_z.sum(0), grad_f @ h


def start(n_in, hidden=10):
    phi, bias, v = (rng.standard_normal(shape) for shape in ((hidden, n_in), hidden, hidden))
    return rng.uniform(0.8, 1.2, n_in), phi / np.sqrt(hidden), bias, v / np.sqrt(hidden)


t, a_lambda, a_phi, place = 2 * label - 1, 0.02, 0.01, start(10)
for which, grad in enumerate(gradient(x_pairs, a_lambda, a_phi, *place)):
    moved = [part.astype(complex) for part in place]
    moved[which].flat[3] += 1e-30j                  # one entry of each, by the complex step
    slope = loss(x_pairs, a_lambda, a_phi, *moved).imag / 1e-30
    assert np.isclose(slope, grad.flat[3], rtol=1e-10)

# %% When the eigenvalue alone is enough
# Multiply each gradient with its parameter and subtract. G is gone, and so are the data:
#     D_j = lambda_in_j dL/dlambda_in_j - sum_i phi_ij dL/dphi_ij
#     D_j = 2 a_lambda lambda_in_j^2 - 2 a_phi |phi_j|^2
# Where training ends both gradients are 0, so `|lambda_in_j| = sqrt(a_phi/a_lambda) |phi_j|` for
# every j, and eigenvalues rank inputs as R does.
#
# Without a penalty `D_j = 0`, and in small steps `|phi_j|^2 - lambda_in_j^2`, whose speed is
# `2 D_j`, stays c. If c is the same for every j, then
#     R_j = |lambda_in_j| sqrt(lambda_in_j^2 + c)
# which grows with `|lambda_in_j|`. The same ranking again.

lambda_in, phi, *_ = place
for a_lambda, a_phi in ((0.02, 0.01), (0.0, 0.0)):
    grad_lambda_in, grad_phi, *_ = gradient(x_pairs, a_lambda, a_phi, *place)
    D = lambda_in * grad_lambda_in - (phi * grad_phi).sum(0)
    assert np.allclose(D, 2 * a_lambda * lambda_in**2 - 2 * a_phi * (phi**2).sum(0))

# %% Both sets, trained
# Gradient descent with momentum, and `a_phi = 4 a_lambda`: eigenvalues end at twice the length of
# their columns. R falls to 0 where a feature tells nothing.


def train(x, a_lambda, a_phi, steps=300, rate=0.3, momentum=0.9):
    params = start(x.shape[1])
    speed = [0 * part for part in params]
    for _ in range(steps):
        grads = gradient(x, a_lambda, a_phi, *params)
        speed = [momentum * s - rate * grad for s, grad in zip(speed, grads)]
        params = [part + s for part, s in zip(params, speed)]
    lambda_in, phi, *_ = params
    return lambda_in, phi, np.abs(lambda_in) * np.linalg.norm(phi, axis=0)


lambda_alone, phi_alone, R_alone = train(x_alone, 0.005, 0.02)
lambda_pairs, phi_pairs, R_pairs = train(x_pairs, 0.0005, 0.002)
ratio = np.abs(lambda_alone) / np.linalg.norm(phi_alone, axis=0)
print("first set, feature by feature: distance, R", distance.round(2), R_alone.round(2), sep="\n")
print("second set: R", R_pairs.round(1), sep="\n")
assert R_alone[distance > 0.35].min() > R_alone[gap == 0].max()
assert np.corrcoef(distance, R_alone)[0, 1] > 0.85
assert np.allclose(ratio[distance > 0.35], 2, rtol=0.02)
assert R_pairs[:8].min() > R_pairs[8:].max()

figure = Figure(figsize=(8, 3), layout="constrained")
figure.suptitle("R follows the distance (left), and finds pairs that no distance shows (right)")
left, right = figure.subplots(1, 2)
left.scatter(distance, R_alone, c=np.where(gap > 0, "#0072B2", "#777777"))
left.set(xlabel="distance of the two classes", ylabel="$R_j$")
right.bar(range(10), R_pairs, color=["#0072B2"] * 8 + ["#777777"] * 2)
right.set(xlabel="feature j (8 and 9 are free)", ylabel="$R_j$", xticks=range(10))

# %% The library says the same
from npspectral import Spectral  # noqa: E402
from npspectral.analysis.spectral import input_relevance  # noqa: E402
from npspectral.data import correlated_pairs, gaussian_features  # noqa: E402

layer = Spectral(10, 10, bias=False, lambda_out=0.0)
assert np.allclose(input_relevance(layer, {"lambda_in": lambda_pairs, "phi": phi_pairs}), R_pairs)
handmade = gaussian_features(rng, n_samples=10, sigmas=(s, S))
assert np.allclose(handmade.hellinger, np.sqrt(1 - overlap(*handmade.means, *handmade.sigmas)))
assert np.isclose(correlated_pairs(rng, n_samples=10).bayes_accuracy(), best)
print("npspectral agrees")
