"""Training by minibatches: what a run does, how it stops and goes on."""
import dataclasses
import io
import itertools
import time

import numpy as np
import pytest
from conftest import assert_near, locked, random_array, random_params, same_bits

from npspectral import (SGD, Adam, Adamax, Chain, Dense, ReLU, Spectral, Tanh, fit, hinge,
                        mean_squared_error, softmax_cross_entropy)
from npspectral.nn import L1, L2, tree
from npspectral.training import (Record, Step, accuracy, evaluate, load, minibatch, predict, save,
                                 show_progress)

NETWORK = Chain(Spectral(4, 6), Tanh(), Spectral(6, 3, lambda_in=0.0, trainable=("lambda_out",)))


@pytest.fixture
def data(rng):
    return random_array(rng, (23, 4)), rng.integers(3, size=23)


@pytest.fixture
def params():
    return random_params(NETWORK, np.random.default_rng(3))


def run(start, data, epochs, optimizer=None, network=NETWORK, seed=11, **options):
    """All records of a run whose generator has its own seed."""
    options = {"loss": softmax_cross_entropy, "batch_size": 5, "metrics": [accuracy], **options}
    return list(fit(network, start, *data, optimizer=optimizer or Adam(0.05), epochs=epochs,
                    rng=np.random.default_rng(seed), **options))


def same_record(a, b):
    return (same_bits(a.params, b.params) and same_bits(a.optimizer_state, b.optimizer_state)
            and (a.epoch, a.loss, a.metrics, repr(a.rng_state))
            == (b.epoch, b.loss, b.metrics, repr(b.rng_state)))


# What a run does

def test_fit_is_the_loop_that_its_definition_says(data, params):
    x, target = data
    optimizer, rng = SGD(0.1, momentum=0.5), np.random.default_rng(11)
    mine, state, losses = tree.copy(params), None, []
    part = NETWORK.trainable_part(mine)
    state = optimizer.init(part)
    for _ in range(2):
        order, total = rng.permutation(23), 0.0
        for begin in range(0, 23, 5):
            batch = order[begin:begin + 5]
            y, residuals = NETWORK.forward(mine, x[batch])
            value, grad_y = softmax_cross_entropy(y, target[batch])
            grads, _ = NETWORK.backward(mine, residuals, grad_y)
            optimizer.step(part, grads, state)
            total += float(value) * len(batch)
        losses.append(total / 23)
    records = run(params, data, 2, optimizer)
    assert [record.epoch for record in records] == [1, 2]
    assert [record.loss for record in records] == losses
    assert same_bits(records[-1].params, mine)


def test_penalties_enter_the_loss_and_the_gradient(data, params):
    x, target = data
    penalties = [L2(0.1, "lambda_out"), L1(0.2, "weight", NETWORK)]
    y, residuals = NETWORK.forward(params, x)
    value, grad_y = softmax_cross_entropy(y, target)
    want = dict(tree.items(NETWORK.backward(params, residuals, grad_y)[0]))
    for penalty in penalties:
        own, grads = penalty(params)
        value = value + own
        for path, grad in tree.items(grads):
            if path in want:
                want[path] = want[path] + grad
    record, = run(params, data, 1, SGD(0.5), batch_size=23, penalties=penalties)
    assert_near(np.float64(record.loss), value, 16)
    before, after = dict(tree.items(params)), dict(tree.items(record.params))
    for path, grad in want.items():
        assert_near(after[path], before[path] - 0.5 * grad, 16, name=path)


def test_frozen_parameters_keep_their_bits(data, params):
    record = run(params, data, 3)[-1]
    assert same_bits(record.params[2]["phi"], params[2]["phi"])
    assert same_bits(record.params[2]["bias"], params[2]["bias"])
    assert not (record.params[2]["lambda_out"] == params[2]["lambda_out"]).any()


