"""Matrices as lists of rows, of any kind of number: products, and the inverse with its bound."""
from operator import neg

from .arithmetic import Bounded, size
from .tape import dot, linked, plain, total


def turned(matrix):
    return [list(column) for column in zip(*matrix)]


def product(*matrices):
    """The product of matrices, from the left."""
    left = matrices[0]
    for matrix in matrices[1:]:
        left = [[dot(row, column) for column in zip(*matrix)] for row in left]
    return left


def combined(function, *matrices):
    """Matrices combined entry by entry."""
    return [[function(*entries) for entries in zip(*rows, strict=True)]
            for rows in zip(*matrices, strict=True)]


def inverse(matrix):
    """Y = matrix^-1; the tape is told dY = -(Y d(matrix)) Y."""
    y = bounded_inverse(combined(plain, matrix))
    moved = [[linked(0, *zip(column, y_row)) for column in zip(*matrix)] for y_row in y]
    return [[linked(entry, *zip(moved_row, column))
             for entry, column in zip(y_row, zip(*combined(neg, y)))]
            for y_row, moved_row in zip(y, moved)]


def bounded_inverse(matrix):
    """matrix^-1, with the bound of any backward stable way to compute it.

    A computed inverse X of F errs by |X - F^-1| <= 3 n u |F^-1| |L| |U| |F^-1| to first order, for
    Gauss by rows or by columns: Higham 2002, Accuracy and Stability of Numerical Algorithms,
    theorem 9.4 and section 14.3. A solution for one right side errs by less. Of the triangles of F
    and of its transpose, the larger |L| |U| counts. The matrix itself has to be exact.
    """
    if not isinstance(matrix[0][0], Bounded):
        return substituted(matrix)
    values = [[entry.value for entry in row] for row in matrix]
    result, n = substituted(values), len(values)
    sizes = combined(size, result)
    rows, columns = spread(values), turned(spread(turned(values)))
    bounds = product(sizes, combined(lambda a, b: 3 * n * max(a, b), rows, columns), sizes)
    return combined(Bounded, result, bounds)


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
