"""Neurons of one hidden layer as points z of the input space: where they are, how they move.

    f(x) = (gain / h) sum_n beta_n relu(v_n . x^)     v = (omega, b)     x^ = (x / sqrt(d), 1)
    z = -sqrt(d) b omega / |omega|^2                  the point nearest to 0 where v . x^ = 0

There are h neurons, and p points x of d numbers; z^2 is |z|^2. The loss L = (1/p) sum_mu l_mu has
the force g_mu = -dl_mu/df(x_mu) on point mu. A = {mu: v . x^_mu > 0} are the active points of a
neuron. As relu(u) = [u > 0] u,

    df/dv_n = (gain / h) beta_n [v_n . x^ > 0] x^
    df/dbeta_n = (gain / h) [v_n . x^ > 0] v_n . x^

so that gradient flow of L moves each neuron by

    dv/dt = beta G     dbeta/dt = G . v     G = gain / (p h) sum_A g x^
    dz/dt = gain beta / (p h b) sum_A g [z - (z^2 / d) x + (2 / d) (z . x) z]

The last line follows in three steps; a dot stands for d/dt. First comes the quotient rule for z.
Second, omega / |omega|^2 = -z / (sqrt(d) b) and |omega|^2 = d b^2 / z^2, both by the definition of
z. Third, omega. and b. are the parts of dv/dt:

    z. = -sqrt(d) / |omega|^2 [b. omega + b omega. - 2 b omega (omega . omega.) / |omega|^2]
       = 1 / b [b. z - z^2 / sqrt(d) omega. + 2 / sqrt(d) (z . omega.) z]
    omega. = gain beta / (p h sqrt(d)) sum_A g x     b. = gain beta / (p h) sum_A g

The flow conserves c = beta^2 - |v|^2, as beta dbeta/dt = v . dv/dt. With |v|^2 = b^2 (1 + d / z^2)
this is |beta / b| = sqrt(1 + d / z^2 + c / b^2). With omega = -sqrt(d) b z / z^2, v . x^ =
b (1 - z . x / z^2): A is z . x < z^2 for b > 0 and z . x > z^2 for b < 0. So the state of a neuron
is z and the sign of b, not z alone. z is undefined where omega = 0, and it passes through 0 where
b changes its sign.

Deviation: a talk of the field prints dz/dt without 1/d and with labels y in place of forces g. The
first is right if x and z are divided by sqrt(d), the second until the first point leaves the hinge.
Source: Paccolat, Petrini, Geiger, Tyloo and Wyart 2021, J. Stat. Mech. 044001 (the model).
"""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...nn.scaled import RELU_GAIN
from ...magnitude import norms


@dataclass(frozen=True, eq=False, repr=False)
class Neurons(Shapes):
    """omega (h, d), bias b (h,) and beta (h,) of h neurons; width is the h in gain / h of f.

    By default width is len(beta). Merged neurons, which are fewer, keep the width of the network.

    >>> from npspectral.nn import OneHidden
    >>> network = OneHidden(2, 10)
    >>> Neurons.of(network, network.init(np.random.default_rng(0))).omega.shape
    (10, 2)
    """

    omega: np.ndarray
    bias: np.ndarray
    beta: np.ndarray
    gain: float = RELU_GAIN
    width: int | None = None

    def __post_init__(self):
        for name, ndim in (("omega", 2), ("bias", 1), ("beta", 1)):
            array = refuse.real("Neurons", name, getattr(self, name), ndim)
            refuse.length("Neurons", name, array, len(self.omega))
            object.__setattr__(self, name, array)
        if self.width is None:
            object.__setattr__(self, "width", len(self.beta))
        refuse.integer("Neurons", "width", self.width, 1)
        refuse.positive("Neurons", "gain", self.gain)

    @classmethod
    def check(cls, owner, neurons):
        """Refuse what is no Neurons: the params of a network, above all."""
        if not isinstance(neurons, cls):
            raise TypeError(f"{owner}: neurons is {type(neurons).__name__}, expected Neurons; of a "
                            f"OneHidden network they are Neurons.of(network, params)")

    @classmethod
    def of(cls, network, params):
        """The neurons of a OneHidden network. Without biases b = 0, but `velocities` moves b."""
        bias = params.get("bias", np.zeros(network.width))
        return cls(params["omega"], bias, params["beta"], network.gain)

    @cached_property
    def vectors(self):
        """v = (omega, b), (h, d + 1)."""
        return np.column_stack((self.omega, self.bias))

    def replaced(self, vectors, beta):
        """Neurons of other v (m, d + 1) and beta (m,), with the gain and the width of these."""
        return Neurons(vectors[:, :-1], vectors[:, -1], beta, self.gain, self.width)

    def preactivations(self, x):
        """v . x^, (h, p), of points x (p, d)."""
        cut = self.vectors @ self.augmented(x).T
        if not np.isfinite(cut).all():
            raise ValueError(f"Neurons: x reaches {np.abs(x).max():.1e}, where v . x^ overflows, "
                             f"expected smaller numbers")
        return cut

    def augmented(self, x):
        """x^ (p, d + 1) of points x (p, d); refuse x if its d is not that of omega."""
        x = augmented(x, "Neurons")
        if x.shape[1] != self.vectors.shape[1]:
            raise ValueError(f"Neurons: x has {x.shape[1] - 1} features, expected "
                             f"{self.omega.shape[1]}")
        return x

    def forward(self, x):
        """f(x) = (gain / h) sum_n beta_n relu(v_n . x^), (p,), of points x (p, d)."""
        return self.gain / self.width * (self.beta @ np.maximum(self.preactivations(x), 0))


