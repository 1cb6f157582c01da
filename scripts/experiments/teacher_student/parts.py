"""One student, trained and read."""
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from lab.progress import progress

from npspectral import Adam, Chain, Dense, ReLU, Spectral, fit, mean_squared_error
from npspectral.analysis.spectral.pruning import node_scores
from npspectral.analysis.spectral.teacher_student import (core_size, keep_nodes, loss_by_nodes_kept,
                                                          path_distance, path_products)
from npspectral.data import labeled
from npspectral.nn import L2, PUBLISHED, Constant
from npspectral.training import predict

from .data import real_sets

N_IN, SECOND, N_SAMPLES = 10, 20, 10_000


@dataclass(frozen=True)
class Arm:
    """How students learn: stages are (learning rate, epochs) in turn; penalties as published."""

    spectral: bool
    stages: tuple
    batch_size: int = 300

    @property
    def penalties(self):
        return ((L2(0.01, "0/phi"), L2(5e-4, "0/lambda_out")) if self.spectral else
                (L2(0.01, "0/weight"),))


def draw_teacher(rng, h_teacher):
    """The network 10-h_T-20-1 with Glorot weights and ones at the end, and its params."""
    teacher = Chain(Dense(N_IN, h_teacher, bias=False), ReLU(),
                    Dense(h_teacher, SECOND, bias=False), ReLU(), ones())
    return teacher, teacher.init(rng, np.float32)


def ones():
    return Dense(SECOND, 1, bias=False, trainable=(), start=Constant(1.0))


def student(arm, n_in, h, bias, last):
    """The arm's first layer without bias, ReLU, a second layer, ReLU, and the layer `last`."""
    first = (Spectral(n_in, h, **PUBLISHED["giambagli2023"]) if arm.spectral else
             Dense(n_in, h, bias=False))
    return Chain(first, ReLU(), Dense(h, SECOND, bias=bias), ReLU(), last)


def train(network, arm, rng, train_set, label):
    """params after all stages, and the size of the core after each epoch."""
    start, last, cores = network.init(rng, np.float32), 0, []
    total = sum(epochs for _, epochs in arm.stages)
    for learning_rate, epochs in arm.stages:
        last += epochs
        for record in fit(network, start, *train_set, loss=mean_squared_error, rng=rng, epochs=last,
                          optimizer=Adam(learning_rate), batch_size=arm.batch_size,
                          penalties=arm.penalties):
            cores.append(core_size(node_scores(network, record.params, "norm")[0]))
            if record.epoch % 10 == 0:
                progress(f"{label}  epoch {record.epoch}/{total}  loss {record.loss:.4f}  "
                         f"core {cores[-1]}")
        start = record
    return start.params, np.array(cores)


def measured(network, params, cores, test_set, counts):
    """What is read off a trained student: relevance, core, test loss by nodes kept."""
    losses = loss_by_nodes_kept(network, params, *test_set, mean_squared_error, counts)
    return {"relevance": node_scores(network, params, "norm")[0], "cores": cores,
            "counts": counts, "losses": losses}


def follow_teacher(h_teacher, arm, h, seed):
    """One student of one teacher, as a dict of arrays."""
    rng = np.random.default_rng(seed)
    teacher, own = draw_teacher(rng, h_teacher)
    train_set, test_set = (labeled(rng, N_SAMPLES, N_IN, partial(predict, teacher, own), np.float32)
                           for _ in range(2))
    network = student(arm, N_IN, h, False, ones())
    params, cores = train(network, arm, rng, train_set, f"teacher {h_teacher}, h {h}, seed {seed}")
    counts = np.unique(np.r_[1:min(h, 2 * h_teacher) + 1, h])
    found = measured(network, params, cores, test_set, counts)
    if h >= h_teacher:
        found["paths"] = path_products(*keep_nodes(network, params, h_teacher))
        found["teacher_paths"] = path_products(teacher, own)
        found["path_distance"] = path_distance(found["paths"], found["teacher_paths"])
    return found


def follow_data(name, arm, h, seed, limit, content):
    """One student of real data, as a dict of arrays; another content is another run."""
    rng = np.random.default_rng(seed)
    train_set, test_set = real_sets(name, rng, limit)
    n_in, n_out = train_set[0].shape[1], train_set[1].shape[1]
    network = student(arm, n_in, h, True, Dense(SECOND, n_out))
    params, cores = train(network, arm, rng, train_set, f"{Path(name).stem}, h {h}, seed {seed}")
    counts = np.unique(np.geomspace(1, h, 40).round().astype(int))
    return measured(network, params, cores, test_set, counts)
