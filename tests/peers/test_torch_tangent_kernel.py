"""The tangent kernel against PyTorch, in float64: the contraction of its automatic Jacobians."""
import numpy as np
import pytest
import torch_layers
from conftest import random_array, random_params
from torch_layers import torch

from npspectral import ELU, Chain, Dense, Nested, ReLU, Sparse, Spectral, Tanh
from npspectral.analysis.kernels.tangent import tangent_kernel, tangent_kernel_parts
from npspectral.nn import (FixedOrientations, OneHidden, ScaledDense, SpectralFullQR,
                           SpectralGaussianSVD, SpectralQR, SpectralSVD, mean_field)

FROZEN = {"q", "u", "v", "orientation"}


def parts_by_torch(network, params, x1, x2):
    """name -> (N1, N2, K, K), the contraction of torch.func.jacrev."""
    params = [{name: torch.tensor(array) for name, array in own.items()} for own in params]
    learned = [{name: tensor for name, tensor in own.items() if name not in FROZEN}
               for own in params]

    def outputs(learned, x):
        for layer, own, new in zip(network.layers, params, learned):
            x = torch_layers.apply(own | new, x, layer)
        return x

    jacobians = [torch.func.jacrev(outputs)(learned, torch.tensor(x)) for x in (x1, x2)]
    parts = {}
    for own1, own2 in zip(*jacobians):
        for name, rows1 in own1.items():
            term = torch.einsum("nkp,mlp->nmkl", rows1.flatten(2), own2[name].flatten(2))
            parts[name] = parts.get(name, 0) + term
    return {name: part.numpy() for name, part in parts.items()}


def networks(n_out):
    return {
        "dense": Chain(Dense(5, 7), ReLU(), Dense(7, 6), Tanh(), Dense(6, n_out)),
        "spectral": Chain(Spectral(5, 7), ReLU(), Spectral(7, 6), Tanh(), Spectral(6, n_out)),
        "spectral, one set": Chain(Spectral(5, 7, lambda_in=0.5), ELU(),
                                   Spectral(7, n_out, lambda_out=-0.5)),
        "S-QR": Chain(SpectralQR(5, 7), Tanh(), SpectralQR(7, 4), ELU(), SpectralFullQR(4, n_out)),
        "S-SVD": Chain(SpectralSVD(5, 7), Tanh(), SpectralGaussianSVD(7, n_out)),
        "mixed": Chain(Dense(5, 6), ELU(), Spectral(6, 8), Tanh(), SpectralQR(8, 5), ReLU(),
                       SpectralSVD(5, 6), Tanh(), Dense(6, n_out)),
        "masked": Chain(Sparse(Dense(5, 6), sparsity=0.5), Tanh(), Spectral(6, n_out)),
        "nested": Chain(Nested((5, 4, 2)), Tanh(), Spectral(2, n_out)),
        "mean field": mean_field(5, (7, 6), n_out),
        "fixed orientations": Chain(FixedOrientations(5, 6), ReLU(), ScaledDense(6, n_out, 0.1)),
    }


@pytest.mark.parametrize("n_out", [1, 3])
@pytest.mark.parametrize("name", networks(1))
def test_kernel_is_the_contraction_of_their_jacobian(name, n_out, rng):
    assert_contraction(networks(n_out)[name], rng)


def test_kernel_of_one_hidden_layer(rng):
    assert_contraction(Chain(OneHidden(5, 30)), rng)


def assert_contraction(network, rng):
    """To 1e-12 of a part's largest entry, every part and the whole."""
    params = random_params(network, rng)
    x1, x2 = random_array(rng, (6, 5)), random_array(rng, (4, 5))
    want = parts_by_torch(network, params, x1, x2)
    got = tangent_kernel_parts(network, params, x1, x2)
    assert got.keys() == want.keys()
    got, want = got | {"all": tangent_kernel(network, params, x1, x2)}, want | {
        "all": sum(want.values())}
    for name in want:
        difference = np.abs(got[name] - want[name].reshape(got[name].shape)).max()
        assert difference <= 1e-12 * np.abs(want[name]).max(), (name, difference)
