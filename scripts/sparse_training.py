"""Sparse training: a network of which 90, 95 or 98 % of the links are masked. Do links come back?

Every hidden transfer keeps only its links of large |W| (npspectral.Sparse), chosen anew at every
step (dynamic) or by a threshold from the first weights (static). Arms, starting at equal matrices:

qr         W_ij = (lambda_in_j - lambda_out_i) phi_ij: eigenvalues and the triangle R of phi learn
full-qr    the same with all entries of R, zeros included, as in the published code
spectral   eigenvalues and phi learn
dense      W learns: same bias, learning rate, batch and stopping as the others
bare       dense without bias, as in the published code

Every link is followed through every step (npspectral.analysis.sparsity). It comes in by its own
growth if it grows, masked, beyond the threshold that masked it, and came back changed if it was
kept before and moved meanwhile. By plain SGD a dense link does neither, exactly never. By Adam,
which coasts on earlier gradients, some do where the threshold is dynamic, and more of them the
larger the learning rate is: the table has both optimizers, the figure both rules.

Source: L. Chicchi et al. 2021, Phys. Rev. E 104, 054312, and its public code: 784-500-500-10, tanh,
the percentages of --full, Adam, batch 200, at most 90 epochs, stopping after 5 without a better
validation accuracy (0.3 of the images), 3 trials. lambda_in starts at 1, lambda_out at 0, so W
starts as phi, and a static threshold from |phi|, as there, is one from |W|.

Published accuracies are not available. Ours as it comes, dynamic, median of 3 seeds:
MNIST, 90 %  S-QR 0.938, spectral 0.932, dense 0.921; all links 0.946
MNIST, 98 %  S-QR 0.936, spectral 0.920, dense 0.906
Fashion-MNIST, 90 % and 98 %  spectral 0.833 and 0.825, dense 0.835 and 0.816; all links 0.843
The arms are not equally fond of one learning rate: on MNIST at 95 % each at its best of four has
0.931 (spectral) and 0.922 (dense), one seed.

Minutes on one core: --quick 0.2, as it comes 12 (10,000 images, 15 epochs; S-QR on MNIST alone),
--full a day by estimate; --datasets, --arms and --percents take a part of it.

Deviation: all arms start at the same Glorot matrices, published: Gaussian with deviation 0.036.
Not known from the code, and chosen: the last transfer is never masked, test accuracy is that of the
best epoch.
"""
import numpy as np
from experiment import available, images, kept, options, progress, show_table, stack
from sparse_training_cases import MODES, SETS
from sparse_training_figures import plot
from sparse_training_verdicts import verdicts

from npspectral import (SGD, Adam, Chain, Dense, Sparse, Spectral, SpectralQR, Tanh,
                        softmax_cross_entropy)
from npspectral.analysis.sparsity import LinkHistory
from npspectral.nn import SpectralFullQR, magnitude_threshold, tree
from npspectral.training import Step, accuracy, evaluate

BATCH, PATIENCE, VALIDATION = 200, 5, 0.3
ARMS = {"qr": SpectralQR, "full-qr": SpectralFullQR, "spectral": Spectral, "dense": Dense,
        "bare": Dense}
OPTIMIZERS = {"adam": Adam, "sgd": SGD}                     # the latter without momentum


def network(case, rng):
    """784-hidden-10, tanh, and its first params; the last transfer is never masked."""
    sizes = (784, *case.hidden, 10)
    layers, params = [], []
    for position, pair in enumerate(zip(sizes, sizes[1:])):
        layer = ARMS[case.arm](*pair, bias=case.arm != "bare")
        own = layer.init(rng, np.float32)
        if case.percent and position < len(case.hidden):
            layer = masked(layer, own, case)
        layers += [layer, Tanh()]
        params += [own, {}]
    return Chain(*layers[:-1]), tuple(params[:-1])


