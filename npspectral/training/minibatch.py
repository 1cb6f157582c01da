"""Minibatch training: one step, and `fit`, a generator of records that its caller stops."""
import itertools
from dataclasses import dataclass, field

import numpy as np

from ..nn import tree
from ..nn.penalties import add_penalties

PACKED = 32768                  # up to so many trainable numbers lie in one vector


@dataclass(frozen=True)
class Record:
    """The state of a run after an epoch; all arrays are the record's own copies.

    `fit` goes on from one with the same bits as a run that was never interrupted.
    """

    params: tuple | dict
    epoch: int = 0
    loss: float = np.nan        # mean over the epoch's batches, penalties included
    metrics: dict = field(default_factory=dict)
    optimizer_state: dict | None = None
    rng_state: dict | None = None


class Step:
    """One training step, and the buffers that it needs: step(x, target) -> value, y.

    Works on its own copy, `params`. When there are few trainable numbers they lie in one vector
    theta, of which the arrays in `params` are views, so the optimizer makes one update for all.
    """

    def __init__(self, network, params, loss, optimizer, penalties=(), optimizer_state=None):
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.penalties = penalties
        self.params = tree.copy(params)
        self.trainable = network.trainable_part(self.params)
        size = tree.size(self.trainable)
        if size == 0:
            raise ValueError(f"{network.label}: nothing is trainable")
        self.gradient, self.names = None, self.trainable
        if size <= PACKED:
            theta = tree.ravel(self.trainable)
            self.params = tree.merge(self.params, tree.unravel(theta, self.trainable))
            self.trainable, self.gradient = theta, np.empty_like(theta)
        self.state = optimizer.init(self.trainable)
        if optimizer_state is not None:
            came, expected = _shapes(optimizer_state), _shapes(self.state)
            if came != expected:
                raise ValueError(f"{optimizer}: the optimizer state to go on from has {came}, "
                                 f"expected {expected}")
            self.state = tree.copy(optimizer_state)

    def __call__(self, x, target):
        y, residuals = self.network.forward(self.params, x)
        value, grad_y = self.loss(y, target)
        grads, _ = self.network.backward(self.params, residuals, grad_y, input_grad=False)
        if self.penalties:
            value = value + add_penalties(self.penalties, self.params, grads)
        if self.gradient is not None:
            parts = [grad for _, grad in tree.aligned(self.names, grads)]
            grads = np.concatenate(parts, axis=None, out=self.gradient)
        self.optimizer.step(self.trainable, grads, self.state)
        return value, y


def _shapes(state):
    return {path: array.shape for path, array in tree.items(state)}


def fit(network, start, x, target, *, loss, optimizer, batch_size, rng, epochs=None,
        penalties=(), metrics=(), validation=None):
    """Train, and yield a Record after every epoch.

    start       params, or a Record to go on from; neither is changed. `rng` is set to its state.
    x, target   (n, n_in) and n targets as the loss takes them; shuffled by `rng` in every epoch,
                a smaller last batch is kept; one batch of all n is not shuffled.
    loss        loss(y, target) -> value, grad_y;  penalties: functions of params alike
    epochs      the number of the last epoch; None goes on for ever
    metrics     functions metric(y, target) -> float, averaged over the epoch's batches as they come
    validation  (x, target): its loss, without penalties, and metrics after each epoch

    Raises ValueError or TypeError on arguments that do not fit or are not finite, and
    FloatingPointError as soon as the loss is not finite.
    """
    record = start if isinstance(start, Record) else Record(start)
    _check_data("fit", x, target)
    if validation is not None:
        if not isinstance(validation, tuple) or len(validation) != 2:
            raise TypeError(f"fit: validation is a {type(validation).__name__}, "
                            f"expected a tuple (x, target)")
        _check_data("fit: validation", *validation)
    if isinstance(optimizer, type):
        raise TypeError(f"fit: optimizer is {optimizer!r}, expected an instance of it")
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"fit: rng is {rng!r}, expected a numpy.random.Generator")
    for name, number in (("batch_size", batch_size), ("epochs", 1 if epochs is None else epochs)):
        _check_count("fit", name, number)
    for rows in (x, *(validation or ())[:1]):
        network.forward(record.params, rows[:1])        # a misfit is refused now, not in epoch 1
    for path, array in tree.items(record.params):
        _check_finite("fit", path, array)
    if record.rng_state is not None:
        rng.bit_generator.state = record.rng_state
    step = Step(network, record.params, loss, optimizer, penalties, record.optimizer_state)
    numbers = itertools.count(record.epoch + 1)
    if epochs is not None:
        numbers = range(record.epoch + 1, epochs + 1)
    return (_epoch(step, number, x, target, batch_size, rng, metrics, validation)
            for number in numbers)


def _epoch(step, number, x, target, batch_size, rng, metrics, validation):
    n = len(x)
    total = 0.0
    sums = dict.fromkeys([metric.__name__ for metric in metrics], 0.0)
    order = rng.permutation(n) if batch_size < n else None
    for begin in range(0, n, batch_size):
        batch = slice(None) if order is None else order[begin:begin + batch_size]
        value, y = step(x[batch], target[batch])
        if not np.isfinite(value):
            raise FloatingPointError(f"fit: the loss is {value} in epoch {number}, batch "
                                     f"{begin // batch_size}; a smaller learning rate may help")
        total += float(value) * len(y)
        for metric in metrics:
            sums[metric.__name__] += metric(y, target[batch]) * len(y)
    results = {name: value / n for name, value in sums.items()}
    if validation is not None:
        found = evaluate(step.network, step.params, *validation, loss=step.loss, metrics=metrics)
        results |= {f"validation_{name}": value for name, value in found.items()}
    return Record(tree.copy(step.params), number, total / n, results, tree.copy(step.state),
                  rng.bit_generator.state)


def predict(network, params, x, batch_size=1000):
    """y for all of x (n, n_in), forward in batches."""
    _check_count("predict", "batch_size", batch_size)
    batches = [network.forward(params, x[begin:begin + batch_size])[0]
               for begin in range(0, max(len(x), 1), batch_size)]
    return np.concatenate(batches)


def evaluate(network, params, x, target, *, loss=None, metrics=(), batch_size=1000):
    """The loss (if given, under the name "loss") and metrics of all of x as a dict of floats."""
    _check_data("evaluate", x, target)
    y = predict(network, params, x, batch_size)
    results = {} if loss is None else {"loss": float(loss(y, target)[0])}
    return results | {metric.__name__: float(metric(y, target)) for metric in metrics}


def _check_data(owner, x, target):
    if not isinstance(x, np.ndarray) or not isinstance(target, np.ndarray):
        raise TypeError(f"{owner}: x and target are {type(x).__name__} and "
                        f"{type(target).__name__}, expected numpy arrays")
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"{owner}: x has shape {x.shape}, expected (n, n_in) with n >= 1")
    if target.ndim == 0 or len(target) != len(x):
        raise ValueError(f"{owner}: target has shape {target.shape}, expected {len(x)} rows as x")
    _check_finite(owner, "x", x)
    _check_finite(owner, "target", target)


def _check_count(owner, name, number):
    if not isinstance(number, (int, np.integer)) or isinstance(number, bool) or number < 1:
        raise ValueError(f"{owner}: {name} is {number!r}, expected a positive integer")


def _check_finite(owner, name, array):
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{owner}: {name}{list(index)} is {array[index]}, expected finite numbers")
