"""Mistakes in structured layers: phi in factors, nested networks, masked weights.

Tables name -> (sentence, wrong steps, in which layers); a wrong step is called as
wrong(right, *arguments), where right is the right step. Gradients of a wrong definition belong to
its forward, as automatic differentiation gives them.
"""
import numpy as np

from .backward import zero
from .right import SPARSE, gap

QR, FULL, SVD = ("spectral_qr",), ("spectral_full_qr",), ("spectral_svd",)
BOTH_QR, NESTED = QR + FULL, ("nested",)
DYNAMIC = ("sparse_dynamic",)


def filled_at(places):
    """r at other places of L: places(n_out, k) -> (rows, columns)."""
    def unpacked(right, r, shape):
        matrix = np.zeros(shape, r.dtype)
        matrix[places(*shape)] = r
        return matrix
    return {"unpacked": unpacked, "packed": lambda right, g: g[places(*g.shape)]}


def by_columns(n, k):
    return np.nonzero(np.tri(n, k).T)[::-1]


def phi_of_svd(function, indices, out="m", factor=lambda s: 1):
    """phi = function(u, s, v), with grad_s from the indices that u, grad_phi and v have in it."""
    return {"eigenvectors": lambda right, kind, p: (
                function(p["u"], p["s"], p["v"]) if kind == "spectral_svd"
                else right(kind, p)),
            "s_backward": lambda right, p, g: factor(p["s"]) * np.einsum(
                f"{indices}->{out}", p["u"], g, p["v"])}


def _q_untransposed(right, kind, p):
    if kind == "spectral_svd" or p["q"].shape[0] == p["q"].shape[1]:
        return right(kind, {**p, "q": p["q"].T} if "q" in p else p)
    raise ValueError("q (n_in, k) cannot stand for its transpose")


FACTORED = {
    "r packed column by column": (
        "r is read into the triangle of L = R^T column by column (the rows of R); it comes row by "
        "row.", filled_at(by_columns), QR),
    "r packed as an upper triangle": (
        "r is read into an upper triangle; L = R^T, for which it comes, is lower.",
        filled_at(lambda n, k: np.triu_indices(n, 0, k)), QR),
    "R for its transpose": (
        "phi is R q^T; it is L q^T with L = R^T.",
        {"lower": lambda right, kind, p: right(kind, p).T,
         "lower_backward": lambda right, p, g: right(p, g).T}, BOTH_QR),
    "q for its transpose": (
        "phi is L q; it is L q^T, q has the shape (n_in, k).",
        {"eigenvectors": _q_untransposed, "lower_backward": lambda right, p, g: right(
            {**p, "q": p["q"].T}, g)}, BOTH_QR),
    "r of the full form cut to its triangle": (
        "Only the lower triangle of r is used; in the full form all of its entries are.",
        {"lower": lambda right, kind, p: np.tril(right(kind, p)),
         "r_backward": lambda right, kind, g: right(kind, np.tril(g))}, FULL),
    "u and v swapped": ("phi is v^T diag(s) u^T; it is u diag(s) v.",
                        phi_of_svd(lambda u, s, v: (v.T * s) @ u.T, "jm,ij,mi"), SVD),
    "u transposed": ("u is taken as (k, n_out); it is (n_out, k).",
                     phi_of_svd(lambda u, s, v: (u.T * s) @ v, "mi,ij,mj"), SVD),
    "v transposed": ("v is taken as (n_in, k) and transposed once more; it is (k, n_in).",
                     phi_of_svd(lambda u, s, v: (u * s) @ v.T, "im,ij,jm"), SVD),
    "s on the columns of v": ("s multiplies the columns of v; it multiplies the rows.",
                              phi_of_svd(lambda u, s, v: u @ (v * s), "im,ij,mj", "j"), SVD),
    "s ignored": ("phi is u v; the factor diag(s) is missing.",
                  phi_of_svd(lambda u, s, v: u @ v, "im,ij,mj", factor=lambda s: 0), SVD),
    "s squared": ("phi is u diag(s^2) v; it is u diag(s) v.",
                  phi_of_svd(lambda u, s, v: (u * s * s) @ v, "im,ij,mj",
                             factor=lambda s: 2 * s), SVD),
}
FACTORED_BACKWARD = {
    "grad_r packed column by column": (
        "The entries of grad_r come column by column; r goes row by row.",
        {"packed": lambda right, g: g[by_columns(*g.shape)]}, QR),
    "grad_r cut to its triangle": (
        "grad_r is zero above the diagonal; in the full form all entries of r have a gradient.",
        {"r_backward": lambda right, kind, g: right(kind, np.tril(g))}, FULL),
    "grad_r without q": ("grad_r is grad_phi, cut to the shape of L; it is grad_phi q.",
                         {"lower_backward": lambda right, p, g: g[:, :p["q"].shape[1]]}, BOTH_QR),
    "grad_r with q transposed": ("grad_r is grad_phi q^T; it is grad_phi q.",
                                 {"lower_backward": lambda right, p, g: g @ p["q"].T}, BOTH_QR),
    "grad_s of the whole rows": (
        "grad_s sums rows of u^T grad_phi v^T; only its diagonal counts.",
        {"s_backward": lambda right, p, g: (p["u"].T @ g @ p["v"].T).sum(1)}, SVD),
    "grad_s without v": (
        "grad_s is the diagonal of u^T grad_phi; the factor v is missing.",
        {"s_backward": lambda right, p, g: np.diagonal(p["u"].T @ g)[:p["s"].size] + 0 *
         p["s"]}, SVD),
    "r detached": ("grad_r is zero: r is cut off.", zero("r"), BOTH_QR),
    "s detached": ("grad_s is zero: the singular values are cut off.", zero("s"), SVD),
}


