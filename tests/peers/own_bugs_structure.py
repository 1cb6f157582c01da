"""Bugs of recurrent, nested, factored and sparse layers, and two bugs at once."""
import torch
from oracle_jax import JaxAnswers
from oracle_torch import ByRule, TorchAnswers
from own_bugs import both, bug

RECURRENT = {"only": "recurrent/*"}
COMPLEX = {"only": "complex_recurrent/*"}


@bug("f after the transfer", "structure", said=r"activation|order|after|before|\bf\b", **RECURRENT)
class ActivationLate(TorchAnswers):
    def advance(self, layer, own, transfer, state):
        return self.bent(layer, state @ transfer.T)


@bug("one step too many", "structure", said=r"step", **RECURRENT)
class OneMore(TorchAnswers):
    def recurrent(self, layer, own, x):
        return super().recurrent({**layer, "steps": layer["steps"] + 1}, own, x)


@bug("the damping of the eigenvalues is forgotten", "structure",
     said=r"damp|2\^-10|tanh|eigenvalue", only=("recurrent/*", "complex_recurrent/*"))
class NotDamped(TorchAnswers):
    def damped(self, theta):
        return torch.tanh(theta)


@bug("the transposed for the inverse", "structure", said=r"transpos|inverse|orthogonal",
     **RECURRENT)
class Orthogonal(TorchAnswers):
    inverse = staticmethod(lambda phi: phi.T)


@bug("time cut off in the backward", "structure", said=r"truncat|last step|detach|time|step",
     at=("grad_planted", "grad_modes", "grad_theta", "grad_x"), **RECURRENT)
class Truncated(TorchAnswers):
    def advance(self, layer, own, transfer, state):
        return super().advance(layer, own, transfer, state.detach())


@bug("the constant node comes last", "structure", said=r"constant", **RECURRENT, where=r"constant")
class ConstantLast(TorchAnswers):
    def start(self, layer, own, x):
        ones = x.new_ones(len(x), int(layer["constant"]))
        zeros = x.new_zeros(len(x), len(own["planted"]) - x.shape[1] - ones.shape[1])
        return torch.cat([x, zeros, ones], 1)


@bug("turned forwards, not back", "structure", said=r"conjugat|sign|omega|exp", **COMPLEX)
class TurnedForwards(TorchAnswers):
    def turned_back(self, own, t, q):
        return torch.exp(1j * own["omega"] * t) * q


@bug("the conjugate convention of gradients", "structure", at=("grad_k_imag",),
     said=r"conjugat|sign|imag|-1 times", **COMPLEX)
class Conjugate(TorchAnswers):
    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        return {name: -grad if name == "grad_k_imag" else grad for name, grad in found.items()}


@bug("power without its imaginary part", "structure", said=r"power|imag|real", **COMPLEX,
     where=r"power")
class RealPower(TorchAnswers):
    def read(self, layer, a):
        return a.real ** 2 if layer["read"] == "power" else super().read(layer, a)


@bug("nested by f(z) alone", "structure", only="nested/*", where=r"skip",
     said=r"skip|phi u|u_|substitut|state|inverse")
class NoSubstitution(JaxAnswers):
    state = staticmethod(lambda h, part, u, before: h)


@bug("the plus of a nested state", "structure", only="nested/*", where=r"skip",
     said=r"sign|\+|minus")
class PlusState(JaxAnswers):
    state = staticmethod(lambda h, part, u, before: h + u @ part["phi"].T)


@bug("masked weights still get a gradient", "structure", only="sparse/*", said=r"mask",
     at=("grad_weight", "grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_r", "grad_s"))
class StraightThrough(TorchAnswers):
    def masked(self, layer, own, weight):
        kept = super().masked(layer, own, weight)
        return weight + (kept - weight).detach()


@bug("equal to the threshold is kept", "structure", only="sparse/*", suite="full",
     said=r"threshold|equal|>=|tie|= c are kept", where=r"tie")
class KeepsEqual(TorchAnswers):
    def keep(self, layer, own, weight):
        return abs(weight) >= self.threshold(layer, abs(weight))


@bug("quantile by the nearest number", "structure", only="sparse/*", suite="full",
     said=r"quantile|nearest|linear|threshold", where=r"dynamic")
class Nearest(TorchAnswers):
    @staticmethod
    @torch.no_grad()
    def quantile(size, share):
        return size.flatten().kthvalue(max(1, round(share * size.numel()))).values


@bug("the sign is lost in thresholding", "structure", only="sparse/*",
     said=r"sign|absolute|threshold|\bw > ", where=r"negative")
class Signless(TorchAnswers):
    def keep(self, layer, own, weight):
        return weight > self.threshold(layer, abs(weight))


@bug("singular values squared", "structure", only="factored/svd/*", said=r"squar|\bs\b|singular")
class SquaredValues(TorchAnswers):
    of_svd = staticmethod(lambda u, s, v: u @ torch.diag(s ** 2) @ v)


@bug("r without its diagonal", "structure", only="factored/qr/*", said=r"diagonal|triang",
     where=r"grad_r|diagonal", follows=True)
class NoDiagonal(TorchAnswers):
    def lower(self, own):
        return super().lower(own).tril(-1)


@bug("q not transposed", "structure", only=("factored/qr/*", "factored/full-qr/*"), suite="full",
     said=r"\bq\b.*transpos|transpos.*\bq\b|q for q", where=r"square")
class PlainQ(TorchAnswers):
    def eigenvectors(self, kind, own):
        q = own["q"]
        return super().eigenvectors(kind, {**own, "q": q.T if q.shape[0] == q.shape[1] else q})


@bug("gradient of s doubled", "structure", only="factored/svd/*", said=r"twice|doubl|factor|2",
     at="grad_s")
class TwiceS(TorchAnswers):
    of_svd = staticmethod(lambda u, s, v: ByRule.apply(
        lambda u, s, v: u @ torch.diag(s) @ v,
        lambda g, u, s, v: (None, 2 * torch.diagonal(u.T @ g @ v.T), None), u, s, v))


# two at once

def doubles():
    both("bias subtracted", "the sum of the eigenvalues")
    both("grad_bias counted twice", "grad_phi without the gap")
    both("the last block of 32 samples is dropped", "a warp sums 64 samples of the bias")
    both("lambda_out minus lambda_in", "log of 1 + exp")
    both("grad_phi as x^T grad_y", "grad_x by W^T when square")
    both("x wants no gradient", "mean over the batch in the layer")
    both("label smoothing left at 0.1", "squared error summed over the outputs")
    both("ratio on the other norm", "groups over the other axis")
    both("decay inside the gradient", "Nesterov's momentum")
    both("f after the transfer", "the damping of the eigenvalues is forgotten")
    both("the sign is lost in thresholding", "singular values squared",
         only=("factored/svd/*", "sparse/*"))
    both("the minus of grad_lambda_out is lost", "grad_x divided by the batch")
