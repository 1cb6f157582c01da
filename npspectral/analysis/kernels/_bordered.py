"""Linear systems of a Gram matrix on sets of entries that change little from one to the next.

    K_ff x_f = right_f        f: the free entries, x = 0 elsewhere

K_bb = L L^T is factored once, for a base set b. Let a be the free entries that are not in b, and g
those of b that are not free. x_g = 0 gets a multiplier for each entry of g, m:

    [ K_bb  K_ba  E_g ] [ x_b ]   [ right_b ]
    [ K_ab  K_aa   0  ] [ x_a ] = [ right_a ]        E_g: the columns of the identity at g
    [ E_g^T  0     0  ] [  m  ]   [    0    ]

With W = [K_ba E_g], Z = L^-1 W and u = L^-1 right_b, the last two rows become

    ([ K_aa 0; 0 0 ] - Z^T Z) [x_a; m] = [right_a; 0] - Z^T u        x_b = L^-T (u - Z [x_a; m])

which is a small system where a and g are few. Where they are not, f becomes the base. Source: the
Schur complement of K_bb, derived here.
"""
import numpy as np

FEW = 0.1                           # share of the free entries that a and g together may have


class Bordered:
    """The systems of one gram (p, p)."""

    def __init__(self, gram):
        self.gram, self.inside = gram, np.zeros(len(gram), bool)

    def solve(self, free, right):
        """x (p, m) of right (p, m), with 0 where an entry is not free; free (p,) is boolean.

        Raises LinAlgError if K_ff is not positive definite beyond rounding, where that is noticed.
        """
        from scipy.linalg import solve_triangular
        if np.count_nonzero(free ^ self.inside) > FEW * np.count_nonzero(free):
            self._factor(free)
        base, added = np.flatnonzero(self.inside), np.flatnonzero(free & ~self.inside)
        gone, x = np.flatnonzero(~free[base]), np.zeros_like(right)
        u = solve_triangular(self.lower, right[base], lower=True, check_finite=False)
        if len(added) or len(gone):
            w = np.zeros((len(base), len(added) + len(gone)))
            w[:, :len(added)] = self.gram[np.ix_(base, added)]
            w[gone, len(added) + np.arange(len(gone))] = 1
            z = solve_triangular(self.lower, w, lower=True, check_finite=False)
            small, few = -z.T @ z, -z.T @ u                     # small [x_a; m] = few
            small[:len(added), :len(added)] += self.gram[np.ix_(added, added)]
            few[:len(added)] += right[added]
            few = np.linalg.solve(small, few)                   # now [x_a; m]
            x[added], u = few[:len(added)], u - z @ few
        x[base] = solve_triangular(self.lower, u, lower=True, trans="T", check_finite=False)
        x[~free] = 0
        return x

    def _factor(self, free):
        """Make the free entries the base: `inside` is True for these, `lower` is their L."""
        from scipy.linalg import cholesky
        block = self.gram[np.ix_(free, free)]
        # block.T has LAPACK's order of memory, so cholesky makes no copy
        self.lower = cholesky(block.T, lower=True, overwrite_a=True, check_finite=False)
        self.inside = free.copy()