def inverse_as(forward, backward):
    return {"inverse": lambda right, layer, part, h, u, before: (
                forward(part, h, u, before) if layer["skip"] else h),
            "inverse_backward": lambda right, layer, part, g, u, before: (
                backward(part, g, u, before) if layer["skip"]
                else right(layer, part, g, u, before))}


def _through_weight(part, g, u, before):
    grad_weight, phi = -g.T @ u, part["phi"]
    return ({"lambda_in": (phi * grad_weight).sum(0), "lambda_out": -(phi * grad_weight).sum(1),
             "phi": gap(part) * grad_weight}, -g @ (gap(part) * phi), 0 * before)


def skip_path(phi=1, state=1):
    """The gradients that go through -phi_k u_{k-1}, each times a factor."""
    def inverse_backward(right, layer, part, g, u, before):
        grads, to_u, to_before = right(layer, part, g, u, before)
        return {key: phi * grad for key, grad in grads.items()}, state * to_u, to_before
    return {"inverse_backward": inverse_backward}


def shared_without(key, at):
    """The shared eigenvalues' gradients without a part: that of `key` where at(k, depth) holds."""
    return {"collect": lambda right, layer, grads, k, new, depth: right(
        layer, grads, k, {name: grad for name, grad in new.items()
                          if not (layer["shared"] and name == key and at(k, depth))}, depth)}


GRAPH = {
    "skip blocks missing": (
        "Phi^-1 is left out: u_k is h_k; it is h_k - phi_k u_{k-1}, which makes the skip blocks.",
        inverse_as(lambda part, h, u, before: h,
                   lambda part, g, u, before: ({}, 0 * u, 0 * before)), NESTED),
    "skip blocks not asked for": (
        "Skip blocks are there though skip is off: then u_k is h_k.",
        {"inverse": lambda right, layer, *rest: right({**layer, "skip": True}, *rest),
         "inverse_backward": lambda right, layer, *rest: right({**layer, "skip": True}, *rest)},
        NESTED),
    "sign of the inverse": (
        "u_k is h_k + phi_k u_{k-1}; Phi^-1 carries a minus.",
        inverse_as(lambda part, h, u, before: h + u @ part["phi"].T,
                   lambda part, g, u, before: ({"phi": g.T @ u}, g @ part["phi"], 0 * before)),
        NESTED),
    "inverse of one transfer": (
        "Phi^-1 is taken as 2 - Phi, which holds for one transfer: u_k is h_k - phi_k h_{k-1}; it "
        "is h_k - phi_k u_{k-1}.",
        inverse_as(lambda part, h, u, before: h - before @ part["phi"].T,
                   lambda part, g, u, before: ({"phi": -g.T @ before}, 0 * u, -g @ part["phi"])),
        NESTED),
    "inverse with the weight": (
        "u_k is h_k - W_k u_{k-1}; Phi^-1 has phi_k there.",
        inverse_as(lambda part, h, u, before: h - u @ (gap(part) * part["phi"]).T,
                   _through_weight), NESTED),
    "activation after the last transfer": (
        "The activation is applied after the last transfer, too; there y is z.",
        {"bend": lambda right, layer, z, last: right(layer, z, False),
         "bend_backward": lambda right, layer, z, last, g: right(layer, z, False, g)}, NESTED),
}
GRAPH_BACKWARD = {
    "shared eigenvalues from the transfer into them only": (
        "The gradient of a hidden node's eigenvalue has the part of the transfer into it only; "
        "the transfer out of it shares the eigenvalue.",
        shared_without("lambda_in", lambda k, depth: k > 1), NESTED),
    "shared eigenvalues from the transfer out of them only": (
        "The gradient of a hidden node's eigenvalue has the part of the transfer out of it only; "
        "the transfer into it shares the eigenvalue.",
        shared_without("lambda_out", lambda k, depth: k < depth), NESTED),
    "grad_phi without the skip path": (
        "grad_phi_k lacks -grad_u_k^T u_{k-1}, the way through Phi^-1.", skip_path(phi=0), NESTED),
    "grad_u without the skip path": (
        "The gradient handed back lacks -grad_u_k phi_k, the way through Phi^-1.",
        skip_path(state=0), NESTED),
    "skip path detached": (
        "The way through Phi^-1 is cut off in the backward pass: it belongs to grad_phi_k and to "
        "the gradient handed back.", skip_path(phi=0, state=0), NESTED),
    "sign of the skip path": ("The gradients through Phi^-1 have the opposite sign.",
                              skip_path(phi=-1, state=-1), NESTED),
}


