"""The dense layer: the entries of the weight matrix are trained (the papers say: direct space)."""
from dataclasses import dataclass

from ._expect import check_initializers, check_input, check_upstream
from .initializers import GlorotUniform
from .layer import Layer, gram


@dataclass(frozen=True, repr=False)
class Dense(Layer):
    """Fully connected layer.

        y_i = sum_j weight_ij x_j + bias_i

    weight (n_out, n_in), bias (n_out,);  x (..., batch, n_in) -> y (..., batch, n_out).
    Gradients:  grad_weight = grad_y^T x    grad_bias_i = sum_b grad_y_bi    grad_x = grad_y weight
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    """

    n_in: int
    n_out: int
    bias: object = True
    trainable: tuple[str, ...] = ("weight", "bias")
    start: object = GlorotUniform()

    def forward(self, params, x):
        check_input(self, params, x)
        y = x @ params["weight"].T
        if "bias" in params:
            y = y + params["bias"]
        return y, (x,)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, = residuals
        check_upstream(self, grad_y, x)
        grads = {}
        if "weight" in self.learned:
            grads["weight"] = grad_y.swapaxes(-1, -2) @ x               # y = x @ weight.T
        if "bias" in self.learned:
            grads["bias"] = grad_y.sum(-2)                              # y = y + bias
        return grads, grad_y @ params["weight"] if input_grad else None     # y = x @ weight.T

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """weight: (x.x') (grad_y.grad_y');  bias: grad_y.grad_y'."""
        (x1,), (x2,) = residuals1, residuals2
        outer, terms = gram(grad_y1, grad_y2), {}
        if "weight" in self.learned:
            terms["weight"] = outer * gram(x1[None], x2[None])
        if "bias" in self.learned:
            terms["bias"] = outer
        return terms

    def weight(self, params):
        """The matrix of the transfer, shape (n_out, n_in): here it is the parameter itself."""
        return params["weight"]

    def weight_backward(self, params, grad_weight):
        """Gradients of the parameters behind the matrix from dL/dW of shape (..., n_out, n_in)."""
        return {"weight": grad_weight} if "weight" in self.learned else {}

    def parameters(self):
        return {"weight": ((self.n_out, self.n_in), self.start),
                "bias": ((self.n_out,), self.bias)}

    def __post_init__(self):
        super().__post_init__()
        check_initializers(self, "start")
