"""What a report says of a planted bug: its name, its place, or what is not so."""
import re
from dataclasses import dataclass
from functools import cached_property

from own_bugs import FORWARD, Bug

from npspectral import oracle
from npspectral.oracle.verdict.report import Report
from npspectral.oracle.verdict.results import short

# Where the wrong numbers are, which says no cause; what else is said of them is a hint.
PLACE = r"(all (of its )?numbers|.*(entries|rows|columns|samples|planes) .*) differ\b.*"
# What the numbers themselves show.
FACT = (r"(it is|they are) (\S+ times the reference( \(spread \S+\))?|zero everywhere|"
        r"the reference( transposed| of \S+| with rows reversed)?)|"
        r"(it differs|they differ) by about \S+ of the size of (its|their) terms")
# What is said beside a cause, and of which bugs it is true.
STATES = {
    "The forward already differs, and the gradients follow it consistently": (
        lambda bug: bug.follows and FORWARD & set(bug.at)),
    "The forward already differs": lambda bug: FORWARD & set(bug.at),
    "The forward is wrong, the gradients are right": lambda bug: set(bug.at) <= FORWARD,
    "The forward is right, gradients are wrong": lambda bug: set(bug.at) - FORWARD}


@dataclass(frozen=True)
class Verdict:
    bug: Bug
    report: Report

    @property
    def detected(self):
        return bool(self.report.failures)

    @cached_property
    def causes(self):
        """The part of every finding that gives a cause, without what is said beside it."""
        return [cause for cause in (bare(f.sentence) for f in self.report.findings) if cause]

    def names(self, bug):
        return any(bug.holds(bug.said, cause) for cause in self.causes)

    def locates(self, bug):
        """A pattern that every failing case or a finding holds, or the gradients that are wrong."""
        failed = self.report.failures
        if bug.where:
            return all(bug.holds(bug.where, f"{result.case.id} {result.message}")
                       for result in failed) or any(
                bug.holds(bug.where, finding.sentence) for finding in self.report.findings)
        wrong = {short(name) for result in failed for name in result.wrong}
        return not FORWARD & set(bug.at) and wrong <= set(map(short, self.bug.at))

    @cached_property
    def bugs(self):
        return self.bug.parts or (self.bug,)

    @cached_property
    def named(self):
        return self.detected and all(map(self.names, self.bugs))

    @cached_property
    def told(self):
        """Whether each of its bugs is named or has a place."""
        return self.detected and all(self.names(bug) or self.locates(bug) for bug in self.bugs)

    @cached_property
    def untrue(self):
        """Causes that are none of this bug, and what is said beside them that is not so."""
        found = [cause for cause in self.causes if not re.fullmatch(FACT, cause) and not any(
            bug.holds(pattern, cause) for bug in self.bugs
            for pattern in (bug.said, bug.where, bug.hints))]
        return found + [finding.sentence for finding in self.report.findings
                        if not all(is_so(self.bug) for said, is_so in STATES.items()
                                   if f"{said}." in finding.sentence)]


def bare(sentence):
    """The cause that a finding gives, "" if it only says where the numbers are wrong."""
    for said in STATES:
        sentence = sentence.replace(f"{said}. ", "")
    sentence = re.sub(r"Reproduced in [^.]*\.|, in \d+ of \d+ wrong arrays\.|"
                      r" ?Only (where .*?, and everywhere there|where [^.]*|large cases differ)"
                      r"(, [^.]*)?\.", "", sentence)
    sentence = re.sub(r"^In [a-z ]+: ", "", sentence)
    sentence = re.sub(r"No known mistake fits [^:]*: ", "", sentence)
    return "" if re.fullmatch(PLACE, sentence.strip()) else sentence.strip()


def verdict_of(bug):
    return Verdict(bug, oracle.check(bug.candidate(), suite=bug.suite, dtype=bug.dtype,
                                     only=list(bug.only)))
