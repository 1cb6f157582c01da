"""Right answers in the forms that people write them in, each a candidate in PyTorch or JAX."""
import math
import zlib

import jax
import jax.numpy as jnp
import numpy as np
import torch
from oracle_jax import JaxAnswers
from oracle_torch import ByRule, TorchAnswers
from own_bugs import FEW, ByHand, JaxByHand

F = torch.nn.functional


def biased(y, own):
    return y if own["bias"] is None else y + own["bias"]


class FeaturesFirst(TorchAnswers):
    def affine(self, weight, own, x):
        return biased((weight @ x.mT).mT, own)


class ByEinsum(TorchAnswers):
    def affine(self, weight, own, x):
        return biased(torch.einsum("...j,ij->...i", x, weight), own)


class JaxEinsum(JaxAnswers):
    def affine(self, weight, own, x):
        return biased(jnp.einsum("ij,...j->...i", weight, x, precision="highest"), own)


class Augmented(TorchAnswers):
    """The bias is one more column of the weight, the matching input is 1."""

    def affine(self, weight, own, x):
        if own["bias"] is None:
            return x @ weight.T
        ones = torch.ones(*x.shape[:-1], 1, dtype=x.dtype)
        return torch.cat([x, ones], -1) @ torch.cat([weight, own["bias"][:, None]], 1).T


class Convolved(TorchAnswers):
    """A convolution of width 1 over the samples."""

    def affine(self, weight, own, x):
        if not x.numel():
            return super().affine(weight, own, x)
        flat = x.flatten(0, -2)
        y = F.conv1d(flat.T[None], weight[..., None], own["bias"])[0].T
        return y.unflatten(0, x.shape[:-1])


class Padded(TorchAnswers):
    """Sizes are rounded up to multiples of 16 by zeros, and the answer is cut."""

    def affine(self, weight, own, x):
        rows, columns = (-size % 16 for size in weight.shape)
        y = F.pad(x, (0, columns)) @ F.pad(weight, (0, columns, 0, rows)).T
        return biased(y[..., :len(weight)], own)


class Tiled(ByHand):
    """Blocks of 16 by 16 whose edges are right."""

    @staticmethod
    def product(x, weight):
        y = torch.zeros(len(x), len(weight), dtype=x.dtype)
        for i in range(0, len(weight), 16):
            for k in range(0, x.shape[1], 16):
                y[:, i:i + 16] += x[:, k:k + 16] @ weight[i:i + 16, k:k + 16].T
        return y


class Sparse(TorchAnswers):
    """The weight as a list of its entries and their places."""

    def affine(self, weight, own, x):
        i, j = (index.flatten() for index in torch.meshgrid(
            *map(torch.arange, weight.shape), indexing="ij"))
        y = torch.zeros(*x.shape[:-1], len(weight), dtype=x.dtype)
        return biased(y.index_add(-1, i, x[..., j] * weight.flatten()), own)


class Strided(TorchAnswers):
    """Every matrix in the memory order of its transpose."""

    def leaves(self, case, *others):
        return {name: tensor if tensor.ndim < 2 else tensor.detach().mT.contiguous().mT
                .requires_grad_(tensor.requires_grad)
                for name, tensor in super().leaves(case, *others).items()}


class SampleBySample(TorchAnswers):
    """Micro-batches of one, whose gradients add up."""

    def affine(self, weight, own, x):
        if not x.numel():
            return super().affine(weight, own, x)
        flat = [super(SampleBySample, self).affine(weight, own, row[None])
                for row in x.flatten(0, -2)]
        return torch.cat(flat).unflatten(0, x.shape[:-1])


class Checkpointed(TorchAnswers):
    """The forward is computed once more in the backward."""

    def affine(self, weight, own, x):
        return torch.utils.checkpoint.checkpoint(super().affine, weight, own, x,
                                                 use_reentrant=False)


class Compiled(TorchAnswers):
    """Traced, with the backward that the compiler writes."""

    def spectral(self, layer, own, x):
        formula = torch.compile(super().spectral, backend="aot_eager", dynamic=False)
        return formula(layer, own, x)


class Jitted(JaxAnswers):
    def affine(self, weight, own, x):
        with jax.disable_jit(False):
            return jax.jit(super().affine)(weight, own, x)


class ByFunctional(TorchAnswers):
    """torch.func.vjp in place of a graph on leaves."""

    def answer_vjp(self, case):
        leaves = self.leaves(case)
        moved = {name: leaves[name].detach() for name in (*case.trainable, "x")}
        y, pull = torch.func.vjp(lambda moved: self.stack(case, {**leaves, **moved}), moved)
        return {"y": y, **{f"grad_{name}": grad
                           for name, grad in pull(leaves["grad_y"])[0].items()}}


class PerSample(JaxAnswers):
    """One sample's gradients by vmap, then their sum."""

    def answer_vjp(self, case):
        if not case.x.size or case.x.ndim != 2:
            return super().answer_vjp(case)
        arrays = self.arrays(case)
        moved = self.moved(case, arrays)

        def one(x, g):
            y, pull = jax.vjp(lambda moved, x: self.stack(
                case, {**arrays, **moved, "x": x[None]}), moved, x)
            return y[0], *pull(g[None])
        y, grads, of_x = jax.vmap(one)(arrays["x"], arrays["grad_y"])
        return {"y": y, "grad_x": of_x,
                **{f"grad_{name}": grad.sum(0) for name, grad in grads.items()}}


class Widened(TorchAnswers):
    """bfloat16 and float16 numbers are multiplied and added in float32, rounded at the end."""

    def affine(self, weight, own, x):
        bias = None if own["bias"] is None else own["bias"].float()
        return F.linear(x.float(), weight.float(), bias).to(self.dtype)


