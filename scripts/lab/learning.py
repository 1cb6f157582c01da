"""A network trained by minibatches, while the terminal tells how far it is."""
from npspectral import Adam, fit, softmax_cross_entropy

from .progress import progress


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
