"""Lazy and feature learning: one network, one flow, and one number alpha between two regimes.

The network, the data and the scale alpha are those of the second talk. Source: Petrini 2020,
candidacy talk; Geiger et al. 2020, J. Stat. Mech. 113301.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(3)
d, h, p = 5, 200, 30

# %% One hidden layer, divided by its width
# A neuron has weights `omega_n`, a bias `b_n`, an output weight `beta_n`, each drawn from N(0, 1):
#     u_n = omega_n . x/sqrt(d) + b_n
#     f(x) = 1/h sum_n beta_n sigma(u_n)
# Here `sigma(u)` is `u` where `u > 0`, else 0. Shorter, with `v_n = (omega_n, b_n)`:
#     u_n = v_n . xhat
#     xhat = (x/sqrt(d), 1)


def extended(x):
    return np.column_stack([x / np.sqrt(x.shape[1]), np.ones(len(x))])


def f(v, beta, x):
    u = extended(x) @ v.T
    return (u * (u.real > 0)) @ beta / len(beta)


x, v, beta = (rng.standard_normal(size) for size in ((p, d), (h, d + 1), h))
assert 1.6 < (extended(x) @ v.T).var() < 2.4        # of u: 1 from omega . x/sqrt(d), 1 from b

# %% At the start f is small
# The `h` terms have random signs, so their sum is of order `sqrt(h)`:
#     f_0 ~ sqrt(h)/h = 1/sqrt(h)
# A width 100 times larger makes it 10 times smaller.


def spread(width, draws=100):
    return np.std([f(rng.standard_normal((width, d + 1)), rng.standard_normal(width), x)
                   for _ in range(draws)])


ratio = spread(20) / spread(2000)
print(f"f_0 at h = 20 over f_0 at h = 2000: {ratio:.1f}")
assert 8 < ratio < 12.5

# %% The gradient of f
# The chain rule, from the output back. `sigma'(u)` is 1 where `u > 0`, else 0:
#     df/dbeta_n = 1/h sigma(u_n)
#     df/dv_n = 1/h beta_n sigma'(u_n) xhat
# And because `sigma(u) = sigma'(u) u`, one quantity `s_n` gives both:
#     s_n = sum_mu g_mu sigma'(u_{n mu}) xh_mu
#     sum_mu g_mu df_mu/dv_n = 1/h beta_n s_n
#     sum_mu g_mu df_mu/dbeta_n = 1/h v_n . s_n


def backward(v, beta, x, g):
    """Gradients of sum_mu g_mu f(x_mu)."""
    xh = extended(x)
    s = ((xh @ v.T > 0) * g[:, None]).T @ xh
    return beta[:, None] * s / h, (v * s).sum(1) / h


g = rng.standard_normal(p)
grad_v, grad_beta = backward(v, beta, x, g)
moved_v, moved_beta = v.astype(complex), beta.astype(complex)
moved_v[3, 2] += 1e-30j                             # complex steps, as in step 1
moved_beta[3] += 1e-30j
assert np.isclose(g @ f(moved_v, beta, x).imag / 1e-30, grad_v[3, 2])
assert np.isclose(g @ f(v, moved_beta, x).imag / 1e-30, grad_beta[3])

# %% The scale alpha
# Train `F = alpha (f - f_0)`, which is 0 at the start, on a loss divided by `alpha`:
#     L = 1/(alpha p) sum_mu l(F_mu, y_mu)
#     dtheta/dt = -dL/dtheta = 1/p sum_mu (-l'(F_mu)) df_mu/dtheta
# `alpha` cancels, but for its place within `F`. So parameters move as fast for any `alpha`, and `F`
# moves `alpha` times as fast as `f`: a large `alpha` is done before the parameters have moved far.
# The loss is the hinge, `l = max(0, 1 - y F)`, whose force `-l'` is `y` until `y F > 1`.

y = np.where(np.abs(x[:, 0]) < 0.7, 1.0, -1.0)      # the stripe model: x_1 alone tells the label


def flow(alpha, steps=4000):
    """Euler steps of dtheta/dt from the start until all y F > 1: end, F, number of steps."""
    dt = h * min(0.05, 1 / alpha)                    # neither theta nor F jumps
    now_v, now_beta, f_0 = v.copy(), beta.copy(), f(v, beta, x)
    for step in range(steps):
        F = alpha * (f(now_v, now_beta, x) - f_0)
        force = y * (y * F < 1)
        if not force.any():
            break
        grad_v, grad_beta = backward(now_v, now_beta, x, force / p)
        now_v, now_beta = now_v + dt * grad_v, now_beta + dt * grad_beta
    return now_v, now_beta, F, step


ends = {alpha: flow(alpha) for alpha in (0.1, 100, 1000)}
assert all((y * F > 1).all() for _, _, F, _ in ends.values())

# %% Lazy: parameters hardly move, and f stays on its tangent
# To first order `F` is `alpha df/dtheta . (theta - theta_0)`, and it has to reach 1. So
#     |theta - theta_0| ~ 1/alpha
# What the tangent leaves out is of second order: `alpha |theta - theta_0|^2 ~ 1/alpha`.


def distance(end_v, end_beta):
    moved = np.sqrt(((end_v - v) ** 2).sum() + ((end_beta - beta) ** 2).sum())
    return moved / np.sqrt((v ** 2).sum() + (beta ** 2).sum())


def tangent(alpha, end_v, end_beta):
    """alpha df/dtheta . (theta - theta_0), by one complex step along theta - theta_0."""
    along = f(v + 1e-30j * (end_v - v), beta + 1e-30j * (end_beta - beta), x)
    return alpha * along.imag / 1e-30


print(" alpha   steps   |theta - theta_0| / |theta_0|   |F - tangent| / |F|")
left_out = {}
for alpha, (end_v, end_beta, F, steps) in ends.items():
    left_out[alpha] = np.linalg.norm(F - tangent(alpha, end_v, end_beta)) / np.linalg.norm(F)
    print(f"{alpha:6} {steps:7} {distance(end_v, end_beta):15.5f} {left_out[alpha]:26.4f}")
assert np.isclose(distance(*ends[100][:2]) / distance(*ends[1000][:2]), 10, rtol=0.1)
assert left_out[1000] < left_out[100] / 3 and left_out[0.1] > 0.5

# %% A law that both regimes obey
# With `G_n = s_n/h` the flow is `dv_n/dt = beta_n G_n` and `dbeta_n/dt = v_n . G_n`. So
#     d(beta_n^2)/dt = 2 beta_n v_n . G_n
#     d|v_n|^2/dt = 2 v_n . beta_n G_n
# are equal, and `beta_n^2 - |v_n|^2` never changes: a neuron grows on both sides, or on none.

assert np.allclose(beta * grad_beta, (v * grad_v).sum(1))

# %% Feature: the neurons turn to what matters
# In the stripe model the label depends on the first coordinate alone. Small `alpha` makes `f` grow
# by a factor; the neurons that grow are those that see `x_1`, and the others stay behind.

figure = Figure(figsize=(8, 3.2), constrained_layout=True)
figure.suptitle("Weights of each neuron: feature learning grows those of the relevant input")
for axes, (alpha, name) in zip(figure.subplots(1, 2), [(0.1, "feature"), (100, "lazy")]):
    end_v = ends[alpha][0]
    axes.plot(v[:, 0], np.abs(v[:, 1]), ".", color="#777777", markersize=4, label="start")
    axes.plot(end_v[:, 0], np.abs(end_v[:, 1]), ".", color="#D55E00", markersize=4, label="end")
    axes.set(title=f"alpha = {alpha}, {name}", xlabel=r"$\omega_1$, relevant",
             ylabel=r"$|\omega_2|$, irrelevant")
    axes.legend()


def gain(alpha):
    """How much more omega_1 has grown than the others, as ratios of root mean squares."""
    size = np.sqrt((ends[alpha][0] ** 2).mean(0) / (v ** 2).mean(0))
    return size[0] / size[1:d].mean()


print("amplification of x_1:", {alpha: float(round(gain(alpha), 2)) for alpha in ends})
assert gain(0.1) > 2 and gain(100) < 1.05

# %% The library says the same
from npspectral.nn import OneHidden  # noqa: E402

network = OneHidden(d, h, gain=1.0)                 # the talk's f; gain sqrt(2) is the default
params = {"omega": v[:, :d], "bias": v[:, d], "beta": beta}
out, residuals = network.forward(params, x)
grads, _ = network.backward(params, residuals, g[:, None])
assert np.allclose(out[:, 0], f(v, beta, x))
assert np.allclose(grads["omega"], grad_v[:, :d]) and np.allclose(grads["beta"], grad_beta)
print("npspectral agrees")
