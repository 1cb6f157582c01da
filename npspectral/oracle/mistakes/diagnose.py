"""From failed results to causes: what came in a wrong form, which known mistake reproduces the run,
and, where none does, what pattern the wrong numbers have.

A cause is named only if, simulated, it gives the candidate's numbers in every case, those that pass
included. Several causes at once are named only if together they do. No name is better than a wrong
one.
"""
from collections import Counter
from dataclasses import dataclass
from itertools import islice, product

from ..verdict.results import short
from .facts import consistent, fact, forms
from .fit import IGNORED, Fit, Run, at_kink, passed
from .known import MISTAKES, algorithms, structure_of

SCREEN = 8                      # failures looked at before a mistake is held against all results
UNEXPLAINED = "unexplained"
STRUCTURED = ("factored", "nested", "sparse", "recurrent", "complex_recurrent")
ORDER = (("vjp", ""), *(("vjp", name) for name in STRUCTURED), ("loss", ""), ("penalty", ""),
         ("optimizer", ""), ("network", ""), *(("network", name) for name in STRUCTURED))
APART = ("loss", "penalty", "optimizer")
PARTNERS = 10                   # mistakes that explain a part, tried with every other one


@dataclass(frozen=True)
class Finding:
    """Arrays concerned, the sentence for the report, names of mistakes (several: one of them)."""

    names: tuple[str, ...]
    sentence: str
    mistakes: tuple[str, ...]
    n_cases: int


def diagnose(results, dtype):
    """Findings about the failed ones of the results, the surest first; [] if nothing failed."""
    run = Run(results, dtype)
    findings = [Finding(*form, mistakes=(), n_cases=n) for *form, n in forms(results)]
    named: dict = {}
    for kind, layers in ORDER:
        own = run.part(lambda result: (result.case.kind == kind
                                       and structure_of(result.case) == layers))
        if own.failing or own.raised:
            findings += _explained(own, pool(kind, own), named)
    findings = sorted(_merged(findings), key=lambda finding: not finding.mistakes)
    return findings or kinks(results)


def kinks(results):
    """The finding that only cases at a kink fail."""
    failing = [result for result in results if at_kink(result) and result.verdicts
               and not passed(result) and result.status not in IGNORED]
    names = tuple(dict.fromkeys(short(name) for result in failing
                                for name, verdict in result.verdicts.items() if not verdict.ok))
    if not failing:
        return []
    return [Finding(names, f"Only at a kink, where the derivative jumps, a number lies outside of "
                    f"its two sides, as in {failing[0].case.id}.", (), len(failing))]


def pool(kind, run):
    """Mistakes that this kind of case can meet, then the same made in one algorithm alone."""
    whole = [mistake for mistake in MISTAKES if kind in mistake.kinds]
    present = set().union(*(algorithms(result.case) for result in run.failing + run.passing), ())
    scoped = [mistake.only(name) for mistake in whole
              for name in sorted(set(mistake.scopes) & present)
              if name != "spectral" or "dense" in present]
    if kind in ("loss", "penalty", "optimizer"):
        keys = {result.case.spec[kind][kind] for result in run.failing + run.passing}
        scoped += [mistake.only(name) for mistake in whole if not mistake.within
                   for name in sorted(keys) if len(keys) > 1]
    if kind == "network":
        scoped = [mistake.only(name) for mistake in whole for name in sorted(
            set(mistake.within or present) & present) if mistake.part == "loss"] + scoped
    return whole + scoped


def _explained(run, mistakes, named):
    """Findings on one kind of case."""
    if run.raised and not run.failing:
        return []
    known = [entry for entry in named.values() if entry]
    if run.failing and known and _with_known(run, known):
        return []                                       # folded: it follows from what was found
    fits = _single(run, mistakes)
    if not fits and UNEXPLAINED not in named:           # what the layers leave open stays open
        fits = _several(run, mistakes)
    if fits:
        for fit in fits[:1]:
            named[len(named)] = fit.mistakes
        return _findings(run, fits)
    found = _by_algorithm(run, mistakes)
    if not found:
        named[UNEXPLAINED] = ()
    return found or _partly(run, mistakes)


def _by_algorithm(run, mistakes):
    """Each activation, loss, penalty or optimizer by itself; [] where no name is found so.

    A mistake in all layers cannot show in one activation only, so only its own ones are named, and
    none where one in all layers would do as well. Of structured layers there are too few cases of
    each activation to tell.
    """
    parts, found, hits = _split(run), [], 0
    if structure_of(run.failing[0].case):
        return []
    own = [mistake for mistake in mistakes if mistake.part in APART or mistake.within]
    general = [mistake for mistake in mistakes if mistake not in own]
    for part in parts if len(parts) > 1 else []:
        fits = [] if _single(part, general) else _single(part, own)
        hits += bool(fits)
        found += _findings(part, fits) if fits else _partly(part, [])
    return found if hits else []


