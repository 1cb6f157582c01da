"""The runs of fewer_parameters.py: one network trained until it stops."""
import numpy as np
from experiment import images, progress
from fewer_parameters_arms import network

from npspectral import Adamax, fit, softmax_cross_entropy
from npspectral.training import accuracy, evaluate

BATCH, MIN_DELTA, PATIENCE, VALIDATION = 200, 0.005, 8, 0.2


def train(name, limit, arm, width, learning_rate, epochs, seed):
    """Test accuracy of one network after the last epoch, and how many epochs it took."""
    net, ((x, target), test_set) = network(arm, width), images(name, limit)
    n = len(x) - round(VALIDATION * len(x))
    rng = np.random.default_rng(seed)
    best, waited = -np.inf, 0
    for record in fit(net, net.init(rng, x.dtype), x[:n], target[:n], loss=softmax_cross_entropy,
                      optimizer=Adamax(learning_rate), batch_size=BATCH, rng=rng, epochs=epochs,
                      metrics=[accuracy], validation=(x[n:], target[n:])):
        value = record.metrics["validation_accuracy"]
        progress(f"{name}, {arm} {width}, seed {seed}  epoch {record.epoch}  "
                 f"validation {value:.4f}")
        waited += 1
        if value > best + MIN_DELTA:
            best, waited = value, 0
        if waited == PATIENCE:
            break
    found = evaluate(net, record.params, *test_set, metrics=[accuracy])
    return {"accuracy": found["accuracy"], "epochs": record.epoch}
