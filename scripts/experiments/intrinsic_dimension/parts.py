"""A run: a network trained, and its layers measured."""
import numpy as np
from lab.data import images
from lab.progress import progress

from npspectral import Adam, Chain, Dense, ReLU, fit, quadratic_hinge, softmax_cross_entropy
from npspectral.data import binary
from npspectral.nn import Normal, mean_field
from npspectral.training import Limits, gradient_flow, predict, settle

from .clouds import CONTROLS, measure, measure_layers

FEATURE, LAZY, UNTRAINED = "feature", "lazy", "untrained"
TRUE, SHUFFLED = "true labels", "shuffled labels"
ALPHA = {FEATURE: 1e-3, LAZY: 1e4}
MARGIN = 0.5                        # the flow ends when all points have y F above it
LIMITS = Limits(max_gradient_change=1e-2, max_output_change=0.5)
RATE, BATCH = 1e-3, 128


def follow_stripe(regime, n_points, n_learned, d, widths, steps, seed):
    """One network by gradient flow: its layers measured, and its test error."""
    rng = np.random.default_rng(seed)
    x, target = binary.stripe(rng, n_learned, d)
    seen, truth = binary.stripe(rng, n_points, d)
    network = mean_field(d, widths)
    start = params = network.init(rng)
    error = 0.5
    if regime != UNTRAINED:
        progress(f"stripe, {regime}, seed {seed}")
        flow = gradient_flow(network, start, x, target, loss=quadratic_hinge, alpha=ALPHA[regime],
                             limits=LIMITS)
        params = settle(flow, target, margin=MARGIN, max_steps=steps).params
        change = predict(network, params, seen) - predict(network, start, seen)
        error = np.mean(change * truth <= 0)
    return {"error": error, "labels": truth[:, 0].astype(int),
            **measure_layers(rng, network, params, seen)}


def follow_mnist(labels, n_images, n_points, widths, epochs, seed):
    """One network by Adam, or its first weights with 0 epochs; labels: true ones or SHUFFLED."""
    rng = np.random.default_rng(seed)
    (x, given), (seen, truth) = images("mnist", n_images)
    if labels == SHUFFLED:
        given = rng.permutation(given)
    network = dense_network(x.shape[1], widths, 10)
    params = network.init(rng, np.float32)
    for record in fit(network, params, x, given, loss=softmax_cross_entropy, optimizer=Adam(RATE),
                      batch_size=BATCH, rng=rng, epochs=epochs) if epochs else ():
        params = record.params
        progress(f"mnist, {labels}, {n_images} images, seed {seed}  epoch {record.epoch}/{epochs}  "
                 f"loss {record.loss:.4f}")
    error, train_error = (np.mean(predict(network, params, rows).argmax(1) != answers)
                          for rows, answers in ((seen, truth), (x, given)))
    chosen = slice(n_points)
    return {"error": error, "train_error": train_error, "labels": truth[chosen],
            **measure_layers(rng, network, params, seen[chosen])}


def dense_network(n_in, widths, n_out):
    """Dense layers with ReLU between them; first weights N(0, 2 / n_in), biases 0."""
    layers = []
    for before, width in zip((n_in, *widths), widths):
        layers += [Dense(before, width, start=Normal((2 / before) ** 0.5)), ReLU()]
    return Chain(*layers, Dense(widths[-1], n_out))


def follow_control(name, n_points, seed):
    rng = np.random.default_rng(seed)
    return measure(rng, CONTROLS[name].draw(rng, n_points))
