"""Neurons as points: where each one bends f, how training moves it, and where many of them meet.

The network of step 5; zdot is derived with the factors that the talk leaves out. Source: Petrini
2020, candidacy talk; Paccolat et al. 2021, J. Stat. Mech. 044001 (the model).
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)
d, h, p = 2, 60, 12

omega, b, beta = rng.standard_normal((h, d)), rng.standard_normal(h), rng.standard_normal(h)
x = rng.standard_normal((p, d))

# %% The point z of a neuron
# A neuron is active where its argument is positive, and bends `f` where it is 0:
#     f(x) = 1/h sum_n beta_n sigma(omega_n . x/sqrt(d) + b_n)
#     omega . x/sqrt(d) + b = 0
# Of the points on that line the one nearest to the origin is along `omega`:
#     z = -sqrt(d) b omega/|omega|^2

z = -np.sqrt(d) * (b / (omega ** 2).sum(1))[:, None] * omega
assert np.allclose((omega * z).sum(1) / np.sqrt(d) + b, 0)              # on the line
assert np.allclose(z[:, 0] * omega[:, 1], z[:, 1] * omega[:, 0])        # along omega

# %% Where a neuron is active, said by z
# `omega . x/sqrt(d) + b = omega . (x - z)/sqrt(d)`, and `omega` points along `-z` times the sign of
# `b`. So with `z^2 = |z|^2`
#     b < 0:  active where z . x > z^2
#     b > 0:  active where z . x < z^2

u = omega @ x.T / np.sqrt(d) + b[:, None]
active = u > 0                                      # (neuron, point)
beyond = z @ x.T > (z ** 2).sum(1)[:, None]
assert np.array_equal(active[b < 0], beyond[b < 0])
assert np.array_equal(active[b > 0], ~beyond[b > 0])

# %% How the parameters flow
# Each point pulls with a force `g_mu = -dl_mu/df_mu`; for the hinge loss that is `y_mu` as long as
# `y_mu f_mu < 1`. With the sum over the active points of a neuron,
#     domega/dt = beta/(p h sqrt(d)) sum_mu g_mu x_mu
#     db/dt = beta/(p h) sum_mu g_mu

g = np.where((x ** 2).sum(1) > 1.4, 1.0, -1.0)      # the sphere model: |x| tells the label
omega_dot = beta[:, None] / (p * h * np.sqrt(d)) * ((active * g) @ x)
b_dot = beta / (p * h) * (active * g).sum(1)

# %% How z flows
# The quotient rule for `z`:
#     zdot = -sqrt(d)/|omega|^2 (bdot omega + b omegadot - 2 b omega (omega . omegadot)/|omega|^2)
# Two ways to write where `z` is take `omega` out:
#     omega/|omega|^2 = -z/(sqrt(d) b)
#     |omega|^2 = d b^2/z^2
# So each of the three terms has `1/b` in front:
#     zdot = 1/b (bdot z - z^2/sqrt(d) omegadot + 2/sqrt(d) (z . omegadot) z)
# Put in the flow of `b` and `omega`:
#     zdot = beta/(p h b) sum_mu g_mu (z - z^2/d x_mu + 2/d (z . x_mu) z)
# The talk has no `1/d`, which is right for `x` and `z` measured in units of `sqrt(d)`, and `y` for
# `g`, which is right until a first point has `y f > 1`.


def along(z, x):
    """z - z^2/d x + 2/d (z . x) z of every neuron at every point, (h, p, d)."""
    square, product = (z ** 2).sum(1)[:, None, None], (z @ x.T)[:, :, None]
    return z[:, None] - square / d * x + 2 / d * product * z[:, None]


assert np.allclose(omega / (omega ** 2).sum(1)[:, None], -z / (np.sqrt(d) * b[:, None]))
z_dot = (beta / (p * h * b))[:, None] * ((active * g)[:, :, None] * along(z, x)).sum(1)

moved_omega, moved_b = omega + 1e-30j * omega_dot, b + 1e-30j * b_dot   # a complex step along it
moved = -np.sqrt(d) * (moved_b / (moved_omega ** 2).sum(1))[:, None] * moved_omega
assert np.allclose(moved.imag / 1e-30, z_dot)

# %% One point, and where it pulls neurons
# For `p = 1` a neuron rests where the bracket is 0. All but one of its terms are along `z`, so `x`
# must be too, `z = c x`:
#     c x (1 - c x^2/d + 2 c x^2/d) = 0
#     z^* = -d x/x^2
# There `omega = b x/sqrt(d)`, so `(omega, b)` is `b` times `(x/sqrt(d), 1)`: it has turned to the
# point. And `z . x < z^2`, so only neurons with `b > 0` feel it.

one = x[:1]
rest = -d * one / (one ** 2).sum()
assert np.allclose(along(rest, one), 0)
assert (rest @ one.T < (rest ** 2).sum()).all()

# %% Attractors
# An attractor is a set of neurons that are active on the same training points. We train with
# `F = alpha (f - f_0)`, a small `alpha` and the hinge loss, as in step 5, and see neurons gather.


def extended(x):
    return np.column_stack([x / np.sqrt(d), np.ones(len(x))])


def f(v, beta, x):
    return np.maximum(extended(x) @ v.T, 0) @ beta / h


def attractors(v, beta, x):
    """Patterns of active points and signs of beta, as a number for each neuron."""
    key = np.column_stack([v @ extended(x).T > 0, beta > 0])
    return np.unique(key, axis=0, return_inverse=True)[1].ravel()


start = np.column_stack([omega, b])
f_0 = f(start, beta, x)
v, end_beta, alpha = start.copy(), beta.copy(), 0.01
for _ in range(3000):
    F = alpha * (f(v, end_beta, x) - f_0)
    s = ((v @ extended(x).T > 0) * (g * (g * F < 1))) @ extended(x) / (p * h)
    v, end_beta = v + 0.02 * h * end_beta[:, None] * s, end_beta + 0.02 * h * (v * s).sum(1)

many, few = attractors(start, beta, x), attractors(v, end_beta, x)
print(f"{many.max() + 1} attractors at the start, {few.max() + 1} at the end, of {h} neurons")
assert few.max() < 0.7 * many.max()

figure = Figure(figsize=(8, 3.8), constrained_layout=True)
figure.suptitle("Neurons z (dots) gather where training points (crosses) send them")
for axes, vectors, labels, title in zip(figure.subplots(1, 2), (start, v), (many, few),
                                        ("start", "end")):
    where = vectors[:, :d] / (vectors[:, :d] ** 2).sum(1)[:, None]
    axes.scatter(*(-np.sqrt(d) * vectors[:, d:] * where).T, c=labels, cmap="tab20", s=14)
    for label, color in ((1, "#0072B2"), (-1, "#D55E00")):
        axes.plot(*x[g == label].T, "x", color=color, label=f"y = {label}")
    axes.set(title=title, xlim=(-4, 4), ylim=(-4, 4), xlabel="$z_1$", ylabel="$z_2$")
    axes.set_aspect("equal")
axes.legend(loc="upper left", bbox_to_anchor=(1, 1))

# %% An attractor can be replaced by one neuron
# On the points `A` where they are active, neurons of one attractor give together
#     sum_n beta_n v_n . xhat = M . xhat
#     M = sum_n beta_n v_n
# If all `beta_n > 0`, one neuron with `beta = sqrt(|M|)` and `v = M/beta` is active on `A`, because
# each `v_n . xhat` is positive there, and off elsewhere, because none is. So `f` stays as it is on
# the training points. (With all `beta_n < 0` the same holds for `-M`.) Elsewhere `f` changes.


def merged(v, beta, labels):
    """One neuron for each attractor: v (A, d + 1), beta (A,)."""
    groups = [labels == label for label in range(labels.max() + 1)]
    M = np.array([np.abs(beta[group]) @ v[group] for group in groups])
    signs = np.array([np.sign(beta[group][0]) for group in groups])     # an attractor has one
    size = np.sqrt(np.linalg.norm(M, axis=1))
    return M / size[:, None], signs * size


elsewhere = rng.standard_normal((100, d))
for given_v, given_beta, labels in ((start, beta, many), (v, end_beta, few)):
    one_v, one_beta = merged(given_v, given_beta, labels)
    assert np.allclose(f(one_v, one_beta, x), f(given_v, given_beta, x))
    assert not np.allclose(f(one_v, one_beta, elsewhere), f(given_v, given_beta, elsewhere))

# %% The library says the same
from npspectral.analysis.neurons import (Neurons, attractor_labels, merge,  # noqa: E402
                                         position_velocities, positions)

neurons = Neurons(omega, b, beta, gain=1.0)
assert np.allclose(positions(neurons), z)
assert np.allclose(position_velocities(neurons, x, g), z_dot)
ends = Neurons(v[:, :d], v[:, d], end_beta, gain=1.0)
assert np.allclose(merge(ends, x).neurons.forward(x), f(v, end_beta, x))
living = (v @ extended(x).T > 0).any(1)
assert attractor_labels(ends, x).count == len(np.unique(few[living]))
print("npspectral agrees")
