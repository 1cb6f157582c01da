"""A convolution: a dense layer whose matrix is mostly zeros, and says the same at every place.

So nothing about its gradients is new. Its backward is the transposed matrix, which is a convolution
again. Source: LeCun et al. 1989, Neural Computation 1, 541; the two forms of its kernel are derived
here.
"""
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

rng = np.random.default_rng(0)
batch, n, size, stride, pad = 6, 12, 3, 2, 1        # n positions of x, `size` places of the kernel

# %% A few weights slide along
# Position `s` of y sees `size` positions of x, through the same weights as every other position.
# The window moves by `stride`; what lies outside of x counts as 0, `pad` positions on each side.
#     y_s = sum_u w_u x_{t s + u - pad}
# Here `t` is the stride. The last window has to fit, so there are `S` of them:
#     S = floor((n + 2 pad - size)/t) + 1

S = (n + 2 * pad - size) // stride + 1
w, x = rng.standard_normal(size), rng.standard_normal((batch, n))


def convolution(w, x):
    y = np.zeros((len(x), S), np.result_type(w, x))
    for s in range(S):
        for u in range(size):
            j = stride * s + u - pad
            if 0 <= j < n:
                y[:, s] += w[u] * x[:, j]
    return y


assert stride * (S - 1) + size <= n + 2 * pad < stride * S + size      # one more does not fit
y = convolution(w, x)
assert np.array_equal(y, [np.convolve(np.pad(row, pad), w[::-1], "valid")[::stride] for row in x])

# %% The same as a dense layer
# Each `y_s` is a sum over all `x_j`, most of them with weight 0:
#     y_s = sum_j W_sj x_j
#     W_sj = sum_u w_u D_usj
# `D_usj` is 1 where `j = t s + u - pad`, else 0. It holds no number that training could move.

u, s, j = np.ogrid[:size, :S, :n]
D = (j == stride * s + u - pad).astype(float)
W = np.tensordot(w, D, 1)
assert np.allclose(y, x @ W.T, rtol=1e-14)
assert np.isin(W, [0, *w]).all() and (W != 0).sum() == size * S - pad   # one window hangs over
print(f"W has {W.size} entries, {(W != 0).sum()} of them not 0, and {len(set(W[W != 0]))} values")

figure = Figure(figsize=(7, 3.2), layout="constrained")
figure.suptitle("One matrix, mostly zeros: a color for each of the three weights")
colors = ListedColormap(["white", "#0072B2", "#E69F00", "#009E73"])
shown = np.tensordot([1, 2, 3], D, 1)
for panel, matrix, title, across, down in zip(
        figure.subplots(1, 2, width_ratios=(2, 1)), (shown, shown.T), ("$W$", "its transpose"),
        "js", "sj"):
    panel.pcolormesh(matrix, cmap=colors, edgecolors="#DDDDDD", lw=0.5)
    panel.set(xlabel=f"position ${across}$", ylabel=f"position ${down}$", aspect="equal",
              title=title, xticks=[], yticks=[])
    panel.invert_yaxis()

# %% The gradient of a shared weight
# Let `g_bs = dL/dy_bs`. The dense layer has a gradient for each entry of its matrix. As one `w_u`
# stands at many places, and `dW_sj/dw_u = D_usj`, the chain rule adds them up:
#     G_sj = sum_b g_bs x_bj
#     dL/dw_u = sum_s sum_j D_usj G_sj
# That is a sum over all windows: the number under place u, times what comes back to this window.
#     dL/dw_u = sum_b sum_s g_bs x_{b, t s + u - pad}

target = rng.standard_normal((batch, S))
g = 2 * (y - target) / y.size                       # L = mean (y - target)^2
grad_w = np.tensordot(D, g.T @ x, 2)
slopes = [((convolution(w + 1e-30j * one, x) - target) ** 2).mean().imag / 1e-30
          for one in np.eye(size)]
assert np.allclose(grad_w, slopes, rtol=1e-12)

windows = np.stack([np.pad(x, ((0, 0), (pad, pad)))[:, place:place + stride * S:stride]
                    for place in range(size)], -1)  # (batch, S, size)
assert np.allclose(np.einsum("bs,bsu->u", g, windows), grad_w, rtol=1e-12)

# %% The backward is the transposed convolution
# The gradient by x goes through the same matrix, turned over:
#     dL/dx_bj = sum_s g_bs W_sj
# Row j of it again meets the weights in a sliding window, now over g, in reverse order and with
# `t - 1` zeros between the positions of g. So the backward of a convolution is a convolution of the
# spread `g`, with stride 1 and `size - 1 - pad` zeros around.

grad_x = g @ W
spread = np.zeros((batch, n + 2 * pad - size + 1))
spread[:, :stride * S:stride] = g
around = np.pad(spread, ((0, 0), (size - 1 - pad, size - 1 - pad)))
assert np.allclose(grad_x, [np.convolve(row, w, "valid") for row in around], rtol=1e-12)
ahead = x + 1e-30j * grad_x                         # along the gradient L rises by |gradient|^2
rise = ((convolution(w, ahead) - target) ** 2).mean().imag / 1e-30
assert np.isclose(rise, (grad_x ** 2).sum(), rtol=1e-12)

