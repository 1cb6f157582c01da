"""RESULTS.md, STATEMENTS.md and what README.md quotes, written from the records of experiments.

    python scripts/report/results.py        writes them anew
"""
import re
import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from lab.style import several
from lab.table import FAIL
from report.record import EXPERIMENTS, claims_of, records
from report.result import JUDGED, of_checks, paragraphs
from report.run import write_whole
from report.statements import filled
from report.summary import MARKS, counts_of, judged, names

FOLDER = Path(__file__).parent
RESULTS, STATEMENTS = FOLDER / "RESULTS.md", FOLDER / "STATEMENTS.md"
README = FOLDER.parents[1] / "README.md"
CLAIM = "claim", "in the source's words", "source", "published", "ours", "verdict"
QUOTED = (                              # in the README, of those that are judged
    ("eigenvalue_training", "eigenvalues are what to look for"),
    ("teacher_student", "Core as soon as h > h_T"),
    ("mnist_convolution", "convolutional networks learn features"),
    ("learning_curves", "Final kernel as good as the network"),
    ("sphere_model", "lazy wins below p*"), ("attractors", "A saturates at h"))
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
    counts = counts_of([claim for record in kept.values() for claim in record["claims"]])
    pieces = [HEAD.format(counts=sentence(kept, place)), table(("document", *JUDGED), [
        (name, *(count[verdict] or "" for verdict in JUDGED)) for name, count in counts.items()])]
    for name in names_in(place):
        question, record = paragraphs(place / name / "experiment.py")[0], kept.get(name)
        said = f"({', '.join(made(record))})" if record else "Not judged yet."
        pieces += [f"## {name}\n", f"{question} {said}\n", *(experiment(record) if record else [])]
    return "\n".join(pieces)


def names_in(place):
    """Of all experiments, in their order."""
    return [path.parent.name for path in sorted(place.glob("*/experiment.py"))]


def sentence(kept, place):
    """How all claims came out."""
    counts = Counter(claim["verdict"] for claim in claims_of(kept).values())
    said, every = ", ".join(f"{counts[verdict]} {verdict}" for verdict in JUDGED), names_in(place)
    left = f" ({len(every) - len(kept)} of {len(every)} experiments are not judged yet)"
    return (f"Of {several(sum(counts.values()), 'published claim', 'published claims')}: {said}"
            f"{left * (len(kept) < len(every))}.")


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
        yield table(CLAIM, map(claim_cells, record["claims"]))
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


def quoted(text, kept, place=EXPERIMENTS):
    """The README's text with its count of claims and its table of claims as the records say."""
    claims = claims_of(kept)
    rows = table(CLAIM, [claim_cells(claims[name]) for name in QUOTED if name in claims])
    text = re.sub(r"^Of \d+ published claims?:.*$", sentence(kept, place), text, flags=re.M)
    return re.sub(r"^\| claim \| in the.*\n(\|.*\n)*", lambda _: rows, text, flags=re.M)


def write_pages(place=EXPERIMENTS, folder=FOLDER):
    """All pages, from the records in a place."""
    kept = records(place)
    verdicts = {name: claim["verdict"] for name, claim in claims_of(kept).items()}
    write_whole(folder / RESULTS.name, [results(kept, place)])
    for path, now in (
            (folder / STATEMENTS.name, lambda text: filled(text, verdicts)),
            (folder.parents[1] / README.name, lambda text: quoted(text, kept, place))):
        write_whole(path, [now(path.read_text(encoding="utf-8"))])


if __name__ == "__main__":
    write_pages()
