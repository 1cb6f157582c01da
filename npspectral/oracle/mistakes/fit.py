"""How well planted mistakes reproduce a run: number by number, failures and passes alike.

A mistake that explains a run gives the candidate's own numbers in every case: the wrong ones where
the candidate failed, and the right ones where it passed. One case in 40 may differ from them by
little more than rounding.
"""
import copy
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ..verdict.compare import compare, rounding
from ..verdict.results import IGNORED, short
from .right import Steps

# dtype -> times u S that a candidate and its simulation may differ, and the distance from a kink,
# relative to the largest unit, within which rounding may decide the branch.
SLACK = {"float64": (2.0, 1e-12), "float32": (2.0, 1e-5), "float16": (1.0, 0.02),
         "bfloat16": (1.0, 0.03), "tf32": (4.0, 0.02)}
DROWNED = 2.0 ** -17        # less than this share of S is what no case has but at saturation
ABSENT = ("missing", "dtype")            # arrays without numbers, which say nothing of a mistake
WRONG = ("wrong", "not-finite", "shape")
NEAR, ONE_IN = 8.0, 40          # a misfit up to NEAR in one of so many cases is taken for rounding


@dataclass(frozen=True)
class Simulation:
    """What a candidate with certain mistakes does in one case, and the answers it gives.

    outcome: "right" where it meets none of them, "answers", "raises", or "unknown" where rounding
    decides what it gives.
    """

    outcome: str
    answers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Agreement:
    """One array of a result beside the simulated one: equal but for rounding if misfit <= 1.

    kind: the class of the array; changed: the mistakes move it by more than the tolerance.
    """

    kind: str
    misfit: float
    changed: bool

    @property
    def agrees(self):
        return self.misfit <= 1                             # a NaN does not


@dataclass(frozen=True)
class Fit:
    """Mistakes that reproduce the results, the cases that show them, and the mean misfit.

    raised: cases in which the candidate raised, though the mistakes let it answer. missed: cases
    in which the numbers differ by a little more than rounding.
    """

    mistakes: tuple
    cases: list
    misfit: float
    raised: int
    missed: int


class Evidence:
    """Results of one candidate, sorted once by what they can tell, those of different kinds first.

    failing have wrong arrays, raised have none, passing are right: these tell mistakes apart, and
    parts of the evidence have their own. rounded miss the bits of the exact tier by rounding alone,
    at_kink are wrong where rounding decides; counted are all results that say something. `memory`
    holds the simulations and agreements computed so far.
    """

    def __init__(self, results, dtype):
        self.dtype, self.memory = dtype, {}
        self.counted = [result for result in results if result.status not in IGNORED]
        self.at_kink = [result for result in self.counted if astray(result) and _at_kink(result)]
        steady = [result for result in self.counted if result.status != "nondeterministic"]
        self.n_unsteady = len(self.counted) - len(steady)
        telling = [result for result in steady if not _at_kink(result)]
        self.failing = _varied([result for result in telling if astray(result)])
        self.raised = [result for result in telling
                       if not result.verdicts and result.case.kind != "error"]
        self.passing = _varied([result for result in telling if result.got and not astray(result)])
        self.rounded = [result for result in self.passing
                        if any(verdict.status == "wrong" for verdict in result.verdicts.values())]

    def part(self, chosen):
        """The evidence of the cases for which chosen(case) holds."""
        part = copy.copy(self)
        for name in ("failing", "raised", "passing", "counted"):
            setattr(part, name, [result for result in getattr(self, name) if chosen(result.case)])
        return part

    @property
    def cases(self):
        """The cases in which arrays came."""
        return [result.case for result in self.failing + self.passing]

    @property
    def wrong(self):
        """Classes of arrays that fail somewhere, in the order in which cases list them."""
        return list(dict.fromkeys(short(name) for result in self.failing
                                  for name in astray(result)))

    def fit(self, mistakes, hidden=False):
        """The Fit of these mistakes, planted together; None if a result contradicts them.

        They have to move an array by more than the tolerance. `hidden` drops this condition: a
        small change can exceed the tolerance together with rounding alone.
        """
        cases, misfits, missed = [], [], 0
        for result in self.failing + self.passing + self.raised:
            agreements = self.agreements(mistakes, result)
            if all(agreement.agrees for agreement in agreements):
                misfits += [agreement.misfit for agreement in agreements]
                cases += [result.case] * any(agreement.changed for agreement in agreements)
            elif self.is_near(agreements) and missed < len(self.failing) // ONE_IN:
                missed += 1
            else:
                return None
        if not cases and not hidden:
            return None
        raised = sum(self.simulation(mistakes, result.case).outcome != "raises"
                     for result in self.raised)
        return Fit(tuple(mistakes), cases, float(np.mean(misfits)) if misfits else 0.0, raised,
                   missed)

    def is_near(self, agreements):
        """Whether simulated numbers, where they differ, do by hardly more than rounding."""
        return self.dtype in ("float64", "float32") and all(
            agreement.misfit <= NEAR and agreement.changed for agreement in agreements
            if not agreement.agrees)

    def agreements(self, mistakes, result):
        """An Agreement for every array of the result whose simulation is known."""
        key = ("agreements", *_key(mistakes, result.case))
        if key not in self.memory:
            self.memory[key] = self._agreements(self.simulation(mistakes, result.case), result)
        return self.memory[key]

    def simulation(self, mistakes, case):
        """The Simulation of a candidate with these mistakes."""
        met = [mistake for mistake in mistakes if mistake.meets(case)]
        key = ("simulation", *_key(met, case))
        if key not in self.memory:
            self.memory[key] = _simulated(met, case, SLACK[self.dtype][1])
        return self.memory[key]

    def _agreements(self, simulation, result):
        if simulation.outcome == "unknown":
            return []
        if simulation.outcome == "raises":
            y = result.verdicts.get("y")
            fits = not result.verdicts or (y is not None and y.status == "shape")
            return [Agreement("y", 0.0 if fits else np.inf, True)]
        return [self._agreement(simulation, result, name) for name in result.case.expect
                if name in result.verdicts and result.verdicts[name].status not in ABSENT]

    def _agreement(self, simulation, result, name):
        expected, verdict, kind = result.case.expect[name], result.verdicts[name], short(name)
        if simulation.outcome == "right":
            return Agreement(kind, np.inf if name in astray(result) else 0.0, False)
        simulated = simulation.answers[name]
        if simulated.shape != expected.value.shape or verdict.status == "shape":
            same = f"has shape {simulated.shape}" in verdict.detail
            return Agreement(kind, 0.0 if same else np.inf, True)
        with np.errstate(all="ignore"):
            changed = not compare(expected, simulated, self.dtype, "certified").ok
            return Agreement(kind, _misfit(result.got[name], simulated, expected, self.dtype),
                             changed)


