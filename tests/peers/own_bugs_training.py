"""Bugs of losses, penalties and optimizers."""
import jax
import jax.numpy as jnp
import torch
from oracle_jax import JaxAnswers
from oracle_torch import ByRule, TorchAnswers
from own_bugs import bug

F = torch.nn.functional
LOSS, PENALTY, OPTIMIZER = ({"only": f"{family}/*"} for family in ("loss", "penalty", "optimizer"))


# losses

@bug("hinge's gradient without the target", "loss", at="grad_y", said=r"target|hinge", **LOSS)
class NoTarget(TorchAnswers):
    def hinge(self, spec, y, target):
        return ByRule.apply(
            lambda y, t: self.positive(1 - t * y).mean(1),
            lambda g, y, t: (g[:, None] * -(1.0 * (t * y < 1)) / y.shape[1], None), y, target)


@bug("hinge of 1 + t y", "loss", at=("value", "grad_y"), said=r"sign|1 \+|hinge",
     only="loss/*hinge*")
class HingeSign(JaxAnswers):
    def hinge(self, spec, y, target):
        return self.positive(1 + target * y).mean(1)


@bug("label smoothing left at 0.1", "loss", at=("value", "grad_y"), said=r"smooth", **LOSS,
     where=r"softmax_cross_entropy|labels|probabilities")
class Smoothing(TorchAnswers):
    softmax_cross_entropy = staticmethod(lambda spec, y, t: F.cross_entropy(
        y, t, reduction="none", label_smoothing=0.1))


@bug("half of the squared error", "loss", at=("value", "grad_y"), said=r"half|1/2|factor|0\.5",
     **LOSS)
class HalfSquare(JaxAnswers):
    mean_squared_error = staticmethod(lambda spec, y, t: ((y - t) ** 2).mean(1) / 2)


@bug("squared error summed over the outputs", "loss", at=("value", "grad_y"),
     said=r"outputs|n_out|sum|mean", **LOSS)
class SummedSquare(TorchAnswers):
    mean_squared_error = staticmethod(lambda spec, y, t: ((y - t) ** 2).sum(1))


@bug("weights not normalized", "loss", at=("value", "grad_y"), said=r"weights", **LOSS)
class PlainWeights(TorchAnswers):
    @staticmethod
    def reduced(each, spec, weights):
        each = each if weights is None else weights * each
        if not len(each) and spec["reduction"] == "mean":
            raise ValueError("empty batch")
        return each.sum() if spec["reduction"] == "sum" else each.mean()


@bug("softmax minus one-hot, not divided by the batch", "loss", at="grad_y",
     said=r"batch|mean|averag|sum", **LOSS)
class NotDivided(TorchAnswers):
    def answer_loss(self, case):
        found = super().answer_loss(case)
        spec = case.spec["loss"]
        if spec["loss"] == "softmax_cross_entropy" and spec["reduction"] == "mean":
            weights = case.inputs.get("weights")
            found["grad_y"] = found["grad_y"] * float(
                len(case.inputs["y"]) if weights is None else weights.sum())
        return found


@bug("softmax over the batch", "loss", at=("value", "grad_y"), said=r"axis|batch|softmax",
     only=("loss/labels/*", "loss/probabilities/*", "loss/hinge/*"),
     where=r"labels|probabilities|softmax")
class BatchSoftmax(JaxAnswers):
    @staticmethod
    def softmax_cross_entropy(spec, y, target):
        q = target
        if target.ndim == 1:
            if not bool(((target >= 0) & (target < y.shape[1])).all()):
                raise ValueError("label out of range")
            q = jax.nn.one_hot(target, y.shape[1], dtype=y.dtype)
        return -(q * jax.nn.log_softmax(y, axis=0)).sum(1)


@bug("soft hinge not divided by its sharpness", "loss", at=("value", "grad_y"),
     said=r"sharpness|soft", **LOSS)
class NotSharp(TorchAnswers):
    def soft_hinge(self, spec, y, target):
        return self.smooth_plus(spec["sharpness"] * (1 - target * y), 1).mean(1)


# penalties

@bug("L2's gradient without its 2", "penalty", said=r"factor|2|half",
     at=("grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_weight"), **PENALTY)
class HalfDecay(TorchAnswers):
    l2 = staticmethod(lambda spec, a: ByRule.apply(
        lambda a: (a ** 2).sum(), lambda g, a: (g * a,), a))


@bug("groups over the other axis", "penalty", said=r"axis|rows|columns|transpos|group",
     at=("value",), **PENALTY)
class OtherAxis(TorchAnswers):
    group_lasso = staticmethod(lambda spec, a: a.norm(dim=0 if spec["axis"] == -1 else 1).sum())


