"""What a script left behind, read so that no damage in it can stop the report."""
import ast
import json
import re
from collections import Counter, deque
from dataclasses import dataclass

from lab.table import FAIL, PASS, TOO_SMALL, VERDICTS
from .page import BAD, GOOD, SMALL, visible
from .run import ERRORS, LOG, in_words, regular

MOODS = {PASS: GOOD, FAIL: BAD, TOO_SMALL: SMALL, "": ""}
LAST_LINES, LONGEST = 15, 500           # lines of a script that is in trouble, their characters
MISSING = re.compile(r"\bleft out: ")
MOST_MISSING = 20                       # lines about data sets
TEXTS = ("part", "quantity", "published", "ours", "verdict", "wanted")
PNG, IHDR, IEND = b"\x89PNG\r\n\x1a\n", b"\0\0\0\rIHDR", b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class Result:
    """What a script left behind; faults: sentences on what is wrong with it."""

    name: str
    paragraphs: list                    # of its docstring
    rows: list                          # of its table
    figures: list
    missing: list                       # lines about data sets that were left out
    last_lines: str
    code: int | None
    seconds: float
    faults: list

    @classmethod
    def of(cls, job, code, seconds, faults=()):
        """From a job that run_job has run; reading raises nothing, whatever the folder holds."""
        faults = list(faults)

        def read(reader, path, nothing):
            """What a reader finds; `nothing` and a fault where it cannot read at all."""
            try:
                return reader(path)
            except Exception as error:
                faults.append(f"{path.name}: {in_words(error)}.")
                return nothing
        texts = read(paragraphs, job.source, [job.name])
        rows, damage = read(verdicts, job.folder / VERDICTS, ([], []))
        faults += damage
        images = [path for path in sorted(job.folder.glob("*.png")) if read(whole, path, None)]
        missing, last = read(output, job.folder / LOG, ([], []))
        errors = read(output, job.folder / ERRORS, ([], []))[1]
        last = "\n".join([*last, *errors][-LAST_LINES:])
        return cls(job.name, texts, rows, images, missing, last, code, seconds, faults)

    @property
    def question(self):
        return self.paragraphs[0]

    @property
    def counts(self):
        """Verdict -> how many rows."""
        return Counter(row["verdict"] for row in self.rows)

    @property
    def broken(self):
        """Whether something is wrong, or what must hold at any size does not."""
        return bool(self.faults) or any(row["exact"] and row["verdict"] == FAIL
                                        for row in self.rows)

    @property
    def mood(self):
        if self.faults or self.counts[FAIL]:
            return BAD
        return GOOD if self.counts[PASS] and not self.counts[TOO_SMALL] else SMALL

    @property
    def words(self):
        """What is wrong, then the verdict in words."""
        judged = self.code == 0 and (self.rows or not self.faults)
        return " ".join([*self.faults, *([self.verdict] if judged else [])])

    @property
    def verdict(self):
        if not self.rows:
            return "Not run: its data files are not here." if self.missing else "No verdicts."
        held, failed, small = (self.counts[verdict] for verdict in (PASS, FAIL, TOO_SMALL))
        total = held + failed + small
        if not total:
            return "Nothing is judged; the numbers stand for themselves."
        said = f"{f'All {total}' if held == total else f'{held} of {total}'} claims hold"
        said += f", {failed} {'does' if failed == 1 else 'do'} not" * bool(failed)
        said += f"; {small} not at this size" * bool(small)
        return said + "; part of it needs data files that are not here" * bool(self.missing) + "."


def seconds_of(source):
    """SECONDS of an experiment's file, which is not run; a minute, ten and 100 if it has none."""
    try:
        text = regular(source).read_text(encoding="utf-8")
        quick, default, full = re.search(r"^SECONDS = (.+), (.+), (.+)$", text, re.M).groups()
        return float(quick), float(default), float(full)
    except Exception:                   # its own process will tell
        return 60.0, 600.0, 6000.0


# Readers: path -> what it holds. They raise where they can read nothing.

def paragraphs(script):
    """The docstring of a script by paragraphs, the question first."""
    tree = ast.parse(regular(script).read_bytes(), script.name)
    question, _, rest = visible(ast.get_docstring(tree) or script.stem).partition("\n")
    return [question, *(re.split(r"\n\s*\n", rest.strip("\n")) if rest.strip() else [])]


def verdicts(path):
    """(rows of a table that are as lab.table.show_table writes them, a fault if some are not)."""
    if not path.is_symlink() and not path.exists():
        return [], []
    rows = json.loads(regular(path).read_bytes())
    if not isinstance(rows, list):
        raise ValueError(f"is {type(rows).__name__}, expected a list of rows")
    bad = [k for k, row in enumerate(rows, 1) if not is_row(row)]
    told = [f"{path.name}: {len(bad)} of {len(rows)} rows are damaged, the first is row {first}."
            for first in bad[:1]]
    return [row for row in rows if is_row(row)], told


def is_row(row):
    return (isinstance(row, dict) and isinstance(row.get("exact"), bool)
            and all(isinstance(row.get(name), str) for name in TEXTS) and row["verdict"] in MOODS)


def whole(path):
    """The path of a whole PNG file."""
    content = regular(path).read_bytes()
    if not (content.startswith(PNG + IHDR) and content.endswith(IEND)):
        raise ValueError("is no PNG image, or not all of one")
    return path


def output(path):
    """(lines about data that were left out, the last lines), of long ones the beginning."""
    missing, last = [], deque(maxlen=LAST_LINES)
    if path.exists():
        with open(regular(path), encoding="utf-8", errors="replace") as file:
            for line in filter(None, map(str.rstrip, file)):
                last.append(line[:LONGEST] + " ..." * (len(line) > LONGEST))
                if MISSING.search(last[-1]) and len(missing) < MOST_MISSING:
                    missing.append(last[-1])
    return missing, last