def test_every_sample_is_used_once_an_epoch(params):
    x = np.arange(23.0)[:, None] * np.ones(4)
    seen = []

    def loss(y, target):
        seen.append(target)
        return softmax_cross_entropy(y, target % 3)

    run(params, (x / 23, np.arange(23)), 2, loss=loss)
    assert [len(batch) for batch in seen] == [5, 5, 5, 5, 3] * 2
    first, second = np.concatenate(seen[:5]), np.concatenate(seen[5:])
    assert (np.sort(first) == np.arange(23)).all() and (np.sort(second) == np.arange(23)).all()
    assert (first != second).any() and (first != np.arange(23)).any()


@pytest.mark.parametrize("batch_size", [23, 100])
def test_one_batch_of_everything_is_not_shuffled_and_draws_nothing(batch_size, data, params):
    seen = []

    def loss(y, target):
        seen.append(target)
        return softmax_cross_entropy(y, target)

    record, = run(params, data, 1, batch_size=batch_size, loss=loss)
    assert same_bits(seen[0], data[1])
    assert record.rng_state == np.random.default_rng(11).bit_generator.state


def test_epoch_loss_is_the_mean_over_samples_and_not_over_batches(params, rng):
    data = random_array(rng, (7, 4)), rng.integers(3, size=7)
    still = SGD(1e-300)
    record, = run(params, data, 1, still, batch_size=5)
    want, _ = softmax_cross_entropy(NETWORK.forward(params, data[0])[0], data[1])
    assert_near(np.float64(record.loss), want, 16)


def test_metrics_are_the_mean_over_the_batches_as_they_come(params, data):
    record, = run(params, data, 1, SGD(1e-300))
    want = np.mean(NETWORK.forward(params, data[0])[0].argmax(1) == data[1])
    assert_near(np.float64(record.metrics["accuracy"]), want, 8)


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


def test_float32_stays_float32(data, rng):
    x, target = data[0].astype(np.float32), data[1]
    for optimizer in (SGD(0.1, momentum=0.9), Adam(), Adamax()):
        record = run(random_params(NETWORK, rng, np.float32), (x, target), 2, optimizer,
                     penalties=[L2(0.1, "phi")])[-1]
        assert {array.dtype for array in tree.leaves(record.params)} == {np.dtype(np.float32)}


def test_single_layer_is_a_network(rng):
    layer = Dense(4, 1)
    x = random_array(rng, (8, 4))
    records = run(layer.init(rng), (x, x[:, :1].copy()), 20, network=layer, loss=mean_squared_error,
                  metrics=[])
    assert records[-1].loss < records[0].loss / 2


def test_training_solves_a_problem_that_has_a_solution(rng):
    x = random_array(rng, (40, 4))
    target = np.where(x[:, :1] + x[:, 1:2] > 0, 1.0, -1.0)
    network = Chain(Spectral(4, 10), ReLU(), Spectral(10, 1))
    records = run(network.init(rng), (x, target), 100, network=network, loss=hinge)
    assert records[-1].metrics["accuracy"] == 1


def test_same_seed_gives_the_same_bits_and_another_seed_others(data, params):
    assert same_record(run(params, data, 3)[-1], run(params, data, 3)[-1])
    assert not same_bits(run(params, data, 3)[-1].params, run(params, data, 3, seed=12)[-1].params)


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
    before = Record(tree.copy(record.params), record.epoch, record.loss, dict(record.metrics),
                    tree.copy(record.optimizer_state), dict(record.rng_state))
    run(record, data, 3, optimizer)
    assert same_record(record, before)


def test_records_are_copies(data, params, packed):
    records = run(params, data, 3)
    arrays = [tree.leaves((record.params, record.optimizer_state)) for record in records]
    for one, other in itertools.combinations([tree.leaves(params), *arrays], 2):
        assert not any(np.shares_memory(a, b) for a in one for b in other)


def test_spoiling_a_record_does_not_disturb_the_run(data, params, packed):
    clean = run(params, data, 3)
    stream = fit(NETWORK, params, *data, loss=softmax_cross_entropy, optimizer=Adam(0.05),
                 batch_size=5, rng=np.random.default_rng(11), epochs=3, metrics=[accuracy])
    for record in stream:
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

    stream = fit(NETWORK, params, *data, loss=loss, optimizer=Adam(), batch_size=5,
                 rng=np.random.default_rng(0))
    for record in stream:
        if record.epoch == 2:
            break
    assert len(calls) == 10


