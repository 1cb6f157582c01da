"""What happens to the links of a sparse layer during training: which die, move unseen, come back.

A link of a Sparse layer is kept at an observation if |W_ij| > c, else masked; W is the weight of
the inner layer, before masking, and c the threshold of that moment. A masked link of Dense has no
gradient and W is the parameter itself, so under plain gradient descent (SGD without momentum, decay
or a penalty on W) it keeps its value for good: it comes back only if c falls below that value, and
never with a static c. With momentum or Adam it coasts on earlier gradients for a while. A masked
link of Spectral moves with the eigenvalues of its two nodes, which other links train.

Source of the question: Chicchi et al. 2021, Phys. Rev. E 104, 054312 (sparse networks).
"""
import math

import numpy as np

from ... import refuse


class LinkHistory:
    """Counts over a sequence of observations (W, c) of one layer; keeps no past but what counts.

    A spell is a longest run of observations at which a link is masked; it begins at W_d, c_d.

    deaths      kept at the observation before, masked now
    revivals    masked before, kept now (now: W, c), which are one of three:
      unchanged   W = W_d, bit by bit: c alone has fallen
      lowered     W != W_d and |W| <= c_d: it moved, but only a lower c lets it in
      grown       W != W_d and |W| > c_d: its own change was enough, c at c_d would let it in too
    returns     revivals of links that were kept at any observation before that spell, and
      returns_changed   those of them with W != W_d
    ever_masked, moved_masked   links masked at least once; those of them that at the end of a step
                taken while they were masked had W != W_d
    density     share of links kept now;  links  how many there are, whatever they do

    Deaths to returns count events, a link more than once. Observe after every training step: then
    all that happens between two observations happens under the mask of the first one. Observed more
    seldom, events are missed and a change may be one of a time when the link was kept.
    W = -0 and 0 are equal.
    """

    EVENTS = ("deaths", "revivals", "unchanged", "lowered", "grown", "returns", "returns_changed")
    NAMES = (*EVENTS, "ever_masked", "moved_masked", "density", "links")

    def __init__(self, weight, threshold):
        weight = _matrix(weight, threshold)
        self.masked = np.abs(weight) <= threshold
        self.ever_kept, self.ever_masked = ~self.masked, self.masked.copy()
        self.moved_masked = np.zeros(weight.shape, bool)
        self.weight_d = weight.copy()                       # where a spell begins; else of no use
        self.threshold_d = np.full(weight.shape, threshold, weight.dtype)
        self.events = dict.fromkeys(self.EVENTS, 0)

    def observe(self, weight, threshold):
        """Count what happened between the last observation and this one."""
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
        """Name -> number of every entry of the list above."""
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
