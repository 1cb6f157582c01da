"""Training by minibatches: what a run does, how it stops and goes on."""
import contextlib
import copy
import dataclasses
import functools
import io
import itertools
import time

import numpy as np
import pytest
from conftest import assert_near, locked, random_array, random_params, same_bits

from npspectral import (SGD, Adam, Adamax, Chain, Dense, Spectral, Tanh, fit, refuse,
                        softmax_cross_entropy)
from npspectral.nn import L1, L2, tree
from npspectral.training import (Record, Step, accuracy, evaluate, load, minibatch, predict, save,
                                 show_progress, train)

NETWORK = Chain(Spectral(4, 6), Tanh(), Spectral(6, 3, lambda_in=0.0, trainable=("lambda_out",)))


@pytest.fixture
def data(rng):
    return random_array(rng, (23, 4)), rng.integers(3, size=23)


@pytest.fixture
def params():
    return random_params(NETWORK, np.random.default_rng(3))


def stream(start, data, epochs=None, optimizer=Adam(0.05), network=NETWORK, seed=11, **options):
    """A run whose generator has its own seed."""
    options = {"loss": softmax_cross_entropy, "batch_size": 5, "metrics": [accuracy],
               "rng": np.random.default_rng(seed), **options}
    return fit(network, start, *data, optimizer=optimizer, epochs=epochs, **options)


def run(*arguments, **options):
    """All records of a run."""
    return list(stream(*arguments, **options))


# What a run does

def test_fit_is_the_loop_that_its_definition_says(data, params):
    x, target = data
    optimizer, rng = SGD(0.1, momentum=0.5), np.random.default_rng(11)
    penalties = [L2(0.1, "lambda_out"), L1(0.2, "weight", NETWORK)]
    mine, losses, shares = tree.copy(params), [], []
    part = NETWORK.trainable_part(mine)
    state = optimizer.init(part)
    for _ in range(2):
        order, total, right = rng.permutation(23), 0.0, 0
        for begin in range(0, 23, 5):
            batch = order[begin:begin + 5]
            y, residuals = NETWORK.forward(mine, x[batch])
            value, grad_y = softmax_cross_entropy(y, target[batch])
            grads, _ = NETWORK.backward(mine, residuals, grad_y)
            for penalty in penalties:
                added, more = penalty(mine)
                value, more = value + added, dict(tree.items(more))
                for path, grad in tree.items(grads):
                    grad += more.get(path, 0)
            optimizer.step(part, grads, state)
            total += float(value) * len(batch)
            right += (y.argmax(1) == target[batch]).sum()
        losses.append(total / 23)
        shares.append(right / 23)
    records = run(params, data, 2, optimizer, penalties=penalties)
    assert [record.epoch for record in records] == [1, 2]
    assert [record.loss for record in records] == losses
    assert [record.metrics["accuracy"] for record in records] == pytest.approx(shares, rel=1e-14)
    assert same_bits(records[-1].params, mine)


@pytest.mark.parametrize("batch_size", [23, 100])
def test_one_batch_of_everything_is_not_shuffled_and_draws_nothing(batch_size, data, params):
    seen = []

    def loss(y, target):
        seen.append(target)
        return softmax_cross_entropy(y, target)

    record, = run(params, data, 1, batch_size=batch_size, loss=loss)
    assert same_bits(seen[0], data[1])
    assert record.rng_state == np.random.default_rng(11).bit_generator.state


def test_validation_is_the_loss_and_the_metrics_after_the_epoch(params, data, rng):
    x, target = random_array(rng, (9, 4)), rng.integers(3, size=9)
    for record in run(params, data, 3, validation=(x, target), penalties=[L2(1.0, "phi")]):
        y, _ = NETWORK.forward(record.params, x)
        assert record.metrics["validation_loss"] == softmax_cross_entropy(y, target)[0]
        assert record.metrics["validation_accuracy"] == np.mean(y.argmax(1) == target)
        assert set(record.metrics) == {"accuracy", "validation_loss", "validation_accuracy"}


def test_validation_changes_nothing_in_the_run(params, data):
    plain, watched = run(params, data, 2), run(params, data, 2, validation=data)
    assert same_bits(plain[-1].params, watched[-1].params)


