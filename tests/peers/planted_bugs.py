"""Bugs of users, planted in the PyTorch and JAX candidates, each with the names of its cause.

SINGLE: one bug, which the list of known mistakes has. UNLISTED: bugs that no list has, so that a
right diagnosis gives no name. PAIRS: two bugs at once.
"""
from dataclasses import dataclass
from functools import partial
from inspect import getattr_static

import jax
import jax.numpy as jnp
import torch
from oracle_jax import JaxAnswers
from oracle_torch import ByRule, TorchAnswers

F = torch.nn.functional
T, J = TorchAnswers, JaxAnswers


@dataclass(frozen=True)
class Bug:
    """title; names: every right name of the cause (none: not in the list); make(dtype)."""

    title: str
    names: tuple[str, ...]
    make: type

    def __repr__(self):
        return self.title


def planted(base, title, *names, **changes):
    """The candidate with other methods, and other formulas, which have no `self`."""
    methods = {name: staticmethod(change) if isinstance(getattr_static(base, name), staticmethod)
               else change for name, change in changes.items()}
    return Bug(title, names, type(base.__name__, (base,), methods))


class HandWritten(TorchAnswers):
    """The spectral layer with a backward pass written by its user, as these formulas."""

    def spectral(self, layer, own, x):
        return ByRule.apply(self.outputs, self.grads, x, own["lambda_in"], own["lambda_out"],
                            own["phi"], own["bias"])

    @staticmethod
    def outputs(x, lambda_in, lambda_out, phi, bias):
        y = x @ ((lambda_in - lambda_out[:, None]) * phi).T
        return y if bias is None else y + bias

    def grads(self, grad_y, x, lambda_in, lambda_out, phi, bias):
        gap, g = lambda_in - lambda_out[:, None], self.grad_weight(x, grad_y)
        return (self.grad_x(gap, phi, grad_y), self.grad_in(gap, phi, g),
                self.grad_out(gap, phi, g), self.grad_phi(lambda_in, lambda_out, g),
                None if bias is None else self.grad_bias(grad_y))

    grad_weight = staticmethod(lambda x, grad_y: grad_y.T @ x)
    grad_x = staticmethod(lambda gap, phi, grad_y: grad_y @ (gap * phi))
    grad_in = staticmethod(lambda gap, phi, g: (phi * g).sum(0))
    grad_out = staticmethod(lambda gap, phi, g: -(phi * g).sum(1))
    grad_phi = staticmethod(lambda lambda_in, lambda_out, g: (lambda_in - lambda_out[:, None]) * g)
    grad_bias = staticmethod(lambda grad_y: grad_y.sum(0))


in_torch, in_jax, by_hand = (partial(planted, base) for base in (T, J, HandWritten))


def bent(function, slope):
    """An activation with a derivative written by its user."""
    return lambda layer, own, x: ByRule.apply(function, lambda g, z: (g * slope(z),), x)


def late_bias(self, case, leaves):
    """Every layer's bias added to what its activation gives."""
    x, bias = leaves["x"], None
    for layer, own in self.parts(case, leaves):
        linear = layer["layer"].startswith(("spectral", "dense", "sparse"))
        if linear and bias is not None:
            x, bias = x + bias, None
        x = getattr(self, layer["layer"])(layer, {**own, "bias": None}, x)
        bias = own["bias"] if linear else bias
    return x if bias is None else x + bias


def twice(self, case):
    """A backward pass before, whose parameter gradients nobody cleared."""
    first = T.answer_vjp(self, case)
    return {name: 2 * entry if name.startswith("grad_") and name != "grad_x" else entry
            for name, entry in first.items()}


def detached(key):
    return lambda self, layer, own, x: T.spectral(self, layer, {**own, key: own[key].detach()}, x)


def accumulating(self, spec, theta):
    """theta.grad is not cleared between steps."""
    step, total = T.optimizer(self, spec, theta), torch.zeros_like(theta)

    def added_step():
        theta.grad = total.add_(theta.grad)
        step()
    return added_step


def weighed(formula, title, *names):
    """Another weight, of lambda_in as a row, lambda_out as a column, and phi."""
    return in_torch(title, *names, realized=formula)


