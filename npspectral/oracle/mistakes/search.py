"""The search for mistakes that reproduce a run: one alone, several together, or parts of it."""
from collections import Counter
from itertools import islice, product

from .known import APART, algorithm_of

SCREEN = 8                      # failures in which a mistake is seen before it is tried on all
CHOICES = 400                   # sets of mistakes tried, one mistake for every class of arrays
PARTNERS = 10                   # mistakes that explain a part, tried with every other one


def single(evidence, mistakes):
    """Fits of one mistake alone, the best first; one made everywhere hides its narrower copies.

    If the candidate raised in some cases, only mistakes that explain most of these count; of them
    only those that miss fewest cases.
    """
    fits = [fit for mistake in mistakes if (fit := evidence.fit((mistake,)))]
    fewest = min(((fit.raised, fit.missed) for fit in fits), default=None)
    fits = [fit for fit in fits if (fit.raised, fit.missed) == fewest]
    first: dict = {}
    for fit in sorted(fits, key=lambda fit: (len(fit.mistakes[0].within) == 1, fit.misfit)):
        first.setdefault(fit.mistakes[0].name, fit)
    return sorted(first.values(),
                  key=lambda fit: (fit.mistakes[0].part == "precision", fit.misfit))


def several(evidence, mistakes):
    """Fits of sets of mistakes: one mistake for every class of arrays, else pairs."""
    partial = {mistake: kinds for mistake in mistakes if (kinds := first_kinds(evidence, mistake))}
    return _covers(evidence, mistakes, partial) or _pairs(evidence, mistakes, partial)


def _covers(evidence, mistakes, partial):
    """Fits of the smallest sets that have, for every wrong class of arrays, a mistake giving it."""
    choices = [[mistake for mistake in partial if kind in partial[mistake]]
               for kind in evidence.wrong]
    sets = dict.fromkeys(tuple(mistake for mistake in mistakes if mistake in choice)
                         for choice in islice(product(*choices), CHOICES))
    fits = [fit for together in sets if len(together) > 1 and (fit := evidence.fit(together))
            and not _cancel(evidence, together)]
    fewest = min((len(fit.mistakes) for fit in fits), default=0)
    return [fit for fit in fits if len(fit.mistakes) == fewest]


def _pairs(evidence, mistakes, partial):
    """Fits of a mistake that explains a part with any other one."""
    widest = sorted(partial, key=lambda mistake: -len(partial[mistake]))[:PARTNERS]
    order = {mistake: k for k, mistake in enumerate(mistakes)}
    pairs = {tuple(sorted((a, b), key=order.get)) for a in _simplest(evidence, mistakes) + widest
             for b in mistakes if a.name != b.name}
    return [fit for pair in sorted(pairs, key=lambda pair: [order[mistake] for mistake in pair])
            if (fit := evidence.fit(pair)) and not _cancel(evidence, pair)]


def _cancel(evidence, mistakes):
    """Whether one of the mistakes alone would move a class of arrays that is right everywhere."""
    return any(agreement.changed and agreement.kind not in evidence.wrong
               for mistake in mistakes for result in evidence.failing + evidence.passing
               for agreement in evidence.agreements((mistake,), result))


def _simplest(evidence, mistakes):
    """The mistakes that most often explain one loss, penalty or optimizer by itself.

    Of layers they are those that explain the cases without an activation.
    """
    apart = evidence.failing[0].case.kind in APART
    parts = by_algorithm(evidence).values() if apart else [
        evidence.part(lambda case: algorithm_of(case) == "identity")]
    count = Counter(fit.mistakes[0] for part in parts if part.failing
                    for fit in single(part, mistakes))
    return [mistake for mistake, _ in count.most_common(3 if apart else PARTNERS)]


def by_algorithm(evidence):
    """The evidence of every activation, loss, penalty or optimizer that fails, by name."""
    names = sorted({algorithm_of(result.case) for result in evidence.failing})
    return {name: evidence.part(lambda case, name=name: algorithm_of(case) == name)
            for name in names}


def first_kinds(evidence, mistake):
    """Wrong classes of arrays that, in the first failures, the mistake changes and gives."""
    agreements = [agreement for result in evidence.failing[:SCREEN]
                  for agreement in evidence.agreements((mistake,), result)]
    changed, contradicted = _kinds(agreements)
    return (changed - contradicted) & set(evidence.wrong)


def all_kinds(evidence, mistake):
    """Classes that the mistake gives in all results; only y and value if it changes others wrongly.

    Gradients that differ although y is given may have another mistake.
    """
    if not first_kinds(evidence, mistake):
        return frozenset()
    changed, contradicted = _kinds([
        agreement for result in evidence.failing + evidence.passing
        for agreement in evidence.agreements((mistake,), result)])
    kinds = frozenset(changed - contradicted)
    return kinds & {"y", "value"} if changed & contradicted else kinds


def _kinds(agreements):
    """Classes of arrays that are changed somewhere, and those that disagree somewhere."""
    return ({agreement.kind for agreement in agreements if agreement.changed},
            {agreement.kind for agreement in agreements if not agreement.agrees})
