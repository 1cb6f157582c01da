"""Mistakes in recurrent networks: in all of them, then in the real ones.

Tables name -> (sentence, wrong steps, in which layers); a wrong step is called as
wrong(right, *arguments), where right is the right step. Gradients of a wrong definition belong to
its forward, as automatic differentiation gives them.
"""
import numpy as np

from .backward import zero
from .right_recurrent import RECURRENT

REAL = ("recurrent",)


# the inverse, the eigenvalues and time, in both layers

def steps_plus(more):
    return {"steps_of": lambda right, layer: right(layer) + more}


def eigenvalues_as(value, slope):
    return {"damped": lambda right, theta: value(theta),
            "damped_backward": lambda right, theta, grad: slope(theta) * grad}


def _gap_reversed(right, *arguments):
    of_phi, of_back, of_values = right(*arguments)
    return -of_phi, -of_back, of_values


BOTH = {
    "transpose for the inverse": (
        "Phi^T stands for Phi^-1, which is right for an orthonormal Phi only.",
        {"inverted": lambda right, phi: phi.T,
         "inverted_backward": lambda right, phi, back, g: g.T}, RECURRENT),
    "eigenvalues not kept below 1": (
        "lambda is tanh(theta); it is (1 - 2^-10) tanh(theta).",
        eigenvalues_as(np.tanh, lambda theta: 1 - np.tanh(theta) ** 2), RECURRENT),
    "eigenvalues without tanh": (
        "lambda is theta; it is (1 - 2^-10) tanh(theta).",
        eigenvalues_as(lambda theta: theta, np.ones_like), RECURRENT),
    "A transposed": (
        "Nodes go on by h A; it is h A^T, since rows of A are receiving nodes.",
        {"similarity": lambda right, *parts: right(*parts).T,
         "over_time": lambda right, grads: right(grads).T}, RECURRENT),
    "one step too many": (
        "f acts in one step too many; it acts in `steps` steps, the first on the input itself.",
        steps_plus(1), RECURRENT),
    "one step too few": (
        "f acts in one step too few; it acts in `steps` steps, the first on the input itself.",
        steps_plus(-1), RECURRENT),
}
BOTH_BACKWARD = {
    "inverse taken as a constant": (
        "The gradient of Phi lacks the way through Phi^-1: -Y^T grad_Y Y^T.",
        {"inverted_backward": lambda right, phi, back, g: 0 * g}, RECURRENT),
    "sign of the inverse's gradient": (
        "The gradient through Phi^-1 has the opposite sign: it is -Y^T grad_Y Y^T.",
        {"inverted_backward": lambda right, phi, back, g: -right(phi, back, g)}, RECURRENT),
    "inverse's gradient with Y for Y^T": (
        "The gradient through Phi^-1 is -Y grad_Y Y; it is -Y^T grad_Y Y^T.",
        {"inverted_backward": lambda right, phi, back, g: -back @ g @ back}, RECURRENT),
    "inverse's gradient with Y^T on one side only": (
        "The gradient through Phi^-1 is -Y^T grad_Y Y; it is -Y^T grad_Y Y^T.",
        {"inverted_backward": lambda right, phi, back, g: -back.T @ g @ back}, RECURRENT),
    "eigenvalue gap reversed": (
        "By way of A the gradient of Phi has (lambda_i - lambda_j) M_ij; it is (lambda_j - "
        "lambda_i) M_ij, j the column.", {"similarity_backward": _gap_reversed}, RECURRENT),
    "A taken as a constant": (
        "The gradients of Phi and theta lack the way through A.",
        {"over_time": lambda right, grads: 0 * right(grads)}, RECURRENT),
    "grad_A transposed": (
        "dL/dA is sum_t h_t^T g_t; it is sum_t g_t^T h_t.",
        {"over_time": lambda right, grads: right(grads).T}, RECURRENT),
    "grad_A of the last step only": (
        "dL/dA has the part of the last step only; it is a sum over time.",
        {"over_time": lambda right, grads: grads[0]}, RECURRENT),
    "grad_A of the first step only": (
        "dL/dA has the part of the first step only; it is a sum over time.",
        {"over_time": lambda right, grads: grads[-1]}, RECURRENT),
    "handed back through A transposed": (
        "The gradient goes back in time by g A^T; it is g A.",
        {"passed": lambda right, transfer, g: g @ transfer.T}, RECURRENT),
    "derivative one step late": (
        "f' is taken at the state of the next step; it belongs at the state that f was applied "
        "to.", {"bent_backward": lambda right, layer, state, after, g: right(
            layer, after, after, g)}, RECURRENT),
    "grad_theta without tanh'": (
        "The gradient of theta is that of lambda; the factor (1 - 2^-10)(1 - tanh^2) is missing.",
        {"damped_backward": lambda right, theta, g: g}, RECURRENT),
    "grad_theta without 1 - 2^-10": (
        "The gradient of theta lacks the factor 1 - 2^-10.",
        {"damped_backward": lambda right, theta, g: (1 - np.tanh(theta) ** 2) * g}, RECURRENT),
    "grad_theta with lambda for tanh": (
        "The gradient of theta has 1 - lambda^2 for its factor, which holds for lambda = tanh.",
        {"damped_backward": lambda right, theta, g: (1 - (1023 / 1024 * np.tanh(theta)) ** 2) * g},
        RECURRENT),
    "theta detached": ("grad_theta is zero: theta is cut off.", zero("theta"), RECURRENT),
}