def masked(layer, own, case):
    """The layer with a threshold of its own, or with one from its first weights."""
    share = case.percent / 100
    if case.rule == "dynamic":
        return Sparse(layer, sparsity=share)
    return Sparse(layer, threshold=magnitude_threshold(layer.weight(own), share))


def links(net, params):
    """W and c of every sparse layer."""
    return [layer.links(own) for layer, own in zip(net.layers, params) if isinstance(layer, Sparse)]


def train(net, params, rng, case, train_set, validation, label):
    """params of the best epoch; validation accuracy after each; a LinkHistory a sparse layer."""
    (x, labels), best, curve = train_set, 0, []
    step = Step(net, params, softmax_cross_entropy, OPTIMIZERS[case.optimizer](case.rate))
    histories = [LinkHistory(*link) for link in links(net, step.params)]
    while len(curve) < case.epochs and len(curve) - best < PATIENCE:
        for rows in np.array_split(rng.permutation(len(x)), -(-len(x) // BATCH)):
            step(x[rows], labels[rows])
            for history, link in zip(histories, links(net, step.params)):
                history.observe(*link)
        curve.append(evaluate(net, step.params, *validation, metrics=[accuracy])["accuracy"])
        if curve[-1] > max(curve[:-1], default=0):
            best, params = len(curve), tree.copy(step.params)
        progress(f"{label}  epoch {len(curve)}  {curve[-1]:.4f}")
    return params, curve, histories


def run_case(case, sets, label):
    """Test and validation accuracy at the best epoch; counts of links, one a hidden layer."""
    rng = np.random.default_rng(case.seed)
    (x, labels), test_set = sets
    cut = round(len(x) * (1 - VALIDATION))
    net, params = network(case, rng)
    params, curve, histories = train(net, params, rng, case, (x[:cut], labels[:cut]),
                                     (x[cut:], labels[cut:]), label)
    counts = stack([history.counts() for history in histories]) if histories else {
        name: np.zeros(len(case.hidden)) for name in LinkHistory.NAMES}
    found = evaluate(net, params, *test_set, metrics=[accuracy])["accuracy"]
    return {"accuracy": found, "validation": max(curve), "epochs": len(curve), **counts}


def run(cases, folder, download=False):
    """A table: column -> array with one row a case, those of `run_case` and the case's own."""
    rows, here = [], available(list(dict.fromkeys(case.dataset for case in cases)), download)
    for dataset in here:
        own = [case for case in cases if case.dataset == dataset]
        sets = {limit: images(dataset, limit) for limit in {case.limit for case in own}}
        for number, case in enumerate(own, 1):
            label = f"{number}/{len(own)} {case.label}"
            key = (case, BATCH, PATIENCE, VALIDATION, case.rate)
            found = kept(folder, key, lambda: run_case(case, sets[case.limit], label))
            columns = ("dataset", "arm", "percent", "seed", "rule", "optimizer", "factor")
            rows.append({**{name: getattr(case, name) for name in columns}, **found})
    progress("")
    return stack(rows) if rows else {}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/sparse_training",
                     datasets=dict(nargs="+", choices=SETS, default=SETS),
                     arms=dict(nargs="+", choices=ARMS, default=tuple(ARMS)),
                     percents=dict(nargs="+", type=int, help="only these, such as 90 95"))
    chosen = parser.parse_args(argv)
    cases = [case for case in MODES[chosen.mode]()
             if case.dataset in chosen.datasets and case.arm in chosen.arms
             and (chosen.percents is None or case.percent in chosen.percents)]
    chosen.out.mkdir(parents=True, exist_ok=True)
    table = run(cases, chosen.out / "runs", chosen.download)
    if not table:
        return
    np.savez_compressed(chosen.out / "sparse_training.npz", **table)
    plot(table, chosen.out)
    show_table(verdicts(table), chosen.out, chosen.mode)
    print(f"\nLinks: events per 100 links. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
