"""Kernel machines on a given Gram matrix: support vectors with exact margins, and ridge.

K is the Gram matrix of p training samples x_i with labels y_i = +-1. The classifier
f(x) = sum_i beta_i K(x_i, x) + b minimizes

    (1/2) beta^T K beta + C sum_i max(0, 1 - y_i f(x_i))

The dual problem is to maximize y.beta - (1/2) beta^T K beta with 0 <= y_i beta_i <= C, and with
sum_i beta_i = 0 if there is an intercept b. beta solves it if the residuals r_i = y_i - f(x_i) meet
these conditions:

    lower_i < beta_i < upper_i   r_i = 0      lower = min(0, C y)
    beta_i = lower_i             r_i <= 0     upper = max(0, C y)
    beta_i = upper_i             r_i >= 0

`_dual` says how it is solved.

Source: Cortes and Vapnik 1995, Mach. Learn. 20, 273.
"""
import math
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...magnitude import norms
from ._dual import LAST_MOVES, Dual

TOLERANCE, COARSEST = 1e-9, 1e-6    # of every condition, where none is asked for


@dataclass(frozen=True, eq=False, repr=False)
class SupportVectors(Shapes):
    """coefficients beta (p,), intercept b, violation: by how much the worst condition fails."""

    coefficients: np.ndarray
    intercept: float
    violation: float

    @property
    def support(self):
        """Indices of the samples with beta_i != 0. The distance between neighbors is delta_SV."""
        return np.flatnonzero(self.coefficients)

    def decide(self, gram):
        """f (n,) at points whose kernel with the p training samples is gram (n, p)."""
        gram = refuse.real("SupportVectors", "gram", gram, 2)
        if gram.shape[1] != len(self.coefficients):
            raise ValueError(f"SupportVectors: gram has {gram.shape[1]} columns, expected "
                             f"{len(self.coefficients)}, one for each training sample")
        return gram @ self.coefficients + self.intercept


def support_vectors(gram, y, bound=math.inf, intercept=True, tolerance=None):
    """SupportVectors of gram (p, p) and labels y (p,) of -1 and +1; bound is C.

    bound = inf is the hard margin, the limit of large C: y f >= 1 on every sample. It exists only
    if f can separate the labels, which is certain if gram is positive definite.
    Every condition holds to `tolerance`, in units of the margin: by default to 1e-9, or, if bound
    is finite, to 64 eps (1 + max_i K_ii max |beta|), the size of rounding, between 1e-9 and 1e-6.
    `violation` tells how well they hold.
    gram has to be positive semidefinite. It may be singular, as with copies of samples or with
    fewer features than samples. A negative eigenvalue beyond rounding is refused if the samples
    inside their bounds show it. Otherwise it is not noticed: the conditions hold for the result,
    but maybe for others, too.
    Raises ValueError or TypeError on arguments that do not fit. Raises RuntimeError if a condition
    fails by more than the tolerance: no hard margin separates the labels, or bound is so large that
    the rounding of bound times gram exceeds the tolerance.
    """
    owner = "support_vectors"
    gram = refuse.symmetric(owner, "gram", gram)
    y = refuse.signs(owner, y, len(gram))
    refuse.number(owner, "bound", bound, "a positive number", lambda c: c > 0)
    coarsest = COARSEST if tolerance is None and bound < math.inf else 0.0
    tolerance = TOLERANCE if tolerance is None else tolerance
    refuse.number(owner, "tolerance", tolerance, "a positive number", lambda t: t > 0)
    if np.diag(gram).min() < 0 or np.diag(gram).max() == 0:
        raise ValueError(f"{owner}: gram has the diagonal {np.diag(gram)[:5].tolist()}, expected a "
                         f"positive semidefinite matrix, not 0")
    problem = Dual(gram, y, np.where(y > 0, 0.0, -bound), np.where(y > 0, bound, 0.0), intercept)
    least, noise = math.inf, 0.0
    for beta in _candidates(problem, tolerance):
        residual = problem.residual(beta)
        shift = problem.shift(beta, residual)
        violation = problem.violation(beta, residual - shift)
        rounding = problem.rounding(beta, math.inf)
        if violation <= max(tolerance, min(rounding, coarsest)):
            return SupportVectors(beta, float(shift), float(violation))
        least, noise = min((least, noise), (violation, rounding))
    why = ("; the labels may not be separable" if bound == math.inf else
           f"; rounding alone can be {noise:.1e}, expected a smaller bound or a larger tolerance"
           if noise > tolerance else "")
    raise RuntimeError(f"{owner}: a condition fails by {least:.1e}, expected {tolerance:.1e} "
                       f"at most{why}")


