"""SGD, Adam, Adamax: the optimizers of optimizers.py, fast. A test compares the two.

Most of an update's time goes into reading and writing arrays. So arrays change in place, in pieces
that fit into the processor's cache. And a running mean is kept as a sum:

    m <- beta1 m + (1 - beta1) g    is (1 - beta1) times    sum_g <- beta1 sum_g + g

So no array is multiplied by 1 - beta1. The step length is multiplied by it, which is one number.
state["m"] holds sum_g, and not m. In Adam, state["v"] holds sum_g2, and v = (1 - beta2) sum_g2. The
two sums save Adam two passes over an array. A third is saved where the root is divided by the rate.

`init` raises TypeError or ValueError on parameters that cannot be updated in place: other things
than arrays of float32, float64 or longdouble, read-only arrays, and arrays that share memory,
because shared numbers would be updated twice.
"""
from dataclasses import dataclass

import numpy as np

from ..nn import tree
from .optimizers import PlainAdam, PlainAdamax, PlainSGD, check_params, zeros

PIECE = 65536                   # numbers of an array updated at a time


@dataclass(frozen=True)
class SGD(PlainSGD):
    """v <- momentum v + g;  theta <- theta - learning_rate v.

    learning_rate, momentum, decay (decoupled), errors and source: PlainSGD. Without momentum the
    state is empty.
    """

    takes_vector = True

    def init(self, params):
        check_params(self, params)
        return {"velocity": zeros(params)} if self.momentum else {}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        if self.momentum:
            _check_state(self, state, "velocity")
        velocity = state["velocity"] if self.momentum else grads       # if momentum = 0, v = g
        for g, theta, v in _pieces(grads, params, velocity):
            if self.momentum:
                v *= self.momentum
                v += g
            if self.decay:
                theta *= 1 - self.learning_rate * self.decay
            theta -= self.learning_rate * v


@dataclass(frozen=True)
class Adam(PlainAdam):
    """m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
    theta <- theta - learning_rate m_hat / (sqrt(v_hat) + eps)

    learning_rate, beta1, beta2, eps, decay (decoupled: AdamW), errors and source: PlainAdam.

    >>> optimizer, params = Adam(0.1), {"a": np.ones(2)}
    >>> optimizer.step(params, {"a": np.array([1.0, -1.0])}, optimizer.init(params))
    >>> params["a"].round(6)
    array([0.9, 1.1])
    """

    takes_vector = True

    def init(self, params):
        check_params(self, params)
        # "m" holds sum_g and "v" sum_g2, see the head of this file
        return {"t": np.zeros((), int), "m": zeros(params), "v": zeros(params)}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        _check_state(self, state, "t", "m", "v")
        state["t"] += 1
        t = int(state["t"])
        # learning_rate m_hat = rate sum_g,    sqrt(v_hat) = root_scale sqrt(sum_g2)
        # The root and eps are divided by rate: so sum_g is not multiplied by it, one pass less.
        rate = self.learning_rate * (1 - self.beta1) / (1 - self.beta1 ** t)
        root_scale = ((1 - self.beta2) / (1 - self.beta2 ** t)) ** 0.5
        for g, theta, sum_g, sum_g2 in _pieces(grads, params, state["m"], state["v"]):
            sum_g *= self.beta1
            sum_g += g
            sum_g2 *= self.beta2
            square = g * g
            sum_g2 += square
            root = np.sqrt(sum_g2, out=square)          # in the memory of g^2
            root *= root_scale / rate                   # sqrt(v_hat) / rate
            root += self.eps / rate                     # (sqrt(v_hat) + eps) / rate
            if self.decay:
                theta *= 1 - self.learning_rate * self.decay
            theta -= np.divide(sum_g, root, out=root)   # rate sum_g / (sqrt(v_hat) + eps)


@dataclass(frozen=True)
class Adamax(PlainAdamax):
    """m <- beta1 m + (1 - beta1) g;  u <- max(beta2 u, |g|)
    theta <- theta - learning_rate / (1 - beta1^t) m / (u + eps)

    learning_rate, beta1, beta2, eps, decay (decoupled), errors and source: PlainAdamax.
    """

    takes_vector = True

    def init(self, params):
        check_params(self, params)
        # "m" holds sum_g, see the head of this file, and "u" holds u
        return {"t": np.zeros((), int), "m": zeros(params), "u": zeros(params)}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        _check_state(self, state, "t", "m", "u")
        state["t"] += 1
        # learning_rate / (1 - beta1^t) m = rate sum_g
        rate = self.learning_rate * (1 - self.beta1) / (1 - self.beta1 ** int(state["t"]))
        for g, theta, sum_g, u in _pieces(grads, params, state["m"], state["u"]):
            sum_g *= self.beta1
            sum_g += g
            u *= self.beta2
            np.maximum(u, np.abs(g), out=u)
            update = sum_g / (u + self.eps)
            update *= rate
            if self.decay:
                theta *= 1 - self.learning_rate * self.decay
            theta -= update


def _pieces(*trees):
    """Aligned views into the arrays of all trees, by rows, about PIECE numbers each."""
    for arrays in tree.aligned(*trees):
        first = arrays[0]
        if len({array.shape for array in arrays}) > 1:
            raise ValueError(f"optimizer: a gradient has shape {first.shape}, its parameter and "
                             f"state have {[array.shape for array in arrays[1:]]}")
        if first.ndim == 0:                         # arithmetic would turn it into a scalar
            yield [array.reshape(1) for array in arrays]
            continue
        if first.size <= PIECE:                     # for speed: one piece, without slices
            yield arrays
            continue
        rows = max(1, PIECE * len(first) // first.size)     # PIECE / numbers in a row
        for start in range(0, len(first), rows):
            yield [array[start:start + rows] for array in arrays]


def _check_state(optimizer, state, *names):
    if not isinstance(state, dict) or state.keys() != set(names):
        came = sorted(state) if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"{type(optimizer).__name__}: state is {came}, expected {sorted(names)}, "
                         f"as init gives it")
