"""Minibatch training: `fit` yields a record after every epoch, `train` returns the last one."""
import copy
import itertools
from dataclasses import dataclass, field

import numpy as np

from .._memory import hold_memory
from ..nn import tree
from ..nn.layer import check_integer, refuse_coupled
from . import _expect
from ._record import Snapshot

PACKED = 32768                  # at most so many trainable numbers are put into one vector


@dataclass(frozen=True, eq=False, repr=False)
class Record(Snapshot):
    """The state of a run after an epoch; all arrays are the record's own copies.

    A run that `fit` starts from a record has the same bits as one that was never interrupted. Two
    records are equal if all their numbers are, bit for bit.
    """

    params: tuple | dict
    epoch: int = 0
    loss: float = np.nan        # mean over the epoch's samples, penalties included
    metrics: dict = field(default_factory=dict)         # name -> float
    optimizer_state: dict | None = None
    rng_state: dict | None = None                       # of rng's bit generator

    shown = ("epoch", "loss", "metrics")


class Step:
    """One training step: step(x, target) -> the value of the loss with penalties, and y.

    It works on `params`, a copy. The optimizer gets the trainable part of `params`, and the
    gradients in a tree of the same form. The layers and the loss get read-only views of params and
    y, because backward may need both again.

    For speed alone, small networks are packed: the optimizer gets one vector theta with all trained
    numbers, and one vector of their gradients. The arrays in `params` are then views into theta, so
    one update changes them all. On few numbers, a NumPy call takes longer than its arithmetic. A
    Step packs if the optimizer's class says `takes_vector = True` and at most PACKED numbers are
    trained. For speed, too, the process keeps freed memory: see `sweep.hold_memory`.

    A step computes with `network.in_training(rng)`. If that is another network, its `statistics`
    replace parameters that are not trained, such as the running mean of BatchNorm.
    """

    def __init__(self, network, params, loss, optimizer, penalties=(), optimizer_state=None,
                 rng=None):
        _expect.function("Step", "loss", loss)
        _expect.optimizer("Step", optimizer)
        refuse_coupled("Step", network)
        self.network, self.loss, self.optimizer, self.rng = network, loss, optimizer, rng
        self.penalties = _expect.functions("Step", "penalties", penalties)
        hold_memory()
        self.params = tree.copy(params)
        self.trainable = network.trainable_part(self.params)
        size = tree.size(self.trainable)
        if size == 0:
            raise ValueError(f"{network.label}: nothing is trainable")
        self.paths = tree.paths(self.trainable)
        self.packed = size <= PACKED and takes_vector(optimizer)
        if self.packed:                     # for speed alone: params become views into theta
            theta = tree.ravel(self.trainable)
            self.params = tree.merge(self.params, tree.unravel(theta, self.trainable))
            self.trainable, self.gradient = theta, np.empty_like(theta)
        self.locked = tree.locked(self.params)      # views, which show every update
        self.state = optimizer.init(self.trainable)
        if optimizer_state is not None:
            came, expected = _shapes(optimizer_state), _shapes(self.state)
            if came != expected:
                raise ValueError(f"{optimizer}: the optimizer state to go on from has {came}, "
                                 f"expected {expected}")
            self.state = _copied(optimizer_state)

    def __call__(self, x, target):
        """Change `params` and `state` by one step on this batch."""
        params, network = self.locked, self.network.in_training(self.rng)
        y, residuals = network.forward(params, x)
        y = tree.locked(y)
        value, grad_y = self.loss(y, target)
        grads, _ = network.backward(params, residuals, grad_y, input_grad=False)
        if self.penalties:
            from ..nn.penalties import add_penalties        # here, so that fit is quick to import
            value = value + add_penalties(self.penalties, params, grads)
        if self.packed:
            # all gradients, flattened, as one vector in theta's order. For speed, `paths` is found
            # once, in __init__, and each step writes to the same memory
            grads = np.concatenate(tree.gathered(grads, self.paths), axis=None, out=self.gradient)
        self.optimizer.step(self.trainable, grads, self.state)
        if network is not self.network:
            for new, old in tree.aligned(network.statistics(params, residuals), self.params):
                old[...] = new
        return value, y


