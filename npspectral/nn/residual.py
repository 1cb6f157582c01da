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
    It has no kernel_term: `tangent_kernel` takes the rows of its Jacobian by backward.
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
        grads, grad_x = self.f.backward(self._parts(params), inner, g, input_grad)      # f(x)
        return named(grads), g + grad_x if input_grad else None         # x + f(x)

    def _parts(self, params):
        """The parameters as the chain has them: a dict for each layer."""
        return tuple({name: params[f"{i}/{name}"] for name in layer.shapes}
                     for i, layer in enumerate(self.f))

    def in_training(self, rng):
        """The same with f in training, or itself if f does not change."""
        f = self.f.in_training(rng)
        return self if f is self.f else Residual(f)

    def statistics(self, params, residuals):
        """Those of f."""
        return named(self.f.statistics(self._parts(params), residuals[1]))

    @property
    def coupled(self):
        """Whether f is."""
        return self.f.coupled

    def parameters(self):
        return named(layer.present for layer in self.f)

    @cached_property
    def trainable(self):
        """Those of the layers."""
        return tuple(named(dict.fromkeys(layer.learned) for layer in self.f))

    @cached_property
    def fixed(self):
        """Those of the layers."""
        return tuple(named(dict.fromkeys(layer.fixed) for layer in self.f))

    def __post_init__(self):
        if not isinstance(self.f, Chain) or any(isinstance(layer, Chain) for layer in self.f):
            raise TypeError(f"Residual: f is {self.f!r}, expected a Chain without chains in it")
        n_in, n_out = (getattr(self.f, name, None) for name in ("n_in", "n_out"))
        if n_in is None or n_in != n_out:
            raise ValueError(f"Residual: f takes {n_in} features and gives {n_out}, expected as "
                             f"many")
        complete(self, n_in=n_in, n_out=n_out)
        super().__post_init__()


def named(parts):
    """"{"0/weight": value, ...} from -> value, for a chain's dicts with an entry "weight"."""
    return {f"{i}/{name}": value for i, part in enumerate(parts) for name, value in part.items()}