def test_training_asks_for_no_gradient_of_the_data(data, params):
    asked = []

    class Listening(Chain):
        def backward(self, params, residuals, grad_y, input_grad=True):
            asked.append(input_grad)
            return super().backward(params, residuals, grad_y, input_grad)

    run(params, data, 1, network=Listening(*NETWORK.layers))
    assert asked == [False] * 5


# Copies

@pytest.fixture(params=[True, False], ids=["packed", "unpacked"])
def packed(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(minibatch, "PACKED", 0)


def test_parameters_and_data_of_the_caller_never_change(data, params, optimizer, packed):
    x, target = map(locked, data)
    start = tree.map(locked, params)
    run(start, (x, target), 2, optimizer, penalties=[L2(0.1, "phi")], validation=(x, target))
    assert same_bits(start, params)


def test_record_given_as_a_start_never_changes(data, params, optimizer, packed):
    record = run(params, data, 1, optimizer)[-1]
    before = copy.deepcopy(record)
    run(record, data, 3, optimizer)
    assert record == before


def test_records_are_copies(data, params, packed):
    records = run(params, data, 3)
    arrays = [tree.leaves((record.params, record.optimizer_state)) for record in records]
    for one, other in itertools.combinations([tree.leaves(params), *arrays], 2):
        assert not any(np.shares_memory(a, b) for a in one for b in other)


def test_spoiling_a_record_does_not_disturb_the_run(data, params, packed):
    clean = run(params, data, 3)
    for record in stream(params, data, 3):
        last = tree.copy(record.params)
        for array in tree.leaves((record.params, record.optimizer_state)):
            array[...] = 7
    assert same_bits(last, clean[-1].params)


# The generator

def test_fit_stops_where_the_caller_stops(data, params):
    calls = []

    def loss(y, target):
        calls.append(len(y))
        return softmax_cross_entropy(y, target)

    records = stream(params, data, loss=loss)
    calls.clear()
    for record in records:
        if record.epoch == 2:
            break
    assert len(calls) == 10


def test_fit_without_epochs_goes_on_for_ever(data, params):
    records = itertools.islice(stream(params, data), 50)
    assert [record.epoch for record in records] == list(range(1, 51))


def test_nothing_is_trained_before_the_first_record_is_asked_for(data, params):
    class Untouched(Adam):
        def step(self, params, grads, state):
            raise AssertionError("trained")

    stream(params, data, 1, Untouched())


def test_train_returns_the_last_record_of_fit(data, params):
    def trained(start, epochs, seed=11):
        return train(NETWORK, start, *data, loss=softmax_cross_entropy, optimizer=Adam(0.05),
                     batch_size=5, metrics=[accuracy], rng=np.random.default_rng(seed),
                     epochs=epochs)

    last = run(params, data, 3)[-1]
    assert trained(params, 3) == last == trained(trained(params, 1), 3, seed=99)
    assert trained(last, 3) is last is trained(last, 2)
    with pytest.raises(ValueError, match="train: epochs is None, expected a positive integer"):
        trained(params, None)


# Going on

@pytest.mark.parametrize("stop", [1, 3])
def test_run_goes_on_with_the_same_bits(stop, data, params, optimizer, tmp_path, packed):
    options = dict(validation=data, penalties=[L2(0.01, "phi")])
    whole = run(params, data, 5, optimizer, **options)
    save(tmp_path / "run.npz", NETWORK, whole[stop - 1])
    for network, record in (load(tmp_path / "run.npz"), (NETWORK, whole[stop - 1])):
        rest = run(record, data, 5, optimizer, network=network, seed=99, **options)
        assert [record.epoch for record in rest] == [*range(stop + 1, 6)] and rest == whole[stop:]


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937,
                                  np.random.Philox, np.random.SFC64])
def test_every_bit_generator_goes_on_from_a_file(bits, data, params, tmp_path):
    whole = run(params, data, 3, rng=np.random.Generator(bits(1)))
    save(tmp_path / "run.npz", NETWORK, whole[0])
    _, record = load(tmp_path / "run.npz")
    assert run(record, data, 3, rng=np.random.Generator(bits(2))) == whole[1:]


def test_start_without_an_optimizer_state_starts_the_optimizer_anew(data, params):
    record = run(params, data, 1)[-1]
    anew = dataclasses.replace(record, optimizer_state=None, epoch=0, rng_state=None)
    assert run(anew, data, 1) == run(record.params, data, 1)


