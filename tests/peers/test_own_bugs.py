"""Bugs as people write them, planted without a look at what the diagnosis knows.

All are detected, most are named or given their place, and nothing is said of any that is not so.
By default the first of every kind run; with `-m long` all of them.
"""
from collections import Counter
from functools import cache

import pytest

pytest.importorskip("torch")
pytest.importorskip("jax")

import own_bugs_activation  # noqa: E402, F401
import own_bugs_layer  # noqa: E402, F401
import own_bugs_precision  # noqa: E402, F401
import own_bugs_size  # noqa: E402, F401
import own_bugs_state  # noqa: E402, F401
import own_bugs_structure  # noqa: E402
import own_bugs_training  # noqa: E402, F401
from own_bugs import BUGS  # noqa: E402
from own_bugs_verdict import verdict_of  # noqa: E402

own_bugs_structure.doubles()
NAMED_OR_LOCATED = 0.85
FIRST = {bug.kind: bug.title for bug in reversed(BUGS)}
verdict = cache(verdict_of)


def test_there_are_a_hundred_of_fifteen_kinds_and_twelve_doubles():
    kinds = Counter(bug.kind for bug in BUGS)
    assert len(BUGS) >= 100 and len(kinds) == 16 and min(kinds.values()) >= 4
    assert kinds["double"] >= 12 and len({bug.title for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("bug", [
    pytest.param(bug, id=bug.title, marks=[] if bug.title == FIRST[bug.kind] else pytest.mark.long)
    for bug in BUGS])
def test_the_bug_is_detected_and_nothing_untrue_is_said_of_it(bug):
    assert verdict(bug).detected
    assert not verdict(bug).untrue


@pytest.mark.long
def test_most_bugs_are_named_or_given_their_place():
    silent = [bug.title for bug in BUGS if not verdict(bug).told]
    print(f"{len(BUGS)} bugs, {len(BUGS) - len(silent)} named or given their place, "
          f"{sum(verdict(bug).named for bug in BUGS)} of them named; neither: {silent}")
    assert len(silent) <= (1 - NAMED_OR_LOCATED) * len(BUGS)
