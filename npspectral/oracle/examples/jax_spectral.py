"""A spectral layer in JAX, checked: the README's example for another framework."""
import jax

from npspectral import oracle


def spectral(x, lambda_in, lambda_out, phi, bias):
    return x @ ((lambda_in - lambda_out[:, None]) * phi).T + bias


def candidate(case):
    at = {name: jax.numpy.asarray(array) for name, array in case.inputs.items()}
    grad_y = at.pop("grad_y")
    y, pull = jax.vjp(lambda moved: spectral(**moved), at)
    return {"y": y, **{f"grad_{name}": grad for name, grad in pull(grad_y)[0].items()}}


if __name__ == "__main__":
    report = oracle.check(candidate, suite="full", only="spectral/identity/*/bias", dtype="float32")
    print(report.to_text())
