"""Layers with weights of order 1 times a fixed scale, and networks of them in the 1/h scaling."""
from dataclasses import dataclass

from ._expect import check_input, check_number, check_upstream
from .activations import ReLU
from .chain import Chain
from .initializers import Chi, Normal, UnitRows
from .layer import Layer, both, complete, gram

RELU_GAIN = 2 ** 0.5            # makes the mean of (gain relu(u))^2 equal to 1 for u from N(0, 1)


@dataclass(frozen=True, repr=False)
class ScaledDense(Layer):
    """Fully connected layer whose weights are multiplied by a fixed number, the scale.

        y_i = scale sum_j weight_ij x_j + bias_i

    weight (n_out, n_in) and bias (n_out,) start as independent N(0, 1); scale is 1/sqrt(n_in)
    unless given. x (..., batch, n_in) -> y (..., batch, n_out).
    Gradients:  grad_weight = scale grad_y^T x    grad_bias_i = sum_b grad_y_bi
                grad_x = scale grad_y weight
    Dense with the matrix scale * weight gives the same y. But here a step of gradient descent moves
    that matrix scale^2 as far, and the weight's part of the tangent kernel has the factor scale^2.
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: Jacot, Gabriel and Hongler 2018, NeurIPS ("NTK parametrization").
    """

    n_in: int
    n_out: int
    scale: float | None = None
    bias: object = True
    trainable: tuple[str, ...] = ("weight", "bias")

    bias_start = Normal(1.0)

    def forward(self, params, x):
        check_input(self, params, x)
        y = x @ params["weight"].T * self.scale
        if "bias" in params:
            y = y + params["bias"]
        return y, (x,)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, = residuals
        check_upstream(self, grad_y, x)
        grads = {}
        if "weight" in self.learned:
            grads["weight"] = grad_y.swapaxes(-1, -2) @ x * self.scale  # y = x @ weight.T * scale
        if "bias" in self.learned:
            grads["bias"] = grad_y.sum(-2)                              # y = y + bias
        if not input_grad:
            return grads, None
        return grads, grad_y @ params["weight"] * self.scale            # y = x @ weight.T * scale

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """weight: scale^2 (x.x') (grad_y.grad_y');  bias: grad_y.grad_y'."""
        (x1,), (x2,) = residuals1, residuals2
        outer, terms = gram(grad_y1, grad_y2), {}
        if "weight" in self.learned:
            terms["weight"] = self.scale ** 2 * outer * gram(x1[None], x2[None])
        if "bias" in self.learned:
            terms["bias"] = outer
        return terms

    def weight(self, params):
        """The realized matrix, scale times the parameter, shape (n_out, n_in)."""
        return self.scale * params["weight"]

    def weight_backward(self, params, grad_weight):
        """Gradients of the parameters behind the matrix from dL/dW of shape (..., n_out, n_in)."""
        if "weight" not in self.learned:
            return {}
        return {"weight": self.scale * grad_weight}         # matrix = scale * weight

    def parameters(self):
        return {"weight": ((self.n_out, self.n_in), Normal(1.0)),
                "bias": ((self.n_out,), self.bias)}

    def __post_init__(self):
        super().__post_init__()
        scale = self.n_in ** -0.5 if self.scale is None else self.scale
        complete(self, scale=check_number(self.label, "scale", scale))


@dataclass(frozen=True, repr=False)
class FixedOrientations(Layer):
    """Neurons whose weight vectors train their length, and never their direction.

        y_n = radius_n (u_n.x) / sqrt(n_in) + bias_n

    u is the parameter `orientation` (n_out, n_in), rows of length 1 that are never trained; radius
    (n_out,) starts as the length of a Gaussian vector, so that radius_n u_n is N(0, 1) in every
    entry; bias (n_out,) starts at 0, as published. x (..., batch, n_in) -> y (..., batch, n_out).
    Gradients, with v = x u^T / sqrt(n_in):  grad_radius_n = sum_b grad_y_bn v_bn
        grad_bias_n = sum_b grad_y_bn    grad_x = (radius grad_y) u / sqrt(n_in)
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: Paccolat et al. 2021, J. Stat. Mech. 044001, public code.
    """

    n_in: int
    n_out: int
    bias: object = True
    trainable: tuple[str, ...] = ("radius", "bias")

    fixed = ("orientation",)

    def forward(self, params, x):
        check_input(self, params, x)
        v = x @ params["orientation"].T / self.n_in ** 0.5
        y = params["radius"] * v
        if "bias" in params:
            y = y + params["bias"]
        return y, (x, v)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, v = residuals
        check_upstream(self, grad_y, x)
        grads = {}
        if "radius" in self.learned:
            grads["radius"] = (grad_y * v).sum(-2)                  # y = radius * v
        if "bias" in self.learned:
            grads["bias"] = grad_y.sum(-2)                          # y = y + bias
        if not input_grad:
            return grads, None
        return grads, grad_y @ self.weight(params)                  # radius * v = x @ weight.T

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """radius: (v grad_y).(v' grad_y');  bias: grad_y.grad_y'."""
        (_, v1), (_, v2), terms = residuals1, residuals2, {}
        if "radius" in self.learned:
            terms["radius"] = gram(*both(lambda v, d: v * d, (v1, grad_y1), (v2, grad_y2)))
        if "bias" in self.learned:
            terms["bias"] = gram(grad_y1, grad_y2)
        return terms

    def weight(self, params):
        """The realized matrix radius_n u_n / sqrt(n_in), shape (n_out, n_in)."""
        return (params["radius"] / self.n_in ** 0.5)[:, None] * params["orientation"]

    def parameters(self):
        return {"orientation": ((self.n_out, self.n_in), UnitRows()),
                "radius": ((self.n_out,), Chi(self.n_in)), "bias": ((self.n_out,), self.bias)}


def mean_field(n_in, widths, n_out=1, activation=ReLU(), gain=RELU_GAIN, bias=True):
    """A network in the 1/h scaling: hidden layers of `widths`, then n_out means over neurons.

        a_0 = x,  u_1 = W_1 a_0 / sqrt(n_in) + b_1,  u_l = gain W_l a_{l-1} / sqrt(h_{l-1}) + b_l,
        a_l = activation(u_l),  f = (gain / h_L) W_{L+1} a_L

    All parameters start as independent N(0, 1). The gain keeps the signals of order 1 from layer
    to layer. It should be 1/sqrt(mean of activation(u)^2) for u from N(0, 1): sqrt(2) for ReLU.
    The published code multiplies the activation by the gain. Here the next layer's scale holds it:
    the same function, and the same tangent kernel.
    Source: Geiger et al. 2020, J. Stat. Mech. 113301, public code.
    """
    widths = tuple(widths)
    if not widths:
        raise ValueError("mean_field: widths is empty, expected one hidden layer or more")
    layers = [ScaledDense(n_in, widths[0], bias=bias), activation]
    for before, width in zip(widths, widths[1:]):
        layers += [ScaledDense(before, width, gain / before ** 0.5, bias), activation]
    return Chain(*layers, ScaledDense(widths[-1], n_out, gain / widths[-1], bias=False))
