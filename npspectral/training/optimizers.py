"""Optimizers as their papers print them: one equation, one line.

    init(params) -> state;     step(params, grads, state) changes params and state in place

params is the trainable part of a network's parameters: a dict of arrays for a layer, a tuple of
dicts for a Chain. grads is the same tree of gradients; a parameter without one stays as it is. In
the equations theta is an array of params, g its gradient, t the number of this step from 1 on, and
v, m, u are in the state. Whatever has these two methods is an optimizer. `tree.aligned` runs
through all arrays:

    class Descent:
        def init(self, params):
            return {}

        def step(self, params, grads, state):
            for g, theta in tree.aligned(grads, params):
                theta -= 0.1 * g

An optimizer that updates every number by the same formula, whatever array it is in, may say
`takes_vector = True` in its class. Then `fit` hands it all numbers of a small network in one
vector: one update instead of many. SGD, Adam and Adamax in fast_optimizers.py do the same as the
plain ones here, faster.
"""
import itertools
import numbers
from dataclasses import dataclass, fields

import numpy as np

from ..nn import tree
from ..nn.layer import check_array


@dataclass(frozen=True)
class PlainSGD:
    """v <- momentum v + g;  theta <- theta - learning_rate v.

    Decay is decoupled: theta <- (1 - learning_rate decay) theta before the update (Loshchilov and
    Hutter 2019, ICLR).
    Deviation: the source multiplies g by the learning rate, in v; here the rate multiplies v.
    Source: Sutskever et al. 2013, ICML (classical momentum).
    """

    learning_rate: float
    momentum: float = 0.0
    decay: float = 0.0

    def init(self, params):
        """The state at the start; refuse params that cannot be updated in place."""
        check_params(self, params)
        return {"velocity": zeros(params)}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        """Change params and state in place, by one step down the gradients."""
        eta = self.learning_rate
        for g, theta, v in tree.aligned(grads, params, state["velocity"]):
            v[...] = self.momentum * v + g
            theta[...] = (1 - eta * self.decay) * theta - eta * v

    def __post_init__(self):
        check_rates(self, "momentum")


@dataclass(frozen=True)
class PlainAdam:
    """m <- beta1 m + (1 - beta1) g             m_hat = m / (1 - beta1^t)
    v <- beta2 v + (1 - beta2) g^2              v_hat = v / (1 - beta2^t)
    theta <- theta - learning_rate m_hat / (sqrt(v_hat) + eps)

    Decay is decoupled, as in PlainSGD; with it this is AdamW. With eps = 0 a number whose gradient
    was always 0 becomes 0 / 0.
    Source: Kingma and Ba 2015, ICLR, algorithm 1.

    >>> optimizer, params = PlainAdam(0.1), {"a": np.ones(2)}
    >>> optimizer.step(params, {"a": np.array([1.0, -1.0])}, optimizer.init(params))
    >>> params["a"].round(6)
    array([0.9, 1.1])
    """

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    decay: float = 0.0

    def init(self, params):
        """The state at the start; refuse params that cannot be updated in place."""
        check_params(self, params)
        return {"t": np.zeros((), int), "first": zeros(params), "second": zeros(params)}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        """Change params and state in place, by one step down the gradients."""
        state["t"] += 1
        t, eta, beta1, beta2 = int(state["t"]), self.learning_rate, self.beta1, self.beta2
        for g, theta, m, v in tree.aligned(grads, params, state["first"], state["second"]):
            m[...] = beta1 * m + (1 - beta1) * g
            v[...] = beta2 * v + (1 - beta2) * g**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            theta[...] = (1 - eta * self.decay) * theta - eta * m_hat / (np.sqrt(v_hat) + self.eps)

    def __post_init__(self):
        check_rates(self, "beta1", "beta2")


@dataclass(frozen=True)
class PlainAdamax:
    """m <- beta1 m + (1 - beta1) g;  u <- max(beta2 u, |g|)
    theta <- theta - learning_rate / (1 - beta1^t) m / (u + eps)

    Deviation: eps is added to u, as in Keras. The paper has no eps, and moves a number whose
    gradient was always 0 by 0 / 0; here it moves by 0, unless eps = 0. Decay is decoupled, as in
    PlainSGD.
    Source: Kingma and Ba 2015, ICLR, algorithm 2.
    """

    learning_rate: float = 2e-3
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-7
    decay: float = 0.0

    def init(self, params):
        """The state at the start; refuse params that cannot be updated in place."""
        check_params(self, params)
        return {"t": np.zeros((), int), "first": zeros(params), "largest": zeros(params)}

    @np.errstate(under="ignore")
    def step(self, params, grads, state):
        """Change params and state in place, by one step down the gradients."""
        state["t"] += 1
        t, eta, beta1, beta2 = int(state["t"]), self.learning_rate, self.beta1, self.beta2
        for g, theta, m, u in tree.aligned(grads, params, state["first"], state["largest"]):
            m[...] = beta1 * m + (1 - beta1) * g
            u[...] = np.maximum(beta2 * u, np.abs(g))
            theta[...] = (1 - eta * self.decay) * theta - eta / (1 - beta1**t) * m / (u + self.eps)

    def __post_init__(self):
        check_rates(self, "beta1", "beta2")


def zeros(params):
    """A tree of zeros like params."""
    return tree.map(lambda array: np.zeros_like(array, subok=False), params)


def check_params(optimizer, params):
    """Refuse arrays that cannot be updated in place, or that share memory.

    Numbers in shared memory would be updated twice.
    """
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


def check_rates(optimizer, *shares):
    """Refuse constants out of their range, and turn them into floats, which promote no array.

    `shares` names the constants that must be at least 0 and below 1. The others must be >= 0, and
    learning_rate > 0.
    """
    name = type(optimizer).__name__
    tests = {"learning_rate": ("> 0", lambda value: 0 < value < np.inf),
             **{share: (f"0 <= {share} < 1", lambda value: 0 <= value < 1) for share in shares}}
    for field in fields(optimizer):
        wanted, test = tests.get(field.name, (">= 0", lambda value: 0 <= value < np.inf))
        value = getattr(optimizer, field.name)
        if not isinstance(value, numbers.Real) or isinstance(value, bool) or not test(value):
            raise ValueError(f"{name}: {field.name} is {value!r}, expected {wanted}")
        object.__setattr__(optimizer, field.name, float(value))