@pytest.mark.parametrize("before, after", [
    (SGD(0.1), SGD(0.1, momentum=0.9)), (SGD(0.1), Adam()), (SGD(0.1, momentum=0.9), Adam()),
    (Adam(), SGD(0.1, momentum=0.9)), (Adam(), Adamax()), (Adamax(), Adam())])
def test_state_of_another_optimizer_is_refused(before, after, data, params):
    record = run(params, data, 1, before)[-1]
    with pytest.raises(ValueError, match="state"):
        run(record, data, 2, after)


@pytest.mark.parametrize("spoil", [lambda m: m.astype(np.float32), lambda m: 0.5, lambda m: m[1:]])
def test_state_of_another_dtype_or_shape_is_refused(spoil, data, params):
    record = run(params, data, 1)[-1]
    state = {**record.optimizer_state, "m": spoil(record.optimizer_state["m"])}
    with pytest.raises(ValueError, match="the optimizer state to go on from has"):
        run(dataclasses.replace(record, optimizer_state=state), data, 2)


# A step

@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_packed_and_unpacked_parameters_take_the_same_steps(dtype, data, optimizer, monkeypatch):
    x, target = data[0].astype(dtype), data[1]
    start = random_params(NETWORK, np.random.default_rng(0), dtype)

    def steps():
        step = Step(NETWORK, start, softmax_cross_entropy, optimizer, [L2(0.1, "phi")])
        values = [step(x[k:k + 5], target[k:k + 5])[0] for k in range(4)]
        return step, (tuple(values), tree.copy(step.params))

    packed, one = steps()
    monkeypatch.setattr(minibatch, "PACKED", 0)
    unpacked, other = steps()
    assert isinstance(packed.trainable, tuple if "Plain" in str(optimizer) else np.ndarray)
    assert isinstance(unpacked.trainable, tuple)
    assert same_bits(one, other)


@dataclasses.dataclass(frozen=True)
class Backwards(Dense):
    """A dense layer that gives its gradients in another order."""

    def backward(self, *args, **options):
        grads, grad_x = super().backward(*args, **options)
        return dict(reversed(grads.items())), grad_x


def test_gradients_are_found_by_name_whatever_their_order(data, rng):
    params = Dense(4, 3).init(rng)
    one = run(params, data, 2, network=Dense(4, 3))[-1]
    other = run(params, data, 2, network=Backwards(4, 3))[-1]
    assert same_bits(other.params, one.params)


# Prediction and metrics

@pytest.mark.parametrize("batch_size", [1, 4, 22, 23, 24, 1000])
def test_prediction_in_batches_is_the_forward_of_everything(batch_size, data, params):
    assert_near(predict(NETWORK, params, data[0], batch_size), NETWORK.forward(params, data[0])[0])


def test_prediction_of_nothing_has_no_rows(params):
    assert predict(NETWORK, params, np.zeros((0, 4))).shape == (0, 3)


def test_evaluate_gives_the_loss_and_the_metrics_of_everything(data, params):
    found = evaluate(NETWORK, params, *data, loss=softmax_cross_entropy, metrics=[accuracy],
                     batch_size=4)
    y = predict(NETWORK, params, data[0], 4)
    assert found == {"loss": softmax_cross_entropy(y, data[1])[0], "accuracy": accuracy(y, data[1])}
    assert {type(value) for value in found.values()} == {float}


@pytest.mark.parametrize("y, target, want", [
    ([[1, 2], [3, 0], [0, 5], [2, 1]], [1, 0, 0, 1], 0.5),                  # labels
    ([[1, 2, 0], [3, 0, 9]], [[0, 1, 0], [1, 0, 0]], 0.5),                  # one-hot
    ([[1, 2, 0], [3, 0, 9]], [[-1, 1, -1], [-1, -1, 1]], 1.0),              # signs, K > 1
    ([[2.0], [-1.0], [0.5], [-3.0]], [[1], [-1], [-1], [1]], 0.5),          # signs, K = 1
    ([[2.0], [-1.0], [0.5], [-3.0]], [[1], [0], [0], [0]], 0.75),           # 0 and 1, K = 1
    ([[1.0], [-1.0], [-1.0]], [[0.75], [0.25], [0.5]], 1.0),                # shares, K = 1
    ([[0.0]], [[-1]], 1.0),                                                 # 0 is not positive
])
def test_accuracy_is_the_share_of_right_classes(y, target, want):
    found = accuracy(np.array(y, float), np.array(target))
    assert found == want and type(found) is float


