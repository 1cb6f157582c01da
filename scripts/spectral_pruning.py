"""How many hidden nodes can go? Ranked by eigenvalues, before or after training, or by weights.

Every layer is Spectral with lambda_in = 0, so lambda_out_i scales all that enters node i. Hidden
nodes are ranked, one threshold for all layers, and those below a percentile are cut:

dense  train in direct space, cut the nodes of small sum_j |w_ij|, no training after; also with
       one threshold for each layer (by_layer), and by |sum_j w_ij| (by_signed_sum)
post   train eigenvalues and eigenvectors, cut the nodes of small |lambda_out|, no training after
pre    train eigenvalues alone, remove the nodes of small |lambda_out|, train all that is left

Source: L. Buffoni et al. 2022, Sci. Rep. 12, 11201, and the result files of its public code, whose
means over five runs stand beside ours. The width of its networks with one hidden layer is not
recorded: the caption says 500, the code at that commit has 2000, so there are both here.

Published against ours, one seed with --full, test accuracy with 90 % of the hidden nodes cut:
                         dense          post           pre
mnist tanh 2000          0.603 / 0.565  0.733 / 0.805  0.977 / 0.973
mnist tanh 500 (2 seeds) 0.603 / 0.400  0.733 / 0.598  0.977 / 0.966
fashion-mnist relu 2000  0.730 / 0.746  0.657 / 0.723  0.885 / 0.883
fashion-mnist relu 500   0.730 / 0.525  0.657 / 0.439  0.885 / 0.868
mnist elu 500-500-500    0.246 / 0.098  0.537 / 0.296  0.966 / 0.973
The order of the methods is as published, also where spectral pruning after training loses to
dense; only on Fashion-MNIST, 2000, 70 %, post and pre are level (0.889, 0.885; published 0.862,
0.890). Numbers agree for width 2000; at width 500 dense and post fall much sooner.

Does not reproduce: "dense" with three hidden layers. One threshold for all of them empties the
second and third at 70 %, published 0.594. Tried, at 50 and 70 % (published 0.910, 0.594), seed 0:
mean instead of sum 0.968, 0.800; one threshold a layer 0.972, 0.940; largest |w_ij| 0.972, 0.918;
root mean square 0.972, 0.827; |sum_j w_ij| 0.324, 0.106; outgoing weights 0.098, 0.098.

Time on one core: --quick 11 s, as it comes 12 minutes by estimate (25 epochs instead of 100),
--full 27 hours by estimate; --cases and --seeds take a part of it: a seed of one hidden layer with
500 or 2000 nodes takes 8 or 31 minutes, of three layers 25.
"""
import time
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from experiment import (SEEDS, WORKERS, available, images, options, progress, show_table, stack,
                        swept)
from spectral_pruning_figures import plot
from spectral_pruning_published import METHODS, PERCENTILES, show_comparison, verdicts

from npspectral import ELU, Adam, Chain, Dense, ReLU, Spectral, Tanh, fit, softmax_cross_entropy
from npspectral.analysis.pruning import (EmptiedLayer, eigenvalues_only, mask_nodes, node_scores,
                                         percentile_masks, prune_before_training)
from npspectral.nn import PUBLISHED
from npspectral.sweep import Run, code_version, grid
from npspectral.training import accuracy, evaluate

BATCH = 200
ACTIVATIONS = {"tanh": Tanh(), "elu": ELU(), "relu": ReLU()}


@dataclass(frozen=True)
class Case:
    """One network on one data set; `limit` is the number of training images, None for all."""

    dataset: str
    activation: str
    hidden: tuple
    epochs: int = 100               # of the first training, whatever it trains
    epochs_after: int = 20          # of the network that is left, "pre" only
    limit: int | None = None

    @property
    def name(self):
        return f"{self.dataset} {self.activation} {'-'.join(str(size) for size in self.hidden)}"


