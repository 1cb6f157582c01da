"""Which inputs matter: a price for each, and a rate of errors.

Why an importance always finds something, what an input costs that is drawn anew, and when the
eigenvalues of step 2 are enough. Sources: Chamma, Engemann and Thirion 2023, arXiv 2309.07593;
Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, 289.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)

# %% Above the mean there is always something
# A rule that is often used: an input matters if its importance is above the mean of all. Numbers
# that are not all equal have a largest one, and it is above their mean. So the rule selects on pure
# noise, too: here are 200 fits of noise to noise, and each of them selects.

n, p = 100, 10
selected = []
for _ in range(200):
    x, y = rng.standard_normal((n, p)), rng.standard_normal(n)
    importance = np.abs(np.linalg.lstsq(x, y, rcond=None)[0])
    selected.append((importance > importance.mean()).sum())
print("selected of 10 inputs without a meaning:", min(selected), "to", max(selected))
assert min(selected) >= 1

# %% A price
# Replace input j by `x~`, drawn anew, and see how much the loss l rises:
#     Delta_j = E[l(f(x~), y)] - E[l(f(x), y)]
# How is `x~_j` drawn? Given the others, from `P(x_j | x_{-j})`, and without a look at y. If y says
# nothing about `x_j` beyond the others, then `(x~, y)` has the law of `(x, y)`, and
#     Delta_j = 0
# for every f, good or bad. That is what makes a test possible. A column that is merely shuffled is
# drawn from `P(x_j)`: pairs arise that never occur, and the price of an input without a meaning
# depends on f.
#
# Two inputs with values 0 and 1, all probabilities written down, nothing drawn. y depends on `x_0`
# alone, and `x_1` is mostly equal to `x_0`.

P_0 = np.array([0.3, 0.7])                              # of x_0
P_10 = np.array([[0.9, 0.1], [0.2, 0.8]])               # row: x_0, column: x_1
P_y0 = np.array([[0.6, 0.4], [0.1, 0.9]])               # row: x_0, column: y
P_1 = P_0 @ P_10                                        # of x_1
law = P_0[:, None, None] * P_10[:, :, None] * P_y0[:, None, :]
assert np.isclose(law.sum(), 1) and np.allclose(law.sum((0, 2)), P_1)


def price(f, draw, C=np.inf):
    """Of x_1: the sum over x_0, x_1, y and the new x_1, of which draw has the probability."""
    loss = (np.arange(2) - f[:, :, None]) ** 2
    rise = loss[:, None, :, :] - loss[:, :, None, :]    # [a, b, c, y]: x_1 = b becomes c
    return np.einsum("aby,ac,abcy->", law, draw, rise.clip(-C, C))


for f in rng.standard_normal((20, 2, 2)):               # twenty networks, none of them good
    assert abs(price(f, draw=P_10)) < 1e-12
    assert abs(price(f, draw=np.tile(P_1, (2, 1)))) > 1e-3

# %% What it comes to
# Now let f be right: `y = w . x + noise`, x Gaussian with covariance `Sigma`. With
# `d = x~_j - x_j`, the loss rises by `w_j^2 d^2 - 2 w_j d noise`, whose second part has mean 0.
# `x_j` and `x~_j` are independent given the others and have one variance `s_j^2` there.
#     Delta_j = 2 w_j^2 s_j^2
#     1/s_j^2 = (Sigma^-1)_jj
# Of two inputs that say the same neither has a price: `s_j^2` is the part of `x_j` that the others
# do not know. As a group both have one, since both are drawn together.

w = np.array([2.0, 1.0, 1.0, 0.0])
Sigma = np.eye(4) + 0.95 * (np.eye(4, k=1) + np.eye(4, k=-1)) * np.outer([0, 1, 1, 0], [0, 1, 1, 0])
Delta = 2 * w**2 / np.diag(np.linalg.inv(Sigma))
n = 100_000
x = rng.multivariate_normal(np.zeros(4), Sigma, n)
noise = rng.standard_normal(n)
y = x @ w + noise


def rises(columns):
    """The rise of the loss of each sample where these columns are drawn anew."""
    others = np.setdiff1d(np.arange(4), columns)
    B = Sigma[np.ix_(columns, others)] @ np.linalg.inv(Sigma[np.ix_(others, others)])
    C = Sigma[np.ix_(columns, columns)] - B @ Sigma[np.ix_(others, columns)]
    x_new = x.copy()
    x_new[:, columns] = x[:, others] @ B.T + rng.multivariate_normal(np.zeros(len(C)), C, n)
    return (y - x_new @ w)**2 - noise**2


for j in range(4):
    rise = rises([j])
    assert abs(rise.mean() - Delta[j]) <= 4 * rise.std() / np.sqrt(n)   # 4 deviations of the mean
together = rises([1, 2]).mean()
print("prices:", Delta.round(2), "of inputs 1 and 2 together:", round(together, 1))
assert Delta[1] < 0.25 and abs(together - 2 * w[1:3] @ Sigma[1:3, 1:3] @ w[1:3]) < 0.3

# %% A few samples far from all others
# One sample with a huge rise makes the mean unsure, and hides what the others say. If y says
# nothing about `x_j` beyond the others, then `x~_j` and `x_j` can change places: a rise r is as
# likely as -r. So every rise may be cut at -C and C, and the price is still
#     Delta_j = 0
# The library takes 3 losses of the best constant as C, and cuts what the network explains alike.

for C in (0.1, 0.5):
    for f in rng.standard_normal((20, 2, 2)):
        assert abs(price(f, P_10, C)) < 1e-12
rise = np.r_[rng.normal(0.3, 1, 300), 1e3]
for cut in (rise, rise.clip(-5, 5)):
    print("mean rise:", cut.mean().round(2), "+-", (cut.std() / np.sqrt(301)).round(2))
assert rise.mean() < 2 * rise.std() / np.sqrt(301)
assert rise.clip(-5, 5).mean() > 3 * rise.clip(-5, 5).std() / np.sqrt(301)

# %% When the eigenvalues are enough
# A spectral network with one linear layer and `lambda_out = 0` has `w_j = lambda_in_j phi_j`, and
# step 2 reads off `R_j = |lambda_in_j| |phi_j|`. So
#     Delta_j = 2 R_j^2 s_j^2
# If inputs are independent and standardized, `s_j = 1`: ranked by R or by price is the same, and
# eigenvalues need no draw. If inputs are correlated, R says what the network reads, the price what
# it could not have read elsewhere.

phi = rng.standard_normal(4)
lambda_in = w / phi
R = np.abs(lambda_in) * np.abs(phi)
known = 1 - 1 / np.diag(np.linalg.inv(Sigma))           # the part of x_j that the others know
assert np.allclose(Delta, 2 * R**2 * (1 - known))
assert np.allclose(2 * R**2, 2 * w**2) and np.allclose(known[[0, 3]], 0)

# %% How it is drawn
# `P(x_j | x_{-j})` is not known. A regression gives `m_b`, and residuals of other samples stand for
# the noise. In its own fit a residual is too small. With `H` of the fit `m = H x_j`, the residual
# of sample b in a fit to all others is
#     r_b/(1 - H_bb)

A = np.c_[np.ones(30), rng.standard_normal((30, 3))]
x_j = A @ [1.0, 2.0, 0.0, -1.0] + rng.standard_normal(30)
H = A @ np.linalg.inv(A.T @ A) @ A.T
r = x_j - H @ x_j
left_out = r / (1 - np.diag(H))
for b in range(30):
    others = np.arange(30) != b
    fitted = np.linalg.lstsq(A[others], x_j[others], rcond=None)[0]
    assert np.isclose(left_out[b], x_j[b] - A[b] @ fitted)

# %% Where an eigenvalue pays
# A network is priced for each input, sample and draw. Its first layer gives `a = W x + bias`. One
# input enters by one eigenvalue, so `a~` needs no product with W:
#     a~ = a + (x~_j - x_j) lambda_in_j phi_j

phi, bias = rng.standard_normal((6, 4)), rng.standard_normal(6)
a = x[:5] @ (lambda_in * phi).T + bias
x_new = x[:5].copy()
x_new[:, 2] = rng.standard_normal(5)
a_new = a + np.outer(x_new[:, 2] - x[:5, 2], lambda_in[2] * phi[:, 2])
assert np.allclose(a_new, x_new @ (lambda_in * phi).T + bias)

# %% An error rate
# A price is a mean over samples, so a t test says how sure it is that it is above 0. (The library
# asks the same of what the network explains, first: if that may be chance, nothing is selected.)
# With m inputs and a level of .1 for each, a tenth of those without a meaning would be selected.
# Benjamini and Hochberg sort `p_1 <= p_2 <= ... <= p_m` and select the first k, the largest k with
#     p_k <= q k/m
# Of m independent inputs `m_0` have no meaning. Then the expected share of these among the selected
# is `q m_0/m`.


def select(p_values, q):
    p_sorted = np.sort(p_values)
    good = np.flatnonzero(p_sorted <= q * np.arange(1, len(p_values) + 1) / len(p_values))
    return p_values <= p_sorted[good[-1]] if len(good) else np.zeros(len(p_values), bool)


m, m_0, q, runs = 20, 15, 0.2, 2000
false_share, naive = np.zeros(runs), np.zeros(runs)
for run in range(runs):
    p_values = rng.random(m)
    p_values[m_0:] **= 8                                # those with a meaning are small
    for share, chosen in ((false_share, select(p_values, q)), (naive, p_values <= q)):
        share[run] = chosen[:m_0].sum() / max(1, chosen.sum())
error = false_share.std() / np.sqrt(runs)
print("false among the selected:", false_share.mean().round(3), "without:", naive.mean().round(3))
assert abs(false_share.mean() - q * m_0 / m) < 4 * error
assert naive.mean() > 2 * q * m_0 / m

figure = Figure(figsize=(8, 3), layout="constrained")
figure.suptitle("R: what the network reads. Price: what it could not have read elsewhere")
left, right = figure.subplots(1, 2)
left.bar(np.arange(4) - 0.2, 2 * R**2, 0.4, color="#E69F00", label="$2 R_j^2$")
left.bar(np.arange(4) + 0.2, Delta, 0.4, color="#009E73", label="price")
left.set(xlabel="input j (1 and 2 are alike)", xticks=range(4))
left.legend()
right.bar([0, 1, 2], [naive.mean(), false_share.mean(), q * m_0 / m],
          color=["#777777", "#009E73", "#000000"])
right.set(xticks=[0, 1, 2], ylabel="false among the selected",
          xticklabels=["each at q", "Benjamini,\nHochberg", "$q m_0/m$"])

# %% The library says the same
from npspectral import Chain, Spectral  # noqa: E402
from npspectral.analysis.spectral import (benjamini_hochberg, conditional_draws,  # noqa: E402
                                          conditional_test, spectral_replaced_outputs)
from npspectral.analysis.spectral.conditional import leave_one_out  # noqa: E402

network = Chain(Spectral(4, 6, lambda_out=0.0))
params = ({"lambda_in": lambda_in, "phi": phi, "bias": bias},)
assert np.allclose(spectral_replaced_outputs(network, params, x[:5], [2], x_new[None, :, [2]]),
                   a_new)
assert np.array_equal(benjamini_hochberg(p_values, q), select(p_values, q))
large = 1e6 * A[:, 1:]                                  # beside which its ridges are nothing
assert np.allclose(x_j - leave_one_out(large, x_j[:, None])[:, 0], left_out)
few = x[:4000]
x_new = few.copy()
x_new[:, [0]] = conditional_draws(rng, few, [0], draws=1)[0]
rise = (y[:4000] - x_new @ w)**2 - noise[:4000]**2
mean, low, high, p_value = conditional_test(rise[None], gain=1.0, margin=0.0)
assert low[0] < Delta[0] < high[0] and p_value[0] < 1e-9
print("npspectral agrees")
