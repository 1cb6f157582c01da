"""Kernels of ReLU networks of infinite width, in closed form, with all their digits.

For standard normal w and two vectors u, v of norms m, n at the angle theta,

    E[relu(w.u)^k relu(w.v)^k] = m^k n^k J_k(theta) / (2 pi)        (k = 0: the step function)

    J_0 = pi - theta
    J_1 = sin + (pi - theta) cos
    J_2 = 3 sin cos + (pi - theta) (1 + 2 cos^2)
    J_3 = 15 sin - 11 sin^3 + (pi - theta) (9 cos + 6 cos^3)

with sin and cos of theta. A small angle that comes from arccos has only half of its digits, which
J_0 shows. Here each pair of rows u, v has two numbers in place of the angle:

    s = |u/m - v/n|^2 = 4 sin^2(theta/2)     t = |u/m + v/n|^2 = 4 - s
    theta = 2 atan(s / sqrt(s t))     sin = sqrt(s t)/2     cos = 1 - s/2

s and t are computed from the differences and sums of rows where they are small. A further layer has
the squared norms m'^2 = c_w m^2/2 + c_b. Its s' follows without cancellation from m' n' s' =
|u' - v'|^2 - (m' - n')^2 with |u' - v'|^2 = c_w ((m - n)^2/2 + m n (1 - J_1/pi)); with c = c_w/2,

    m' n' s' = 2 c m n (1 - J_1/pi) + 2 c c_b (m - n)^2 (1 + r) / (m' + n')^2
    r = (c m^2 + c n^2 + c_b) / (m' n' + c m n)
    1 - J_1/pi = s/2 - (sin - theta cos)/pi

So the error of theta stays of the size of rounding from layer to layer.
Source: Cho and Saul 2009, NeurIPS (J_k); Jacot, Gabriel and Hongler 2018, NeurIPS (recursion); the
form in s is derived here.
"""
import math

import numpy as np

from ... import refuse
from ...magnitude import power_of_two

NEAR = 1 / 64               # s and t below it are computed from differences
FINE = 1e-290               # squares below it have lost digits
BLOCK = 128                 # rows of either side at a time: what one block needs stays in cache


def arc_cosine_kernel(x1, x2=None, order=1):
    """|x|^k |x'|^k J_k(theta) / pi, (N1, N2), for rows x of x1 (N1, d) and x' of x2 (N2, d).

    k = order, from 0 to 3. This is 2 E[relu(w.x)^k relu(w.x')^k]. A row of zeros has no angle; pi/2
    is taken, which matters for k = 0 alone. Raises TypeError or ValueError on inputs that do not
    fit.
    """
    x1, x2 = _sides("arc_cosine_kernel", x1, x2)
    refuse.integer("arc_cosine_kernel", "order", order, 0, 3)

    def block(u, v):
        s, t = _chords(u, v)
        sizes = _outer(u, v) ** order if order else 1
        return (sizes * _j(order, s, t) / math.pi,)

    return _assemble(block, x1, x2)[0]


def relu_tangent_kernel(x1, x2=None, bias=True, scale=1.0):
    """Limit of h Theta as the width h grows, (N1, N2), for one hidden layer in the 1/h scaling.

        f(x) = (1/h) sum_n beta_n sigma(omega_n.x/sqrt(d) + b_n)     omega, b, beta ~ N(0, 1)
        h Theta -> scale^2 / (2 pi) (m n sin + 2 (pi - theta) u.u')

    sigma = scale relu; scale = sqrt(2) makes E[sigma(N(0, 1))^2] = 1. All of omega, b and beta are
    trained. u = (x/sqrt(d), 1), or x/sqrt(d) without bias, and u' of the second point have the
    norms m and n and the angle theta. On the diagonal the limit is scale^2 |u|^2. At width h the
    deviation from it is O(h^-1/2). Raises ValueError or TypeError on inputs that do not fit.
    """
    owner = "relu_tangent_kernel"
    x1, x2 = _sides(owner, x1, x2)
    refuse.positive(owner, "scale", scale)
    inputs = [_input(x, 1.0, float(bool(bias))) for x in (x1, x2)]

    def block(u, v):
        s, t = _chords(u, v)
        root = np.sqrt(s * t)
        per_norms = root / 2 + 2 * (math.pi - _angle(s, root)) * (1 - s / 2)
        return (_outer(u, v) * per_norms * (scale ** 2 / (2 * math.pi)),)

    return _assemble(block, *inputs)[0]


