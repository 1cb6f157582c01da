"""What experiments share in training: stages, a stop when validation no longer rises, axes."""
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import same_bits
from lab.learning import chain, learn, while_it_rises
from lab.plan import axes, by_seed

from npspectral import Adam, Dense, ReLU, Tanh, fit, softmax_cross_entropy


def test_layers_have_the_activation_between_them_alone():
    a, b, c = Dense(5, 4), Dense(4, 3), Dense(3, 2)
    assert chain([a, b, c], Tanh()).layers == (a, Tanh(), b, Tanh(), c)
    assert chain([a], Tanh()).layers == (a,)


def test_stages_go_on_from_the_last_record_with_another_rate(rng):
    network, x = chain([Dense(5, 4), Dense(4, 3)], ReLU()), rng.random((20, 5))
    labels, start = np.arange(20) % 3, network.init(rng)
    options = dict(loss=softmax_cross_entropy, batch_size=6)
    records = list(learn(network, start, (x, labels), ((0.1, 2), (0.01, 3)), "",
                         rng=np.random.default_rng(1), batch_size=6))
    again = np.random.default_rng(1)
    *_, first = fit(network, start, x, labels, optimizer=Adam(0.1), rng=again, epochs=2, **options)
    *_, last = fit(network, first, x, labels, optimizer=Adam(0.01), rng=again, epochs=5, **options)
    assert [record.epoch for record in records] == [1, 2, 3, 4, 5]
    assert same_bits(records[-1].params, last.params)
    assert not list(learn(network, start, (x, labels), [], "", rng=again, batch_size=6))


@pytest.mark.parametrize("values, options, risen", [
    ([1, 2, 2, 2, 3], {}, [True, True, False, False]),              # two that did not rise: the end
    ([1, 2, 1, 3, 1], {}, [True, True, False, True, False]),
    ([1, 1.5, 2.1, 2.2, 2.3], {"least": 1}, [True, False, True, False, False]),
    ([1, 2, 3], {"best": 2}, [False, False])])
def test_training_ends_where_validation_no_longer_rises(values, options, risen):
    records = [SimpleNamespace(metrics={"validation_accuracy": value}) for value in values]
    told = list(while_it_rises(iter(records), 2, **options))
    assert [record for record, _ in told] == records[:len(told)]
    assert [high for _, high in told] == risen


def test_axes_are_named_array_by_array():
    assert axes({"seed, p": "errors left", "start or end": "ends", "": "d"}) == {
        "errors": ("seed", "p"), "left": ("seed", "p"), "ends": ("start or end",), "d": ()}


def test_runs_are_stacked_seed_by_seed():
    rows = [{"error": 10 * seed + p, "pair": [seed, p]} for seed in range(2) for p in range(3)]
    arrays = by_seed(rows, 2)
    assert arrays["error"].tolist() == [[0, 1, 2], [10, 11, 12]]
    assert arrays["pair"].shape == (2, 3, 2) and (arrays["pair"][1, :, 0] == 1).all()
