"""Records of standard runs: what they hold, the pages written from them, code that moved on."""
import json
import os
import re
import shutil
import sys
from types import SimpleNamespace

import pytest
from report import record, results, run, statements
from toy_tree import build, call


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The toy experiment after one standard run."""
    tree = build(tmp_path_factory.mktemp("toy"))
    call(tree, "reproduce.py", "--standard", "--out", str(tree / "out"))
    return tree


def pages(tree):
    return [(tree / name).read_text(encoding="utf-8")
            for name in ("report/RESULTS.md", "report/STATEMENTS.md", "../README.md")]


def record_text(tree):
    return (tree / "experiments" / "toy" / "record.json").read_text(encoding="utf-8")


def test_a_record_says_what_was_found_by_what(tree):
    found = json.loads(record_text(tree))
    assert [claim["verdict"] for claim in found["claims"]] == [
        "reproduced", "partly", "not comparable"]
    assert found["seeds"] == {"seeds": 3} and found["mode"] == "default"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"]) and found["seconds"] >= 0
    assert "bytes" not in found and found["figures"] == ["sizes"] and found["versions"]["numpy"]
    assert all(re.fullmatch("[0-9a-f]{16}", digest) for digest in found["code"].values())
    assert [check["verdict"] for check in found["checks"]] == ["pass"]
    assert len(record_text(tree).splitlines()) < 20


def test_seconds_are_of_starts_with_the_same_code(tree, tmp_path):
    folder = tree / "out" / "toy"
    code = json.loads(record_text(tree))["code"]["runs"]
    times = run.times_of(folder / run.TIMES)
    assert times["code"] == run.code_in(folder) == code
    assert times["bytes"] == (folder / run.RUNS).stat().st_size
    for digest, seconds in ("some", 60), ("some", 60), ("other", 20), ("other", 30):
        (tmp_path / run.CODE).write_text(json.dumps(digest))
        run.add_time(tmp_path, seconds)
    assert run.times_of(tmp_path / run.TIMES)["seconds"] == 50
    (tmp_path / run.TIMES).write_text('{"seconds": 60, "date": "2026-11-01"}')      # of which code?
    run.add_time(tmp_path, 20)
    assert run.times_of(tmp_path / run.TIMES)["seconds"] == 20


def test_seconds_of_a_start_that_was_killed_count_once(tree, tmp_path):
    folder = tmp_path / "toy"
    shutil.copytree(tree / "out" / "toy", folder)
    times, runs = folder / run.TIMES, folder / run.RUNS
    job = run.Job("toy", None, [sys.executable, "-c", ""], folder)

    def counted():
        """The seconds after a start; the one before took 90 from its begin to its last run."""
        os.utime(folder / run.CODE, (10, 10))
        os.utime(runs, (100, 100))
        assert run.run_job(job)[0] == 0
        return run.times_of(times)["seconds"]

    seconds = run.times_of(times)["seconds"]
    assert counted() == seconds                                 # that made no run
    with open(runs, "a") as file:
        file.write("more")
    assert [counted(), counted()] == [seconds + 90, seconds + 90]
    times.unlink()                                              # it was the first start
    assert counted() == 90
    times.write_text('{"seconds": 60, "date": "2026-11-01"}')   # nobody knows what that counts
    assert counted() == 60


@pytest.mark.parametrize("text", [
    "{", '{"seconds": NaN, "date": ""}', '{"seconds": 1, "date": "", "bytes": Infinity}',
    f'{{"seconds": 1{"0" * 400}, "date": ""}}', "[]"])
def test_damaged_times_stop_no_run_and_make_no_record(text, tree, tmp_path):
    folder = tmp_path / "toy"
    shutil.copytree(tree / "out" / "toy", folder)
    (folder / run.TIMES).write_text(text)
    assert run.run_job(run.Job("toy", None, [sys.executable, "-c", ""], folder))[0] == 0
    (folder / run.MADE).write_text("{}")
    result = SimpleNamespace(code=0, faults=(), missing=(), rows=[1], figures=(), verdicts={})
    assert record.record_of(result, folder) is None


def test_the_pages_say_it(tree):
    found, listed, readme = pages(tree)
    assert "Of 3 published claims: 1 reproduced, 1 partly, 0 not, 1 not comparable." in found
    assert "| Learning features in neural nets (talk) | 1 |  |  |  |" in found
    assert ("| sums | Sums are 2 \\| 4 | Petrini, talk | 2 | the sum: 3 (2 to 4; 3 seeds) | "
            "● reproduced |") in found
    assert "| 3<br>3 | least: 2<br>most: 4 | ◐ partly |" in found
    assert "- more: Tried 2.\n- other: No data." in found and "1 of 1 own check holds." in found
    assert "Is a sum a sum? (seeds 3, 20" in found
    assert [row.verdict for row in statements.statements(listed)] == [
        "derived", "reproduced", "partly", statements.NO_CLAIM, statements.NOT_YET, "open"]
    assert ("Of 6 statements 2 are as the documents say (1 reproduced, 1 derived, 0 built, 0 drawn,"
            " 0 context), 1 partly, 0 not; 0 cannot be compared, 1 are open, "
            "1 are not judged yet.") in listed
    count, _, head, rule = readme.splitlines()              # it quotes none of the toy's claims
    assert count in found.splitlines() and f"{head}\n{rule}\n| sums" in found


def test_the_readme_quotes_claims_that_are_judged():
    claim = dict(name="A saturates at h", words="w", source="s, t", note="", incomparable="",
                 verdict="partly", rows=[dict(part="p", quantity="q", published="1", ours="2",
                                              verdict="pass", wanted="")])
    text = "Of 9 published claims: all.\nMore.\n\n| claim | in the x |\n| --- |\n| old |\n\nEnd\n"
    kept = {"attractors": {"claims": [claim, {**claim, "name": "not quoted"}]}}
    now, others = results.quoted(text, kept), len(results.names_in(record.EXPERIMENTS)) - 1
    assert now.startswith("Of 2 published claims: 0 reproduced, 2 partly, 0 not, 0 not comparable "
                          f"({others} of {others + 1} experiments are not judged yet).\n"
                          "More.\n\n| claim |")
    assert now.endswith("| --- |\n| A saturates at h | w | s, t | 1 | q: 2 | ◐ partly |\n\nEnd\n")
    assert results.quoted(now, kept) == now


def test_the_same_command_again_does_nothing_new(tree):
    before = record_text(tree), *pages(tree)
    said = call(tree, "reproduce.py", "--standard", "--out", str(tree / "out"))
    assert "3 claims: 1 reproduced, 1 partly, 1 not comparable; 1 of 1" in said
    assert "3 of 3 runs from disk" in (tree / "out" / "toy" / "log.txt").read_text()
    assert (record_text(tree), *pages(tree)) == before


def test_a_small_run_shows_what_is_kept_and_judges_nothing(tree):
    before = record_text(tree)
    call(tree, "reproduce.py", "--quick", "--out", str(tree / "quick"))
    page = (tree / "quick" / "report.html").read_text(encoding="utf-8")
    date = json.loads(before)["date"]
    assert f"Verdicts are those of the last standard runs, {date}." in page
    assert page.count("partly</td>") == 2               # among all claims, and in its section
    assert "<b>3</b><small> (2 to 4; 3 seeds)" in page and "small: the sum 1" in page
    assert record_text(tree) == before


def test_a_quick_run_of_less_data_shows_every_kept_claim():
    from types import SimpleNamespace

    from report.summary import shown
    small = [{"name": "b", "rows": [1], "verdict": "x"}, {"name": "new", "rows": [2]}]
    kept = {"toy": {"claims": [{"name": "a", "verdict": "not"}, {"name": "b", "verdict": "?"}]}}
    result = SimpleNamespace(name="toy", claims=small)
    assert shown(result, "quick", kept) == [
        (kept["toy"]["claims"][0], []), (kept["toy"]["claims"][1], [1]), (small[1], [2])]
    assert shown(result, "default", kept) == [(claim, []) for claim in small]


def test_a_damaged_record_is_refused_by_name(tmp_path):
    (tmp_path / "toy").mkdir()
    path = tmp_path / "toy" / "record.json"
    record.write({"date": "today", "claims": [], "checks": [{"part": "p"}]}, path)
    assert record.records(tmp_path)["toy"]["checks"] == [{"part": "p"}]
    path.write_text(path.read_text()[:-9])
    with pytest.raises(ValueError, match="toy/record.json is damaged"):
        record.records(tmp_path)


@pytest.mark.parametrize("file, before, after, told", [
    ("parts.py", "seed + size", "seed + size + 0", "run again"),
    ("claims.py", "low=2, high=4", "low=2, high=5", "judge again what is kept"),
    ("experiment.py", "Is a sum a sum?", "Is it?", ""),
    ("figures.py", "plot", "semilogy", "")])
def test_a_record_of_other_code_is_listed(file, before, after, told, tree):
    path = tree / "experiments" / "toy" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(before, after), encoding="utf-8")
    try:
        said = call(tree, "report/record.py")
    finally:
        path.write_text(text, encoding="utf-8")
    want = f"toy{told:>{24 + len(told)}}\n1" if told else "0"
    assert said == f"{want} of 1 records are of other code.\n"


def test_a_run_that_lacks_data_leaves_the_record_alone(tree):
    path, before = tree / "experiments" / "toy" / "experiment.py", record_text(tree)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("DATA = ()", 'DATA = ("mnist",)'), encoding="utf-8")
    empty = tree / "no data"
    empty.mkdir()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NPSPECTRAL_DATA", str(empty))
            said = call(tree, "reproduce.py", "--standard", "--out", str(tree / "less"))
    finally:
        path.write_text(text, encoding="utf-8")
    assert "toy: no record is kept of it" in said and record_text(tree) == before


# Of the project itself

KEPT = record.records()


def test_what_is_not_reproduced_says_what_was_tried():
    for (experiment, name), claim in record.claims_of(KEPT).items():
        told = claim["note"] + claim["incomparable"]
        assert claim["verdict"] == "reproduced" or told, f"{experiment}: {name}"


def test_records_whose_code_has_moved_on():
    """Lists them; to run them again is a piece of work of its own."""
    found = record.moved(KEPT)
    if found:
        pytest.skip(f"other code since: {found}")


def test_the_pages_are_those_of_the_records():
    assert results.RESULTS.read_text(encoding="utf-8") == results.results(KEPT)
    verdicts = {name: claim["verdict"] for name, claim in record.claims_of(KEPT).items()}
    listed = statements.PAGE.read_text(encoding="utf-8")
    assert statements.filled(listed, verdicts) == listed
    readme = results.README.read_text(encoding="utf-8")
    assert results.quoted(readme, KEPT) == readme
    lines = results.RESULTS.read_text(encoding="utf-8").splitlines()
    count, = re.findall("^Of .* published claim.*", readme, re.M)
    table = readme[readme.index("| claim | in the"):].split("\n\n")[0].splitlines()
    assert count in lines and all(line in lines for line in table[2:])
