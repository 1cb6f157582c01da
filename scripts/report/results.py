"""RESULTS.md, STATEMENTS.md and what README.md quotes, written from the records of experiments.

    python scripts/report/results.py        writes them, and lists records of other code
"""
import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from lab.style import several
from lab.table import FAIL
from report.record import EXPERIMENTS, claims_of, moved, records
from report.result import JUDGED, of_checks, paragraphs
from report.run import write_whole
from report.statements import filled
from report.summary import MARKS, counts_of, judged, names

FOLDER = Path(__file__).parent
RESULTS, STATEMENTS = FOLDER / "RESULTS.md", FOLDER / "STATEMENTS.md"
HEAD = """# What was published, and what came out

{counts}

Each claim is a sentence of a source, beside what was measured here: with the same kind of network,
the same quantity and the same rule of stopping, as far as the source tells them. It is
*reproduced* if all that judges it holds, *partly* if some does, *not* if nothing does, and *not
comparable* if it cannot be judged, for a reason that is told. Ours: the median; in brackets the
range or the 95 % interval, and over how many seeds. Checks that the project makes of itself are
counted apart. Every statement of the four documents, also what needs no experiment:
[STATEMENTS](STATEMENTS.md).

`python scripts/reproduce.py --standard` writes this page, by way of a `record.json` beside each
experiment. `python scripts/report/record.py` lists experiments whose code has moved on since.
"""


def results(kept, place=EXPERIMENTS):
    """The page RESULTS.md of records, experiment -> record."""
    claims = [claim for record in kept.values() for claim in record["claims"]]
    documents = [(name, *(counts[verdict] or "" for verdict in JUDGED))
                 for name, counts in counts_of(claims).items()]
    pieces = [HEAD.format(counts=sentence(claims)), table(("document", *JUDGED), documents)]
    for name, record in kept.items():
        question = paragraphs(place / name / "experiment.py")[0]
        pieces += [f"## {name}\n", f"{question} ({', '.join(made(record))})\n",
                   *experiment(record)]
    missing = [path.parent.name for path in sorted(place.glob("*/experiment.py"))
               if path.parent.name not in kept]
    if missing:
        pieces.append(f"No standard run is kept of: {', '.join(missing)}.\n")
    return "\n".join(pieces)


def sentence(claims):
    """How all claims came out."""
    counts = Counter(claim["verdict"] for claim in claims)
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in JUDGED)
    return f"Of {several(len(claims), 'published claim', 'published claims')}: {said}."


def made(record):
    """What made a record, in words."""
    yield from (f"{name.replace('_', ' ')} {number}" for name, number in record["seeds"].items())
    yield f"{record['date']}"
    yield f"{record['seconds'] / 60:.1f} minutes"
    yield from (f"{name} {record['versions'][name].split()[0]}" for name in ("numpy", "Python"))
    yield f"code {record['code']['runs'][:8]}"


def experiment(record):
    """The pieces of one: its claims, what is to be said of them, its own checks."""
    if record["claims"]:
        yield table(("claim", "in the source's words", "source", "published", "ours", "verdict"),
                    map(claim_cells, record["claims"]))
        if notes := [f"- {claim['name']}: {note}" for claim in record["claims"]
                     if (note := f"{claim['incomparable']} {claim['note']}".strip())]:
            yield "\n".join([*notes, ""])
    if said := of_checks(record["checks"]):
        failed = [f"{row['part']}: {row['quantity']} is {row['ours']}, expected {row['wanted']}"
                  for row in record["checks"] if row["verdict"] == FAIL]
        yield f"{'; '.join([said, *failed])}.\n"


def claim_cells(claim):
    """Of its rows those with bounds, one under the other."""
    rows = judged(claim["rows"])
    return (claim["name"], claim["words"], claim["source"],
            "<br>".join(row["published"] for row in rows),
            "<br>".join(f"{name}: {row['ours']}" for name, row in zip(names(rows), rows)),
            f"{MARKS[claim['verdict']][0]} {claim['verdict']}")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(["| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |"
                      for line in lines]) + "\n"


def quoted(text, page):
    """The README's text, its count of claims and its rows of claims as they stand in the page."""
    now = {key(line): line for line in page.split("\n")}
    return "\n".join(now.get(key(line), line) if key(line) else line for line in text.split("\n"))


def key(line):
    """What a line of the page is found by: name, words and source of a claim; "" of others."""
    if line.startswith("Of ") and "published claim" in line:
        return "count"
    return tuple(line.split(" | ")[:3]) if line.startswith("| ") and line.count(" | ") == 5 else ""


def write_pages(place=EXPERIMENTS, folder=FOLDER):
    """All pages, from the records in a place."""
    kept = records(place)
    verdicts = {name: claim["verdict"] for name, claim in claims_of(kept).items()}
    page, readme = results(kept, place), folder.parents[1] / "README.md"
    write_whole(folder / RESULTS.name, [page])
    for path, now in ((folder / STATEMENTS.name, lambda text: filled(text, verdicts)),
                      (readme, lambda text: quoted(text, page))):
        write_whole(path, [now(path.read_text(encoding="utf-8"))])


if __name__ == "__main__":
    write_pages()
    for name, anew in moved(records()).items():
        print(f"{name}: {anew}")
