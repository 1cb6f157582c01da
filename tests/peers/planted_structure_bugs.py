"""Bugs of users in factored, nested and masked layers, each with the names of its cause.

STRUCTURED: one bug, which the list of known mistakes has. UNHEARD: bugs that no list has.
"""
import jax
import torch
from oracle_torch import ByRule
from planted_bugs import T, in_jax, in_torch

F = torch.nn.functional


def by_columns(n_out, k):
    rows, columns = torch.tril_indices(n_out, k)
    order = columns.argsort(stable=True)
    return rows[order], columns[order]


def of_qr(function):
    """phi = function(L, q) in both forms of S-QR."""
    return lambda self, kind, own: T.eigenvectors(self, kind, own) if kind == "spectral_svd" else (
        function(own["r"] if kind == "spectral_full_qr" else self.lower(own), own["q"]))


def substituted(state, title, *names):
    """A nested network with another u_k: state(h_k, part, u_{k-1}, h_{k-1})."""
    return in_torch(title, *names, nested=T.substituted, state=state)


def own_eigenvalues(self, layer, own, k):
    """The eigenvalues before a transfer, which it shares with the one before, detached."""
    part = T.transfer(self, layer, own, k)
    return {**part, "lambda_in": part["lambda_in"].detach()} if (
        layer["shared"] and k > 1) else part


def straight_through(self, layer, own, weight):
    """A masked weight whose gradient goes on as it came."""
    return ByRule.apply(lambda weight: T.masked(self, layer, own, weight), lambda g, weight: (g,),
                        weight)


STRUCTURED = [
    in_torch("r read along the columns of L", "r packed column by column", places=by_columns),
    in_torch("torch.triu_indices for r", "r packed as an upper triangle",
             places=torch.triu_indices),
    in_torch("R q^T", "R for its transpose", eigenvectors=of_qr(lambda low, q: low.T @ q.T)),
    in_torch("L q", "q for its transpose", eigenvectors=of_qr(lambda low, q: low @ q)),
    in_torch("tril of a full r", "r of the full form cut to its triangle",
             eigenvectors=lambda self, kind, own: T.eigenvectors(self, kind, {
                 **own, "r": own["r"].tril()} if kind == "spectral_full_qr" else own)),
    in_torch("V and U in the wrong order", "u and v swapped", "phi transposed",
             of_svd=lambda u, s, v: v.T @ torch.diag(s) @ u.T),
    in_torch("Vh taken for V", "v transposed", of_svd=lambda u, s, v: u @ torch.diag(s) @ v.T),
    in_torch("u @ (v * s)", "s on the columns of v", of_svd=lambda u, s, v: (
        u @ (v * s) if v.shape[1] == len(s) else u @ v[:, :0] @ s)),
    in_torch("s forgotten", "s ignored", of_svd=lambda u, s, v: u @ v + 0 * s.sum()),
    in_torch("r.detach()", "r detached", eigenvectors=lambda self, kind, own: T.eigenvectors(
        self, kind, {**own, "r": own["r"].detach()} if "r" in own else own)),
    substituted(lambda h, part, u, before: h, "a chain of layers", "skip blocks missing"),
    in_jax("Phi for its inverse", "sign of the inverse",
           state=lambda h, part, u, before: h + u @ part["phi"].T),
    substituted(lambda h, part, u, before: h - before @ part["phi"].T, "2 - Phi for the inverse",
                "inverse of one transfer"),
    substituted(lambda h, part, u, before: h - u @ T().weight(part).T,
                "W for phi in the inverse", "inverse with the weight"),
    in_torch("skip connections whatever skip says", "skip blocks not asked for",
             nested=lambda self, layer, own, x: T.nested(self, {**layer, "skip": True}, own, x)),
    in_jax("stop_gradient around the inverse", "skip path detached",
           state=lambda h, part, u, before: h - jax.lax.stop_gradient(u @ part["phi"].T)),
    substituted(lambda h, part, u, before: h - u @ part["phi"].detach().T,
                "phi detached in the inverse", "grad_phi without the skip path"),
    substituted(lambda h, part, u, before: h - u.detach() @ part["phi"].T,
                "u detached in the inverse", "grad_u without the skip path"),
    in_torch("shared eigenvalues detached in the second transfer",
             "shared eigenvalues from the transfer into them only", transfer=own_eigenvalues),
    in_torch("the threshold compared with phi", "mask of phi",
             keep=lambda self, layer, own, w: T.keep(self, layer, own, own.get("phi", w))),
    in_torch("W > c", "mask of the signed weight",
             keep=lambda self, layer, own, w: w > self.threshold(layer, w)),
    in_torch("|W| >= c", "weights at the threshold kept",
             keep=lambda self, layer, own, w: w.abs() >= self.threshold(layer, w.abs())),
    in_torch("a straight-through mask", "gradient not masked", masked=straight_through),
    in_torch("F.softshrink", "weights shrunk by the threshold",
             masked=lambda self, layer, own, w: F.softshrink(w, float(self.threshold(
                 layer, w.abs())))),
    in_torch("a quantile of every row", "quantile in each row",
             quantile=lambda size, share: torch.stack([T.quantile(row, share) for row in size])[
                 :, None]),
    in_torch("the density for the sparsity", "quantile of the density",
             quantile=lambda size, share: T.quantile(size, 1 - share)),
]
UNHEARD = [
    in_torch("q made orthonormal anew", eigenvectors=of_qr(
        lambda low, q: low @ torch.linalg.qr(q)[0].T)),
    in_torch("singular values sorted",
             of_svd=lambda u, s, v: u @ torch.diag(s.sort().values) @ v),
    substituted(lambda h, part, u, before: h - u @ part["phi"].T / 2, "half of the skip path"),
    substituted(lambda h, part, u, before: h - u @ part["phi"].abs().T,
                "a skip path without its eigenvectors' signs"),
    in_torch("a sigmoid for the mask", masked=lambda self, layer, own, w: w * torch.sigmoid(
        50 * (w.abs() - self.threshold(layer, w.abs())))),
    in_torch("the mean of |W| for the threshold",
             threshold=lambda self, layer, size: size.mean().detach()),
]