def _with_known(run, known):
    """Networks and structured layers: mistakes found before, planted together."""
    case = run.failing[0].case
    if case.kind != "network" and not structure_of(case):
        return []
    together = tuple(dict.fromkeys(mistake for entry in known for mistake in entry
                                   if case.kind in mistake.kinds))
    fit = run.fit(together, hidden=True) if together else None
    return [fit] if fit else []


def _single(run, mistakes):
    """Single mistakes that reproduce everything; one made everywhere hides its narrower copies."""
    fits = [run.fit((mistake,)) for mistake in mistakes
            if run.fit((mistake,), SCREEN) is not None]
    fits = [fit for fit in fits if fit]
    fits = [fit for k, fit in enumerate(fits)
            if fit.mistakes[0].name not in {other.mistakes[0].name for other in fits[:k]}
            and fit.raised == min(other.raised for other in fits)]
    return sorted(fits, key=lambda fit: (fit.mistakes[0].part == "precision", fit.misfit))


def _several(run, mistakes):
    """Sets of mistakes that together reproduce everything: those of a cover, or pairs."""
    partial = {mistake: _covered(run, mistake) for mistake in mistakes}
    partial = {mistake: kinds for mistake, kinds in partial.items() if kinds}
    wanted = run.wrong
    choices = [[mistake for mistake in partial if kind in partial[mistake]] for kind in wanted]
    tried, fits = set(), []
    for choice in islice(product(*choices), 400):
        together = tuple(mistake for mistake in mistakes if mistake in choice)
        if together not in tried and len(together) > 1:
            tried.add(together)
            fits += [run.fit(together)] if run.fit(together, SCREEN) else []
    fits = [fit for fit in fits if fit]
    if fits:
        fewest = min(len(fit.mistakes) for fit in fits)
        return [fit for fit in fits if len(fit.mistakes) == fewest]
    first = _linear(run, mistakes) + sorted(
        partial, key=lambda mistake: -len(partial[mistake]))[:PARTNERS]
    order = {mistake: k for k, mistake in enumerate(mistakes)}
    pairs = {tuple(sorted((a, b), key=order.__getitem__)) for a in first for b in mistakes
             if a is not b and a.name != b.name}
    fits = [run.fit(pair) for pair in sorted(pairs, key=lambda pair: [order[m] for m in pair])
            if run.fit(pair, SCREEN) is not None]
    return [fit for fit in fits if fit]


def _linear(run, mistakes):
    """Mistakes that explain the cases without an activation, or one loss or penalty by itself."""
    apart = run.failing[0].case.kind in APART
    parts = _split(run) if apart else [
        run.part(lambda result: _algorithm(result.case) == "identity")]
    count = Counter(fit.mistakes[0] for part in parts if part.failing
                    for fit in _single(part, mistakes))
    return [mistake for mistake, _ in count.most_common(PARTNERS if not apart else 3)]


def _covered(run, mistake, screen=SCREEN):
    """Failing classes of arrays that the mistake alone reproduces where it was looked at."""
    good: Counter = Counter()
    bad = set()
    for result in run.failing[:screen]:
        for name, (misfit, changed) in run.agreements((mistake,), result).items():
            kind = short(name)
            if misfit is None:
                continue
            if not misfit <= 1:
                bad.add(kind)
            good[kind] += changed
    return {kind for kind in good if good[kind] and kind not in bad and kind in run.wrong}


def _split(run):
    """One run for every activation, loss, penalty or optimizer."""
    names = sorted({_algorithm(result.case) for result in run.failing})
    return [run.part(lambda result, name=name: _algorithm(result.case) == name) for name in names]


def _algorithm(case):
    if case.kind in ("loss", "penalty", "optimizer"):
        return case.spec[case.kind][case.kind]
    return "+".join(sorted(algorithms(case) - {"spectral"})) or "identity"


def _findings(run, fits):
    """One finding if the fits are alternatives of one mistake, else one for each that all share."""
    shared = [mistake for mistake in fits[0].mistakes
              if all(mistake in fit.mistakes for fit in fits)]
    if len(fits) > 1 and any(len(fit.mistakes) - len(shared) != 1 for fit in fits):
        names = tuple(" and ".join(m.name for m in fit.mistakes) for fit in fits)
        return [_finding(run, names, [fits[0].mistakes[0].sentence], fits[0], "")]
    found = [_finding(run, (mistake.name,), [mistake.sentence], _alone(run, fits[0], mistake),
                      _place(run, mistake)) for mistake in shared]
    rest = list({mistake.name: mistake for fit in reversed(fits) for mistake in fit.mistakes
                 if mistake not in shared}.values())[::-1]
    if rest:
        found.append(_finding(run, tuple(mistake.name for mistake in rest),
                              [mistake.sentence for mistake in rest], fits[0],
                              _place(run, rest[0])))
    return found


