"""Sparse layers against PyTorch, the threshold detached: outputs and gradients, in float64."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from conftest import assert_near, random_array, random_params  # noqa: E402

from npspectral import Dense, Sparse, Spectral  # noqa: E402


def masked_output(layer, params, x):
    """Written from the equations: c is a number that no gradient flows through."""
    weight = params.get("weight")
    if weight is None:
        weight = (params["lambda_in"] - params["lambda_out"][:, None]) * params["phi"]
    size = weight.detach().abs()
    c = layer.threshold if layer.sparsity is None else torch.quantile(size, layer.sparsity)
    return x @ torch.where(size > c, weight, 0.0).T + params["bias"]


@pytest.mark.parametrize("make", [Dense, Spectral])
@pytest.mark.parametrize("choice", [
    dict(sparsity=0.0), dict(sparsity=0.5), dict(sparsity=0.9), dict(sparsity=0.98),
    dict(threshold=0.0), dict(threshold=0.7), dict(threshold=2.0)])
@pytest.mark.parametrize("sizes", [(30, 20), (20, 30), (61, 7)])
def test_outputs_and_gradients_are_those_of_torch(make, choice, sizes, rng):
    layer = Sparse(make(*sizes), **choice)
    params, x = random_params(layer, rng), random_array(rng, (8, sizes[0]))
    grad_y = random_array(rng, (8, sizes[1]))
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)

    theirs = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    input_ = torch.tensor(x, requires_grad=True)
    output = masked_output(layer, theirs, input_)
    output.backward(torch.tensor(grad_y))
    assert_near(y, output.detach().numpy(), 256)
    assert_near(grad_x, input_.grad.numpy(), 256)
    for name, grad in grads.items():
        assert_near(grad, theirs[name].grad.numpy(), 256, name=name)
        assert np.isfinite(grad).all()
