"""Answers in the arrays that frameworks and tables have: read right, or refused with a reason."""
import numpy as np
import pytest

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
pd = pytest.importorskip("pandas")

from npspectral import oracle  # noqa: E402
from npspectral.oracle.verdict.answers import readable  # noqa: E402

jax.config.update("jax_enable_x64", True)
A = np.arange(-3.0, 3.0).reshape(2, 3)


def minus(array, dtype=torch.float64):
    """A tensor on which PyTorch has only marked its minus."""
    found = torch.complex(torch.zeros(array.shape, dtype=dtype),
                          -torch.tensor(array, dtype=dtype)).conj().imag
    assert found.is_neg()
    return found


READ = {
    "a minus": (minus(A), "float64"),
    "a minus in bfloat16": (minus(A, torch.float32).bfloat16(), "bfloat16"),
    "a conjugate's real part": (torch.complex(torch.tensor(A), torch.tensor(A)).conj().real,
                                "float64"),
    "a gradient wanted": (torch.tensor(A, requires_grad=True), "float64"),
    "bfloat16": (torch.tensor(A, dtype=torch.bfloat16, requires_grad=True), "bfloat16"),
    "a list of tensors": ([torch.tensor(row, requires_grad=True) for row in A], "float64"),
    "a list of minuses": ([minus(row) for row in A], "float64"),
    "numbers as tensors": ([[torch.tensor(n, dtype=torch.float32) for n in row] for row in A],
                           "float32"),
    "jax": (jax.numpy.asarray(A), "float64"),
    "jax in bfloat16": (jax.numpy.asarray(A, jax.numpy.bfloat16), "bfloat16"),
    "a data frame": (pd.DataFrame(A), "float64"),
    "columns named as methods are": (pd.DataFrame(A, columns=["cpu", "detach", "float"]),
                                     "float64"),
}


@pytest.mark.parametrize("form", READ)
def test_an_array_of_a_framework_is_read(form):
    answer, dtype = READ[form]
    array, status, detail = readable(answer, dtype, A.shape)
    assert not status and np.array_equal(array, A), detail


REFUSED = {
    "a sparse tensor": torch.tensor(A).to_sparse(), "no data": torch.tensor(A).to("meta"),
    "complex": torch.tensor(A).to(torch.complex128), "integers": torch.tensor(A).to(torch.int64),
    "a table with missing values": pd.DataFrame(A).astype("Float64").mask(pd.DataFrame(A) > 1),
    "a mask in a list": list(np.ma.masked_less(A, 0)),
}


@pytest.mark.parametrize("form", REFUSED)
def test_what_has_no_such_numbers_is_refused(form):
    found, status, detail = readable(REFUSED[form], "float64", A.shape)
    assert found is None and status == "dtype" and detail


def test_a_candidate_whose_output_is_marked_minus_passes():
    def candidate(case):
        at = {name: torch.tensor(array, requires_grad=True) for name, array in case.inputs.items()}
        gap = at["lambda_in"] - at["lambda_out"][:, None]
        y = at["x"] @ (gap * at["phi"]).T + at["bias"]
        y.backward(at.pop("grad_y").detach())
        return {"y": minus(y.detach().numpy()), **{f"grad_{name}": minus(array.grad.numpy())
                                                   for name, array in at.items()}}
    assert oracle.check(candidate, only="spectral/identity/b2-i3-o4/bias").ok
