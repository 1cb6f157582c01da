"""Mistakes in complex recurrent networks alone.

Tables name -> (sentence, wrong steps, in which layers), as in recurrent.py.
"""
import numpy as np

from .backward import zero

COMPLEX = ("complex_recurrent",)


def read_as(value, backward):
    return {"read": lambda right, layer, a: value(right, layer, a),
            "read_backward": lambda right, layer, a, g: backward(right, layer, a, g)}


def _real_only(right, layer, a):
    return right(layer, a.real + 0j)


def _real_only_backward(right, layer, a, g):
    return right(layer, a.real + 0j, g).real + 0j


def _size(right, layer, a):
    return np.abs(a) if layer["read"] == "power" else right(layer, a)


def _size_backward(right, layer, a, g):
    return a / np.abs(a) * g if layer["read"] == "power" else right(layer, a, g)


def coupling_grad(real=1, imag=1):
    return {"coupling_backward": lambda right, g: {
        "k_real": real * right(g)["k_real"], "k_imag": imag * right(g)["k_imag"]}}


def _omega_by_reading(right, own, t, q, g):
    return right(own, t, q, g)[0], np.zeros(len(own["omega"]))


def _replaced(right, u, item):
    return item


DEFINITION = {
    "amplitudes not turned back": (
        "The amplitudes are m - K Y u; they are exp(-i omega t) times that.",
        {"turned_back": lambda right, own, t, q: q,
         "turned_backward": lambda right, own, t, q, g: (g, np.zeros(len(own["omega"])))},
        COMPLEX),
    "amplitudes turned forward": (
        "The amplitudes are exp(i omega t) (m - K Y u); the exponent has a minus.",
        {"turned_back": lambda right, own, t, q: right(own, -t, q),
         "turned_backward": lambda right, own, t, q, g: right(own, -t, q, g)}, COMPLEX),
    "amplitudes turned one step too little": (
        "The amplitudes are turned back by t - 1 steps; it is t steps that the memory has turned.",
        {"turned_back": lambda right, own, t, q: right(own, t - 1, q),
         "turned_backward": lambda right, own, t, q, g: right(own, t - 1, q, g)}, COMPLEX),
    "nodes not taken off the memory": (
        "The amplitudes are exp(-i omega t) m; they are exp(-i omega t) (m - K Y u), with what the "
        "nodes will still write.",
        {"projected": lambda right, m, u, rows: m,
         "projected_backward": lambda right, g, u, rows: (g, 0 * u, 0 * rows)}, COMPLEX),
    "sign of omega": (
        "mu is exp(-i omega), and the amplitudes are turned back the other way; mu is "
        "exp(i omega).",
        {"turn": lambda right, own, t: right(own, -t),
         "turn_backward": lambda right, own, g: -right(own, g),
         "turned_backward": lambda right, own, t, q, g: (right(own, t, q, g)[0],
                                                         -right(own, t, q, g)[1])}, COMPLEX),
    "gap of the memory reversed": (
        "B is ((mu - lambda) K) Y; it is ((lambda - mu) K) Y.",
        {"gaps": lambda right, values, mu: -right(values, mu),
         "value_part": lambda right, g, k: -right(g, k),
         "mu_part": lambda right, g, k: -right(g, k)}, COMPLEX),
    "imaginary part of K ignored": (
        "K is k_real; it is k_real + i k_imag.",
        {"coupling": lambda right, own: right(own).real + 0j,
         **coupling_grad(imag=0)}, COMPLEX),
    "only the real part read": (
        "Only the real parts of the amplitudes are read.", read_as(_real_only, _real_only_backward),
        COMPLEX),
    "modulus for its square": (
        "The power is |a|; it is |a|^2.", read_as(_size, _size_backward), COMPLEX),
    "all items at once": (
        "All items enter at the start; item j enters at t = j spacing.",
        {"times": lambda right, layer, items: [0] * items}, COMPLEX),
    "items replace the nodes": (
        "An item takes the place of what the nodes hold; it is added to it.",
        {"inserted": _replaced, "inserted_backward": lambda right, g: 0 * g}, COMPLEX),
    "f at the first item only": (
        "f acts in the first `steps` steps only; it acts anew from every item on.",
        {"acts": lambda right, layer, times, t: right(layer, times[:1], t)}, COMPLEX),
    "f between items": (
        "f acts in all steps; it acts for `steps` steps from every item on.",
        {"acts": lambda right, layer, times, t: True}, COMPLEX),
}
BACKWARD = {
    "conjugate of B missing": (
        "The gradient of the nodes is Re(g B); it is Re(g conj(B)).",
        {"from_memory": lambda right, g, drive: right(g, drive.conj())}, COMPLEX),
    "gradient of the nodes from real parts alone": (
        "The gradient of the nodes is Re g Re B; Im g Im B is missing.",
        {"from_memory": lambda right, g, drive: right(g.real, drive.real)}, COMPLEX),
    "memory's gradient not turned": (
        "The gradient of the memory goes back in time as it is; a step multiplies it by conj(mu).",
        {"earlier": lambda right, g, mu: g}, COMPLEX),
    "conjugate of mu missing": (
        "The gradient of the memory is multiplied by mu; it is conj(mu).",
        {"earlier": lambda right, g, mu: g * mu}, COMPLEX),
    "conjugate of m missing": (
        "The gradient of mu is sum g m; it is sum g conj(m).",
        {"turning": lambda right, g, m: right(g, m.conj())}, COMPLEX),
    "conjugate of the gap missing": (
        "The gradient of K is (lambda - mu) g; the factor is conj(lambda - mu).",
        {"through_gaps": lambda right, gaps, g: right(gaps.conj(), g)}, COMPLEX),
    "conjugate of K missing": (
        "The gradients of lambda and mu have g K; they have g conj(K).",
        {"value_part": lambda right, g, k: right(g, k.conj()),
         "mu_part": lambda right, g, k: right(g, k.conj())}, COMPLEX),
    "conjugate gradient of K": (
        "grad_k_imag has the opposite sign: dL/dRe - i dL/dIm, the gradient's conjugate.",
        coupling_grad(imag=-1), COMPLEX),
    "gradient of K halved": (
        "grad_k_real and grad_k_imag are halved: dL/d conj(K), half of dL/dRe + i dL/dIm.",
        coupling_grad(.5, .5), COMPLEX),
    "gradient of K doubled": (
        "grad_k_real and grad_k_imag are doubled.", coupling_grad(2, 2), COMPLEX),
    "gradient of the power without its factor 2": (
        "The gradient of |a|^2 is a g; it is 2 a g.",
        {"read_backward": lambda right, layer, a, g: right(layer, a, g) / (
            1 + (layer["read"] == "power"))}, COMPLEX),
    "grad_omega without B": (
        "The gradient of omega lacks its way through B.",
        {"mu_part": lambda right, g, k: 0 * right(g, k)}, COMPLEX),
    "grad_omega without the turn back": (
        "The gradient of omega lacks its way through exp(-i omega t).",
        {"turned_backward": _omega_by_reading}, COMPLEX),
    "grad_omega without the steps of the memory": (
        "The gradient of omega lacks its way through mu m.",
        {"turning": lambda right, g, m: 0 * right(g, m)}, COMPLEX),
    "nodes at the end detached": (
        "The gradient through -K Y u at the end is missing.",
        {"projected_backward": lambda right, g, u, rows: (g, 0 * u, 0 * rows)}, COMPLEX),
    "gradient of items before f": (
        "grad_x lacks the derivative of f.",
        {"to_item": lambda right, grad_fed, grad_h: grad_h}, COMPLEX),
    "K detached": ("grad_k_real and grad_k_imag are zero: K is cut off.",
                   coupling_grad(0, 0), COMPLEX),
    "omega detached": ("grad_omega is zero: omega is cut off.", zero("omega"), COMPLEX),
}
