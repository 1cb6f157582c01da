"""A layer and an optimizer of a user, written without any help of the package."""
from dataclasses import dataclass

import numpy as np

from npspectral.nn import Constant, Layer, tree


@dataclass(frozen=True)
class Scale(Layer):
    """y = s x with one number s, whose gradient comes as NumPy's sums do: without axes."""

    n_in: int = 4
    n_out: int = 4
    trainable: tuple = ("s",)

    def parameters(self):
        return {"s": ((), Constant(0.5))}

    def forward(self, params, x):
        assert isinstance(params["s"], np.ndarray)      # as the layers here refuse anything else
        return params["s"] * x, (x,)

    def backward(self, params, residuals, grad_y, input_grad=True):
        return {"s": (grad_y * residuals[0]).sum((-2, -1))}, params["s"] * grad_y


class Recalling:
    """An optimizer of the user with numbers, text and arrays of several shapes in its state."""

    def init(self, params):
        return {"steps": 0, "rate": 0.1, "rule": "signs", "warm": None, "on": True,
                "scale": tree.map(lambda array: np.zeros(()), params),
                "past": tree.map(lambda array: np.zeros((2, *array.shape)), params)}

    def step(self, params, grads, state):
        state["steps"] += 1
        state["rate"] *= 0.7
        for theta, g, scale, past in tree.aligned(params, grads, state["scale"], state["past"]):
            past[...] = past[1], g
            scale += np.abs(g).sum()
            theta -= state["rate"] / scale * past.sum(0)
