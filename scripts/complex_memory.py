"""What does a memory keep that only oscillates? The complex recurrent network on written digits.

Nodes with a nonlinear transient write into linear modes m_k on the unit circle and die out; what
is left turns for ever, m_k(t) = a_k exp(i omega_k t). Trained so that class k leaves
exp(i omega_k t) in mode k and 0 in the others: a read-out that depends on time.

    classes    test accuracy of that read-out, with the nodes' eigenvalues fixed and ("free")
               trained; of softmax on Re a ("score"); of a linear softmax on the same pixels
    memory     the nodes' end, the modes' modulus over 1,000 steps after it, accuracy as time passes
    sequences  two items one after the other, never trained: what phases tell of their order and
               separation, and when |a|^2 is blind to it

On 1,797 digits of 8 x 8 pixels, and on MNIST with means over 2 x 2 pixels (--full: all pixels).
Source: arXiv 2312.07296 (2023), of which only the abstract was read: no size, accuracy or target
function is known, so nothing here is compared with a published number.

Measured, medians over 3 seeds (digits / MNIST; 197 nodes, 10 modes and 5 steps of f on MNIST). As
it comes about 6 minutes; --quick, digits alone, 5 seconds; --full about 2 hours, an estimate from
single steps that was not run.
    accuracy    oscillating 0.975 / 0.979, free 0.969 / 0.981, score 0.978 / 0.981, linear 0.964 /
                0.917
    |m|         changes by 5e-14 of itself in 1,000 steps after the nodes' end
    order       of two items 20 steps apart: told from phases, nothing fitted, 0.999 / 0.998; from
                |a|^2, fitted, 0.50 / 0.51, chance: they are in different modes, whose moduli do not
                know the order; both classes and the order, 1 of 90: 0.94 / 0.96
    separation  told from the second item's phase, 1 of 22: 0.91 / 0.99
Where it ends: 22 steps apart all modes are back where they were (evenly spaced frequencies have
that period) and phases give 0.50. 1 step apart the nodes still hold the first item, the pattern is
0.43 / 0.73 off the sum of both items', and |a|^2 does tell the order, 0.78 / 0.83. Eigenvalues that
are trained, up to 0.98 on MNIST, keep the nodes alive: 20 steps apart the sum is still 0.37 off.
"""
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from complex_memory_figures import plot
from complex_memory_sequences import ASIDE, CLOUD, CLOUD_GAP, follow_sequences
from complex_memory_verdicts import verdicts
from experiment import (SEEDS, available, hold_memory, images, kept, options, progress, show_table,
                        stack, with_seeds)

from npspectral import Adam, Dense, ReLU, data, fit, mean_squared_error, softmax_cross_entropy
from npspectral.nn import ComplexRecurrentSpectral, tree

CLASSES, BATCH = 10, 100
ARMS = ("oscillating", "free", "score", "linear")
FOLLOWED = ARMS[:2]                     # by pairs of items
DRAWN = (ASIDE, CLOUD, CLOUD_GAP)
SHOWN, WATCHED = 4, 1000                # images that are followed to the end, and for WATCH steps
WATCH, AFTER = 40, 1000                 # steps: of the read-out in time, and after the nodes' end
MEASURED = ("end", "largest", "condition", "drift", "limit", "in_time")
DEAD = 1e-18                            # of |u|: what they still write is below rounding
GAPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 21, 22, 23, 24)
PERIOD = 2 * (CLASSES + 1)              # after so many steps all modes, evenly spaced, are back


@dataclass(frozen=True)
class Setting:
    """What a mode runs; stages are (learning rate, epochs), by data set."""

    seeds: int
    stages: dict
    linear: dict
    counts: tuple = (5000, 2000)        # pairs of training and test items
    pool: int = 2                       # MNIST's pixels are averaged over squares of this side
    steps: int = 5


LONG = {"digits": ((3e-3, 60), (5e-4, 20)), "mnist": ((3e-3, 7), (5e-4, 3))}
LINEAR = {"digits": ((3e-3, 100),), "mnist": ((1e-3, 10),)}
SETTINGS = {"quick": Setting(1, {"digits": ((3e-3, 20), (5e-4, 5))}, {"digits": ((3e-3, 30),)},
                             (2000, 1000)),
            "default": Setting(3, LONG, LINEAR),
            "full": Setting(3, LONG, LINEAR, pool=1)}


# Data

def load(name, seed, pool):
    """(x, labels) for training, the same for testing, float32, with a constant last feature."""
    if name == "digits":
        rng = np.random.default_rng(seed)
        sets = data.train_test_split(rng, *data.digits(dtype=np.float32))
    else:
        sets = images(name)
    return [(with_constant(pooled(x, pool if name == "mnist" else 1)), labels)
            for x, labels in sets]


