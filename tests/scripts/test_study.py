"""Every study step holds, and none of its lines can be broken without an assert that says so."""
import importlib
import json
import operator
import re
from pathlib import Path

import html_pages
import pytest
from study.__main__ import main
from study.cells import STEPS, read, run
from study.formula import mathml

MISTAKES = Path(__file__).parent / "study_mistakes"
BROKEN = [(path, mistake) for path in STEPS
          for mistake in json.loads((MISTAKES / f"{path.stem}.json").read_text())]
NEAR = 2                                # cells that may lie between a line and its assert


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_every_line_of_a_step_holds(path):
    step = run(path)
    assert not step.error and step.seconds < 10
    assert sum(path == of for of, _ in BROKEN) >= 8
    assert all(cell.text.strip() or cell.title.startswith("The library") for cell in step.cells)


@pytest.mark.parametrize("path, mistake", BROKEN,
                         ids=[f"{path.stem}-{mistake['wrong']}" for path, mistake in BROKEN])
def test_a_broken_line_is_caught_near_it(path, mistake):
    source = path.read_text(encoding="utf-8")
    assert source.count(mistake["line"]) == 1
    broken = run(path, source.replace(mistake["line"], mistake["wrong"]))
    word, line = broken.error.split(": ")[1].split()[0], int(broken.error.split()[1].rstrip(":"))
    assert word == "AssertionError"
    planted = source[:source.index(mistake["line"])].count("\n") + 1
    starts = [cell.line for cell in read(path).cells]
    cell_of = [sum(start <= place for start in starts) for place in (planted, line)]
    assert cell_of[0] <= cell_of[1] <= cell_of[0] + NEAR


def test_the_page_holds_every_step_and_asks_for_no_network(tmp_path, capsys):
    assert main(["--out", str(tmp_path)]) == 0
    html = (tmp_path / "study.html").read_text(encoding="utf-8")
    reader, _ = html_pages.read(tmp_path / "study.html")    # every tag is closed in turn
    sources = re.findall(r' (?:src|href)="([^"]*)"', html)
    assert reader.images and all(source.startswith(("#", "data:")) for source in sources)
    assert all(f'id="{path.stem}"' in html for path in STEPS)
    assert "npspectral agrees" in html and "assert" in html
    assert f"{len(STEPS)} steps" in capsys.readouterr().out


def test_a_step_that_fails_is_told_by_its_line(tmp_path, monkeypatch, capsys):
    step = tmp_path / "step01_wrong.py"
    step.write_text('"""Wrong.\n\nText.\n"""\nx = 1\n# %% A cell\n# Text `a_i`.\n\nassert x == 2\n')
    monkeypatch.setattr("study.__main__.STEPS", [step])
    assert main(["--out", str(tmp_path)]) == 1
    assert "step01_wrong.py: line 9: AssertionError" in capsys.readouterr().err
    assert "Not so: line 9" in (tmp_path / "study.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("text, want", [
    ("w_ij", "<msub><mi>w</mi><mrow><mi>i</mi><mi>j</mi></mrow></msub>"),
    ("lambda_in_j", "<msubsup><mi>λ</mi><mrow><mi>j</mi></mrow><mrow><mtext>in</mtext></mrow>"
                    "</msubsup>"),
    ("lambda_in_j^2", "<msup><mrow><mo>(</mo><msubsup><mi>λ</mi><mrow><mi>j</mi></mrow><mrow>"
                      "<mtext>in</mtext></mrow></msubsup><mo>)</mo></mrow><mrow><mn>2</mn></mrow>"
                      "</msup>"),
    ("Phi^-1", "<msup><mi>Φ</mi><mrow><mo>−</mo><mn>1</mn></mrow></msup>"),
    ("zdot", '<mover><mi>z</mi><mo>˙</mo></mover>'),
    ("x'", "<msup><mi>x</mi><mrow><mo>′</mo></mrow></msup>"),
    ("a < b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
    ("a/b", "<mi>a</mi><mo>/</mo><mi>b</mi>"),
])
def test_a_formula_becomes_mathml(text, want):
    assert mathml(text) == f"<math>{want}</math>"


def test_fractions_stand_upright_on_lines_of_their_own():
    assert mathml("(a + b)/c", block=True) == (
        '<math display="block"><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>'
        "<mrow><mi>c</mi></mrow></mfrac></math>")
    assert "<mrow><mrow><mi>d</mi><mi>f</mi></mrow><mrow><mo>(</mo><mi>x</mi>" in mathml(
        "df(x)/dt", block=True).partition("<mfrac>")[2]         # all of df(x) is above the line


INDEX = STEPS[0].parent / "INDEX.md"
ROWS = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in INDEX.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| formula", "| ---"))]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_formula_of_the_index_stands_where_it_says(row):
    formula, seeds, where, said, step = row
    assert formula and set(seeds) <= set("ABCD, ")
    (path, name), = re.findall(r"\[.+\]\(\.\./\.\./(.+)\.py\) `([\w.]+)`", where)
    module = importlib.import_module(path.replace("/", "."))
    found = operator.attrgetter(name)(module)
    texts = " ".join(f"{module.__doc__} {found.__doc__}".split())
    assert getattr(module, name.split(".")[0]).__module__ == module.__name__
    assert " ".join(said.strip("`").split()) in texts
    if step:
        (number, file), = re.findall(r"\[(\d+)\]\((step\d+_\w+\.py)\)", step)
        assert file.startswith(f"step{int(number):02}_") and (INDEX.parent / file).is_file()


def test_links_of_the_index_lead_to_files():
    links = re.findall(r"\]\(([^)#]+)", INDEX.read_text(encoding="utf-8"))
    assert len(links) > len(ROWS) and all((INDEX.parent / link).is_file() for link in links)
    assert len(ROWS) >= 40
