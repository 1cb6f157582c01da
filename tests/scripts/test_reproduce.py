"""scripts/reproduce.py: two small processes, one of which crashes, into a report that says so."""
import base64
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import SCRIPTS
from html_pages import read

GOOD = '''"""Is 1 < 2 & so on?

Published against ours: 0.5 / 0.5
- a * b_c and
  so on

    y = x
"""
import argparse, base64, json, pathlib, sys
import neighbor
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("--out", type=pathlib.Path)
out = parser.parse_args().out
(out / "first_figure.png").write_bytes(base64.b64decode(%r))
claim = dict(name="c", words="It is so & more", source="Petrini, talk", figure="first_figure",
             note="tried <all>", incomparable="", verdict="not at this size", rows=[
                 dict(part="p", quantity="slope", published="7.5", ours="7.1 (7 to 8; 2 seeds)",
                      verdict="not at this size", wanted=">= 7.2, median", exact=False)])
rows = [dict(part="p", quantity="|a| < b", published="0.5", ours="0.4 (0.3 to 0.5)",
             verdict="not at this size", wanted=">= 0.5, 1 of 2", exact=False),
        dict(part="p", quantity="exactly 0", published="-", ours="0", verdict=neighbor.VERDICT,
             wanted="<= 0, 1 of 1", exact=True),
        dict(part="p", quantity="only told", published="-", ours="7", verdict="", wanted="",
             exact=False)]
(out / "verdicts.json").write_text(json.dumps({"claims": [claim], "checks": rows}))
print("mnist left out: the files are not here")
with open(out / "times", "a") as file:
    print("ran", file=file)
'''
BAD = '''"""Does it crash?"""
import sys
print("before")
print("\\rhalf <way>", file=sys.stderr)
raise ValueError("planted & seen")
'''
# One gray pixel.
PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJg"
         "gg==")


@pytest.fixture
def reproduce(monkeypatch):
    import reproduce
    from report.machine import Machine
    row = ["float64", "PASS", "9 of 9", "1", "0 s"]
    machine = Machine({"numpy": "2 <x>"}, [row], True)
    monkeypatch.setattr(reproduce, "judge_machine", lambda: machine)
    return reproduce


@pytest.fixture
def scripts(tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "good.py").write_text(GOOD % PIXEL)
    (folder / "neighbor.py").write_text("VERDICT = 'pass'\n")
    (folder / "bad.py").write_text(BAD)
    return folder


def job_in(scripts):
    """A script of the folder in place of an experiment."""
    from report.run import Job

    def job_of(name, chosen=None, folder=scripts.parent / "out", workers=1):
        script = scripts / f"{name}.py"
        command = [sys.executable, str(script), "--quick", "--out", str(folder / name)]
        return Job(name, script, command, folder / name)
    return job_of


def run(reproduce, scripts, names=("good", "bad"), *options):
    """The exit code and the folder of a run of these scripts."""
    out = scripts.parent / "out"
    code = reproduce.main([*names, "--out", str(out), "--workers", "2", *options],
                          {name: (1, 2, 3) for name in names}, job_in(scripts))
    return code, out


def times(out):
    return len((out / "good" / "times").read_text().splitlines())


def test_the_page_says_what_held_what_did_not_and_what_crashed(reproduce, scripts, capsys):
    code, out = run(reproduce, scripts)
    assert code == 1
    reader, words = read(out / "report.html")
    for expected in ("good: Is 1 < 2 & so on?",
                     "1 claim: 1 not at this size; 1 of 2 own checks hold, 1 not at this size; "
                     "part of it needs data", "1 published claim: 0 ● reproduced 0",
                     "It is so & more Petrini, talk; good", "slope 7.1", "not judged yet",
                     "p: |a| < b is 0.4 (0.3 to 0.5), expected >= 0.5, 1 of 2; published: 0.5",
                     "tried <all>", "mnist left out: the files",
                     "bad: Does it crash?", "Crashed with exit code 1.", "half <way>",
                     "ValueError: planted & seen", "3 own checks", "only told", "2 <x>",
                     "Of 2 experiments: 1 experiment crashed.", "a * b_c and so on"):
        assert expected in words, expected
    assert "bad" in capsys.readouterr().out
    image, = (image for image in reader.images if image["alt"])
    assert image["alt"] == "good: first figure"
    kind, content = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content, validate=True) == base64.b64decode(PIXEL)


