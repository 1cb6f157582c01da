"""Diagnosis of bugs that the engine has never seen: planted in PyTorch and JAX."""
from functools import cache

import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

from planted_bugs import PAIRS, SINGLE, UNLISTED  # noqa: E402

from npspectral import oracle  # noqa: E402

RIGHT = 0.95                    # part of the single bugs whose cause is named first


@cache
def found(bug, dtype="float64"):
    return oracle.check(bug.make(dtype), dtype=dtype)


def named(bug):
    """For every finding that names anything, its names: one cause, or alternatives."""
    return [finding.mistakes for finding in found(bug).findings if finding.mistakes]


def first_is_right(bug):
    return bool(named(bug)) and named(bug)[0][0] in bug.names


def wrong_names(bug):
    """Findings none of whose names is a cause of this bug."""
    return [names for names in named(bug) if not set(names) & set(bug.names)]


def test_there_are_bugs_enough():
    assert len(SINGLE) >= 40 and len(UNLISTED) >= 8 and len(PAIRS) >= 6


@pytest.mark.parametrize("bug", SINGLE + UNLISTED + PAIRS, ids=repr)
def test_a_planted_bug_is_caught(bug):
    assert found(bug).failures


def test_the_cause_named_first_is_right_in_nearly_all_single_bugs():
    missed = [bug.title for bug in SINGLE if not first_is_right(bug)]
    assert len(missed) <= (1 - RIGHT) * len(SINGLE), missed


@pytest.mark.parametrize("bug", SINGLE, ids=repr)
def test_a_single_bug_gets_no_wrong_name(bug):
    assert not wrong_names(bug)


@pytest.mark.parametrize("bug", UNLISTED, ids=repr)
def test_a_bug_of_no_list_gets_no_name(bug):
    assert not named(bug)


@pytest.mark.parametrize("bug", UNLISTED, ids=repr)
def test_of_a_bug_of_no_list_the_report_says_that_no_known_mistake_fits(bug):
    assert "no known mistake fits" in found(bug).to_text().lower()


@pytest.mark.parametrize("bug", PAIRS, ids=repr)
def test_two_bugs_at_once_get_no_wrong_name(bug):
    assert not wrong_names(bug)
