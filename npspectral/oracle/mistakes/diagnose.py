"""From failed results to causes: wrong forms, known mistakes that reproduce the run, or patterns.

A cause is named only if, simulated, it gives the candidate's numbers in every case, those that pass
included; in one case of many they may differ by little more than rounding. Nothing is fitted to
arrays that did not come, or that change from run to run. Several causes at once are named only if
together they do. No name is better than a wrong one. Kinds of cases are explained one after the
other, layers before what is made of them:

1. If mistakes named already give these numbers as well, no finding is added.
2. Else one mistake that gives all numbers is looked for,
3. then sums that cancel, or a weight kept from an earlier case, or several mistakes together,
4. then a mistake for each activation, loss, penalty or optimizer by itself,
5. then mistakes that give some arrays in all cases; the other arrays are told by their pattern.

Recurrent networks are built from two abstracts, without the papers' code: none of their mistakes
is listed.
"""
from dataclasses import dataclass, field

import numpy as np

from ..verdict.results import Finding, short
from .facts import forms, kinks, patterns, stale, where
from .fit import Evidence, astray, shape_of
from .known import APART, DERIVED, LAYERS, MISTAKES, candidates, structure_of
from .noise import cancellation, rounded
from .search import all_kinds, by_algorithm, several, single
from .tf32 import tf32

ORDER = (("vjp", ""), ("vjp", "factored"), ("vjp", "nested"), ("vjp", "sparse"), ("loss", ""),
         ("penalty", ""), ("optimizer", ""), ("network", ""), ("network", "factored"),
         ("network", "nested"), ("network", "sparse"), ("vjp", "images"), ("network", "images"),
         ("second", ""), ("second", "factored"), ("second", "images"), ("per_sample", ""),
         ("per_sample", "factored"), ("per_sample", "images"), ("tangent", ""),
         ("tangent", "images"))

ALIKE = " These cases do not tell them apart."


@dataclass
class Before:
    """What the kinds of cases explained so far have shown.

    mistakes: a set for each kind that mistakes explain; open: whether one kind stayed unexplained;
    first: whether first derivatives, or the forward pass, are wrong.
    """

    mistakes: list[tuple] = field(default_factory=list)
    open: bool = False
    first: bool = False


@np.errstate(all="ignore")                  # answers may be NaN or infinite
def diagnose(results, dtype):
    """Findings about the failed ones of the results, the surest first; [] if nothing failed."""
    evidence = Evidence(results, dtype)
    if found := tf32(evidence):
        return found + forms(evidence)
    before = Before(first=any(result.case.kind in (*LAYERS, "loss") for result in evidence.failing))
    findings = forms(evidence)
    if evidence.n_unsteady > len(evidence.failing):
        return findings                     # numbers that change from run to run show no mistake
    for kind, structure in ORDER:
        part = evidence.part(lambda case: (case.kind, structure_of(case)) == (kind, structure))
        if part.failing:
            findings += explained(part, candidates(kind, part.cases), before)
    findings += recurrent(evidence.part(lambda case: structure_of(case) == "recurrent"), before)
    findings = sorted(merged(findings), key=lambda finding: not finding.mistakes)
    return findings + rounded(evidence) or kinks(evidence)


def explained(part, mistakes, before):
    """Findings on one kind of case, by the steps above."""
    if follows(part, before):
        return []
    if before.first and part.failing[0].case.kind in DERIVED:
        return [beside(part, DERIVED[part.failing[0].case.kind].capitalize())]
    fits = single(part, mistakes)
    other = [] if fits else cancellation(part) or stale(part)
    if not fits and not other and not before.open:
        fits = several(part, mistakes)
    if fits:
        before.mistakes.append(fits[0].mistakes)
        return named(part, fits)
    findings = other or one_by_one(part, mistakes)
    before.open = before.open or bool(other) or not findings
    findings = findings or partly(part, mistakes)
    return findings


def follows(part, before):
    """Whether mistakes named before, planted together, give these networks or structured layers."""
    case = part.failing[0].case
    if case.kind not in ("network", *DERIVED) and not structure_of(case):
        return False
    together = dict.fromkeys(mistake for mistakes in before.mistakes for mistake in mistakes
                             if case.kind in mistake.kinds)
    return bool(together) and part.fit(tuple(together), hidden=True) is not None


def one_by_one(part, mistakes):
    """Findings on each activation, loss, penalty or optimizer by itself; [] if none has a name.

    A mistake in all layers cannot show in one activation only, so only mistakes in that activation
    are named, and none where one in all layers would do as well. Of structured layers there are too
    few cases of each activation to tell.
    """
    parts = by_algorithm(part).values()
    if len(parts) == 1 or structure_of(part.failing[0].case):
        return []
    everywhere = [mistake for mistake in mistakes
                  if mistake.part not in APART and not mistake.within]
    narrow = [mistake for mistake in mistakes if mistake not in everywhere]
    findings, any_named = [], False
    for each in parts:
        fits = [] if single(each, everywhere) else single(each, narrow)
        any_named = any_named or bool(fits)
        findings += named(each, fits) if fits else list(patterns(each, each.wrong))
    return findings if any_named else []


