"""Which inputs does a trained network look at? The eigenvalues of its first layer tell.

With lambda_out = 0 the first layer is W_ij = lambda_in_j phi_ij: lambda_in_j scales everything that
leaves input j. Both factors are penalized, so an input that nobody needs fades away. What is left,
|lambda_in_j| |phi_.j|, is the relevance of input j. Three tasks of two classes:

(a) gaussian  20 independent features, 11 of which differ in their mean: relevance follows the gap.
(b) pairs     10 features, 8 of them in pairs whose relative sign alone tells the class.
(c) mnist     zeros against ones: which pixels matter, and how few of them are enough?

Source: L. Chicchi et al. 2024, arXiv 2406.01183, and the authors' public notebooks. Networks as
there, all Spectral: 20-100-100-50-2, 10-100-100-50-2 (tanh, ReLU, ReLU), 784-100-100-50-10 (ReLU).

Published against ours (median of 10 seeds, as it comes):
(a) test accuracy about 0.995 / 0.997, the Bayes accuracy of the drawn sets (0.980 to 0.9997)
(b) 0.974 after 5 epochs / 0.992, where Bayes' is 0.9928; pairs ranked by flip probability in all
(c) 1.000 on a tenth of the training set / 0.999 on the test set; 0.998 with 17 pixels alone

Minutes on one core: --quick 1/3, as it comes about 5, --full 150 by estimate (published sizes,
epochs and penalties; --seeds 1 takes a tenth).

Deviation: the published networks' BatchNorm after the first layer and Dropout 0.2 (a, b) are left
out.
Deviation: except with --full, training is shorter and ends with a smaller learning rate. For (c) it
also starts with a larger one and penalizes phi 100 times more: with the published ones 17 pixels
alone give 0.58 after 500 epochs, because the background has not faded yet (seed 0).

The penalties do the work. Without them irrelevant features of (a) come before relevant ones, and 17
pixels of (c) give 0.64, with the same accuracy on whole inputs; (b) needs none.
"""
import time
from dataclasses import dataclass

import numpy as np
from experiment import (SEEDS, available, hold_memory, images, options, progress, show_table, stack,
                        with_seeds)
from input_relevance_figures import plot
from input_relevance_verdicts import FEW, verdicts

from npspectral import Adam, Chain, Dense, ReLU, Spectral, Tanh, fit, softmax_cross_entropy
from npspectral.analysis.relevance import input_relevance, keep_top, top_mask
from npspectral.data import correlated_pairs, gaussian_features, train_test_split
from npspectral.nn import L2, PUBLISHED
from npspectral.training import accuracy, evaluate

HIDDEN = (100, 100, 50)
BATCH = 500
SHOWN = 8                           # test images of each digit in the figure


@dataclass(frozen=True)
class Setting:
    """How a part is trained: penalties on the first layer, then (learning rate, epochs) in turn."""

    l2_lambda: float
    l2_phi: float
    stages: tuple
    seeds: int = 10
    n_samples: int = 0              # that are drawn, of which a fifth is the test part


PUBLISHED_SETTINGS = {
    "gaussian": Setting(1e-6, 1e-2, ((1e-2, 1000),), n_samples=60_000),
    "pairs": Setting(1e-6, 1e-4, ((1e-2, 500),), n_samples=100_000),
    "mnist": Setting(1e-2, 1e-4, ((1e-4, 5000),)),
}
SETTINGS = {
    "quick": {
        "gaussian": Setting(1e-6, 1e-2, ((1e-2, 30), (1e-3, 10)), 2, 20_000),
        "pairs": Setting(1e-6, 1e-4, ((1e-2, 12), (1e-3, 8)), 2, 30_000),
        "mnist": Setting(1e-2, 1e-2, ((3e-3, 36), (1e-3, 6)), 1),
    },
    "default": {
        "gaussian": Setting(1e-6, 1e-2, ((1e-2, 30), (1e-3, 10)), n_samples=60_000),
        "pairs": Setting(1e-6, 1e-4, ((1e-2, 12), (1e-3, 15), (1e-4, 5)), n_samples=100_000),
        "mnist": Setting(1e-2, 1e-2, ((3e-3, 80), (1e-3, 20))),
    },
    "full": PUBLISHED_SETTINGS,
}
CONTROL = Setting(1e-6, 1e-4, ((1e-2, 3),))         # of (b): what cannot be learned needs no more
RETRAIN = Setting(0.0, 0.0, ((1e-3, 20),))          # of (c): on few pixels


def spectral_network(n_in, n_out, first):
    """n_in-100-100-50-n_out with lambda_out = 0 throughout; `first` follows the first layer."""
    sizes = (n_in, *HIDDEN, n_out)
    layers = []
    for pair, activation in zip(zip(sizes, sizes[1:]), (first, ReLU(), ReLU())):
        layers += [Spectral(*pair, **PUBLISHED["chicchi2024"]), activation]
    return Chain(*layers, Spectral(*sizes[-2:], **PUBLISHED["chicchi2024"]))


def train(network, rng, train_set, test_set, setting, label):
    """params after all stages; curves (epochs, 3): training loss, its accuracy, the test one."""
    penalties = ()
    if isinstance(network.layers[0], Spectral):
        penalties = (L2(setting.l2_lambda, "0/lambda_in"), L2(setting.l2_phi, "0/phi"))
    start, last, curves = network.init(rng, np.float32), 0, []
    total = sum(epochs for _, epochs in setting.stages)
    for learning_rate, epochs in setting.stages:
        last += epochs
        for record in fit(network, start, *train_set, loss=softmax_cross_entropy,
                          optimizer=Adam(learning_rate), batch_size=BATCH, rng=rng, epochs=last,
                          penalties=penalties, metrics=[accuracy], validation=test_set):
            curves.append((record.loss, record.metrics["accuracy"],
                           record.metrics["validation_accuracy"]))
            progress(f"{label}  epoch {record.epoch}/{total}  test accuracy {curves[-1][2]:.4f}")
        start = record
    return start.params, np.array(curves)


