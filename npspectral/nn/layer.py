"""What all layers share: the protocol, names, shapes and first values of parameters."""
from dataclasses import MISSING, fields, is_dataclass
from functools import cached_property

import numpy as np

# Other packages take some of these checks from here.
from ._expect import (PRECISION, check_array, check_dtype, check_integer,  # noqa: F401
                      check_layer, check_number, refuse_coupled)
from .initializers import Constant


class Layer:
    """Base of every layer: a frozen dataclass of sizes and constants that never holds an array.

    init(rng, dtype)                         -> params        dict name -> array, {} if none
    forward(params, x)                       -> y, residuals  residuals: what backward needs
    backward(params, residuals, grad_y, input_grad=True)
                                             -> grads, grad_x one entry per trainable parameter;
                                                              grad_x is None when not asked for
    kernel_term(params, residuals1, grad_y1, residuals2, grad_y2)
                                             -> terms         one entry per trainable parameter: its
                                                              part of the tangent kernel

    x is (..., batch, n_in), and no sample's y depends on another sample. (A layer that breaks this
    in training says so: `coupled`.) Parameter gradients are summed over the batch and over none of
    the axes before it. So for a batch x (N, n_in), backward gives the gradient of the batch. For
    x[:, None, :] it gives a gradient for every sample. If grad_y is then the identity, broadcast
    to (K, N, 1, K), it gives the Jacobian of the K outputs. Arguments are never changed. A gradient
    shares memory with nothing, because penalties are added to it in place.
    `check_gradients` tests all of this. A new layer defines `parameters`, `forward`, `backward`,
    `trainable`, and `n_in` and `n_out` if it has any parameter; `dense.py` is a short example.
    """

    trainable: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()         # names of parameters that are never trained
    bias_start: object = Constant(0.0)  # the first values that bias=True stands for
    coupled = False                     # a sample's y depends on the rest of its batch

    def forward(self, params, x):
        """y (..., batch, n_out) of x (..., batch, n_in), and the residuals for `backward`."""
        raise NotImplementedError(f"{self.label} has no forward")

    def backward(self, params, residuals, grad_y, input_grad=True):
        """grads, name -> dL/d(parameter) for all that is trainable, and grad_x = dL/dx or None.

        residuals are those of forward; grad_y = dL/dy has the shape of y or more leading axes.
        grad_x is None without input_grad.
        """
        raise NotImplementedError(f"{self.label} has no backward")

    @property
    def kernel_term(self):
        """(params, residuals1, grad_y1, residuals2, grad_y2) -> name -> part of the kernel.

        residuals1 are those of forward for x (N1, n_in), and grad_y1 (K1, N1, n_out) has K1 rows
        dL/dy for each sample; side 2 alike. From a row, `backward` would compute one gradient of a
        parameter. The part of this parameter (K1, N1, K2, N2) holds the dot product of every
        gradient of side 1 with every one of side 2.

        The method is optional. Without it the tangent kernel is computed from `backward`, which is
        slower. This property raises AttributeError, so that `hasattr` tells which layers have it.
        """
        raise AttributeError(f"{self.label} has no kernel_term")

    def in_training(self, rng):
        """The layer, with the same params, as it is in one step of training.

        Most layers return themselves. Where training differs from evaluation, as in BatchNorm and
        Dropout, it is another layer. `rng` draws here, not in `forward`, what is random in a step.
        """
        return self

    def statistics(self, params, residuals):
        """name -> new value of parameters that a step of training moves without a gradient."""
        return {}

    def init(self, rng, dtype=float):
        """First values of all parameters, drawn from `rng` in the order of `shapes`."""
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"{self.label}: rng is {rng!r}, expected a numpy.random.Generator")
        check_dtype(self, dtype)
        return {name: draw(rng, shape, dtype) for name, (shape, draw) in self.present.items()}

    def parameters(self):
        """Name -> (shape, initializer) of every parameter, in a fixed order.

        Instead of an initializer there may be a number, for a constant, or False, for an absent
        term: neither is a parameter. True stands for `bias_start`.
        """
        return {}

    @cached_property
    def present(self):
        """Name -> (shape, initializer) of `parameters`, without constants and absent terms."""
        return {name: (shape, self.bias_start if start is True else start)
                for name, (shape, start) in self.parameters().items()
                if start is True or callable(start)}

    @cached_property
    def shapes(self):
        """Name -> shape of every parameter."""
        return {name: shape for name, (shape, _) in self.present.items()}

    @property
    def trainable_names(self):
        """The names that `trainable` may hold; one whose parameter is absent has no effect."""
        return tuple(name for name in self.parameters() if name not in self.fixed)

    @cached_property
    def learned(self):
        """Names of the parameters that backward gives a gradient for, in the order of `shapes`."""
        return tuple(name for name in self.shapes if name in self.trainable)

    def trainable_part(self, params):
        """The part of `params` that backward gives gradients for: the same arrays, not copies."""
        return {name: params[name] for name in self.learned}

    @cached_property
    def label(self):
        """The layer's name in error messages, with its sizes if it has any."""
        sizes = f"({self.n_in}, {self.n_out})" if hasattr(self, "n_in") else ""
        return type(self).__name__ + sizes

    def __post_init__(self):
        """Refuse options that do not fit; a subclass calls this, then checks its further ones."""
        check_layer(self)
        if isinstance(self.trainable, list):
            complete(self, trainable=tuple(self.trainable))

    def __repr__(self):
        """The call that makes the layer; it leaves out options that have their default value."""
        if not is_dataclass(self):
            return super().__repr__()
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.init}
        named = [field.name for field in fields(self) if field.init
                 and (field.default, field.default_factory) != (MISSING, MISSING)]
        for option in named:
            fewer = {name: value for name, value in given.items() if name != option}
            if self._is_made_by(fewer):
                given = fewer
        arguments = [f"{name}={value!r}" if name in named else repr(value)
                     for name, value in given.items()]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _is_made_by(self, options):
        try:
            return type(self)(**options) == self
        except (TypeError, ValueError):                     # without a required option
            return False


def complete(instance, **values):
    """Set fields of a frozen dataclass in its __post_init__: defaults that depend on others."""
    for name, value in values.items():
        object.__setattr__(instance, name, value)


def product(x, weight):
    """x W^T (..., batch, n_out) of x (..., batch, n_in) and W (n_out, n_in).

    For speed alone, the product is computed as (W x^T)^T if x is float32 and has at most n_out / 3
    rows. The result is the same up to rounding. OpenBLAS on processors with AVX-512 then takes less
    time. In float64 this form would take longer.
    """
    if x.dtype == np.float32 and x.ndim == 2 and 3 * len(x) <= len(weight):
        return (weight @ x.T).T
    return x @ weight.T


def gram(a, b):
    """sum_j a_knj b_lmj as an array (K1, N1, K2, N2), from (K1, N1, n) and (K2, N2, n)."""
    rows = a.reshape(-1, a.shape[-1])
    columns = rows if a is b else b.reshape(-1, b.shape[-1])            # for speed: see `both`
    return (rows @ columns.T).reshape(*a.shape[:-1], *b.shape[:-1])


def both(function, side1, side2):
    """function(*side1) and function(*side2).

    For speed alone: if both sides hold the very same arrays, the function is called once, and its
    result is returned twice. `gram` then sees one array twice. Of a matrix times its own transpose,
    NumPy computes one half and copies the other, which takes half of the time.
    """
    first = function(*side1)
    same = all(one is two for one, two in zip(side1, side2, strict=True))
    return first, first if same else function(*side2)
