"""Bugs that users of public code have made, each with the names of its cause.

TYPICAL: the list of known mistakes has them. TOLD: no mistake of a list; what the report says in
place of a name, and what it must not say.
"""
from functools import partial

import torch
from planted_bugs import F, T, bent, by_hand, in_torch, planted, weighed


def clipped(limit):
    """Answers whose gradients are limited: limit(dict of gradients) in place."""
    def limited(answer):
        def answer_limited(self, case):
            found = answer(self, case)
            limit({name: array for name, array in found.items() if name.startswith("grad_")})
            return found
        return answer_limited
    return {name: limited(getattr(T, name)) for name in ("answer_vjp", "answer_network")}


def by_value(grads):
    for grad in grads.values():
        grad.clamp_(-1, 1)


def by_norm(grads):
    leaves = []
    for grad in (grad for name, grad in grads.items() if name != "grad_x"):
        leaves.append(torch.nn.Parameter(torch.zeros_like(grad)))
        leaves[-1].grad = grad
    torch.nn.utils.clip_grad_norm_(leaves, 1.0)


def square_gap(self, own):
    return (own["lambda_in"][:, None] - own["lambda_out"]) * own["phi"]


def lambda_in_twice(self, own):
    return (own["lambda_in"] - own["lambda_in"][:, None]) * own["phi"]


def transposed_if_square(a, b, phi):
    return (a - b) * (phi.T if phi.shape[0] == phi.shape[1] else phi)


def column(self, weight, own, x):
    y = x @ weight.T
    return y if own["bias"] is None else y + own["bias"][:, None]


def kept_weight(self, own):
    shape = tuple(own["phi"].shape)
    if shape not in self.kept:
        self.kept[shape] = T.weight(self, own).detach()
    return self.kept[shape]


def shared(self, case, arrays):
    """A later layer's lambda_in is lambda_out of the layer before."""
    x, last = arrays["x"], None
    for layer, own in self.parts(case, arrays):
        if last is not None and "lambda_in" in own:
            own["lambda_in"] = last
        x, last = getattr(self, layer["layer"])(layer, own, x), own.get("lambda_out", last)
    return x


def without_target(function, slope):
    """A hinge of each sample with a derivative written by its user."""
    def hinge(self, spec, y, t):
        return ByValue.apply(partial(function, self, spec), partial(slope, spec), y, t)
    return hinge


class ByValue(torch.autograd.Function):
    """function(y, t), with the derivative slope(y, t) of every sample's mean."""

    @staticmethod
    def forward(ctx, function, slope, y, t):
        ctx.slope = slope
        ctx.save_for_backward(y, t)
        return function(y, t)

    @staticmethod
    def backward(ctx, grad):
        y, t = ctx.saved_tensors
        return None, None, grad[:, None] * ctx.slope(y, t) / y.shape[1], None


def of_probabilities(least):
    """Cross-entropy from probabilities that are cut off."""
    def loss(spec, y, t):
        p = y.softmax(1).clamp_min(least).log()
        return -(p.gather(1, t[:, None])[:, 0] if t.ndim == 1 else (t * p).sum(1))
    return loss


def unshifted(spec, y, t):
    total = y.exp().sum(1)
    return total.log() - (y.gather(1, t[:, None])[:, 0] if t.ndim == 1 else (t * y).sum(1))


def both_sets(self, spec, own):
    sets = {"lambda_in": ("lambda_in", "lambda_out"), "lambda_out": ("lambda_in", "lambda_out")}
    return sum(self.penalty(spec, self.weight(own) if key == "weight" else own[key])
               for key in sets.get(spec["on"], (spec["on"],)))


class Kept(T):
    """A candidate that keeps weights from case to case."""

    def __init__(self, dtype="float64"):
        super().__init__(dtype)
        self.kept = {}


