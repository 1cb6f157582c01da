"""Second witness, the recurrent layers: states as sums of eigenvectors, whose coefficients decay.

Coefficients come by cofactors of the eigenvector matrix, those of a large one by Gram and Schmidt.
The memory moves with the real blocks of rotations; exp(i omega) is squared again and again. Nothing
is shared with the first witness.
"""
from decimal import Decimal, getcontext
from functools import lru_cache
from operator import mul

ZERO, ONE, TWO = Decimal(0), Decimal(1), Decimal(2)
MOST = 6                        # nodes up to which cofactors are cheap
HALVINGS = 32                   # exp(i omega) = exp(i omega / 2^32)^(2^32)


def recurrent(layer, params, sample, bend, tanh):
    """y: coefficients of x_steps on the planted directions, x_{t+1} = A f(x_t)."""
    columns = list(zip(*params["planted"])) + list(zip(*params["modes"]))
    c = len(params["planted"][0])
    eigenvalues = [ONE] * c + [_shortened(tanh(theta)) for theta in params["theta"]]
    state = list(sample) + [ONE] * layer["constant"]
    state += [ZERO] * (len(columns) - len(state))
    for _ in range(layer["steps"]):
        state = _moved(columns, eigenvalues, [bend(entry) for entry in state])
    return _coefficients(columns, state)[:c]


def complex_recurrent(layer, params, sample, bend, tanh):
    """What is read of the coefficients of (u, m) on the memory's eigenvectors, turned back."""
    columns = list(zip(*params["phi"]))
    n, steps, every = len(columns), layer["steps"], layer["spacing"]
    items = [sample[n * j:n * j + n] for j in range(len(sample) // n)]
    end = every * (len(items) - 1) + steps
    eigenvalues = [_shortened(tanh(theta)) for theta in params["theta"]]
    u, memory = [ZERO] * n, [(ZERO, ZERO) for _ in params["omega"]]
    for t in range(end):
        if t % every == 0 and t // every < len(items):
            u = [a + b for a, b in zip(u, items[t // every])]
        if t - every * min(t // every, len(items) - 1) < steps:       # since the last insertion
            u = [bend(entry) for entry in u]
        u, memory = _driven(params, columns, eigenvalues, u, memory)
    turned = [_times(circle(-end * omega), z) for omega, z in
              zip(params["omega"], _beside(params, _coefficients(columns, u), memory, -ONE))]
    return _read(layer["read"], turned)


def _driven(params, columns, eigenvalues, u, memory):
    """A step of Phi_full diag(lambda, mu) Phi_full^-1, Phi_full = [[Phi, 0], [K, 1]]."""
    before = _coefficients(columns, u)
    after = [value * part for value, part in zip(eigenvalues, before)]
    z = [_times(circle(omega), part) for omega, part in
         zip(params["omega"], _beside(params, before, memory, -ONE))]
    return _sum_of(columns, after), _beside(params, after, z, ONE)


def _beside(params, parts, memory, sign):
    """memory + sign K parts."""
    return [(re + sign * dot(k_re, parts), im + sign * dot(k_im, parts))
            for (re, im), k_re, k_im in zip(memory, params["k_real"], params["k_imag"])]


def _read(kind, amplitudes):
    if kind == "amplitude":
        return [re for re, _ in amplitudes] + [im for _, im in amplitudes]
    return [re if kind == "score" else re ** 2 + im ** 2 for re, im in amplitudes]


def _shortened(value):
    return value - value / 1024


def _moved(columns, eigenvalues, state):
    return _sum_of(columns, [value * part for value, part in
                             zip(eigenvalues, _coefficients(columns, state))])


def _sum_of(columns, parts):
    return [dot(row, parts) for row in zip(*columns)]


def _coefficients(columns, state):
    """The parts with sum_j part_j column_j = state."""
    rows = tuple(zip(*columns))
    return [dot(row, state) for row in _inverse(rows, getcontext().prec)]


@lru_cache(maxsize=64)
def _inverse(rows, digits):
    return _by_cofactors(rows) if len(rows) <= MOST else _by_orthogonal_columns(rows)


def _by_cofactors(rows):
    """The inverse: cofactors over the determinant, transposed."""
    n = len(rows)
    whole = _determinant(rows)

    def minor(i, j):
        return tuple(row[:j] + row[j + 1:] for k, row in enumerate(rows) if k != i)
    return [[(-1) ** (i + j) * _determinant(minor(i, j)) / whole for i in range(n)]
            for j in range(n)]


def _determinant(rows):
    """By the first row (Laplace)."""
    if not rows:
        return ONE
    return sum(((-1) ** j * entry * _determinant(tuple(row[:j] + row[j + 1:] for row in rows[1:]))
                for j, entry in enumerate(rows[0]) if entry), ZERO)


def _by_orthogonal_columns(rows):
    """The inverse: vectors dual to the columns, by those that Gram and Schmidt make orthogonal."""
    orthogonal, shares, dual = [], [], {}
    for column in zip(*rows):
        shares.append([])
        for q, square in orthogonal:
            shares[-1].append(dot(q, column) / square)
            column = _without(column, shares[-1][-1], q)
        orthogonal.append((column, dot(column, column)))
    for j in reversed(range(len(rows))):
        q, square = orthogonal[j]
        dual[j] = [entry / square for entry in q]
        for k in range(j + 1, len(rows)):
            dual[j] = _without(dual[j], shares[k][j], dual[k])
    return [dual[j] for j in range(len(rows))]


def _without(vector, share, other):
    return [a - share * b for a, b in zip(vector, other)]


def circle(angle):
    """(cos, sin) of an angle."""
    return _circle(angle, getcontext().prec)


@lru_cache(maxsize=256)
def _circle(angle, digits):
    small = angle / TWO ** HALVINGS
    re = im = ZERO
    term, k = ONE, 0
    while abs(term) > Decimal(10) ** (-digits - 12):
        re, im = ((re + term, im), (re, im + term), (re - term, im), (re, im - term))[k % 4]
        k += 1
        term = term * small / k
    z = re, im
    for _ in range(HALVINGS):
        z = _times(z, z)
    return z


def _times(a, b):
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def dot(a, b):
    return sum(map(mul, a, b), ZERO)