def run_gaussian(setting):
    """Part (a) as arrays, one row a seed."""
    rows = []
    for seed in range(setting.seeds):
        rng = np.random.default_rng(seed)
        drawn = gaussian_features(rng, setting.n_samples, dtype=np.float32)
        label = f"(a) gaussian, seed {seed + 1}/{setting.seeds}"
        row, _, _ = learned(drawn, rng, setting, label)
        rows.append({**row, "gap": drawn.gap, "hellinger": drawn.hellinger,
                     "relevant": drawn.relevant})
    return stack(rows)


def run_pairs(setting):
    """Part (b) as arrays, one row a seed."""
    rows = []
    for seed in range(setting.seeds):
        rng = np.random.default_rng(seed)
        drawn = correlated_pairs(rng, setting.n_samples, dtype=np.float32)
        label = f"(b) pairs, seed {seed + 1}/{setting.seeds}"
        row, train_set, test_set = learned(drawn, rng, setting, label)
        rows.append({**row, **controls(rng, train_set, test_set, label),
                     "flip_probability": drawn.flip_probability})
    return stack(rows)


def learned(drawn, rng, setting, label):
    """What a network makes of a handmade set, beside its Bayes rule; the two parts of the set."""
    train_set, test_set = train_test_split(rng, drawn.x, drawn.labels)
    network = spectral_network(drawn.x.shape[1], 2, Tanh())
    params, curves = train(network, rng, train_set, test_set, setting, label)
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


def run_mnist(setting):
    """Part (c) as arrays, one row a seed, and what does not depend on it."""
    train_set, test_set = ((x[labels < 2], labels[labels < 2]) for x, labels in images("mnist"))
    counts = pixel_counts(setting.seeds)
    rows = []
    for seed in range(setting.seeds):
        rng = np.random.default_rng(seed)
        network = spectral_network(784, 10, ReLU())
        label = f"(c) mnist, seed {seed + 1}/{setting.seeds}"
        params, curves = train(network, rng, train_set, test_set, setting, label)
        scores = relevances(network, params)
        orders = {"relevance": scores["relevance"], "eigenvalue": scores["eigenvalue"],
                  "random": rng.random(784)}
        rows.append({**scores, "curves": curves, "accuracy": curves[-1, 2]})
        for name, score in orders.items():
            progress(f"{label}  masking by {name}")
            rows[-1][f"kept_{name}"] = np.array([
                evaluate(network, params, keep_top(test_set[0], score, n), test_set[1],
                         metrics=[accuracy])["accuracy"] for n in counts])
        for name in ("relevance", "random"):
            rows[-1][f"retrained_{name}"] = retrain(rng, train_set, test_set, orders[name],
                                                    f"{label}, {FEW} pixels by {name}")
    examples = {f"examples_{digit}": test_set[0][test_set[1] == digit][:SHOWN] for digit in (0, 1)}
    means = np.array([train_set[0][train_set[1] == digit].mean(0) for digit in (0, 1)])
    return {**stack(rows), **examples, "mean_images": means, "counts": counts}


def retrain(rng, train_set, test_set, scores, label):
    """Test accuracy of a new network that only ever sees the FEW pixels of the largest scores."""
    mask = top_mask(scores, FEW)
    sets = [(np.ascontiguousarray(x[:, mask]), labels) for x, labels in (train_set, test_set)]
    _, curves = train(spectral_network(FEW, 10, ReLU()), rng, *sets, RETRAIN, label)
    return curves[-1, 2]


def relevances(network, params):
    """Both scores of the inputs, and the eigenvalues with their signs."""
    first, own = network.layers[0], params[0]
    return {"relevance": input_relevance(first, own, "product"),
            "eigenvalue": input_relevance(first, own, "eigenvalue"), "lambda_in": own["lambda_in"]}


def pixel_counts(seeds):
    """1 to 99 as published, and on to all 784; fewer for a quick run."""
    dense = np.arange(1, 100) if seeds > 2 else np.r_[1:10, 11:26:2, 30:100:20]
    return np.r_[dense, 100, 120, 150, 200, 300, 400, 500, 600, 784]


PARTS = {"gaussian": run_gaussian, "pairs": run_pairs, "mnist": run_mnist}


def run(settings, parts=tuple(PARTS), download=False):
    """name of the part -> name -> array; without MNIST's files, without its part."""
    if "mnist" in parts and not available(["mnist"], download):
        parts = [part for part in parts if part != "mnist"]
    result = {}
    for part in parts:
        begin = time.monotonic()
        try:
            result[part] = PARTS[part](settings[part])
        except OSError as error:            # only (c) reads files
            print(f"({part}) left out: {error}")
            continue
        progress("")
        print(f"{part}: {time.monotonic() - begin:.0f} s")
    return result


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/input_relevance",
                     parts=dict(nargs="+", choices=PARTS, default=list(PARTS)),
                     seeds=SEEDS)
    chosen = parser.parse_args(argv)
    settings = {part: with_seeds(own, chosen.seeds)
                for part, own in SETTINGS[chosen.mode].items()}
    chosen.out.mkdir(parents=True, exist_ok=True)
    hold_memory()
    result = run(settings, chosen.parts, chosen.download)
    for part, arrays in result.items():
        np.savez_compressed(chosen.out / f"{part}.npz", **arrays)
    plot(result, chosen.out)
    print()
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\nArrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
