"""Gradients and optimizers against PyTorch, in float64."""
import pytest
from random_networks import (Backend, assert_agree, assert_same_steps, random_problem, random_steps,
                             steps_of)
from torch_layers import FAR, F, apply, torch, weight

from npspectral import SGD, Adam, Adamax
from npspectral.nn import tree

TORCH = Backend(apply, weight, torch.as_tensor, {
    "mean_squared_error": lambda y, t: ((y - t) ** 2).mean(1),
    "softmax_cross_entropy, labels": lambda y, t: F.cross_entropy(y, t, reduction="none"),
    "softmax_cross_entropy, probabilities": lambda y, t: F.cross_entropy(y, t, reduction="none"),
    "binary_cross_entropy": lambda y, t: F.binary_cross_entropy_with_logits(
        y, t, reduction="none").mean(1),
    "hinge": lambda y, t: torch.relu(1 - t * y).mean(1),
    "soft_hinge": lambda y, t: F.softplus(1 - t * y, 20, FAR).mean(1),
    "quadratic_hinge": lambda y, t: (torch.relu(1 - t * y) ** 2 / 2).mean(1),
}, {
    "L1": lambda penalty, w: w.abs().sum(),
    "L2": lambda penalty, w: (w ** 2).sum(),
    "ElasticNet": lambda penalty, w: (penalty.ratio * w.abs().sum()
                                      + (1 - penalty.ratio) * (w ** 2).sum()),
    "GroupLasso": lambda penalty, w: torch.linalg.vector_norm(w, dim=penalty.axis).sum(),
})


@pytest.mark.parametrize("seed", range(300))
def test_gradients_of_a_random_network_are_those_of_torch(seed):
    problem = random_problem(seed)
    params = tree.map(lambda array: torch.tensor(array, requires_grad=True), problem.params)
    x = torch.tensor(problem.x, requires_grad=True)
    value = TORCH.total(problem, params, x)
    value.backward()
    gradients = {path: (torch.zeros_like(array) if array.grad is None else array.grad).numpy()
                 for path, array in [*tree.items(params), ("x", x)]}
    assert_agree(problem, value.item(), gradients)


@pytest.mark.parametrize("mine, theirs", [
    (SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
    (SGD(0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    (Adam(0.01), lambda p: torch.optim.Adam(p, 0.01)),
    (Adam(0.01, beta1=0.5, beta2=0.9, eps=1e-2),
     lambda p: torch.optim.Adam(p, 0.01, (0.5, 0.9), 1e-2)),
    (Adam(0.01, decay=0.3), lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.3)),
    # torch adds eps to |g| before the maximum, Keras and this package to u: compared without it
    (Adamax(0.01, eps=0.0), lambda p: torch.optim.Adamax(p, 0.01, eps=0.0)),
    (Adamax(0.01, beta1=0.5, beta2=0.9, eps=0.0),
     lambda p: torch.optim.Adamax(p, 0.01, (0.5, 0.9), 0.0)),
], ids=lambda side: repr(side) if isinstance(side, (SGD, Adam, Adamax)) else "")
def test_ten_steps_of_an_optimizer_are_those_of_torch(mine, theirs):
    start, gradients = random_steps(0)
    theta = torch.tensor(start, requires_grad=True)
    optimizer, after = theirs([theta]), []
    for g in gradients:
        theta.grad = torch.tensor(g)
        optimizer.step()
        after.append(theta.detach().clone())
    assert_same_steps(steps_of(mine, start, gradients), torch.stack(after).numpy())
