"""The list of statements: what it names exists, and no text elsewhere gives up on a claim."""
import operator
import re
from importlib import import_module

import pytest
from conftest import SCRIPTS
from report.record import claims_of, records
from report.statements import AS_SAID, NOT_YET, PAGE, PARTLY, filled, statements
from report.summary import DOCUMENTS
from study.cells import STEPS, read

ROWS = statements(PAGE.read_text(encoding="utf-8"))
TITLES = {f"step {number}": {cell.title for cell in read(path).cells}
          for number, path in enumerate(STEPS, 1)}
GIVEN_UP = re.compile(r"(\bnot|\bnever|n't)( be)? reproduced?\b|fails? to reproduce", re.I)
ALLOWED = "scripts/report", "scripts/lab/table.py"      # which define the word


def test_statements_are_numbered_in_the_order_of_the_documents():
    assert len(ROWS) >= 100
    for seed in "ABCD":
        numbers = [row.number for row in ROWS if row.number.startswith(seed)]
        assert numbers == [f"{seed}{k}" for k in range(1, len(numbers) + 1)]


@pytest.mark.parametrize("row", ROWS, ids=[row.number for row in ROWS])
def test_what_a_statement_names_exists(row):
    code = row.code.strip("`")
    if row.verdict == "open":
        assert not code and row.shown
        return
    module, name = code.rsplit(".", 1)
    assert operator.attrgetter(name)(import_module(f"npspectral.{module}"))
    for number, title in re.findall(r"(step \d+): ([^;|]+)", row.shown):
        assert title.strip() in TITLES[number], title
    for experiment in re.findall(r"`(\w+)(?:: [^`]+)?`", row.shown):
        assert (SCRIPTS / "experiments" / experiment / "experiment.py").is_file()
    assert "step" in row.shown or "`" in row.shown


def test_claims_of_the_four_documents_are_cited_and_cited_claims_exist():
    kept = records()
    claims, cited = claims_of(kept), {name for row in ROWS for name in row.cited}
    assert {(experiment, name) for experiment, name in cited if experiment in kept} <= set(claims)
    assert {name for name, claim in claims.items()
            if claim["source"].startswith(tuple(DOCUMENTS))} <= cited


def test_nearly_all_statements_come_out_at_least_in_part():
    judged = [row for row in ROWS if row.verdict != NOT_YET]
    fine = [row for row in judged if row.verdict in (*AS_SAID, PARTLY)]
    assert len(fine) >= 0.92 * len(judged) > 0


def given_up(folder):
    """Places in code and pages that say that something is not reproduced, outside claims."""
    paths = [*folder.glob("npspectral/**/*.py"), *folder.glob("scripts/**/*.py"),
             *folder.glob("scripts/**/*.md"), folder / "README.md"]
    return [f"{path.relative_to(folder)}: {found[0]}" for path in paths
            if path.name != "claims.py" and not str(path.relative_to(folder)).startswith(ALLOWED)
            for found in GIVEN_UP.finditer(" ".join(path.read_text(encoding="utf-8").split()))]


def test_what_does_not_come_out_is_a_claim_with_a_verdict():
    assert given_up(SCRIPTS.parent) == []


@pytest.mark.parametrize("text", ["Does not reproduce: a slope.", "could not be\nreproduced",
                                  "was not reproduced here", "It doesn't reproduce."])
def test_a_text_that_gives_up_is_found(text, tmp_path):
    (tmp_path / "README.md").write_text("")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "claims.py").write_text(f'"""{text}"""')
    assert given_up(tmp_path) == []
    (tmp_path / "scripts" / "experiment.py").write_text(f'"""{text}"""')
    assert len(given_up(tmp_path)) == 1


@pytest.mark.parametrize("verdicts, said", [
    (["reproduced", "reproduced"], "reproduced"), (["reproduced", "not"], "partly"),
    (["not", "not"], "not"), (["reproduced", "not comparable"], "reproduced"),
    (["not", "not comparable"], "not"), (["not comparable"], "not comparable")])
def test_a_claim_that_cannot_be_compared_counts_only_alone(verdicts, said):
    name = [("some", f"claim {k}") for k in range(len(verdicts))]
    cited = "; ".join(f"`{experiment}: {claim}`" for experiment, claim in name)
    text = filled(f"| A1 | words | `code` | {cited} | ? |", dict(zip(name, verdicts)))
    assert statements(text)[0].verdict == said
