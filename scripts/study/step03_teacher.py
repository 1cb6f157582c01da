"""Teacher and group lasso: how a wide student shows the size of its teacher.

A penalty on eigenvalues and eigenvectors prices whole nodes, so a student keeps as few nodes as it
needs. Source: Giambagli et al. 2023, NeurIPS ("How a student becomes a teacher"), and its poster.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)

# %% One length, two names
# With `lambda_in_j = 0` all that enters node i is multiplied by `lambda_out_i`. The poster measures
# a node by `R_dense` or by `R_spectral`. With the absolute value, which the poster leaves out,
# they are one number.
#     w_ij = (lambda_in_j - lambda_out_i) phi_ij = -lambda_out_i phi_ij
#     R_dense^i = sqrt(sum_j w_ij^2)
#     R_spectral^i = |lambda_out_i| sqrt(sum_j phi_ij^2)

lambda_in, lambda_out, phi = np.zeros(5), rng.standard_normal(4), rng.standard_normal((4, 5))
W = -lambda_out[:, None] * phi
assert np.allclose(W, (lambda_in - lambda_out[:, None]) * phi)
R_dense = np.sqrt((W**2).sum(1))
R_spectral = np.abs(lambda_out) * np.sqrt((phi**2).sum(1))
assert np.allclose(R_dense, R_spectral)

# %% The cheapest split
# One row `w_i` can be split in many ways, and the penalty of the poster decides between them. (L2
# is the plain sum of squares.) Let `t = lambda_out_i^2`, so `|phi_i|^2 = |w_i|^2/t`:
#     Omega_i = a_phi |phi_i|^2 + a_lambda lambda_out_i^2 = a_phi |w_i|^2/t + a_lambda t
#     Omega_i = 2 sqrt(a_phi a_lambda) |w_i| + (sqrt(a_lambda t) - sqrt(a_phi/t) |w_i|)^2
# The square is 0 at one t. There the price is least, and it is a multiple of the length of the row:
#     t = sqrt(a_phi/a_lambda) |w_i|
#     min Omega_i = 2 sqrt(a_phi a_lambda) |w_i|
# Summed over nodes this is a group lasso, each group being what enters one node.

a_phi, a_lambda = 0.04, 0.01
length = R_dense[0]
t = np.geomspace(0.01, 100, 2001)
Omega = a_phi * length**2 / t + a_lambda * t
least = 2 * np.sqrt(a_phi * a_lambda) * length
assert np.allclose(Omega, least + (np.sqrt(a_lambda * t) - np.sqrt(a_phi / t) * length)**2)
assert (Omega >= least).all() and np.isclose(Omega.min(), least, rtol=1e-4)
assert np.isclose(t[Omega.argmin()], np.sqrt(a_phi / a_lambda) * length, rtol=0.01)

# %% When a node dies
# The loss pulls at row i with `G_i = dL/dw_i`. Small steps against the gradient of loss and penalty
# move the eigenvalue, and with it the part p of `phi_i` along `G_i`:
#     lambdadot_out_i = |G_i| p - 2 a_lambda lambda_out_i
#     pdot = |G_i| lambda_out_i - 2 a_phi p
# Near 0 the pull hardly changes, and both shrink if the determinant `4 a_phi a_lambda - |G_i|^2` is
# positive. So a node dies, and stays dead, if
#     |G_i| < 2 sqrt(a_phi a_lambda)
# Weight decay `a_w |w_i|^2` has no such limit: it comes to rest at `w_i = -G_i/(2 a_w)`, small and
# not 0, however weak the pull.


def flow(lambda_out_i, phi_i, G_i):
    return phi_i @ G_i - 2 * a_lambda * lambda_out_i, lambda_out_i * G_i - 2 * a_phi * phi_i


G_i = rng.standard_normal(5)
along = G_i / np.linalg.norm(G_i)
for pull, dies in ((0.99, True), (1.01, False)):
    size = pull * 2 * np.sqrt(a_phi * a_lambda)
    matrix = np.array([[-2 * a_lambda, size], [size, -2 * a_phi]])
    lambda_speed, phi_speed = flow(0.3, 0.7 * along, size * along)
    assert np.allclose(matrix @ [0.3, 0.7], [lambda_speed, phi_speed @ along])
    assert (np.linalg.eigvalsh(matrix).max() < 0) == dies
    assert (np.linalg.det(matrix) > 0) == dies
a_w = 0.02
assert np.allclose(-G_i - 2 * a_w * (-G_i / (2 * a_w)), 0)      # wdot_i = -G_i - 2 a_w w_i

# %% A teacher, and its student's gradient
# The teacher has three hidden nodes, and adds what they give. Its student has h nodes, learns from
# 200 answers, and trains all its parameters. The readout v has no penalty, as on the poster.
#     f = v . relu(W x)
#     L = (1/n) sum_b (f_b - y_b)^2 + a_phi |phi|^2 + a_lambda |lambda_out|^2

n, d, h_teacher = 200, 5, 3
teacher = np.linalg.qr(rng.standard_normal((d, h_teacher)))[0].T
x, x_test = rng.standard_normal((n, d)), rng.standard_normal((2000, d))
y, y_test = (np.maximum(data @ teacher.T, 0).sum(1) for data in (x, x_test))


def loss(a_lambda, a_phi, lambda_out, phi, v):
    z = x @ (-lambda_out[:, None] * phi).T
    penalty = a_phi * (phi**2).sum() + a_lambda * (lambda_out**2).sum()
    return (((z.real > 0) * z @ v - y)**2).mean() + penalty


def gradient(a_lambda, a_phi, lambda_out, phi, v):
    z = x @ (-lambda_out[:, None] * phi).T
    h = np.maximum(z, 0)
    grad_f = 2 * (h @ v - y) / n
    G = (grad_f[:, None] * v * (z > 0)).T @ x       # dL/dw_ij, without the penalty
    grad_lambda_out = -(phi * G).sum(1) + 2 * a_lambda * lambda_out
    return grad_lambda_out, -lambda_out[:, None] * G + 2 * a_phi * phi, grad_f @ h


place = [lambda_out, phi, rng.standard_normal(4)]
for which, grad in enumerate(gradient(a_lambda, a_phi, *place)):
    moved = [part.astype(complex) for part in place]
    moved[which].flat[2] += 1e-30j                  # one entry of each, by the complex step
    assert np.isclose(loss(a_lambda, a_phi, *moved).imag / 1e-30, grad.flat[2], rtol=1e-10)

# %% The core, and Delta_MSE
# Gradient descent with momentum. The dense student is this one with `lambda_out_i = -1` kept and
# `a_w = sqrt(a_phi a_lambda)` on its weights. The core are the nodes with R at least a twentieth of
# the largest. `Delta_MSE` is the test error with the m nodes of largest R, less that with all.
# For every h the core has the teacher's size, and the error jumps when it loses one node. Under
# weight decay the core grows with h.


def train(h, dense, a_lambda, a_phi, steps=1500, rate=0.1, momentum=0.9):
    params = [np.full(h, -1.0), rng.standard_normal((h, d)) / np.sqrt(d),
              rng.standard_normal(h) / np.sqrt(h)]
    speed = [0 * part for part in params]
    for _ in range(steps):
        grads = gradient(a_lambda, a_phi, *params)
        speed = [momentum * s - rate * grad for s, grad in zip(speed, grads)]
        speed[0] *= not dense
        params = [part + s for part, s in zip(params, speed)]
    return params


def by_nodes_kept(lambda_out, phi, v):
    W = -lambda_out[:, None] * phi
    R = np.linalg.norm(W, axis=1)
    order = np.argsort(-R)
    MSE = [((np.maximum(x_test @ W[top].T, 0) @ v[top] - y_test)**2).mean()
           for top in (order[:m] for m in range(1, len(R) + 1))]
    return R[order], np.array(MSE) - MSE[-1]        # Delta_MSE


figure = Figure(figsize=(8, 3), layout="constrained")
figure.suptitle("Spectral students (blue) keep the teacher's 3 nodes, dense ones (orange) do not")
left, right = figure.subplots(1, 2)
left.set(xlabel="node, sorted", ylabel="R", xlim=(0, 15))
right.set(xlabel="nodes kept", ylabel=r"$\Delta_{MSE}$", xlim=(0, 15))
for dense, a, color in ((True, (0, a_w), "#D55E00"), (False, (a_lambda, a_phi), "#0072B2")):
    for h, line in ((6, ":"), (12, "--"), (24, "-")):
        student = train(h, dense, *a)
        R, Delta_MSE = by_nodes_kept(*student)
        core = (R >= 0.05 * R.max()).sum()
        print("dense:   " if dense else "spectral:", f"h = {h:2}, core of {core} nodes")
        assert core > 3 if dense else core == h_teacher
        assert dense or abs(Delta_MSE[h_teacher - 1]) < 0.01 < 0.3 < Delta_MSE[h_teacher - 2]
        for panel, values in ((left, R), (right, Delta_MSE)):
            panel.plot(range(1, h + 1), values, line, color=color, label=f"h = {h}")
right.legend()
squares = np.sort(student[0]**2)[::-1]              # lambda_out_i^2 at its cheapest split
assert np.allclose(squares[:core], np.sqrt(a_phi / a_lambda) * R[:core], rtol=0.02)

# %% The library says the same
from npspectral import Chain, Dense, ReLU, Spectral, mean_squared_error  # noqa: E402
from npspectral.analysis.spectral import core_size, loss_by_nodes_kept  # noqa: E402
from npspectral.nn.penalties import L2, GroupLasso  # noqa: E402
from npspectral.nn.splits import to_spectral  # noqa: E402

network = Chain(Spectral(d, h, bias=False, lambda_in=0.0), ReLU(), Dense(h, 1, bias=False))
params = network.init(rng)
params[0].update(lambda_out=student[0], phi=student[1])
params[2].update(weight=student[2][None])
losses = loss_by_nodes_kept(network, params, x_test, y_test[:, None], mean_squared_error,
                            range(1, h + 1))
assert np.allclose(losses - losses[-1], Delta_MSE) and core_size(R) == core
_, cheapest = to_spectral(Dense(5, 4, bias=False), {"weight": W}, "node", a_lambda, a_phi)
Omega = L2(a_phi, "phi")(cheapest)[0] + L2(a_lambda, "lambda_out")(cheapest)[0]
lasso = GroupLasso(2 * np.sqrt(a_phi * a_lambda), "weight")({"weight": W})[0]
assert np.isclose(Omega, lasso)
print("npspectral agrees")
