"""Base of the spectral layers whose phi is a product of matrices, one of which is trained."""
from dataclasses import dataclass, replace
from functools import cached_property

from ._expect import check_dtype, check_input
from .initializers import GlorotUniform
from .layer import Layer, complete, gram
from .spectral import Spectral


@dataclass(frozen=True, repr=False)
class Core(Spectral):
    """The spectral layer inside a factored one, whose name its errors give."""

    label: str = ""


@dataclass(frozen=True, repr=False)
class Factored(Layer):
    """Base: a Spectral layer, the core, whose phi is computed from other parameters, the factors.

        y_i = sum_j W_ij x_j + bias_i,     W_ij = (lambda_in_j - lambda_out_i) phi_ij

    Everything but phi is as in Spectral: names, shapes, first values, constant eigenvalues.
    A subclass has

    factors(k)                         -> name -> (shape, initializer);  k = min(n_in, n_out)
    learner                               the name of the factor that is trained
    eigenvectors(params)               -> phi (n_out, n_in)
    factor_backward(params, grad_phi)  -> the learner's gradient from dL/dphi
    factor_term(params, side1, side2)  -> the learner's part of the tangent kernel
    decompose(phi)                     -> name -> first value of every factor, from a first phi

    dL/dphi is not computed when the learner is frozen.
    """

    n_in: int
    n_out: int
    bias: object = True
    trainable: tuple[str, ...] = ()
    lambda_in: object = None
    lambda_out: object = None
    phi: object = GlorotUniform()

    def forward(self, params, x):
        check_input(self, params, x)
        phi = self.eigenvectors(params)
        y, residuals = self.core.forward(self._with_phi(params, phi), x)
        return y, (*residuals, phi)

    def backward(self, params, residuals, grad_y, input_grad=True):
        *residuals, phi = residuals
        grads, grad_x = self.core.backward(                 # y = core.forward(phi, .., x)
            self._with_phi(params, phi), tuple(residuals), grad_y, input_grad)
        return self._through_phi(params, grads), grad_x     # phi = eigenvectors(factors)

    def _with_phi(self, params, phi):
        """The parameters of the core."""
        return {name: phi if name == "phi" else params[name] for name in self.core.shapes}

    def _through_phi(self, params, core_grads):
        """The gradients of the core, with the learner's in the place of that of phi."""
        grads = {}
        for name, grad in core_grads.items():
            if name == "phi":                               # phi = eigenvectors(factors)
                name, grad = self.learner, self.factor_backward(params, grad)
            grads[name] = grad
        return grads

    # The tangent kernel's part. With a = x and d = grad_y of one sample, the gradient of phi is
    #     gap_ij d_i a_j = d_i b_j - e_i a_j,    b_j = lambda_in_j a_j,    e_i = lambda_out_i d_i
    # A side is (d, b, e, a). The learner's gradient is linear in that of phi, so `factor_term` is
    # the Gram matrix of a difference of two products. Eigenvalues are centered as in Spectral.

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """As in Spectral; the learner's part is `factor_term` of the two sides."""
        *residuals1, phi = residuals1
        *residuals2, _ = residuals2
        core_params = self._with_phi(params, phi)
        others = replace(self.core, trainable=tuple(set(self.trainable) - {self.learner}))
        terms = others.kernel_term(core_params, residuals1, grad_y1, residuals2, grad_y2)
        if self.learner in self.learned:
            sides = self.core.phi_sides(
                core_params, (residuals1[0], grad_y1), (residuals2[0], grad_y2))
            terms[self.learner] = self.factor_term(params, *sides)
        return terms

    def init(self, rng, dtype=float):
        """First values: those of Spectral from the same `rng`, with phi decomposed into factors.

        They are computed in float64 and then cast, because numpy.linalg knows neither longdouble
        nor float16.
        """
        check_dtype(self, dtype)
        first = self.core.init(rng)
        first |= self.decompose(first["phi"])
        return {name: first[name].astype(dtype) for name in self.shapes}

    def eigenvalues(self, params):
        """lambda_in (n_in,) and lambda_out (n_out,); a declared constant fills its array."""
        return self.core.eigenvalues({**params, "phi": params[self.learner]})   # only for its dtype

    def weight(self, params):
        """The realized matrix W_ij = (lambda_in_j - lambda_out_i) phi_ij, shape (n_out, n_in)."""
        return self.core.weight(self._with_phi(params, self.eigenvectors(params)))

    def weight_backward(self, params, grad_weight):
        """Gradients of all parameters but the bias from dL/dW of shape (..., n_out, n_in)."""
        core_params = self._with_phi(params, self.eigenvectors(params))
        grads = self.core.weight_backward(core_params, grad_weight)     # weight = core.weight(phi)
        return self._through_phi(params, grads)             # phi = eigenvectors(factors)

    def spectral(self, params):
        """The Spectral layer that gives the same y, and its params: only phi is a new array."""
        layer = Spectral(self.n_in, self.n_out, self.bias, self.core.trainable, self.lambda_in,
                         self.lambda_out, self.phi)
        return layer, self._with_phi(params, self.eigenvectors(params))

    @cached_property
    def core(self):
        """The Spectral layer that forward and backward call with the computed phi."""
        names = tuple("phi" if name == self.learner else name for name in self.trainable)
        return Core(self.n_in, self.n_out, self.bias, names, self.lambda_in, self.lambda_out,
                    self.phi, label=self.label)

    @property
    def trainable_names(self):
        return ("lambda_in", "lambda_out", self.learner, "bias")

    def parameters(self):
        shapes = {}
        for name, part in self.core.parameters().items():
            shapes |= self.factors(min(self.n_in, self.n_out)) if name == "phi" else {name: part}
        return shapes

    def __post_init__(self):
        super().__post_init__()
        complete(self, lambda_in=self.core.lambda_in, lambda_out=self.core.lambda_out)


def differences(side1, side2):
    """sum_ij (d_i b_j - e_i a_j) (d'_i b'_j - e'_i a'_j), (K1, N1, K2, N2), of (d, b, e, a)."""
    (d1, b1, e1, a1), (d2, b2, e2, a2) = side1, side2
    return (gram(d1, d2) * gram(b1, b2) - gram(d1, e2) * gram(b1, a2)
            - gram(e1, d2) * gram(a1, b2) + gram(e1, e2) * gram(a1, a2))