@bug("1e-8 under the root of a group", "penalty", said=r"1e-8|eps|root|about", suite="full",
     at=("value",), where=r"(rows|columns|group_lasso)/.*|1e-0?[4-9]", **PENALTY)
class SmoothNorm(JaxAnswers):
    group_lasso = staticmethod(lambda spec, a: jnp.sqrt((a ** 2).sum(spec["axis"]) + 1e-8).sum())


@bug("ratio on the other norm", "penalty", said=r"ratio|swap|l1|l2", at=("value",), **PENALTY)
class OtherRatio(TorchAnswers):
    elastic_net = staticmethod(lambda spec, a: (
        (1 - spec["ratio"]) * abs(a).sum() + spec["ratio"] * (a ** 2).sum()))


@bug("penalty on phi in place of the weight", "penalty", said=r"phi|weight|\bW\b", at=("value",),
     **PENALTY)
class OnPhi(TorchAnswers):
    def penalized(self, spec, own):
        return self.penalty(spec, own["phi" if spec["on"] == "weight" else spec["on"]])


@bug("penalty as a mean", "penalty", said=r"mean|size|number of", at=("value",), **PENALTY)
class MeanPenalty(TorchAnswers):
    def penalty(self, spec, array):
        return super().penalty(spec, array) / array.numel()


@bug("regularizer on both sets of eigenvalues", "penalty", at=("value",),
     said=r"both|lambda_in|lambda_out|eigenvalue", **PENALTY)
class BothSets(TorchAnswers):
    def penalized(self, spec, own):
        names = ("lambda_in", "lambda_out") if spec["on"].startswith("lambda") else (spec["on"],)
        return sum(super(BothSets, self).penalized({**spec, "on": name}, own)
                   for name in names if name == "weight" or name in own)


# optimizers

@bug("torch.optim.Adamax", "optimizer", at="trace", said=r"adamax|eps", **OPTIMIZER)
class TorchAdamax(TorchAnswers):
    def adamax(self, spec, theta):
        made = torch.optim.Adamax([theta], spec["learning_rate"], (spec["beta1"], spec["beta2"]),
                                  spec["eps"])
        return lambda: (self.decay(spec, theta), made.step())


@bug("eps under the root", "optimizer", at="trace", said=r"eps", **OPTIMIZER)
class EpsInside(JaxAnswers):
    direction = staticmethod(lambda m, v, part1, part2, eps: (
        m / part1 / jnp.sqrt(v / part2 + eps)))


@bug("Adam without bias correction", "optimizer", at="trace", said=r"correct", **OPTIMIZER)
class NoCorrection(JaxAnswers):
    direction = staticmethod(lambda m, v, part1, part2, eps: m / (jnp.sqrt(v) + eps))


@bug("decay inside the gradient", "optimizer", at="trace", said=r"decay|coupled|L2", **OPTIMIZER)
class Coupled(TorchAnswers):
    @staticmethod
    def adam(spec, theta, **more):
        return TorchAnswers.adam(spec, theta, make=torch.optim.Adam)


@bug("Nesterov's momentum", "optimizer", at="trace", said=r"nesterov", **OPTIMIZER)
class Nesterov(TorchAnswers):
    def sgd(self, spec, theta):
        return super().sgd(spec, theta, nesterov=spec["momentum"] > 0)


@bug("momentum damped", "optimizer", at="trace", said=r"damp|1 - momentum|averag", **OPTIMIZER)
class Damped(TorchAnswers):
    def sgd(self, spec, theta):
        return super().sgd(spec, theta, dampening=spec["momentum"])


@bug("gradients clipped by norm", "optimizer", at="trace", said=r"clip|norm", **OPTIMIZER)
class ClippedNorm(TorchAnswers):
    def optimizer(self, spec, theta):
        step = super().optimizer(spec, theta)
        return lambda: (torch.nn.utils.clip_grad_norm_([theta], 1.0), step())


@bug("gradients clipped by value", "optimizer", at="trace", said=r"clip|value", **OPTIMIZER)
class ClippedValue(TorchAnswers):
    def optimizer(self, spec, theta):
        step = super().optimizer(spec, theta)
        return lambda: (torch.nn.utils.clip_grad_value_([theta], 0.5), step())


@bug("the step counted one too many", "optimizer", at="trace",
     said=r"step|count|t \+|correct", **OPTIMIZER)
class FromZero(JaxAnswers):
    def adam(self, spec, t, theta, g, state):
        return super().adam(spec, t + 1, theta, g, state)


@bug("moments kept in float32", "optimizer", at="trace", said=r"float32|single", **OPTIMIZER)
class FloatMoments(JaxAnswers):
    def adam(self, spec, t, theta, g, state):
        state.update({name: kept.astype(jnp.float32).astype(float)
                      for name, kept in state.items()})
        return super().adam(spec, t, theta, g, state)
