"""The dual problem of support vectors, solved in two phases; notation of kernel_machines.

Phase one: coordinates move by pairs (one by one without intercept) until no residual is off by
more than a coarse bound. Phase two, sets: with those at a bound kept there, the free ones solve a
linear system, which makes their residuals 0. In an exchange those that leave the box stop at its
side and those at a bound with a residual of the wrong sign are freed, all at once: a few rounds,
which may go round in circles. In a walk the first to meet a side is fixed there, else the worst
residual freed: many rounds, in each of which the dual value rises. When the sets stay, the
conditions hold to rounding. For p up to a few thousand.

An exchange gives up at a singular block, a walk does not. Of the free entries let K be the block
and r the residuals. A step of the walk solves

    (K + ridge I) step = r              with sum(step) = 0 if there is an intercept

which maximizes the dual value less ridge |step|^2 / 2: a step of the proximal point method. The
ridge shortens steps and moves no solution: step = 0 means r = 0, or r the same for all with an
intercept. Along a unit vector v with K v = 0 the dual value rises without end if r.v is not 0.
There the step is r.v / ridge, which is very long, and a side of the box ends it.

Source: Rockafellar 1976, SIAM J. Control Optim. 14, 877 (proximal);
Fan, Chen and Lin 2005, J. Mach. Learn. Res. 6, 1889 (pairs); Judice and Pires 1994, Comput.
Oper. Res. 21, 587 (exchange); Lawson and Hanson 1974, Solving Least Squares Problems (walk).
"""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ... import refuse
from ._zero_sum import reduced, whole

MOVES = 10                          # of phase one between two trials, times p
LAST_MOVES = 100                    # when all else has failed
ROUNDS = 4                          # of an exchange in which no fewer are wrong than before
WALK = 20                           # rounds, times p
FEW = 32                            # free entries of a walk's step, at first
REPEATS = 50                        # of a step with the same sets


@dataclass(frozen=True, eq=False)
class Dual:
    """gram (p, p), y, lower and upper (p,); beta (p,) throughout."""

    gram: np.ndarray
    y: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    intercept: bool

    @cached_property
    def diagonal(self):
        return np.diag(self.gram).copy()

    @cached_property
    def floor(self):
        """Least curvature to divide by: equal rows have none."""
        return 1e-12 * self.diagonal.max()

    def residual(self, beta):
        """y - K beta, by the rows of those that are not 0 where these are few."""
        chosen = np.flatnonzero(beta)
        if len(chosen) > 0.3 * len(beta):                   # then a copy of the rows takes longer
            return self.y - self.gram @ beta
        return self.y - beta[chosen] @ self.gram[chosen]

    def move(self, beta, coarse, most=MOVES):
        """Phase one: the best pair, or the coordinate furthest off, until residuals are coarse."""
        beta, residual = beta.copy(), self.residual(beta)
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
        """i that wants to rise most, and j to fall such that the dual gains most."""
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
        """The coordinate that wants most to rise or to fall."""
        i, j = int(rising.argmax()), int(falling.argmin())
        i, wanted = (i, rising[i]) if rising[i] >= -falling[j] else (j, falling[j])
        if abs(wanted) <= coarse or math.isinf(wanted):
            return ()
        step = wanted / max(self.diagonal[i], self.floor)
        return (i, min(max(step, self.lower[i] - beta[i]), self.upper[i] - beta[i])),

    def exchange(self, beta):
        """Phase two, fast: beta of the sets that stay, or the last one; None if one is singular."""
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
        """Phase two, safe: beta of the sets that stay, or the last one.

        It looks at few free entries at a time: of a matrix of low rank most go to a side.
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
                if repeats == REPEATS:                      # it rises without end
                    return beta
            else:
                wrong = self.wrong(beta, residual, free, tolerance)
                if not wrong.any():
                    residual = self.residual(beta)          # without what many steps added up to
                    wrong = self.wrong(beta, residual, free, tolerance)
                if not wrong.any():
                    return beta
                free[wrong.argmax()], repeats = True, 0
        return beta

    def step(self, beta, residual, chosen):
        """Move the chosen, free entries to where their residuals are 0, or to the first side.

        Changes beta and residual; returns the entry that met a side, or None.
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
        """The step of the chosen entries without bounds, with as small a ridge as rounding allows.

        Raises ValueError if the block has a negative eigenvalue beyond rounding.
        """
        from scipy.linalg import LinAlgError, cho_factor, cho_solve
        block, right = self.gram[np.ix_(chosen, chosen)], residual[chosen]
        if self.intercept:                                  # in a basis of what has the sum 0
            block, right = reduced(reduced(block).T), reduced(right)
        ridge = 8 * len(chosen) * np.finfo(float).eps * self.diagonal.max()
        while len(block):
            block.flat[::len(block) + 1] += ridge
            try:
                right = cho_solve(cho_factor(block), right)
                break
            except LinAlgError:                             # gram may be rounded to float32
                refuse.semidefinite("support_vectors", self.gram, -ridge)
                ridge *= 100
        return whole(right) if self.intercept else right

    def inside(self, beta):
        return (beta > self.lower) & (beta < self.upper)

    def wrong(self, beta, residual, free, tolerance=math.inf):
        """By how much residuals of those that are not free have the wrong sign, beyond rounding."""
        residual = residual - self.shift(beta, residual, free)
        size = np.where(beta >= self.upper, -residual, residual)
        return np.where(free | (size <= self.rounding(beta, tolerance)), 0.0, size)

    def unsolved(self, beta, residual, free, tolerance):
        """Whether residuals of the free entries are not all 0."""
        off = residual[free] - self.shift(beta, residual, free)
        return np.abs(off).max(initial=0) > self.rounding(beta, tolerance)

    def rounding(self, beta, tolerance):
        """What of a residual is rounding: a careful guess, a bold one where the tolerance asks."""
        digit = np.finfo(float).eps * (1 + self.diagonal.max() * np.abs(beta).max())
        return min(64 * digit, max(4 * digit, tolerance / 2))

    def solve(self, beta, free):
        """beta with its free entries such that their residuals are 0; None if they cannot be."""
        from scipy.linalg import LinAlgError, cho_factor, cho_solve
        chosen = np.flatnonzero(free)
        if not len(chosen):
            return None if self.intercept and beta.sum() != 0 else beta
        block = self.gram[np.ix_(chosen, chosen)]
        try:
            factor = cho_factor(block)
        except LinAlgError:                                 # singular to rounding
            return None
        solution = cho_solve(factor, self.y[chosen] - self.gram[chosen] @ beta)
        if self.intercept:
            ones = cho_solve(factor, np.ones(len(chosen)))
            solution -= (solution.sum() + beta.sum()) / ones.sum() * ones
        beta = beta.copy()
        beta[chosen] = solution
        return beta

    def shift(self, beta, residual, free=None):
        """The intercept: the middle of what the conditions allow, given by free entries if any."""
        if not self.intercept:
            return 0.0
        free = self.inside(beta) if free is None else free
        if free.any():
            return (residual[free].max() + residual[free].min()) / 2
        return (residual[beta < self.upper].max() + residual[beta > self.lower].min()) / 2

    def violation(self, beta, residual):
        """The largest residual of a wrong sign, and what the sum of beta lacks of 0, if it must."""
        rising = residual[beta < self.upper].max(initial=0)
        falling = -residual[beta > self.lower].min(initial=0)
        total = abs(beta.sum()) / max(1, np.abs(beta).sum()) if self.intercept else 0.0
        return max(rising, falling, total)
