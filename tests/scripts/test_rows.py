"""Rows, claims and checks: how they are judged, told and written; what is fitted over seeds."""
import dataclasses
import json

import numpy as np
import pytest
from lab import statistics, table


def test_rows_are_judged_by_every_value_or_by_the_median():
    row = table.Row("a", "accuracy", "-", np.array([0.8, 0.9, 1.0]), low=0.85)
    assert (row.judge(), row.wanted) == ("FAIL", ">= 0.85, 2 of 3")
    row = table.Row("a", "accuracy", "-", np.array([0.8, 0.9, 1.0]), low=0.85, every=False)
    assert (row.judge(), row.wanted) == ("pass", ">= 0.85, median")
    row = table.Row("a", "accuracy", "-", np.array([0.8]))
    assert row.judge() == row.wanted == ""


def test_a_quick_run_is_too_small_to_fail_unless_the_row_is_exact():
    def row(value, **more):
        return table.Row("a", "accuracy", "-", np.array([value]), low=0.85, **more)
    assert [row(0.8).judge(mode) for mode in ("quick", "default", "full")] == [
        "not at this size", "FAIL", "FAIL"]
    assert row(0.8, exact=True).judge("quick") == "FAIL" and row(0.9).judge("quick") == "pass"
    assert table.Row("a", "accuracy", "-", np.array([0.8]), exact=True).judge("quick") == ""


@pytest.mark.parametrize("values, more, said", [
    ([0.5], {}, "0.5"), ([0.5, 0.75], {}, "0.625 (0.5 to 0.75; 2 seeds)"),
    ([0.5, 0.75], {"over": "sizes"}, "0.625 (0.5 to 0.75; 2 sizes)"),
    ([0.57], {"interval": (0.456, 0.69), "seeds": 8}, "0.57 (95 %: 0.456 to 0.69; 8 seeds)")])
def test_a_row_says_its_spread_and_of_how_many(values, more, said):
    assert table.Row("a", "b", "-", np.array(values), **more).ours == said


def row(value, **bounds):
    return table.Row("a", "exponent", "1", np.array([value]), **bounds)


@pytest.mark.parametrize("rows, verdict", [
    ([row(1.0, low=0.9), row(7.0)], "reproduced"), ([row(1.0, low=0.9), row(1.0, low=2)], "partly"),
    ([row(1.0, low=2), row(7.0)], "not")])
def test_a_claim_is_judged_by_its_rows_with_bounds(rows, verdict):
    claim = table.Claim("growth", "A grows as p", "Petrini 2020, talk", rows, "counts")
    assert [claim.judge(mode) for mode in ("default", "full", "quick")] == [
        verdict, verdict, "not at this size"]
    other = dataclasses.replace(claim, incomparable="another network")
    assert {other.judge(mode) for mode in ("default", "quick")} == {"not comparable"}


def test_a_claim_that_nothing_judges_is_refused():
    with pytest.raises(ValueError, match="claim 'growth' has no row with bounds"):
        table.Claim("growth", "A grows as p", "Petrini 2020", [row(1.0)], "counts").judge()


def test_a_check_that_a_claim_makes_too_is_told_once():
    claim = table.Claim("growth", "A grows", "Petrini 2020, talk", [row(1.0, low=0.9)], "counts")
    same = [row(1.0), row(1.0, low=0.9)]
    others = [row(1.0, low=2.0), row(1.0, low=0.9, exact=True),
              dataclasses.replace(row(1.0), part="b"), dataclasses.replace(row(1.0), quantity="c")]
    assert table.unclaimed(same + others, [claim]) == others
    assert len(table.in_words([claim], same + others)["checks"]) == 4


def test_claims_and_checks_are_shown_and_written_for_programs(tmp_path, capsys):
    rows = [table.Row("a", "accuracy", "0.93", np.array([0.5, 0.75]), 0.6, 1),
            table.Row("b", "told", "-", np.array([np.nan]))]
    claim = table.Claim("level", "high accuracy", "Petrini 2020", rows[:1], "curve", note="5 of 9")
    table.show_table([claim], rows[1:], tmp_path / "new", "quick")
    said = json.loads((tmp_path / "new" / "verdicts.json").read_text())
    assert said == {"claims": [{
        "name": "level", "words": "high accuracy", "source": "Petrini 2020", "figure": "curve",
        "note": "5 of 9", "incomparable": "", "verdict": "not at this size", "rows": [
            {"part": "a", "quantity": "accuracy", "published": "0.93",
             "ours": "0.625 (0.5 to 0.75; 2 seeds)", "verdict": "not at this size",
             "wanted": "0.6 to 1, 1 of 2", "exact": False}]}],
        "checks": [{"part": "b", "quantity": "told", "published": "-", "ours": "nan",
                    "verdict": "", "wanted": "", "exact": False}]}
    title, claimed, line, own, _ = capsys.readouterr().out.splitlines()
    assert "published" in title and claimed == "Petrini 2020: high accuracy  [not at this size]"
    assert own == "Own checks:" and line.split() == (
        "a accuracy 0.93 0.625 (0.5 to 0.75; 2 seeds) not at this size (0.6 to 1, 1 of 2)".split())


def test_an_interval_holds_the_mean_of_its_seeds_and_is_always_the_same(rng):
    draws = rng.standard_normal((200, 30)) + 3
    intervals = [statistics.bootstrap(lambda values: values.mean(), row) for row in draws]
    held = np.mean([low <= 3 <= high for low, high in intervals])
    assert 0.88 <= held <= 0.98                 # 0.95 but for the 30 seeds, of 200 samples
    assert statistics.bootstrap(lambda values: values.mean(), draws[0]) == intervals[0]
    paired = statistics.bootstrap(lambda x, y: (x - y).mean(), draws[0], draws[0])
    assert paired == (0, 0)                     # the same seeds of both arrays


def test_a_row_that_is_fitted_has_its_interval_if_it_is_a_number(rng):
    one, two = rng.random((2, 7)) + 1

    def ratio(one, two):
        return one.mean() / two.mean()
    row = statistics.fitted("a", "ratio", "1", ratio, [one, two], high=9.0, draws=50)
    assert row.values == one.mean() / two.mean() and (row.low, row.high) == (-np.inf, 9)
    assert row.interval == statistics.bootstrap(ratio, one, two, draws=50) and row.seeds == 7
    assert statistics.fitted("a", "b", "-", lambda some: np.nan, [one]).interval is None
