"""Networks of layers in a row, and their training by minibatches, told of on the terminal."""
import numpy as np

from npspectral import Adam, Chain, fit, softmax_cross_entropy
from npspectral.training import accuracy, predict

from .progress import progress


def chain(layers, activation):
    """The layers with an activation between neighbors."""
    return Chain(*[step for layer in layers for step in (activation, layer)][1:])


def learn(network, start, train_set, stages, label, optimizer=Adam, loss=softmax_cross_entropy,
          **options):
    """Records of fit, epoch by epoch, through stages (learning rate, epochs); options are fit's."""
    last, total = 0, sum(epochs for _, epochs in stages)
    for rate, epochs in stages:
        last += epochs
        for start in fit(network, start, *train_set, loss=loss, optimizer=optimizer(rate),
                         epochs=last, **options):
            numbers = {"loss": start.loss, **start.metrics}.items()
            progress(f"{label}  epoch {start.epoch}/{total}  "
                     + ", ".join(f"{name} {value:.4f}" for name, value in numbers))
            yield start


def learned(network, start, train_set, stages, label, **options):
    """params after all of the stages; options as in `learn`."""
    params = start
    for record in learn(network, start, train_set, stages, label, **options):
        params = record.params
    return params


def right(network, params, x, labels):
    """The share of examples whose class the network says."""
    return accuracy(predict(network, params, x), labels)


def while_it_rises(records, patience, least=0.0, best=-np.inf):
    """(record, whether its validation accuracy is by more than `least` above the best before).

    Ends where for `patience` records it was not.
    """
    waited = 0
    for record in records:
        value, waited = record.metrics["validation_accuracy"], waited + 1
        risen = value > best + least
        if risen:
            best, waited = value, 0
        yield record, risen
        if waited == patience:
            break