def takes_vector(optimizer):
    """Whether the optimizer's class itself says `takes_vector = True`.

    A subclass does not inherit it, because its step may need to know the arrays.
    """
    return vars(type(optimizer)).get("takes_vector", False)


def _copied(state):
    """A deep copy of a state. Plain numbers stay plain: arrays of them would promote float32."""
    return tree.map(lambda value: np.copy(value) if isinstance(value, np.ndarray)
                    else copy.deepcopy(value), state)


def _shapes(state):
    return {path: f"{np.shape(array)} {np.asarray(array).dtype}"
            for path, array in tree.items(state)}


def fit(network, start, x, target, *, loss, optimizer, batch_size, rng, epochs=None,
        penalties=(), metrics=(), validation=None):
    """Train, and yield a Record after every epoch. An epoch begins when its record is asked for:

        for record in fit(...):         # stop when you like; `train` runs to the last epoch
            ...

    Every step descends L = loss + penalties, the loss a mean over the batch.
    start       params, or a Record to go on from; neither is changed. From a Record that has an
                rng_state, `rng` is set to it.
    x, target   (n, n_in) and n targets as the loss takes them, arrays or memory maps. rng shuffles
                them in every epoch, unless one batch holds all n. The last batch may be smaller.
                It also draws what layers such as Dropout need.
    loss        loss(y, target) -> value, grad_y
    penalties   functions penalty(params) -> value, grads
    epochs      the number of the last epoch; None goes on for ever
    metrics     functions metric(y, target) -> float with different names. A record holds their
                means over the epoch's samples, each taken before the step of its batch.
    validation  (x, target): after each epoch the record gets the loss on them, without penalties,
                and the metrics

    Your functions get copies or read-only views of the data. Before the first epoch the loss is
    called with the first batch's targets and with those of `validation`, so that targets that do
    not fit are refused at once. For this check every row of y is the output of the first sample.

    Raises ValueError or TypeError on arguments that do not fit or are not finite, and
    FloatingPointError as soon as the loss is not finite. The process keeps freed memory, for speed:
    see `sweep.hold_memory`.

    >>> layer, rng = Dense(1, 1), np.random.default_rng(0)
    >>> x = rng.standard_normal((8, 1))
    >>> run = fit(layer, layer.init(rng), x, 3 * x, loss=mean_squared_error, optimizer=SGD(0.3),
    ...           batch_size=8, rng=rng)
    >>> [next(run).epoch for _ in range(3)]
    [1, 2, 3]
    """
    record = start if isinstance(start, Record) else Record(start)
    x, target = _expect.data("fit", x, target)
    if validation is not None:
        validation = _validation(validation)
    refuse_coupled("fit", network)
    _expect.optimizer("fit", optimizer)
    _expect.function("fit", "loss", loss)
    penalties = _expect.functions("fit", "penalties", penalties)
    metrics = _expect.metrics("fit", metrics)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"fit: rng is {rng!r}, expected a numpy.random.Generator")
    check_integer("fit", "batch_size", batch_size)
    if epochs is not None:
        check_integer("fit", "epochs", epochs)
    _try(network, record.params, loss, x[:batch_size], target[:batch_size])
    if validation is not None:
        _try(network, record.params, loss, *validation)
    for path, array in tree.items(record.params):
        _expect.finite("fit", path, array)
    if record.rng_state is not None:
        rng.bit_generator.state = record.rng_state
    step = Step(network, record.params, loss, optimizer, penalties, record.optimizer_state, rng)
    numbers = itertools.count(record.epoch + 1)
    if epochs is not None:
        numbers = range(record.epoch + 1, epochs + 1)
    # not `yield`: so the checks above are made when fit is called
    return (_epoch(step, number, x, target, batch_size, rng, metrics, validation)
            for number in numbers)