# What foreign code is handed, and the forms that arguments come in

def top(y, target, k):
    return float(k)


def named(name):
    metric = functools.partial(top, k=3)
    metric.__name__ = name
    return metric


class Counted:
    """A metric that is an object without a name of its own."""

    def __call__(self, y, target):
        return 1.0


def test_an_iterator_of_penalties_or_metrics_is_as_good_as_a_list(data, params):
    penalties, metrics = [L2(10.0, "phi")], [accuracy]
    want = run(params, data, 2, penalties=penalties, metrics=metrics, validation=data)
    got = run(params, data, 2, penalties=iter(penalties), metrics=iter(metrics), validation=data)
    assert want == got and want[0].loss != run(params, data, 1)[0].loss
    step = Step(NETWORK, params, softmax_cross_entropy, SGD(0.1), iter(penalties))
    other = Step(NETWORK, params, softmax_cross_entropy, SGD(0.1), penalties)
    assert [step(*data)[0] for _ in range(2)] == [other(*data)[0] for _ in range(2)]
    assert evaluate(NETWORK, params, *data, metrics=iter(metrics)) == evaluate(
        NETWORK, params, *data, metrics=metrics)


def test_metrics_have_the_names_of_their_functions(data, params):
    record, = run(params, data, 1, metrics=[functools.partial(top, k=1), named("third"), Counted()])
    assert record.metrics == {"top": 1.0, "third": 3.0, "Counted": 1.0}


@pytest.mark.parametrize("metrics, message", [
    ([lambda y, t: 1.0, lambda y, t: 2.0],
     "two metrics are named '<lambda>', expected a __name__ each"),
    ([functools.partial(top, k=1), functools.partial(top, k=3)], "two metrics are named 'top'"),
    ([accuracy, accuracy], "two metrics are named 'accuracy'"),
    *(([accuracy, named(name)], f"a metric is named '{name}'")
      for name in ("loss", "validation_loss", "validation_accuracy"))])
def test_metrics_of_one_name_or_that_of_what_fit_adds_are_refused(metrics, message, data, params):
    with pytest.raises(ValueError, match=f"fit: {message}"):
        run(params, data, 1, metrics=metrics, validation=data)
    with pytest.raises(ValueError, match=f"evaluate: {message}"):
        evaluate(NETWORK, params, *data, loss=softmax_cross_entropy, metrics=metrics)


@pytest.mark.parametrize("options, message", [
    (dict(metrics=accuracy), "metrics is <function accuracy.*>, expected a list of functions"),
    (dict(metrics="accuracy"), "metrics is 'accuracy', expected a list of functions"),
    (dict(metrics=["accuracy"]), r"metrics\[0\] is 'accuracy', expected a function"),
    (dict(metrics=None), "metrics is None, expected a list of functions"),
    (dict(penalties=L2(1.0, "phi")), r"penalties is L2\(.*\), expected a list of functions"),
    (dict(penalties=[L2]), r"penalties\[0\] is <class .*L2'>, expected a function"),
    (dict(optimizer="adam"), "optimizer is 'adam', expected an instance with the methods init"),
    (dict(optimizer=Adam), "optimizer is <class .*Adam'>, expected an instance"),
    (dict(loss="mse"), "loss is 'mse', expected a function"),
    (dict(loss=lambda y, target: 0.5), r"loss returned a float, expected a tuple \(value, grad_y"),
    (dict(validation=(np.zeros((2, 4)),)), "validation is 1 entries, expected a tuple"),
    (dict(validation=[0, 1]), "validation is a list, expected a tuple"),
])
def test_arguments_of_another_kind_are_refused_by_name(options, message, data, params):
    with pytest.raises(TypeError, match=f"fit: {message}"):
        stream(params, data, **options)


