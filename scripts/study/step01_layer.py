"""The spectral layer: from eigenvectors and eigenvalues to a matrix, and to its gradients.

Three input nodes send activity to two output nodes. Source: Giambagli et al. 2021, Nat. Commun. 12,
1330; both sets of eigenvalues: Chicchi et al. 2021, Phys. Rev. E 104, 054312.
"""
import numpy as np

rng = np.random.default_rng(0)
n_in, n_out, batch = 3, 2, 4

# %% Eigenvectors of a whole network
# All five nodes together have one vector of activity, and one square matrix `A` moves activity from
# node to node. We do not choose `A`. We choose its eigenvectors, the columns of `Phi`, and its
# eigenvalues, the diagonal of `Lambda`:
#     A = Phi Lambda Phi^-1
# The eigenvector of an output node is that node alone. The eigenvector of input node j is that node
# and what it gives to the outputs, column j of `phi` (`psi` on the slides).

phi = rng.standard_normal((n_out, n_in))
lambda_in, lambda_out = rng.standard_normal(n_in), rng.standard_normal(n_out)

N = np.zeros((5, 5))
N[n_in:, :n_in] = phi                   # rows receive, columns send
Phi = np.eye(5) + N
Lambda = np.diag(np.concatenate([lambda_in, lambda_out]))
A = Phi @ Lambda @ np.linalg.inv(Phi)

for node in range(5):                   # A Phi = Phi Lambda, column by column
    assert np.allclose(A @ Phi[:, node], Lambda[node, node] * Phi[:, node])

# %% The inverse costs nothing
# `N` sends inputs to outputs and outputs nowhere, so two steps of it lead nowhere:
#     N N = 0
#     (I + N)(I - N) = I - N N = I
#     Phi^-1 = I - N = 2 I - Phi

Phi_inverse = 2 * np.eye(5) - Phi
assert np.array_equal(N @ N, np.zeros((5, 5)))
assert np.allclose(Phi_inverse, np.linalg.inv(Phi))

# %% One block of A is the layer
# Multiply out, and keep what has a row of an output `i` and a column of an input `j`:
#     A = (I + N) Lambda (I - N) = Lambda + N Lambda - Lambda N - N Lambda N
#     (N Lambda)_ij = phi_ij lambda_in_j
#     (Lambda N)_ij = lambda_out_i phi_ij
#     N Lambda N = 0
#     w_ij = (lambda_in_j - lambda_out_i) phi_ij

assert np.allclose((N @ Lambda)[n_in:, :n_in], phi * lambda_in)
assert np.allclose((Lambda @ N)[n_in:, :n_in], lambda_out[:, None] * phi)
assert np.allclose(N @ Lambda @ N, 0)

gap = lambda_in - lambda_out[:, None]   # (2, 3), one gap for each link
W = gap * phi
assert np.allclose(A[n_in:, :n_in], W)
print("A =", A.round(2), sep="\n")      # W is the lower left block

# %% Forward, in two orders
# The slides multiply each eigenvalue with what passes by its node, and never form `W`:
#     y_i = sum_j phi_ij lambda_in_j x_j - lambda_out_i sum_j phi_ij x_j

x = rng.standard_normal((batch, n_in))
y = x @ W.T                             # y_bi = sum_j w_ij x_bj, for sample b
assert np.allclose(y, (x * lambda_in) @ phi.T - lambda_out * (x @ phi.T))

# %% Backward to W and to x
# Whoever uses `y` says how a loss `L` depends on it, `g_bi = dL/dy_bi`. The chain rule goes on:
#     dL/dw_ij = sum_b g_bi dy_bi/dw_ij = sum_b g_bi x_bj
#     dL/dx_bj = sum_i g_bi dy_bi/dx_bj = sum_i g_bi w_ij

g = rng.standard_normal((batch, n_out))
G = g.T @ x                             # dL/dw_ij
grad_x = g @ W

# %% Backward to eigenvalues and eigenvectors
# The product rule for `w_ij`, and each differential belongs to one parameter:
#     dw_ij = phi_ij dlambda_in_j - phi_ij dlambda_out_i + (lambda_in_j - lambda_out_i) dphi_ij
#     dL = sum_ij G_ij dw_ij
# `lambda_in_j` stands in all of column `j`, so its gradient sums over `i`. `lambda_out_i` stands in
# all of row `i`, so its gradient sums over `j`.

grad_lambda_in = (phi * G).sum(0)
grad_lambda_out = -(phi * G).sum(1)
grad_phi = gap * G

# %% Is it right?
# Move one number `q` by a tiny imaginary `i e`. Up to `e^2`,
#     f(q + i e) = f(q) + i e f'(q)
# With `e = 1e-30` the imaginary part over `e` is the derivative to the last digit: nothing is
# subtracted, so nothing cancels.


def loss(lambda_in, lambda_out, phi, x):
    return (g * (x @ ((lambda_in - lambda_out[:, None]) * phi).T)).sum()


place = lambda_in, lambda_out, phi, x
for which, grad in enumerate([grad_lambda_in, grad_lambda_out, grad_phi, grad_x]):
    for index in np.ndindex(grad.shape):
        moved = [array.astype(complex) for array in place]
        moved[which][index] += 1e-30j
        assert np.isclose(loss(*moved).imag / 1e-30, grad[index], rtol=1e-12)

# %% What the gradients must obey
# Move all eigenvalues by the same `c`: every gap stays, so the loss stays, and the gradients add up
# to 0. Multiply `phi` by `c` and divide all eigenvalues by `c`: `W` stays. Both laws hold for any
# loss and any data.

assert np.isclose(grad_lambda_in.sum() + grad_lambda_out.sum(), 0)
assert np.isclose((phi * grad_phi).sum(),
                  lambda_in @ grad_lambda_in + lambda_out @ grad_lambda_out)

# %% The library says the same
from npspectral import Spectral  # noqa: E402

layer = Spectral(n_in, n_out, bias=False)
params = {"lambda_in": lambda_in, "lambda_out": lambda_out, "phi": phi}
out, residuals = layer.forward(params, x)
grads, out_grad_x = layer.backward(params, residuals, g)
for ours, theirs in ((y, out), (grad_x, out_grad_x), (grad_phi, grads["phi"]),
                     (grad_lambda_in, grads["lambda_in"]),
                     (grad_lambda_out, grads["lambda_out"])):
    assert np.allclose(ours, theirs, rtol=1e-12)
print("npspectral agrees")
