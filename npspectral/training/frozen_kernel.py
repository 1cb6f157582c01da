"""Gradient flow with a tangent kernel that never changes: the lazy regime by itself."""
import numpy as np

from .. import refuse
from ..nn import soft_hinge, tree
from ..nn.layer import check_number
from . import _expect
from .adaptive_euler import Limits
from .flow import records

COMPLEX_STEP = 1e-100           # h in g'(u) = Im g(u + i h) / h, see nn.complex_step


def kernel_flow(kernel, target, *, loss=soft_hinge, alpha=1.0, limits=Limits()):
    """Yield the FlowRecords of the flow df/dt = -(1/p) K loss'(F), with a fixed tangent kernel K.

    f (p, n_out) starts at f_0. Its change is computed through an array `a` (p, n_out):

        f - f_0 = K a,    da/dt = -(1/p) loss'(F),    F = alpha K a,    a = 0 at the start

    kernel K (p, p) is that of f on the p samples, target is (p, n_out). The params of the
    FlowRecords are `a`. At other points x' the prediction F(x') is alpha times the matrix product
    of K(x', x) and `a`. gradient_flow tends to this flow for alpha -> infinity. kernel_flow raises
    the same errors.
    """
    kernel, target, alpha = _check("kernel_flow", kernel, target, alpha, loss)

    def evaluate(a):                # AdaptiveEuler moves a along -grad_y, its `gradient`
        outputs = alpha * (kernel @ a.reshape(target.shape))
        value, grad_y = loss(tree.locked(outputs), target)
        return outputs, float(value), grad_y.ravel()

    return records("kernel_flow", np.zeros(target.size, target.dtype), evaluate,
                   lambda a: a.reshape(target.shape), limits)


def kernel_flow_at(kernel, target, times, *, loss=soft_hinge, alpha=1.0, tolerance=1e-8):
    """The array `a` of kernel_flow at T increasing times, (T, p, 1), by an implicit method.

    The method has a high order. It needs few steps where the problem is stiff: the loss is steep,
    or the eigenvalues of K differ by orders of magnitude. Each step solves p linear equations. They
    contain the Jacobian of da/dt with respect to `a`, -(alpha/p) diag(loss'') K. One complex step
    gives loss'' of all p samples at once, because each sample's loss depends on its own f alone.
    The loss must have no kinks. In a step, a_i may be wrong by about tolerance (|a_i| + 1e-3).
    Raises ValueError or TypeError on arguments that do not fit, and FloatingPointError if the
    method fails.
    Source: Byrne and Hindmarsh 1975, ACM Trans. Math. Softw. 1, 71, as scipy's BDF.
    """
    from scipy.integrate import solve_ivp           # here, so that training is quick to import
    kernel, target, alpha = _check("kernel_flow_at", kernel, target, alpha, loss)
    times = _expect.moments("kernel_flow_at", times)
    tolerance = check_number("kernel_flow_at", "tolerance", tolerance, low=0)
    if target.shape[1] != 1:
        raise ValueError(f"kernel_flow_at: target has shape {target.shape}, expected (p, 1)")
    if not times:
        raise ValueError("kernel_flow_at: times is (), expected increasing numbers > 0")

    def force(f):                       # da/dt (p,); the argument f is f - f_0 of each sample
        return -loss(alpha * f[:, None], target)[1][:, 0]

    def jacobian(_, a):
        # d force / df at f - f_0 = K a: -(alpha/p) loss''
        curvature = force(kernel @ a + 1j * COMPLEX_STEP).imag / COMPLEX_STEP
        return curvature[:, None] * kernel

    with np.errstate(invalid="ignore", over="ignore"):      # BDF reads memory never written to
        solution = solve_ivp(lambda _, a: force(kernel @ a), (0.0, times[-1]),
                             np.zeros(len(kernel)), method="BDF", t_eval=times, jac=jacobian,
                             rtol=tolerance, atol=1e-3 * tolerance)
    if not solution.success or not np.isfinite(solution.y).all():
        raise FloatingPointError(f"kernel_flow_at: {solution.message}")
    return solution.y.T[:, :, None]


def _check(owner, kernel, target, alpha, loss):
    """kernel and target as plain views and alpha as a float; refuse what does not fit."""
    _expect.function(owner, "loss", loss)
    kernel, target = _expect.plain(owner, "kernel", kernel), _expect.plain(owner, "target", target)
    if target.ndim != 2 or not target.size or kernel.shape != (len(target), len(target)):
        raise ValueError(f"{owner}: kernel has shape {kernel.shape} and target {target.shape}, "
                         f"expected (p, p) and (p, n_out)")
    refuse.finite(owner, "kernel", kernel)
    refuse.finite(owner, "target", target)
    refuse.equal_transpose(owner, "kernel", kernel)
    return kernel, target, check_number(owner, "alpha", alpha, low=0)
