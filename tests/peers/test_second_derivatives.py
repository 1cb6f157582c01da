"""Second derivatives and gradients of samples in PyTorch and JAX: right ways, and planted bugs."""
import pytest

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

from npspectral import oracle                                           # noqa: E402
from oracle_jax import JaxAnswers                                       # noqa: E402
from oracle_torch import TorchAnswers                                   # noqa: E402
from planted_second_bugs import PLANTED                                 # noqa: E402
from test_oracle_hall import hall                                       # noqa: E402

BOTH = ["second/*", "per_sample/*"]
# JAX takes a second for every shape.
FEW = ["second/spectral/identity/b2*", "second/spectral/tanh/b*", "second/network/tanh/labels",
       "per_sample/spectral/*"]
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")


@pytest.mark.parametrize("name, candidate", [pair for pairs in PLANTED.values() for pair in pairs],
                         ids=lambda entry: entry if isinstance(entry, str) else "")
def test_a_planted_bug_is_named_and_nothing_else(name, candidate):
    only = FEW if issubclass(candidate, JaxAnswers) else BOTH
    report = oracle.check(candidate(), suite="full", only=only)
    assert [finding.mistakes for finding in report.findings] == [(name,)], report.to_text()


class Forwards(TorchAnswers):
    """Forward over reverse: torch.func.jvp of torch.func.grad."""

    def answer_second(self, case):
        arrays = {name: leaf.detach() for name, leaf in self.leaves(case).items()}
        here = {name: arrays[name] for name in self.directed(case)}
        along = {name: arrays[f"v_{name}"] for name in here}

        def ends(moved):
            return self.ends(case, {**arrays, **moved})
        answers, slopes = torch.func.jvp(ends, (here,), (along,))
        _, hvps = torch.func.jvp(torch.func.grad(lambda moved: self.scalar(ends(moved), arrays)),
                                 (here,), (along,))
        return answers | {f"hvp_{name}": array for name, array in hvps.items()} | (
            {} if "value" in answers else {"jvp": slopes["y"]})


class WholeHessian(TorchAnswers):
    """Every block of the Hessian and of the Jacobian, then a product with v."""

    def answer_second(self, case):
        arrays = {name: leaf.detach() for name, leaf in self.leaves(case).items()}
        here = {name: arrays[name] for name in self.directed(case)}

        def ends(moved):
            return self.ends(case, {**arrays, **moved})

        def product(blocks):
            return sum(torch.tensordot(block, arrays[f"v_{name}"], here[name].ndim)
                       for name, block in blocks.items())
        answers = ends(here)
        hessian = torch.func.hessian(lambda moved: self.scalar(ends(moved), arrays))(here)
        answers |= {f"hvp_{name}": product(blocks) for name, blocks in hessian.items()}
        if "value" in answers:
            return answers
        return answers | {"jvp": product(torch.func.jacrev(ends)(here)["y"])}


class HessianByFormula(WholeHessian):
    """With the formula of batch normalization in place of F.batch_norm."""

    def batch_norm(self, layer, own, x, kept=None):
        mean, variance = own["mean"], own["variance"]
        if layer["training"]:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axes), x.var(axes, unbiased=False)
        return own["gain"] * (x - mean) / torch.sqrt(variance + layer["eps"]) + own["bias"]


class ReverseOverForward(JaxAnswers):
    """The gradient of the derivative along v; samples one by one, compiled."""

    def answer_second(self, case):
        arrays = self.arrays(case)
        here = {name: arrays[name] for name in self.directed(case)}
        along = {name: arrays[f"v_{name}"] for name in here}

        def ends(moved):
            return self.ends(case, {**arrays, **moved})
        answers, slopes = jax.jvp(ends, (here,), (along,))
        hvps = jax.grad(lambda moved: jax.jvp(
            lambda point: self.scalar(ends(point), arrays), (moved,), (along,))[1])(here)
        return answers | {f"hvp_{name}": array for name, array in hvps.items()} | (
            {} if "value" in answers else {"jvp": slopes["y"]})

    def answer_per_sample(self, case):
        arrays = self.arrays(case)
        shared, own = self.shared_and_own(case, arrays)
        grad = jax.jit(jax.grad(self.alone(case, arrays)))
        with jax.disable_jit(False):
            rows = [grad(shared, {name: array[b] for name, array in own.items()})
                    for b in range(len(case.x))]
        return {"y": self.stack(case, arrays), **self.of_samples({
            name: jax.numpy.stack([row[name] for row in rows]) for name in shared})}


@pytest.mark.parametrize("candidate, dtype, only", [
    (Forwards, "float64", BOTH), (Forwards, "float32", BOTH),
    (HessianByFormula, "float32", BOTH), (ReverseOverForward, "float32", FEW)])
def test_other_ways_to_differentiate_pass(candidate, dtype, only):
    oracle.check(candidate(dtype), suite="full", dtype=dtype, only=only).raise_if_failed()


def test_a_hessian_of_pytorch_with_batch_norm_is_wrong_as_the_hall_says():
    """The block of gain and x of torch.func.hessian: vmap of the second backward loses a term.
    PyTorch's issue 196699 tells of another second derivative of F.batch_norm, twice forward."""
    (version, cases, said), = [row for name, row in hall().items() if "torch.func.hessian" in name]
    if version != torch.__version__.partition("+")[0]:
        pytest.skip(f"the hall speaks of {version}, {torch.__version__} is installed")
    report = oracle.check(WholeHessian(), suite="full", only=cases)
    failure, = report.failures
    assert failure.wrong == ["hvp_gain"]
    assert said.partition(". ")[0] in report.findings[0].sentence
