"""The runs: one set of points in the cube, every student's error on every teacher's fields."""
import numpy as np
from lab.progress import progress

from npspectral.analysis.kernels import convolutional_kernel, kernel_ridge, local_kernel

N_TEST = 500
KINDS = {"local": local_kernel, "convolutional": convolutional_kernel}
TEACHERS = tuple((kind, size) for kind in KINDS for size in (2, 3))
STUDENTS = (*TEACHERS, ("dense", None))


def kernel(named, x1, x2):
    """Of a kind and the size of its patches; dense: local with patches of all coordinates."""
    kind, size = named
    return local_kernel(x1, x2, x1.shape[1]) if kind == "dense" else KINDS[kind](x1, x2, size)


def follow(d, sizes, seed):
    """error (p, teacher, student): the mean square error over the variance of the teacher's fields.

    The training sets are the first p of the same points.
    """
    rng, largest = np.random.default_rng(seed), max(sizes)
    x, x_test = rng.random((largest, d)), rng.random((N_TEST, d))
    known = {}
    for named in STUDENTS:
        progress(f"{named[0]} kernel, size {named[1]}, d {d}, seed {seed}")
        known[named] = kernel(named, x, x), kernel(named, x, x_test)
    variance = {named: np.diag(kernel(named, x_test, x_test)) for named in TEACHERS}
    return {"error": [[[mean_error(*known[student], *known[teacher], variance[teacher], p)
                        for student in STUDENTS] for teacher in TEACHERS] for p in sizes]}


def mean_error(gram, cross, field_gram, field_cross, variance, p):
    """Of regression without ridge on p points, a mean over Gaussian fields f and test points x:

        <(f(x) - a.f(X))^2> / <f(x)^2>
            = <C(x, x) - 2 a.C(X, x) + a.C(X, X) a>_x / <C(x, x)>_x         a = K(X, X)^-1 K(X, x)

    K is the student's kernel, gram (P, P) and cross (P, n); C the covariance of the fields, with
    its variance C(x, x) (n,).
    """
    a = kernel_ridge(gram[:p, :p], cross[:p], 0.0)
    error = variance - 2 * (a * field_cross[:p]).sum(0) + (a * (field_gram[:p, :p] @ a)).sum(0)
    return error.mean() / variance.mean()
