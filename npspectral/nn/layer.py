"""What all layers share: names, shapes and first values of parameters; the checks at the edge."""
import numbers
from functools import cached_property

import numpy as np

# The dtypes that may pass, each with its real precision. One call uses one precision, real or
# complex: the complex step perturbs one argument in complex128 and leaves the others in float64.
PRECISION = {np.dtype(code): np.zeros(0, code).real.dtype for code in "efdgFDG"}
PLAIN = np.ndarray, np.memmap   # a memmap computes as an array does, other subclasses do not


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

    x is (..., batch, n_in), and no sample's y depends on another sample. Parameter gradients are
    summed over axis -2 and over no other, so the same backward gives the gradient of a batch,
    per-sample gradients (x[:, None, :]) and the whole Jacobian (grad_y = identity broadcast to
    (K, N, 1, K)). Nothing that is given is changed, and a gradient is an array of its own, as
    penalties are added to it in place; `check_gradients` tests all of this.

    kernel_term is optional, a shorter way to the Gram matrix of the Jacobian's rows: residuals1 of
    x (N1, n_in) and grad_y1 (K1, N1, n_out), the same with 2, give arrays (K1, N1, K2, N2).
    """

    trainable: tuple[str, ...] = ()

    def parameters(self):
        """Name -> (shape, initializer) of every parameter, in a fixed order."""
        return {}

    @cached_property
    def shapes(self):
        """Name -> shape of every parameter."""
        return {name: shape for name, (shape, _) in self.parameters().items()}

    @cached_property
    def learned(self):
        """Names of the parameters that backward gives a gradient for, in the order of `shapes`."""
        return tuple(name for name in self.shapes if name in self.trainable)

    def init(self, rng, dtype=float):
        """First values of all parameters, drawn from `rng` in the order of `shapes`."""
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"{self.label}: rng is {rng!r}, expected a numpy.random.Generator")
        self.check_dtype(dtype)
        return {name: draw(rng, shape, dtype)
                for name, (shape, draw) in self.parameters().items()}

    def trainable_part(self, params):
        """The part of `params` that backward gives gradients for: the same arrays, not copies."""
        return {name: params[name] for name in self.learned}

    @cached_property
    def label(self):
        """The layer's name in error messages, with its sizes if it has any."""
        sizes = f"({self.n_in}, {self.n_out})" if hasattr(self, "n_in") else ""
        return type(self).__name__ + sizes

    def check_dtype(self, dtype):
        """Refuse a dtype that parameters cannot have."""
        if np.dtype(dtype) not in PRECISION:
            raise TypeError(f"{self.label}: dtype is {np.dtype(dtype)}, expected a floating dtype")

    def check_flag(self, name):
        """Refuse a constant that is neither True nor False."""
        flag = getattr(self, name)
        if flag is not True and flag is not False:
            raise ValueError(f"{self.label}: {name} is {flag!r}, expected True or False")

    def check_sizes(self, all_names):
        """Refuse sizes that are not positive integers, and unknown names in `trainable`."""
        for name in ("n_in", "n_out"):
            check_integer(type(self).__name__, name, getattr(self, name))
        if not (isinstance(self.trainable, (tuple, list))
                and set(self.trainable) <= set(all_names)):
            raise ValueError(f"{self.label}: trainable is {self.trainable!r}, "
                             f"expected a tuple of names out of {all_names}")
        object.__setattr__(self, "trainable", tuple(self.trainable))

    def check_starts(self, **starts):
        """Refuse first values that are no initializers, and a bias that is no choice either."""
        for name, start in starts.items():
            if not callable(start):
                raise ValueError(f"{self.label}: {name} is {start!r}, expected an initializer")
        if self.bias is not True and self.bias is not False and not callable(self.bias):
            raise ValueError(f"{self.label}: bias is {self.bias!r}, "
                             f"expected True, False or an initializer")

    def check_input(self, params, x):
        """Refuse an x or params of the wrong type, dtype or shape."""
        precision = check_array(self.label, "x", x)
        if not isinstance(params, dict):
            raise TypeError(f"{self.label}: params is {type(params).__name__}, expected a dict")
        if len(params) != len(self.shapes):
            raise ValueError(f"{self.label}: params has the names {sorted(params)}, "
                             f"expected {sorted(self.shapes)}")
        if self.shapes and (x.ndim < 2 or x.shape[-1] != self.n_in):
            came = f"{x.shape[-1]} features" if x.ndim > 1 else f"shape {x.shape}"
            raise ValueError(f"{self.label}: x has {came}, expected "
                             + (f"{self.n_in}" if x.ndim > 1 else f"(..., batch, {self.n_in})"))
        for name, shape in self.shapes.items():
            if name not in params:
                raise ValueError(f"{self.label}: params has no {name!r}, only {sorted(params)}")
            array = params[name]
            if check_array(self.label, name, array) is not precision:
                raise TypeError(f"{self.label}: {name} has dtype {array.dtype} and x has "
                                f"{x.dtype}, expected one precision")
            if array.shape != shape:
                raise ValueError(f"{self.label}: {name} has shape {array.shape}, expected {shape}")

    def check_upstream(self, grad_y, x):
        """Refuse a grad_y of another precision, or that would only broadcast to the shape of y.

        It may have more leading axes than y: an identity seed has.
        """
        if check_array(self.label, "grad_y", grad_y) is not PRECISION[x.dtype]:
            raise TypeError(f"{self.label}: grad_y has dtype {grad_y.dtype} and x has {x.dtype}, "
                            f"expected one precision")
        check_tail(self.label, grad_y, (*x.shape[:-1], self.n_out))


def gram(a, b):
    """sum_j a_knj b_lmj as an array (K1, N1, K2, N2), from (K1, N1, n) and (K2, N2, n)."""
    rows = a.reshape(-1, a.shape[-1])
    columns = rows if a is b else b.reshape(-1, b.shape[-1])
    return (rows @ columns.T).reshape(*a.shape[:-1], *b.shape[:-1])


def check_tail(owner, grad_y, shape):
    """Refuse a grad_y whose last axes are not exactly `shape`, that of y."""
    if grad_y.shape[-len(shape):] != shape:
        raise ValueError(f"{owner}: grad_y has shape {grad_y.shape}, "
                         f"expected (..., {', '.join(str(size) for size in shape)})")


def check_integer(owner, name, value, low=1):
    """Refuse what is no integer of at least `low`."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < low:
        wanted = "a positive integer" if low == 1 else f"an integer of at least {low}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected {wanted}")


def check_number(owner, name, value, low=-np.inf):
    """Refuse what is no finite number above `low`; return a float, which promotes nothing."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low < value < np.inf:
        bound = "" if low == -np.inf else f" > {low}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected a finite number{bound}")
    return float(value)


def check_array(owner, name, array):
    """Refuse what is not a plain array of a floating dtype; return its real precision.

    A memory map of a file counts as plain: it is read where it lies, and results are arrays.
    """
    if type(array) not in PLAIN:
        raise TypeError(f"{owner}: {name} is {type(array).__name__}, expected a numpy.ndarray")
    precision = PRECISION.get(array.dtype)
    if precision is None:
        raise TypeError(f"{owner}: {name} has dtype {array.dtype}, "
                        f"expected a native floating or complex dtype")
    return precision