def test_targets_that_do_not_fit_the_loss_are_refused_before_anything_is_trained(data, params):
    x, target = data
    with pytest.raises(ValueError, match=r"target has shape \(5, 2\), expected \(5,\) labels"):
        stream(params, (x, np.stack([target, target], 1)))
    with pytest.raises(ValueError, match="labels run from 0 to 3, expected 0 to 2"):
        stream(params, data, validation=(x, np.arange(23) % 4))


@pytest.mark.parametrize("kind", [np.ma.masked_array, lambda array: array.view(np.recarray)])
def test_arrays_with_a_meaning_of_their_own_are_refused(kind, data, params):
    for x, target in (kind(data[0]), data[1]), (data[0], kind(data[1])):
        with pytest.raises(TypeError, match="fit: (x|target) is .*, expected a numpy.ndarray"):
            run(params, (x, target), 1)
        with pytest.raises(TypeError, match="fit: validation: (x|target) is .*, expected a numpy"):
            run(params, data, 1, validation=(x, target))
        with pytest.raises(TypeError, match="evaluate: (x|target) is .*, expected a numpy.nd"):
            evaluate(NETWORK, params, x, target)
    with pytest.raises(TypeError, match="predict: x is .*, expected a numpy.ndarray"):
        predict(NETWORK, params, kind(data[0]))
    for y, target in (kind(np.eye(3)), np.arange(3)), (np.eye(3), kind(np.arange(3))):
        with pytest.raises(TypeError, match="accuracy: (y|target) is .*, expected a numpy.nd"):
            accuracy(y, target)


@pytest.mark.parametrize("batch_size", [5, 100])
def test_memory_maps_are_data_as_any_other(batch_size, data, params, tmp_path):
    for name, array in zip("xy", data):
        np.save(tmp_path / f"{name}.npy", array)
    maps = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "xy"]
    assert run(params, maps, 2, batch_size=batch_size, validation=tuple(maps)) == run(
        params, data, 2, batch_size=batch_size, validation=data)
    assert evaluate(NETWORK, params, *maps, metrics=[accuracy]) == evaluate(
        NETWORK, params, *data, metrics=[accuracy])
    assert same_bits(predict(NETWORK, params, maps[0]), predict(NETWORK, params, data[0]))


def test_a_number_that_is_not_finite_is_found_in_any_piece_of_large_data(monkeypatch, data, params):
    monkeypatch.setattr(refuse, "PIECE", 8)                # two rows
    x = data[0].copy()
    x[20, 3] = np.inf
    with pytest.raises(ValueError, match=r"fit: x\[20, 3\] is inf, expected finite numbers"):
        run(params, (x, data[1]), 1)


@pytest.mark.parametrize("batch_size", [5, 100])
@pytest.mark.parametrize("where", ["loss", "metric", "layer"])
def test_foreign_code_cannot_change_the_data_of_the_caller(where, batch_size, data, params):
    def loss(y, target):
        found = softmax_cross_entropy(y, target)
        target[:] = 0
        return found

    def metric(y, target):
        target[:] = 0
        return 0.0

    class Scaling(Chain):
        def forward(self, params, x):
            x *= 2
            params[0]["bias"][:] = 7
            return super().forward(params, x)

    options = {"loss": dict(loss=loss), "metric": dict(metrics=[metric]),
               "layer": dict(network=Scaling(*NETWORK.layers))}[where]
    x, target = data[0].copy(), data[1].copy()
    start = tree.copy(params)
    with contextlib.suppress(ValueError):                   # a view that cannot be written to
        run(start, (x, target), 2, batch_size=batch_size, validation=(x, target), **options)
    network = options.pop("network", NETWORK)
    with contextlib.suppress(ValueError):
        evaluate(network, start, x, target, **options)
    assert same_bits((x, target, start), (*data, params))


def test_a_loss_that_writes_to_the_output_is_stopped(data, params):
    """A layer may need its output again: the identity's is its input."""
    def loss(y, target):
        y -= 1
        return softmax_cross_entropy(y, target)

    step = Step(NETWORK, params, loss, SGD(0.1))
    with pytest.raises(ValueError, match="read-only"):
        step(*data)


def test_accuracy_of_numbers_that_are_none_is_refused():
    y, target = np.array([[1.0, np.nan], [0.0, 1.0]]), np.array([0, 1])
    with pytest.raises(ValueError, match="accuracy: y holds nan, expected numbers"):
        accuracy(y, target)
    with pytest.raises(ValueError, match="accuracy: target holds nan, expected numbers"):
        accuracy(np.ones((2, 1)), np.array([[np.nan], [1.0]]))
    assert accuracy(np.array([[-np.inf, 0.0]]), np.array([1])) == 1     # a forbidden class


