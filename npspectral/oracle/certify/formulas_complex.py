"""First witness, the complex recurrent layer: complex numbers as pairs of any kind of number.

Two forms: amplitudes as the Fourier sum of what items and f add to the linear motion, K Y formed;
"stepwise", where the memory takes its steps, B is formed and K Y u is taken off at the end.
"""
from operator import add, mul, sub

from .formulas_layers import affine
from .formulas_recurrent import bent, damped, similarity
from .matrices import combined, inverse
from .tape import linked, plain, total


class Complex:
    """re + i im over any kind of number."""

    def __init__(self, re, im=0):
        self.re, self.im = re, im

    def __add__(self, other):
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other):
        return Complex(self.re - other.re, self.im - other.im)

    def __neg__(self):
        return Complex(-self.re, -self.im)

    def __mul__(self, other):
        return Complex(self.re * other.re - self.im * other.im,
                       self.re * other.im + self.im * other.re)

    def times(self, real):
        return Complex(self.re * real, self.im * real)


def collected(numbers):
    """The sum of complex numbers."""
    numbers = list(numbers)
    return Complex(total(z.re for z in numbers), total(z.im for z in numbers))


def dot(row, reals):
    return collected(z.times(real) for z, real in zip(row, reals))


def turn(angle):
    """exp(i angle), its parts by library functions."""
    cos, sin = plain(angle).circle()
    return Complex(linked(cos, (angle, -sin)), linked(sin, (angle, cos)))


def settings(params):
    """Phi's inverse Y, the eigenvalues, A, K and K Y."""
    phi, values = params["phi"], [damped(theta) for theta in params["theta"]]
    back = inverse(phi)
    k = combined(Complex, params["k_real"], params["k_imag"])
    return back, values, similarity(phi, values, back), k, product_by(k, back)


def item(layer, x, t, n):
    """What is added to the nodes at time t, None if nothing is."""
    j, rest = divmod(t, layer["spacing"])
    if rest or not x or (j + 1) * n > len(x[0]):
        return None
    return [sample[j * n:(j + 1) * n] for sample in x]


def times_of(layer, x, n):
    """For every step whether f acts: `steps` steps from the time of each item on."""
    starts = [j * layer["spacing"] for j in range(len(x[0]) // n if x else 1)]
    return [any(0 <= t - start < layer["steps"] for start in starts)
            for t in range(starts[-1] + layer["steps"])]


def motion(layer, transfer, x, n):
    """Per step the nodes before the item, after it, and f of those; then the nodes at the end."""
    u, steps = [[0 * entry for entry in sample[:n]] for sample in x], []
    for t, acts in enumerate(times_of(layer, x, n)):
        more = item(layer, x, t, n)
        fed = u if more is None else combined(add, u, more)
        h = bent(layer, fed) if acts else fed
        steps.append((u, fed, h))
        u = affine(transfer, h)
    return steps, u


def image(matrix, rows):
    """Real rows times a complex matrix."""
    return [[dot(row, sample) for row in matrix] for sample in rows]


def product_by(matrix, real):
    """A complex matrix times a real one."""
    return [[dot(row, column) for column in zip(*real)] for row in matrix]


def each(factors, rows):
    """Every entry times the factor of its mode."""
    return [[factor * z for factor, z in zip(factors, row)] for row in rows]


def read(layer, a):
    if layer["read"] == "amplitude":
        return [[z.re for z in row] + [z.im for z in row] for row in a]
    if layer["read"] == "score":
        return [[z.re for z in row] for row in a]
    return [[z.re * z.re + z.im * z.im for z in row] for row in a]


def fourier(layer, params, x):
    """a = sum_t -exp(-i omega t) K Y (f(u_t + x_t) - u_t)."""
    _, _, transfer, _, rows = settings(params)
    steps, _ = motion(layer, transfer, x, len(params["phi"]))
    written = [each([-turn(-t * omega) for omega in params["omega"]],
                    image(rows, combined(sub, h, u))) for t, (u, _, h) in enumerate(steps)]
    return read(layer, [[collected(terms) for terms in zip(*samples)] for samples in zip(*written)])


def stepwise(layer, params, x):
    """m <- mu m + B h from m = 0, B = ((lambda - mu) K) Y; a = exp(-i omega t) (m - K Y u)."""
    back, values, transfer, k, rows = settings(params)
    steps, last = motion(layer, transfer, x, len(params["phi"]))
    mu = [turn(omega) for omega in params["omega"]]
    gaps = [[Complex(value) - mu_k for value in values] for mu_k in mu]
    drive = product_by(combined(mul, gaps, k), back)
    m = [[Complex(0) for _ in mu] for _ in x]
    for _, _, h in steps:
        m = combined(add, each(mu, m), image(drive, h))
    turns = [turn(-len(steps) * omega) for omega in params["omega"]]
    return read(layer, each(turns, combined(sub, m, image(rows, last))))


TRANSFERS = {"complex_recurrent": fourier, "complex_recurrent, stepwise": stepwise}
