"""scripts/reproduce.py: two small scripts, one of which crashes, into a report that says so."""
import base64
import json
import os
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
GOOD = '''"""Is 1 < 2 & so on?

Published against ours: 0.5 / 0.5
- a * b_c and
  so on

Does not reproduce: the <rest> of it.

    y = x
"""
import argparse, base64, json, pathlib, sys
import neighbor
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("--out", type=pathlib.Path)
out = parser.parse_args().out
(out / "first_figure.png").write_bytes(base64.b64decode(%r))
rows = [dict(part="p", quantity="|a| < b", published="0.5", ours="0.4 (0.3 to 0.5)",
             verdict="not at this size", wanted=">= 0.5, 1 of 2", exact=False),
        dict(part="p", quantity="exactly 0", published="-", ours="0", verdict=neighbor.VERDICT,
             wanted="<= 0, 1 of 1", exact=True),
        dict(part="p", quantity="only told", published="-", ours="7", verdict="", wanted="",
             exact=False)]
(out / "verdicts.json").write_text(json.dumps(rows))
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
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import reproduce
    import reproduce_machine
    row = ["float64", "PASS", "9 of 9", "1", "0 s"]
    machine = reproduce_machine.Machine({"numpy": "2 <x>"}, [row], True)
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


def run(reproduce, scripts, names=("good", "bad"), *options):
    """The exit code and the folder of a run of these scripts."""
    out = scripts.parent / "out"
    code = reproduce.main(["--out", str(out), "--workers", "2", *options],
                          {name: (1, 2, 3) for name in names}, scripts)
    return code, out


def times(out):
    return len((out / "good" / "times").read_text().splitlines())


class Reader(HTMLParser):
    """Texts, images and open tags of a page; raises on tags that are not closed in turn."""

    def __init__(self):
        super().__init__()
        self.texts, self.images, self.opened = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.images.append(dict(attributes))
        elif tag not in ("meta", "br"):
            self.opened.append(tag)

    def handle_endtag(self, tag):
        assert self.opened.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


def read(path):
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    assert reader.opened == []
    return reader, " ".join(" ".join(reader.texts).split())


def test_the_page_says_what_held_what_did_not_and_what_crashed(reproduce, scripts, capsys):
    code, out = run(reproduce, scripts)
    assert code == 1
    reader, words = read(out / "report.html")
    for expected in ("good: Is 1 < 2 & so on?",
                     "1 of 2 claims hold; 1 not at this size; part of it needs data",
                     "p: |a| < b is 0.4 (0.3 to 0.5), expected >= 0.5, 1 of 2; published: 0.5",
                     "Does not reproduce: the <rest> of it.", "mnist left out: the files",
                     "bad: Does it crash?", "Crashed with exit code 1.", "half <way>",
                     "ValueError: planted & seen", "1 more number", "only told", "2 <x>",
                     "2 experiments: 1 claim holds, 1 does not hold at this size, 1 experiment "
                     "crashed.", "a * b_c and so on"):
        assert expected in words, expected
    assert "bad" in capsys.readouterr().out
    image, = reader.images
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


def test_the_markdown_twin_has_the_same_words_and_figures_as_files(reproduce, scripts):
    _, out = run(reproduce, scripts)
    lines = (out / "report.md").read_text(encoding="utf-8").splitlines()
    assert "![good: first figure](good/first_figure.png)" in lines
    assert "## good: Is 1 \\< 2 & so on?" in lines
    assert "- a \\* b\\_c and so on" in lines
    row, = (line for line in lines if "exactly 0" in line)
    assert row == "| p | exactly 0 | - | 0 | pass (\\<= 0, 1 of 1) |"
    row, = (line for line in lines if line.startswith("| p | \\|a\\| \\< b"))
    assert re.sub(r"\\.", "", row).count("|") == 6
    assert "    ValueError: planted & seen" in lines


def test_what_has_ended_well_is_not_run_again_and_what_crashed_is(reproduce, scripts):
    _, out = run(reproduce, scripts)
    crashed = json.loads((out / "bad" / "run.json").read_text())
    time.sleep(0.01)
    run(reproduce, scripts)
    assert times(out) == 1
    assert json.loads((out / "bad" / "run.json").read_text()) != crashed


@pytest.mark.parametrize("changed", ["good.py", "neighbor.py"])
def test_other_code_runs_anew_beside_the_old_results(reproduce, scripts, changed):
    _, out = run(reproduce, scripts)
    with open(scripts / changed, "a") as file:
        file.write("# another line\n")
    run(reproduce, scripts)
    assert times(out) == 1
    aside, = out.glob("good.*")
    assert (aside / "times").read_text() == "ran\n"
    assert not list(out.glob("bad.*"))


def test_a_result_depends_on_options_data_at_hand_and_the_package(reproduce, scripts, monkeypatch):
    package = scripts / "package"
    package.mkdir()
    (package / "module.py").write_text("x = 1\n")
    monkeypatch.setattr(reproduce.npspectral, "__file__", str(package / "__init__.py"))
    marks = [reproduce.fingerprint(scripts / "good.py", ()),
             reproduce.fingerprint(scripts / "good.py", ("--quick",))]
    for there in (True, False):
        monkeypatch.setattr(reproduce.data, "at_hand", lambda name: there)
        marks.append(reproduce.fingerprint(scripts / "good.py", ("--full",)))
    (package / "module.py").write_text("x = 2\n")
    marks.append(reproduce.fingerprint(scripts / "good.py", ("--full",)))
    assert len(set(marks)) == 5
    assert marks[-1] == reproduce.fingerprint(scripts / "good.py", ("--full",))


def test_scripts_have_one_thread_each(reproduce, scripts, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    (scripts / "threads.py").write_text("import os\nprint(os.environ['OPENBLAS_NUM_THREADS'])\n")
    run = reproduce.run_script("threads", scripts.parent / "out", scripts)
    assert run.code == 0 and (run.folder / "log.txt").read_text() == "1\n"


@pytest.mark.parametrize("option, seconds", [("--quick", 1), ("--standard", 2), ("--full", 3)])
def test_expected_seconds_are_those_of_the_mode(option, seconds, reproduce, scripts, monkeypatch):
    seen = []
    monkeypatch.setattr(reproduce, "run_all", lambda expected, *more: seen.append(expected) or {})
    run(reproduce, scripts, ["good"], option)
    assert seen == [{"good": seconds}]


def test_again_runs_again_and_what_was_killed_goes_on_in_its_folder(reproduce, scripts):
    _, out = run(reproduce, scripts, ["good"])
    run(reproduce, scripts, ["good"], "--again")
    assert len(list(out.glob("good.*"))) == 1 and times(out) == 1
    state = json.loads((out / "good" / "run.json").read_text())
    (out / "good" / "run.json").write_text(json.dumps({"fingerprint": state["fingerprint"]}))
    run(reproduce, scripts, ["good"])
    assert times(out) == 2


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
    from reproduce_page import html_block, markdown_block
    from reproduce_report import prose
    long = "word " * 18
    paragraph, = prose(f"{long}\nends here / 1\nanother line / 2")
    assert paragraph.text == f"{long} ends here / 1\nanother line / 2"
    assert html_block(paragraph).endswith("ends here / 1<br>\nanother line / 2</p>")
    assert markdown_block(paragraph, None).endswith("ends here / 1  \nanother line / 2")
    first, table = prose("Numbers:\na     1\nb     2")
    assert (first.text, table.text) == ("Numbers:", "a     1\nb     2")


def test_time_left_by_the_pace_of_what_has_finished(reproduce):
    expected = {"a": 10, "b": 20, "c": 30}
    assert reproduce.seconds_left(expected, {}, 2) == 30
    assert reproduce.seconds_left(expected, {"a": 20}, 1) == 100
    assert reproduce.seconds_left(expected, {"a": 20}, 4) == 60     # no script runs on two cores
    assert reproduce.seconds_left(expected, dict.fromkeys(expected, 1), 2) == 0


def test_every_experiment_is_in_the_list(reproduce):
    """A script is one if its parser is that of experiments."""
    parser = re.compile(r"^ .*\boptions\(__doc__", re.MULTILINE)
    found = {path.stem for path in SCRIPTS.glob("*.py")
             if parser.search(path.read_text(encoding="utf-8"))}
    assert found == set(reproduce.EXPERIMENTS)


def test_every_docstring_asks_a_question_and_has_its_source(reproduce):
    import reproduce_report
    for name in reproduce.EXPERIMENTS:
        first, *rest = reproduce_report.paragraphs(SCRIPTS / f"{name}.py")
        assert "?" in first or ":" in first, name
        assert any(re.search(r"\bSource: |published", text) for text in rest), name


def test_the_machine_is_judged_by_the_oracle(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import reproduce_machine
    monkeypatch.setattr(reproduce_machine, "DTYPES", ("float32",))
    machine = reproduce_machine.judge_machine()
    (dtype, headline, exact, *_), = machine.rows
    n_right, n_exact = exact.split(" of ")
    assert machine.ok and dtype == "float32" and headline.startswith("PASS")
    assert n_right == n_exact and int(n_exact) > 50
    assert machine.facts["numpy"] == np.__version__
    right = reproduce_machine.own
    monkeypatch.setattr(reproduce_machine, "own", lambda case: {
        name: -array for name, array in right(case).items()})
    assert not reproduce_machine.judge_machine().ok
    assert os.cpu_count() and "cores" in machine.facts["processor"]
