"""Optimizers: a few in-place lines each, beside the equations of their papers.

init(params) -> state;  step(params, grads, state) changes params and state in place, and leaves a
parameter without a gradient as it is. `params` is any tree of arrays: `fit` hands over one vector
for up to PACKED numbers, the network's own tree for more. Every array is updated in pieces that
stay in the processor's cache, because an update is memory traffic and nothing else.
`init` raises TypeError or ValueError on parameters that cannot be updated in place: no arrays, no
float32, float64 or longdouble, read-only, or sharing their memory, so that one is updated twice.
`decay` is decoupled weight decay, theta <- (1 - learning_rate decay) theta before the update
(Loshchilov and Hutter 2019, ICLR); with Adam it makes AdamW.
"""
import itertools
import numbers
from dataclasses import dataclass, fields

import numpy as np

from ..nn import tree
from ..nn.layer import check_array

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
        _check(self, "momentum")

    def init(self, params):
        return _zeros(self, params, *(["velocity"] if self.momentum else []))

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        if self.momentum:
            _check_state(self, state, "velocity")
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
        _check(self, "beta1", "beta2")

    def init(self, params):
        return {"t": np.zeros((), int), **_zeros(self, params, "m", "v")}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        _check_state(self, state, "t", "m", "v")
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
        _check(self, "beta1", "beta2")

    def init(self, params):
        return {"t": np.zeros((), int), **_zeros(self, params, "m", "u")}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        _check_state(self, state, "t", "m", "u")
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
        if first.ndim == 0:                         # arithmetic would turn it into a scalar
            yield [array.reshape(1) for array in arrays]
            continue
        if first.size <= PIECE:
            yield arrays
            continue
        rows = max(1, PIECE * len(first) // first.size)
        for start in range(0, len(first), rows):
            yield [array[start:start + rows] for array in arrays]


def _zeros(optimizer, params, *names):
    """The state at the start: {name: a tree of zeros like params}; params must fit first."""
    owner, arrays = type(optimizer).__name__, list(tree.items(params))
    for path, array in arrays:
        name = path or "params"
        check_array(owner, name, array)
        if array.dtype.char not in "fdg":           # in float16 the squares of gradients underflow
            raise TypeError(f"{owner}: {name} has dtype {array.dtype}, "
                            f"expected float32, float64 or longdouble")
        if not array.flags.writeable:
            raise ValueError(f"{owner}: {name} is read-only, expected an array to update in place")
    for (path1, array1), (path2, array2) in itertools.combinations(arrays, 2):
        if np.shares_memory(array1, array2):
            raise ValueError(f"{owner}: {path1} and {path2} share memory, "
                             f"expected arrays of their own")
    return {name: tree.map(lambda array: np.zeros_like(array, subok=False), params)
            for name in names}


def _check_state(optimizer, state, *names):
    if not isinstance(state, dict) or state.keys() != set(names):
        came = sorted(state) if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"{type(optimizer).__name__}: state is {came}, expected {sorted(names)}, "
                         f"as init gives it")


def _check(optimizer, *rates):
    """Refuse constants out of their range; keep them as floats, which promote no array."""
    name = type(optimizer).__name__
    tests = {"learning_rate": ("> 0", lambda value: 0 < value < np.inf),
             **{rate: (f"0 <= {rate} < 1", lambda value: 0 <= value < 1) for rate in rates}}
    for field in fields(optimizer):
        wanted, test = tests.get(field.name, (">= 0", lambda value: 0 <= value < np.inf))
        value = getattr(optimizer, field.name)
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not test(value):
            raise ValueError(f"{name}: {field.name} is {value!r}, expected {wanted}")
        object.__setattr__(optimizer, field.name, float(value))