def _candidates(problem, tolerance):
    """Yield solutions to try, the quick ones first.

    Phase one ends at a coarse bound on the residuals; the bounds were chosen by timing. At beta = 0
    all residuals are 1 or -1, so a bound of 1 leaves phase one out.
    """
    largest = 0.8 if problem.intercept else 1.0
    start = min(largest, 0.1 * math.sqrt(problem.upper.max() * problem.diagonal.max()))
    beta = np.zeros(len(problem.y))
    for coarse in (start, 0.1 * start, 0.01 * start):
        beta = problem.move(beta, max(coarse, tolerance))
        solution = problem.exchange(beta)
        if solution is None:                                # a singular system: only a walk is left
            break
        yield solution
    yield problem.walk(beta, tolerance)
    yield problem.move(beta, tolerance, LAST_MOVES)


def kernel_ridge(gram, y, ridge):
    """Coefficients beta of f(x) = sum_i beta_i K(x_i, x), by (K + ridge I) beta = y.

    beta has the shape of the targets y, (p,) or (p, n_outputs). f minimizes |f - y|^2 + ridge
    beta^T K beta. With ridge = 0 it goes through every y, and gram has to be positive definite
    beyond rounding. Raises ValueError if gram + ridge I is not.
    """
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    owner = "kernel_ridge"
    gram = refuse.symmetric(owner, "gram", gram)
    y = refuse.real(owner, "y", y, min(2, max(1, np.ndim(y))))
    refuse.length(owner, "y", y, len(gram))
    refuse.not_negative(owner, "ridge", ridge)
    matrix = gram + ridge * np.eye(len(gram))
    try:
        factor = cho_factor(matrix)
    except LinAlgError:
        raise ValueError(f"{owner}: gram + {ridge} I is not positive definite, expected a larger "
                         f"ridge") from None
    beta = cho_solve(factor, y)
    return beta + cho_solve(factor, y - matrix @ beta)


def distance_to_planes(x, offsets, axis=0):
    """min_c |x_axis - c| (n,) of rows x (n, d): the distance to the nearest plane x_axis = c.

    offsets holds the numbers c, where the planes of an interface between two classes lie.
    """
    owner = "distance_to_planes"
    x = refuse.real(owner, "x", x, 2)
    refuse.integer(owner, "axis", axis, 0, x.shape[1] - 1)
    offsets = refuse.numbers(owner, "offsets", offsets, 1)
    return np.abs(x[:, axis, None] - offsets).min(1)


def distance_to_sphere(x, radius, n_parallel=None):
    """| |x_par| - radius | (n,) of rows x (n, d): the distance to a sphere, or to a cylinder.

    x_par are the first n_parallel coordinates, by default all d.
    """
    owner = "distance_to_sphere"
    x = refuse.real(owner, "x", x, 2)
    n_parallel = x.shape[1] if n_parallel is None else n_parallel
    refuse.integer(owner, "n_parallel", n_parallel, 1, x.shape[1])
    refuse.not_negative(owner, "radius", radius)
    return np.abs(norms(x[:, :n_parallel]) - radius)