SINGLE = [
    # the definition
    weighed(lambda a, b, phi: (b - a) * phi, "lambda_out - lambda_in", "sign of the difference"),
    weighed(lambda a, b, phi: (a + b) * phi, "lambda_in + lambda_out", "sum of eigenvalues",
            "sum of eigenvalues in the penalty"),
    weighed(lambda a, b, phi: a * b * phi, "lambda_in * lambda_out", "product of eigenvalues"),
    weighed(lambda a, b, phi: a * phi, "lambda_out forgotten", "lambda_out ignored"),
    weighed(lambda a, b, phi: -b * phi, "-lambda_out phi", "lambda_in ignored"),
    weighed(lambda a, b, phi: b * phi, "a gate lambda_out",
            "lambda_in ignored, lambda_out with plus"),
    weighed(lambda a, b, phi: (b.T - a.T) * phi, "eigenvalues passed in the wrong order",
            "eigenvalues swapped"),
    weighed(lambda a, b, phi: (a - b) * phi.reshape(phi.shape[::-1]).T,
            "phi reshaped into a kernel", "phi reshaped"),
    in_jax("the difference taken absolute", "absolute difference, slope 1 at 0",
           realized=lambda a, b, phi: jnp.abs(a - b) * phi),
    in_jax("phi.T, for a square phi", "phi transposed", "layout",
           realized=lambda a, b, phi: (a - b) * phi.T),
    in_torch("x @ W in place of x @ W.T", "W transposed", affine=lambda self, w, own, x: (
        x @ w if own["bias"] is None else x @ w + own["bias"])),
    in_torch("no bias", "bias missing", affine=lambda self, w, own, x: x @ w.T),
    in_torch("bias behind the activation", "bias after the activation", stack=late_bias),
    in_jax("tanh forgotten", "activation missing", tanh=lambda layer, own, x: x),
    in_torch("F.leaky_relu without its slope", "default slope",
             leaky_relu=lambda layer, own, x: F.leaky_relu(x)),
    in_jax("jax.nn.elu without its alpha", "default alpha",
           elu=lambda layer, own, x: jax.nn.elu(x)),
    in_torch("F.softplus without its beta", "default sharpness",
             softplus=lambda self, layer, own, x: self.smooth_plus(x, 1)),
    in_torch("sigmoid as (1 + tanh z) / 2", "sigmoid of 2 z",
             sigmoid=lambda layer, own, x: (1 + torch.tanh(x)) / 2),

    # the call of backward
    in_torch("y.sum().backward()", "upstream ignored", pull=lambda y, g: y.sum().backward()),
    in_torch("(y * grad_y).mean().backward()", "gradients divided by B and O",
             pull=lambda y, g: (y * g).mean().backward()),
    in_torch("y.backward(grad_y / batch)", "gradients divided by B",
             pull=lambda y, g: y.backward(g / max(len(g), 1))),
    in_torch("backward called twice", "gradients doubled",
             pull=lambda y, g: (y.backward(g, retain_graph=True), y.backward(g))),
    in_torch("parameter gradients not cleared", "parameter gradients doubled", answer_vjp=twice),
    in_torch("-grad_y handed over", "gradients negated", pull=lambda y, g: y.backward(-g)),
    in_torch("lambda_in.detach()", "lambda_in detached", spectral=detached("lambda_in")),
    in_torch("phi.data", "phi detached", spectral=detached("phi")),
    in_jax("stop_gradient around the difference", "eigenvalues detached",    # that is both of them
           "eigenvalues constant in the weight", "lambda_in detached", "lambda_out detached",
           realized=lambda a, b, phi: jax.lax.stop_gradient(a - b) * phi),

    # a backward pass by hand
    by_hand("grad_phi = G", "grad_phi without the difference", grad_phi=lambda a, b, g: g),
    by_hand("grad_phi = (lambda_in + lambda_out) G", "grad_phi with plus",
            grad_phi=lambda a, b, g: (a + b[:, None]) * g),
    by_hand("grad_phi = lambda_in G", "grad_phi with lambda_in only",
            grad_phi=lambda a, b, g: a * g),
    by_hand("no minus in grad_lambda_out", "sign of grad_lambda_out",
            grad_out=lambda gap, phi, g: (phi * g).sum(1)),
    by_hand("eigenvalue gradients summed over the other axis", "summed over the wrong axis",
            grad_in=lambda gap, phi, g: (phi * g).sum(1),
            grad_out=lambda gap, phi, g: -(phi * g).sum(0)),
    by_hand("eigenvalue gradients without phi", "eigenvalue gradients without phi",
            grad_in=lambda gap, phi, g: g.sum(0), grad_out=lambda gap, phi, g: -g.sum(1)),
    by_hand("eigenvalue gradients with W", "eigenvalue gradients with W for phi",
            grad_in=lambda gap, phi, g: (gap * phi * g).sum(0),
            grad_out=lambda gap, phi, g: -(gap * phi * g).sum(1)),
    by_hand("eigenvalue gradients by mean()", "eigenvalue gradients averaged",
            grad_in=lambda gap, phi, g: (phi * g).mean(0),
            grad_out=lambda gap, phi, g: -(phi * g).mean(1)),
    by_hand("grad_bias by mean()", "grad_bias averaged",
            grad_bias=lambda g: g.sum(0) / max(len(g), 1)),
    by_hand("grad_bias of one sample", "grad_bias of the first sample",
            grad_bias=lambda g: g[:1].sum(0)),
    by_hand("grad_x = grad_y phi", "grad_x through phi", grad_x=lambda gap, phi, g: g @ phi),
    by_hand("grad_x = grad_y W^T", "grad_x through W transposed",
            grad_x=lambda gap, phi, g: g @ (gap * phi).T),
    by_hand("parameter gradients by mean()", "parameter gradients divided by B",
            grad_weight=lambda x, g: g.T @ x / max(len(x), 1),
            grad_bias=lambda g: g.sum(0) / max(len(g), 1)),
    by_hand("the last sample left out", "last sample dropped",
            grad_weight=lambda x, g: g[:-1].T @ x[:-1], grad_bias=lambda g: g[:-1].sum(0)),
    in_torch("tanh' at the output", "derivative at the output",
             tanh=bent(torch.tanh, lambda z: 1 - torch.tanh(torch.tanh(z)) ** 2)),
    in_torch("1 - z^2 with the input for the output", "derivative formula of the output at z",
             tanh=bent(torch.tanh, lambda z: 1 - z ** 2)),
    in_torch("a straight-through relu", "derivative missing",
             relu=bent(torch.relu, torch.ones_like)),
    in_torch("leaky_relu with the derivative of relu", "derivative zero below",
             leaky_relu=lambda layer, own, x: bent(
                 partial(T.leaky_relu, layer, own), lambda z: (z > 0).to(z.dtype))(layer, own, x)),
    in_torch("softplus' with a factor beta", "slope of the sharpness",
             softplus=lambda self, layer, own, x: bent(
                 partial(T.softplus, self, layer, own),
                 lambda z: layer["sharpness"] * torch.sigmoid(layer["sharpness"] * z))(
                     layer, own, x)),

    # losses
    in_torch("losses summed whatever the reduction", "loss summed over the batch",
             reduced=lambda each, spec, w: T.reduced(each, {**spec, "reduction": "sum"}, w)),
    in_torch("half the squared error", "loss halved",
             mean_squared_error=lambda spec, y, t: ((y - t) ** 2 / 2).mean(1)),
    in_torch("squared error summed over outputs", "loss summed over outputs",
             mean_squared_error=lambda spec, y, t: ((y - t) ** 2).sum(1)),
    in_torch("softmax before F.cross_entropy", "softmax twice",
             softmax_cross_entropy=lambda spec, y, t: F.cross_entropy(
                 y.softmax(1), t, reduction="none")),
    in_torch("sigmoid before a loss with logits", "sigmoid twice",
             binary_cross_entropy_with_logits=lambda spec, y, t:
             T.binary_cross_entropy_with_logits(spec, y.sigmoid(), t)),
    in_jax("labels from 1", "labels counted from 1",
           softmax_cross_entropy=lambda spec, y, t: J.softmax_cross_entropy(
               spec, y, (t - 1) % y.shape[1] if t.ndim == 1 else t)),
    in_jax("the perceptron's margin", "margin 0",
           hinge=lambda self, spec, y, t: jax.nn.relu(-t * y).mean(1)),
    in_torch("weighted losses by mean()", "weighted mean divided by B",
             reduced=lambda each, spec, w: T.reduced(each if w is None else w * each, spec, None)),
    in_torch("weights forgotten", "weights ignored",
             reduced=lambda each, spec, w: T.reduced(each, spec, None)),

    # penalties
    in_torch("half the squares in L2", "penalty halved", l2=lambda spec, a: (a ** 2).sum() / 2),
    in_torch("L2 by torch.norm", "norm not squared", l2=lambda spec, a: a.norm()),
    in_jax("the ratio on the squares", "ratio swapped", elastic_net=lambda spec, a: J.elastic_net(
        {**spec, "ratio": 1 - spec["ratio"]}, a)),
    in_torch("groups along the other dimension", "groups along the other axis",
             group_lasso=lambda spec, a: T.group_lasso({"axis": -1 - spec["axis"]}, a)),
    in_torch("phi for the realized weight", "phi penalized for the weight",
             penalized=lambda self, spec, own: self.penalty(
                 spec, own["phi" if spec["on"] == "weight" else spec["on"]])),

    # optimizers
    in_torch("torch.optim.Adam's weight_decay", "coupled decay",
             adam=lambda spec, theta: T.adam(spec, theta, torch.optim.Adam)),
    in_torch("torch.optim.SGD's weight_decay", "coupled decay",
             sgd=lambda self, spec, theta: T.sgd(self, {**spec, "decay": 0}, theta,
                                                 weight_decay=spec["decay"])),
    in_torch("nesterov=True", "Nesterov momentum", sgd=lambda self, spec, theta: T.sgd(
        self, spec, theta, nesterov=spec["momentum"] > 0)),
    in_torch("amsgrad=True", "AMSGrad", adam=lambda spec, theta: T.adam(spec, theta, amsgrad=True)),
    in_torch("the betas in the wrong order", "betas swapped", adam=lambda spec, theta: T.adam(
        {**spec, "beta1": spec["beta2"], "beta2": spec["beta1"]}, theta)),
    in_torch("gradients not cleared between steps", "gradients accumulated",
             optimizer=accumulating),
    in_jax("eps under the root", "eps inside the root",
           direction=lambda m, v, part1, part2, eps: m / part1 / jnp.sqrt(v / part2 + eps)),
    in_jax("no bias correction", "no bias correction",
           direction=lambda m, v, part1, part2, eps: J.direction(m, v, 1, 1, eps)),
    in_jax("the counter of steps never moves", "t constant",
           adam=lambda self, spec, t, *rest: J.adam(self, spec, 1, *rest)),
]