# the real network

def read_by(reader, backward):
    return {"reader": lambda right, phi, back, c: reader(phi, back, c),
            "reader_backward": lambda right, phi, back, g: backward(phi, back, g)}


def _by_columns(phi, back, g):
    found = np.zeros_like(back)
    found[:, :len(g)] = g.T
    return 0 * phi, found


def _by_planted(phi, back, g):
    found = np.zeros_like(phi)
    found[:, :len(g)] = g.T
    return found, 0 * back


def _one_more(right, layer, state, n_in):
    if layer["constant"]:
        state = state.copy()
        state[:, n_in] = 1
    return state


def _none_back(right, layer, grad, n_in):
    return grad * (np.arange(grad.shape[1]) != n_in) if layer["constant"] else grad


def _at_the_end(right, layer, own, x):
    return np.roll(right(layer, own, x), -x.shape[1] - layer["constant"], 1)


def _from_the_end(right, layer, grad, n_in):
    return right(layer, np.roll(grad, n_in + layer["constant"], 1), n_in)


def spectrum_as(planted):
    return {"spectrum": lambda right, own: np.concatenate([
        np.full(own["planted"].shape[1], planted), right(own)[own["planted"].shape[1]:]])}


def _cut_at_the_end(right, own, g):
    return right(own, np.roll(g, own["planted"].shape[1]))


def _activation_last(right, layer, transfer, state, t):
    after, _ = right(layer, np.eye(len(transfer)), state @ transfer.T, 1)
    return after, state


def _activation_last_backward(right, layer, transfer, kept, g):
    state, _, after = kept
    one = np.eye(len(transfer))
    _, grad = right(layer, one, (state @ transfer.T, after, after), g)
    return grad.T @ state, grad @ transfer


TRANSIENT = {
    "read-out with Y^T": (
        "y is x Y, read by the first columns of Y; it is x Y^T, by the first rows.",
        read_by(lambda phi, back, c: back[:, :c].T, _by_columns), REAL),
    "read-out with P": (
        "y is x P; it is x Y_P^T, which is the same for an orthonormal Phi only.",
        read_by(lambda phi, back, c: phi[:, :c].T, _by_planted), REAL),
    "activation after A": (
        "The state goes on by f(A x); it is A f(x).",
        {"advance": _activation_last, "advance_backward": _activation_last_backward}, REAL),
    "planted eigenvalues below 1": (
        "The planted eigenvalues are 1 - 2^-10, kept below 1 with the others; they are 1.",
        spectrum_as(1023 / 1024), REAL),
    "planted eigenvalues zero": (
        "The planted eigenvalues are 0; they are 1, so that what has arrived stays.",
        spectrum_as(0.0), REAL),
    "planted eigenvalues last": (
        "The eigenvalues 1 belong to the last columns of Phi; the planted columns are the first.",
        {"spectrum": lambda right, own: np.roll(right(own), -own["planted"].shape[1]),
         "spectrum_backward": _cut_at_the_end}, REAL),
    "constant node missing": (
        "The constant node is left at 0; it starts at 1.",
        {"first_state": lambda right, layer, own, x: right(
            {**layer, "constant": False}, own, x)}, REAL),
    "constant node not asked for": (
        "A node starts at 1 though no constant node is asked for.",
        {"first_state": lambda right, layer, own, x: right(
            {**layer, "constant": x.shape[1] < len(own["planted"])}, own, x)}, REAL),
    "constant node held at 1": (
        "The constant node is 1 at every step; it only starts there.",
        {"hold": _one_more, "hold_backward": _none_back}, REAL),
    "input on the last nodes": (
        "x lies on the last nodes at the start; it lies on the first.",
        {"first_state": _at_the_end, "first_state_backward": _from_the_end}, REAL),
}
TRANSIENT_BACKWARD = {
    "read-out's way to Phi missing": (
        "The gradient of Phi lacks the part by which the read-out uses Phi^-1.",
        {"reader_backward": lambda right, phi, back, g: (0 * phi, 0 * back)}, REAL),
    "planted and free gradients in the wrong order": (
        "The eigenvalue gradients are cut at the wrong end: theta belongs to the last columns.",
        {"spectrum_backward": _cut_at_the_end}, REAL),
    "planted detached": (
        "grad_planted is zero: it is cut off.", zero("planted"), REAL),
    "modes detached": ("grad_modes is zero: it is cut off.", zero("modes"), REAL),
}
DEFINITION = BOTH | TRANSIENT
BACKWARD = BOTH_BACKWARD | TRANSIENT_BACKWARD
