"""A run: one student of a teacher or of real data, trained and read."""
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from lab.data import LABELED, images
from lab.learning import chain, learn

from npspectral import Dense, ReLU, Spectral, mean_squared_error
from npspectral.analysis.spectral import (core_size, keep_nodes, loss_by_nodes_kept, node_scores,
                                          path_distance, path_products)
from npspectral.data import california_housing, labeled, load_npz, train_test_split
from npspectral.nn import L2, PUBLISHED, Constant, tree
from npspectral.training import predict

N_IN, SECOND = 10, 20               # inputs of teachers; width of the second hidden layer
FORM = PUBLISHED["giambagli2023"]   # W_ij = -lambda_out_i phi_ij


@dataclass(frozen=True)
class Arm:
    """How students learn: stages are (learning rate, epochs) in turn; penalties as published.

    kind: of the first layer, "spectral" or "dense"; or "eigenvalues": of the first two layers,
    both spectral, lambda_out alone is trained.
    """

    kind: str
    stages: tuple
    batch_size: int = 300

    @property
    def penalties(self):
        return ((L2(0.01, "0/weight"),) if self.kind == "dense" else
                (L2(0.01, "0/phi"), L2(5e-4, "0/lambda_out")))

    def hidden(self, n_in, h, bias=False):
        """The layers to the h nodes and to the SECOND ones; bias of the second."""
        if self.kind == "eigenvalues":
            return [Spectral(n_in, h, trainable=("lambda_out",), **FORM),
                    Spectral(h, SECOND, trainable=("lambda_out",), **FORM)]
        first = Dense(n_in, h, bias=False) if self.kind == "dense" else Spectral(n_in, h, **FORM)
        return [first, Dense(h, SECOND, bias=bias)]


def follow(network, arm, rng, train_set, test_set, counts, label):
    """params of a trained student; its relevance, core by epochs, test loss by nodes kept, ..."""
    cores = []
    for record in learn(network, network.init(rng, np.float32), train_set, arm.stages, label,
                        loss=mean_squared_error, batch_size=arm.batch_size, rng=rng,
                        penalties=arm.penalties):
        cores.append(core_size(node_scores(network, record.params, "norm")[0]))
    params = record.params
    losses = loss_by_nodes_kept(network, params, *test_set, mean_squared_error, counts)
    return params, {"relevance": node_scores(network, params, "norm")[0],
                    "cores": np.array(cores), "counts": counts, "losses": losses,
                    "variance": test_set[1].var(0).mean(),
                    "trained": tree.size(network.trainable_part(params))}


def follow_teacher(h_teacher, arm, h, n_samples, seed):
    """One student of one teacher with Glorot weights, as a dict of arrays."""
    rng = np.random.default_rng(seed)
    ones = Dense(SECOND, 1, bias=False, trainable=(), start=Constant(1.0))
    teacher = chain([Dense(N_IN, h_teacher, bias=False), Dense(h_teacher, SECOND, bias=False),
                     ones], ReLU())
    right = teacher.init(rng, np.float32)
    train_set, test_set = (labeled(rng, n_samples, N_IN, partial(predict, teacher, right),
                                   np.float32) for _ in range(2))
    network = chain([*arm.hidden(N_IN, h), ones], ReLU())
    counts = np.unique(np.r_[1:min(h, 2 * h_teacher) + 1, h])
    params, arrays = follow(network, arm, rng, train_set, test_set, counts,
                            f"teacher {h_teacher}, h {h}, seed {seed}")
    if h >= h_teacher:
        paths = path_products(*keep_nodes(network, params, h_teacher))
        wanted = path_products(teacher, right)
        arrays |= {"paths": paths, "teacher_paths": wanted,
                   "path_distance": path_distance(paths, wanted)}
    return arrays


def follow_data(name, arm, h, limit, content, seed):
    """One student of real data, as a dict of arrays; another content is another run."""
    rng = np.random.default_rng(seed)
    train_set, test_set = real_sets(name, rng, limit)
    n_in, n_out = train_set[0].shape[1], train_set[1].shape[1]
    network = chain([*arm.hidden(n_in, h, bias=True), Dense(SECOND, n_out)], ReLU())
    counts = np.unique(np.geomspace(1, h, 40).round().astype(int))
    return follow(network, arm, rng, train_set, test_set, counts,
                  f"{Path(name).stem}, h {h}, seed {seed}")[1]


def real_sets(name, rng, limit):
    """(x, target) for training and the same for the test, of a known set or an .npz file."""
    if name in LABELED:
        return [(x, np.eye(10, dtype=np.float32)[labels]) for x, labels in images(name, limit)]
    x, target, classes = ((*california_housing(dtype=np.float32), False)
                          if name == "california-housing" else from_file(name))
    (x, target), (x_test, test) = train_test_split(rng, x, target.reshape(len(x), -1))
    if not classes:
        target, test = standardized(target, test)
    x, x_test = standardized(x, x_test)
    return [(x, target), (x_test, test)]


def standardized(train, test):
    """Both less the mean of `train`, over its standard deviation, or 1 where that is 0."""
    mean, deviation = train.mean(0), train.std(0)
    scale = np.where(deviation > 0, deviation, 1)
    return (train - mean) / scale, (test - mean) / scale


def from_file(path):
    """x (n, d), target (n, K), and whether the rows of target are one-hot: from an .npz file.

    Raises ValueError, naming the file, unless it holds x (n, d) and either labels (n,) of integers
    from 0 on or target (n,) or (n, K) of numbers.
    """
    arrays = load_npz(path)
    if sorted(arrays) not in (["labels", "x"], ["target", "x"]):
        raise ValueError(f"{path}: holds {sorted(arrays)}, expected x and labels or x and target")
    x, classes = arrays.pop("x"), "labels" in arrays
    (name, y), = arrays.items()
    if x.ndim != 2 or x.dtype.kind not in "fiu":
        raise ValueError(f"{path}: x is {x.dtype} {x.shape}, expected numbers (n, d)")
    fits = (y.ndim == 1 and y.dtype.kind in "iu" and y.size > 0 and y.min() >= 0 if classes else
            y.ndim in (1, 2) and y.dtype.kind in "fiu")
    if not fits or len(y) != len(x):
        expected = "integers (n,) from 0 on" if classes else "numbers (n,) or (n, K)"
        raise ValueError(f"{path}: {name} is {y.dtype} {y.shape} beside x of {len(x)} rows, "
                         f"expected {expected}")
    target = np.eye(y.max() + 1)[y] if classes else y
    return x.astype(np.float32), target.astype(np.float32), classes