UNLISTED = [
    weighed(lambda a, b, phi: torch.relu(a - b) * phi, "negative differences cut off"),
    weighed(lambda a, b, phi: (a - b) * F.normalize(phi, dim=1), "rows of phi normalized"),
    weighed(lambda a, b, phi: (a ** 2 - b ** 2) * phi, "eigenvalues squared"),
    in_torch("hardtanh for tanh", tanh=lambda layer, own, x: F.hardtanh(x)),
    in_jax("gelu for relu", relu=lambda layer, own, x: jax.nn.gelu(x)),
    in_torch("gradients normalized", gradient=lambda leaf: F.normalize(
        T.gradient(leaf).flatten(), dim=0).reshape(leaf.shape)),
    in_torch("label smoothing", softmax_cross_entropy=lambda spec, y, t: F.cross_entropy(
        y, t, reduction="none", label_smoothing=0.1)),
    in_torch("smooth L1 for the squared error", mean_squared_error=lambda spec, y, t:
             F.smooth_l1_loss(y, t, reduction="none").mean(1)),
    by_hand("grad_lambda_out summed over every other input",
            grad_out=lambda gap, phi, g: -(phi * g)[:, ::2].sum(1)),
]


def both(first, second):
    """Two bugs of one framework in one candidate."""
    return Bug(f"{first} + {second}", first.names + second.names,
               type("Both", (first.make, second.make), {}))


def titled(title):
    return next(bug for bug in SINGLE if bug.title == title)


PAIRS = [both(titled(first), titled(second)) for first, second in (
    ("grad_phi = G", "grad_bias by mean()"),
    ("no minus in grad_lambda_out", "grad_x = grad_y phi"),
    ("lambda_out - lambda_in", "the betas in the wrong order"),
    ("no bias", "half the squares in L2"),
    ("lambda_in + lambda_out", "F.softplus without its beta"),
    ("a straight-through relu", "grad_bias of one sample"),
    ("half the squared error", "weights forgotten"),
    ("losses summed whatever the reduction", "softmax before F.cross_entropy"),
    ("eps under the root", "phi.T, for a square phi"),
    ("grad_x = grad_y W^T", "tanh' at the output"),
)]
