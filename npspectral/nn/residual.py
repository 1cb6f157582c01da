"""A shortcut around layers: what goes in is added to what comes out."""
from dataclasses import dataclass
from functools import cached_property

from ._expect import check_input, check_upstream
from .chain import Chain
from .layer import Layer, complete

SHARE = 0.5 ** 0.5              # keeps the mean square of y, if x and f(x) are independent


@dataclass(frozen=True, repr=False)
class Residual(Layer):
    """y = (x + f(x)) / sqrt(2), f a chain of layers with as many features out as in.

    params is one dict: "0/weight" is `weight` of the first layer of f.
    x (..., batch, n_in) -> y (..., batch, n_in).  With g = grad_y / sqrt(2):
        grads = those of f for g        grad_x = g + f'(x)^T g
    Raises ValueError or TypeError on layers, sizes, shapes or dtypes that do not fit.
    Source: He et al. 2016, CVPR; the factor: Paccolat et al. 2021, J. Stat. Mech. 044001, its code.
    """

    f: Chain

    def forward(self, params, x):
        check_input(self, params, x)
        y, residuals = self.f.forward(self._parts(params), x)
        return SHARE * (x + y), (x, residuals)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, inner = residuals
        check_upstream(self, grad_y, x)
        g = SHARE * grad_y                                              # y = SHARE * (x + f(x))
        parts, grad_x = self.f.backward(self._parts(params), inner, g, input_grad)      # f(x)
        grads = {f"{i}/{name}": grad for i, part in enumerate(parts) for name, grad in part.items()}
        return grads, g + grad_x if input_grad else None                # x + f(x)

    def _parts(self, params):
        """The parameters as the chain has them: a dict for each layer."""
        return tuple({name: params[f"{i}/{name}"] for name in layer.shapes}
                     for i, layer in enumerate(self.f))

    def parameters(self):
        return {f"{i}/{name}": value for i, layer in enumerate(self.f)
                for name, value in layer.present.items()}

    @cached_property
    def trainable(self):
        """Those of the layers."""
        return tuple(f"{i}/{name}" for i, layer in enumerate(self.f) for name in layer.learned)

    def __post_init__(self):
        if not isinstance(self.f, Chain) or any(isinstance(layer, Chain) for layer in self.f):
            raise TypeError(f"Residual: f is {self.f!r}, expected a Chain without chains in it")
        n_in, n_out = (getattr(self.f, name, None) for name in ("n_in", "n_out"))
        if n_in is None or n_in != n_out:
            raise ValueError(f"Residual: f takes {n_in} features and gives {n_out}, expected as "
                             f"many")
        complete(self, n_in=n_in, n_out=n_out)
        super().__post_init__()