def test_fit_without_epochs_goes_on_for_ever(data, params):
    stream = fit(NETWORK, params, *data, loss=softmax_cross_entropy, optimizer=Adam(),
                 batch_size=5, rng=np.random.default_rng(0))
    assert [record.epoch for record in itertools.islice(stream, 50)] == list(range(1, 51))


def test_nothing_is_trained_before_the_first_record_is_asked_for(data, params):
    def loss(y, target):
        raise AssertionError("trained")

    fit(NETWORK, params, *data, loss=loss, optimizer=Adam(), batch_size=5, epochs=1,
        rng=np.random.default_rng(0))


def test_run_that_has_reached_its_last_epoch_gives_no_records(data, params):
    assert run(run(params, data, 2)[-1], data, 2) == []


# Going on

@pytest.mark.parametrize("stop", [1, 3])
def test_run_goes_on_from_a_record_with_the_same_bits(stop, data, params, optimizer):
    whole = run(params, data, 5, optimizer, validation=data, penalties=[L2(0.01, "phi")])
    rest = run(whole[stop - 1], data, 5, optimizer, seed=99, validation=data,
               penalties=[L2(0.01, "phi")])
    assert [record.epoch for record in rest] == list(range(stop + 1, 6))
    assert all(map(same_record, rest, whole[stop:]))


def test_run_goes_on_from_a_file_with_the_same_bits(data, params, optimizer, tmp_path, packed):
    whole = run(params, data, 5, optimizer)
    save(tmp_path / "run.npz", NETWORK, whole[1])
    network, record = load(tmp_path / "run.npz")
    rest = run(record, data, 5, optimizer, network=network, seed=99)
    assert all(map(same_record, rest, whole[2:]))


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937,
                                  np.random.Philox, np.random.SFC64])
def test_every_bit_generator_goes_on_from_a_file(bits, data, params, tmp_path):
    def records(start, seed):
        return list(fit(NETWORK, start, *data, loss=softmax_cross_entropy, optimizer=Adam(),
                        batch_size=5, rng=np.random.Generator(bits(seed)), epochs=3))
    whole = records(params, 1)
    save(tmp_path / "run.npz", NETWORK, whole[0])
    _, record = load(tmp_path / "run.npz")
    assert same_bits(records(record, 2)[-1].params, whole[-1].params)


def test_long_run_in_pieces_of_one_epoch_has_the_same_bits(data, params, tmp_path):
    whole, start = run(params, data, 6), params
    for epoch in range(1, 7):
        start, = run(start, data, epoch, seed=10 + epoch)
        save(tmp_path / "run.npz", NETWORK, start)
        _, start = load(tmp_path / "run.npz")
    assert same_record(start, whole[-1])


def test_start_without_an_optimizer_state_starts_the_optimizer_anew(data, params):
    record = run(params, data, 1)[-1]
    anew = dataclasses.replace(record, optimizer_state=None, epoch=0, rng_state=None)
    assert same_record(run(anew, data, 1)[-1], run(record.params, data, 1)[-1])


@pytest.mark.parametrize("before, after", [
    (SGD(0.1), SGD(0.1, momentum=0.9)), (SGD(0.1), Adam()), (SGD(0.1, momentum=0.9), Adam()),
    (Adam(), SGD(0.1, momentum=0.9)), (Adam(), Adamax()), (Adamax(), Adam())])
def test_state_of_another_optimizer_is_refused(before, after, data, params):
    record = run(params, data, 1, before)[-1]
    with pytest.raises(ValueError, match="state"):
        run(record, data, 2, after)


def test_state_of_another_network_is_refused(data, params):
    record = run(params, data, 1)[-1]
    other = Chain(Dense(4, 3))
    with pytest.raises(ValueError, match="state"):
        run(dataclasses.replace(record, params=other.init(np.random.default_rng(0))), data, 2,
            network=other)


# A step