def _key(mistakes, case):
    return case.id, *((mistake.name, mistake.within, mistake.variant) for mistake in mistakes)


def shape_of(case):
    return tuple(sorted((name, array.shape) for name, array in case.inputs.items()))


def astray(result):
    """Names of the arrays that came, and are wrong by more than rounding."""
    return [name for name, verdict in result.verdicts.items() if verdict.status in WRONG
            and not (verdict.status == "wrong" and verdict.ratio <= 1)]


def _at_kink(result):
    """Whether rounding may decide the answer; a penalty's zeros are zeros in any computation."""
    right = result.verdicts and not astray(result)
    return "Kink" in result.case.flags and (result.case.kind != "penalty" or right)


def _simulated(mistakes, case, nearest):
    if not mistakes:
        return Simulation("right")
    if "EmptyBatch" in case.flags:
        return Simulation("unknown")
    steps = Steps(*(mistake.plant for mistake in mistakes))
    try:
        answers = steps.answers(case)
    except (ValueError, IndexError):
        return Simulation("raises")
    return Simulation("unknown") if steps.nearest < nearest else Simulation("answers", answers)


def _misfit(got, simulated, expected, dtype):
    """The largest difference over what rounding may make of it; NaNs have to coincide.

    A number of the other sign comes from another branch, whose rounding the largest S bounds.
    """
    if got.size == 0:
        return 0.0
    finite = np.isfinite(simulated)
    if not np.array_equal(finite, np.isfinite(got)):
        return np.inf
    if not finite.any():
        return 0.0
    roundoff, eta = rounding(dtype, expected)
    largest = np.abs(simulated[finite]).max()
    scale = np.where(simulated * expected.value < 0, expected.scale.max(), expected.scale)
    allowed = SLACK[dtype][0] * roundoff * (
        growth(largest, expected) * scale + 2 * largest) + 2 * eta
    return float((np.abs(got - simulated) / allowed)[finite].max())


def growth(largest, expected):
    """How many times S the rounding of an array may be whose largest number is this one.

    Numbers far below their own rounding, as slopes at saturation are, tell nothing of that.
    """
    normal = np.abs(expected.value).max()
    return max(1.0, largest / max(normal, DROWNED * expected.scale.max())) if normal else 1.0


def _varied(results):
    """The first result of every kind, layers and options, then the second of each, and so on."""
    count, ranked = Counter(), []
    for result in results:
        case = result.case
        kind = (case.kind, *sorted(layer["layer"] for layer in case.layers),
                *(str(spec.get(word)) for word, spec in sorted(case.spec.items())))
        ranked.append((count[kind], result))
        count[kind] += 1
    return [result for _, result in sorted(ranked, key=lambda pair: pair[0])]
