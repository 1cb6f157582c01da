"""The dual problem of support vectors, solved in two phases; notation of `machines`.

    maximize D(beta) = y.beta - (1/2) beta^T K beta     lower <= beta <= upper, and
                                                        sum_i beta_i = 0 if there is an intercept

An entry of beta is fixed if it is at one of its bounds, else free. The residuals r = y - K beta,
less the intercept, are the slopes of D. `machines` has the conditions on their signs.

Phase one (`move`) changes two entries at a time, or one if there is no intercept, until no residual
has the wrong sign by more than a coarse bound.

Phase two looks for the set of free entries. A linear system gives the values of the free entries at
which their residuals are 0. There are two ways:

`exchange` solves the system for all free entries. It moves those that then exceed a bound back to
it, which fixes them, and frees every fixed entry whose residual has the wrong sign. It needs a few
rounds; it may repeat itself without end, and it gives up if the system is singular.

`walk` goes from beta towards the solution of the system. The first entry that reaches its bound
ends the step and is fixed. If none does, the fixed entry with the worst residual is freed. It needs
many rounds, but D rises in every one of them, and the system may be singular.

Both end when the set stays the same; then the conditions hold to rounding. For p up to a few
thousand.

With K and r of the free entries alone, a step of the walk solves

    (K + ridge I) step = r              with sum(step) = 0 if there is an intercept

This maximizes D less ridge |step|^2 / 2: it is a step of the proximal point method. The ridge makes
steps shorter and leaves the solution where it is: a step is 0 only if r = 0, or, with an intercept,
if all entries of r are equal. Let K be singular, K v = 0 and |v| = 1. If r.v is not 0, D rises
along v without end. The step along v is r.v / ridge, which is very long, so that it ends at the
bound of some entry.

Source: Rockafellar 1976, SIAM J. Control Optim. 14, 877 (proximal);
Fan, Chen and Lin 2005, J. Mach. Learn. Res. 6, 1889 (pairs); Judice and Pires 1994, Comput.
Oper. Res. 21, 587 (exchange); Lawson and Hanson 1974, Solving Least Squares Problems (walk).
"""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ... import refuse
from ._bordered import Bordered
from ._zero_sum import reduced, whole

MOVES = 10                          # phase one makes at most MOVES p changes
LAST_MOVES = 100                    # the same for the last attempt, after all others have failed
ROUNDS = 4                          # an exchange ends after ROUNDS rounds without fewer errors
WALK = 20                           # a walk has at most WALK p rounds
FEW = 32                            # free entries in a walk's first steps; later steps take more
REPEATS = 50                        # a walk ends after REPEATS steps with the same free entries


