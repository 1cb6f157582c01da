"""Optimizers: a few in-place lines each, beside the equations of their papers.

init(params) -> state;  step(params, grads, state) changes params and state in place, and leaves a
parameter without a gradient as it is. `params` is any tree of arrays; every one of them is updated
in pieces that stay in the processor's cache, because an update is memory traffic and nothing else.
`decay` is decoupled weight decay, theta <- (1 - learning_rate decay) theta before the update
(Loshchilov and Hutter 2019, ICLR); with Adam it makes AdamW.
"""
import numbers
from dataclasses import dataclass

import numpy as np

from ..nn import tree

PIECE = 65536                   # numbers of an array updated at a time


@dataclass(frozen=True)
class SGD:
    """v <- momentum v + g;  theta <- theta - learning_rate v.

    Source: Sutskever et al. 2013, ICML (classical momentum; the rate outside the velocity).
    """

    learning_rate: float
    momentum: float = 0.0
    decay: float = 0.0

    def __post_init__(self):
        _check(self, momentum=self.momentum)

    def init(self, params):
        return {"velocity": tree.map(np.zeros_like, params)} if self.momentum else {}

    def step(self, params, grads, state):
        velocity = state["velocity"] if self.momentum else grads
        for g, theta, v in _pieces(grads, params, velocity):
            if self.momentum:
                v *= self.momentum
                v += g
            if self.decay:
                theta *= 1 - self.learning_rate * self.decay
            theta -= self.learning_rate * v


@dataclass(frozen=True)
class Adam:
    """m <- beta1 m + (1 - beta1) g             m_hat = m / (1 - beta1^t)
    v <- beta2 v + (1 - beta2) g^2              v_hat = v / (1 - beta2^t)
    theta <- theta - learning_rate m_hat / (sqrt(v_hat) + eps)

    The state holds m / (1 - beta1) and v / (1 - beta2): the same method, three passes fewer.
    With eps = 0 a gradient that was always zero gives 0 / 0.
    Source: Kingma and Ba 2015, ICLR, algorithm 1.
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    decay: float = 0.0

    def __post_init__(self):
        _check(self, beta1=self.beta1, beta2=self.beta2)

    def init(self, params):
        return {"t": np.zeros((), int), "m": tree.map(np.zeros_like, params),
                "v": tree.map(np.zeros_like, params)}

    def step(self, params, grads, state):
        state["t"] += 1
        t = int(state["t"])
        rate = self.learning_rate * (1 - self.beta1) / (1 - self.beta1 ** t)
        root_scale = ((1 - self.beta2) / (1 - self.beta2 ** t)) ** 0.5
        for g, theta, m, v in _pieces(grads, params, state["m"], state["v"]):
            m *= self.beta1
            m += g
            v *= self.beta2
            root = g * g
            v += root
            np.sqrt(v, out=root)
            root *= root_scale / rate
            root += self.eps / rate                     # (sqrt(v_hat) + eps) / rate
            if self.decay:
                theta *= 1 - self.learning_rate * self.decay
            theta -= np.divide(m, root, out=root)


@dataclass(frozen=True)
class Adamax:
    """m <- beta1 m + (1 - beta1) g;  u <- max(beta2 u, |g|)
    theta <- theta - learning_rate / (1 - beta1^t) m / (u + eps)

    The state holds m / (1 - beta1). Deviation: the paper has no eps, so its 0/0 at a gradient that
    was always zero is 0 here, unless eps = 0; eps is added to u as in Keras.
    Source: Kingma and Ba 2015, ICLR, algorithm 2.
    """

    learning_rate: float = 2e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-7
    decay: float = 0.0

    def __post_init__(self):
        _check(self, beta1=self.beta1, beta2=self.beta2)

    def init(self, params):
        return {"t": np.zeros((), int), "m": tree.map(np.zeros_like, params),
                "u": tree.map(np.zeros_like, params)}

    def step(self, params, grads, state):
        state["t"] += 1
        rate = self.learning_rate * (1 - self.beta1) / (1 - self.beta1 ** int(state["t"]))
        for g, theta, m, u in _pieces(grads, params, state["m"], state["u"]):
            m *= self.beta1
            m += g
            u *= self.beta2
            np.maximum(u, np.abs(g), out=u)
            update = m / (u + self.eps)
            update *= rate
            if self.decay:
                theta *= 1 - self.learning_rate * self.decay
            theta -= update


def _pieces(*trees):
    """Aligned views into the arrays of all trees, by rows, about PIECE numbers each."""
    for arrays in tree.aligned(*trees):
        first = arrays[0]
        if any(array.shape != first.shape for array in arrays):
            raise ValueError(f"optimizer: a gradient has shape {first.shape}, its parameter and "
                             f"state have {[array.shape for array in arrays[1:]]}")
        if first.size <= PIECE:
            yield arrays
            continue
        rows = max(1, PIECE * len(first) // first.size)
        for start in range(0, len(first), rows):
            yield [array[start:start + rows] for array in arrays]


def _check(optimizer, **rates):
    name = type(optimizer).__name__
    rate = optimizer.learning_rate
    if not isinstance(rate, numbers.Real) or not 0 < rate < np.inf:
        raise ValueError(f"{name}: learning_rate is {rate!r}, expected > 0")
    for field, value in rates.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name}: {field} is {value!r}, expected 0 <= {field} < 1")
    for field in ("eps", "decay"):
        if not 0 <= getattr(optimizer, field, 0) < np.inf:
            raise ValueError(f"{name}: {field} is {getattr(optimizer, field)!r}, expected >= 0")
