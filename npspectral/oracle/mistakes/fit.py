"""How well planted mistakes reproduce a run: number by number, failures and passes alike.

A mistake that explains a run has to give the candidate's own numbers in every case: the wrong ones
where the candidate failed, and the right ones where it passed.
"""
from dataclasses import dataclass

import numpy as np

from ..suite.case import ROUNDOFF, compare
from ..verdict.results import short
from .right import Steps

# dtype -> times u S that a candidate and its simulation may differ, and the distance from a kink,
# relative to the largest unit, within which rounding may decide the branch.
SLACK = {"float64": (2.0, 1e-12), "float32": (2.0, 1e-5), "float16": (1.0, 0.02),
         "bfloat16": (1.0, 0.03)}
IGNORED = ("skipped", "xfail")


@dataclass
class Fit:
    """Mistakes that reproduce all results, the cases that show them, and the mean misfit.

    raised: cases in which the candidate raised, though the mistakes let it answer.
    """

    mistakes: tuple
    cases: list
    misfit: float = 0.0
    raised: int = 0

    @property
    def shapes(self):
        return len({shape_of(case) for case in self.cases})


def _key(mistakes, case):
    return (case.id, *((mistake.name, mistake.within) for mistake in mistakes))


def shape_of(case):
    return tuple(sorted((name, array.shape) for name, array in case.inputs.items()))


class Run:
    """Results of one candidate that count as evidence, failures first, varied ones before alike."""

    def __init__(self, results, dtype, explained=None):
        self.dtype = dtype
        kept = [result for result in results if result.status not in IGNORED
                and result.case.kind != "error" and not at_kink(result)]
        failing = _varied([result for result in kept if not passed(result)])
        self.failing = [result for result in failing if result.verdicts]
        self.raised = [result for result in failing if not result.verdicts]
        self.passing = _varied([result for result in kept if passed(result)])
        self.known = explained if explained is not None else {}

    def part(self, chosen):
        """The run of some of the results, with the same simulations at hand."""
        return Run([result for result in self.failing + self.raised + self.passing
                    if chosen(result)], self.dtype, self.known)

    @property
    def wrong(self):
        """Classes of arrays that fail somewhere, in the order in which cases list them."""
        return list(dict.fromkeys(short(name) for result in self.failing
                                  for name, verdict in result.verdicts.items()
                                  if not verdict.ok and verdict.status != "unexpected"))

    def simulated(self, mistakes, case):
        """Answers with the mistakes planted, or None where they are not met or rounding decides."""
        met = [mistake for mistake in mistakes if mistake.meets(case)]
        if met and "EmptyBatch" in case.flags:
            return "unknown"
        key = _key(met, case)
        if key not in self.known:
            self.known[key] = _simulate(met, case, SLACK[self.dtype][1])
        return self.known[key]

    def fit(self, mistakes, screen=None, hidden=False):
        """A Fit if the mistakes reproduce all results (or the first `screen` failures), or None.

        hidden: even if their effect exceeds the tolerance only together with rounding.
        """
        shown, misfits = [], []
        results = self.failing[:screen] if screen else self.failing + self.passing
        for result in results + ([] if screen else self.raised):
            agreements = self.agreements(mistakes, result)
            if any(misfit is not None and not misfit <= 1 for misfit, _ in agreements.values()):
                return None
            misfits += [misfit for misfit, _ in agreements.values() if misfit is not None]
            if any(changed and misfit is not None for misfit, changed in agreements.values()):
                shown.append(result.case)
        if self.failing and not shown and not hidden:
            return None
        raised = 0 if screen else sum(self.simulated(mistakes, result.case) != "raises"
                                      for result in self.raised)
        return Fit(tuple(mistakes), shown, float(np.mean(misfits)) if misfits else 0.0, raised)

    def agreements(self, mistakes, result):
        """Name -> (misfit, changed by the mistakes); misfit <= 1 agrees, None is unknown."""
        key = ("agreements", *_key(mistakes, result.case))
        if key not in self.known:
            self.known[key] = self._agreements(mistakes, result)
        return self.known[key]

    def _agreements(self, mistakes, result):
        case = result.case
        found = self.simulated(mistakes, case)
        if found == "unknown":
            return {}
        if found == "raises":
            return {"y": (0.0 if not result.verdicts else np.inf, True)}
        return {name: self._agreement(case, name, result, None if found is None else found[name])
                for name in case.expect if name in result.verdicts}

    def _agreement(self, case, name, result, simulated):
        expected, verdict = case.expect[name], result.verdicts[name]
        if verdict.status in ("missing", "dtype"):
            return None, False
        if simulated is None:
            return (0.0 if verdict.ok else np.inf), False
        if simulated.shape != expected.value.shape or verdict.status == "shape":
            told = f"has shape {simulated.shape}" in verdict.detail
            return (0.0 if told else np.inf), True
        with np.errstate(all="ignore"):
            changed = not compare(expected, simulated, self.dtype, "certified").ok
            return _misfit(result.got[name], simulated, expected, self.dtype), changed


def at_kink(result):
    """Whether rounding may decide the answer; a penalty's zeros are zeros in any computation."""
    return "Kink" in result.case.flags and (
        result.case.kind != "penalty" or passed(result))


def passed(result):
    return bool(result.verdicts) and all(verdict.ok for verdict in result.verdicts.values())


def _simulate(mistakes, case, nearest):
    if not mistakes:
        return None
    steps = Steps(*(mistake.plant for mistake in mistakes))
    try:
        found = steps.answers(case)
    except (ValueError, IndexError):
        return "raises"
    return "unknown" if steps.nearest < nearest else found


def _misfit(got, simulated, expected, dtype):
    """The largest difference over what rounding may make of it; NaNs have to coincide."""
    if got.size == 0:
        return 0.0
    finite = np.isfinite(simulated)
    if not np.array_equal(finite, np.isfinite(got)):
        return np.inf
    if not finite.any():
        return 0.0
    roundoff, eta = ROUNDOFF[dtype]
    largest, normal = np.abs(simulated[finite]).max(), np.abs(expected.value).max()
    growth = max(1.0, largest / normal) if normal else 1.0
    allowed = SLACK[dtype][0] * roundoff * (growth * expected.scale + 2 * largest) + 2 * eta
    return float((np.abs(got - simulated) / allowed)[finite].max())


def _varied(results):
    """Results in an order that shows every shape and every algorithm early."""
    seen: dict = {}
    ranked = []
    for result in results:
        case = result.case
        key = (case.kind, *sorted(layer["layer"] for layer in case.layers),
               *(str(spec.get(word)) for word, spec in sorted(case.spec.items())))
        rank = seen[key] = seen.get(key, -1) + 1
        ranked.append((rank, result))
    return [result for _, result in sorted(ranked, key=lambda pair: pair[0])]
