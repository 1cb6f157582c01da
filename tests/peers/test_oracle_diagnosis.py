"""Diagnosis of bugs that the engine has never seen: planted in PyTorch and JAX.

Every name in every finding has to be a cause, alternatives included: there are no excepted twins,
since for each of these bugs some core case tells the true name from all others.
"""
from functools import cache

import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

from oracle_torch import TorchAnswers  # noqa: E402
from planted_bugs import PAIRS  # noqa: E402
from planted_bugs import SINGLE as OF_LAYERS  # noqa: E402
from planted_bugs import UNLISTED as OF_NO_LIST  # noqa: E402
from planted_recurrent_bugs import RECURRENT  # noqa: E402
from planted_structure_bugs import STRUCTURED, UNHEARD  # noqa: E402

from npspectral import oracle  # noqa: E402
from npspectral.oracle.mistakes.known import MISTAKES  # noqa: E402

SINGLE, UNLISTED = OF_LAYERS + STRUCTURED, OF_NO_LIST + UNHEARD + RECURRENT
RIGHT = 0.95                    # part of the single bugs whose cause is named first
KNOWN = {mistake.name for mistake in MISTAKES} | {"layout"}


@cache
def checked(bug, dtype):
    return oracle.check(bug.make(dtype), dtype=dtype, only=(
        "*recurrent/*" if bug in RECURRENT else None))                      # saves time


def found(bug, dtype="float64"):
    return checked(bug, dtype)


def named(bug, dtype="float64"):
    """For every finding that names anything, its names: one cause, or alternatives."""
    return [finding.mistakes for finding in found(bug, dtype).findings if finding.mistakes]


def parts(name):
    """The causes in a name; sets of causes are joined by "and", which a name may have itself."""
    return [name] if name in KNOWN else name.split(" and ")


def first_is_right(bug, dtype="float64"):
    return bool(named(bug, dtype)) and set(parts(named(bug, dtype)[0][0])) <= set(bug.names)


def wrong_names(bug, dtype="float64"):
    """Names that are not a cause of this bug, wherever they stand."""
    return [part for names in named(bug, dtype) for name in names for part in parts(name)
            if part not in bug.names]


def both_named(bug):
    """Whether each of the two bugs of a pair has a name."""
    told = {part for names in named(bug) for name in names for part in parts(name)}
    single = [single for single in SINGLE if bug.title.startswith(f"{single} + ")
              or bug.title.endswith(f" + {single}")]
    return len(single) == 2 and all(told & set(one.names) for one in single)


def test_there_are_bugs_enough():
    assert len(SINGLE) >= 40 and len(UNLISTED) >= 8 and len(PAIRS) >= 6


@pytest.mark.parametrize("bug", SINGLE + UNLISTED + PAIRS, ids=repr)
def test_a_planted_bug_is_caught(bug):
    assert found(bug).failures


def test_the_cause_named_first_is_right_in_nearly_all_single_bugs():
    missed = [bug.title for bug in SINGLE if not first_is_right(bug)]
    assert len(missed) <= (1 - RIGHT) * len(SINGLE), missed


@pytest.mark.parametrize("bug", SINGLE + PAIRS, ids=repr)
def test_a_bug_or_two_at_once_get_no_wrong_name(bug):
    assert not wrong_names(bug)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
def test_the_diagnosis_of_float32_answers_is_as_good(every):
    """Of one bug in `every`, or of all."""
    bugs = [bug for bug in SINGLE + UNLISTED + PAIRS
            if issubclass(bug.make, TorchAnswers)][::every]
    single = [bug for bug in bugs if bug in SINGLE]
    missed = [bug.title for bug in single if not first_is_right(bug, "float32")]
    assert len(missed) <= (1 - RIGHT) * len(single), missed
    assert not {bug.title: wrong_names(bug, "float32") for bug in bugs
                if wrong_names(bug, "float32")}


@pytest.mark.parametrize("bug", UNLISTED, ids=repr)
def test_a_bug_of_no_list_gets_no_name_and_the_report_says_that_none_fits(bug):
    assert not named(bug)
    assert "no known mistake fits" in found(bug).to_text().lower()


@pytest.mark.parametrize("bug", PAIRS, ids=repr)
def test_two_bugs_at_once_are_both_named(bug):
    assert both_named(bug)
