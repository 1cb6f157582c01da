"""What a script left behind, read so that no damage in it can stop the report."""
import ast
import json
import re
from collections import Counter, deque
from dataclasses import dataclass

from lab.style import several
from lab.table import (FAIL, NOT, NOT_COMPARABLE, PARTLY, PASS, REPRODUCED, TOO_SMALL, VERDICTS)

from .page import BAD, GOOD, SMALL, visible
from .run import ERRORS, LOG, in_words, regular

MOODS = {PASS: GOOD, FAIL: BAD, TOO_SMALL: SMALL, "": ""}
LAST_LINES, LONGEST = 15, 500           # lines of a script that is in trouble, their characters
MISSING = re.compile(r"\bleft out: ")
MOST_MISSING = 20                       # lines about data sets
TEXTS = ("part", "quantity", "published", "ours", "verdict", "wanted")
NOTHING: dict = {"claims": [], "checks": []}
CLAIMED = ("name", "words", "source", "figure", "note", "incomparable", "verdict")
JUDGED = (REPRODUCED, PARTLY, NOT, NOT_COMPARABLE)      # verdicts of claims, in this order
PNG, IHDR, IEND = b"\x89PNG\r\n\x1a\n", b"\0\0\0\rIHDR", b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class Result:
    """What a script left behind; faults: sentences on what is wrong with it."""

    name: str
    paragraphs: list                    # of its docstring
    verdicts: dict                      # "claims" and "checks", what made them
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
        judged, damage = read(verdicts, job.folder / VERDICTS, (NOTHING, []))
        faults += damage
        images = [path for path in sorted(job.folder.glob("*.png")) if read(whole, path, None)]
        missing, last = read(output, job.folder / LOG, ([], []))
        errors = read(output, job.folder / ERRORS, ([], []))[1]
        last = "\n".join([*last, *errors][-LAST_LINES:])
        return cls(job.name, texts, judged, images, missing, last, code, seconds, faults)

    @property
    def question(self):
        return self.paragraphs[0]

    @property
    def claims(self):
        return self.verdicts["claims"]

    @property
    def checks(self):
        return self.verdicts["checks"]

    @property
    def rows(self):
        """All of them: of the claims, then the checks."""
        return [row for claim in self.claims for row in claim["rows"]] + self.checks

    @property
    def broken(self):
        """Whether something is wrong, or what must hold at any size does not."""
        return bool(self.faults) or any(row["exact"] and row["verdict"] == FAIL
                                        for row in self.rows)

    @property
    def mood(self):
        """Of the experiment as a piece of work: a claim that does not come out is no fault."""
        if self.broken or counted(self.checks)[FAIL]:
            return BAD
        return SMALL if any(row["verdict"] == TOO_SMALL for row in self.rows) else GOOD

    @property
    def words(self):
        """What is wrong, then what came out in words."""
        judged = self.code == 0 and (self.rows or not self.faults)
        return " ".join([*self.faults, *([self.outcome] if judged else [])])

    @property
    def health(self):
        """The same without the claims."""
        return " ".join([*self.faults, of_checks(self.checks)]).strip()

    @property
    def outcome(self):
        if not self.rows and not self.claims:
            return "Not run: its data files are not here." if self.missing else "No verdicts."
        left_out = "; part of it needs data files that are not here" * bool(self.missing)
        said = [of_claims(self.claims)] * bool(self.claims) + [of_checks(self.checks)]
        return f"{'; '.join(filter(None, said))}{left_out}."


def counted(judged):
    """Verdict -> how many claims or rows."""
    return Counter(one["verdict"] for one in judged)


def of_claims(claims):
    """How many claims came out how, in words."""
    counts = counted(claims)
    parts = [f"{counts[verdict]} {verdict}" for verdict in (*JUDGED, TOO_SMALL) if counts[verdict]]
    return f"{several(len(claims), 'claim', 'claims')}: {', '.join(parts)}"


def of_checks(rows):
    """How many of our own checks hold, in words; "" if none is judged."""
    held, failed, small = (counted(rows)[verdict] for verdict in (PASS, FAIL, TOO_SMALL))
    total = held + failed + small
    if not total:
        return ""
    return (f"{held} of {several(total, 'own check holds', 'own checks hold')}"
            + f", {small} not at this size" * bool(small) + f", {failed} FAIL" * bool(failed))


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
    """(claims and checks that are as lab.table writes them, a fault if some are not)."""
    if not path.is_symlink() and not path.exists():
        return NOTHING, []
    said = json.loads(regular(path).read_bytes())
    if not isinstance(said, dict) or not all(isinstance(said.get(key), list) for key in NOTHING):
        raise ValueError("has no lists of claims and checks")
    told = []
    for key, sound in (("claims", is_claim), ("checks", is_row)):
        bad = [k for k, one in enumerate(said[key], 1) if not sound(one)]
        told += [f"{path.name}: {len(bad)} of {len(said[key])} {key} are damaged, the first is "
                 f"number {first}." for first in bad[:1]]
        said[key] = [one for one in said[key] if sound(one)]
    return said, told


def is_claim(claim):
    return (has_texts(claim, CLAIMED) and isinstance(claim.get("rows"), list)
            and all(map(is_row, claim["rows"])) and claim["verdict"] in (*JUDGED, TOO_SMALL))


def is_row(row):
    return (has_texts(row, TEXTS) and isinstance(row.get("exact"), bool)
            and row["verdict"] in MOODS)


def has_texts(one, names):
    return isinstance(one, dict) and all(isinstance(one.get(name), str) for name in names)


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