def _alone(run, fit, mistake):
    """The part of the fit's cases that meets this mistake."""
    return type(fit)(fit.mistakes, [case for case in fit.cases if mistake.meets(case)], fit.misfit)


def _place(run, mistake):
    """"In tanh: " for a mistake that was made in one of several algorithms."""
    original = next(other for other in MISTAKES if other.name == mistake.name)
    return f"In {mistake.within[0]}: " if mistake.within != original.within else ""


def _finding(run, names, sentences, fit, place):
    sure = len(fit.cases) > 1 and (fit.shapes > 1 or fit.cases[0].kind == "optimizer")
    cause = sentences[0] if len(sentences) == 1 else "One of: " + " | ".join(sentences)
    if len(names) > 1 and len(sentences) == 1:
        cause = "One of: " + " | ".join(names) + "."
    doubt = "" if sure else "Perhaps (too few cases of different shape to be sure): "
    return Finding(tuple(run.wrong), f"{where(run)}{doubt}{place}{cause} Reproduced in all "
                   f"{len(fit.cases)} cases that show it.", names, len(fit.cases))


def where(run):
    """Whether the forward pass differs, and whether the gradients belong to it."""
    wrong, forward = run.wrong, {"y", "value"}
    if not wrong or wrong == ["trace"]:
        return ""
    if not forward & set(wrong):
        return "The forward is right, gradients are wrong. "
    follow = consistent(run)
    if set(wrong) <= forward:
        return "The forward is wrong, the gradients are right. "
    return "The forward already differs" + (
        ", and the gradients follow it consistently. " if follow else ". ")


def _partly(run, mistakes):
    """Where no mistakes explain all: those that explain arrays of their own, and patterns."""
    found, told = [], set()
    forward = {"y", "value"} & set(run.wrong)       # where it is wrong, gradients follow from it
    explained = {mistake: _whole(run, mistake) for mistake in mistakes}
    explained = {mistake: kinds if not forward or kinds & forward else frozenset()
                 for mistake, kinds in explained.items()}
    for mistake, kinds in explained.items():
        if kinds and not kinds & told:
            rivals = [other for other in mistakes if explained[other] == kinds]
            told |= kinds
            names = tuple(dict.fromkeys(other.name for other in rivals))
            sentences = list(dict.fromkeys(other.sentence for other in rivals))
            cases = [result.case for result in run.failing if any(
                short(name) in kinds and not verdict.ok
                for name, verdict in result.verdicts.items())]
            fit = Fit((mistake,), cases)
            part = ", ".join(sorted(kinds))
            finding = _finding(run, names, sentences, fit, f"{part}: ")
            found.append(Finding(tuple(sorted(kinds)), finding.sentence, names, len(cases)))
    for kind in run.wrong:
        if kind not in told:
            sentence, n_cases = fact(run, kind)
            found.append(Finding((kind,), f"{where(run)}No known mistake fits {kind}: {sentence}",
                                 (), n_cases))
    return found


def _whole(run, mistake):
    """Classes that the mistake reproduces in all results; empty if it changes others wrongly."""
    if not _covered(run, mistake):
        return frozenset()
    good, bad = set(), set()
    for result in run.failing + run.passing:
        for name, (misfit, changed) in run.agreements((mistake,), result).items():
            kind = short(name)
            if misfit is not None and changed:
                (good if misfit <= 1 else bad).add(kind)
            elif misfit is not None and not misfit <= 1 and kind in good:
                bad.add(kind)
    kinds = frozenset(good - bad)
    return kinds if not bad or kinds == {"y"} or kinds == {"y", "value"} else frozenset()


def _merged(findings):
    """Findings of the same mistakes in several kinds of cases as one."""
    merged: dict = {}
    for finding in findings:
        key = finding.mistakes or finding.sentence
        if key in merged:
            old = merged[key]
            names = tuple(dict.fromkeys(old.names + finding.names))
            total = old.n_cases + finding.n_cases
            sentence = old.sentence.replace(f"all {old.n_cases} cases", f"all {total} cases")
            finding = Finding(names, sentence, old.mistakes, total)
        merged[key] = finding
    return list(merged.values())
