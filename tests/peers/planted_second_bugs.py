"""Mistakes of second derivatives and of gradients of samples, as people make them in PyTorch, JAX.

A table framework -> name of the finding -> candidates that make this mistake.
"""
import jax.numpy as jnp
import torch
from oracle_jax import JaxAnswers
from oracle_torch import TorchAnswers


class WithoutSamples(TorchAnswers):
    """torch.func does not take these candidates' functions."""

    def answer_per_sample(self, case):
        raise NotImplementedError("gradients of samples")


def kept(array):
    return array


class DetachedSpectral(torch.autograd.Function):
    """The whole layer with a backward of its own, which saves what it needs detached."""

    @staticmethod
    def forward(ctx, x, phi, lambda_in, lambda_out):
        ctx.kept = [array.detach() for array in (x, phi, lambda_in - lambda_out[:, None])]
        return x @ (ctx.kept[2] * phi).T

    @staticmethod
    def backward(ctx, grad):
        x, phi, difference = ctx.kept
        grad_weight = grad.T @ x
        whole = phi * grad_weight
        return grad @ (difference * phi), difference * grad_weight, whole.sum(0), -whole.sum(1)


class Detached(WithoutSamples):
    def spectral(self, layer, own, x):
        y = DetachedSpectral.apply(x, own["phi"], own["lambda_in"], own["lambda_out"])
        return y if own["bias"] is None else y + own["bias"]

    def dense(self, layer, own, x):
        raise NotImplementedError("dense layers")


def kept_as_constants(x_as, weight_as):
    """A linear layer with a backward of its own, which saves x and the weight in some form."""
    class Linear(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, weight):
            ctx.x, ctx.weight = x_as(x), weight_as(weight)
            return x @ weight.T

        @staticmethod
        def backward(ctx, grad):
            return grad @ ctx.weight, grad.T @ ctx.x

    class Candidate(WithoutSamples):
        def affine(self, weight, own, x):
            y = Linear.apply(x, weight)
            return y if own["bias"] is None else y + own["bias"]
    return Candidate


class TanhOfItsOutput(torch.autograd.Function):
    """The output is saved as a number, so that f' is a constant."""

    @staticmethod
    def forward(ctx, x):
        y = torch.tanh(x)
        ctx.slope = 1 - y.detach() ** 2
        return y

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.slope


class TanhWithoutSecondDerivative(WithoutSamples):
    tanh = staticmethod(lambda layer, own, x: TanhOfItsOutput.apply(x))


class ByBlocks(WithoutSamples):
    """A Hessian-vector product for one parameter after the other."""

    def answer_second(self, case):
        answers, found = super().answer_second(case), {}
        for name in self.directed(case):
            alone = {key: array for key, array in case.inputs.items()}
            alone |= {key: 0 * array for key, array in case.inputs.items()
                      if key.startswith("v_") and key != f"v_{name}"}
            case.inputs, before = alone, case.inputs
            found[f"hvp_{name}"] = super().answer_second(case)[f"hvp_{name}"]
            case.inputs = before
        return answers | found


class WithoutTheDirection(WithoutSamples):
    """sum(gradients).backward()."""

    def answer_second(self, case):
        given = case.inputs
        case.inputs = {name: array ** 0 if name.startswith("v_") else array
                       for name, array in given.items()}
        answers = super().answer_second(case)
        case.inputs = given
        return answers


class GaussNewton(WithoutSamples):
    """J^T H J v of networks with a loss."""

    def answer_second(self, case):
        if not case.layers or "loss" not in case.spec:
            raise NotImplementedError("networks with a loss only")
        arrays = {name: leaf.detach() for name, leaf in self.leaves(case).items()}
        here = {name: arrays[name] for name in self.directed(case)}
        along = {name: arrays[f"v_{name}"] for name in here}
        y, along_y = torch.func.jvp(lambda moved: self.stack(case, {**arrays, **moved}), (here,),
                                    (along,))

        def value(y):
            return self.loss(case.spec["loss"], y, arrays["target"])
        curved = torch.func.jvp(torch.func.grad(value), (y,), (along_y,))[1]
        _, pull = torch.func.vjp(lambda moved: self.stack(case, {**arrays, **moved}), here)
        return {"y": y, "value": value(y),
                **{f"hvp_{name}": slope for name, slope in pull(curved)[0].items()}}


class WholeBatchForEverySample(TorchAnswers):
    def answer_per_sample(self, case):
        answers = super().answer_per_sample(case)
        return {name: array if name == "y" else array.sum(0).expand(array.shape)
                for name, array in answers.items()}


class DividedByTheBatch(TorchAnswers):
    def alone(self, case, arrays):
        right = super().alone(case, arrays)
        return lambda shared, own: right(shared, own) / len(case.x)


class OnlyX(JaxAnswers):
    """jax.jvp with tangents for x alone."""

    def arrays(self, case):
        return {name: 0 * array if name.startswith("v_") and name not in ("v_x", "v_y") else array
                for name, array in super().arrays(case).items()}


class JaxFirstSample(JaxAnswers):
    """vmap with in_axes that hold the samples still."""

    def answer_per_sample(self, case):
        answers = super().answer_per_sample(case)
        return {name: array if name == "y" else jnp.broadcast_to(array[:1], array.shape)
                for name, array in answers.items()}


# By double backward a cut in one gradient shows in the other one.
PLANTED = {
    "torch": [
        ("saved arrays are constants", Detached),
        ("second derivatives of x without the weight", kept_as_constants(torch.detach, kept)),
        ("second derivatives of the weight without x", kept_as_constants(kept, torch.detach)),
        ("second derivative of the activation missing", TanhWithoutSecondDerivative),
        ("block-diagonal Hessian", ByBlocks), ("v replaced by ones", WithoutTheDirection),
        ("Gauss-Newton for the Hessian", GaussNewton),
        ("samples summed", WholeBatchForEverySample), ("samples divided by B", DividedByTheBatch)],
    "jax": [
        ("only x moves", OnlyX), ("first sample repeated", JaxFirstSample)],
}
