"""A network trained on one part, and what it looks at."""
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.learning import learn

from npspectral import Chain, Dense, ReLU, Spectral, Tanh
from npspectral.analysis.spectral import input_relevance, keep_top, top_mask
from npspectral.data import correlated_pairs, gaussian_features, train_test_split
from npspectral.nn import L2, PUBLISHED
from npspectral.training import accuracy, predict

HIDDEN, BATCH = (100, 100, 50), 500
FEW, SHOWN = 17, 8                  # pixels that are enough; test images of each digit to look at


@dataclass(frozen=True)
class Training:
    """Penalties on the first layer; then (learning rate, epochs) in turn."""

    l2_lambda: float
    l2_phi: float
    stages: tuple


CONTROL = Training(1e-6, 1e-4, ((1e-2, 3),))        # of (b): what cannot be learned needs no more
RETRAIN = Training(0.0, 0.0, ((1e-3, 20),))         # of (c): on few pixels


def spectral_network(n_in, n_out, first):
    """n_in-100-100-50-n_out with lambda_out = 0 throughout; `first` follows the first layer."""
    sizes = (n_in, *HIDDEN, n_out)
    a, b, c, d = (Spectral(*pair, **PUBLISHED["chicchi2024"]) for pair in zip(sizes, sizes[1:]))
    return Chain(a, first, b, ReLU(), c, ReLU(), d)


def train(network, rng, train_set, test_set, training, label):
    """params after all stages; curves (epochs, 3): training loss, its accuracy, the test one."""
    penalties = ()
    if isinstance(network.layers[0], Spectral):
        penalties = (L2(training.l2_lambda, "0/lambda_in"), L2(training.l2_phi, "0/phi"))
    curves = []
    for record in learn(network, network.init(rng, np.float32), train_set, training.stages, label,
                        batch_size=BATCH, rng=rng, penalties=penalties, metrics=[accuracy],
                        validation=test_set):
        curves.append((record.loss, record.metrics["accuracy"],
                       record.metrics["validation_accuracy"]))
    return record.params, np.array(curves)


def follow_gaussian(training, n, n_features, n_relevant, sigma, seed):
    """One seed of part (a) as arrays."""
    rng = np.random.default_rng(seed)
    drawn = gaussian_features(rng, n, n_features, n_relevant, sigmas=sigma, dtype=np.float32)
    row, _, _ = learned(drawn, rng, training, f"(a) gaussian, seed {seed}")
    return {**row, "gap": drawn.gap, "hellinger": drawn.hellinger, "relevant": drawn.relevant}


def follow_pairs(training, n, flip_probability, seed):
    """One seed of part (b) as arrays; two features are unpaired."""
    rng, label = np.random.default_rng(seed), f"(b) pairs, seed {seed}"
    drawn = correlated_pairs(rng, n, 2 * len(flip_probability) + 2, flip_probability,
                             dtype=np.float32)
    row, train_set, test_set = learned(drawn, rng, training, label)
    return {**row, **controls(rng, train_set, test_set, label),
            "flip_probability": drawn.flip_probability}


def learned(drawn, rng, training, label):
    """What a network makes of a handmade set, beside its Bayes rule; the two parts of the set."""
    train_set, test_set = train_test_split(rng, drawn.x, drawn.labels)
    network = spectral_network(drawn.x.shape[1], 2, Tanh())
    params, curves = train(network, rng, train_set, test_set, training, label)
    row = {**relevances(network, params), "curves": curves, "accuracy": curves[-1, 2],
           "bayes": drawn.bayes_accuracy(),
           "bayes_rule": np.mean(drawn.predict(test_set[0]) == test_set[1])}
    return row, train_set, test_set


def controls(rng, train_set, test_set, label):
    """Test accuracy of a linear classifier, and of the network where marginals are all there is."""
    n_in = train_set[0].shape[1]
    linear, network = Chain(Dense(n_in, 2)), spectral_network(n_in, 2, Tanh())
    _, alone = train(linear, rng, train_set, test_set, CONTROL, label + ", linear")
    shuffled = shuffle_within_classes(rng, *train_set), shuffle_within_classes(rng, *test_set)
    _, marginal = train(network, rng, *shuffled, CONTROL, label + ", marginals")
    return {"linear_accuracy": alone[-1, 2], "marginal_accuracy": marginal[-1, 2]}


def shuffle_within_classes(rng, x, labels):
    """The same set with every feature shuffled by itself among the examples of a class."""
    x = x.copy()
    for label in np.unique(labels):
        x[labels == label] = rng.permuted(x[labels == label], axis=0)
    return x, labels


def zeros_and_ones():
    """(x, labels) of MNIST's zeros and ones for training, the same for testing."""
    return [(x[labels < 2], labels[labels < 2]) for x, labels in images("mnist")]


def show_mnist():
    """Some test images of each digit, and the means of the training images."""
    (x, labels), (x_test, labels_test) = zeros_and_ones()
    return {**{f"examples_{digit}": x_test[labels_test == digit][:SHOWN] for digit in (0, 1)},
            "mean_images": np.array([x[labels == digit].mean(0) for digit in (0, 1)])}


def follow_mnist(training, counts, seed):
    """One seed of part (c) as arrays; `counts` of the pixels are kept in turn."""
    (train_set, test_set), rng = zeros_and_ones(), np.random.default_rng(seed)
    network, label = spectral_network(784, 10, ReLU()), f"(c) mnist, seed {seed}"
    params, curves = train(network, rng, train_set, test_set, training, label)
    scores = relevances(network, params)
    orders = {"relevance": scores["relevance"], "eigenvalue": scores["eigenvalue"],
              "random": rng.random(784)}
    row = {**scores, "curves": curves, "accuracy": curves[-1, 2]}
    for name, score in orders.items():
        outputs = (predict(network, params, keep_top(test_set[0], score, n)) for n in counts)
        row[f"kept_{name}"] = np.array([accuracy(y, test_set[1]) for y in outputs])
    for name in ("relevance", "random"):            # new networks that never see other pixels
        mask, few = top_mask(orders[name], FEW), spectral_network(FEW, 10, ReLU())
        sets = [(np.ascontiguousarray(x[:, mask]), labels) for x, labels in (train_set, test_set)]
        _, curves = train(few, rng, *sets, RETRAIN, f"{label}, {FEW} pixels by {name}")
        row[f"retrained_{name}"] = curves[-1, 2]
    return row


def relevances(network, params):
    """Both scores of the inputs, and the eigenvalues with their signs."""
    first = network.layers[0], params[0]
    return {"relevance": input_relevance(*first, "product"),
            "eigenvalue": input_relevance(*first, "eigenvalue"),
            "lambda_in": params[0]["lambda_in"]}