def train(network, start, x, target, *, epochs, **options):
    """Train up to epoch number `epochs` and return the last Record; other arguments as in fit.

    A start Record that has reached this epoch already is returned as it is.

    >>> layer, rng = Dense(1, 1), np.random.default_rng(0)
    >>> x = rng.standard_normal((8, 1))
    >>> train(layer, layer.init(rng), x, 3 * x, loss=mean_squared_error, optimizer=SGD(0.3),
    ...       batch_size=8, rng=rng, epochs=99).params["weight"].round(6)
    array([[3.]])
    """
    check_integer("train", "epochs", epochs)
    record = start
    for record in fit(network, start, x, target, epochs=epochs, **options):
        pass
    return record


def _validation(pair):
    """x and target of the pair as read-only views."""
    if not isinstance(pair, tuple) or len(pair) != 2:
        came = f"{len(pair)} entries" if isinstance(pair, tuple) else f"a {type(pair).__name__}"
        raise TypeError(f"fit: validation is {came}, expected a tuple (x, target)")
    return _expect.data("fit: validation", *pair)


def _try(network, params, loss, x, target):
    """Call the loss with the first sample's output in every row, to refuse what does not fit.

    One sample is enough to learn the shape of y, and takes less time than all.
    """
    y, _ = network.forward(tree.locked(params), x[:1])
    found = loss(np.repeat(y, len(x), axis=0), target)
    if not isinstance(found, tuple) or len(found) != 2:
        raise TypeError(f"fit: loss returned a {type(found).__name__}, "
                        f"expected a tuple (value, grad_y)")


def _epoch(step, number, x, target, batch_size, rng, metrics, validation):
    """Train one epoch and return its Record."""
    n = len(x)
    total, sums = 0.0, dict.fromkeys(metrics, 0.0)
    order = rng.permutation(n) if batch_size < n else None
    for begin in range(0, n, batch_size):
        # one batch of all samples is a slice: it is not copied
        batch = slice(None) if order is None else order[begin:begin + batch_size]
        value, y = step(x[batch], target[batch])
        if not np.isfinite(value):
            raise FloatingPointError(f"fit: the loss is {value} in epoch {number}, batch "
                                     f"{begin // batch_size}; a smaller learning rate may help")
        total += float(value) * len(y)
        for name, metric in metrics.items():
            sums[name] += float(metric(y, target[batch])) * len(y)
    results = {name: value / n for name, value in sums.items()}
    if validation is not None:
        found = evaluate(step.network, step.params, *validation, loss=step.loss,
                         metrics=metrics.values())
        results |= {f"validation_{name}": value for name, value in found.items()}
    return Record(tree.copy(step.params), number, total / n, results, _copied(step.state),
                  rng.bit_generator.state)


def predict(network, params, x, batch_size=1000):
    """y (n, n_out) for x (n, n_in), which may be a memory map; forward runs in batches."""
    check_integer("predict", "batch_size", batch_size)
    refuse_coupled("predict", network)
    x, params = _expect.plain("predict", "x", x), tree.locked(params)
    batches = [network.forward(params, x[begin:begin + batch_size])[0]
               for begin in range(0, max(len(x), 1), batch_size)]       # one batch if x is empty
    return np.concatenate(batches)


def evaluate(network, params, x, target, *, loss=None, metrics=(), batch_size=1000):
    """The metrics of all of x as a dict, name -> float; with a loss its value is under "loss".

    The functions get read-only views. Errors as in fit.
    """
    x, target = _expect.data("evaluate", x, target)
    metrics = _expect.metrics("evaluate", metrics)
    y = tree.locked(predict(network, params, x, batch_size))
    results = {} if loss is None else {"loss": float(loss(y, target)[0])}
    return results | {name: float(metric(y, target)) for name, metric in metrics.items()}
