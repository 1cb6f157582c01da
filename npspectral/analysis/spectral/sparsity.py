"""Links of a sparse layer during training: how many are masked, change while masked, come back.

At an observation a link of a Sparse layer is kept if |W_ij| > c, else masked. W is the weight of
the inner layer before masking, c the threshold at that time. A masked link has no gradient.

If the inner layer is Dense, W_ij is a parameter. Under plain gradient descent (SGD without
momentum, decay or a penalty on W) a masked W_ij keeps its value: it comes back only if c falls
below |W_ij|, and never if c stays. With momentum or Adam it still moves for a while, by earlier
gradients. If the inner layer is Spectral, a masked W_ij moves with the eigenvalues of its two
nodes, which the gradients of other links change.

Source of the question: Chicchi et al. 2021, Phys. Rev. E 104, 054312 (sparse networks).
"""
import math

import numpy as np

from ... import refuse


class LinkHistory:
    """Counts over a sequence of observations (W, c) of one layer, without storing the sequence.

    A spell is a time in which a link is masked; at its first observation W = W_d and c = c_d.

    deaths      kept at the observation before, masked now
    revivals    masked at the observation before, kept now with W and c; each is one of three:
      unchanged   W = W_d: c alone has fallen
      lowered     W != W_d and |W| <= c_d: it moved, but comes back only as c is lower than c_d
      grown       W != W_d and |W| > c_d: its own change was enough, and c_d would let it back, too
    returns     revivals of links that were kept at some observation before the spell
      returns_changed   those of them with W != W_d
    ever_masked   links that were masked at least once
    moved_masked  links that had W != W_d at the end of a step that began while they were masked
    density     the share of links that are kept now
    links       the number of all links

    From deaths to returns_changed events are counted, of which one link can have several. Observe
    after every training step: then each change between two observations is made under the mask of
    the first. With fewer observations events are missed, and a change may have been made while the
    link was kept. W = -0 and 0 are equal.
    """

    EVENTS = ("deaths", "revivals", "unchanged", "lowered", "grown", "returns", "returns_changed")
    NAMES = (*EVENTS, "ever_masked", "moved_masked", "density", "links")

    def __init__(self, weight, threshold):
        weight = _matrix(weight, threshold)
        self.masked = np.abs(weight) <= threshold
        self.ever_kept, self.ever_masked = ~self.masked, self.masked.copy()
        self.moved_masked = np.zeros(weight.shape, bool)
        self.weight_d = weight.copy()                       # W_d, read only for masked links
        self.threshold_d = np.full(weight.shape, threshold, weight.dtype)
        self.events = dict.fromkeys(self.EVENTS, 0)

    def observe(self, weight, threshold):
        """Count what happened since the last observation; weight W and threshold c are of now."""
        weight = _matrix(weight, threshold, self.masked.shape)
        size = np.abs(weight)
        before, self.masked = self.masked, size <= threshold
        changed = before & (weight != self.weight_d)
        deaths, revivals = self.masked & ~before, before & ~self.masked
        grown = revivals & changed & (size > self.threshold_d)
        returns = revivals & self.ever_kept
        happened = (deaths, revivals, revivals & ~changed, revivals & changed & ~grown, grown,
                    returns, returns & changed)
        for name, links in zip(self.EVENTS, happened):
            self.events[name] += np.count_nonzero(links)
        self.ever_kept |= revivals
        self.ever_masked |= deaths
        self.moved_masked |= changed
        self.weight_d[deaths] = weight[deaths]
        self.threshold_d[deaths] = threshold

    def counts(self):
        """{name: number} for every name in the list above."""
        return {**self.events, "ever_masked": np.count_nonzero(self.ever_masked),
                "moved_masked": np.count_nonzero(self.moved_masked),
                "density": np.count_nonzero(~self.masked) / self.masked.size,
                "links": self.masked.size}


def _matrix(weight, threshold, shape=None):
    plain = type(weight) in refuse.PLAIN
    if not plain or weight.ndim != 2 or weight.dtype.kind != "f":
        came = f"{weight.dtype} {weight.shape}" if plain else repr(weight)
        raise TypeError(f"LinkHistory: weight is {came}, expected a real matrix")
    if shape not in (None, weight.shape):
        raise ValueError(f"LinkHistory: weight has shape {weight.shape}, expected {shape}")
    refuse.finite("LinkHistory", "weight", weight)
    refuse.number("LinkHistory", "threshold", threshold, "a number", lambda c: not math.isnan(c))
    return weight
