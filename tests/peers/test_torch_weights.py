"""Weights to and from PyTorch modules by their state_dict, and the same outputs on both sides."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from conftest import assert_near, dyadic, same_bits  # noqa: E402

from npspectral import Chain, Dense, Spectral, Tanh  # noqa: E402
from npspectral.estimators import SpectralClassifier  # noqa: E402
from npspectral.oracle import layouts  # noqa: E402


class TorchSpectral(torch.nn.Module):
    """Names, shapes and formula of jacopoventurin/spectral-learning, with a bias that works."""

    def __init__(self, n_in, n_out, bias=True):
        super().__init__()
        shapes = {"base": (n_in, n_out), "diag_start": (n_in, 1), "diag_end": (1, n_out)}
        for name, shape in shapes.items():
            self.register_parameter(name, torch.nn.Parameter(torch.randn(shape)))
        self.bias = torch.nn.Parameter(torch.randn(n_out)) if bias else None

    def forward(self, x):
        y = x @ (self.base * (self.diag_start - self.diag_end))
        return y if self.bias is None else y + self.bias


def module(bias):
    return torch.nn.Sequential(TorchSpectral(5, 4, bias), torch.nn.Tanh(),
                               torch.nn.Linear(4, 6, bias), torch.nn.Tanh(),
                               TorchSpectral(6, 3, bias)).double()


def tensors(arrays):
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def outputs(theirs, x):
    return theirs(torch.from_numpy(x)).detach().numpy()


@pytest.mark.parametrize("bias", [True, False])
def test_from_a_module_and_back(bias, rng):
    torch.manual_seed(0)
    theirs, x = module(bias), rng.standard_normal((7, 5))
    state = theirs.state_dict()
    network, params = layouts["torch"].network_from_public(state, Tanh())
    assert [type(layer) for layer in network.layers] == [Spectral, Tanh, Dense, Tanh, Spectral]
    assert_near(network.forward(params, x)[0], outputs(theirs, x))
    back = layouts["torch"].network_to_public(network, params, "{}.{}")
    assert back.keys() == state.keys()
    assert all(same_bits(array, state[name].numpy()) for name, array in back.items())


def test_to_a_module_and_back(rng):
    network = Chain(Spectral(5, 4, lambda_in=0.0), Tanh(), Dense(4, 6), Tanh(), Spectral(6, 3))
    params = tuple({name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
                   for layer in network.layers)
    theirs, x = module(True), rng.standard_normal((7, 5))
    theirs.load_state_dict(tensors(layouts["torch"].network_to_public(network, params, "{}.{}")))
    assert_near(outputs(theirs, x), network.forward(params, x)[0])
    _, restored = layouts["torch"].network_from_public(theirs.state_dict(), Tanh())
    assert same_bits(restored[0].pop("lambda_in"), np.zeros(5))     # a constant is spelled out
    assert same_bits(restored, params)


def test_a_fitted_estimator_goes_on_in_pytorch(rng):
    x = rng.standard_normal((60, 5))
    model = SpectralClassifier((4,), "tanh", epochs=5, random_state=0).fit(x, x[:, 0] > 0)
    theirs = torch.nn.Sequential(TorchSpectral(5, 4), torch.nn.Tanh(), TorchSpectral(4, 2)).double()
    theirs.load_state_dict(tensors(layouts["torch"].network_to_public(
        model.network_, model.params_, "{}.{}")))
    y = outputs(theirs, (x - model.mean_) / model.scale_)
    assert np.array_equal(y.argmax(1).astype(bool), model.predict(x))
    theirs(torch.from_numpy(x)).sum().backward()
    assert theirs[0].diag_start.grad.abs().min() > 0


def test_single_precision_and_names_of_attributes_are_kept(rng):
    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = TorchSpectral(5, 4, False), TorchSpectral(4, 3)

        def forward(self, x):
            return self.second(torch.tanh(self.first(x)))

    theirs, x = Two(), rng.standard_normal((7, 5)).astype(np.float32)
    network, params = layouts["torch"].network_from_public(theirs.state_dict(), Tanh())
    assert network.layers[0].shapes.keys() == {"lambda_in", "lambda_out", "phi"}
    assert_near(network.forward(params, x)[0], outputs(theirs, x))
