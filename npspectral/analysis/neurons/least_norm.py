"""The feature regime's limit: of all networks that fit the data, that of the least L1 norm.

    f(x) = sum_n w_n relu(theta_n . x)                   |theta_n| = 1; h neurons to choose from
    phi_in = relu(theta_n . x_i)                         features (p, h) of p points

    least_l1             minimize sum_n |w_n|  with  f(x_i) = y_i
    largest_l1_margin    minimize sum_n |w_n|  with  y_i f(x_i) >= 1         y_i = -1 or +1

Both are linear programs. Their dual programs have one multiplier for each point:

    maximize lambda . y   with |g_n| <= 1     g_n = sum_i lambda_i phi_in
    the margin:                and y_i lambda_i >= 0

The two optima are equal, so sum |w| = lambda . y (of the margin: sum |lambda|), and w_n = 0 where
|g_n| < 1. A neuron with w_n != 0 is an atom. There g_n is the sign of w_n: atoms stand at maxima of
|g| over all neurons. With all directions to choose from, they are attractors, as in `attractors`,
of the force lambda. A vertex of the program has at most p atoms.

Most neurons are no atoms, so the program is solved with some columns of phi. Then p neurons with
the largest |g_n| > 1 join; the atoms and p others stay; and so on until |g_n| <= 1 + tolerance for
all. Then lambda / (1 + tolerance) fits the dual program, and sum |w| exceeds its minimum by at most
that share.

Source: F. Bach 2017, J. Mach. Learn. Res. 18, 19 (the norm); L. Petrini, F. Cagnetta, E.
Vanden-Eijnden and M. Wyart 2022, NeurIPS, arXiv 2206.12314 (atoms in the feature regime).
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...magnitude import power_of_two

START = 4                   # columns for each point in the first program
MOST = 100                  # programs
EXACT = 1e-10               # tolerance of a program, the least that HiGHS takes
FINEST = 1e-8               # of the whole


@dataclass(frozen=True, eq=False, repr=False)
class LeastL1(Shapes):
    """weights w (h,), multipliers lambda (p,)."""

    weights: np.ndarray
    multipliers: np.ndarray

    @property
    def atoms(self):
        """Indices of the neurons with w_n != 0."""
        return np.flatnonzero(self.weights)


def least_l1(features, y, tolerance=1e-6):
    """LeastL1 of features phi (p, h) and targets y (p,): features @ weights = y.

    Raises ValueError if no weights fit, TypeError or ValueError on arguments that do not fit.
    """
    owner = "least_l1"
    features = _checked(owner, features, tolerance)
    y = refuse.real(owner, "y", y, 1)
    refuse.length(owner, "y", y, len(features))
    return _grow(owner, features, y, tolerance, margin=False)


def largest_l1_margin(features, y, tolerance=1e-6):
    """LeastL1 of features phi (p, h) and labels y (p,) of -1 and +1: y * (features @ weights) >= 1.

    The margin for weights of L1 norm 1 is 1 / sum |w|, the largest there is.
    Raises ValueError if no weights separate, TypeError or ValueError on arguments that do not fit.
    """
    owner = "largest_l1_margin"
    features = _checked(owner, features, tolerance)
    y = refuse.signs(owner, y, len(features))
    return _grow(owner, features, y, tolerance, margin=True)


def _grow(owner, features, y, tolerance, margin):
    """Solve with more and more columns, in units in which phi and y are of order 1."""
    (p, h), unit, unit_y = features.shape, power_of_two(features), power_of_two(y)
    features, y = features / unit, y / unit_y
    columns = np.arange(min(START * p, h))
    for _ in range(MOST):
        solved = _program(features[:, columns], y, margin)
        if solved is None:
            if len(columns) == h:
                raise ValueError(f"{owner}: no weights on these features fit y")
            columns = np.arange(min(2 * len(columns), h))
            continue
        some, multipliers = solved
        size = np.abs(multipliers @ features)
        if size.max() <= 1 + tolerance:
            weights = np.zeros(h)
            weights[columns] = some * (unit_y / unit)
            return LeastL1(weights, multipliers / unit)
        joining, others = np.flatnonzero(size > 1), columns[some == 0]
        columns = np.unique(np.concatenate((
            columns[some != 0], *(group[np.argsort(-size[group])[:p]]
                                  for group in (others, joining)))))
    raise RuntimeError(f"{owner}: |g| still reaches {size.max()} after {MOST} programs, expected a "
                       f"larger tolerance than {tolerance}")


def _program(features, y, margin):
    """(weights, multipliers) of the least sum |w|, or None where no weights fit.

    w = w^+ - w^-, both >= 0, so the columns are (phi, -phi) and the sum is linear.
    """
    from scipy.optimize import linprog
    columns = np.hstack((features, -features))
    bounds = ({"A_ub": -y[:, None] * columns, "b_ub": -np.ones(len(y))} if margin else
              {"A_eq": columns, "b_eq": y})
    found = linprog(np.ones(columns.shape[1]), **bounds, bounds=(0, None), method="highs-ds",
                    options=dict.fromkeys(("primal_feasibility_tolerance",
                                           "dual_feasibility_tolerance"), EXACT))
    if found.status == 2:                               # infeasible
        return None
    if found.status != 0:
        raise RuntimeError(f"least L1 norm: the linear program ends with {found.message!r}")
    positive, negative = np.split(found.x, 2)
    multipliers = -y * found.ineqlin.marginals if margin else found.eqlin.marginals
    return positive - negative, multipliers


def _checked(owner, features, tolerance):
    """features in float64."""
    refuse.number(owner, "tolerance", tolerance, f"{FINEST} to 1", lambda t: FINEST <= t <= 1)
    return refuse.real(owner, "features", features, 2)