TYPICAL = [
    by_hand("grad_bias = grad_y.sum(1)", "grad_bias over the wrong axis",
            grad_bias=lambda g: g.sum(1)),
    in_torch("lambda_in[:, None] - lambda_out", "eigenvalues along the wrong axes",
             weight=square_gap),
    in_torch("lambda_in for both", "lambda_in for both", weight=lambda_in_twice),
    in_torch("bias[:, None]", "bias as a column", affine=column),
    weighed(transposed_if_square, "phi.T if phi is square", "phi transposed when square"),
    in_torch("lambda_in of the layer before", "eigenvalues shared between layers", stack=shared),
    in_torch("hinge' without its target", "target missing from the slope",
             hinge=without_target(T.hinge, lambda spec, y, t: -(t * y < 1).to(y.dtype))),
    in_torch("elu' = y + 1", "derivative of elu from y + 1", elu=lambda layer, own, x: bent(
        partial(T.elu, layer, own), lambda z: torch.where(
            z > 0, 1.0, F.elu(z, layer["alpha"]) + 1))(layer, own, x)),
    planted(Kept, "a weight formed once", "stale weight", weight=kept_weight),
    in_torch("clip_grad_norm_(1)", "gradients clipped by norm", **clipped(by_norm)),
    in_torch("clamp_(-1, 1)", "gradients clipped by value", **clipped(by_value)),
    in_torch("log(clamp(p, 1e-7))", "probabilities clamped",
             softmax_cross_entropy=of_probabilities(1e-7)),
    in_torch("log(sum(exp(y)))", "softmax without the shift", softmax_cross_entropy=unshifted),
    weighed(lambda a, b, phi: (a - b).abs() * phi, "abs of the difference", "absolute difference"),
    by_hand("grad_y[:1].T @ x[:1]", "first sample only", grad_weight=lambda x, g: g[:1].T @ x[:1],
            grad_bias=lambda g: g[:1].sum(0)),
    in_torch("a regularizer on both sets", "both eigenvalue sets penalized", penalized=both_sets),
    in_torch("torch.optim.Adamax", "eps inside the maximum",
             adamax=lambda self, spec, theta: self.decayed(spec, theta, torch.optim.Adamax(
                 [theta], spec["learning_rate"], (spec["beta1"], spec["beta2"]), spec["eps"]))),
    in_torch("torch.optim.SGD's dampening, which spares the first step", "dampened momentum",
             sgd=lambda self, spec, theta: T.sgd(self, spec, theta, dampening=spec["momentum"])),
    in_torch("hinge of 1 + t y", "sign of the margin",
             hinge=lambda self, spec, y, t: T.hinge(self, spec, y, -t)),
    in_torch("(x lambda_in) phi^T - lambda_out (x phi^T)", "cancellation",
             spectral=lambda self, layer, own, x: (x * own["lambda_in"]) @ own["phi"].T - (
                 x @ own["phi"].T) * own["lambda_out"] + (
                     0 if own["bias"] is None else own["bias"])),
]


def in_narrow(dtype):
    """A product in a narrower dtype."""
    def affine(self, weight, own, x):
        y = (x.to(dtype) @ weight.to(dtype).T).to(x.dtype)
        return y if own["bias"] is None else y + own["bias"]
    return affine


# bug -> patterns of what the report says, and of what it does not
TOLD = {bug: said for *said, bug in [
    ("errors are of the size of float32 rounding. .*numbers have all of their bits", "float16",
     in_torch("a product in float32", affine=in_narrow(torch.float32))),
    ("errors are of the size of (float16 or )?bfloat16 rounding", "float32",
     in_torch("a product in bfloat16", affine=in_narrow(torch.bfloat16))),
    ("y: it differs by about [0-9]e-10 of the size", "rounding", weighed(
        lambda a, b, phi: (a - b + 1e-8) * phi, "1e-8 added to the difference")),
    ("value: |grad_y: ", "rounding|float16", in_torch(
        "label smoothing", softmax_cross_entropy=lambda spec, y, t: F.cross_entropy(
            y, t, reduction="none", label_smoothing=0.1))),
    ("grad_x: it is 1/batch times the reference", "parameters", by_hand(
        "grad_x / batch", grad_x=lambda gap, phi, g: g @ (gap * phi) / max(len(g), 1))),
    ("an exp over- or underflows", "rounding", in_torch(
        "log(1 + exp(k z)) / k", softplus=lambda self, layer, own, x: torch.log(
            1 + torch.exp(layer["sharpness"] * x)) / layer["sharpness"])),
    ("spectral/saturated/elu", "rounding", in_torch("elu by where", elu=lambda layer, own, x: (
        torch.where(x > 0, x, layer["alpha"] * (torch.exp(x) - 1))))),
]}