@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_packed_and_unpacked_parameters_take_the_same_steps_bit_for_bit(
        dtype, data, optimizer, monkeypatch):
    x, target = data[0].astype(dtype), data[1]
    start = random_params(NETWORK, np.random.default_rng(0), dtype)

    def steps():
        step = Step(NETWORK, start, softmax_cross_entropy, optimizer, [L2(0.1, "phi")])
        values = [step(x[k:k + 5], target[k:k + 5])[0] for k in range(4)]
        return step, (tuple(values), tree.copy(step.params))

    packed, one = steps()
    monkeypatch.setattr(minibatch, "PACKED", 0)
    unpacked, other = steps()
    assert isinstance(packed.trainable, np.ndarray) and isinstance(unpacked.trainable, tuple)
    assert same_bits(one, other)


def test_step_returns_the_value_and_output_before_the_update(data, params):
    step = Step(NETWORK, params, softmax_cross_entropy, SGD(0.5))
    value, y = step(*data)
    want, _ = NETWORK.forward(params, data[0])
    assert_near(y, want, 16)
    assert_near(value, softmax_cross_entropy(want, data[1])[0], 16)
    assert softmax_cross_entropy(NETWORK.forward(step.params, data[0])[0], data[1])[0] < value


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


def test_step_refuses_a_network_with_nothing_to_train(rng):
    layer = Dense(4, 3, trainable=())
    with pytest.raises(ValueError, match="nothing is trainable"):
        Step(layer, layer.init(rng), mean_squared_error, SGD(0.1))


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
    ([[0.0]], [[-1]], 1.0),                                                 # 0 is not positive
])
def test_accuracy_is_the_share_of_right_classes(y, target, want):
    found = accuracy(np.array(y, float), np.array(target))
    assert found == want and type(found) is float


# Progress

def some_records(n, first=1):
    return [Record({}, epoch, 1 / epoch, {"accuracy": 0.5}) for epoch in range(first, first + n)]


def test_progress_passes_the_records_on():
    records = some_records(3)
    assert list(show_progress(records, stream=io.StringIO())) == records


def test_progress_writes_one_line_over_and_over():
    stream = io.StringIO()
    list(show_progress(some_records(3), epochs=3, stream=stream))
    lines = stream.getvalue().split("\r")
    assert lines[0] == "" and lines[-1].endswith("\n") and len(lines) == 4
    for line, start in zip(lines[1:], ("epoch 1/3  loss 1  accuracy 0.5  ",
                                       "epoch 2/3  loss 0.5  accuracy 0.5  ",
                                       "epoch 3/3  loss 0.3333  accuracy 0.5  ")):
        assert line.startswith(start) and line.rstrip().endswith("s left")


def test_progress_covers_a_longer_line_by_a_shorter_one():
    stream = io.StringIO()
    list(show_progress([Record({}, 1, 0.123456), Record({}, 2, 1.0)], stream=stream))
    assert stream.getvalue() == "\repoch 1  loss 0.1235\repoch 2  loss 1     \n"


def test_progress_estimates_the_time_left_from_the_epochs_of_this_run(monkeypatch):
    clock = iter([100.0, 102.0, 104.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    list(show_progress(some_records(2, first=5), epochs=10, stream=stream))
    assert "epoch 5/10  loss 0.2  accuracy 0.5  10 s left" in stream.getvalue()
    assert "epoch 6/10  loss 0.1667  accuracy 0.5  8 s left" in stream.getvalue()


def test_progress_writes_to_standard_error_unless_told_otherwise(capsys):
    list(show_progress(some_records(1)))
    out, err = capsys.readouterr()
    assert out == "" and err == "\repoch 1  loss 1  accuracy 0.5\n"


def test_progress_of_nothing_writes_nothing():
    stream = io.StringIO()
    assert list(show_progress([], stream=stream)) == [] and stream.getvalue() == ""


def test_progress_ends_its_line_when_the_caller_stops():
    stream = io.StringIO()
    for record in show_progress(some_records(3), stream=stream):
        break
    assert stream.getvalue().endswith("\n")


def test_progress_is_lazy(data, params):
    stream = fit(NETWORK, params, *data, loss=softmax_cross_entropy, optimizer=Adam(),
                 batch_size=5, rng=np.random.default_rng(0))
    records = show_progress(stream, stream=io.StringIO())
    assert [record.epoch for record in itertools.islice(records, 3)] == [1, 2, 3]
