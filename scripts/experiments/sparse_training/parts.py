"""A run: one network trained with most of its links masked, or one that is made smaller."""
import time
from dataclasses import dataclass

import numpy as np
from lab.data import images
from lab.learning import chain, learn, learned, right, while_it_rises
from lab.plan import stack
from lab.progress import progress

from npspectral import SGD, Adam, Dense, Sparse, Spectral, SpectralQR, Tanh, softmax_cross_entropy
from npspectral.analysis.spectral import (LinkHistory, eigenvalues_only, node_scores,
                                          percentile_masks, remove_nodes)
from npspectral.nn import PUBLISHED, SpectralFullQR, magnitude_threshold, to_dense, tree
from npspectral.training import Step, accuracy

BATCH, VALIDATION = 200, 0.3            # of the training images a part validates
GLANCE = 2500                           # test images that are looked at after every epoch
LAYERS = {"qr": SpectralQR, "full-qr": SpectralFullQR, "spectral": Spectral, "dense": Dense,
          "fixed": Dense, "bare": Dense}
OPTIMIZERS = {"adam": Adam, "sgd": SGD}                     # the latter without momentum
RATES = {"digits": 0.005, "mnist": 0.005, "fashion-mnist": 0.001}
BEFORE, TIMED, TURNS = 1e-3, 1000, 31   # of compression: rate, images a forward, forwards


@dataclass(frozen=True)
class Case:
    """A network with `percent` of the links of its hidden transfers masked; 0: nothing is.

    Of the arm "fixed" the largest first weights are its links for good. Other arms choose theirs
    by |W| > c at every step: c keeps their number ("dynamic") or is that of the start ("static").
    """

    dataset: str
    arm: str
    percent: int
    seed: int = 0
    rule: str = "dynamic"
    optimizer: str = "adam"
    factor: float = 1               # of the published learning rate
    epochs: int = 90                # at most
    patience: int = 5               # epochs without a better validation accuracy
    hidden: tuple = (500, 500)
    limit: int | None = None        # of training images; None: all

    @property
    def rate(self):
        return RATES[self.dataset] * self.factor

    def __str__(self):
        return f"{self.dataset} {self.arm} {self.percent} %, seed {self.seed}"


def network(case, n_in, rng):
    """n_in-hidden-10, tanh, and its first params; the last transfer is never masked."""
    sizes, share = (n_in, *case.hidden, 10), case.percent / 100
    layers, params = [], []
    for position, pair in enumerate(zip(sizes, sizes[1:])):
        layer = LAYERS[case.arm](*pair, bias=case.arm != "bare")
        first = layer.init(rng, np.float32)
        if case.percent and position < len(case.hidden):
            layer, first = masked(layer, first, share, "fixed" if case.arm == "fixed"
                                  else case.rule)
        layers.append(layer)
        params += [first, {}]
    return chain(layers, Tanh()), tuple(params[:-1])


def masked(layer, params, share, rule):
    """The layer without this share of its links, and its params.

    A dense weight that is 0 has no gradient, so with c = 0 it stays masked, and no other ever is.
    """
    if rule == "dynamic":
        return Sparse(layer, sparsity=share), params
    weight = layer.weight(params)
    c = magnitude_threshold(weight, share)
    if rule == "static":
        return Sparse(layer, threshold=c), params
    return Sparse(layer, threshold=0.0), {**params, "weight": weight * (np.abs(weight) > c)}


def links(net, params):
    """W and c of every sparse layer."""
    return [layer.links(part) for layer, part in zip(net.layers, params)
            if isinstance(layer, Sparse)]


def sets(case):
    """(x, labels) for training, for validation, and for testing."""
    (x, labels), test_set = images(case.dataset, case.limit)
    cut = round(len(x) * (1 - VALIDATION))
    return (x[:cut], labels[:cut]), (x[cut:], labels[cut:]), test_set


