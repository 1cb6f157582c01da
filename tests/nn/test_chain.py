"""A chain as a sequence of its layers; what it computes is among the laws of all layers."""
from types import SimpleNamespace

import pytest

from npspectral import Chain, Dense, LeakyReLU, ReLU, Spectral, Tanh

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


TABLE = """\
Chain(20, 2): 1090 of 1290 numbers trainable
  0  Spectral(20, 50)  lambda_in 20, phi 1000, bias 50
  1  ReLU()
  2  Chain(50, 4): 4 of 204 numbers trainable
    0  Dense(50, 4)  weight 200 (frozen), bias 4
    1  LeakyReLU(slope=0.3)
  3  Spectral(4, 2)  lambda_in 4, lambda_out 2, phi 8, bias 2"""


def test_a_chain_prints_its_layers_with_sizes_and_what_is_trained():
    network = Chain(Spectral(20, 50, lambda_out=0.0), ReLU(),
                    Chain(Dense(50, 4, trainable=("bias",)), LeakyReLU(0.3)), Spectral(4, 2))
    assert str(network) == TABLE
    assert repr(network) == ("Chain(Spectral(20, 50, lambda_out=0.0), ReLU(), Chain(Dense(50, 4, "
                             "trainable=('bias',)), LeakyReLU(slope=0.3)), Spectral(4, 2))")
    shown = []
    network._repr_pretty_(SimpleNamespace(text=shown.append), False)        # in a notebook
    assert shown == [TABLE]
    assert str(Chain()) == "Chain: 0 of 0 numbers trainable" and repr(Chain()) == "Chain()"
