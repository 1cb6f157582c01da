"""A spectral network trained at one penalty after the other."""
import numpy as np

from ...nn.penalties import L2
from ...training.minibatch import fit
from .relevance import input_relevance


def along(rng, network, x, target, *, loss, optimizer, batch_size, weights, penalties, epochs):
    """Yield k and the Record of every epoch at penalties[k]; the first has epochs[0] of them."""
    record, goal = network.init(rng), 0
    for k, penalty in enumerate(penalties):
        goal += epochs[k > 0]
        for record in _fit(network, record, x, target, penalty, loss, weights, rng=rng,
                           optimizer=optimizer, batch_size=batch_size, epochs=goal):
            yield k, record


def settled(rng, network, params, x, target, *, loss, optimizer, weights, penalty, epochs):
    """The records of `epochs` more steps from params on, each with all samples.

    Here columns of W that are not needed fall to 0. In small batches this takes longer: Adam
    divides by the size of a gradient, which is mostly the noise of batches, and the pull of the
    penalty is small beside it.
    """
    if epochs:
        yield from _fit(network, params, x, target, penalty, loss, weights, rng=rng,
                        optimizer=optimizer, batch_size=len(x), epochs=epochs)


def _fit(network, start, x, target, penalty, loss, weights, **options):
    """The records of fit with the penalty of lambda_in and phi, and with weights of samples."""
    if weights is not None:
        loss, target = weighted(loss, target, weights), np.arange(len(x))
    return fit(network, start, x, target, loss=loss, **options,
               penalties=(L2(penalty, "lambda_in"), L2(penalty, "phi")))


def weighted(loss, target, weights):
    """A loss for `fit` whose targets are numbers of samples: sum_b w_b l_b / (B mean w).

    The mean w is that of all samples, so that the mean over batches is the weighted loss.
    """
    share = weights / weights.mean()

    def of_samples(y, samples):
        return loss(y, target[samples], "sum", share[samples] / len(samples))
    return of_samples


def relevance_shares(network, params):
    """input_relevance of the first layer over its sum, (n_in,); 0 if all of it is silent."""
    relevance = input_relevance(network.layers[0], params[0])
    total = relevance.sum()
    return relevance / total if total > 0 else relevance
