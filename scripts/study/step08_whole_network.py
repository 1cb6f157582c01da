"""A whole network in one matrix: several transfers, skip connections, and recurrent networks.

Step 1 had one transfer and `Phi^-1 = 2 I - Phi`. More transfers need a few terms more, and give
skip connections. Where all nodes are linked, planted eigenvectors say where activity ends.
Sources: SPARCS, arXiv 2504.00885 (2025); Chicchi et al. 2023, Chaos Solitons Fractals 168, 113128,
of which only the abstract was read: the equations of recurrent networks are the library's own.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)
sizes = 3, 4, 3, 2                      # nodes of layers 0 to 3: three transfers
ends = np.cumsum((0, *sizes))
layer = [slice(*pair) for pair in zip(ends, ends[1:])]
eye = np.eye(ends[-1])

# %% The inverse is a finite sum
# One matrix holds all nodes. Each node has one eigenvalue: `lambda_k` are those of layer k. N has
# the block `phi_k` where rows of layer k meet columns of layer k - 1. It moves activity one layer
# on, so four moves lead nowhere. Multiply out, and all but two terms cancel:
#     Phi = I + N
#     N^4 = 0
#     (I + N) (I - N + N^2 - N^3) = I - N^4 = I
#     Phi^-1 = I - N + N^2 - N^3
# With one transfer `N^2 = 0`, and `2 I - Phi` is left; with two, `3 I - 3 Phi + Phi^2`.

phi = {k: rng.standard_normal((sizes[k], sizes[k - 1])) for k in (1, 2, 3)}
lambdas = [rng.standard_normal(size) for size in sizes]
N = np.zeros_like(eye)
for k in (1, 2, 3):
    N[layer[k], layer[k - 1]] = phi[k]
Phi, N2, N3 = eye + N, N @ N, N @ N @ N
Phi_inverse = eye - N + N2 - N3
assert np.allclose(Phi @ Phi_inverse, eye)
assert N3.any() and not (N3 @ N).any()
assert np.allclose(Phi @ (2 * eye - Phi), eye - N2)     # 2 I - Phi is wrong by two moves

two = slice(0, ends[3])                             # the first three layers: two transfers
assert np.allclose((3 * eye - 3 * Phi + Phi @ Phi)[two, two], np.linalg.inv(Phi[two, two]))

# %% Or no inverse at all
# Mostly we need `u = Phi^-1 h` alone. The rows of layer k in `Phi u = h` are
# `u_k + phi_k u_{k-1} = h_k`. So, from the inputs on, one layer after the other:
#     u_0 = h_0
#     u_k = h_k - phi_k u_{k-1}

h = rng.standard_normal(ends[-1])
u = [h[layer[0]]]
for k in (1, 2, 3):
    u.append(h[layer[k]] - phi[k] @ u[k - 1])
assert np.allclose(Phi @ np.concatenate(u), h)

# %% Transfers and skip connections
# Read `A = Phi Lambda Phi^-1` in blocks, from layer j to a later layer k. Phi has two blocks in the
# rows of layer k, and `Phi Phi^-1 = I` has a 0 from j to k:
#     A_kj = Lambda_k (Phi^-1)_kj + phi_k Lambda_{k-1} (Phi^-1)_{k-1,j}
#     0 = (Phi^-1)_kj + phi_k (Phi^-1)_{k-1,j}
# Put the second into the first. What comes out in front is the layer of step 1:
#     A_kj = (phi_k Lambda_{k-1} - Lambda_k phi_k) (Phi^-1)_{k-1,j} = W_k (Phi^-1)_{k-1,j}
#     A_{k,k-1} = W_k
#     A_{k,k-2} = -W_k phi_{k-1}
# The last is a skip connection. In a chain of layers as in step 1 each transfer has a matrix of its
# own, and there is none.

A = whole = Phi @ np.diag(np.concatenate(lambdas)) @ Phi_inverse
W = {k: (lambdas[k - 1] - lambdas[k][:, None]) * phi[k] for k in (1, 2, 3)}
for k in (1, 2, 3):
    assert np.allclose(A[layer[k], layer[k]], np.diag(lambdas[k]))
    assert np.allclose(A[layer[k], layer[k - 1]], W[k])
    for j in range(k):
        assert np.allclose(A[layer[k], layer[j]], W[k] @ Phi_inverse[layer[k - 1], layer[j]])
for k in (2, 3):
    assert np.allclose(A[layer[k], layer[k - 2]], -W[k] @ phi[k - 1])
assert np.allclose(A[layer[3], layer[0]], W[3] @ phi[2] @ phi[1])

# %% Forward
# Layer k hears all layers before it: `z_k = sum_j A_kj h_j`. Substitution gives that without the
# blocks, for one more product a layer. The last z is the answer.
#     z_k = W_k u_{k-1}
#     h_k = f(z_k)
#     u_k = h_k - phi_k u_{k-1}

x = rng.standard_normal(sizes[0])
active, u = [x], [x]
for k in (1, 2, 3):
    z = W[k] @ u[k - 1]
    assert np.allclose(z, sum(A[layer[k], layer[j]] @ active[j] for j in range(k)))
    active.append(np.tanh(z))
    u.append(active[k] - phi[k] @ u[k - 1])
answer = z

# %% Recurrent: planted eigenvectors
# Now any node may send to any other. Some columns of Phi are planted: P, with eigenvalue 1. The
# others, Q, have eigenvalues inside (-1, 1), and both may be trained. The rows of `Y = Phi^-1`
# belong to P or to Q, and `Y Phi = I` says `Y_P P = I`, `Y_P Q = 0` and `Y_Q P = 0`. Whatever Q is,
#     A = P Y_P + Q Lambda Y_Q
#     A P = P
#     Y_P A = Y_P

P, Q = rng.standard_normal((6, 2)), rng.standard_normal((6, 4))
decay = np.array([0.9, -0.8, 0.5, 0.2])             # the diagonal of Lambda
Phi = np.hstack([P, Q])
Y = np.linalg.inv(Phi)
Y_P, Y_Q = Y[:2], Y[2:]
A = P @ Y_P + Q * decay @ Y_Q
assert np.allclose(A, Phi @ np.diag([1, 1, *decay]) @ Y)
assert np.allclose(A @ P, P) and np.allclose(Y_P @ A, Y_P)

# %% Where iteration ends
# In `A A` the mixed terms are 0, and so in every power:
#     A^t = P Y_P + Q Lambda^t Y_Q -> P Y_P
# From any `x_0` the state ends at `P y` with `y = Y_P x_0`. No step changes y. The limit is a
# projection along Q, not the nearest point of P. With `Y_P (x_0 - P y) = 0` the rest is bounded:
#     x_t - P y = Q Lambda^t Y_Q (x_0 - P y)
#     |x_t - P y| <= |Phi| |Phi^-1| max|lambda|^t |x_0 - P y|
# The first steps may lead away, as Phi is not orthogonal. We start where the first one does most.
#
# Let the first T steps be `A f(x)`, with a nonlinear f. As `Y_P A = Y_P`, the end is
# `P Y_P f(x_{T-1})`: after the last f, no A changes y. Planted eigenvalues on the unit circle
# instead of 1 turn y for ever, and keep its length.

Pi, basis = P @ Y_P, np.linalg.qr(Q)[0]
x_0 = P @ [1, -1] + basis @ np.linalg.svd(Q * decay @ Y_Q @ basis)[2][0]
assert np.allclose(Pi @ Pi, Pi) and np.allclose(A @ Pi, Pi) and not np.allclose(Pi, Pi.T)
states = [x_0]
for _ in range(200):
    states.append(A @ states[-1])
distance = np.linalg.norm(states - Pi @ x_0, axis=1)
bound = np.linalg.cond(Phi) * np.abs(decay).max() ** np.arange(201) * distance[0]
for t in (1, 7):
    assert np.allclose(states[t], (P @ Y_P + Q * decay**t @ Y_Q) @ x_0)
    assert np.allclose(states[t] - Pi @ x_0, Q * decay**t @ Y_Q @ (x_0 - Pi @ x_0))
assert distance[1] > distance[0] and (distance <= bound).all() and bound[-1] < 1e-6

last = np.tanh(A @ np.tanh(x_0))                    # T = 2: f(x_1)
assert np.allclose(np.linalg.matrix_power(A, 300) @ last, P @ (Y_P @ last))
turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])     # exp(+-0.3 i)
turned = np.linalg.matrix_power(P @ turn @ Y_P + Q * decay @ Y_Q, 300) @ x_0
assert np.allclose(Y_P @ turned, np.linalg.matrix_power(turn, 300) @ Y_P @ x_0)
assert np.isclose(np.linalg.norm(Y_P @ turned), np.linalg.norm(Y_P @ x_0))

figure = Figure(figsize=(6, 3), layout="constrained")
figure.suptitle("The distance to P y falls at the pace of the slowest eigenvalue")
axes = figure.subplots()
axes.semilogy(distance, color="#0072B2", label="$|x_t - P y|$")
axes.semilogy(bound, "--", color="#777777", label="bound")
axes.set(xlabel="t", ylabel="distance")
axes.legend()

# %% The gradient of eigenvectors
# `d(Phi Y) = 0`, so `dY = -Y dPhi Y`. Put that into the product rule of `A = Phi Lambda Y`, with
# `Z = Y dPhi` and Lambda for all eigenvalues:
#     dA = dPhi Lambda Y + Phi Lambda dY = Phi (Z Lambda - Lambda Z) Y
#     (Z Lambda - Lambda Z)_ij = (lambda_j - lambda_i) Z_ij
# The gap of the layer again. With `F_ij = dL/dA_ij`, given by whoever uses A, let
# `M = Phi^T F Y^T`. Then
#     dL = sum_ij F_ij dA_ij = sum_ij M_ij (lambda_j - lambda_i) Z_ij
#     dL/dPhi_ij = sum_k Y_ki (lambda_j - lambda_k) M_kj
#     dL/dlambda_i = M_ii

F, eigenvalues = rng.standard_normal((6, 6)), np.array([1, 1, *decay])
M = Phi.T @ F @ Y.T
grad_Phi = Y.T @ ((eigenvalues - eigenvalues[:, None]) * M)
for index in np.ndindex(6, 6):
    moved_Phi = Phi.astype(complex)
    moved_Phi[index] += 1e-30j
    moved_A = moved_Phi * eigenvalues @ np.linalg.inv(moved_Phi)
    assert np.isclose((F * moved_A).sum().imag / 1e-30, grad_Phi[index])
for i in range(6):
    assert np.isclose((F * (Phi[:, [i]] @ Y[[i]])).sum(), M[i, i])      # dA/dlambda_i

# %% The library says the same
from npspectral import Tanh  # noqa: E402
from npspectral.analysis.spectral import adjacency, inverse_eigenvectors  # noqa: E402
from npspectral.nn import Nested  # noqa: E402
from npspectral.nn.recurrent import RecurrentSpectral  # noqa: E402

network = Nested(sizes, activation=Tanh(), bias=False)
params = {**{f"lambda_{k}": part for k, part in enumerate(lambdas)},
          **{f"phi_{k}": part for k, part in phi.items()}}
assert np.allclose(network.forward(params, x[None])[0], answer, rtol=1e-12)
blocks = list(phi.values())
assert np.allclose(inverse_eigenvectors(blocks), Phi_inverse)
assert np.allclose(adjacency(blocks, np.concatenate(lambdas)), whole)

recurrent = RecurrentSpectral(6, 2, nodes=6, steps=2)
planted = {"planted": P, "modes": Q, "theta": np.arctanh(decay / (1 - 2**-10))}
assert np.allclose(recurrent.limit(planted, x_0[None]), P @ (Y_P @ last))
print("npspectral agrees")