def _shrunk(right, layer, p, weight):
    size = np.abs(weight)
    c = layer.get("threshold")
    c = np.percentile(size, 100 * layer["sparsity"]) if c is None else c
    masked = right(layer, p, weight)
    return masked - c * np.sign(masked)


def quantile(share=lambda s: s, **options):
    return {"threshold": lambda right, layer, size: right(layer, size) if "threshold" in layer
            else np.percentile(size, 100 * share(layer["sparsity"]), **options)}


def _unmasked_input(right, layer, p, matrix, g):
    if layer["layer"] in SPARSE:
        matrix = gap(p) * p["phi"] if "phi" in p else p["weight"]
    return right(layer, p, matrix, g)


MASK = {
    "mask missing": (
        "No weight is masked; those with |W| <= c are 0.",
        {"masked": lambda right, layer, p, weight: weight,
         "masked_backward": lambda right, layer, p, weight, g: g}, SPARSE),
    "mask inverted": ("The large weights are masked; the small ones should be.",
                      {"keep": lambda right, *rest: ~right(*rest)}, SPARSE),
    "mask of phi": (
        "The mask is taken from |phi|; it is |W| that counts.",
        {"keep": lambda right, layer, p, weight: right(layer, p, p.get("phi", weight))}, SPARSE),
    "mask of the signed weight": ("The mask compares W with the threshold; it is |W| that counts.",
                                  {"mask_size": lambda right, p, weight: weight}, SPARSE),
    "weights at the threshold kept": (
        "Weights with |W| = c are kept; they are masked: W~ = W where |W| > c.",
        {"above": lambda right, size, c: size >= c}, SPARSE),
    "weights shrunk by the threshold": (
        "Kept weights are moved towards 0 by c, a soft threshold; they stay as they are.",
        {"masked": _shrunk}, SPARSE),
    "quantile in each row": (
        "Every row has a threshold of its own; there is one for the whole weight.",
        quantile(axis=1, keepdims=True), DYNAMIC),
    "quantile of the density": ("The part that is masked is 1 - sparsity; it is the sparsity.",
                                quantile(lambda s: 1 - s), DYNAMIC),
    "quantile rounded up": (
        "The threshold is the next larger weight, which is masked, too; it lies between two "
        "weights, linearly.", quantile(method="higher"), DYNAMIC),
}
MASK_BACKWARD = {
    "gradient not masked": ("Masked weights hand their gradient on; it is 0 for them.",
                            {"masked_backward": lambda right, layer, p, weight, g: g}, SPARSE),
    "grad_x through the unmasked weight": ("grad_x is grad_y W; it is grad_y W~, with the mask.",
                                           {"input_backward": _unmasked_input}, SPARSE),
}
DEFINITION = FACTORED | GRAPH | MASK
BACKWARD = FACTORED_BACKWARD | GRAPH_BACKWARD | MASK_BACKWARD
