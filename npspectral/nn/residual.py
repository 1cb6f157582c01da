"""A shortcut around layers: what goes in is added to what comes out."""
from dataclasses import dataclass
from functools import cached_property

from ._expect import check_input, check_upstream
from .chain import Chain
from .layer import Layer, complete

SHARE = 0.5 ** 0.5              # keeps the mean square of y, if x and f(x) are independent


@dataclass(frozen=True, init=False, repr=False)
class Residual(Layer):
    """y = (x + f(x)) / sqrt(2), f the layers one after the other.

    Residual(layer_1, layer_2, ...); params is one dict, "0/weight" is `weight` of the first layer.
    x (..., batch, n_in) -> y (..., batch, n_in): f has as many features out as in.
    Gradients:  with grad_f = grad_y / sqrt(2):  grads = those of f, grad_x = grad_f + f'(x)^T grad_f
    Raises ValueError or TypeError on layers, sizes, shapes or dtypes that do not fit.
    Source: He et al. 2016, CVPR; the factor: Paccolat et al. 2021, J. Stat. Mech., public code.
    """

    branch: tuple

    def forward(self, params, x):
        check_input(self, params, x)
        f, residuals = self._chain.forward(self._parts(params), x)
        return SHARE * (x + f), (x, residuals)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, inner = residuals
        check_upstream(self, grad_y, x)
        grad_f = SHARE * grad_y                                     # y = SHARE * (x + f)
        grads, grad_x = self._chain.backward(self._parts(params), inner, grad_f, input_grad)
        named = {f"{position}/{name}": grad for position, part in enumerate(grads)
                 for name, grad in part.items()}
        return named, grad_f + grad_x if input_grad else None       # x + f

    def _parts(self, params):
        """The parameters as the chain has them: a dict for each layer."""
        return tuple({name: params[f"{position}/{name}"] for name in layer.shapes}
                     for position, layer in enumerate(self.branch))

    def parameters(self):
        return {f"{position}/{name}": value for position, layer in enumerate(self.branch)
                for name, value in layer.present.items()}

    @cached_property
    def trainable(self):
        """Those of the layers."""
        return tuple(f"{position}/{name}" for position, layer in enumerate(self.branch)
                     for name in layer.learned)

    def __init__(self, *layers):
        complete(self, branch=layers, _chain=Chain(*layers))
        if any(isinstance(layer, Chain) for layer in layers):
            raise TypeError(f"Residual: layers are {layers!r}, expected no Chain among them")
        n_in, n_out = (getattr(self._chain, name, None) for name in ("n_in", "n_out"))
        if n_in is None or n_in != n_out:
            raise ValueError(f"Residual: the layers take {n_in} features and give {n_out}, expected "
                             f"as many")
        complete(self, n_in=n_in, n_out=n_out)

    def __repr__(self):
        return f"Residual({', '.join(map(repr, self.branch))})"
