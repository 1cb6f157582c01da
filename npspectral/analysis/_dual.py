"""The dual problem of support vectors, solved in two phases; notation of kernel_machines.

Phase one: coordinates move by pairs (one by one without intercept) until no residual is off by
more than a coarse bound. Phase two, sets: with those at a bound kept there, the free ones solve a
linear system, which makes their residuals 0. In an exchange those that leave the box stop at its
side and those at a bound with a residual of the wrong sign are freed, all at once: a few rounds,
which may go round in circles. In a walk the first to meet a side is fixed there, else the worst
residual freed: many rounds, in each of which the dual value rises. When the sets stay, the
conditions hold to rounding. For p up to a few thousand.

Source: Fan, Chen and Lin 2005, J. Mach. Learn. Res. 6, 1889 (pairs); Judice and Pires 1994, Comput.
Oper. Res. 21, 587 (exchange); Lawson and Hanson 1974, Solving Least Squares Problems (walk).
"""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MOVES = 100                         # of phase one between two trials, times p
ROUNDS = 4                          # of an exchange in which no fewer are wrong than before
WALK = 20                           # rounds, times p


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

    def move(self, beta, coarse):
        """Phase one: the best pair, or the coordinate furthest off, until residuals are coarse."""
        beta, residual = beta.copy(), self.residual(beta)
        closed_up = np.where(beta < self.upper, 0.0, -math.inf)
        closed_down = np.where(beta > self.lower, 0.0, math.inf)
        choose = self.pair if self.intercept else self.single
        for _ in range(MOVES * len(beta)):
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
        """Phase two, fast: beta of the sets that stay, or the last one."""
        free, fewest, rounds_left = self.inside(beta), len(beta) + 1, ROUNDS
        while rounds_left:
            solved = self.solve(np.where(free, 0.0, beta), free)
            if solved is None:
                return beta
            wrong = self.wrong(solved, free) > 0
            wrong |= free & ((solved < self.lower) | (solved > self.upper))
            beta = np.clip(solved, self.lower, self.upper)
            count = np.count_nonzero(wrong)
            if count == 0:
                return beta
            fewest, rounds_left = (count, ROUNDS) if count < fewest else (fewest, rounds_left - 1)
            free = free ^ wrong
        return beta

    def walk(self, beta):
        """Phase two, safe: beta of the sets that stay, or the last one."""
        free = self.inside(beta)
        for _ in range(WALK * len(beta)):
            solved = self.solve(np.where(free, 0.0, beta), free)
            if solved is None:
                return beta
            side = np.where(solved < beta, self.lower, self.upper)
            leaves = free & ((solved < self.lower) | (solved > self.upper))
            shares = np.ones(len(beta))
            shares[leaves] = (side - beta)[leaves] / (solved - beta)[leaves]
            first = int(shares.argmin())
            if leaves[first]:
                beta = np.clip(beta + shares[first] * (solved - beta), self.lower, self.upper)
                beta[first], free[first] = side[first], False
                continue
            beta, wrong = solved, self.wrong(solved, free)
            worst = int(wrong.argmax())
            if wrong[worst] == 0:
                return beta
            free[worst] = True
        return beta

    def inside(self, beta):
        return (beta > self.lower) & (beta < self.upper)

    def wrong(self, beta, free):
        """By how much residuals of those that are not free have the wrong sign, beyond rounding."""
        residual = self.residual(beta)
        residual -= self.shift(beta, residual, free)
        rounding = 64 * np.finfo(float).eps * (1 + self.diagonal.max() * np.abs(beta).max())
        size = np.where(beta >= self.upper, -residual, residual)
        return np.where(free | (size <= rounding), 0.0, size)

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
        found = cho_solve(factor, self.y[chosen] - self.gram[chosen] @ beta)
        if self.intercept:
            ones = cho_solve(factor, np.ones(len(chosen)))
            found -= (found.sum() + beta.sum()) / ones.sum() * ones
        beta = beta.copy()
        beta[chosen] = found
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
