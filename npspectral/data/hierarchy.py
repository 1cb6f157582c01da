"""The Random Hierarchy Model: classes made of symbols, made of symbols, down to the input.

    level L      the class, one of n_classes
    level l      s^(L - l) symbols, each one of v
    level 0      the input, d = s^L symbols

Every class, and every symbol of a level above 0, is written on the level below as a tuple of s
symbols, any of m: its synonyms. All tuples of a level are drawn at random from the v^s, and no two
of them are alike. So an input tells all the symbols above it, and the class.

    number of choices     1 + s + ... + s^(L-1) = (s^L - 1) / (s - 1), each of one tuple in m
    number of inputs      P_max = n_classes m^choices

Source: Cagnetta, Petrini, Tomasini, Favero and Wyart 2024, Phys. Rev. X 14, 031001, and the
authors' public code.
"""
from dataclasses import dataclass

import numpy as np

from .. import refuse
from .._shapes import Shapes

LARGEST = np.iinfo(np.int64).max            # inputs are numbered


@dataclass(frozen=True, eq=False, repr=False)
class RandomHierarchy(Shapes):
    """The rules of all levels: rules[l - 1] (symbols of level l, m, s) has the synonyms of each.

    Symbols are the numbers 0 to v - 1, classes 0 to n_classes - 1.
    """

    v: int
    rules: tuple

    def draw(self, rng, n, repeats=False):
        """inputs (n, d) and classes (n,) of integers, every input equally likely.

        No two of the n inputs are alike, unless with repeats.
        """
        owner = "RandomHierarchy.draw"
        refuse.generator(owner, rng)
        refuse.integer(owner, "n", n, 1, None if repeats else self.size, "the number of inputs")
        numbers = rng.choice(self.size, n, replace=repeats)
        classes, numbers = numbers % self.n_classes, numbers // self.n_classes
        counts = [self.s ** i for i in range(self.levels)]              # of the choices, top-down
        digits = numbers[:, None] // self.m ** np.arange(sum(counts)) % self.m
        return self._written(classes[:, None], np.split(digits, np.cumsum(counts)[:-1], 1)), classes

    def exchange(self, rng, inputs, level):
        """The inputs (n, d) with the same symbols of this level; all tuples below drawn anew."""
        symbols = self.read(inputs, level)
        return self._written(symbols, [rng.integers(self.m, size=(len(symbols), n)) for n in
                                       symbols.shape[1] * self.s ** np.arange(level)])

    def _written(self, symbols, choices):
        """Inputs with these symbols of level len(choices); choices say the tuples, top-down."""
        for rule, choice in zip(self.rules[:len(choices)][::-1], choices):
            symbols = rule[symbols, choice].reshape(len(symbols), -1)
        return symbols

    def read(self, inputs, level):
        """The symbols (n, s^(L - level)) of a level, of inputs (n, d); of level L the classes."""
        owner, symbols = "RandomHierarchy.read", self._inputs("RandomHierarchy.read", inputs)
        refuse.integer(owner, "level", level, 0, self.levels, "levels")
        for rule in self.rules[:level]:
            above = np.full((self.v,) * self.s, -1)
            above[tuple(rule.transpose(2, 0, 1))] = np.arange(len(rule))[:, None]
            symbols = above[tuple(symbols.reshape(len(inputs), -1, self.s).transpose(2, 0, 1))]
            unknown = np.flatnonzero((symbols < 0).any(1))
            if len(unknown):
                raise ValueError(f"{owner}: row {unknown[0]} of inputs has a tuple that no symbol "
                                 f"is written as")
        return symbols

    def one_hot(self, inputs, dtype=float):
        """x (n, d v): in v channels of each position 1 at its symbol, elsewhere -1/sqrt(v - 1).

        The channels of a position stand side by side, as in a convolution.
        """
        inputs, low = self._inputs("RandomHierarchy.one_hot", inputs), -(self.v - 1) ** -0.5
        x = np.where(inputs[..., None] == np.arange(self.v), 1, low)
        return x.reshape(len(inputs), -1).astype(dtype)

    def _inputs(self, owner, inputs):
        """The inputs, if they are symbols (n, d)."""
        refuse.array(owner, "inputs", inputs, 2, "iu")
        if inputs.shape[1] != self.d or inputs.min() < 0 or inputs.max() >= self.v:
            raise ValueError(f"{owner}: inputs has shape {inputs.shape} and numbers from "
                             f"{inputs.min()} to {inputs.max()}, expected (n, {self.d}) and 0 to "
                             f"{self.v - 1}")
        return inputs

    @property
    def levels(self):
        """L, the number of rules."""
        return len(self.rules)

    @property
    def n_classes(self):
        """Symbols of the highest level."""
        return len(self.rules[-1])

    @property
    def m(self):
        """Synonyms of each symbol."""
        return self.rules[0].shape[1]

    @property
    def s(self):
        """Symbols in a tuple."""
        return self.rules[0].shape[2]

    @property
    def d(self):
        """Symbols of an input."""
        return self.s ** self.levels

    @property
    def size(self):
        """P_max, the number of different inputs."""
        return self.n_classes * self.m ** sum(self.s ** i for i in range(self.levels))


def random_hierarchy(rng, v, m, n_classes, levels, s=2):
    """Draw a RandomHierarchy: its rules. m times v, and m times n_classes, is at most v^s.

    Raises TypeError or ValueError on arguments that do not fit, and if there were more than 2^63
    different inputs.

    >>> rng = np.random.default_rng(0)
    >>> hierarchy = random_hierarchy(rng, v=4, m=4, n_classes=4, levels=3)
    >>> hierarchy.size, hierarchy.draw(rng, 5)[0].shape
    (65536, (5, 8))
    """
    owner = "random_hierarchy"
    refuse.generator(owner, rng)
    for name, value, low in (("v", v, 2), ("m", m, 1), ("n_classes", n_classes, 2),
                             ("levels", levels, 1), ("s", s, 2)):
        refuse.integer(owner, name, value, low)
    symbols = [v] * (levels - 1) + [n_classes]
    if m * max(symbols) > v ** s:
        raise ValueError(f"{owner}: {max(symbols)} symbols of m = {m} tuples each, expected at "
                         f"most v^s = {v ** s} tuples")
    tuples = np.array(np.unravel_index(np.arange(v ** s), (v,) * s)).T
    rules = tuple(rng.permutation(tuples)[:n * m].reshape(n, m, s) for n in symbols)
    hierarchy = RandomHierarchy(v, rules)
    if hierarchy.size > LARGEST:
        raise ValueError(f"{owner}: there are {hierarchy.size:.1e} different inputs, expected at "
                         f"most 2^63")
    return hierarchy
