"""A teacher inside its student: sums over single numbers, and the experiment at toy size."""
import itertools
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near, random_array, random_params, same_bits
from experiments.teacher_student import data, parts
from experiments.teacher_student.claims import claims
from experiments.teacher_student.experiment import AS_PUBLISHED, SETTINGS, Setting, run
from tiny import at_once

from npspectral import Chain, Dense, ReLU, Sigmoid, Spectral, Tanh, mean_squared_error
from npspectral.analysis.spectral.pruning import mask_nodes, node_scores
from npspectral.analysis.spectral.teacher_student import (core_size, keep_nodes, loss_by_nodes_kept,
                                                          path_distance, path_products)

FIRST = {"dense": Dense(5, 7), "spectral": Spectral(5, 7, lambda_in=0.0),
         "both sets": Spectral(5, 7)}


@pytest.fixture(params=FIRST)
def network(request):
    return Chain(FIRST[request.param], Sigmoid(), Dense(7, 3), Tanh(), Spectral(3, 2))


# The core

@pytest.mark.parametrize("scores, threshold, size", [
    ([1.0, 0.5, 0.25], 0.25, 3), ([1.0, 0.5, 0.25], 0.26, 2), ([4.0, 0.1, 0.2, 0.3], 0.05, 3),
    ([0.0, 0.0], 0.05, 0), ([1e-300], 1, 1), ([2.0, 2.0, 1.0], 1, 2)])
def test_core_has_the_nodes_from_the_threshold_on(scores, threshold, size):
    assert core_size(scores, threshold) == size


def test_core_does_not_depend_on_the_order_or_the_unit_of_the_scores(rng):
    scores = rng.exponential(size=50) ** 3
    assert 5 < core_size(scores) < 50
    assert core_size(scores) == core_size(rng.permutation(scores)) == core_size(scores / 1024)


# Fewer nodes

@pytest.mark.parametrize("n", [1, 4, 7])
def test_kept_nodes_are_those_of_the_largest_norm_whatever_else_there_is(network, rng, n):
    params, x = random_params(network, rng), random_array(rng, (6, 5))
    norms = [np.hypot.reduce(row) for row in network.layers[0].weight(params[0])]
    largest = np.isin(np.arange(7), np.argsort(norms)[-n:])
    masked = mask_nodes(network, params, (largest, np.ones(3, bool)))
    small, own = keep_nodes(network, params, n)
    assert [layer.n_out for layer in small.layers[::2]] == [n, 3, 2]
    assert_near(small.forward(own, x)[0], network.forward(masked, x)[0], 64)


def test_loss_by_nodes_kept_is_that_of_the_masked_network(network, rng):
    params, x, target = (random_params(network, rng), random_array(rng, (6, 5)),
                         random_array(rng, (6, 2)))
    order = np.argsort(node_scores(network, params, "norm")[0])
    for n, got in zip((7, 2, 5), loss_by_nodes_kept(network, params, x, target, mean_squared_error,
                                                    (7, 2, 5))):
        keep = np.isin(np.arange(7), order[-n:])
        y, _ = network.forward(mask_nodes(network, params, (keep, np.ones(3, bool))), x)
        assert_near(got, np.float64(np.mean((y - target) ** 2)), 256)


# Paths

def test_paths_are_products_of_single_weights(network, rng):
    params = random_params(network, rng)
    first, second = network.layers[0].weight(params[0]), params[2]["weight"]
    want = sorted(second[k, j] * first[j, i]
                  for i, j, k in itertools.product(range(5), range(7), range(3)))
    assert same_bits(path_products(network, params), np.array(want))


def test_paths_do_not_depend_on_the_order_of_nodes_or_a_factor_behind_relu(rng):
    network = Chain(Dense(5, 7, bias=False), ReLU(), Dense(7, 3))
    params, order = random_params(network, rng), rng.permutation(7)
    first, second, factor = params[0]["weight"], params[2]["weight"], 2.0 ** rng.integers(-3, 4, 7)
    other = ({"weight": (first * factor[:, None])[order]}, {},
             {**params[2], "weight": (second / factor)[:, order]})
    x = random_array(rng, (4, 5))
    assert_near(network.forward(other, x)[0], network.forward(params, x)[0], 64)
    assert same_bits(path_products(network, other), path_products(network, params))