def augmented(x, owner="augmented"):
    """x^ = (x / sqrt(d), 1), (p, d + 1), of points x (p, d)."""
    x = refuse.real(owner, "x", x, 2)
    return np.column_stack((x / x.shape[1] ** 0.5, np.ones(len(x))))


def positions(neurons):
    """z = -sqrt(d) b omega / |omega|^2 (h, d). Raises ValueError where omega is 0.

    >>> positions(Neurons(np.array([[2.0, 1.0]]), np.ones(1), np.ones(1))).round(3)
    array([[-0.566, -0.283]])
    """
    Neurons.check("positions", neurons)
    omega, bias = neurons.omega, neurons.bias
    size = _sizes(omega, "positions")
    return -omega.shape[1] ** 0.5 * (bias[:, None] / size) * (omega / size)


def _sizes(omega, owner):
    """|omega_n| (h, 1), none of which may be 0."""
    sizes = norms(omega)
    if not sizes.all():
        raise ValueError(f"{owner}: omega[{int(np.argmin(sizes))}] is 0, which has no position")
    return sizes[:, None]


def mean_force(neurons, x, force):
    """G = gain / (p h) sum_A g x^, (h, d + 1), for points x (p, d) and their forces g (p,)."""
    Neurons.check("mean_force", neurons)
    force = refuse.real("mean_force", "force", force, 1)
    refuse.length("mean_force", "force", force, len(x))
    active = neurons.preactivations(x) > 0
    return neurons.gain / (neurons.width * len(x)) * ((active * force) @ neurons.augmented(x))


def velocities(neurons, x, force):
    """(dv/dt = beta G (h, d + 1), dbeta/dt = G . v (h,)), G the `mean_force` of x and force."""
    pull = mean_force(neurons, x, force)
    return neurons.beta[:, None] * pull, (neurons.vectors * pull).sum(1)


def position_velocities(neurons, x, force):
    """dz/dt (h, d) under forces g (p,) on points x (p, d), in a form that does not divide by b:

        dz/dt = -beta / |omega|^2 [(sqrt(d) G_b + 2 z . G_omega) omega + sqrt(d) b G_omega]

    G = (G_omega, G_b) is the `mean_force`.
    """
    z, root = positions(neurons), neurons.omega.shape[1] ** 0.5
    pull, pull_bias = np.split(mean_force(neurons, x, force), [-1], axis=1)
    along = root * pull_bias + 2 * (z * pull).sum(1, keepdims=True)
    toward = along * neurons.omega + root * neurons.bias[:, None] * pull
    size = _sizes(neurons.omega, "position_velocities")
    return -(neurons.beta[:, None] / size) * (toward / size)


def beta_over_bias(z, bias=1.0, conserved=0.0):
    """|beta / b| = sqrt(1 + d / z^2 + c / b^2) (m,) of neurons at z (m, d), none of them 0.

    bias b and conserved c = beta^2 - |v|^2 are numbers or (m,).
    """
    z = _places("beta_over_bias", z)
    bias, conserved = (refuse.each("beta_over_bias", name, given, len(z)) for name, given
                       in (("bias", bias), ("conserved", conserved)))
    return np.sqrt(1 + z.shape[1] / (z * z).sum(1) + conserved / bias ** 2)


def velocity_field(z, x, force, bias_sign, beta_sign, scale=1.0):
    """dz/dt (m, d) at points z (m, d), none of them 0, of balanced neurons, which have c = 0.

        dz/dt = s scale / p sqrt(1 + d / z^2) sum_A g [z - (z^2 / d) x + (2 / d) (z . x) z]

    with s = beta_sign bias_sign and scale = gain / h. It depends on z alone, so it can be drawn.
    """
    owner = "velocity_field"
    for name, sign in (("bias_sign", bias_sign), ("beta_sign", beta_sign)):
        refuse.sign(owner, name, sign)
    refuse.number(owner, "scale", scale, "a finite number", math.isfinite)
    z, x = _places(owner, z), refuse.real(owner, "x", x, 2)
    force = refuse.real(owner, "force", force, 1)
    refuse.length(owner, "force", force, len(x))
    if z.shape[1] != x.shape[1]:
        raise ValueError(f"{owner}: z has {z.shape[1]} features, expected {x.shape[1]} as x")
    if norms(z).max() * max(norms(z).max(), norms(x).max()) == np.inf:
        raise ValueError(f"{owner}: z reaches {np.abs(z).max():.1e}, where z . z or z . x "
                         f"overflows, expected smaller numbers")
    (p, d), square = x.shape, (z * z).sum(1, keepdims=True)
    active = bias_sign * (square - z @ x.T) > 0
    pull = (active * force) @ x
    pull_bias = (active @ force)[:, None]
    toward = pull_bias * z - square / d * pull + 2 / d * (z * pull).sum(1, keepdims=True) * z
    return bias_sign * beta_sign * scale / p * beta_over_bias(z)[:, None] * toward


def _places(owner, z):
    """z (m, d) in float64, none of which may be 0."""
    z = refuse.real(owner, "z", z, 2)
    if not z.any(1).all():
        raise ValueError(f"{owner}: z[{int(z.any(1).argmin())}] is 0, expected another point")
    return z
