"""First witness, recurrent layers: the inverse of the eigenvectors, the transient, their backward.

Three forms: A formed and the last, linear step left out, with the gradient by the eigenvalue gap;
"whole", with that step and with the adjoint rule of the inverse, as automatic differentiation has
it; "modal", where coefficients on the eigenvectors are damped and A is never formed.
"""
from fractions import Fraction
from functools import partial

from .arithmetic import Bounded, size, tanh, total
from .formulas_layers import affine_backward, affine_forward, function

KEPT = Fraction(1023, 1024)             # lambda = (1 - 2^-10) tanh(theta)


def turned(matrix):
    return [list(column) for column in zip(*matrix)]


def product(*matrices):
    """The product of matrices, from the left."""
    found = matrices[0]
    for matrix in matrices[1:]:
        found = [[total(a * b for a, b in zip(row, column)) for column in zip(*matrix)]
                 for row in found]
    return found


def combined(function, *matrices):
    """Matrices combined entry by entry."""
    return [[function(*entries) for entries in zip(*rows, strict=True)]
            for rows in zip(*matrices, strict=True)]


def triangles(matrix):
    """Rows in pivoted order, L and U of Gauss: the pivot is a column's largest entry."""
    n, upper = len(matrix), [list(row) for row in matrix]
    order, lower = list(range(n)), [[0] * n for _ in range(n)]
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(upper[i][k]))
        for rows in (upper, lower, order):
            rows[k], rows[pivot] = rows[pivot], rows[k]
        lower[k][k] = 1
        for i in range(k + 1, n):
            factor = lower[i][k] = upper[i][k] / upper[k][k]
            upper[i] = [0] * (k + 1) + [a - factor * b for a, b in
                                        zip(upper[i][k + 1:], upper[k][k + 1:])]
    return order, lower, upper


def inverse(matrix):
    """matrix^-1, with the bound of any backward stable way to compute it.

    A computed inverse X of F errs by |X - F^-1| <= 3 n u |F^-1| |L| |U| |F^-1| to first order, for
    Gauss by rows or by columns: Higham 2002, Accuracy and Stability of Numerical Algorithms,
    theorem 9.4 and section 14.3. A solution for one right side errs by less. Of the triangles of F
    and of its transpose, the larger |L| |U| counts. The matrix itself has to be exact.
    """
    if not isinstance(matrix[0][0], Bounded):
        return substituted(matrix)
    plain = [[entry.value for entry in row] for row in matrix]
    found, n = substituted(plain), len(plain)
    sizes = combined(size, found)
    rows, columns = spread(plain), turned(spread(turned(plain)))
    bounds = product(sizes, combined(lambda a, b: 3 * n * max(a, b), rows, columns), sizes)
    return combined(Bounded, found, bounds)


def spread(matrix):
    """|L| |U| in the order of the matrix's rows, as floats."""
    order, lower, upper = triangles(matrix)
    sizes = product(combined(size, lower), combined(size, upper))
    return [sizes[order.index(i)] for i in range(len(matrix))]


def substituted(matrix):
    """matrix^-1 column by column, forwards with L and backwards with U."""
    order, lower, upper = triangles(matrix)
    n, columns = len(matrix), []
    for j in range(n):
        z = []
        for i in range(n):
            z.append((1 if order[i] == j else 0) - total(lower[i][k] * z[k] for k in range(i)))
        column = [0] * n
        for i in reversed(range(n)):
            rest = total(upper[i][k] * column[k] for k in range(i + 1, n))
            column[i] = (z[i] - rest) / upper[i][i]
        columns.append(column)
    return turned(columns)


def damped(theta):
    """(1 - 2^-10) tanh(theta) and its derivative."""
    t = tanh(theta) if theta > 0 or theta < 0 else theta
    return KEPT * t, KEPT * (1 - t * t)


def similarity(phi, values, back):
    """A = Phi diag(values) Y."""
    return product([[a * value for a, value in zip(row, values)] for row in phi], back)


def by_gap(phi, values, back, grad_transfer, grad_back):
    """grad_phi and grad_values from those of A and Y: the inverse folded into eigenvalue gaps."""
    n = range(len(phi))
    m = product(turned(phi), grad_transfer, turned(back))
    reader = product(grad_back, turned(back))
    inner = [[(values[j] - values[i]) * m[i][j] - reader[i][j] for j in n] for i in n]
    return product(turned(back), inner), [m[j][j] for j in n]


def by_adjoint(phi, values, back, grad_transfer, grad_back):
    """The same by grad_A (diag(values) Y)^T - Y^T grad_Y Y^T, Y's gradient that of A included."""
    left = product(turned(phi), grad_transfer)
    direct = product(grad_transfer, turned(rows_times(values, back)))
    through = combined(lambda a, b: a + b, rows_times(values, left), grad_back)
    return adjoint(back, direct, through), [total(a * b for a, b in zip(*rows))
                                            for rows in zip(left, back)]


def rows_times(values, matrix):
    """diag(values) matrix."""
    return [[value * entry for entry in row] for value, row in zip(values, matrix)]


def adjoint(back, direct, grad_back):
    """direct - Y^T grad_Y Y^T."""
    return combined(lambda a, b: a - b, direct, product(turned(back), grad_back, turned(back)))


