"""Pruning: scores and thresholds by their definitions, masked = removed, both pipelines."""
import numpy as np
import pytest
from conftest import assert_near, random_params, same_bits

from npspectral import (ELU, Adam, Chain, Dense, Identity, LeakyReLU, ReLU, Sigmoid,
                        Softplus, Spectral, SpectralQR, SpectralSVD, Tanh, fit,
                        softmax_cross_entropy)
from npspectral.analysis.spectral.pruning import (SCORES, eigenvalues_only, mask_nodes, node_scores,
                                                  percentile_masks, prune_before_training,
                                                  prune_until, remove_nodes)

ACTIVATIONS = (Identity(), ReLU(), LeakyReLU(0.3), ELU(0.7), Tanh(), Sigmoid(), Softplus(2.0))
BY_NODE = Chain(Spectral(5, 6, lambda_in=0.0), Tanh(), Spectral(6, 4, lambda_in=0.0), Sigmoid(),
                Dense(4, 3))
PLAIN_FORMS = ({}, dict(lambda_in=0.0), dict(lambda_in=1.5), dict(lambda_out=0.0),
               dict(bias=False), dict(lambda_in=0.0, bias=False))
U = np.finfo(float).eps / 2


def random_network(rng):
    """One to three hidden layers of up to 11 nodes, each transfer and activation drawn."""
    sizes = [int(n) for n in rng.integers(1, 12, rng.integers(3, 6))]
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        kind = rng.integers(4)
        form = PLAIN_FORMS[rng.integers(len(PLAIN_FORMS))]
        layers.append(Dense(n_in, n_out, bias=bool(rng.integers(2))) if kind == 0 else
                      SpectralQR(n_in, n_out) if kind == 1 else Spectral(n_in, n_out, **form))
        layers += [ACTIVATIONS[i] for i in rng.integers(0, len(ACTIVATIONS), rng.integers(0, 3))]
    network = Chain(*layers)
    params = tuple(layer.spectral(own) if hasattr(layer, "spectral") else (layer, own)
                   for layer, own in zip(layers, random_params(network, rng)))
    layers, params = zip(*params)
    return Chain(*layers), params


def random_masks(network, rng):
    """Masks that leave every layer a node, and often cut some."""
    masks = []
    for layer in [layer for layer in network.layers if hasattr(layer, "n_in")][:-1]:
        keep = rng.random(layer.n_out) < rng.random()
        keep[rng.integers(layer.n_out)] = True
        masks.append(keep)
    return tuple(masks)


def rounding(network, params, x):
    """Bound of the rounding error of y, whatever the order of the sums.

    A transfer's weight costs 2 u, its sum over n_in terms and a bias n_in + 1 more, the folding of
    a part into the bias another n_in; every derivative of an activation is at most 1 here, and a
    library function errs by at most 8 u.
    """
    error = np.zeros_like(x)
    for layer, own in zip(network.layers, params):
        y, _ = layer.forward(own, x)
        if hasattr(layer, "n_in"):
            weight = np.abs(layer.weight(own))
            size = np.abs(x) @ weight.T + np.abs(own.get("bias", 0))
            error = error @ weight.T + (2 * layer.n_in + 4) * U * (size + error @ weight.T)
        else:
            error = error + 8 * U * (np.abs(y) + error)
        x = y
    return error


def test_masked_and_removed_networks_are_the_same_function_on_1000_networks(rng):
    cut = 0
    for _ in range(1000):
        network, params = random_network(rng)
        masks = random_masks(network, rng)
        x = rng.normal(size=(4, network.n_in))
        masked = mask_nodes(network, params, masks)
        want, _ = network.forward(masked, x)
        small, left = remove_nodes(network, params, masks)
        got, _ = small.forward(left, x)
        assert (np.abs(got - want) <= 2 * rounding(network, masked, x)).all()
        assert [layer.n_out for layer in small.layers if hasattr(layer, "n_in")][:-1] == [
            keep.sum() for keep in masks]
        cut += sum((~keep).sum() for keep in masks)
    assert cut > 1000


def test_where_no_constant_is_left_nothing_is_folded_and_no_bias_appears(rng):
    network = Chain(Spectral(5, 6, bias=False), Tanh(), Spectral(6, 3, bias=False))
    params, keep = random_params(network, rng), np.arange(6) % 2 == 0
    small, left = remove_nodes(network, params, (keep,))
    assert "bias" not in left[2] and small.layers[2].bias is False
    assert same_bits(left[0]["phi"], params[0]["phi"][keep])
    assert same_bits(left[2]["phi"], params[2]["phi"][:, keep])
    assert same_bits(left[2]["lambda_in"], params[2]["lambda_in"][keep])


def test_a_sigmoid_without_bias_still_emits_one_half_and_the_next_layer_gets_a_bias(rng):
    network = Chain(Dense(5, 6, bias=False), Sigmoid(), Dense(6, 3, bias=False))
    params, keep = random_params(network, rng), np.arange(6) < 4
    small, left = remove_nodes(network, params, (keep,))
    assert_near(left[2]["bias"], params[2]["weight"][:, 4:].sum(1) / 2, 8)
    assert small.layers[2].bias is True and small.layers[0].n_out == 4


def test_removal_of_a_factored_layer_leaves_the_spectral_layer_it_equals(rng):
    network = Chain(SpectralQR(5, 6), Tanh(), SpectralSVD(6, 3))
    params, keep = random_params(network, rng), np.arange(6) > 1
    small, left = remove_nodes(network, params, (keep,))
    assert [type(layer) for layer in small.layers] == [Spectral, Tanh, Spectral]
    weight = network.layers[0].weight(params[0])[keep]
    assert_near(small.layers[0].weight(left[0]), weight, 16)
    with pytest.raises(TypeError, match="factored layer cannot hold a masked matrix"):
        mask_nodes(network, params, (keep,))


