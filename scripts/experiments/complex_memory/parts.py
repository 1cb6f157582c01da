"""A network trained, what it keeps, and what the pattern that two items leave still tells.

A decoder that is told the two classes and the separation has to say which item came first.
"""
from dataclasses import replace

import numpy as np
from lab.data import images, pooled
from lab.learning import learn
from lab.plan import stack
from lab.progress import progress

from npspectral import Dense, ReLU, data, mean_squared_error, softmax_cross_entropy
from npspectral.nn import ComplexRecurrentSpectral, tree

CLASSES, BATCH = 10, 100
ARMS = ("oscillating", "free", "score", "linear")
FOLLOWED = ARMS[:2]                     # by pairs of items
SHOWN, WATCHED = 4, 1000                # images that are followed to the end, and for WATCH steps
WATCH, AFTER = 40, 1000                 # steps: of the read-out in time, and after the nodes' end
DEAD = 1e-18                            # of |u|: what they still write is below rounding
GAPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 21, 22, 23, 24)
PERIOD = 2 * (CLASSES + 1)              # after so many steps all modes, evenly spaced, are back
FLOOR = 1e-3                            # of least squares, relative to the features' mean square
ASIDE, CLOUD, CLOUD_GAP = (1, 4), 200, 8        # classes, pairs and separation of the scatter plot


def load(name, seed, pool, limit):
    """(x, labels) for training, the same for testing, float32, with a constant last feature."""
    if name == "digits":
        rng, pool = np.random.default_rng(seed), 1
        sets = data.train_test_split(rng, *data.digits(dtype=np.float32))
    else:
        sets = images(name, limit)
    return [(with_constant(pooled(x, pool)), labels) for x, labels in sets]


def with_constant(x):
    return np.concatenate([x, np.ones_like(x[:, :1])], 1)


def network(n_in, arm):
    """All start alike; only the free arm trains the nodes' eigenvalues."""
    if arm == "linear":
        return Dense(n_in, CLASSES)
    trained = ("phi", *(["theta"] if arm == "free" else []), "k_real", "k_imag")
    return ComplexRecurrentSpectral(n_in, CLASSES, activation=ReLU(), trainable=trained,
                                    read="score" if arm == "score" else "amplitude")


def accuracy(y, labels):
    """Of the largest of the first CLASSES outputs, the real parts if there are both."""
    return (y[:, :CLASSES].argmax(1) == labels).mean()


def train(layer, arm, stages, train_set, test_set, rng, label):
    """Parameters at the end and the test accuracy after every epoch."""
    (x, labels), (x_test, labels_test) = train_set, test_set
    params, found, target, loss = layer.init(rng, np.float32), [], labels, softmax_cross_entropy
    if arm in FOLLOWED:                                             # Re a = onehot, Im a = 0
        target, loss = np.eye(CLASSES, 2 * CLASSES, dtype=np.float32)[labels], mean_squared_error
    for rate, epochs in stages:
        for record in learn(layer, params, (x, target), [(rate, epochs)], f"{label}, {arm}",
                            loss=loss, batch_size=BATCH, rng=rng):
            found.append(accuracy(layer.forward(record.params, x_test)[0], labels_test))
        params = record.params
    return params, np.array(found)


def follow_memory(layer, params, x, labels):
    """States until long after the nodes' end, and the read-out as time passes; in float64."""
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


def pairs(rng, labels, n, same=False):
    """(n, 2) positions of two items: of different classes, or both of one."""
    found = np.empty((0, 2), int)
    while len(found) < n:
        drawn = rng.integers(len(labels), size=(4 * n, 2))
        alike = labels[drawn[:, 0]] == labels[drawn[:, 1]]
        found = np.concatenate([found, drawn[alike == same]])
    return found[:n]


