"""When the training of an estimator ends, and which samples are held out to decide that."""
from dataclasses import replace

import numpy as np

from . import refuse


def held_out(owner, groups, share, rng):
    """Which samples are held out (n,): a random share of every group, but never a whole group.

    groups (n,): the group of each sample.
    """
    refuse.number(owner, "validation_fraction", share, "a number between 0 and 1",
                  lambda value: 0 < value < 1)
    held, order = np.zeros(len(groups), bool), rng.permutation(len(groups))
    for group in np.unique(groups):
        members = order[groups[order] == group]
        held[members[:min(round(share * len(members)), len(members) - 1)]] = True
    if not held.any():
        raise ValueError(f"{owner}: validation_fraction is {share}, which holds out none of "
                         f"{len(groups)} samples")
    return held


def scored(records, score):
    """Yield the records with score(params) as their metric."""
    for record in records:
        yield replace(record, metrics={"validation_score": score(record.params)})


def until_it_stalls(records, tol, patience):
    """Losses and scores of the epochs, and the record to keep.

    Training stalls if the loss, or the score if there is one, has not become better than its best
    by more than tol for `patience` epochs in a row. The record to keep is that of the best score,
    or the last one if there are no scores.
    """
    losses, scores, best, lowest, waited = [], [], None, np.inf, 0
    for record in records:
        losses.append(record.loss)
        scores += record.metrics.values()
        fault = -scores[-1] if scores else record.loss
        waited = 0 if fault < lowest - tol else waited + 1
        if best is None or fault < lowest:
            best, lowest = record, fault
        if waited >= patience:
            break
    return losses, scores, best if scores else record