def test_the_page_needs_nothing_but_itself(reproduce, scripts):
    _, out = run(reproduce, scripts)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|@import|url\(|https?://", page)
    assert re.findall(r' (?:src|href)="(?!data:image/png;base64,|#)', page) == []
    for anchor in re.findall(r'href="#([^"]*)"', page):
        assert f'id="{anchor}"' in page


def test_what_ran_before_is_made_anew_and_nothing_of_it_is_shown_again(reproduce, scripts):
    _, out = run(reproduce, scripts)
    (scripts / "good.py").write_text(BAD)
    run(reproduce, scripts)
    _, words = read(out / "report.html")
    assert "2 experiments crashed" in words and "It is so" not in words
    assert times(out) == 1 and not list(out.glob("good.*"))


def test_what_other_versions_made_is_moved_aside(reproduce, scripts):
    _, out = run(reproduce, scripts)
    state = out / "good" / "made_with.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "numpy": "1.0"}))
    run(reproduce, scripts)
    aside, = out.glob("good.*")
    assert (aside / "times").read_text() == "ran\n" and times(out) == 1
    assert not list(out.glob("bad.*"))


def test_scripts_have_one_thread_each(reproduce, scripts, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    (scripts / "threads.py").write_text("import os\nprint(os.environ['OPENBLAS_NUM_THREADS'])\n")
    job = job_in(scripts)("threads")
    assert reproduce.run_job(job)[0] == 0 and (job.folder / "log.txt").read_text() == "1\n"


@pytest.mark.parametrize("option, seconds", [("--quick", 1), ("--standard", 2), ("--full", 3)])
def test_expected_seconds_are_those_of_the_mode(option, seconds, reproduce, scripts, monkeypatch):
    seen = []
    monkeypatch.setattr(reproduce, "run_all", lambda expected, *more: seen.append(expected) or [])
    run(reproduce, scripts, ["good"], option)
    assert seen == [{"good": seconds}]


def test_again_begins_beside_the_old_results(reproduce, scripts):
    _, out = run(reproduce, scripts, ["good"])
    run(reproduce, scripts, ["good"])
    assert times(out) == 2                  # what a killed one left is there when it goes on
    run(reproduce, scripts, ["good"], "--again")
    assert len(list(out.glob("good.*"))) == 1 and times(out) == 1


def test_exit_codes(reproduce, scripts, monkeypatch):
    assert run(reproduce, scripts, ["good"])[0] == 0
    (scripts / "neighbor.py").write_text("VERDICT = 'FAIL'  # bytecode is compared by size\n")
    assert run(reproduce, scripts, ["good"])[0] == 1            # what is exact must hold
    (scripts / "good.py").write_text((GOOD % PIXEL).replace("exact=True", "exact=False"))
    assert run(reproduce, scripts, ["good"])[0] == 0            # what is not is only reported
    broken = reproduce.judge_machine()
    monkeypatch.setattr(reproduce, "judge_machine", lambda: type(broken)({}, [], False))
    code, out = run(reproduce, scripts, ["good"])
    assert code == 1 and "FAILS its oracle" in read(out / "report.html")[1]


def test_lines_of_docstrings_are_joined_where_they_were_wrapped(reproduce):
    from report.report import prose
    long = "word " * 18
    paragraph, = prose(f"{long}\nends here / 1\nanother line / 2")
    assert paragraph == f"<p>{long} ends here / 1<br>\nanother line / 2</p>"
    assert prose("Numbers:\na     1\nb     2") == ["<p>Numbers:</p>", "<pre>a     1\nb     2</pre>"]


def test_time_left_by_the_pace_of_what_has_finished(reproduce):
    expected = {"a": 10, "b": 20, "c": 30}
    assert reproduce.seconds_left(expected, {}, 2) == 30
    assert reproduce.seconds_left(expected, {"a": 20}, 1) == 100
    assert reproduce.seconds_left(expected, {"a": 20}, 4) == 60     # no script runs on two cores
    assert reproduce.seconds_left(expected, dict.fromkeys(expected, 1), 2) == 0


def test_the_machine_is_judged_by_the_oracle(monkeypatch):
    from report import machine as judge
    monkeypatch.setattr(judge, "DTYPES", ("float32",))
    machine = judge.judge_machine()
    (dtype, headline, exact, *_), = machine.rows
    n_right, n_exact = exact.split(" of ")
    assert machine.ok and dtype == "float32" and headline.startswith("PASS")
    assert n_right == n_exact and int(n_exact) > 50
    assert machine.facts["numpy"] == np.__version__
    right = judge.reference
    monkeypatch.setattr(judge, "reference", lambda case: {
        name: -array for name, array in right(case).items()})
    assert not judge.judge_machine().ok
    assert os.cpu_count() and "cores" in machine.facts["processor"]


# Scripts that would take the report with them

GOOD_ENOUGH = GOOD % PIXEL + "import os, shutil, subprocess, time\n"
ROWS = "(out / 'verdicts.json').write_text(%r)\n"
RAW = b"\0\x1b[31m\b\x7f\xff\xed\xa0\x80 left out: \xc2\x9b\xe2\x80\xae\r\n"
SABOTEURS = {                           # name -> script, what the report has to say of it
    "truncated": (GOOD_ENOUGH + ROWS % '[{"part": "p", "quan', "verdicts.json: Unterminated"),
    "syntax": ('"""Is it Python?"""\nif:\n', "syntax.py: invalid syntax (syntax.py, line 2)"),
    "latin": ('"""O\xf9 est-ce?"""\n'.encode("latin-1"), "latin.py: (unicode error) 'utf-8' codec"),
    "folder": (GOOD_ENOUGH + "(out / 'x.png').mkdir()\n", "x.png: is no regular file."),
    "deletes": (GOOD_ENOUGH + "shutil.rmtree(out)\n", "Deleted its own folder"),
    "floods": (GOOD_ENOUGH + "for _ in range(900):\n    print(9999 * 'x')\nprint('the end')\n"
               "print(9 * 10**6 * 'y', file=sys.stderr)\n",
               "Wrote 9 MB to log.txt; only the first 4 MB and the last 1 MB are kept. "
               "Wrote 9 MB to errors.txt"),
    "hangs": (GOOD_ENOUGH + "time.sleep(600)\n", "minutes, its limit of time (--limit)."),
    "controls": (GOOD_ENOUGH + f"sys.stdout.buffer.write({RAW})\n"
                 + ROWS % json.dumps({"claims": [], "checks": [
                     dict(part="\0", quantity="\ud800", published="\x1b", ours="",
                          verdict="FAIL", wanted="\b\n# no", exact=False)]})
                 + "raise ValueError('\\x1b[2J')\n", "Crashed with exit code 1."),
}


def is_clean(text):
    """No control but the line end and the tab, no surrogate, nothing that turns the writing."""
    return not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_saboteurs_are_named_with_what_is_wrong_and_good_scripts_shown_as_ever(
        reproduce, scripts, capsys):
    (scripts / "good2.py").write_text(GOOD % PIXEL)
    for name, (script, _) in SABOTEURS.items():
        (scripts / f"{name}.py").write_bytes(script if isinstance(script, bytes)
                                             else script.encode())
    code, out = run(reproduce, scripts, ("good", *SABOTEURS, "good2"), "--limit", "0.1")
    assert code == 1
    printed = " ".join(capsys.readouterr().out.split())
    reader, words = read(out / "report.html")
    for name, (_, told) in SABOTEURS.items():
        assert re.search(rf"{name} \d+ s .*{re.escape(told)}", printed), name
        assert re.search(rf" {name} \S.*? \d+ [^?]*{re.escape(told)}", words), name
    assert "Of 10 experiments: 4 experiments crashed, 4 experiments are damaged." in words
    for name in ("good", "good2"):
        assert f"{name}: first figure" in [image["alt"] for image in reader.images]
        assert re.search(rf"{name} \d+ s 1 claim: 1 not at this size; 1 of 2 own", printed)
    text = (out / "report.html").read_bytes().decode("utf-8")
    assert is_clean(text) and len(text) < 100_000
    assert sum(path.stat().st_size for path in out.rglob("*.txt")) < 11 << 20


def test_the_last_lines_of_a_flood_are_kept_and_a_long_line_is_cut(reproduce, scripts, capsys):
    script = GOOD_ENOUGH + "print(6 * 10**6 * 'x')\nprint('then')\nraise ValueError('now')\n"
    (scripts / "long.py").write_text(script)
    _, out = run(reproduce, scripts, ["long"])
    _, words = read(out / "report.html")
    assert "x" * 490 in words and "x" * 501 not in words
    assert "then" in words and "ValueError: now" in words
    assert "    ValueError: now\n" in capsys.readouterr().out
    log = (out / "long" / "log.txt").read_text()
    assert log.endswith("then\n") and "bytes left out" in log and len(log) < 5.3e6


def test_a_script_in_an_encoding_that_it_declares_is_a_good_one(reproduce, scripts):
    text = "# -*- coding: latin-1 -*-\n" + (GOOD % PIXEL).replace("Is 1 < 2", "O\xf9 est 1 < 2")
    (scripts / "latin.py").write_bytes(text.encode("latin-1"))
    code, out = run(reproduce, scripts, ["latin"])
    assert code == 0 and "latin: O\xf9 est 1 < 2 & so on?" in read(out / "report.html")[1]


ROW = dict(part="p", quantity="q", published="-", ours="1", verdict="pass", wanted=">= 1",
           exact=False)
CLAIM = dict(name="c", words="w", source="s, t", figure="f", note="", incomparable="",
             verdict="partly", rows=[ROW])


def told(claims=(CLAIM,), checks=(ROW,)):
    return json.dumps({"claims": list(claims), "checks": list(checks)})


DAMAGED = {                             # verdicts.json -> what the report says
    "null": "has no lists of claims", "[]": "has no lists", "{}": "has no lists of claims",
    "": "Expecting value", "[" * 100_000: "recursion",
    '{"claims": {}, "checks": []}': "has no lists", " " * (9 << 20): "has 9 MB, more than 8 MB",
    '{"claims": [], "checks": [NaN]}': "1 of 1 checks are damaged, the first is number 1",
    told(checks=[ROW, {**ROW, "verdict": None}]): "1 of 2 checks are damaged, the first is number",
    told(checks=[ROW, {**ROW, "verdict": "maybe"}]): "1 of 2 checks are damaged",
    told(checks=[ROW, {**ROW, "verdict": []}]): "1 of 2 checks are damaged",
    told(checks=[ROW, {**ROW, "ours": float("nan")}]): "1 of 2 checks are damaged",
    told(checks=[ROW, {**ROW, "exact": 1}]): "1 of 2 checks are damaged",
    told(checks=[ROW, ["pass"]]): "1 of 2 checks are damaged",
    told(checks=[ROW, {k: v for k, v in ROW.items() if k != "part"}]): "1 of 2 checks are damaged",
    told([CLAIM, {**CLAIM, "verdict": "pass"}]): "1 of 2 claims are damaged, the first is number 2",
    told([CLAIM, {**CLAIM, "note": None}]): "1 of 2 claims are damaged",
    told([CLAIM, {**CLAIM, "rows": [{**ROW, "ours": 1}]}]): "1 of 2 claims are damaged",
    told([CLAIM, {**CLAIM, "rows": {}}]): "1 of 2 claims are damaged",
}


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_verdicts_are_told_and_the_sound_ones_shown(content, tmp_path, reproduce):
    from report.result import Result
    from report.run import Job
    (tmp_path / "verdicts.json").write_text(content)
    found = Result.of(Job("a", SCRIPTS / "reproduce.py", [], tmp_path), 0, 1.0)
    fault, = found.faults
    assert fault.startswith("verdicts.json: ") and DAMAGED[content] in fault and found.broken
    sound = content.startswith('{"claims": [{')
    assert found.checks == [ROW] * sound and found.claims == [CLAIM] * sound


def test_what_is_no_whole_picture_is_left_out_and_named(reproduce, scripts):
    (scripts / "pictures.py").write_text(GOOD_ENOUGH + '''
whole = (out / "first_figure.png").read_bytes()
(out / "cut.png").write_bytes(whole[:-5])
(out / "empty.png").touch()
(out / "text.png").write_text("no picture")
(out / "loop.png").symlink_to("loop.png")
(out / "nowhere.png").symlink_to("nowhere")
os.mkfifo(out / "pipe.png")
with open(out / "huge.png", "wb") as file:
    file.write(whole)
    file.truncate(500 << 20)
''')
    code, out = run(reproduce, scripts, ["pictures"])
    reader, words = read(out / "report.html")
    assert code == 1 and [image["alt"] for image in reader.images if image["alt"]] == [
        "pictures: first figure"]
    for told in ("cut.png: is no PNG image", "empty.png: is no PNG", "text.png: is no PNG image",
                 "loop.png: is no regular file", "nowhere.png: is no regular file",
                 "pipe.png: is no regular file", "huge.png: has 524 MB, more than 8 MB"):
        assert told in words, told


@pytest.mark.parametrize("state", ["", "{", "[]", "null", "{}", '{"fingerprint": 1}',
                                   "[" * 100_000, "\xff", '{"numpy": NaN}'])
def test_a_state_that_cannot_be_understood_is_moved_aside_and_run_again(state, reproduce, scripts):
    _, out = run(reproduce, scripts, ["good"])
    (out / "good" / "made_with.json").write_text(state, encoding="latin-1")
    assert run(reproduce, scripts, ["good"])[0] == 0
    assert times(out) == 1 and times(out.parent / "out") == 1 and (out / "good.1").is_dir()


def test_a_file_in_place_of_a_results_folder_is_moved_aside(reproduce, scripts):
    out = scripts.parent / "out"
    out.mkdir()
    (out / "good").write_text("mine")
    assert run(reproduce, scripts, ["good"])[0] == 0 and (out / "good.1").read_text() == "mine"


def test_a_folder_that_cannot_be_made_fails_its_scripts_and_is_told(reproduce, scripts, capsys):
    out = scripts.parent / "out"
    out.write_text("a file")
    assert run(reproduce, scripts)[0] == 1
    told = capsys.readouterr()
    assert told.out.count("Not run: ") == 2 and "The report could not be written" in told.err


def test_a_report_that_cannot_be_written_leaves_the_older_one(
        reproduce, scripts, monkeypatch, capsys):
    from report import report
    _, out = run(reproduce, scripts, ["good"])
    before = (out / "report.html").read_bytes()

    def html(title, blocks):
        yield "half a page"
        raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(report, "html", html)
    assert run(reproduce, scripts, ["good"])[0] == 1
    assert "The report could not be written: No space left" in capsys.readouterr().err
    assert (out / "report.html").read_bytes() == before and not list(out.glob("*.part"))


LEAVES = '''
subprocess.Popen([sys.executable, "-c", "import os, time; open(%r, 'w').write(str(os.getpid())); "
                  "time.sleep(600)"], start_new_session=%s)
while not os.path.exists(%r) or not open(%r).read():
    time.sleep(0.01)
'''


@pytest.mark.parametrize("apart", [False, True])
def test_a_process_left_behind_does_not_hold_the_run_up(apart, reproduce, scripts, monkeypatch):
    from report import process
    monkeypatch.setattr(process, "GRACE", 0.3)
    mark = str(scripts / "pid")
    (scripts / "leaves.py").write_text(GOOD_ENOUGH + LEAVES % (mark, apart, mark, mark))
    code, out = run(reproduce, scripts, ["leaves"])
    pid = int((scripts / "pid").read_text())
    assert code == 1 and "Left a process behind" in read(out / "report.html")[1]
    if apart:                           # not of the script's group, so it is not ours to end
        os.kill(pid, signal.SIGKILL)
    assert ended(pid)


def ended(pid):
    """Whether a process is gone, or is only waited for."""
    for _ in range(200):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_whatever_stops_the_run_ends_its_scripts(reproduce, scripts):
    from threading import Event

    from report.result import Result
    from report.run import run_job
    mark = scripts / "pid"
    (scripts / "hangs.py").write_text(GOOD_ENOUGH + f"open({str(mark)!r}, 'w').write("
                                      "str(os.getpid()))\ntime.sleep(600)\n")
    stop, begin, job_of = Event(), time.monotonic(), job_in(scripts)

    def tell(result):
        while not mark.is_file() or not mark.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        reproduce.run_all({"good": 1, "hangs": 1}, 2, lambda name: Result.of(
            job_of(name), *run_job(job_of(name), stop=stop)), tell, stop)
    assert time.monotonic() - begin < 60 and ended(int(mark.read_text()))


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon"])
def test_a_limit_that_is_no_time_is_refused(limit, reproduce, capsys):
    with pytest.raises(SystemExit):
        reproduce.main(["--limit", limit])
    assert "--limit" in capsys.readouterr().err


def test_a_field_that_an_experiment_does_not_have_is_refused_before_anything_runs(
        reproduce, capsys, tmp_path):
    with pytest.raises(SystemExit):
        reproduce.main(["input_relevance", "--set", "feature=12", "--out", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert "input_relevance: --set feature=12: the setting has no 'feature', expected" in said
    assert "n_gaussian" in said and not (tmp_path / "out").exists()


PEAK = '''
import pathlib, re, sys
sys.path[:0] = %r
import matplotlib.image, reproduce, report.machine
from test_reproduce import job_in
reproduce.judge_machine = lambda: report.machine.Machine({}, [], True)

def peak():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search("VmHWM:[^0-9]*([0-9]+) kB", status)[1])
before = peak()
code = reproduce.main(["--out", %r], {"wide": (1, 1, 1), "many": (1, 1, 1)},
                      job_in(pathlib.Path(%r)))
print("code and growth of the peak, kB:", code, peak() - before)
'''


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells no peak of memory")
def test_output_does_not_fill_the_memory(scripts):
    for name, line in (("wide", "print(30 * 10**6 * 'x')"),
                       ("many", "print(3 * 10**5 * (99 * 'x' + chr(10)))")):
        (scripts / f"{name}.py").write_text(GOOD_ENOUGH + f"{line}\nraise ValueError\n")
    places = [str(place) for place in (SCRIPTS, Path(__file__).parent, SCRIPTS.parent / "tests")]
    done = subprocess.run(
        [sys.executable, "-c", PEAK % (places, str(scripts.parent / "out"), str(scripts))],
        capture_output=True, text=True)
    code, growth = re.search(r"kB: (\d) (\d+)", done.stdout).groups()
    assert code == "1" and int(growth) < 25e3, done.stderr