def test_scores_by_their_definitions(rng):
    params = random_params(BY_NODE, rng)
    for score, want in {
            "lambda_out": lambda own, w, i: abs(own["lambda_out"][i]),
            "product": lambda own, w, i: abs(own["lambda_out"][i]) * sum(
                p * p for p in own["phi"][i]) ** 0.5,
            "strength": lambda own, w, i: sum(abs(entry) for entry in w[i]),
            "norm": lambda own, w, i: sum(entry * entry for entry in w[i]) ** 0.5}.items():
        for layer, own, got in zip(BY_NODE.layers[::2], params[::2],
                                   node_scores(BY_NODE, params, score), strict=False):
            weight = layer.weight(own)
            assert_near(got, np.array([want(own, weight, i) for i in range(layer.n_out)]), 16)
    assert len(node_scores(BY_NODE, params)) == 2


def test_score_by_the_eigenvalue_of_the_next_transfer(rng):
    network = Chain(Dense(5, 6), ReLU(), Spectral(6, 3, lambda_out=0.0))
    params = random_params(network, rng)
    got, = node_scores(network, params, "lambda_in_next")
    assert same_bits(got, np.abs(params[2]["lambda_in"]))


def test_threshold_is_the_linearly_interpolated_percentile_and_ties_stay():
    scores = (np.array([1.0, 2, 3]), np.array([4.0, 4, 9]))         # 40 % of 5 steps: at 3
    keep = percentile_masks(scores, 40)
    assert [list(own) for own in keep] == [[False, False, True], [True, True, True]]
    keep = percentile_masks(scores, 41, allow_empty=True)           # 3.05: between two scores
    assert [list(own) for own in keep] == [[False, False, False], [True, True, True]]
    keep = percentile_masks(scores, 50, "layer")
    assert [list(own) for own in keep] == [[False, True, True], [True, True, True]]
    keep = percentile_masks(scores, 100, "layer")
    assert [list(own) for own in keep] == [[False, False, True], [False, False, True]]
    assert all(own.all() for own in percentile_masks(scores, 0))


def test_an_emptied_layer_is_refused_unless_allowed():
    scores = (np.array([1.0, 2]), np.array([3.0, 4]))
    with pytest.raises(ValueError, match="hidden layer 0 would lose all of its 2 nodes at .* 60"):
        percentile_masks(scores, 60)
    keep = percentile_masks(scores, 60, allow_empty=True)
    assert [list(own) for own in keep] == [[False, False], [True, True]]


def test_prune_until_is_the_last_percentile_before_the_metric_falls_too_far(rng):
    network = Chain(Spectral(4, 20, lambda_in=0.0, bias=False), ReLU(), Dense(20, 2))
    params = random_params(network, rng)

    def nodes(params):
        return int((params[0]["phi"] != 0).any(1).sum())

    percentile, masks = prune_until(network, params, nodes, drop=7, percentiles=range(0, 100, 10))
    assert percentile == 30 and sum(keep.sum() for keep in masks) == 14      # 40 % leave 12 of 20
    assert prune_until(network, params, nodes, drop=-1)[0] == 0
    percentile, masks = prune_until(network, params, lambda params: 1.0, drop=0.1)
    assert percentile == 95 and masks[0].sum() == 1


def test_prune_until_stops_before_it_empties_a_layer(rng):
    params = random_params(BY_NODE, rng)
    params = (params[0], {}, {**params[2], "lambda_out": params[2]["lambda_out"] * 1e-9}, {},
              params[4])
    percentile, masks = prune_until(BY_NODE, params, lambda params: 1.0, drop=0.0)
    assert percentile == 30 and [keep.sum() for keep in masks] == [6, 1]


def test_before_training_eigenvalues_alone_are_trained_then_all_that_is_left(rng):
    x, labels = rng.normal(size=(60, 5)), rng.integers(0, 3, 60)
    network = Chain(Spectral(5, 10, lambda_in=0.0), Tanh(), Spectral(10, 3, lambda_in=0.0))
    start, seen = network.init(rng), []

    def train(network, params):
        seen.append((network, params))
        return list(fit(network, params, x, labels, loss=softmax_cross_entropy, epochs=3,
                        optimizer=Adam(0.1), batch_size=20, rng=rng))[-1].params

    small, params = prune_before_training(network, start, train, train, percentile=70)
    (frozen, first), (left, second) = seen
    assert first is start and frozen.layers[0].learned == ("lambda_out",)
    assert left is small and small.layers[0].n_out == small.layers[2].n_in == 3
    keep = [int(np.flatnonzero((start[0]["phi"] == row).all(1))[0]) for row in second[0]["phi"]]
    assert len(set(keep)) == 3                          # rows of the first eigenvectors, untouched
    assert not np.isin(second[0]["lambda_out"], start[0]["lambda_out"]).any()
    assert not (params[0]["phi"] == second[0]["phi"]).any()


def test_eigenvalues_only_freezes_the_rest():
    network = eigenvalues_only(Chain(Spectral(5, 4), Tanh(), SpectralQR(4, 3), Dense(3, 2)))
    assert [layer.learned for layer in network.layers] == [
        ("lambda_in", "lambda_out"), (), ("lambda_in", "lambda_out"), ()]


def test_every_score_is_named_in_the_docstring():
    assert all(f'"{score}"' in node_scores.__doc__ for score in SCORES)
