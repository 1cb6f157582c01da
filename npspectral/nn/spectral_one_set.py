"""The spectral layer where one set of eigenvalues is a declared constant c: W is never formed.

    lambda_in_only     lambda_out = c:    scaled_j = (lambda_in_j - c) x_j    y = scaled phi^T
    lambda_out_only    lambda_in = c:     u = x phi^T    y_i = (c - lambda_out_i) u_i

Where both sets are constants, it is lambda_out_only.
These forms are here for speed alone. Results equal those of the general form in spectral.py, up to
rounding. That form computes W, and takes three matrix products for forward and backward. Here two
are enough while phi is frozen. With phi trained they are three here, too.
"""
from .layer import product


def lambda_in_only(layer, params, x):
    """y (..., batch, n_out) without the bias, and residuals, for lambda_out = c."""
    gap = params["lambda_in"] - layer.lambda_out
    scaled = gap * x
    return product(scaled, params["phi"]), (x, gap, scaled)


def lambda_in_only_backward(layer, params, residuals, grad_y, input_grad):
    """Gradients of all but the bias, and grad_x or None."""
    x, gap, scaled = residuals
    grads, grad_scaled = {}, None
    if input_grad or "lambda_in" in layer.learned:
        grad_scaled = grad_y @ params["phi"]                            # y = product(scaled, phi)
    if "lambda_in" in layer.learned:
        grads["lambda_in"] = (grad_scaled * x).sum(-2)                  # scaled = gap * x
    if "phi" in layer.learned:
        grads["phi"] = grad_y.swapaxes(-1, -2) @ scaled                 # y = product(scaled, phi)
    grad_x = gap * grad_scaled if input_grad else None                  # scaled = gap * x
    return grads, grad_x


def lambda_out_only(layer, params, x):
    """y (..., batch, n_out) without the bias, and residuals, for lambda_in = c."""
    gap = layer.lambda_in - params.get("lambda_out", layer.lambda_out)
    u = product(x, params["phi"])
    return gap * u, (x, gap, u)


def lambda_out_only_backward(layer, params, residuals, grad_y, input_grad):
    """Gradients of all but the bias, and grad_x or None."""
    x, gap, u = residuals
    grads, grad_u = {}, None
    if input_grad or "phi" in layer.learned:
        grad_u = gap * grad_y                                           # y = gap * u
    if "lambda_out" in layer.learned:
        grads["lambda_out"] = -(grad_y * u).sum(-2)                     # y = (c - lambda_out) * u
    if "phi" in layer.learned:
        grads["phi"] = grad_u.swapaxes(-1, -2) @ x                      # u = product(x, phi)
    grad_x = grad_u @ params["phi"] if input_grad else None             # u = product(x, phi)
    return grads, grad_x
