"""The report of reproduce.py: what each experiment asks and found, and where it failed."""
import ast
import json
import re
import time
from collections import Counter
from dataclasses import dataclass

from experiment_table import FAIL, PASS, TOO_SMALL, VERDICTS
from reproduce_page import (BAD, GOOD, SMALL, Figure, Fold, Heading, Link, Paragraph, Plain, Points,
                            Table, html, markdown)

TITLE = "npspectral: every experiment beside its published numbers"
MODES = {"quick": "Small sizes (--quick)", "default": "Standard sizes (--standard)",
         "full": "Published sizes (--full)"}
MOODS = {PASS: GOOD, FAIL: BAD, TOO_SMALL: SMALL, "": ""}
LAST_LINES = 15                         # of a script that crashed
FITS = 88                               # columns that a docstring's lines fill at least
MISSING = re.compile(r"^.*\bleft out: .*$", re.MULTILINE)
GET_DATA = ("Some parts need data files that are not here: MNIST, Fashion-MNIST, digits or "
            "California Housing, 40 MB in all. Run again with --download to get them once, or name "
            "a folder that has them in the environment variable NPSPECTRAL_DATA.")
COLUMNS = ("part", "quantity", "published", "ours", "verdict")


@dataclass(frozen=True)
class Result:
    """What a script left behind: its docstring's paragraphs, verdicts, figures, output."""

    name: str
    paragraphs: list
    rows: list
    figures: list
    missing: list                       # lines about data sets that were left out
    last_lines: str
    code: int
    seconds: float

    @classmethod
    def of(cls, run):
        """From a reproduce.Run."""
        path = run.folder / VERDICTS
        output, errors = ((run.folder / name).read_text(encoding="utf-8", errors="replace")
                          if (run.folder / name).is_file() else ""
                          for name in ("log.txt", "errors.txt"))
        lines = [line.rstrip() for line in re.split(r"[\r\n]+", output + "\n" + errors)
                 if line.strip()]
        return cls(run.name, paragraphs(run.script),
                   json.loads(path.read_text(encoding="utf-8")) if path.is_file() else [],
                   sorted(run.folder.glob("*.png")), MISSING.findall(output),
                   "\n".join(lines[-LAST_LINES:]), run.code, run.seconds)

    @property
    def question(self):
        return self.paragraphs[0]

    @property
    def counts(self):
        """Verdict -> how many rows."""
        return Counter(row["verdict"] for row in self.rows)

    @property
    def broken(self):
        """Whether it crashed, or what must hold at any size does not."""
        return self.code != 0 or any(row["exact"] and row["verdict"] == FAIL for row in self.rows)

    @property
    def mood(self):
        if self.code or self.counts[FAIL]:
            return BAD
        return GOOD if self.counts[PASS] and not self.counts[TOO_SMALL] else SMALL

    @property
    def words(self):
        """The verdict in words."""
        if self.code:
            return f"Crashed with exit code {self.code}."
        if not self.rows:
            return "Not run: its data files are not here." if self.missing else "No verdicts."
        held, failed, small = (self.counts[verdict] for verdict in (PASS, FAIL, TOO_SMALL))
        total = held + failed + small
        if not total:
            return "Nothing is judged; the numbers stand for themselves."
        said = (f"All {total} claims hold" if held == total else
                f"{held} of {total} claims hold")
        said += f", {failed} {'does' if failed == 1 else 'do'} not" * bool(failed)
        said += f"; {small} not at this size" * bool(small)
        return said + "; part of it needs data files that are not here" * bool(self.missing) + "."


def paragraphs(script):
    """The docstring of a script by paragraphs, the question first."""
    try:
        found = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or script.stem
    except SyntaxError as error:
        found = f"{script.name}: {error}"
    first, _, rest = found.partition("\n")
    return [first, *re.split(r"\n\s*\n", rest.strip("\n"))] if rest.strip() else [first]


def write(results, machine, mode, folder, seconds):
    """Write report.html and report.md to `folder`; the path of the former."""
    blocks = page(results, machine, mode, seconds)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.md").write_text(markdown(blocks, folder), encoding="utf-8")
    target = folder / "report.html"
    target.write_text(html(TITLE, blocks), encoding="utf-8")
    return target


def page(results, machine, mode, seconds):
    """All blocks: the machine, a summary, then every experiment."""
    return [Heading(1, TITLE),
            Paragraph(f"{MODES[mode]}, {time.strftime('%Y-%m-%d')}, {seconds / 60:.1f} minutes."),
            *machine_blocks(machine), *summary(results, mode),
            *(block for result in results for block in experiment(result))]


