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
SHOWN, OTHERS = 8, 20               # test images of each digit to look at; draws of other pixels
BINS = np.linspace(-2.5, 2.5, 51)   # of the histograms of features
DRAWN = 0.1                         # a pixel counts as drawn if a class has this mean there


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
    return {**row, "histogram": histograms(drawn.x, drawn.labels), "gap": drawn.gap,
            "hellinger": drawn.hellinger, "relevant": drawn.relevant}


def follow_pairs(training, n, flip_probability, seed):
    """One seed of part (b) as arrays; two features are unpaired."""
    rng, label = np.random.default_rng(seed), f"(b) pairs, seed {seed}"
    drawn = correlated_pairs(rng, n, 2 * len(flip_probability) + 2, flip_probability,
                             dtype=np.float32)
    row, train_set, test_set = learned(drawn, rng, training, label)
    alike = drawn.x[:, ::2] * drawn.x[:, 1::2] > 0
    return {**row, **controls(rng, train_set, test_set, label),
            "flip_probability": drawn.flip_probability,
            "histogram": histograms(drawn.x, drawn.labels),
            "alike": np.array([alike[drawn.labels == label].mean(0) for label in (0, 1)])}


def histograms(x, labels):
    """Density of every feature in each class, at BINS: (class, input, bin)."""
    return np.array([[np.histogram(feature, BINS, density=True)[0]
                      for feature in x[labels == label].T] for label in (0, 1)])


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


def zeros_and_ones(name):
    """(x, labels) of the zeros and ones of a data set for training, the same for testing."""
    return [(x[labels < 2], labels[labels < 2]) for x, labels in images(name)]


def show_images(name):
    """Some test images of each digit, and the means of the training images."""
    (x, labels), (x_test, labels_test) = zeros_and_ones(name)
    return {**{f"examples_{digit}": x_test[labels_test == digit][:SHOWN] for digit in (0, 1)},
            "mean_images": class_means(x, labels)}


def class_means(x, labels):
    return np.array([x[labels == digit].mean(0) for digit in (0, 1)])


def follow_images(name, training, counts, few, seed):
    """One seed of part (c) as arrays; `counts` of the pixels are kept in turn, `few` are enough."""
    (train_set, test_set), rng = zeros_and_ones(name), np.random.default_rng(seed)
    n_in, label = train_set[0].shape[1], f"(c) {name}, seed {seed}"
    network = spectral_network(n_in, 10, ReLU())
    params, curves = train(network, rng, train_set, test_set, training, label)
    scores = relevances(network, params)
    orders = {"relevance": scores["relevance"], "eigenvalue": scores["eigenvalue"],
              "random": rng.random(n_in)}
    row = {**scores, "curves": curves, "accuracy": curves[-1, 2]}
    for order, score in orders.items():
        outputs = (predict(network, params, keep_top(test_set[0], score, n)) for n in counts)
        row[f"kept_{order}"] = np.array([accuracy(y, test_set[1]) for y in outputs])
    for order in ("relevance", "random"):           # new networks that never see other pixels
        mask, small = top_mask(orders[order], few), spectral_network(few, 10, ReLU())
        sets = [(np.ascontiguousarray(x[:, mask]), labels) for x, labels in (train_set, test_set)]
        _, curves = train(small, rng, *sets, RETRAIN, f"{label}, {few} pixels by {order}")
        row[f"retrained_{order}"] = curves[-1, 2]
    return row | occlusions(network, params, class_means(*train_set), test_set,
                            top_mask(scores["relevance"], few), rng)


def occlusions(network, params, means, test_set, relevant, rng):
    """Shares of the zeros and of the ones that are called ones while some pixels are changed.

    The pixels: the `relevant` ones; their `part` where ones are brighter than zeros; as many
    others, drawn OTHERS times among the pixels that are drawn in one of the classes.
    """
    (x, labels), part = test_set, relevant & (means[1] > means[0])
    changes = {"covered": lambda mask: np.where(mask, 0, x),
               "lit": lambda mask: np.where(mask, 1, x), "alone": lambda mask: np.where(mask, x, 0)}

    def called_ones(changed):
        called = predict(network, params, changed.astype(x.dtype)).argmax(1) == 1
        return np.array([called[labels == digit].mean() for digit in (0, 1)])
    row, free = {"relevant": relevant, "part": part}, (means.max(0) > DRAWN) & ~relevant
    for name, mask in (("relevant", relevant), ("part", part)):
        others = [chosen(rng, free, mask.sum()) for _ in range(OTHERS)]
        for word, change in changes.items():
            row[f"{word}_{name}"] = called_ones(change(mask))
            row[f"{word}_others_of_{name}"] = np.mean(
                [called_ones(change(other)) for other in others], 0)
    return row


def chosen(rng, free, n):
    """A mask of n of the free pixels, or of all of them if there are fewer."""
    where = np.flatnonzero(free)
    mask = np.zeros_like(free)
    mask[rng.choice(where, min(n, len(where)), replace=False)] = True
    return mask


def relevances(network, params):
    """Both scores of the inputs, and the eigenvalues with their signs."""
    first = network.layers[0], params[0]
    return {"relevance": input_relevance(*first, "product"),
            "eigenvalue": input_relevance(*first, "eigenvalue"),
            "lambda_in": params[0]["lambda_in"]}
