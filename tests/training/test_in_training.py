"""Networks that differ in training and evaluation: what `fit` draws, carries and takes up again."""
import numpy as np
import pytest
from conftest import assert_near, random_array, random_params, same_bits

from npspectral import SGD, Adam, Chain, Dense, Tanh, fit, softmax_cross_entropy
from npspectral.nn import BatchNorm, Dropout, Residual, tree
from npspectral.training import Record, Step, evaluate, load, predict, save, train

NETWORK = Chain(Dense(4, 6, bias=False), BatchNorm(6, share=0.3), Tanh(), Dropout(0.25),
                Residual(Chain(Dense(6, 6, bias=False), BatchNorm(6))), Dense(6, 3))
WIDE = Chain(Dense(4, 200), BatchNorm(200), Tanh(), Dropout(0.5), Dense(200, 170), Tanh(),
             Dense(170, 3))                             # too many numbers for one vector


@pytest.fixture
def data(rng):
    return random_array(rng, (23, 4)), rng.integers(3, size=23)


def stream(start, data, network=NETWORK, seed=11, **options):
    options = {"loss": softmax_cross_entropy, "batch_size": 5, "optimizer": Adam(0.05),
               "rng": np.random.default_rng(seed), "epochs": 4, **options}
    return fit(network, start, *data, **options)


def test_fit_is_the_loop_that_its_definition_says(data, rng):
    """Masks and batch moments are written out here; the residual part has no dropout."""
    x, target = data
    network, draws = Chain(*NETWORK[:4], NETWORK[5]), np.random.default_rng(11)
    start = random_params(network, rng)
    mine, optimizer = tree.copy(start), SGD(0.1)
    for _ in range(3):
        order = draws.permutation(23)
        for begin in range(0, 23, 5):
            batch = order[begin:begin + 5]
            seed = int(draws.integers(2 ** 63))
            keep = (np.random.default_rng(seed).random((len(batch), 6)) >= 0.25) / 0.75
            u = x[batch] @ mine[0]["weight"].T
            mean, variance = u.mean(0), u.var(0)
            z = (u - mean) / np.sqrt(variance + 1e-5)
            a = np.tanh(mine[1]["gain"] * z + mine[1]["bias"])
            y = (keep * a) @ mine[4]["weight"].T + mine[4]["bias"]
            g = softmax_cross_entropy(y, target[batch])[1]
            grads = [{} for _ in network]
            grads[4] = {"weight": g.T @ (keep * a), "bias": g.sum(0)}
            g = keep * (g @ mine[4]["weight"]) * (1 - a * a)
            grads[1] = {"gain": (g * z).sum(0), "bias": g.sum(0)}
            h = mine[1]["gain"] * g
            h = (h - h.mean(0) - z * (h * z).mean(0)) / np.sqrt(variance + 1e-5)
            grads[0] = {"weight": h.T @ x[batch]}
            n = len(batch)
            mine[1]["mean"] += 0.3 * (mean - mine[1]["mean"])
            mine[1]["variance"] += 0.3 * (variance * n / (n - 1) - mine[1]["variance"])
            part = network.trainable_part(mine)
            optimizer.step(part, tuple(grads), optimizer.init(part))
    before = tree.copy(start)
    record = list(stream(start, data, network, optimizer=optimizer, epochs=3))[-1]
    for (path, got), (_, want) in zip(tree.items(record.params), tree.items(mine)):
        assert_near(got, want, 4096, name=path)
    assert same_bits(start, before)


@pytest.mark.parametrize("network", [NETWORK, WIDE], ids=["in one vector", "as a tree"])
def test_run_that_goes_on_from_a_file_has_the_bits_of_one_that_was_never_stopped(
        network, data, rng, tmp_path):
    start = random_params(network, rng)
    whole = list(stream(start, data, network))
    for epoch in (1, 3):
        save(tmp_path / "run.npz", network, whole[epoch - 1])
        again, record = load(tmp_path / "run.npz")
        rest = list(stream(record, data, again, seed=99))
        assert rest == whole[epoch:]
    assert (whole[0].params[1]["mean"] != whole[-1].params[1]["mean"]).all()


def test_seed_decides_the_masks_and_nothing_else_does(data, rng):
    start = random_params(NETWORK, rng)
    one, same, other = (list(stream(start, data, seed=seed, batch_size=23))
                        for seed in (11, 11, 12))       # one batch: rng shuffles nothing
    assert one == same
    assert one[0].loss != other[0].loss and one[-1] != other[-1]


def test_validation_and_predict_take_the_running_moments_and_no_mask(data, rng):
    start = random_params(NETWORK, rng)
    record = list(stream(start, data, validation=data))[-1]
    found = evaluate(NETWORK, record.params, *data, loss=softmax_cross_entropy)
    assert record.metrics["validation_loss"] == found["loss"]
    y = predict(NETWORK, record.params, data[0])
    assert same_bits(y, predict(NETWORK, record.params, data[0], batch_size=23))
    assert_near(predict(NETWORK, record.params, data[0], batch_size=1), y)


def test_running_moments_come_to_those_of_the_data(data, rng):
    """Nothing learns, so each step moves them by their share towards the same batch."""
    layer = BatchNorm(4, share=0.5, trainable=())
    network = Chain(layer, Dense(4, 3))
    x, target = data
    record = train(network, network.init(rng), x, target, epochs=60, loss=softmax_cross_entropy,
                   optimizer=SGD(0.1), batch_size=23, rng=rng)
    assert_near(record.params[0]["mean"], x.mean(0), 16, 1)
    assert_near(record.params[0]["variance"], x.var(0, ddof=1), 16, 1)


def test_moments_are_never_given_to_the_optimizer(data, rng):
    record = list(stream(random_params(NETWORK, rng), data, epochs=1))[0]
    trained = tree.size(NETWORK.trainable_part(record.params))
    assert trained == tree.size(record.params) - 4 * 6
    assert all(array.shape in ((), (trained,)) for _, array in tree.items(record.optimizer_state))


def test_last_batch_of_one_sample_is_refused_by_name(data, rng):
    x, target = data
    with pytest.raises(ValueError, match=r"TrainingBatchNorm\(6, 6\): x has one value of each ch"):
        list(stream(random_params(NETWORK, rng), (x[:21], target[:21])))


def test_step_needs_a_generator_for_dropout_alone(data, rng):
    x, target = data
    step = Step(NETWORK, random_params(NETWORK, rng), softmax_cross_entropy, SGD(0.1))
    with pytest.raises(TypeError, match="Dropout: rng is None, expected a numpy.random.Generator"):
        step(x, target)
    step = Step(NETWORK[:3], random_params(NETWORK[:3], rng), softmax_cross_entropy, SGD(0.1))
    before = step.params[1]["mean"].copy()
    step(x, target)
    assert (step.params[1]["mean"] != before).all()


@pytest.mark.parametrize("run", [
    lambda network, start, data: list(stream(start, data, network)),
    lambda network, start, data: Step(network, start, softmax_cross_entropy, SGD(0.1))])
def test_form_for_training_is_refused_as_a_start(run, data, rng):
    network = NETWORK.in_training(rng)
    with pytest.raises(ValueError, match=r"TrainingBatchNorm\(6, 6\) couples the samples of a bat"):
        run(network, random_params(NETWORK, rng), data)


def test_record_without_a_state_of_rng_goes_on_with_the_given_one(data, rng):
    start = random_params(NETWORK, rng)
    assert list(stream(Record(start), data)) == list(stream(start, data))