# %% Images, and many channels
# A position is now a row and a column, and holds several numbers, the channels c. Every channel k
# of y has weights of its own, and sums over the channels of x:
#     y_{s k} = sum_u sum_c w_kuc x_{at(s, u), c}
# If all windows stand in the rows of one matrix, `P`, a convolution is one matrix product, and so
# is the gradient of its weights:
#     y = P w^T
#     dL/dw = g^T P

height, width, channels, kernels = 7, 6, 2, 5
images = rng.standard_normal((batch, height, width, channels))
weight = rng.standard_normal((kernels, size, size, channels))
padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
rows, columns = ((length + 2 * pad - size) // stride + 1 for length in (height, width))
P = np.array([[padded[b, stride * h:stride * h + size, stride * v:stride * v + size].ravel()
               for h in range(rows) for v in range(columns)] for b in range(batch)])
out = P @ weight.reshape(kernels, -1).T             # (batch, rows columns, kernels)

by_hand = np.zeros((batch, rows, columns, kernels))
for h, v, k, r, q, c in np.ndindex(rows, columns, kernels, size, size, channels):
    by_hand[:, h, v, k] += weight[k, r, q, c] * padded[:, stride * h + r, stride * v + q, c]
assert np.allclose(out, by_hand.reshape(out.shape))

back = rng.standard_normal(out.shape)               # some dL/dy
grad_weight = np.einsum("bsk,bsi->ki", back, P).reshape(weight.shape)
for index in [(0, 0, 0, 0), (4, 2, 1, 1), (2, 1, 2, 0)]:
    tilted = weight.astype(complex)
    tilted[index] += 1e-30j
    slope = (back * (P @ tilted.reshape(kernels, -1).T)).sum().imag / 1e-30
    assert np.isclose(grad_weight[index], slope)

# %% What it saves, and what it knows before it learns
# A dense layer between the same nodes has an entry for each pair of them.
# On a ring, where no window hangs over, moved input gives moved output: with stride 1,
#     y_s(x moved by m) = y_{s - m}(x)
# So the mean over all positions does not change at all. A dense layer would have to learn that.

dense = 28 * 28 * 13 * 13 * 8
assert 8 * 5 * 5 == 200 and dense == 1_059_968
print(f"28 x 28 pixels to 13 x 13 x 8 numbers: {8 * 5 * 5} weights 5 x 5, or {dense:,} in a matrix")


def ring(x):
    return sum(w[place] * np.roll(x, -place, 1) for place in range(size))


moved = np.roll(x, 4, 1)
assert np.array_equal(ring(moved), np.roll(ring(x), 4, 1))
assert np.allclose(np.tanh(ring(moved)).mean(1), np.tanh(ring(x)).mean(1), rtol=1e-12)
assert not np.allclose(x @ W.T, moved @ W.T)

# %% The tangent kernel of a convolution
# For samples a and b, let `C_as = df/dy_as` come back from an output f of the network. The gradient
# of f by the weights is a small matrix, and the kernel is the product of two of them. Or all pairs
# of windows are compared first:
#     J_a = C_a^T P_a
#     Theta_ab = sum_k sum_i J_aki J_bki
#     Theta_ab = sum_s sum_t (P_as . P_bt) (C_as . C_bt)
# For p samples, S windows of K numbers and k channels, the first form takes `p S K k + p^2 K k`
# multiplications, the second `p^2 S^2 (K + k)`. A dense layer is the case S = 1 of the second form.

J = np.einsum("bsk,bsi->bki", back, P).reshape(batch, -1)
Theta = J @ J.T
pairs = np.einsum("asi,bti->asbt", P, P) * np.einsum("ask,btk->asbt", back, back)
assert np.allclose(pairs.sum((1, 3)), Theta)
single = np.einsum("bk,bi->bki", back[:, 0], P[:, 0]).reshape(batch, -1)
assert np.allclose((P[:, 0] @ P[:, 0].T) * (back[:, 0] @ back[:, 0].T), single @ single.T)
many, places, K = 500, 169, 25                      # the first layer of a net on 28 x 28 pixels
by_weights = many * places * K * 8 + many ** 2 * K * 8
by_windows = (many * places) ** 2 * (K + 8)
print(f"{many} images: {by_weights / 1e6:.0f} million multiplications, or {by_windows / 1e6:,.0f}")
assert by_windows > 1000 * by_weights

# %% The library says the same
from npspectral.nn import Conv2D, strided_network, tree  # noqa: E402

layer = Conv2D((height, width, channels), kernels, size, stride, pad, bias=False, scale=1.0)
params, flat = {"weight": weight}, images.reshape(batch, -1)
got, residuals = layer.forward(params, flat)
assert np.allclose(got, out.reshape(batch, -1), rtol=1e-12)
grads, got_x = layer.backward(params, residuals, back.reshape(batch, -1))
assert np.allclose(grads["weight"], grad_weight, rtol=1e-12)
matrix = layer.forward(params, np.eye(layer.n_in))[0]               # (n_in, n_out)
assert np.allclose(got_x, back.reshape(batch, -1) @ matrix.T, rtol=1e-12)
term = layer.kernel_term(params, residuals, back.reshape(1, batch, -1),
                         residuals, back.reshape(1, batch, -1))["weight"]
assert np.allclose(term[0, :, 0], Theta, rtol=1e-12)
network = strided_network((28, 28, 1), 8)
assert tree.size(network.init(rng)) == 5008
assert [one.image[0] for one in network if isinstance(one, Conv2D)] == [13, 11, 5, 3]
print("npspectral agrees")
