"""Gradient flow with a tangent kernel that stays as it is: the lazy regime by itself."""
import numpy as np

from .. import refuse
from ..nn import soft_hinge, tree
from ..nn.layer import check_number
from . import _expect
from .gradient_flow import Limits, integrate

COMPLEX_STEP = 1e-100


def kernel_flow(kernel, target, *, loss=soft_hinge, alpha=1.0, limits=Limits()):
    """The flow with a tangent kernel that stays as it is: F = alpha K a, from a = 0.

        da/dt = -(1/p) loss'(F)          F(x') = alpha K(x', x) a predicts at other points

    kernel (p, p) of f, target (p, K); yields FlowRecords whose params are a (p, K). It is the limit
    of gradient_flow for alpha -> infinity. Errors as there.
    """
    kernel, target, alpha = _check("kernel_flow", kernel, target, alpha, loss)

    def evaluate(a):
        outputs = alpha * (kernel @ a.reshape(target.shape))
        value, grad_y = loss(tree.locked(outputs), target)
        return outputs, float(value), grad_y.ravel()

    return integrate("kernel_flow", np.zeros(target.size, target.dtype), evaluate,
                     lambda a: a.reshape(target.shape), limits)


def kernel_flow_at(kernel, target, times, *, loss=soft_hinge, alpha=1.0, tolerance=1e-8):
    """a (T, p, 1) of kernel_flow at increasing times (T,), by an implicit method of high order.

    Stiff problems, of steep losses or wide spectra, take it few steps; each solves p equations.
    The Jacobian is da'/da = -(alpha/p) diag(loss'') K; loss'', one number a sample, by the complex
    step. For losses without kinks; errors per step: tolerance, relative, and 1e-3 of it, absolute.
    Source: Byrne and Hindmarsh 1975, ACM Trans. Math. Softw. 1, 71, as scipy's BDF.
    """
    from scipy.integrate import solve_ivp
    kernel, target, alpha = _check("kernel_flow_at", kernel, target, alpha, loss)
    times = _expect.moments("kernel_flow_at", times)
    tolerance = check_number("kernel_flow_at", "tolerance", tolerance, low=0)
    if target.shape[1] != 1:
        raise ValueError(f"kernel_flow_at: target has shape {target.shape}, expected (p, 1)")
    if not times:
        raise ValueError("kernel_flow_at: times is (), expected increasing numbers > 0")

    def force(outputs):
        return -loss(alpha * outputs[:, None], target)[1][:, 0]

    def jacobian(_, a):
        curvature = force(kernel @ a + 1j * COMPLEX_STEP).imag / COMPLEX_STEP
        return curvature[:, None] * kernel

    with np.errstate(invalid="ignore", over="ignore"):      # BDF subtracts memory never written to
        solution = solve_ivp(lambda _, a: force(kernel @ a), (0.0, times[-1]),
                             np.zeros(len(kernel)), "BDF", times, jac=jacobian, rtol=tolerance,
                             atol=1e-3 * tolerance)
    if not solution.success or not np.isfinite(solution.y).all():
        raise FloatingPointError(f"kernel_flow_at: {solution.message}")
    return solution.y.T[:, :, None]


def _check(owner, kernel, target, alpha, loss):
    """kernel and target as plain views and alpha as a float; refuse what does not fit."""
    _expect.function(owner, "loss", loss)
    kernel, target = _expect.plain(owner, "kernel", kernel), _expect.plain(owner, "target", target)
    if target.ndim != 2 or not target.size or kernel.shape != (len(target), len(target)):
        raise ValueError(f"{owner}: kernel has shape {kernel.shape} and target {target.shape}, "
                         f"expected (p, p) and (p, K)")
    refuse.finite(owner, "kernel", kernel)
    refuse.finite(owner, "target", target)
    refuse.equal_transpose(owner, "kernel", kernel)
    return kernel, target, check_number(owner, "alpha", alpha, low=0)
