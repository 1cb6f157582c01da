"""Networks of layers in a row, and their training by minibatches, told of on the terminal."""
from npspectral import Adam, Chain, fit, softmax_cross_entropy

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
