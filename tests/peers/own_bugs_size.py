"""Bugs of size: block edges of kernels, narrow indices, forms of x other than a matrix."""
import jax.numpy as jnp
import numpy as np
import torch
from oracle_torch import ByRule, TorchAnswers
from own_bugs import FEW, ByHand, JaxByHand, bug

EDGE = r"block|beyond|edge|larger"


@bug("the last block of 16 inputs is dropped", "size", said=EDGE,
     where=r"large", follows=False)
class DropsInputs(ByHand):
    @staticmethod
    def product(x, weight):
        whole = x.shape[1] // 16 * 16 or x.shape[1]
        return sum(x[:, k:k + 16] @ weight[:, k:k + 16].T for k in range(0, whole, 16))


@bug("the last block of 32 samples is dropped", "size",
     at=("grad_phi", "grad_lambda_in", "grad_lambda_out"), said=EDGE)
class DropsSamples(ByHand):
    @staticmethod
    def moment(g, x):
        whole = len(x) // 32 * 32 or len(x)
        return sum((g[k:k + 32].T @ x[k:k + 32] for k in range(0, whole, 32)),
                   torch.zeros(g.shape[1], x.shape[1], dtype=g.dtype))


@bug("the last block of 64 outputs stays zero", "size",
     said=EDGE, where=r"columns? .*12[89]", follows=False)
class LeavesOutputs(ByHand):
    @staticmethod
    def product(x, weight):
        y = torch.zeros(len(x), len(weight), dtype=x.dtype)
        whole = len(weight) // 64 * 64 or len(weight)
        for i in range(0, whole, 64):
            y[:, i:min(i + 64, whole)] = x @ weight[i:min(i + 64, whole)].T
        return y


@bug("an accumulator that is not reset at 128", "size",
     said=EDGE, where=r"columns? .*12[89]", follows=False)
class NotReset(ByHand):
    @staticmethod
    def product(x, weight):
        y = x @ weight.T
        if len(weight) > 128:
            y[:, 128:] += y[:, :len(weight) - 128]
        return y


@bug("mask of the last tile one too narrow", "size", at="grad_x",
     said=EDGE)
class NarrowMask(ByHand):
    @staticmethod
    def of_x(g, weight):
        n, tile = weight.shape[1], 32
        y = g @ weight
        return y if n <= tile else torch.where(torch.arange(n) < n - 1, y, 0)


@bug("a warp sums 64 samples of the bias", "size", at="grad_bias",
     said=r"block|beyond|edge|larger|first")
class WarpBias(ByHand):
    of_bias = staticmethod(lambda g: g[:64].sum(0))


@bug("indices of columns in int8", "size", at=("grad_phi",),
     said=r"block|beyond|edge|larger|index|int8",
     only=("spectral/large/*", *FEW))
class NarrowIndex(JaxByHand):
    @staticmethod
    def of_phi(moment, li, lo):
        rows = jnp.asarray(np.arange(len(lo)).astype(np.int8))      # 128 becomes -128
        return (li - lo[rows][:, None]) * moment[rows]


@bug("tiles of 16 of a symmetric launch", "size", at=("grad_lambda_in",),
     said=EDGE)
class SquareGrid(ByHand):
    """The grid has as many blocks along the inputs as along the outputs need."""

    @staticmethod
    def of_in(moment, phi):
        reached = -(-phi.shape[0] // 16) * 16
        total = (phi * moment).sum(0)
        total[reached:] = 0
        return total


@bug("the batch axis of a 3-D x is taken for time", "size", where=r"3-D|axes|shape|form",
     suite="full",
     said=r"3-D|axes|axis|flatten|leading")
class TimeMajor(TorchAnswers):
    def affine(self, weight, own, x):
        y = x.transpose(0, -2).flatten(0, -2) @ weight.T if x.ndim > 2 else x @ weight.T
        y = y if own["bias"] is None else y + own["bias"]
        return y.unflatten(0, x.shape[:-1]) if x.ndim > 2 else y


class Forms(TorchAnswers):
    """x as the case hands it over, not as a fresh copy."""

    def leaves(self, case, *others):
        found = super().leaves(case, *others)
        if "x" in found:
            found["x"] = self.taken(case.inputs["x"]).requires_grad_()
        return found


@bug("strides of x are ignored", "size", where=r"strid|contiguous|form",
     said=r"strid|contiguous|view")
class IgnoresStrides(Forms):
    """A kernel that takes the address of x and reads on from there."""

    def taken(self, x):
        memory = x if x.base is None else x.base
        return torch.tensor(np.resize(memory, x.shape), dtype=self.dtype)


@bug("gradient of a broadcast x is summed", "size", at=("grad_x",),
     said=r"broadcast|stride", where=r"broadcast|form|grad_x")
class SumsBroadcast(TorchAnswers):
    """Rows that share memory share their gradient."""

    def answer_vjp(self, case):
        found, x = super().answer_vjp(case), case.inputs["x"]
        if x.ndim and len(x) > 1 and x.strides[0] == 0:
            found["grad_x"] = found["grad_x"].sum(0).expand(x.shape)
        return found


@bug("tanh by one block of 128 threads", "size", said=EDGE, follows=False,
     where=r"large|rows|samples")
class OneBlock(TorchAnswers):
    tanh = staticmethod(lambda layer, own, z: ByRule.apply(
        lambda z: torch.where(torch.arange(z.numel()).view(z.shape) < 128, torch.tanh(z), z),
        lambda g, z: (g * (1 - torch.tanh(z) ** 2),), z))