def named(part, fits):
    """A finding for each mistake that all fits share, and one for those that they differ in."""
    shared = [mistake for mistake in fits[0].mistakes
              if all(mistake in fit.mistakes for fit in fits)]
    if len(fits) > 1 and any(len(fit.mistakes) != len(shared) + 1 for fit in fits):
        sets = tuple(" and ".join(mistake.name for mistake in fit.mistakes) for fit in fits)
        return [reproduced(part, sets, f"One of: {' | '.join(sets)}.{ALIKE}", fits[0].cases,
                           missed=fits[0].missed)]
    findings = [reproduced(part, (mistake.name,), place(mistake) + mistake.sentence,
                           [case for case in fits[0].cases if mistake.meets(case)],
                           missed=fits[0].missed)
                for mistake in shared]
    others = [mistake for fit in fits for mistake in fit.mistakes if mistake not in shared]
    if others:
        findings.append(one_of(part, others, place(others[0]), fits[0].cases,
                               missed=fits[0].missed))
    return findings


def partly(part, mistakes):
    """Mistakes that give some arrays in all results; the other wrong arrays by their pattern."""
    given = {mistake: all_kinds(part, mistake) for mistake in mistakes}
    forward = {"y", "value"} & set(part.wrong)      # where it is wrong, gradients follow from it
    given = {mistake: kinds for mistake, kinds in given.items()
             if kinds and (kinds & forward or not forward)}
    findings, told = [], set()
    for kinds in dict.fromkeys(given.values()):
        if not kinds & told:
            told |= kinds
            same = [mistake for mistake in given if given[mistake] == kinds]
            cases = [result.case for result in part.failing
                     if kinds & set(map(short, astray(result)))]
            findings.append(one_of(part, same, f"{', '.join(sorted(kinds))}: ", cases,
                                   tuple(sorted(kinds))))
    return findings + list(patterns(part, [kind for kind in part.wrong if kind not in told]))


def recurrent(part, before):
    """Findings on recurrent networks: that they fail beside what has a name, or how they fail."""
    if part.failing and before.mistakes:
        return [beside(part, "Recurrent networks, whose mistakes have no names,")]
    return [Finding(finding.names, f"In recurrent networks: {finding.sentence}", (),
                    finding.n_cases) for finding in patterns(part, part.wrong)]


def beside(part, what):
    """The finding that a part fails beside what is explained, or has to be mended first."""
    n = len(part.failing)
    return Finding(tuple(part.wrong), f"{what} fail in {n} case{'s' * (n > 1)}, too: "
                   f"{', '.join(part.wrong)}.", (), n)


def one_of(part, mistakes, start, cases, arrays=None, missed=0):
    """The finding that one of these mistakes was made."""
    first = {}
    for mistake in mistakes:
        first.setdefault(mistake.name, mistake.sentence)
    cause = "One of: " * (len(first) > 1) + " | ".join(first.values()) + ALIKE * (len(first) > 1)
    return reproduced(part, tuple(first), start + cause, cases, arrays, missed)


def reproduced(part, names, cause, cases, arrays=None, missed=0):
    """The finding of a cause that gives the candidate's numbers in these cases, but some missed."""
    sure = len(cases) > 1 and (cases[0].kind == "optimizer" or len(set(map(shape_of, cases))) > 1)
    doubt = "" if sure else "Perhaps (too few cases of different shape to be sure): "
    return Finding(arrays or tuple(part.wrong), f"{where(part)}{doubt}{cause} "
                   f"Reproduced in {in_all(len(cases), missed)}", names, len(cases), missed)


def in_all(n_cases, missed=0):
    of = f"{n_cases} of {n_cases + missed}" if missed else f"all {n_cases}"
    return f"{of} cases that show it."


def place(mistake):
    """"In tanh: " for a mistake that was made in one of several algorithms."""
    original = next(other for other in MISTAKES if other.name == mistake.name)
    return f"In {mistake.within[0]}: " if mistake.within != original.within else ""


def merged(findings):
    """Findings of the same mistakes in several kinds of cases as one."""
    same: dict = {}
    for finding in findings:
        key = finding.mistakes or finding.sentence
        if key in same:
            first = same[key]
            counts = first.n_cases + finding.n_cases, first.missed + finding.missed
            names = tuple(dict.fromkeys(first.names + finding.names))
            sentence = first.sentence.replace(in_all(first.n_cases, first.missed), in_all(*counts))
            finding = Finding(names, sentence, first.mistakes, *counts)
        same[key] = finding
    return list(same.values())
