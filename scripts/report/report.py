"""The report of reproduce.py: what each experiment asks and found, and where it failed."""
import os
import re
import time
from collections import Counter

from lab.table import FAIL, PASS, TOO_SMALL

from .page import (BAD, GOOD, Figure, Fold, Heading, Link, Paragraph, Plain, Points, Table, html)
from .result import MOODS

TITLE = "npspectral: every experiment beside its published numbers"
MODES = {"quick": "Small sizes (--quick)", "default": "Standard sizes (--standard)",
         "full": "Published sizes (--full)"}
FITS = 88                               # columns that a docstring's lines fill at least
GET_DATA = ("Some parts need data files that are not here: MNIST, Fashion-MNIST, digits or "
            "California Housing, 40 MB in all. Run again with --download to get them once, or name "
            "a folder that has them in the environment variable NPSPECTRAL_DATA.")
COLUMNS = ("part", "quantity", "published", "ours", "verdict")


def write(results, machine, mode, folder, seconds):
    """Write report.html to `folder`, whole or not at all; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.html"
    write_whole(target, html(TITLE, page(results, machine, mode, seconds)))
    return target


def write_whole(path, pieces):
    """Write pieces of text under another name, then rename it: an older report stays until then."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(pieces)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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
    damaged = sum(result.code == 0 and bool(result.faults) for result in results)
    said = [several(*words) for words in (
        (counts[PASS], "claim holds", "claims hold"), (counts[FAIL], "claim fails", "claims fail"),
        (counts[TOO_SMALL], "does not hold at this size", "do not hold at this size"),
        (crashed, "experiment crashed", "experiments crashed"),
        (damaged, "experiment is damaged", "experiments are damaged")) if words[0]]
    return [Heading(2, "Summary"),
            Paragraph(f"{several(len(results), 'experiment', 'experiments')}: "
                      f"{', '.join(said) or 'nothing judged'}.",
                      BAD if crashed or damaged or counts[FAIL] else GOOD),
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
    if result.code != 0 and result.last_lines:
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
    text = "".join(line + ("\n" if len(line) + len((after.split() or [''])[0]) < FITS else " ")
                   for line, after in zip(lines, lines[1:]))
    return text + "".join(lines[-1:])