def test_paths_through_a_core_are_the_paths_through_its_nodes(rng):
    network = Chain(Dense(5, 7, bias=False), ReLU(), Dense(7, 3))
    params = random_params(network, rng)
    keep = np.argsort(np.hypot.reduce(params[0]["weight"], axis=1))[-4:]
    want = np.sort(np.einsum("kj,ji->kji", params[2]["weight"][:, keep],
                             params[0]["weight"][keep]).ravel())
    assert same_bits(path_products(*keep_nodes(network, params, 4)), want)


def test_distance_of_paths():
    assert path_distance([1.0, -2.0, 3.0], [3.0, 1.0, -2.0]) == 0
    assert path_distance([0.0, 0.0, 0.0], [3.0, 1.0, -2.0]) == 1
    assert path_distance([2.0, -1.0], [-2.0, 2.0]) == 1 / 4         # sorted: -1, 2 and -2, 2
    assert path_distance([2.0, 4.0], [1.0, 2.0]) == 1


# Bad input

NET = Chain(Dense(4, 3), ReLU(), Dense(3, 2))
BAD = {
    "core of a matrix": (lambda p: core_size(np.ones((2, 2))), ValueError,
                         r"core_size: scores has shape \(2, 2\), expected"),
    "core of nothing": (lambda p: core_size([]), ValueError, r"scores has shape \(0,\)"),
    "core of nan": (lambda p: core_size([1.0, np.nan]), ValueError, "expected finite"),
    "core of negative scores": (lambda p: core_size([1.0, -1.0]), ValueError,
                                "expected numbers >= 0"),
    "threshold 0": (lambda p: core_size([1.0], 0), ValueError, r"threshold is 0, expected above 0"),
    "threshold 2": (lambda p: core_size([1.0], 2), ValueError, r"threshold is 2, expected above 0"),
    "no node kept": (lambda p: keep_nodes(NET, p, 0), ValueError, "n is 0, expected an integer"),
    "too many kept": (lambda p: keep_nodes(NET, p, 4), ValueError, "n is 4, expected .*, 1 to 3"),
    "2.0 nodes kept": (lambda p: keep_nodes(NET, p, 2.0), ValueError, "n is 2.0, expected an int"),
    "nodes of a layer": (lambda p: keep_nodes(NET.layers[0], p, 1), TypeError, r"expected a Chain"),
    "paths of a layer": (lambda p: path_products(NET.layers[0], p[0]), TypeError,
                         r"path_products: network is Dense.*, expected a Chain"),
    "paths of one transfer": (lambda p: path_products(Chain(NET.layers[0]), p[:1]), TypeError,
                              r"1 transfers, expected two or more"),
    "other sizes": (lambda p: path_distance([1.0], [1.0, 2.0]), ValueError,
                    r"paths has shape \(1,\), expected the reference's \(2,\)"),
    "no reference": (lambda p: path_distance([1.0], [0.0]), ValueError, r"holds zeros alone"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_with_what_was_expected(case, rng):
    call, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call(NET.init(rng))


# The experiment

TOY = Setting((3, 4), (8,), 2, (1, 600, 99), real=())


def verdict(result, quantity):
    row, = (row for row in claims({name: part for name, part in result.items()
                                   if name.startswith("teacher 3")}) if row.quantity == quantity)
    return row.verdict.split()[0]


def test_small_teacher_is_found_and_planted_mistakes_are_caught(monkeypatch):
    monkeypatch.setattr(parts, "N_SAMPLES", 2000)
    result = run(TOY, at_once)
    assert list(result) == ["teacher 3, spectral 8", "teacher 3, weight decay 8",
                            "teacher 4, spectral 8"]                # the control has one teacher
    part = result["teacher 3, spectral 8"]
    assert part["relevance"].shape == (2, 8) and part["paths"].shape == (2, 10 * 3 * 20)
    assert (part["counts"] == [1, 2, 3, 4, 5, 6, 8]).all() and part["cores"].shape == (2, 700)
    assert verdict(result, "core, spectral, h = 8") == "pass"
    assert (part["losses"][:, 0] > 10 * part["losses"][:, -1]).all()
    part["cores"] = part["cores"] + 3
    assert verdict(result, "core, spectral, h = 8") == "FAIL"
    part["losses"] = part["losses"][:, ::-1]
    assert verdict(result, "MSE with 1 nodes / with 5, h = 8") == "FAIL"


def test_same_seeds_share_teacher_and_data(monkeypatch):
    monkeypatch.setattr(parts, "N_SAMPLES", 200)
    result = run(replace(TOY, epochs=(1, 1)), at_once)
    spectral, dense = (result[f"teacher 3, {arm} 8"]["teacher_paths"]
                       for arm in ("spectral", "weight decay"))
    assert same_bits(spectral, dense) and (spectral[0] != spectral[1]).any()


@pytest.mark.parametrize("name, n_out", [("labels", 3), ("target", 1)])
def test_features_from_a_file_are_learned(tmp_path, rng, name, n_out):
    x = np.c_[7 + rng.standard_normal((50, 6)), np.full(50, 3)]     # a constant feature, too
    labels = np.arange(50) % 3
    np.savez(tmp_path / "made.npz", x=x, **{name: labels if name == "labels" else x[:, 0]})
    path = str(tmp_path / "made.npz")
    (a, target), (b, test) = data.real_sets(path, rng, None)
    assert a.shape == (40, 7) and b.shape == (10, 7) and target.shape == (40, n_out)
    assert a.dtype == target.dtype == np.float32
    assert np.abs(a.mean(0)).max() < 1e-5 and np.abs(a[:, :6].std(0) - 1).max() < 1e-5
    assert (a[:, 6] == 0).all() and (b[:, 6] == 0).all()
    if name == "labels":
        assert (np.sort(np.r_[target, test].argmax(1)) == np.sort(labels)).all()
        assert (np.r_[target, test].sum(1) == 1).all()
    else:
        assert abs(target.mean()) < 1e-5 and abs(target.std() - 1) < 1e-5
    result = run(replace(TOY, teachers=(), real_students=(4,), real_stages=((0.01, 2),),
                         features=path), at_once)
    assert result["made, spectral 4"]["relevance"].shape == (1, 4)
    assert len(claims(result)) == 6


def test_the_test_part_is_moved_and_scaled_as_the_training_part():
    train, test = data.standardized(np.array([[0.0, 5], [2, 5]]), np.array([[4.0, 6]]))
    assert train.tolist() == [[-1, 0], [1, 0]] and test.tolist() == [[3, 1]]


@pytest.mark.parametrize("arrays, message", [
    (dict(x=np.ones((4, 2))), "expected x and labels or x and target"),
    (dict(x=np.ones(4), labels=np.arange(4)), r"x is float64 \(4,\), expected numbers"),
    (dict(x=np.ones((4, 2)), labels=np.ones(4)), "labels is float64 .* expected integers"),
    (dict(x=np.ones((4, 2)), labels=np.arange(-1, 3)), "labels is int64 .* from 0 on"),
    (dict(x=np.ones((4, 2)), target=np.ones(3)), r"target is float64 \(3,\) beside x of 4 rows")])
def test_files_that_do_not_fit_are_refused(tmp_path, rng, arrays, message):
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(ValueError, match=f"odd.npz: .*{message}"):
        data.real_sets(str(tmp_path / "odd.npz"), rng, None)


def test_published_numbers():
    spectral, dense = AS_PUBLISHED.values()
    assert (spectral.stages, spectral.batch_size) == (((0.005, 2000),), 300)
    assert (dense.stages, dense.batch_size) == (((0.002, 2000),), 500)
    assert [(p.strength, p.name) for p in spectral.penalties] == [(0.01, "0/phi"),
                                                                  (5e-4, "0/lambda_out")]
    assert [(p.strength, p.name) for p in dense.penalties] == [(0.01, "0/weight")]
    assert SETTINGS["full"].seeds == 30
