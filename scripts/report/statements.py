"""The list of statements, STATEMENTS.md: its rows, and the verdicts that its claims give them.

A row cites a claim as `EXPERIMENT: NAME` in its column "shown". The last column of such rows and
the line that counts are written from the records; all else is written by hand.
"""
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from lab.table import NOT, NOT_COMPARABLE, PARTLY, REPRODUCED

PAGE = Path(__file__).with_name("STATEMENTS.md")
ROW = re.compile(r"^\| (?P<number>[ABCD]\d+) \|.*\|$", re.M)
AS_SAID = REPRODUCED, "derived", "built", "drawn", "context"
OPEN = "open"
NO_CLAIM, NOT_YET = "no such claim", "not judged yet"


@dataclass(frozen=True)
class Statement:
    """One row; its cells as they stand there."""

    number: str
    words: str
    code: str
    shown: str
    verdict: str

    @property
    def cited(self):
        """(experiment, claim) of all claims that it cites."""
        return [tuple(name) for name in re.findall(r"`(\w+): ([^`]+)`", self.shown)]


def statements(text):
    """The rows of the page, in its order."""
    return [Statement(*(cell.strip() for cell in line[0].split("|")[1:-1]))
            for line in ROW.finditer(text)]


def filled(text, verdicts):
    """The page with the verdicts of claims, (experiment, claim) -> verdict, and their count."""
    judged = {experiment for experiment, _ in verdicts}

    def row(line):
        cited = statements(line[0])[0].cited
        if not cited:
            return line[0]
        said = joined([verdicts.get(name, NO_CLAIM if name[0] in judged else NOT_YET)
                       for name in cited])
        return re.sub(r"\|[^|]*\|$", f"| {said} |", line[0])
    text = ROW.sub(row, text)
    return re.sub(r"^Of \d+ statements.*$", counted(statements(text)), text, flags=re.M)


def joined(verdicts):
    """One verdict of several: theirs if they agree, else that it holds in part, if any does.

    A claim that cannot be compared counts only if no other can.
    """
    for said in (NO_CLAIM, NOT_YET):
        if said in verdicts:
            return said
    found = set(verdicts) - {NOT_COMPARABLE} or {NOT_COMPARABLE}
    if len(found) == 1:
        return found.pop()
    return PARTLY if {REPRODUCED, PARTLY} & found else NOT


def counted(rows):
    """The line that counts them."""
    kinds = Counter(row.verdict for row in rows)
    fine = sum(kinds[kind] for kind in AS_SAID)
    said = ", ".join(f"{kinds[kind]} {kind}" for kind in AS_SAID)
    left = f", {kinds[NOT_YET]} are not judged yet" * bool(kinds[NOT_YET])
    return (f"Of {len(rows)} statements {fine} are as the documents say ({said}), "
            f"{kinds[PARTLY]} partly, {kinds[NOT]} not; {kinds[NOT_COMPARABLE]} cannot be "
            f"compared, {kinds[OPEN]} are open{left}.")