CASES = tuple(Case(dataset, activation, hidden)
              for hidden in ((500,), (2000,), (500, 500, 500))
              for dataset in ("mnist", "fashion-mnist")
              for activation in ("tanh", "relu", "elu")
              if not (len(hidden) == 3 and (dataset, activation) in
                      (("mnist", "relu"), ("fashion-mnist", "tanh"))))      # no published numbers
REQUIRED = ("mnist tanh 500", "fashion-mnist relu 500", "mnist elu 500-500-500")
SETTINGS = {
    "quick": ([replace(case, hidden=(200,), epochs=30, epochs_after=12, limit=8000)
               for case in CASES[:1]], 1),
    "default": ([replace(case, epochs=25, epochs_after=6) for case in CASES
                 if case.name in REQUIRED], 1),
    "full": (list(CASES), 5),
}


def network(case, kind):
    """784-hidden-10 without biases: "dense" throughout, or "spectral"."""
    sizes = (784, *case.hidden, 10)
    make = {"dense": partial(Dense, bias=False),
            "spectral": partial(Spectral, **PUBLISHED["buffoni2022"])}[kind]
    layers = []
    for pair in zip(sizes, sizes[1:]):
        layers += [make(*pair), ACTIVATIONS[case.activation]]
    return Chain(*layers[:-1])


def train(net, params, rng, epochs, train_set, label):
    """params after the epochs: Adam at 1e-3, as published."""
    begin = time.monotonic()
    for record in fit(net, params, *train_set, loss=softmax_cross_entropy, optimizer=Adam(1e-3),
                      batch_size=BATCH, rng=rng, epochs=epochs, metrics=[accuracy]):
        left = (time.monotonic() - begin) / record.epoch * (epochs - record.epoch)
        progress(f"{label}  epoch {record.epoch}/{epochs}, {left:.0f} s left  "
                 f"accuracy {record.metrics['accuracy']:.4f}")
    return record.params


@cache
def image_sets(dataset, limit):
    """(x, labels) for training, the same for testing: read once in each process."""
    return images(dataset, limit)


def run_after(case, method, seed):
    """"dense" and "post": test accuracy, and nodes left in each layer, at every percentile."""
    train_set, test_set = image_sets(case.dataset, case.limit)
    rng = np.random.default_rng(seed)
    net = network(case, "dense" if method == "dense" else "spectral")
    params = train(net, net.init(rng, np.float32), rng, case.epochs, train_set,
                   f"{case.name} {method}, seed {seed}")
    whole = evaluate(net, params, *test_set, metrics=[accuracy])["accuracy"]
    if method == "post":
        return {"whole": whole, **cut(net, params, node_scores(net, params, "lambda_out"),
                                      test_set)}
    strengths = node_scores(net, params, "strength")
    signed = [np.abs(layer.weight(own).sum(1))
              for layer, own in zip(net.layers[:-1], params) if own]
    return {"whole": whole, **cut(net, params, strengths, test_set),
            "by_layer": cut(net, params, strengths, test_set, "layer")["accuracy"],
            "by_signed_sum": cut(net, params, signed, test_set)["accuracy"]}


def cut(net, params, scores, test_set, scope="global"):
    """Test accuracy and nodes left in each layer, at every percentile of the scores."""
    rows = []
    for percentile in PERCENTILES:
        masks = percentile_masks(scores, percentile, scope, allow_empty=True)
        found = evaluate(net, mask_nodes(net, params, masks), *test_set, metrics=[accuracy])
        rows.append({"accuracy": found["accuracy"], "left": [keep.sum() for keep in masks]})
    return stack(rows)