def run_course(case):
    """Accuracies epoch by epoch; that of all test images where validation is best.

    validation, course, seconds (of an epoch and its validation): one an epoch, NaN after the last.
    """
    train_set, held, (x, labels) = sets(case)
    rng, rows = np.random.default_rng(case.seed), []
    net, start = network(case, x.shape[1], rng)
    records = learn(net, start, train_set, [(case.rate, case.epochs)], str(case),
                    OPTIMIZERS[case.optimizer], batch_size=BATCH, rng=rng, validation=held,
                    metrics=(accuracy,))
    begin = time.process_time()
    for record, risen in while_it_rises(records, case.patience):
        if risen:
            best = record
        rows.append({"validation": record.metrics["validation_accuracy"],
                     "seconds": time.process_time() - begin,
                     "course": right(net, record.params, x[:GLANCE], labels[:GLANCE])})
        begin = time.process_time()
    rows += [dict.fromkeys(rows[0], np.nan)] * (case.epochs - len(rows))
    return {"accuracy": right(net, best.params, x, labels),
            "best": best.metrics["validation_accuracy"], **stack(rows)}


def steps(case, train_set):
    """Of every sparse layer W and c, before the first step and after each one."""
    (x, labels), rng = train_set, np.random.default_rng(case.seed)
    net, params = network(case, x.shape[1], rng)
    step = Step(net, params, softmax_cross_entropy, OPTIMIZERS[case.optimizer](case.rate))
    yield links(net, step.params)
    for epoch in range(case.epochs):
        for rows in np.array_split(rng.permutation(len(x)), -(-len(x) // BATCH)):
            step(x[rows], labels[rows])
            yield links(net, step.params)
        progress(f"{case}, epoch {epoch + 1}")


def run_links(case):
    """What every link did, counted in each hidden layer; how many of the first ones are left."""
    courses = steps(case, sets(case)[0])
    now = next(courses)
    histories, first = [LinkHistory(*link) for link in now], present(now)
    for now in courses:
        for history, link in zip(histories, now):
            history.observe(*link)
    return {**stack([history.counts() for history in histories]),
            "stayed": np.array([(a & b).sum() / a.sum() for a, b in zip(first, present(now))])}


def present(links):
    """Which links are there, of each layer."""
    return [np.abs(weight) > c for weight, c in links]


def run_compression(dataset, hidden, limit, stages, percents, seed):
    """Eigenvalues trained, nodes of small ones removed, the rest trained; what is left of each.

    stages: epochs of the eigenvalues, epochs of what is left, at BEFORE. Rows are one a percent.
    """
    train_set, test_set = images(dataset, limit)
    rng, sizes = np.random.default_rng(seed), (train_set[0].shape[1], *hidden, 10)
    net = chain([Spectral(*pair, **PUBLISHED["buffoni2022"]) for pair in zip(sizes, sizes[1:])],
                Tanh())
    label = f"{dataset} compressed, seed {seed}"
    start, rows, left = net.init(rng, np.float32), [], []
    params = train(eigenvalues_only(net), start, train_set, stages[0], rng, label)
    scores = node_scores(net, params, "lambda_out")
    for percent in percents:
        small, rest = remove_nodes(net, params, percentile_masks(scores, percent))
        rest = train(small, rest, train_set, stages[1], np.random.default_rng([seed, percent]),
                     f"{label}, {percent} %")
        left.append(to_dense(small, rest))
        rows.append({"accuracy": right(*left[-1], *test_set), "numbers": tree.size(left[-1][1])})
    return {**stack(rows), "time": forward_times(left, test_set[0][:TIMED])}


def train(net, params, train_set, epochs, rng, label):
    """params after these epochs."""
    return learned(net, params, train_set, [(BEFORE, epochs)], label, batch_size=BATCH, rng=rng)


def forward_times(networks, x):
    """Time of a forward over that of the first network: the median of turns, all in each turn."""
    turns = []
    for _ in range(TURNS):
        moments = [time.perf_counter()]
        for net, params in networks:
            net.forward(params, x)
            moments.append(time.perf_counter())
        turns.append(np.diff(moments))
    return np.median(np.array(turns) / np.array(turns)[:, :1], axis=0)