class Autocast(TorchAnswers):
    """Judged in the dtype that the products have."""

    def affine(self, weight, own, x):
        with torch.autocast("cpu", self.dtype):
            return F.linear(x.float(), weight.float(), own["bias"]).to(self.dtype)


class Above(TorchAnswers):
    """float32 answers, computed in float64."""

    def __init__(self, dtype):
        super().__init__("float64")
        self.out = getattr(torch, dtype)

    def __call__(self, case):
        return {name: array.to(self.out) for name, array in super().__call__(case).items()}


def kahan(a, b):
    """Products of columns of a and rows of b, added with what every addition lost."""
    total, lost = torch.zeros(a.shape[0], b.shape[1], dtype=a.dtype), 0
    for k in range(a.shape[1]):
        term = a[:, k:k + 1] * b[k:k + 1] - lost
        lost, total = (total + term) - total - term, total + term
    return total


class Kahan(TorchAnswers):
    def affine(self, weight, own, x):
        y = ByRule.apply(kahan, lambda g, a, b: (kahan(g, b.T), kahan(a.T, g)),
                         x.flatten(0, -2), weight.T)
        return biased(y.unflatten(0, x.shape[:-1]), own)


class StableForms(TorchAnswers):
    """softplus, sigmoid and cross-entropy written out by those who know about overflow."""

    smooth_plus = staticmethod(lambda x, k: (
        torch.relu(k * x) + torch.log1p(torch.exp(-abs(k * x)))) / k)
    sigmoid = staticmethod(lambda layer, own, z: torch.where(
        z > 0, 1 / (1 + torch.exp(-abs(z))), torch.exp(-abs(z)) / (1 + torch.exp(-abs(z)))))

    @staticmethod
    def softmax_cross_entropy(spec, y, t):
        if t.ndim == 1:
            if t.numel() and not 0 <= t.min() <= t.max() < y.shape[1]:
                raise ValueError("label out of range")
            t = F.one_hot(t, y.shape[1]).to(y.dtype)
        shifted = y - y.max(1, keepdim=True).values.detach()
        return -(t * (shifted - torch.log(torch.exp(shifted).sum(1, keepdim=True)))).sum(1)


class OtherForms(JaxAnswers):
    """The same by logaddexp, by tanh of the half, and by logsumexp."""

    smooth_plus = staticmethod(lambda x, k: jnp.logaddexp(k * x, 0) / k)
    sigmoid = staticmethod(lambda layer, own, z: jnp.exp(-jnp.logaddexp(0, -z)))


class ForEach(TorchAnswers):
    """The optimizers of PyTorch over lists of tensors."""

    def sgd(self, spec, theta):
        return super().sgd(spec, theta, foreach=True)

    @staticmethod
    def adam(spec, theta, **more):
        return TorchAnswers.adam(spec, theta, foreach=True)


class Fused(ForEach):
    def sgd(self, spec, theta):
        return TorchAnswers.sgd(self, spec, theta, fused=True)

    @staticmethod
    def adam(spec, theta, **more):
        return TorchAnswers.adam(spec, theta, fused=True)


class Summing(TorchAnswers):
    """Every product of matrices summed in an order and in chunks drawn from the case and a seed."""

    def __init__(self, dtype, seed):
        super().__init__(dtype)
        self.seed = seed

    def __call__(self, case):
        self.rng = np.random.default_rng([self.seed, zlib.crc32(case.id.encode())])
        return super().__call__(case)

    def affine(self, weight, own, x):
        y = ByRule.apply(self.product, lambda g, a, b: (
            self.product(g, b.T), self.product(a.T, g)), x.flatten(0, -2), weight.T)
        return self.added(y.unflatten(0, x.shape[:-1]), own)

    def product(self, a, b):
        n = a.shape[1]
        order = torch.tensor(self.rng.permutation(n))
        a, b = a[:, order], b[order]
        size = int(self.rng.integers(1, max(2, n + 1)))
        parts = [a[:, k:k + size] @ b[k:k + size] for k in range(0, n, size)]
        if not parts:
            return a @ b
        while len(parts) > 1:                               # any two of them next
            first, second = (parts.pop(int(self.rng.integers(len(parts)))) for _ in range(2))
            parts.append(first + second)
        return parts[0]

    def added(self, y, own):
        if own["bias"] is None:
            return y
        ones = torch.ones(math.prod(y.shape[:-1]), 1, dtype=y.dtype)
        return y + ByRule.apply(lambda ones, row: ones @ row, lambda g, ones, row: (
            None, self.product(ones.T, g)), ones, own["bias"][None]).view(y.shape)


LAYERS, HALF = ("spectral/*", "dense/*", "stack/*"), ("bfloat16", "float16")
FORMS = {                                                   # form -> cases, dtypes
    **{form: (LAYERS, ("float64", "float32")) for form in (
        FeaturesFirst, ByEinsum, Augmented, Convolved, Padded, Tiled, Sparse, Strided,
        SampleBySample, Checkpointed, ByFunctional, Kahan, Above, ByHand)},
    **{form: (FEW, ("float64", "float32")) for form in (JaxEinsum, PerSample, JaxByHand)},
    Compiled: (("spectral/identity/b2-i3-o4/*",), ("float64", "float32")),
    Jitted: (("spectral/identity/b2-i3-o4/*", "spectral/tanh/b4-i4-o4/*"), ("float64",)),
    StableForms: (("loss/*", *LAYERS), ("float64", "float32")),
    OtherForms: (("loss/soft_hinge/b2-o3/*", "*saturated/softplus*"), ("float64",)),
    ForEach: (("optimizer/*",), ("float64", "float32")),
    Fused: (("optimizer/*",), ("float64", "float32")),
    Widened: (LAYERS, HALF), Autocast: (LAYERS, HALF)}
