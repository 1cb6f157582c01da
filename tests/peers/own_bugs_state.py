"""Bugs of state that stays, and of arrays that never come."""
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import torch
from oracle_jax import JaxAnswers
from oracle_torch import ByRule, TorchAnswers
from own_bugs import FEW, ByHand, bug

OF_OWN = ("grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_bias")


# state that stays

class Remembering:
    def __init__(self, dtype):
        super().__init__(dtype)
        self.kept = {}


@bug("W formed once per shape", "state", follows=False,
     said=r"stale|earlier|previous|other case|first (call|case)")
class StaleWeight(Remembering, TorchAnswers):
    def weight(self, own):
        fresh = super().weight(own)
        return self.kept.setdefault(fresh.shape, fresh.detach()) + fresh - fresh.detach()


@bug("a jitted function that closed over phi", "state", follows=False,
     said=r"stale|earlier|previous|other case|first (call|case)",
     only=FEW)
class ClosedOver(Remembering, JaxAnswers):
    def spectral(self, layer, own, x):
        key = own["phi"].shape
        phi = self.kept.setdefault(key, jax.lax.stop_gradient(own["phi"]))
        phi = phi + own["phi"] - jax.lax.stop_gradient(own["phi"])
        return super().spectral(layer, {**own, "phi": phi}, x)


@bug("gradients that are never zeroed", "state", at=OF_OWN,
     said=r"run to run|two runs|accumulat|second run|nondeterm", where=r"run to run|two runs")
class NeverZeroed(Remembering, TorchAnswers):
    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        for name in set(found) - {"grad_x"}:
            before = self.kept.get((name, found[name].shape), 0)
            found[name] = self.kept[name, found[name].shape] = before + found[name]
        return found


@bug("dropout in training mode", "state", said=r"run to run|two runs|random",
     where=r"run to run|two runs")
class Dropout(TorchAnswers):
    def affine(self, weight, own, x):
        return torch.dropout(super().affine(weight, own, x), 0.1, train=True)


@bug("x scaled in place", "state", said=r"changes? its input|mutat|in place",
     where=r"chang.*input", hints=r"written-to tensor")
class InPlace(TorchAnswers):
    def leaves(self, case, *others):
        if "x" in case.inputs and "lambda_in" in case.inputs:
            torch.from_numpy(case.inputs["x"]).mul_(1.5).div_(1.25)
        return super().leaves(case, *others)


@bug("moments of the last run", "state", only="optimizer/*", at=("trace",),
     said=r"run to run|two runs|state", where=r"run to run|two runs")
class OldMoments(Remembering, JaxAnswers):
    def adam(self, spec, t, theta, g, state):
        old = self.kept.setdefault(theta.shape, state)
        return super().adam(spec, t, theta, g, old)


@bug("backward after the activation worked in place", "state", at=(*OF_OWN, "grad_x"),
     said=r"sigmoid|derivative is taken at its output",
     where=r"sigmoid")
class SavedTooLate(TorchAnswers):
    """What was saved as z holds y by the time of the backward."""

    sigmoid = staticmethod(lambda layer, own, z: ByRule.apply(
        torch.sigmoid, lambda g, z: (
            g * torch.sigmoid(torch.sigmoid(z)) * (1 - torch.sigmoid(torch.sigmoid(z))),), z))


@bug("samples shuffled on each call", "state", said=r"run to run|two runs|order|permut",
     where=r"run to run|two runs")
class Shuffled(TorchAnswers):
    calls = itertools.count()

    def answer_vjp(self, case):
        found = super().answer_vjp(case)
        order = np.random.default_rng(next(self.calls)).permutation(len(case.x))
        found["y"] = found["y"][torch.tensor(order)]
        return found


# arrays that never come

@bug("x wants no gradient", "missing", at="grad_x",
     said=r"grad_x (is |was )?(missing|only|not)|(no|without) grad_x")
class NoGradX(TorchAnswers):
    def gradients(self, case, leaves, *others):
        return super().gradients(case, leaves)


@bug("None for a bias", "missing", at="grad_bias", said=r"grad_bias", where=r"grad_bias")
class NoneBias(TorchAnswers):
    def gradients(self, case, leaves, *others):
        found = super().gradients(case, leaves, *others)
        return {**found, "grad_bias": None} if "grad_bias" in found else found


@bug("lambda_in detached", "missing", at="grad_lambda_in",
     said=r"lambda_in.*(zero|detach|constant|0)|zero|detach")
class Detached(TorchAnswers):
    def weight(self, own):
        return super().weight({**own, "lambda_in": own["lambda_in"].detach()})


@bug("gap under no_grad", "missing", at=("grad_lambda_in", "grad_lambda_out"),
     said=r"zero|detach|constant|lambda")
class NoGradGap(TorchAnswers):
    def weight(self, own):
        with torch.no_grad():
            gap = own["lambda_in"] - own["lambda_out"][:, None]
        return gap * own["phi"]


@bug("stop_gradient between two layers", "missing", only=("stack/*", "network/*"),
     at=("grad_0/phi", "grad_0/lambda_in", "grad_0/lambda_out", "grad_0/bias", "grad_x",
         "grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_bias"),
     said=r"zero|first layer|last layer|layers before|detach|cut")
class Cut(JaxAnswers):
    def spectral(self, layer, own, x):
        return super().spectral(layer, own, getattr(self, "before", jax.lax.stop_gradient)(x))

    def stack(self, case, arrays):
        self.before, several = (lambda x: x), jax.lax.stop_gradient
        x = arrays["x"]
        for place, (layer, own) in enumerate(self.parts(case, arrays)):
            x = getattr(self, layer["layer"])(layer, own, several(x) if place > 1 else x)
        return x


@bug("a batch of one squeezed", "missing", said=r"shape|batch", where=r"shape",
     at=("y",))
class Squeezed(TorchAnswers):
    def answer_vjp(self, case):
        return {name: array.squeeze() if name == "y" else array
                for name, array in super().answer_vjp(case).items()}


@bug("the value of a network is not returned", "missing", only="network/*", at="value",
     said=r"value", where=r"value")
class NoValue(TorchAnswers):
    def answer_network(self, case):
        found = super().answer_network(case)
        found.pop("value")
        return found


@bug("an empty batch is an error", "missing", said=r"empty", where=r"empty", at=("y",))
class NoEmpty(TorchAnswers):
    def affine(self, weight, own, x):
        x.flatten()[0]                                      # peeks at the first number
        return super().affine(weight, own, x)


@bug("wide inputs are cut, not refused", "missing", only="error/*", at=("y",), suite="full",
     said=r"refus|rais|error", where=r"refus|not raise")
class Lenient(TorchAnswers):
    def __call__(self, case):
        try:
            return super().__call__(case)
        except (ValueError, RuntimeError, IndexError):
            return {"y": case.inputs.get("y", case.inputs.get("x"))}


@bug("uninitialized memory for a frozen bias", "missing", at="grad_bias", said=r"nan|grad_bias",
     where=r"grad_bias")
class NaNBias(ByHand):
    of_bias = staticmethod(lambda g: torch.full(g.shape[1:], float("nan"), dtype=g.dtype))


@bug("half of a gradient's rows", "missing", at="grad_phi", said=r"row|half", where=r"row|grad_phi",
     only=FEW)
class HalfRows(JaxAnswers):
    def gradients(self, grads):
        found = super().gradients(grads)
        if "grad_phi" in found:
            grad = found["grad_phi"]
            keep = jnp.arange(len(grad)) < -(-len(grad) // 2)
            found["grad_phi"] = grad * keep[:, None]
        return found
