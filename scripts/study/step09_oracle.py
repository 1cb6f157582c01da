"""Fool the oracle: which mistakes a check of code against itself can see, and which it cannot.

The layer of step 1, with a mistake in its gradient, and then with one in its definition.
"""
import numpy as np
from matplotlib.figure import Figure

rng = np.random.default_rng(0)
n_in, n_out, batch = 3, 2, 4
u = 2.0 ** -53                                      # half the distance from 1 to the next number

# %% A layer and its gradient
# The layer of step 1, with the parameter that we look at as an argument:
#     y_bi = sum_j (lambda_in_j - lambda_out_i) phi_ij x_bj
#     dL/dlambda_out_i = -sum_j phi_ij G_ij

phi, lambda_in = rng.standard_normal((n_out, n_in)), rng.standard_normal(n_in)
x, g = rng.standard_normal((batch, n_in)), rng.standard_normal((batch, n_out))
lambda_out = rng.standard_normal(n_out)


def loss(lambda_out, minus=-1):
    return (g * (x @ ((lambda_in + minus * lambda_out[:, None]) * phi).T)).sum()


right = -(phi * (g.T @ x)).sum(1)

# %% Differences of the same code
# A central difference asks the forward, with a step `e`:
#     (L(q + e) - L(q - e))/(2 e) = L'(q) + e^2/6 L'''(q)
# A lost minus in the gradient is plain to see.


def differences(of, e=1e-5):
    return np.array([(of(lambda_out + step) - of(lambda_out - step)) / (2 * e)
                     for step in e * np.eye(n_out)])


lost_minus = (phi * (g.T @ x)).sum(1)
assert np.allclose(differences(loss), right)
assert not np.allclose(differences(loss), lost_minus)

# %% What they cannot see
# Now let the definition be wrong: somebody read `lambda_in_j + lambda_out_i`. Forward and gradient
# agree with each other, the check is content, and the layer is another layer.


def misread(lambda_out):
    return loss(lambda_out, minus=+1)


assert np.allclose(differences(misread), lost_minus)
assert not np.isclose(misread(lambda_out), loss(lambda_out))

# %% How exact is a difference?
# Its own error is `e^2` from the curve and, as `L` is known to `u |L|` only, `u |L|/e` from the
# digits. No step makes both small. A complex step subtracts nothing, so it needs no compromise.
#     L'(q) = Im L(q + i e)/e


def curved(q):
    return np.exp(q) / (1 + q ** 2)


q = 0.7
slope = curved(q) * (1 - 2 * q / (1 + q ** 2))      # the product rule
steps = 10.0 ** np.arange(-16, 0.5, 0.5)
by_difference = np.abs((curved(q + steps) - curved(q - steps)) / (2 * steps) - slope)
by_complex_step = np.abs(curved(q + 1j * steps).imag / steps - slope)
print(f"best difference: {by_difference.min():.0e}, complex step: {by_complex_step[0]:.0e}")
assert by_complex_step[0] <= 4 * u * slope and by_difference.min() > 100 * u * slope

figure = Figure(figsize=(6, 3.2), constrained_layout=True)
figure.suptitle("A difference has a best step, a complex step only has to be small")
axes = figure.subplots()
axes.loglog(steps, by_difference, "o-", color="#D55E00", label="central difference")
axes.loglog(steps, np.maximum(by_complex_step, u), "o-", color="#0072B2", label="complex step")
axes.set(xlabel="step e", ylabel="error of L'")
axes.legend()

# %% How much may a right answer be off?
# Every operation rounds its result by a factor between `1 - u` and `1 + u`. A sum of `n` products
# is then wrong by no more than
#     |got - want| <= n u sum_j |a_j b_j|
# The right side is the scale `S` of the answer times `u`. Where terms cancel, `S` is much larger
# than the answer, and a tolerance relative to the answer would be wrong.

a = np.array([1e8, 1.0, -1e8], np.float32)
b = np.array([1.0, 0.1, 1.0], np.float32)
want = float(a[1]) * float(b[1])                    # the other two terms cancel
got = float((a[0] * b[0] + a[1] * b[1]) + a[2] * b[2])
u_32, S = 2.0 ** -24, 3 * np.abs(a.astype(float) * b).sum()
print(f"want {want:.3f}, got {got:.3f}, allowed error {u_32 * S:.1f}")
assert abs(got - want) <= u_32 * S                  # a right answer, rounded
assert abs(got - want) > 0.5 * abs(want)            # which a relative tolerance would refuse

# %% Numbers that never round
# Take numbers with few binary digits, `k/8`. Their products and sums are exact in float64, so the
# order of a sum does not matter, and an answer must match to the last bit.

short = rng.integers(-16, 17, 1000) / 8
long = rng.standard_normal(1000)
orders = [rng.permutation(1000) for _ in range(20)]
assert len({(short[order] ** 2).cumsum()[-1] for order in orders}) == 1
assert len({(long[order] ** 2).cumsum()[-1] for order in orders}) > 1

# %% Ask somebody who did not write the code
# The oracle has such cases, with values that two other ways confirm. It finds both mistakes, and
# says which they are.
from npspectral import oracle  # noqa: E402


def layer(case, minus, gradient_sign):
    """The layer as a candidate: what it gives for the arrays of one case."""
    at = case.inputs
    gap = at["lambda_in"] + minus * at["lambda_out"][:, None]
    G = at["grad_y"].T @ at["x"]
    gives = {"y": at["x"] @ (gap * at["phi"]).T + at.get("bias", 0),
             "grad_x": at["grad_y"] @ (gap * at["phi"]), "grad_phi": gap * G,
             "grad_lambda_in": (at["phi"] * G).sum(0), "grad_bias": at["grad_y"].sum(0),
             "grad_lambda_out": gradient_sign * (at["phi"] * G).sum(1)}
    return {name: gives[name] for name in ("y", "grad_x", *map("grad_{}".format, case.trainable))}


def report(minus, gradient_sign):
    return oracle.check(lambda case: layer(case, minus, gradient_sign),
                        only="spectral/identity/*")


assert report(minus=-1, gradient_sign=-1).ok
for name, minus, sign in (("gradient", -1, +1), ("definition", +1, +1)):
    found = report(minus, sign)
    said = next(line for line in found.to_text().splitlines() if "cause" in line)
    print(f"{name}:", said.split("cause")[1].strip())
    assert not found.ok
    assert ("lambda_out is lost" in said) == (name == "gradient")
print("npspectral agrees")