def deep_relu_kernels(x1, x2=None, depth=1, weight_variance=2.0, bias_variance=0.0):
    """(Sigma, Theta), each (N1, N2), of the output after `depth` hidden layers of ReLU.

        z_1 = sqrt(c_w/d) W_1 x + sqrt(c_b) b_1
        z_l+1 = sqrt(c_w/h_l) W_l+1 relu(z_l) + sqrt(c_b) b_l+1
        Sigma_1 = Theta_1 = c_w x.x'/d + c_b
        Sigma_l+1 = c_w E[relu relu] + c_b     Theta_l+1 = Theta_l c_w E[relu' relu'] + Sigma_l+1

    relu relu is relu(z) relu(z') for the pair of points, with (z, z') normal of covariance Sigma_l;
    relu' is the step function. All W, b ~ N(0, 1) are trained; c_w = weight_variance, c_b =
    bias_variance, and c_b = 0 means no bias at all. Sigma is the covariance of the outputs at the
    start, Theta the tangent kernel. c_w = 2 keeps the norms.
    sqrt(2) relu with c_w = 1 equals relu with c_w = 2 in all layers but the first.
    With depth 1 and c_w = c_b = 1, Theta - 1 is `relu_tangent_kernel`, whose output has no bias.
    Raises ValueError or TypeError on inputs that do not fit.
    """
    owner = "deep_relu_kernels"
    x1, x2 = _sides(owner, x1, x2)
    refuse.integer(owner, "depth", depth, 0)
    refuse.positive(owner, "weight_variance", weight_variance)
    refuse.not_negative(owner, "bias_variance", bias_variance)
    half, constant = weight_variance / 2, bias_variance
    inputs = [_input(x, weight_variance, bias_variance) for x in (x1, x2)]

    def block(u, v):
        s, t = _chords(u, v)
        m, n = _norms(u)[:, None], _norms(v)
        sigma = m * n * (1 - s / 2)
        theta = sigma
        for _ in range(depth):
            root = np.sqrt(s * t)
            angle = _angle(s, root)
            m, n, s = _next(m, n, s, root, angle, half, constant)
            t = 4 - s                                       # from 2 to 4: no digit lost
            sigma = m * n * (1 - s / 2)
            theta = theta * (half / math.pi) * (math.pi - angle) + sigma
        return sigma, theta

    return _assemble(block, *inputs)


def _next(m, n, s, root, angle, half, constant):
    """Norms and s after one more layer."""
    m2, n2 = (np.sqrt(half * norm ** 2 + constant) for norm in (m, n))
    shares = [norm / np.where(after, after, 1) for norm, after in ((m, m2), (n, n2))]
    s2 = 2 * half * shares[0] * shares[1] * (s / 2 - (root / 2 - angle * (1 - s / 2)) / math.pi)
    if constant:
        product, before = m2 * n2, half * m * n
        share = (half * (m ** 2 + n ** 2) + constant) / (product + before)
        s2 += 2 * half * constant * (m - n) ** 2 * (1 + share) / ((m2 + n2) ** 2 * product)
    return m2, n2, s2


def _angle(s, root):
    """2 atan(sqrt(s/t)) from root = sqrt(s t), faster than arctan2; 0 or pi at root = 0."""
    return 2 * np.arctan(s / (root + 1e-300))


def _j(order, s, t):
    """J_order of the angle that belongs to s and t."""
    root = np.sqrt(s * t)
    rest, sin, cos = math.pi - _angle(s, root), root / 2, 1 - s / 2
    return (lambda: rest,
            lambda: sin + rest * cos,
            lambda: 3 * sin * cos + rest * (1 + 2 * cos ** 2),
            lambda: 15 * sin - 11 * sin ** 3 + rest * (9 * cos + 6 * cos ** 3))[order]()


def _chords(u, v):
    """s and t of every pair of rows."""
    u, v = (rows / np.where(norms, norms, 1)[:, None] for rows, norms in ((u, _norms(u)),
                                                                          (v, _norms(v))))
    cosine = u @ v.T
    chords = 2 - 2 * cosine, 2 + 2 * cosine
    for chord, sign in zip(chords, (-1, 1)):
        rows, columns = np.nonzero(chord < NEAR)
        size = max(1, BLOCK ** 2 // u.shape[1])
        for start in range(0, len(rows), size):
            pairs = rows[start:start + size], columns[start:start + size]
            difference = u[pairs[0]] + sign * v[pairs[1]]
            chord[pairs] = np.einsum("ij,ij->i", difference, difference)
    return chords


def _norms(u):
    with np.errstate(over="ignore", under="ignore"):
        squares = np.einsum("ij,ij->i", u, u)
    if FINE < squares.min() and squares.max() < np.inf:
        return np.sqrt(squares)
    unit = power_of_two(u, 1, keepdims=True)
    return np.sqrt(np.einsum("ij,ij->i", u / unit, u / unit)) * unit[:, 0]


def _outer(u, v):
    return _norms(u)[:, None] * _norms(v)


def _input(x, weight_variance, bias_variance):
    """Rows (sqrt(c_w/d) x, sqrt(c_b)), whose products are Sigma_1."""
    if x is None:
        return None
    column = np.full((len(x), 1), math.sqrt(bias_variance))
    return np.concatenate([math.sqrt(weight_variance / x.shape[1]) * x, column], 1)


def _sides(owner, x1, x2):
    x1 = refuse.real(owner, "x1", x1, 2)
    if x2 is not None:
        x2 = refuse.real(owner, "x2", x2, 2)
        if x1.shape[1] != x2.shape[1]:
            raise ValueError(f"{owner}: x2 has {x2.shape[1]} features, expected {x1.shape[1]} "
                             f"as x1")
    return x1, x2


def _assemble(block, u, v):
    """The matrices that block(rows of u, rows of v) gives, put together from all pairs of blocks.

    If v is None, it is u, and one triangle is computed.
    """
    symmetric = v is None
    v = u if symmetric else v
    wholes = None
    for first in range(0, len(u), BLOCK):
        rows = slice(first, first + BLOCK)
        for second in range(first if symmetric else 0, len(v), BLOCK):
            columns = slice(second, second + BLOCK)
            parts = block(u[rows], v[columns])
            wholes = wholes or tuple(np.empty((len(u), len(v))) for _ in parts)
            for whole, part in zip(wholes, parts):
                whole[rows, columns] = part
                if symmetric:
                    whole[columns, rows] = part.T
    return wholes
