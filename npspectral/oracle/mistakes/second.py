"""Known mistakes of second derivatives, and of gradients sample by sample.

Tables name -> (sentence, wrong steps[, where]). What has an imaginary part moves along v; its real
part is a constant. A path cut off in one gradient by differentiation forwards, and in the other one
by double backward, gives the same numbers: sentences tell what is missing, not which line cuts it.
"""
import numpy as np

from .loss import ENTROPY, softmax

SMOOTH = ("elu", "tanh", "sigmoid", "softplus")


def still(arrays):
    """An array that does not move; the same of lists and dicts."""
    if isinstance(arrays, dict):
        return {name: still(array) for name, array in arrays.items()}
    return [still(array) for array in arrays] if isinstance(arrays, list) else np.real(arrays)


def hvps(change, jvp=1):
    """Every hvp changed: change(array, B); jvp times a number."""
    def along(right, case, slopes):
        rows = len(case.x if case.layers else case.y)
        return {name: change(array, rows) if name.startswith("hvp_") else
                array if array is None else jvp * array
                for name, array in right(case, slopes).items()}
    return {"along": along}


def directions(change):
    """Other directions: change(name, v)."""
    return {"directions": lambda right, case: {
        name: change(name, array) for name, array in right(case).items()}}


def samples(change):
    """Every array of per-sample gradients changed."""
    return {"samples": lambda right, case, grads: {
        name: change(array) for name, array in right(case, grads).items()}}


def _block_diagonal(right, case, along):
    found = right(case, along)
    for name in along:
        only = {other: array if other == name else 0 * array for other, array in along.items()}
        found[f"hvp_{name}"] = right(case, only)[f"hvp_{name}"]
    return found


def _half_moving(right, spec, y, target):
    value, grad = right(spec, y, target)
    return value, np.real(grad) + .5j * np.imag(grad)


def _diagonal(right, y, q):
    value, grad = right(y, q)
    p = softmax(np.real(y))
    return value, np.real(grad) + 1j * p * (1 - p) * np.imag(y)


NO_X = {"matrix_backward": lambda right, matrix, x, g: right(matrix, still(x), g)}
NO_WEIGHT = {"input_backward": lambda right, layer, p, matrix, g: right(
    layer, still(p), still(matrix), g)}
NO_CROSS = {"weight_backward": lambda right, p, g: right(still(p), g)}

SECOND = {
    "second derivative of the activation missing": (
        "The activation's second derivative is missing from hvp: f'(z) is a constant when the "
        "gradients are differentiated.",
        {"slope": lambda right, layer, z: right(layer, still(z))}, SMOOTH),
    "Gauss-Newton for the Hessian": (
        "hvp is J^T H_y J v (Gauss-Newton), 0 without a loss: weights, inputs and z are constants "
        "when the gradients are differentiated.",
        {"backward": lambda right, layers, all_params, inputs, g: right(
            layers, still(all_params), still(inputs), g)}),
    "curvature of the loss missing": (
        "hvp of a network lacks J^T H_y J v, the second derivative of the loss: grad_y is a "
        "constant when the gradients are differentiated.",
        {"upstream": lambda right, g: right(still(g))}),
    "saved arrays are constants": (
        "What a layer saves for its gradients, x and its parameters, is a constant when they are "
        "differentiated (detached): hvp keeps the activation's and the loss's part only.",
        {**NO_X, **NO_WEIGHT, **NO_CROSS}),
    "second derivatives of the weight without x": (
        "hvp of a layer's parameters lacks grad_y^T v_x, its cross term with x.", NO_X),
    "second derivatives of x without the weight": (
        "hvp of a layer's input lacks the cross term with its weight, grad_y (dW along v).",
        NO_WEIGHT),
    "cross term of eigenvalues and phi missing": (
        "hvp lacks the cross terms of eigenvalues and phi: (v_lambda_in - v_lambda_out) G in "
        "hvp_phi, sums of v_phi G in those of the eigenvalues.", NO_CROSS),
    "second derivatives of phi without eigenvalues": (
        "hvp_phi lacks (v_lambda_in - v_lambda_out) G, its cross term with the eigenvalues.",
        {"weight_backward": lambda right, p, g: {
            **right(p, g), "phi": right(still(p), g)["phi"]}}),
    "second derivatives of eigenvalues without phi": (
        "hvp of the eigenvalues lacks the sums of v_phi G, their cross term with phi.",
        {"weight_backward": lambda right, p, g: {
            **right(still(p), g), "phi": right(p, g)["phi"]}}),
    "gradients are constants": (
        "hvp and jvp are zero: the gradients are constants when they are differentiated again.",
        hvps(lambda array, b: 0 * array, 0)),
    "grad_y cut off": (
        "jvp is zero: the gradients do not depend on grad_y when they are differentiated again.",
        hvps(lambda array, b: array, 0)),
    "block-diagonal Hessian": (
        "Each hvp_NAME uses its own v_NAME alone; it is the derivative along all of them together.",
        {"slopes": _block_diagonal}),
    "only x moves": ("Of all directions only v_x is used.",
                     directions(lambda name, v: v * (name in ("x", "y")))),
    "only parameters move": ("The direction v_x is not used.",
                             directions(lambda name, v: v * (name != "x"))),
    "v replaced by ones": ("The direction v is replaced by ones.",
                           directions(lambda name, v: np.ones_like(v))),
    "hvp halved": ("Every hvp is half of what it should be.", hvps(lambda array, b: array / 2)),
    "hvp doubled": ("Every hvp is doubled.", hvps(lambda array, b: 2 * array)),
    "hvp negated": ("Every hvp has the opposite sign.", hvps(lambda array, b: -array)),
    "hvp divided by B": ("Every hvp is divided by the batch size.",
                         hvps(lambda array, b: array / max(b, 1))),
    "Hessian of the square halved": (
        "The Hessian of the squared error lacks its factor 2.",
        {"sample_loss": _half_moving}, ("mean_squared_error",)),
    "Hessian of the cross-entropy diagonal": (
        "The Hessian of the cross-entropy is diag(p (1 - p)); it is diag(p) - p p^T.",
        {"cross_entropy": _diagonal}, ENTROPY),
}
PER_SAMPLE = {
    "samples summed": (
        "Every sample has the gradient of the whole batch, the sum over samples.",
        samples(lambda array: np.broadcast_to(array.sum(0), array.shape))),
    "samples averaged": (
        "Every sample has the mean gradient of the batch.",
        samples(lambda array: np.broadcast_to(array.mean(0), array.shape))),
    "samples divided by B": (
        "The gradients of single samples are divided by the batch size.",
        samples(lambda array: array / len(array))),
    "samples times B": ("The gradients of single samples are B times too large.",
                        samples(lambda array: array * len(array))),
    "gradient of the first sample alone": (
        "Only the first sample has a gradient; the others have zeros.",
        samples(lambda array: np.concatenate([array[:1], 0 * array[1:]]))),
    "first sample repeated": ("Every sample has the gradient of the first one.",
                              samples(lambda array: np.broadcast_to(array[:1], array.shape))),
}
