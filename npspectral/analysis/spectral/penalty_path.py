"""The penalty that held-out samples choose, on a path from weak to strong.

A network is trained at the weakest penalty, and then goes on from where it is at each stronger one.
The penalty of a first layer with lambda_out = 0 is, at its least, a group lasso over the inputs
(nn/penalties.py): along the path one input after the other falls silent. From strong to weak there
is no path: with both lambda_in and phi penalized, W = 0 is a local minimum at every penalty > 0.

For each of F folds, a network is trained on all other samples. L_b is the loss of sample b by the
network that has not seen it, and rho* the penalty of the least mean L.

Source: dense to sparse along a warm path as Lemhadri et al. 2021, J. Mach. Learn. Res. 22, 127
(LassoNet). Folds, epochs and penalties are ours.
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...training.minibatch import predict
from ._given import checked_numbers, checked_samples
from ._penalized import along, relevance_shares
from .price import sample_losses

PENALTIES = 1e-3 * 10 ** np.arange(0, 2.25, 0.25)
EPOCHS = 60, 12                     # at the first penalty, and at each of the others
FOLDS = 5


@dataclass(frozen=True, repr=False)
class PenaltyPath(Shapes):
    """What a path gave, for penalties (P,).

    losses (P,)         the mean of held-out losses L_b
    relevance (P, n_in) input_relevance, that of each network over its sum; the mean over folds
    fold (n,)           in which fold a sample is held out
    params (F,)         the network of each fold at rho* = penalties[best]
    """

    penalties: np.ndarray
    losses: np.ndarray
    relevance: np.ndarray
    fold: np.ndarray
    params: tuple
    best: int

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
    the first penalty and at each of the others. With weights (n,) a sample counts as that many.
    progress(done, of) is called after every epoch.
    """
    x, target = checked_samples("penalty_path", x, target)
    penalties = refuse.numbers("penalty_path", "penalties", penalties, 1).astype(float)
    if weights is not None:
        weights = refuse.real("penalty_path", "weights", weights, 1)
        refuse.length("penalty_path", "weights", weights, len(x))
    fold = checked_numbers("penalty_path", "fold", fold, len(x))
    numbers, done = np.unique(fold), 0
    total = len(numbers) * (epochs[0] + epochs[1] * (len(penalties) - 1))
    losses, found = np.empty((len(penalties), len(x))), []
    for number in numbers:
        held, kept = fold == number, fold != number
        found.append([None] * len(penalties))
        for k, record in along(rng, network, x[kept], target[kept], loss=loss, optimizer=optimizer,
                               batch_size=batch_size, penalties=penalties, epochs=epochs,
                               weights=None if weights is None else weights[kept]):
            found[-1][k], done = record.params, done + 1
            if progress is not None:
                progress(done, total)
        for k, params in enumerate(found[-1]):
            y = predict(network, params, x[held])
            losses[k, held] = sample_losses(loss, y, target[held])
    mean = np.average(losses, 1, weights)
    best = int(mean.argmin())
    shares = np.mean([[relevance_shares(network, params) for params in one] for one in found], 0)
    return PenaltyPath(penalties, mean, shares, fold, tuple(one[best] for one in found), best)


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