def pooled(x, side):
    """Means over squares of side x side pixels."""
    size = int(round(x.shape[1] ** 0.5))
    blocks = x.reshape(len(x), size // side, side, size // side, side)
    return blocks.mean((2, 4), dtype=x.dtype).reshape(len(x), -1)


def with_constant(x):
    return np.concatenate([x, np.ones_like(x[:, :1])], 1)


# Networks

def network(n_in, arm, steps):
    """All start alike; only the free arm trains the nodes' eigenvalues."""
    if arm == "linear":
        return Dense(n_in, CLASSES)
    trained = ("phi", *(["theta"] if arm == "free" else []), "k_real", "k_imag")
    return ComplexRecurrentSpectral(n_in, CLASSES, steps, activation=ReLU(), trainable=trained,
                                    read="score" if arm == "score" else "amplitude")


def problem(arm, labels):
    """The target and the loss of an arm."""
    if arm in ("score", "linear"):
        return labels, softmax_cross_entropy
    target = np.zeros((len(labels), 2 * CLASSES), np.float32)       # Re a = onehot, Im a = 0
    target[np.arange(len(labels)), labels] = 1
    return target, mean_squared_error


def accuracy(y, labels):
    """Of the largest of the first CLASSES outputs, the real parts if there are both."""
    return (y[:, :CLASSES].argmax(1) == labels).mean()


def train(layer, arm, stages, train_set, test_set, rng, label):
    """Parameters at the end and the test accuracy after every epoch."""
    (x, labels), (x_test, labels_test) = train_set, test_set
    (target, loss), params, found = problem(arm, labels), layer.init(rng, np.float32), []
    for rate, epochs in stages:
        for record in fit(layer, params, x, target, loss=loss, optimizer=Adam(rate),
                          batch_size=BATCH, rng=rng, epochs=epochs):
            found.append(accuracy(layer.forward(record.params, x_test)[0], labels_test))
            progress(f"{label}, {arm}, rate {rate:g}, epoch {record.epoch}, test {found[-1]:.4f}")
        params = record.params
    return params, np.array(found)


def learn(name, arm, seed, setting):
    train_set, test_set = load(name, seed, setting.pool)
    stages = (setting.linear if arm == "linear" else setting.stages)[name]
    layer = network(train_set[0].shape[1], arm, setting.steps)
    params, found = train(layer, arm, stages, train_set, test_set, np.random.default_rng(seed),
                          f"{name}, seed {seed}")
    return {"accuracy": found, "size": tree.size(layer.trainable_part(params)), "seed": seed,
            **params}


# What is left

def trained(name, arm, own, setting):
    """The data, the layer and its parameters of a run."""
    train_set, test_set = load(name, int(own["seed"]), setting.pool)
    layer = network(train_set[0].shape[1], arm, setting.steps)
    return train_set, test_set, layer, {part: own[part] for part in layer.shapes}


def follow_memory(name, own, setting):
    """States until long after the nodes' end, and the read-out as time passes; in float64."""
    _, (x, labels), layer, params = trained(name, "oscillating", own, setting)
    x, params = tree.map(lambda array: array.astype(float), (x, params))
    largest = np.abs(np.tanh(params["theta"])).max()
    u, m = layer.states(params, x[:SHOWN], int(np.log(DEAD / 100) / np.log(largest)) + AFTER)
    size = np.abs(u).max((1, 2))
    end = np.flatnonzero(size > DEAD * size.max())[-1] + 1
    late, a = m[end:end + AFTER + 1], layer.amplitudes(params, x[:SHOWN])
    left = turned_back(late[-1:], params["omega"], end + AFTER)
    _, early = layer.states(params, x[:WATCHED], WATCH)
    right = turned_back(early, params["omega"]).real.argmax(-1) == labels[:WATCHED]
    return {"m": m[:end + AFTER + 1, 0], "u": size[:end + AFTER + 1], "label": labels[0],
            "end": end, "largest": largest, "condition": np.linalg.cond(params["phi"]),
            "drift": np.abs(np.abs(late) / np.abs(late[0]) - 1).max(),
            "limit": np.abs(left - a).max() / np.abs(a).max(), "in_time": right.mean(1)}


def turned_back(m, omega, begin=0):
    """exp(-i omega t) m, m (times, ..., modes) from t = begin on."""
    times = np.arange(begin, begin + len(m)).reshape(-1, *[1] * (m.ndim - 1))
    return np.exp(-1j * omega * times) * m


def follow_pairs(name, arm, own, setting):
    train_set, test_set, layer, params = trained(name, arm, own, setting)
    return {"largest": np.abs(np.tanh(params["theta"])).max(),
            **follow_sequences(layer, params, train_set, test_set, GAPS, setting.counts, PERIOD,
                               int(own["seed"]))}


def run(setting, names, folder):
    """(data set, part) -> name -> array, one row a seed; runs on disk are not run again."""
    result = {}
    for name in names:
        for arm in ARMS:
            stages = (setting.linear if arm == "linear" else setting.stages)[name]
            keys = [(name, arm, seed, stages, setting.pool, setting.steps, BATCH)
                    for seed in range(setting.seeds)]
            runs = [kept(folder, ("classes", *key), partial(learn, name, arm, key[2], setting))
                    for key in keys]
            result[name, arm] = stack(runs)
            if arm in FOLLOWED:
                result[name, f"{arm}, pairs"] = stack([
                    kept(folder, ("pairs", *key, GAPS, setting.counts, PERIOD, *DRAWN),
                         partial(follow_pairs, name, arm, own, setting))
                    for key, own in zip(keys, runs)])
            if arm == "oscillating":
                seen = [kept(folder, ("memory", *key, SHOWN, WATCHED, WATCH, AFTER, DEAD),
                             partial(follow_memory, name, own, setting))
                        for key, own in zip(keys, runs)]
                result[name, "memory"] = stack([{part: one[part] for part in MEASURED}
                                                for one in seen])
                result[name, "states"] = {part: seen[0][part] for part in ("m", "u", "label")}
    progress("")
    return result


def save(result, folder):
    """One .npz file a data set and part."""
    for (name, part), own in result.items():
        np.savez_compressed(folder / f"{name}_{part.replace(', ', '_')}.npz", **own)


def main(argv=None):
    chosen = options(__doc__.splitlines()[0], "results/complex_memory",
                     seeds=SEEDS).parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    result = run(setting, available(setting.stages, chosen.download), chosen.out / "runs")
    save(result, chosen.out)
    if result:
        plot(result, chosen.out)
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
