"""A chain as a sequence of its layers; what it computes is among the laws of all layers."""
import pytest

from npspectral import Chain, Dense, Spectral, Tanh
from npspectral.nn import L2

LAYERS = Spectral(4, 6), Tanh(), Dense(6, 3)


def test_a_chain_has_a_length_an_order_and_positions():
    network = Chain(*LAYERS)
    assert len(network) == 3 and list(network) == list(LAYERS)
    assert network[0] == LAYERS[0] and network[-1] == LAYERS[2]
    with pytest.raises(IndexError):
        network[3]


def test_a_slice_of_a_chain_is_a_chain(rng):
    network = Chain(*LAYERS)
    assert network[:2] == Chain(*LAYERS[:2]) and network[:2].n_out == 6
    params = network.init(rng)
    x = rng.normal(size=(5, 4))
    hidden, _ = network[:2].forward(params[:2], x)
    assert (network[2:].forward(params[2:], hidden)[0] == network.forward(params, x)[0]).all()


def test_a_chain_without_layers_is_still_a_network_for_a_penalty(rng):
    with pytest.raises(ValueError, match="no parameter 'weight' among"):
        L2(1.0, "weight", Chain())(())
