"""The hall of bugs says what the report says, of the functions that PyTorch and JAX have."""
from pathlib import Path

import pytest

from npspectral import oracle

torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
from oracle_jax import JaxAnswers  # noqa: E402
from oracle_torch import TorchAnswers  # noqa: E402

F = torch.nn.functional
HALL = Path(oracle.__file__).parent / "suite" / "vectors" / "HALL.md"


def hall():
    """Function -> version, cases, what the report says."""
    rows = (line.strip("| \n").split(" | ") for line in HALL.read_text().splitlines()
            if line.startswith("| `"))
    return {name.strip("`"): (version, cases.replace("`", "").split(), said.replace("\\|", "|"))
            for name, version, cases, said in rows}


def soft_margin(spec, y, t):
    z = spec["sharpness"] * (t * y - 1)
    each = F.soft_margin_loss(z, torch.ones_like(z), reduction="none")
    return each.mean(1) / spec["sharpness"]


def adamax(spec, theta):
    return torch.optim.Adamax([theta], spec["learning_rate"], (spec["beta1"], spec["beta2"]),
                              spec["eps"]).step


# By the function's name in the hall: what takes the place of which definition.
THEIRS = {
    "torch.nn.functional.softplus": (TorchAnswers, "smooth_plus", F.softplus),
    "torch.nn.functional.soft_margin_loss": (TorchAnswers, "soft_hinge", soft_margin),
    "torch.nn.functional.binary_cross_entropy": (
        TorchAnswers, "binary_cross_entropy_with_logits",
        lambda spec, y, t: F.binary_cross_entropy(torch.sigmoid(y), t, reduction="none").mean(1)),
    "torch.optim.Adamax": (TorchAnswers, "adamax", adamax),
    "jax.numpy.linalg.norm": (JaxAnswers, "group_lasso", lambda spec, a: jax.numpy.linalg.norm(
        a, axis=spec["axis"]).sum()),
    "jax.nn.leaky_relu": (JaxAnswers, "leaky_relu",
                          lambda layer, own, x: jax.nn.leaky_relu(x, layer["slope"])),
}


@pytest.mark.parametrize("name", THEIRS)
def test_the_hall_says_what_the_report_says(name):
    version, cases, said = hall()[name]
    answers, definition, function = THEIRS[name]
    installed = {"torch": torch, "jax": jax}[name.partition(".")[0]].__version__.partition("+")[0]
    if version != installed:
        pytest.skip(f"the hall speaks of {version}, {installed} is installed")
    peer = type("Peer", (answers,), {definition: staticmethod(function)})("float64")
    report = oracle.check(peer, suite="full", only=cases)
    sentences = [finding.sentence for finding in report.findings]
    assert {result.status for result in report.results} <= {"wrong", "error", "acceptable"}
    assert any(said in sentence for sentence in sentences) or (
        report.ok and said.startswith("Acceptable")), sentences
