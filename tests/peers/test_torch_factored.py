"""Factored layers against PyTorch, in float64: its decompositions, its automatic gradients."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from conftest import assert_near, random_array  # noqa: E402

from npspectral import SpectralQR, SpectralSVD  # noqa: E402
from npspectral.nn import Normal, SpectralFullQR, SpectralGaussianSVD  # noqa: E402

SIZES = [(7, 4), (4, 7), (5, 5)]


def phi_of(p):
    """phi out of the factors that are there."""
    if "s" in p:
        return p["u"] @ torch.diag(p["s"]) @ p["v"]
    if p["r"].ndim == 2:
        return p["r"] @ p["q"].T
    n_out, k = len(p["lambda_out"]), p["q"].shape[1]
    rows, columns = torch.tril_indices(n_out, k)
    zero = torch.zeros(n_out, k, dtype=torch.float64)
    return zero.index_put((rows, columns), p["r"]) @ p["q"].T


@pytest.mark.parametrize("make", [SpectralQR, SpectralFullQR, SpectralSVD, SpectralGaussianSVD])
@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_agree_with_automatic_ones(make, sizes, rng):
    layer = make(*sizes)
    params = {name: random_array(rng, shape) for name, shape in layer.shapes.items()}
    x, grad_y = random_array(rng, (6, layer.n_in)), random_array(rng, (6, layer.n_out))
    leaves = {name: torch.tensor(array, requires_grad=True)
              for name, array in {**params, "x": x}.items()}
    gap = leaves["lambda_in"][None, :] - leaves["lambda_out"][:, None]
    want = torch.nn.functional.linear(leaves["x"], gap * phi_of(leaves), leaves["bias"])
    want.backward(torch.tensor(grad_y))
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    assert_near(y, want.detach().numpy())
    for name, grad in {**grads, "x": grad_x}.items():
        assert_near(grad, leaves[name].grad.numpy(), name=name)


@pytest.mark.parametrize("n_in, n_out", SIZES)
def test_first_factors_are_its_own_up_to_sign(n_in, n_out):
    phi = Normal(1.0)
    params = SpectralFullQR(n_in, n_out, phi=phi).init(np.random.default_rng(4))
    drawn = torch.tensor(SpectralFullQR(n_in, n_out, phi=phi).eigenvectors(params))
    q, r = torch.linalg.qr(drawn.T)
    sign = torch.sign(torch.diagonal(r))
    condition = 64 * torch.linalg.cond(drawn).item()
    assert_near(params["q"], (q * sign).numpy(), condition)
    assert_near(params["r"], (sign[:, None] * r).T.contiguous().numpy(), condition)
    singular = SpectralSVD(n_in, n_out, phi=phi).init(np.random.default_rng(4))["s"]
    assert_near(singular, torch.linalg.svdvals(drawn).numpy(), 64)
