"""The penalty that held-out samples choose, on a path from weak to strong.

A network is trained at the weakest penalty, and then goes on from where it is at each stronger one.
The penalty of a first layer with lambda_out = 0 is, at its least, a group lasso over the inputs
(nn/penalties.py): along the path one input after the other falls silent. From strong to weak there
is no path: with both lambda_in and phi penalized, W = 0 is a local minimum at every penalty > 0.

For each of F folds, a network is trained on all other samples. L_b is the loss of sample b by the
network that has not seen it, and rho* the penalty of the least mean of min(L_b, C). With C some
losses of the best constant (price.py), a few samples far from all others do not choose alone.

At rho* the networks go on with all samples in each step, until inputs that are not needed are
silent (_penalized.settled).

Source: dense to sparse along a warm path as Lemhadri et al. 2021, J. Mach. Learn. Res. 22, 127
(LassoNet). Folds, epochs and penalties are ours.
"""
from dataclasses import dataclass
from itertools import count

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...training.minibatch import predict
from ._given import checked_numbers, checked_samples
from ._penalized import along, relevance_shares, settled
from .price import REACH, constant_losses, sample_losses

PENALTIES = 1e-3 * 10 ** (np.arange(7) / 3)
EPOCHS = 60, 12, 100        # at the first penalty, at each of the others, at the best one
FOLDS = 5


@dataclass(frozen=True, repr=False)
class PenaltyPath(Shapes):
    """What a path gave, for penalties (P,).

    losses (P,)         the mean of min(L_b, C) over held-out samples
    relevance (P, n_in) input_relevance, that of each network over its sum; the mean over folds
    shares (n_in,)      the same of params
    fold (n,)           in which fold a sample is held out
    params (F,)         the network of each fold at rho* = penalties[best], settled there
    """

    penalties: np.ndarray
    losses: np.ndarray
    relevance: np.ndarray
    fold: np.ndarray
    params: tuple
    best: int
    shares: np.ndarray

    @property
    def penalty(self):
        return float(self.penalties[self.best])

    def __repr__(self):
        return (f"PenaltyPath(penalty={self.penalty:.3g}, the best of {len(self.penalties)} in "
                f"{len(self.params)} folds, held-out loss {self.losses[self.best]:.4g})")


def penalty_path(rng, network, x, target, *, loss, optimizer, fold, batch_size=64, weights=None,
                 penalties=PENALTIES, epochs=EPOCHS, progress=None):
    """A PenaltyPath of a Chain that begins with a Spectral layer with lambda_out = 0.

    x (n, n_in) and target as `loss` takes it; fold (n,) as fold_numbers gives it; epochs, those at
    the first penalty, at each of the others, and at rho* with all samples in each step. With
    weights (n,) a sample counts as that many. progress(done, of) is called after every epoch.
    """
    x, target = checked_samples("penalty_path", x, target)
    penalties = refuse.numbers("penalty_path", "penalties", penalties, 1).astype(float)
    if weights is not None:
        weights = refuse.real("penalty_path", "weights", weights, 1)
        refuse.length("penalty_path", "weights", weights, len(x))
    fold = checked_numbers("penalty_path", "fold", fold, len(x))
    folds, ticks = np.unique(fold), count(1)
    total = len(folds) * (epochs[0] + epochs[1] * (len(penalties) - 1) + epochs[2])
    tell = (lambda: progress(next(ticks), total)) if progress else (lambda: None)
    options = [dict(loss=loss, optimizer=optimizer, **_rows(fold != number, x, target, weights))
               for number in folds]
    paths = [_followed(along(rng, network, **of_fold, batch_size=batch_size, penalties=penalties,
                             epochs=epochs), tell) for of_fold in options]
    losses = _held_out(network, paths, x, target, loss, fold, folds)
    most = REACH * np.average(constant_losses(loss, target, network.n_out, weights),
                              weights=weights)
    mean = np.average(np.minimum(losses, most), 1, weights)
    best = int(mean.argmin())
    relevance = np.mean([[relevance_shares(network, params) for params in path] for path in paths],
                        0)
    chosen = [path[best] for path in paths]
    for i, of_fold in enumerate(options):
        for record in settled(rng, network, chosen[i], **of_fold, penalty=penalties[best],
                              epochs=epochs[2]):
            chosen[i] = record.params
            tell()
    shares = np.mean([relevance_shares(network, params) for params in chosen], 0)
    return PenaltyPath(penalties, mean, relevance, fold, tuple(chosen), best, shares)


def _rows(some, x, target, weights):
    return dict(x=x[some], target=target[some], weights=None if weights is None else weights[some])


def _followed(records, tell):
    """The last params at each penalty."""
    last = {}
    for k, record in records:
        last[k] = record.params
        tell()
    return [last[k] for k in sorted(last)]


def _held_out(network, paths, x, target, loss, fold, folds):
    """The loss (P, n) of every sample at each penalty, by the network that has not seen it."""
    losses = np.empty((len(paths[0]), len(x)))
    for number, path in zip(folds, paths):
        held = fold == number
        for k, params in enumerate(path):
            losses[k, held] = sample_losses(loss, predict(network, params, x[held]), target[held])
    return losses


def fold_numbers(rng, n, labels=None, folds=FOLDS):
    """The fold (n,) of each sample at random, 0 to folds - 1; there are at most n folds.

    labels (n,), such as classes: the samples of each label are spread over all folds.
    """
    refuse.generator("fold_numbers", rng)
    refuse.integer("fold_numbers", "n", n, 2)
    refuse.integer("fold_numbers", "folds", folds, 2)
    order = rng.permutation(n)
    if labels is not None:
        refuse.labels("fold_numbers", "labels", labels, n)
        order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(n, int)
    fold[order] = np.arange(n) % min(folds, n)
    return fold
