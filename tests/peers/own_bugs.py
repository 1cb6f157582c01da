"""What a planted bug of this collection is, and the layers by hand that bugs sit in.

The bugs are written as people write such code, without looking at the mistakes that the diagnosis
knows. Each says, before it is run, what a maintainer would take for a right answer.
"""
import re
from dataclasses import dataclass, replace

import jax
import torch
from oracle_jax import JaxAnswers
from oracle_torch import TorchAnswers

FORWARD = {"y", "value", "trace"}
FEW = ("spectral/identity/*", "spectral/tanh/*")     # in JAX, every shape costs a second
BUGS: list = []


@dataclass(frozen=True)
class Bug:
    """A wrong candidate, where it is run, and what may be said of it.

    said        what names its cause: a pattern that a finding has to hold
    where       what tells enough of the place to find it: a pattern in the report
    at          arrays that are wrong by themselves, not as a consequence
    follows     whether the gradients are those of the wrong forward
    hints       other sentences that are true of it
    """

    title: str
    kind: str
    make: type
    said: str = ""
    where: str = ""
    at: tuple = ("y",)
    follows: bool = True
    hints: str = ""
    only: tuple = ("spectral/*",)
    suite: str = "core"
    dtype: str = "float64"
    parts: tuple = ()                   # of a double bug, the single ones

    def __repr__(self):
        return self.title

    def candidate(self):
        return self.make(self.dtype)

    def holds(self, pattern, text):
        return bool(pattern) and re.search(pattern, text, re.IGNORECASE) is not None


def bug(title, kind, **more):
    """A decorator that adds a candidate's class to BUGS; `only` may be one glob."""
    if isinstance(more.get("only"), str):
        more["only"] = (more["only"],)
    if isinstance(more.get("at"), str):
        more["at"] = (more["at"],)

    def add(make):
        BUGS.append(Bug(title, kind, make, **more))
        return make
    return add


def both(first, second, **more):
    """Two bugs at once: the classes that hold them, one over the other."""
    one, two = (next(bug for bug in BUGS if bug.title == title) for title in (first, second))
    make = type("Both", (one.make, two.make), {})
    BUGS.append(replace(one, title=f"{first} + {second}", kind="double", make=make,
                        at=one.at + two.at, follows=one.follows and two.follows,
                        parts=(one, two), **more))


class Rules:
    """y = x W^T + bias and its backward by hand, alike in both frameworks: g is dL/dy.

    Every line is a method, so that a bug is one method written wrongly.
    """

    def forward(self, x, li, lo, phi, bias):
        y = self.product(x, self.realized(li, lo[:, None], phi))
        return y if bias is None else y + bias

    def backward(self, g, x, li, lo, phi, bias):
        moment = self.moment(g, x)
        return (self.of_x(g, self.realized(li, lo[:, None], phi)),
                self.of_in(moment, phi), self.of_out(moment, phi),
                self.of_phi(moment, li, lo), None if bias is None else self.of_bias(g))

    product = staticmethod(lambda x, weight: x @ weight.T)
    moment = staticmethod(lambda g, x: g.T @ x)
    of_x = staticmethod(lambda g, weight: g @ weight)
    of_in = staticmethod(lambda moment, phi: (phi * moment).sum(0))
    of_out = staticmethod(lambda moment, phi: -(phi * moment).sum(1))
    of_phi = staticmethod(lambda moment, li, lo: (li - lo[:, None]) * moment)
    of_bias = staticmethod(lambda g: g.sum(0))


class Layer(torch.autograd.Function):
    """The rules of a candidate as an extension for PyTorch; leading axes of x are flattened."""

    @staticmethod
    def forward(ctx, rules, x, *own):
        ctx.rules, ctx.shape = rules, x.shape
        flat = x.flatten(0, -2)
        ctx.save_for_backward(flat, *own)
        return rules.forward(flat, *own).unflatten(0, x.shape[:-1])

    @staticmethod
    def backward(ctx, g):
        of_x, *others = ctx.rules.backward(g.flatten(0, -2), *ctx.saved_tensors)
        return None, of_x.view(ctx.shape), *others


class ByHand(Rules, TorchAnswers):
    def spectral(self, layer, own, x):
        return Layer.apply(self, x, own["lambda_in"], own["lambda_out"], own["phi"], own["bias"])


class JaxByHand(Rules, JaxAnswers):
    def spectral(self, layer, own, x):
        @jax.custom_vjp
        def apply(*arrays):
            return self.forward(*arrays)

        apply.defvjp(lambda *arrays: (self.forward(*arrays), arrays),
                     lambda arrays, g: tuple(self.backward(g, *arrays)))
        flat = x.reshape(-1, x.shape[-1])
        y = apply(flat, own["lambda_in"], own["lambda_out"], own["phi"], own["bias"])
        return y.reshape(*x.shape[:-1], y.shape[-1])