def summed(matrices, n):
    """The sum of n x n matrices, of which there may be none."""
    return [[total(matrix[i][j] for matrix in matrices) for j in range(n)] for i in range(n)]


def bent(layer, state, part=0):
    """f, or with part = 1 its derivative, of every entry."""
    spec = {"layer": layer["activation"]}
    return combined(lambda entry: function(spec, entry)[part], state)


def bent_back(layer, state, grad):
    return combined(lambda a, g: a * g, bent(layer, state, 1), grad)


def padded(grad, n):
    """Rows beyond those that are read have no gradient."""
    return grad + [[0] * n for _ in range(n - len(grad))]


def eigen(own):
    """Phi = [P | Q], its inverse, and the eigenvalues."""
    phi = [list(p) + list(q) for p, q in zip(own["planted"], own["modes"])]
    return phi, inverse(phi), [1] * len(own["planted"][0]) + [damped(t)[0] for t in own["theta"]]


def first_states(layer, own, x):
    """x on the first nodes, then 1 if there is a constant node, then 0."""
    zero = 0 * own["planted"][0][0]
    fixed = [zero + 1] if layer["constant"] else []
    return [list(sample) + fixed + [zero] * (len(own["planted"]) - len(sample) - len(fixed))
            for sample in x]


def transient(layer, transfer, state, steps):
    """x_0 ... x_steps and f of each."""
    states, fed = [state], [bent(layer, state)]
    for _ in range(steps):
        states.append(affine_forward(transfer, {}, fed[-1]))
        fed.append(bent(layer, states[-1]))
    return states, fed


def recurrent_forward(whole, layer, own, x):
    phi, back, values = eigen(own)
    transfer, readers = similarity(phi, values, back), back[:len(own["planted"][0])]
    states, fed = transient(layer, transfer, first_states(layer, own, x), layer["steps"] - 1)
    read = affine_forward(transfer, {}, fed[-1]) if whole else fed[-1]
    return affine_forward(readers, {}, read)


def recurrent_backward(whole, layer, own, x, grad_y):
    phi, back, values = eigen(own)
    transfer, readers = similarity(phi, values, back), back[:len(own["planted"][0])]
    states, fed = transient(layer, transfer, first_states(layer, own, x), layer["steps"] - 1)
    read = affine_forward(transfer, {}, fed[-1]) if whole else fed[-1]
    grad_readers, _, grad = affine_backward(readers, {}, read, grad_y)
    found = []
    for t in reversed(range(layer["steps"])):
        if whole or t + 1 < layer["steps"]:
            grad_transfer, _, grad = affine_backward(transfer, {}, fed[t], grad)
            found.append(grad_transfer)
        grad = bent_back(layer, states[t], grad)
    rule = by_adjoint if whole else by_gap
    n = len(phi)
    grad_phi, grad_values = rule(phi, values, back, summed(found, n), padded(grad_readers, n))
    return named(own, grad_phi, grad_values), [row[:len(x[0])] for row in grad]


def named(own, grad_phi, grad_values):
    """Gradients under the names of the parameters."""
    c = len(own["planted"][0])
    return {"planted": [row[:c] for row in grad_phi], "modes": [row[c:] for row in grad_phi],
            "theta": [damped(t)[1] * g for t, g in zip(own["theta"], grad_values[c:])]}


def modal_states(layer, own, x):
    """x_t, f(x_t) and the coefficients Y f(x_t), where x_{t+1} = Phi (values * coefficients)."""
    phi, back, values = eigen(own)
    state, found = first_states(layer, own, x), []
    for t in range(layer["steps"]):
        fed = bent(layer, state)
        parts = affine_forward(back, {}, fed)
        found.append((state, fed, parts))
        state = affine_forward(phi, {}, scaled_by(values, parts))
    return (phi, back, values), found


def scaled_by(values, rows):
    return [[value * entry for value, entry in zip(values, row)] for row in rows]


def modal_forward(layer, own, x):
    return [row[:len(own["planted"][0])] for row in modal_states(layer, own, x)[1][-1][2]]


def modal_backward(layer, own, x, grad_y):
    (phi, back, values), found = modal_states(layer, own, x)
    n, direct, through, of_values = len(phi), [], [], []
    grad_parts = [list(row) + [0] * (n - len(row)) for row in grad_y]
    for t in reversed(range(layer["steps"])):
        state, fed, parts = found[t]
        grad_back, _, grad = affine_backward(back, {}, fed, grad_parts)
        through.append(grad_back)
        grad = bent_back(layer, state, grad)
        if t:
            parts = found[t - 1][2]
            grad_phi, _, grad_scaled = affine_backward(phi, {}, scaled_by(values, parts), grad)
            direct.append(grad_phi)
            of_values += list(zip(grad_scaled, parts))
            grad_parts = scaled_by(values, grad_scaled)
    grad_phi = adjoint(back, summed(direct, n), summed(through, n))
    grad_values = [total(g[j] * part[j] for g, part in of_values) for j in range(n)]
    return named(own, grad_phi, grad_values), [row[:len(x[0])] for row in grad]


LINEAR = {"recurrent": (partial(recurrent_forward, False), partial(recurrent_backward, False)),
          "recurrent, whole": (partial(recurrent_forward, True), partial(recurrent_backward, True)),
          "recurrent, modal": (modal_forward, modal_backward)}
