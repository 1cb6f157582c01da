"""A network trained, and what it keeps."""
import numpy as np
from lab.data import images, pooled
from lab.learning import learn

from npspectral import Dense, ReLU, data, mean_squared_error, softmax_cross_entropy
from npspectral.nn import ComplexRecurrentSpectral, tree

from .sequences import follow_sequences, with_constant

CLASSES, BATCH = 10, 100
ARMS = ("oscillating", "free", "score", "linear")
FOLLOWED = ARMS[:2]                     # by pairs of items
SHOWN, WATCHED = 4, 1000                # images that are followed to the end, and for WATCH steps
WATCH, AFTER = 40, 1000                 # steps: of the read-out in time, and after the nodes' end
DEAD = 1e-18                            # of |u|: what they still write is below rounding
GAPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 21, 22, 23, 24)
PERIOD = 2 * (CLASSES + 1)              # after so many steps all modes, evenly spaced, are back


def load(name, seed, pool):
    """(x, labels) for training, the same for testing, float32, with a constant last feature."""
    if name == "digits":
        rng, pool = np.random.default_rng(seed), 1
        sets = data.train_test_split(rng, *data.digits(dtype=np.float32))
    else:
        sets = images(name)
    return [(with_constant(pooled(x, pool)), labels) for x, labels in sets]


def network(n_in, arm, steps):
    """All start alike; only the free arm trains the nodes' eigenvalues."""
    if arm == "linear":
        return Dense(n_in, CLASSES)
    trained = ("phi", *(["theta"] if arm == "free" else []), "k_real", "k_imag")
    return ComplexRecurrentSpectral(n_in, CLASSES, steps, activation=ReLU(), trainable=trained,
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


def follow(name, arm, seed, stages, counts, pool, steps):
    """One network, of the FOLLOWED also what pairs leave, of the oscillating one what lasts.

    part -> name -> array, as in the result; "states" are to be shown of one seed alone.
    """
    train_set, test_set = load(name, seed, pool)
    layer = network(train_set[0].shape[1], arm, steps)
    params, course = train(layer, arm, stages, train_set, test_set, np.random.default_rng(seed),
                           f"{name}, seed {seed}")
    found = {f"{name}, {arm}": {"accuracy": course, "seed": seed, **params,
                                "size": tree.size(layer.trainable_part(params))}}
    if arm in FOLLOWED:
        found[f"{name}, {arm}, pairs"] = {
            "largest": np.abs(np.tanh(params["theta"])).max(), **follow_sequences(
                layer, params, train_set, test_set, GAPS, counts, PERIOD, seed)}
    if arm == "oscillating":
        memory = follow_memory(layer, params, *test_set)
        states = {part: memory.pop(part) for part in ("m", "u", "label")}
        found |= {f"{name}, memory": memory, f"{name}, states": states}
    return found
