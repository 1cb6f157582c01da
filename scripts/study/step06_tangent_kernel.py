"""The tangent kernel: how training moves the function, and what the kernel knows of the labels.

The network of step 5, with its derivatives written out. Source: Jacot, Gabriel and Hongler 2018,
NeurIPS; the two families of eigenvectors and omega_r^2: Petrini 2020, candidacy talk.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)
d, h, p = 5, 100, 200

# %% The network and its derivatives
# With `v_n = (omega_n, b_n)` and `xhat = (x/sqrt(d), 1)`, as in step 5,
#     f(x) = 1/h sum_n beta_n sigma(v_n . xhat)
#     df/dv_n = 1/h beta_n sigma'(v_n . xhat) xhat
#     df/dbeta_n = 1/h sigma(v_n . xhat)
# `J` has a row for each point and a column for each parameter.


def extended(x):
    return np.column_stack([x / np.sqrt(x.shape[1]), np.ones(len(x))])


def f(v, beta, x):
    u = extended(x) @ v.T
    return (u * (u.real > 0)) @ beta / h


def jacobian(v, beta, x):
    xh = extended(x)
    u = xh @ v.T
    active = u > 0
    by_v = (active * beta)[:, :, None] * xh[:, None]
    return np.column_stack([by_v.reshape(len(x), -1), active * u]) / h


v, beta = rng.standard_normal((h, d + 1)), rng.standard_normal(h)
x = rng.standard_normal((p, d))
y = np.where(np.abs(x[:, 0]) < 0.7, 1.0, -1.0)      # the stripe model

# %% From the parameters to the function
# Gradient flow of `L = 1/p sum_mu l(f_mu)` moves the parameters, and these move `f` everywhere:
#     dtheta/dt = -1/p sum_mu l'(f_mu) df_mu/dtheta
#     df(x)/dt = df/dtheta . dtheta/dt = -1/p sum_mu Theta(x, x_mu) l'(f_mu)
#     Theta(x, x') = df(x)/dtheta . df(x')/dtheta
# So a training point moves `f` at another point by the likeness that `Theta` says they have.

J = jacobian(v, beta, x)
Theta = J @ J.T
slope = f(v, beta, x) - y                           # l' of the squared loss, l = (f - y)^2/2
theta_dot = -J.T @ slope / p
f_dot = -Theta @ slope / p
v_dot, beta_dot = theta_dot[:v.size].reshape(v.shape), theta_dot[v.size:]
moved = f(v + 1e-30j * v_dot, beta + 1e-30j * beta_dot, x)
assert np.allclose(moved.imag / 1e-30, f_dot)       # a complex step along dtheta/dt

# %% The kernel without the Jacobian
# Sum over `v_n` and `beta_n`, with `A` the points where neuron `n` is active:
#     Theta = 1/h^2 sum_n (beta_n^2 1_A 1_A' (x . x'/d + 1) + sigma(u_n) sigma(u_n'))
# Products of small matrices, instead of one column for each parameter.


def kernel(v, beta, x):
    u = extended(x) @ v.T
    active = u > 0
    weighted = active * beta
    by_v = (weighted @ weighted.T) * (x @ x.T / d + 1)
    by_beta = (active * u) @ (active * u).T
    return (by_v + by_beta) / h ** 2


assert np.allclose(kernel(v, beta, x), Theta)

# %% Lazy: the kernel stays, and so the flow can be solved
# With a constant `Theta` and the squared loss the flow is linear. Along an eigenvector `v_r`, with
# `Theta v_r = e_r v_r`, the error falls at its own rate:
#     df/dt = -1/p Theta (f - y)
#     v_r . (f(t) - y) = exp(-e_r t/p) v_r . (f_0 - y)

e, V = np.linalg.eigh(Theta)
e, V = e[::-1], V[:, ::-1]                          # from the largest eigenvalue on
f_0 = f(v, beta, x)


def solution(t):
    return y + V @ (np.exp(-e * t / p) * (V.T @ (f_0 - y)))


t = 3000.0
assert np.allclose(solution(0), f_0)
assert np.allclose(solution(t + 1e-30j).imag / 1e-30, -Theta @ (solution(t) - y).real / p)

# %% Which part of the labels is learned first
# So a kernel suits its task if the labels lie along its first eigenvectors. Their shares are
#     phi_r = sqrt(p) v_r
#     omega_r^2 = (phi_r . y/p)^2 = (v_r . y)^2/p
# They add up to 1, because the `v_r` are a basis and `|y|^2 = p`. (The talk leaves the square out.)
# The best kernel is `K^* = y y^T`: it has one eigenvector, and that is the label.


def shares(vectors):
    return (vectors.T @ y) ** 2 / p


assert np.isclose(shares(V).sum(), 1)
assert np.isclose((np.sqrt(p) * V[:, 0] @ y / p) ** 2, shares(V)[0])
e_best, V_best = np.linalg.eigh(np.outer(y, y))
assert np.isclose(shares(V_best)[-1], 1) and np.isclose(e_best[-1], p)

# %% Feature: the kernel learns
# Train as in step 5, with `alpha = 0.1` and the hinge loss, and look at the kernel on the way. The
# labels move into its first eigenvectors.

alpha, dt = 0.1, 0.05 * h
now_v, now_beta = v.copy(), beta.copy()
on_the_way = {}
for step in range(1201):
    if step in (0, 200, 1200):
        on_the_way[step] = shares(np.linalg.eigh(kernel(now_v, now_beta, x))[1][:, ::-1])
    F = alpha * (f(now_v, now_beta, x) - f_0)
    force = y * (y * F < 1)
    s = ((extended(x) @ now_v.T > 0) * force[:, None]).T @ extended(x) / h
    now_v, now_beta = (now_v + dt * now_beta[:, None] * s / p,
                       now_beta + dt * (now_v * s).sum(1) / p)

figure = Figure(figsize=(6, 3.4), constrained_layout=True)
figure.suptitle("Shares of the labels add up sooner: the trained kernel knows them")
axes = figure.subplots()
for (step, found), color in zip(on_the_way.items(), ("#777777", "#0072B2", "#D55E00")):
    axes.plot(np.arange(1, 31), np.cumsum(found)[:30], color=color, label=f"after {step} steps")
    print(f"after {step:4} steps, share of the labels on the first 10: {found[:10].sum():.2f}")
axes.set(xlabel="eigenvectors r, from the first on", ylabel=r"sum of $\omega_r^2$", ylim=(0, 1))
axes.legend()
assert on_the_way[1200][:10].sum() > on_the_way[0][:10].sum() + 0.3

# %% Compressed: the eigenvectors are of two kinds
# Let training go on, until the neurons see `x_par = x_1` alone: `omega_perp = 0`. Then `u_n`, and
# with it each sum over `n`, depends on `x_par` only, and `x . x'` is all that sees the rest:
#     Theta = K_1(x_par, x_par') + K_2(x_par, x_par') x_perp . x_perp'/d
# Where the data are as likely at `x_perp` as at `-x_perp`, `K_1` sends every function of `x_par` to
# such a function, and `x_perp . x_perp'` kills it. So eigenvectors are `phi^1(x_par)`, which know
# the label, or `phi^2(x_par) e . x_perp`, which do not.

compressed = v.copy()
compressed[:, 1:d] = 0
values = np.linspace(-2, 2, 9)                      # each x_par meets each direction and its mirror
sides = np.concatenate([np.eye(d - 1), -np.eye(d - 1)])
grid = np.array([[x_par, *side] for x_par in values for side in sides])
rows = jacobian(compressed, beta, grid)
both = rows @ rows.T

first = np.kron(np.eye(9), np.ones((len(sides), 1)))                # functions of x_par
second = np.kron(np.eye(9), sides)                                  # phi(x_par) times x_perp
e_both, V_both = np.linalg.eigh(both)
assert np.allclose(first.T @ second, 0)
assert np.allclose(second.T @ both @ first, 0)                      # the kinds do not mix
rank = (e_both > 1e-12 * e_both[-1]).sum()
basis = np.linalg.qr(np.column_stack([first, second]))[0]
assert rank <= 9 * d and np.allclose(basis @ (basis.T @ both), both)   # and there is no third

# %% The library says the same
from npspectral.analysis.kernels import split_kernel, tangent_kernel  # noqa: E402
from npspectral.nn import OneHidden  # noqa: E402

network = OneHidden(d, h, gain=1.0)
params = {"omega": v[:, :d], "bias": v[:, d], "beta": beta}
assert np.allclose(tangent_kernel(network, params, x), Theta)
K_1, K_2 = split_kernel(network, {**params, "omega": compressed[:, :d]}, grid)
assert np.allclose(K_1 + K_2 * (grid[:, 1:] @ grid[:, 1:].T) / d, both)
print("npspectral agrees")
