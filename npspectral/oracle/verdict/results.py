"""What became of one case, and how far its numbers are from the golden ones."""
import difflib
import math
import re
from dataclasses import dataclass, field

import numpy as np

from .compare import PASSED, rounding

FAILED = ("wrong", "error", "mutated", "nondeterministic", "xpass")
IGNORED = ("xfail", "skipped")           # these say nothing about the candidate
STATUSES = (*PASSED, *FAILED, *IGNORED)
FIRST = ("y", "value", "trace")         # what the gradients of a case follow from
OF_NUMBERS = ("wrong", "not-finite")    # verdicts on arrays whose form is right


@dataclass(frozen=True)
class Finding:
    """Arrays concerned, the sentence for the report, names of mistakes (several: one of them).

    n_cases that show it; missed: others, whose numbers differ by little more than rounding.
    """

    names: tuple[str, ...]
    sentence: str
    mistakes: tuple[str, ...]
    n_cases: int
    missed: int = 0


@dataclass(frozen=True)
class CaseResult:
    """What became of one case; got: the answers of the right shape, in npspectral's layout."""

    case: object
    status: str
    verdicts: dict = field(default_factory=dict)
    got: dict = field(default_factory=dict)
    message: str = ""

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ValueError(f"CaseResult: status is {self.status!r}, expected one of {STATUSES}")

    @property
    def passed(self):
        return self.status in PASSED

    @property
    def failed(self):
        return self.status in FAILED

    @property
    def wrong(self):
        """Names of the arrays that are not right."""
        return [name for name, verdict in self.verdicts.items() if not verdict.ok]

    @property
    def roots(self):
        """The wrong arrays that do not follow from another wrong one: y, else value, else all."""
        first = [name for name in FIRST if name in self.wrong]
        return first[:1] or self.wrong

    @property
    def wrong_numbers(self):
        """The roots that came in the right form."""
        return [name for name in self.roots if self.verdicts[name].status in OF_NUMBERS]

    @property
    def size(self):
        return sum(expected.value.size for expected in self.case.expect.values())


def status_of(verdicts):
    statuses = {verdict.status for verdict in verdicts.values()}
    if statuses <= {*PASSED}:
        return "acceptable" if "acceptable" in statuses else "pass"
    return "wrong" if statuses <= {*PASSED, "wrong"} else "error"


def message_of(verdicts):
    return "; ".join(f"{name} {verdict.detail or verdict.status}" for name, verdict in
                     verdicts.items() if not verdict.ok and verdict.status != "wrong")


def told(error):
    line = first_line(error)
    return type(error).__name__ + (f": {line}" if line else "")


def first_line(error):
    try:
        lines = str(error).strip().splitlines()
    except Exception:                               # a message that cannot be formed is none
        lines = []
    return lines[0][:200] if lines else ""


def meant(name, known):
    """"; did you mean 'phi'?" where one of the known names is like this one, or ""."""
    near = difflib.get_close_matches(str(name), map(str, known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def short(name):
    """The class of an array: grad_phi for grad_0/phi, grad_phi_k for grad_phi_1."""
    return re.sub("_[0-9]+$", "_k", re.sub("[0-9]+/", "", name))


def margins(result, dtype, name):
    """|got - want| / (u S + eta) of every number of an array; inf where it is not finite."""
    expected = result.case.expect[name]
    roundoff, eta = rounding(dtype, expected)
    with np.errstate(all="ignore"):
        ratio = np.abs(result.got[name] - expected.value) / (roundoff * expected.scale + eta)
    return np.where(np.isfinite(ratio), ratio, np.inf)


def digits(result, dtype, name):
    """To how many decimal digits of its scale S an array agrees, at its worst number."""
    expected = result.case.expect[name]
    roundoff, eta = rounding(dtype, expected)
    with np.errstate(all="ignore"):
        error = np.abs(result.got[name] - expected.value)
        scale = np.where(expected.scale == 0, error, expected.scale)
        relative = np.where(error <= eta, 0, error / scale)
    worst = float(np.where(np.isfinite(relative), relative, np.inf).max())
    most = -math.log10(roundoff)
    return max(0.0, min(most, -math.log10(worst) if worst else most))