def machine_blocks(machine):
    head = ("precision", "all cases", "exact tier, bit for bit", "largest error / allowed", "time")
    return [Heading(2, "This machine"), Paragraph(machine.headline, GOOD if machine.ok else BAD),
            Paragraph("The oracle's numbers were rounded from 75 digits or more, by code that "
                      "shares nothing with npspectral. In its exact tier no rounding can happen: "
                      "every bit has to match, on any machine."),
            Table(head, machine.rows, [""] * len(machine.rows)),
            Points([f"{name}: {value}" for name, value in machine.facts.items()])]


def summary(results, mode):
    counts = sum((result.counts for result in results), Counter())
    crashed = sum(result.code != 0 for result in results)
    said = [several(*words) for words in (
        (counts[PASS], "claim holds", "claims hold"), (counts[FAIL], "claim fails", "claims fail"),
        (counts[TOO_SMALL], "does not hold at this size", "do not hold at this size"),
        (crashed, "experiment crashed", "experiments crashed")) if words[0]]
    return [Heading(2, "Summary"),
            Paragraph(f"{several(len(results), 'experiment', 'experiments')}: "
                      f"{', '.join(said) or 'nothing judged'}.",
                      BAD if crashed or counts[FAIL] else GOOD),
            *([Paragraph(GET_DATA)] if any(result.missing for result in results) else []),
            *([Paragraph("These sizes show that everything works. They are too small for a "
                         "reproduction: a claim that does not hold here is no failure, unless it "
                         "is exact at any size. --standard judges all of them.")]
              if mode == "quick" else []),
            Paragraph("Ours: medians, and their range, over seeds or over what the line names."),
            Table(("experiment", "question", "seconds", "verdict"),
                  [[Link(result.name, result.name), result.question, f"{result.seconds:.0f}",
                    result.words] for result in results], [result.mood for result in results])]


def several(number, one, more):
    """The number before the words for one of them or for more."""
    return f"{number} {one if number == 1 else more}"


def experiment(result):
    """The blocks of one script."""
    blocks = [Heading(2, f"{result.name}: {result.question}", result.name),
              Paragraph(result.words, result.mood)]
    if result.code:
        blocks += [Paragraph("Its last lines:"), Plain(result.last_lines)]
    blocks += [Paragraph(line) for line in result.missing]
    blocks += failures(result)
    blocks += [block for text in result.paragraphs if text.startswith("Does not reproduce")
               for block in prose(text, BAD)]
    blocks += [Figure(path, f"{result.name}: {path.stem.replace('_', ' ')}")
               for path in result.figures]
    blocks += tables(result.rows)
    about = [block for text in result.paragraphs[1:] if not text.startswith("Does not reproduce")
             for block in prose(text)]
    return blocks + ([Fold("About: source, method, published numbers against ours at standard "
                           "sizes", about)] if about else [])


def failures(result):
    """Claims that do not hold, one sentence each."""
    blocks = []
    for verdict, title in ((FAIL, "Fails:"), (TOO_SMALL, "Not at this size:")):
        rows = [row for row in result.rows if row["verdict"] == verdict]
        if rows:
            blocks += [Paragraph(title, MOODS[verdict]), Points([sentence(row) for row in rows])]
    return blocks


def sentence(row):
    published = "" if row["published"] == "-" else f"; published: {row['published']}"
    return (f"{row['part']}: {row['quantity']} is {row['ours']}, expected {row['wanted']}"
            f"{published}")


def tables(rows):
    """Rows that are judged or have a published number; the others to be opened."""
    shown = [row for row in rows if row["verdict"] or row["published"] != "-"]
    rest = [row for row in rows if row not in shown]
    return ([table(shown)] if shown else []) + (
        [Fold(several(len(rest), "more number", "more numbers"), [table(rest)])] if rest else [])


def table(rows):
    return Table(COLUMNS, [[row["part"], row["quantity"], row["published"], row["ours"],
                            f"{row['verdict']} ({row['wanted']})" if row["verdict"] else ""]
                           for row in rows], [MOODS[row["verdict"]] for row in rows])


def prose(text, mood=""):
    """A paragraph of a docstring: its lines joined where they were wrapped, tables as they are."""
    lines, points, before = text.splitlines(), [], []
    aligned = [k for k, line in enumerate(lines) if re.search(r"^ |\S {3,}\S", line)]
    if aligned and not any(line.startswith("- ") for line in lines):
        begin = unwrap(lines[:aligned[0]])
        return [Paragraph(begin, mood)] * bool(begin) + [Plain("\n".join(lines[aligned[0]:]))]
    for line in lines:
        if line.startswith("- "):
            points.append(line[2:])
        elif points:
            points[-1] += f" {line.strip()}"
        else:
            before.append(line)
    return ([Paragraph(unwrap(before), mood)] if before else []) + (
        [Points(points)] if points else [])


def unwrap(lines):
    """Lines joined, but for those that end where the next word would have fitted."""
    text = "".join(line + ("\n" if len(line) + len(after.split()[0]) < FITS else " ")
                   for line, after in zip(lines, lines[1:]))
    return text + "".join(lines[-1:])