# Records

def test_records_are_equal_if_their_bits_are(data, params):
    one, other = (run(params, data, 2) for _ in range(2))
    assert one == other and one[0] != one[1]
    for name in ("params", "epoch", "loss", "metrics", "optimizer_state", "rng_state"):
        assert dataclasses.replace(one[0], **{name: getattr(one[1], name)}) != one[0]
    assert Record(params) == Record(tree.copy(params)) != Record(params, 1)
    assert Record(params) != Record(tree.map(lambda array: array.astype(np.float32), params))
    zero = ({"w": np.zeros(2)},)
    assert Record(zero) != Record(({"w": -np.zeros(2)},)) and Record(zero) != Record(({},))
    assert Record(zero) != Record(({"w": np.zeros(2, int)},))
    assert Record(zero) != "a record" and not Record(zero) == zero


def test_bytes_between_long_numbers_do_not_matter():
    one = np.array([0.5, -0.0, np.nan], np.longdouble)
    other = one.copy()
    size = other.itemsize
    if np.finfo(np.longdouble).nmant == 63:                 # 10 bytes of 16 or 12
        other.view(np.uint8).reshape(-1, size)[:, 10:] ^= 1
    assert Record({"w": one}) == Record({"w": other}) != Record({"w": np.abs(one)})


def test_a_record_prints_as_one_short_line(data, params):
    record, = run(params, data, 1)
    assert repr(record) == (f"Record(epoch=1, loss={record.loss:.6g}, "
                            f"metrics={{'accuracy': {record.metrics['accuracy']!r}}})")


# Progress

def some_records(n, first=1):
    return [Record({}, epoch, 1 / epoch, {"accuracy": 0.5}) for epoch in range(first, first + n)]


def test_progress_estimates_the_time_left_from_the_epochs_of_this_run(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    stream = io.StringIO()

    def records():
        for record in some_records(2, first=5):
            now[0] += 2
            yield record

    list(show_progress(records(), epochs=10, stream=stream))
    assert "epoch 5/10  loss 0.2  accuracy 0.5  10 s left" in stream.getvalue()
    assert "epoch 6/10  loss 0.1667  accuracy 0.5  8 s left" in stream.getvalue()


def test_progress_writes_to_standard_error_unless_told_otherwise(capsys):
    list(show_progress(some_records(1)))
    out, err = capsys.readouterr()
    assert out == "" and err == "epoch 1  loss 1  accuracy 0.5\n"


def test_progress_ends_its_line_when_the_caller_stops():
    stream = io.StringIO()
    for record in show_progress(some_records(3), stream=stream):
        break
    assert stream.getvalue().endswith("\n")


def test_progress_is_lazy_and_passes_the_records_on(data, params):
    records = show_progress(stream(params, data), stream=io.StringIO())
    assert list(itertools.islice(records, 3)) == run(params, data, 3)


def test_penalty_cannot_write_to_the_parameters(data, params):
    def spoiling(params):
        params[0]["phi"] *= 0
        return 0.0, ({}, {}, {})

    with pytest.raises(ValueError, match="read-only"):
        run(params, data, 1, penalties=[spoiling])


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_layer_cannot_write_to_the_parameters_in_a_step(method, data):
    class Spoiling(Dense):
        pass

    def spoiling(self, params, *others, **options):
        params["bias"][...] = 0
        return getattr(Dense, method)(self, params, *others, **options)

    setattr(Spoiling, method, spoiling)
    layer = Spoiling(4, 3)
    step = Step(layer, layer.init(np.random.default_rng(0)), softmax_cross_entropy, Adam(0.1))
    with pytest.raises(ValueError, match="read-only"):
        step(*data)


def test_parameters_that_are_changed_between_steps_are_those_of_the_next(data, params):
    step = Step(NETWORK, params, softmax_cross_entropy, Adam(0.1))
    for _, array in tree.items(step.params):
        array[...] = 0
    value, y = step(*data)
    assert (y == 0).all() and np.isclose(value, np.log(3))
