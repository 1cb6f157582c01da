"""One hidden layer of ReLUs in the 1/h scaling, on which feature learning is studied."""
from dataclasses import dataclass

import numpy as np

from ._expect import check_input, check_integer, check_number, check_upstream
from .initializers import Normal
from .layer import Layer, both, complete, gram
from .scaled import RELU_GAIN


@dataclass(frozen=True, repr=False)
class OneHidden(Layer):
    """f(x) = (gain / h) sum_n beta_n relu(omega_n.x / sqrt(d) + bias_n).

    omega (h, d), bias (h,), beta (h,) start as independent N(0, 1); h is `width`, d is n_in.
    x (..., batch, d) -> y (..., batch, 1). The gain is sqrt(2) as in the public code, so that
    (gain relu(u))^2 has mean 1 for u from N(0, 1). Petrini's talk of 2020 has no gain: gain=1.

    With xh = (x / sqrt(d), 1), v_n = (omega_n, bias_n), s_n = sum_b grad_y_b [v_n.xh_b > 0] xh_b:
        grad_v_n = (gain / h) beta_n s_n        grad_beta_n = (gain / h) v_n.s_n
        grad_x_b = (gain / h) grad_y_b sum_n beta_n [v_n.xh_b > 0] omega_n / sqrt(d)
    [u > 0] is 1 where u > 0, else 0. Since relu(u) = [u > 0] u, one matrix product gives s for all
    parameters. beta_n grad_beta_n = v_n.grad_v_n, so gradient flow keeps beta_n^2 - |v_n|^2.

    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: Paccolat et al. 2021, J. Stat. Mech. 044001.

    >>> network = OneHidden(5, 100)
    >>> {name: array.shape for name, array in network.init(np.random.default_rng(0)).items()}
    {'omega': (100, 5), 'bias': (100,), 'beta': (100,)}
    """

    n_in: int
    width: int
    bias: object = True
    gain: float = RELU_GAIN
    trainable: tuple[str, ...] = ("omega", "bias", "beta")
    n_out = 1
    bias_start = Normal(1.0)

    def forward(self, params, x):
        check_input(self, params, x)
        xh = self._extended(params, x)
        hidden = xh @ self._neurons(params).T
        active = (hidden.real > 0).astype(hidden.real.dtype)
        hidden *= active
        return self.gain / self.width * (hidden @ params["beta"][:, None]), (xh, hidden, active)

    def backward(self, params, residuals, grad_y, input_grad=True):
        xh, _, active = residuals
        check_upstream(self, grad_y, xh[..., :self.n_in])
        grad_y = self.gain / self.width * grad_y                    # y = gain / h * (hidden @ beta)
        beta, grads = params["beta"], {}
        if self.learned:
            s = ((xh * grad_y).swapaxes(-1, -2) @ active).swapaxes(-1, -2)  # hidden *= active
        if "omega" in self.learned:
            grads["omega"] = beta[:, None] * s[..., :self.n_in]     # hidden = xh @ v.T
        if "bias" in self.learned:
            grads["bias"] = beta * s[..., -1]                       # hidden = xh @ v.T
        if "beta" in self.learned:
            grads["beta"] = (self._neurons(params) * s).sum(-1)     # y = gain / h * (hidden @ beta)
        if not input_grad:
            return grads, None
        grad_xh = grad_y * (active @ (beta[:, None] * params["omega"]))     # hidden = xh @ v.T
        return grads, grad_xh / self.n_in ** 0.5                    # xh = x / sqrt(d), 1

    def _neurons(self, params):
        """v (h, d + 1), or (h, d) without biases."""
        if "bias" not in params:
            return params["omega"]
        return np.concatenate([params["omega"], params["bias"][:, None]], axis=1)

    def _extended(self, params, x):
        """xh (..., batch, d + 1), or without the ones if there are no biases."""
        x = x / self.n_in ** 0.5
        if "bias" not in params:
            return x
        return np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """Each part is (gain / h)^2 grad_y grad_y' times a factor; with D_n = [v_n.xh > 0] beta_n:

        omega: (D.D') x.x'/d;  bias: D.D';  beta: sum_n relu(v_n.xh) relu(v_n.xh').
        """
        (xh1, hidden1, active1), (xh2, hidden2, active2) = residuals1, residuals2
        outer = (self.gain / self.width) ** 2 * gram(grad_y1, grad_y2)
        terms = {}
        if {"omega", "bias"} & set(self.learned):
            d1, d2 = both(np.multiply, (active1, params["beta"]), (active2, params["beta"]))
            turning = outer * (d1 @ d2.T)[None, :, None]
        if "omega" in self.learned:
            x1, x2 = xh1[:, :self.n_in], xh2[:, :self.n_in]
            terms["omega"] = turning * (x1 @ x2.T)[None, :, None]
        if "bias" in self.learned:
            terms["bias"] = turning
        if "beta" in self.learned:
            terms["beta"] = outer * (hidden1 @ hidden2.T)[None, :, None]
        return terms

    def conserved(self, params):
        """c_n = beta_n^2 - |omega_n|^2 - bias_n^2 (h,), constant if gradient flow trains all."""
        v = self._neurons(params)
        return params["beta"] ** 2 - (v * v).sum(1)

    def parameters(self):
        return {"omega": ((self.width, self.n_in), Normal(1.0)),
                "bias": ((self.width,), self.bias), "beta": ((self.width,), Normal(1.0))}

    def __post_init__(self):
        super().__post_init__()
        check_integer("OneHidden", "width", self.width)
        complete(self, gain=check_number(self.label, "gain", self.gain))
