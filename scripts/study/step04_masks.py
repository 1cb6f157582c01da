"""Masks and sparse training: a link that carries nothing, has no gradient, and moves.

In node space a masked weight stays where it is. In reciprocal space eigenvalues take it along, and
it may come back. Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312 (sparse networks).
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)
n_in, n_out, batch, eta = 8, 6, 200, 0.2

# %% A mask
# Only links with a large weight carry anything: `m_ij = 1` where `|w_ij| > c`, else `m_ij = 0`.
#     y_bi = sum_j m_ij w_ij x_bj
# With `g_bi = dL/dy_bi` the chain rule stops at the mask. (A jump of m has no slope; c is given.)
#     G_ij = sum_b g_bi x_bj
#     dL/dw_ij = m_ij G_ij

x = rng.standard_normal((batch, n_in))
target = x @ rng.standard_normal((n_out, n_in)).T
phi = rng.standard_normal((n_out, n_in))
lambda_in, lambda_out = rng.uniform(-0.5, 0.5, n_in), rng.uniform(-0.5, 0.5, n_out)
W = (lambda_in - lambda_out[:, None]) * phi
c = np.median(np.abs(W))                            # half of the links are masked
m = np.abs(W) > c


def loss(m, W):
    return ((x @ (m * W).T - target)**2).mean()


def masked_gradient(m, W):
    g = 2 * (x @ (m * W).T - target) / target.size
    return m * (g.T @ x)                            # m_ij G_ij


for index in np.ndindex(W.shape):
    moved = W.astype(complex)
    moved[index] += 1e-30j
    slope = loss(np.abs(moved.real) > c, moved).imag / 1e-30
    assert np.isclose(slope, masked_gradient(m, W)[index], rtol=1e-10)

# %% In node space it stays
# Where `w_ij` itself is the parameter, a step of gradient descent is
#     w_ij -> w_ij - eta m_ij G_ij
# So a masked weight keeps its value to the last bit, and with it its mask, for ever. (Momentum or
# weight decay would move it, by what it was before and not by what the loss needs.)

W_node = W - eta * masked_gradient(m, W)
assert np.array_equal(W_node[~m], W[~m])
assert (W_node[m] != W[m]).all() and loss(m, W_node) < loss(m, W)

# %% In reciprocal space it moves
# Now `w_ij = (lambda_in_j - lambda_out_i) phi_ij`, and the parameters are on the right. The product
# rule, as without a mask, but only kept links send anything back:
#     dL/dlambda_in_j = sum_k m_kj G_kj phi_kj
#     dL/dlambda_out_i = -sum_k m_ik G_ik phi_ik
#     dL/dphi_ij = m_ij G_ij (lambda_in_j - lambda_out_i)
# A masked link has no gradient of its own: its `phi_ij` stays. But both its eigenvalues hear the
# links that share a node with it. One step moves a masked weight by
#     -eta phi_ij (sum_k m_kj G_kj phi_kj + sum_k m_ik G_ik phi_ik)


def step(lambda_in, lambda_out, phi, grad_W):
    return (lambda_in - eta * (grad_W * phi).sum(0), lambda_out + eta * (grad_W * phi).sum(1),
            phi - eta * grad_W * (lambda_in - lambda_out[:, None]))


mG = masked_gradient(m, W)
new_in, new_out, new_phi = step(lambda_in, lambda_out, phi, mG)
W_new = (new_in - new_out[:, None]) * new_phi
by_column, by_row = (mG * phi).sum(0), (mG * phi).sum(1)[:, None]
assert np.array_equal(new_phi[~m], phi[~m])
assert np.isclose((phi * (new_phi - phi)).sum(),    # scale rule of step 1, true with any mask
                  lambda_in @ (new_in - lambda_in) + lambda_out @ (new_out - lambda_out))
assert np.allclose((W_new - W)[~m], (-eta * phi * (by_column + by_row))[~m])
assert (W_new != W)[~m].all()

# %% Who moves whom
# A small step at link kl moves link ij by `-eta K_{ij,kl} m_kl G_kl`, where K sums over all
# parameters the products of `dw_ij` and `dw_kl` by that parameter. With `delta_jl = 1` if `j = l`
# and else 0, and `gap_ij = lambda_in_j - lambda_out_i`:
#     K_{ij,kl} = phi_ij phi_kl (delta_jl + delta_ik) + gap_ij^2 delta_ik delta_jl
# In node space K is the identity: a link moves itself alone. Here it moves all links out of its
# input node and all links into its output node. This is the non-local effect of the eigenvalues.

gap = lambda_in - lambda_out[:, None]
same_out, same_in = np.eye(n_out), np.eye(n_in)     # delta_ik and delta_jl
K = np.einsum("ij,kl,jl->ijkl", phi, phi, same_in) + np.einsum("ij,kl,ik->ijkl", phi, phi, same_out)
K += np.einsum("ij,ik,jl->ijkl", gap**2, same_out, same_in)

slopes = []                                         # dw_ij by each parameter, by the complex step
for which, part in enumerate((lambda_in, lambda_out, phi)):
    for index in np.ndindex(part.shape):
        a, b, f = (array.astype(complex) for array in (lambda_in, lambda_out, phi))
        (a, b, f)[which][index] += 1e-30j
        slopes.append(((a - b[:, None]) * f).imag / 1e-30)
assert np.allclose(K, np.einsum("pij,pkl->ijkl", slopes, slopes))
moves = np.einsum("ijkl,kl->ij", K, mG)             # -dw_ij/eta, to first order
assert np.allclose(moves[~m], (phi * (by_column + by_row))[~m])
print("links that one link moves:", np.count_nonzero(K[2, 3]), "of", W.size)

# %% A mask in which space?
# One mask m on w or on phi gives one network, and the same gradients:
#     m_ij (gap_ij phi_ij) = gap_ij (m_ij phi_ij)
# What differs is what is compared with c. If `|phi_ij| > c`, a masked `phi_ij` has no gradient and
# stays masked: links can only become fewer. If `|w_ij| > c`, a masked link moves, and comes back
# when its gap has grown. So the topology is not fixed to that of the start. (The authors' code
# takes a fixed c from the first `|phi_ij|` and compares `|w_ij|` with it.) One task, one start:


def train(kind, steps=300):
    params, weight, path = (lambda_in, lambda_out, phi), W, []
    for _ in range(steps):
        mask = np.abs(params[2]) > np.median(np.abs(phi)) if kind == "phi" else np.abs(weight) > c
        path.append((weight, mask))
        grad_W = masked_gradient(mask, weight)
        if kind == "node":
            weight = weight - eta * grad_W
        else:
            params = step(*params, grad_W)
            weight = (params[0] - params[1][:, None]) * params[2]
    weights, masks = map(np.array, zip(*path))
    back, final = masks[-1] & ~masks[0], loss(masks[-1], weights[-1])
    print(f"{kind:4}: {back.sum()} of {(~masks[0]).sum()} links came back, loss {final:.2f}")
    return weights, back, final


assert np.allclose(m * (gap * phi), gap * (m * phi))
node, node_back, node_loss = train("node")
_, phi_back, _ = train("phi")
both, back, final = train("w")
assert not node_back.any() and not phi_back.any()
assert back.sum() > 3 and final < node_loss < loss(m, W)

figure = Figure(figsize=(8, 3), layout="constrained")
figure.suptitle("Links masked at the start: flat in node space, moving in reciprocal space")
for panel, weights, title in zip(figure.subplots(1, 2, sharey=True), (node, both),
                                 ("node space", "reciprocal space")):
    for i, j in np.argwhere(~m):
        color = "#0072B2" if weights is both and back[i, j] else "#777777"
        panel.plot(np.abs(weights[:, i, j]), color=color, lw=1)
    panel.axhline(c, color="#D55E00")
    panel.set(xlabel="step", ylabel="$|w_{ij}|$ (orange: c)", title=title, yscale="log")

# %% The library says the same
from npspectral import Dense, Spectral, mean_squared_error  # noqa: E402
from npspectral.nn import Sparse  # noqa: E402

params = {"lambda_in": lambda_in, "lambda_out": lambda_out, "phi": phi}
for inner, values in ((Dense, {"weight": W}), (Spectral, params)):
    layer = Sparse(inner(n_in, n_out, bias=False), threshold=c)
    out, residuals = layer.forward(values, x)
    grads, _ = layer.backward(values, residuals, mean_squared_error(out, target)[1])
    ours = (W_node,) if inner is Dense else (new_in, new_out, new_phi)
    for name, moved in zip(values, ours):
        assert np.allclose(values[name] - eta * grads[name], moved, rtol=1e-12)
    assert np.array_equal(layer.mask(values), m)
print("npspectral agrees")
