"""Bugs of numbers: low precision inside, and cancellation."""
import jax.numpy as jnp
import torch
from oracle_torch import TorchAnswers
from own_bugs import FEW, ByHand, JaxByHand, bug

F = torch.nn.functional


# low precision inside

@bug("product in float32", "precision", said=r"float32|single|2\^-24", dtype="float64")
class FloatProduct(ByHand):
    product = staticmethod(lambda x, weight: (x.float() @ weight.float().T).double())


@bug("weight cast to float32", "precision", said=r"float32|single|2\^-24")
class FloatWeight(TorchAnswers):
    def weight(self, own):
        return super().weight(own).float().to(self.dtype)


def tf32(a):
    """Eleven bits, as a tensor core reads its operands."""
    return ((a.view(torch.int32) + 0x1000) & ~0x1fff).view(torch.float32)


@bug("TF32 is on", "precision", said=r"TF32|2\^-11|11 bits", dtype="float32")
class TensorCores(ByHand):
    product = staticmethod(lambda x, weight: tf32(x) @ tf32(weight).T)
    moment = staticmethod(lambda g, x: tf32(g).T.contiguous() @ tf32(x))
    of_x = staticmethod(lambda g, weight: tf32(g) @ tf32(weight))


@bug("TF32 in the forward alone", "precision", said=r"TF32|2\^-11|11 bits", dtype="float32")
class TensorCoresForward(ByHand):
    product = staticmethod(lambda x, weight: tf32(x) @ tf32(weight).T)


@bug("autocast left on", "precision", said=r"bfloat16|2\^-8|8 bits", dtype="float32")
class Autocast(TorchAnswers):
    def affine(self, weight, own, x):
        with torch.autocast("cpu", torch.bfloat16):
            y = x @ weight.T
        return y.float() if own["bias"] is None else y.float() + own["bias"]


@bug("gradients compressed to bfloat16", "precision", said=r"bfloat16|2\^-8|8 bits",
     at=("grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_bias"), dtype="float32")
class Compressed(TorchAnswers):
    """As a communication hook does it with every parameter's gradient."""

    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        return {name: grad if name == "grad_x" else grad.bfloat16().float()
                for name, grad in found.items()}


@bug("matrix of gradients summed in float16", "precision", said=r"float16|2\^-11|half",
     at=("grad_phi", "grad_lambda_in", "grad_lambda_out"), dtype="float32")
class HalfMoment(ByHand):
    moment = staticmethod(lambda g, x: (g.half().T @ x.half()).float())


@bug("softplus in float32", "precision", said=r"float32|single|2\^-24", where=r"softplus")
class FloatSoftplus(TorchAnswers):
    smooth_plus = staticmethod(lambda x, k: TorchAnswers.smooth_plus(x.float(), k).double())


@bug("x64 forgotten at one place", "precision", said=r"float32|single|2\^-24",
     only=FEW)
class JaxFloat(JaxByHand):
    product = staticmethod(lambda x, weight: jnp.matmul(
        x, weight.T, preferred_element_type=jnp.float32).astype(float))


# cancellation

@bug("weight never formed", "cancellation", said=r"cancel", suite="full",
     at=("y", "grad_phi", "grad_x"))
class NeverFormed(TorchAnswers):
    def spectral(self, layer, own, x):
        y = (x * own["lambda_in"]) @ own["phi"].T - (x @ own["phi"].T) * own["lambda_out"]
        return y if own["bias"] is None else y + own["bias"]


@bug("Phi Lambda Phi^-1 on all nodes", "cancellation", said=r"cancel", suite="full",
     at=("y", "grad_phi", "grad_x"))
class AllNodes(TorchAnswers):
    def weight(self, own):
        n_out, n_in = own["phi"].shape
        lower = F.pad(own["phi"], (0, n_out, n_in, 0))
        one = torch.eye(n_in + n_out, dtype=self.dtype)
        values = torch.cat([own["lambda_in"], own["lambda_out"]])
        return ((one + lower) @ torch.diag(values) @ (one - lower))[n_in:, :n_in]


@bug("1e-8 added to the gap", "cancellation", said=r"1e-8|1e-08|constant|offset|eps",
     where=r"about 1e-0?8")
class Epsilon(TorchAnswers):
    realized = staticmethod(lambda lambda_in, lambda_out, phi: (
        lambda_in - lambda_out + 1e-8) * phi)


@bug("central differences for lambda_in", "cancellation", said=r"difference|step",
     at="grad_lambda_in")
class Differences(ByHand):
    def backward(self, g, x, li, lo, phi, bias):
        of_x, _, *others = super().backward(g, x, li, lo, phi, bias)
        steps = 1e-6 * torch.eye(len(li), dtype=self.dtype)
        of_in = [(g * (self.forward(x, li + step, lo, phi, bias)
                       - self.forward(x, li - step, lo, phi, bias))).sum() / 2e-6
                 for step in steps]
        return of_x, torch.stack(of_in), *others


@bug("tanh as 2 sigmoid - 1", "cancellation", said=r"cancel", where=r"tanh", suite="full")
class BySigmoid(TorchAnswers):
    tanh = staticmethod(lambda layer, own, z: 2 * torch.sigmoid(2 * z) - 1)