def run_eigenvalues(case, seed):
    """The first stage of "pre": lambda_out of each layer, and test accuracy with nothing cut."""
    train_set, test_set = image_sets(case.dataset, case.limit)
    rng = np.random.default_rng(seed)
    net = network(case, "spectral")
    start = net.init(rng, np.float32)
    params = train(eigenvalues_only(net), start, rng, case.epochs, train_set,
                   f"{case.name} eigenvalues, seed {seed}")
    return {"eigenvalues": [own.get("lambda_out") for own in params],
            "whole": evaluate(net, params, *test_set, metrics=[accuracy])["accuracy"]}


def run_before(case, seed, percentile, eigenvalues):
    """"pre" at one percentile: test accuracy, and nodes left in each layer."""
    train_set, test_set = image_sets(case.dataset, case.limit)
    net = network(case, "spectral")
    start = net.init(np.random.default_rng(seed), np.float32)

    def trained_eigenvalues(frozen, params):
        return tuple({**own, "lambda_out": found} if own else own
                     for own, found in zip(params, eigenvalues))

    def train_rest(small, params):
        rng = np.random.default_rng([seed, percentile])
        return train(small, params, rng, case.epochs_after, train_set,
                     f"{case.name} pre, seed {seed}, {percentile} %")

    try:
        small, params = prune_before_training(net, start, trained_eigenvalues, train_rest,
                                              percentile)
    except EmptiedLayer:                    # all outputs are 0 then, which means the first class
        return {"accuracy": np.mean(test_set[1] == 0), "left": [0] * len(case.hidden)}
    found = evaluate(small, params, *test_set, metrics=[accuracy])
    left = [layer.n_out for layer in small.layers if hasattr(layer, "n_in")][:-1]
    return {"accuracy": found["accuracy"], "left": left}


def run(cases, seeds, path, download=False, workers=1, executor=None):
    """case name -> method -> arrays, a row a seed: accuracy (seeds, percentiles), left, whole.

    "pre" starts from eigenvalues that are runs of their own, so it comes second.
    """
    here = available(sorted({case.dataset for case in cases}), download)
    cases, seeds = [case for case in cases if case.dataset in here], range(seeds)
    share = partial(swept, path=path, workers=workers, executor=executor,
                    version=code_version(run_after, show_comparison))
    first = share({(case, method): grid(run_eigenvalues, case=[case], seed=seeds)
                   if method == "pre" else
                   grid(run_after, case=[case], method=[method], seed=seeds)
                   for case in cases for method in METHODS})
    second = share({(case, seed): [Run(run_before, dict(
        case=case, seed=seed, percentile=percentile, eigenvalues=own["eigenvalues"]))
        for percentile in PERCENTILES]
        for case in cases for seed, own in enumerate(first[case, "pre"])})
    for (case, seed), rows in second.items():
        first[case, "pre"][seed] = {**stack(rows), "whole": first[case, "pre"][seed]["whole"]}
    return {case.name: {method: stack(first[case, method]) for method in METHODS}
            for case in cases}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/spectral_pruning",
                     cases=dict(nargs="+", metavar="NAME", help="such as 'mnist tanh 500'"),
                     seeds=SEEDS, workers=WORKERS)
    chosen = parser.parse_args(argv)
    cases, seeds = SETTINGS[chosen.mode]
    if chosen.cases:
        unknown = set(chosen.cases) - {case.name for case in cases}
        if unknown:
            parser.error(f"argument --cases: {sorted(unknown)}, expected some of "
                         f"{[case.name for case in cases]}")
        cases = [case for case in cases if case.name in chosen.cases]
    seeds = seeds if chosen.seeds is None else chosen.seeds
    chosen.out.mkdir(parents=True, exist_ok=True)
    result = run(cases, seeds, chosen.out / "runs.jsonl", chosen.download, chosen.workers)
    for name, methods in result.items():
        np.savez_compressed(Path(chosen.out) / f"{name.replace(' ', '_')}.npz", **{
            f"{method}_{key}": array for method, own in methods.items()
            for key, array in own.items()})
    plot(result, chosen.out)
    show_comparison(result)
    print()
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\nArrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