@dataclass(frozen=True, eq=False)
class Dual:
    """The problem: gram K (p, p), y, lower and upper (p,), and whether there is an intercept.

    In all methods beta and residual are (p,), and free (p,) is True for free entries. In
    pair and single, rising (p,) is the residual, but -inf where beta is at its upper bound; falling
    (p,) is the residual, but inf where beta is at its lower one. Phase one leaves a wrong residual
    of at most coarse as it is.
    """

    gram: np.ndarray
    y: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    intercept: bool

    @cached_property
    def diagonal(self):
        """K_ii (p,)."""
        return np.diag(self.gram).copy()

    @cached_property
    def floor(self):
        """The least curvature that is divided by: two equal rows of K have curvature 0."""
        return 1e-12 * self.diagonal.max()

    @cached_property
    def system(self):
        """Solves K x = right for the free entries."""
        return Bordered(self.gram)

    def residual(self, beta):
        """y - K beta, by the rows of K where beta is not 0, if these are few."""
        chosen = np.flatnonzero(beta)
        if len(chosen) > 0.3 * len(beta):                   # then a copy of the rows takes longer
            return self.y - self.gram @ beta
        return self.y - beta[chosen] @ self.gram[chosen]

    def move(self, beta, coarse, most=MOVES):
        """Phase one: beta once no residual is wrong beyond coarse, or after most * p changes."""
        beta, residual = beta.copy(), self.residual(beta)
        # added to the residual, these exclude entries that cannot rise or fall
        closed_up = np.where(beta < self.upper, 0.0, -math.inf)
        closed_down = np.where(beta > self.lower, 0.0, math.inf)
        choose = self.pair if self.intercept else self.single
        for _ in range(most * len(beta)):
            moves = choose(beta, residual + closed_up, residual + closed_down, coarse)
            if not moves:
                break
            for i, step in moves:
                beta[i] = min(max(beta[i] + step, self.lower[i]), self.upper[i])
                residual -= step * self.gram[i]
                closed_up[i] = 0.0 if beta[i] < self.upper[i] else -math.inf
                closed_down[i] = 0.0 if beta[i] > self.lower[i] else math.inf
        return beta

    def pair(self, beta, rising, falling, coarse):
        """(i, step), (j, -step): i has the largest residual, and with j D rises most."""
        i = int(rising.argmax())
        if rising[i] - falling.min() <= 2 * coarse:
            return ()
        gaps = np.maximum(rising[i] - falling, 0)
        curvature = self.diagonal + (self.diagonal[i] - 2 * self.gram[i])
        np.maximum(curvature, self.floor, out=curvature)
        j = int((gaps * gaps / curvature).argmax())
        step = min(gaps[j] / curvature[j], self.upper[i] - beta[i], beta[j] - self.lower[j])
        return (i, step), (j, -step)

    def single(self, beta, rising, falling, coarse):
        """((i, step),): i has the largest residual of the wrong sign."""
        i, j = int(rising.argmax()), int(falling.argmin())
        i, wanted = (i, rising[i]) if rising[i] >= -falling[j] else (j, falling[j])
        if abs(wanted) <= coarse or math.isinf(wanted):
            return ()
        step = wanted / max(self.diagonal[i], self.floor)
        return (i, min(max(step, self.lower[i] - beta[i]), self.upper[i] - beta[i])),

    def exchange(self, beta):
        """Phase two, fast: the solution or the last beta; None if a system is singular."""
        free, fewest, rounds_left = self.inside(beta), len(beta) + 1, ROUNDS
        while rounds_left:
            solved = self.solve(np.where(free, 0.0, beta), free)
            if solved is None:
                return None
            wrong = self.wrong(solved, self.residual(solved), free) > 0
            wrong |= free & ((solved < self.lower) | (solved > self.upper))
            beta = np.clip(solved, self.lower, self.upper)
            count = np.count_nonzero(wrong)
            if count == 0:
                return beta
            fewest, rounds_left = (count, ROUNDS) if count < fewest else (fewest, rounds_left - 1)
            free = free ^ wrong
        return beta

    def walk(self, beta, tolerance):
        """Phase two, safe: the solution or the last beta.

        The first steps change only a few of the free entries. If the rank of K is low, this saves
        work, as most of the other free entries will be fixed.
        """
        beta, free, few, repeats = beta.copy(), self.inside(beta), 0, 0
        residual = self.residual(beta)
        for _ in range(WALK * len(beta)):
            chosen = np.flatnonzero(free)[:few + FEW]
            met, repeats = self.step(beta, residual, chosen), repeats + 1
            if met is not None:
                free[met], repeats = False, 0
            elif len(chosen) < np.count_nonzero(free):
                few = 2 * len(chosen)
            elif self.unsolved(beta, residual, free, tolerance):
                if repeats == REPEATS:                      # D rises without end
                    return beta
            else:
                wrong = self.wrong(beta, residual, free, tolerance)
                if not wrong.any():
                    residual = self.residual(beta)          # many steps have added up rounding
                    wrong = self.wrong(beta, residual, free, tolerance)
                if not wrong.any():
                    return beta
                free[wrong.argmax()], repeats = True, 0
        return beta

    def step(self, beta, residual, chosen):
        """Move the chosen free entries to where their residuals are 0, or until one meets a bound.

        Changes beta and residual; returns the entry that met its bound, or None.
        """
        if not len(chosen):
            return None
        wanted = self.ridged(residual, chosen)
        lower, upper, old = self.lower[chosen], self.upper[chosen], beta[chosen]
        side = np.where(wanted < 0, lower, upper)
        leaves = (old + wanted < lower) | (old + wanted > upper)
        shares = np.ones(len(chosen))
        shares[leaves] = (side - old)[leaves] / wanted[leaves]
        first = shares.argmin() if leaves.any() else None
        new = np.clip(old + shares.min(initial=1) * wanted, lower, upper)
        if first is not None:
            new[first] = side[first]
        beta[chosen] = new
        residual -= (new - old) @ self.gram[chosen]
        return None if first is None else chosen[first]

    def ridged(self, residual, chosen):
        """The step of the chosen entries without regard to bounds, with as small a ridge as works.

        Raises ValueError if their block of K has a negative eigenvalue beyond rounding.
        """
        from scipy.linalg import LinAlgError, cho_factor, cho_solve
        block, right = self.gram[np.ix_(chosen, chosen)], residual[chosen]
        if self.intercept:                                  # in a basis of steps with sum 0
            block, right = reduced(reduced(block).T), reduced(right)
        ridge = 8 * len(chosen) * np.finfo(float).eps * self.diagonal.max()
        while len(block):
            block.flat[::len(block) + 1] += ridge
            try:
                right = cho_solve(cho_factor(block), right)
                break
            except LinAlgError:                             # K may have come from float32
                refuse.semidefinite("support_vectors", self.gram, -ridge)
                ridge *= 100
        return whole(right) if self.intercept else right

    def inside(self, beta):
        """Which entries are free, (p,)."""
        return (beta > self.lower) & (beta < self.upper)

    def wrong(self, beta, residual, free, tolerance=math.inf):
        """|residual| (p,) of fixed entries whose residual has the wrong sign; 0 for all others."""
        residual = residual - self.shift(beta, residual, free)
        size = np.where(beta >= self.upper, -residual, residual)
        return np.where(free | (size <= self.rounding(beta, tolerance)), 0.0, size)

    def unsolved(self, beta, residual, free, tolerance):
        """Whether the residual of some free entry is not 0, beyond rounding."""
        off = residual[free] - self.shift(beta, residual, free)
        return np.abs(off).max(initial=0) > self.rounding(beta, tolerance)

    def rounding(self, beta, tolerance):
        """The size up to which a residual counts as rounding.

        It is half the tolerance, but at least 4 and at most 64 times eps (1 + max K_ii max |beta|).
        """
        digit = np.finfo(float).eps * (1 + self.diagonal.max() * np.abs(beta).max())
        return min(64 * digit, max(4 * digit, tolerance / 2))

    def solve(self, beta, free):
        """beta with free entries at which their residuals are 0; None if the system is singular."""
        from scipy.linalg import LinAlgError
        if not free.any():
            return None if self.intercept and beta.sum() != 0 else beta
        right = np.stack([self.residual(np.where(free, 0.0, beta)), np.ones(len(beta))], 1)
        try:
            solution, ones = self.system.solve(free, right).T
        except LinAlgError:                                 # singular to rounding
            return None
        if self.intercept:
            # beta_f = K_ff^-1 (right - b 1), with the b for which the sum of all beta is 0
            solution -= (solution.sum() + beta[~free].sum()) / ones.sum() * ones
        return np.where(free, solution, beta)

    def shift(self, beta, residual, free=None):
        """The intercept: the middle of the interval that the conditions allow.

        If there are free entries, they alone decide, as their residuals have to be 0.
        """
        if not self.intercept:
            return 0.0
        free = self.inside(beta) if free is None else free
        if free.any():
            return (residual[free].max() + residual[free].min()) / 2
        return (residual[beta < self.upper].max() + residual[beta > self.lower].min()) / 2

    def violation(self, beta, residual):
        """By how much the worst condition fails.

        The conditions are residuals of the right sign and, with an intercept, sum beta = 0, whose
        failure is |sum beta| / max(1, sum |beta|).
        """
        rising = residual[beta < self.upper].max(initial=0)
        falling = -residual[beta > self.lower].min(initial=0)
        total = abs(beta.sum()) / max(1, np.abs(beta).sum()) if self.intercept else 0.0
        return max(rising, falling, total)