def patterns(layer, params, x, chosen, gap):
    """a (n, modes) of the second item `gap` steps after the first."""
    later = replace(layer, inserted=(0, gap))
    parts = np.array_split(chosen, max(1, len(chosen) // 1000))
    return np.concatenate([later.amplitudes(params, x[part].reshape(len(part), -1))
                           for part in parts])


def picked(a, classes):
    """a of the mode of one class a row."""
    return np.take_along_axis(a, classes[:, None], 1)[:, 0]


def order_by_phases(a, classes, omega, gap):
    """Whether the phases alone are nearer to those of the true order than to the reverse.

    One item leaves phase 0 in the mode of its class, the other -omega gap; moduli are not used.
    """
    first, second = (item / np.abs(item) for item in (picked(a, which) for which in classes.T))
    turn = np.exp(1j * omega[classes] * gap)
    true, reverse = first.real + (second * turn[:, 1]).real, second.real + (first * turn[:, 0]).real
    return np.where(np.abs(true - reverse) < 1e-5, 0.5, true > reverse)     # a tie is a guess


def order_by_least_squares(train, train_classes, test, test_classes):
    """Whether features tell the order, by a linear function for each two classes, fit to +-1."""
    train, test = with_constant(train.astype(float)), with_constant(test.astype(float))
    right = np.full(len(test), 0.5)
    keys, test_keys = (np.sort(classes, 1) @ [1000, 1] for classes in (train_classes, test_classes))
    for key in np.intersect1d(keys, test_keys):
        rows, asked = keys == key, test_keys == key
        features, sign = train[rows], np.sign(train_classes[rows] @ [1, -1])
        ridge = FLOOR * np.mean(features ** 2) * len(features) * np.eye(features.shape[1])
        weights = np.linalg.solve(features.T @ features + ridge, features.T @ sign)
        right[asked] = test[asked] @ weights * (test_classes[asked] @ [1, -1]) > 0
    return right


def both_found(a, classes, omega, gap):
    """Whether the nearest pattern e_k + exp(-i omega_l gap) e_l, k != l, is the true one."""
    score = a.real[:, :, None] + (a * np.exp(1j * omega * gap)).real[:, None]
    np.einsum("nkk->nk", score)[:] = -np.inf
    return score.reshape(len(a), -1).argmax(1) == classes @ [a.shape[1], 1]


def separation_found(a, classes, omega, gap, longest):
    """Whether the second item's phase is nearest to that of its true separation, out of 1..longest.

    Separations that turn its mode by the same angle count as the same.
    """
    frequency, gaps = omega[classes[:, 1]], np.arange(1, longest + 1)
    fit = (picked(a, classes[:, 1])[:, None] * np.exp(1j * frequency[:, None] * gaps)).real
    return np.cos(frequency * (gaps[fit.argmax(1)] - gap)) > 1 - 1e-5


def measure(layer, params, train_set, test_set, gap, counts, rng):
    """All that is asked of patterns at one separation, as a dict of numbers.

    turned, twice, alone: a in the mode of the second item, of both items, of an item by itself.
    """
    (x, labels), (x_test, labels_test), omega = train_set, test_set, params["omega"]
    learned, chosen = pairs(rng, labels, counts[0]), pairs(rng, labels_test, counts[1])
    alike, classes = pairs(rng, labels_test, counts[1], same=True), labels_test[chosen]
    a_learned = patterns(layer, params, x, learned, gap)
    a, swapped, twice = (patterns(layer, params, x_test, items, gap)
                         for items in (chosen, chosen[:, ::-1], alike))
    single = layer.amplitudes(params, x_test)
    told = {"phases": order_by_phases(a, classes, omega, gap),
            "both": both_found(a, classes, omega, gap),
            "separation": separation_found(a, classes, omega, gap, PERIOD)}
    for name, features in (("amplitude", lambda a: np.concatenate([a.real, a.imag], 1)),
                           ("power", lambda a: np.abs(a) ** 2)):
        told[name] = order_by_least_squares(features(a_learned), labels[learned], features(a),
                                            classes)
    added = single[chosen[:, 0]] + np.exp(-1j * omega * gap) * single[chosen[:, 1]]
    return {**{name: right.mean() for name, right in told.items()}, "cross": change(a, added),
            "swap": change(a, swapped), "swap_power": change(np.abs(a) ** 2, np.abs(swapped) ** 2),
            "turned": by_class(np.angle, a, classes[:, 1]),
            "twice": by_class(np.abs, twice, labels_test[alike[:, 0]]),
            "alone": by_class(np.abs, single, labels_test)}


def by_class(function, a, classes):
    """function of the mean of a in the mode of each class; NaN for a class without any."""
    return np.array([function(a[classes == k, k].mean()) if (classes == k).any() else np.nan
                     for k in range(a.shape[1])])


def change(a, b):
    """|a - b| / |b| over all patterns."""
    return np.sqrt(np.sum(np.abs(a - b) ** 2) / np.sum(np.abs(b) ** 2))


def follow_sequences(layer, params, train_set, test_set, counts, seed):
    """name -> array with one row a separation.

    cloud: a in the mode of ASIDE[0], with ASIDE[1] as the second item and as the first, (2, n).
    """
    rng, rows, (x, labels) = np.random.default_rng(seed), [], test_set
    for gap in GAPS:
        progress(f"two items, seed {seed}, separation {gap}")
        rows.append(measure(layer, params, train_set, test_set, gap, counts, rng))
    both = np.stack([rng.choice(np.flatnonzero(labels == k), CLOUD) for k in ASIDE], axis=1)
    cloud = [patterns(layer, params, x, order, CLOUD_GAP)[:, ASIDE[0]]
             for order in (both, both[:, ::-1])]
    return {"gap": np.array(GAPS), "period": PERIOD, **stack(rows), "cloud": np.array(cloud)}


def follow(name, arm, seed, stages, counts, pool, limit):
    """One network, of the FOLLOWED also what pairs leave, of the oscillating one what lasts.

    part -> name -> array, as in the result; "states" are to be shown of one seed alone.
    """
    train_set, test_set = load(name, seed, pool, limit)
    layer = network(train_set[0].shape[1], arm)
    params, course = train(layer, arm, stages, train_set, test_set, np.random.default_rng(seed),
                           f"{name}, seed {seed}")
    found = {f"{name}, {arm}": {"accuracy": course, "seed": seed, **params,
                                "size": tree.size(layer.trainable_part(params))}}
    if arm in FOLLOWED:
        found[f"{name}, {arm}, pairs"] = {
            "largest": np.abs(np.tanh(params["theta"])).max(),
            **follow_sequences(layer, params, train_set, test_set, counts, seed)}
    if arm == "oscillating":
        memory = follow_memory(layer, params, *test_set)
        states = {part: memory.pop(part) for part in ("m", "u", "label")}
        found |= {f"{name}, memory": memory, f"{name}, states": states}
    return found
