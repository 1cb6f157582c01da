"""The report of reproduce.py: what each experiment asks and found, and where it failed."""
import re
import time
from collections import Counter

from lab.style import several
from lab.table import FAIL, PASS, TOO_SMALL

from .page import (BAD, GOOD, Link, figure, fold, heading, html, paragraph, plain, points, table)
from .result import MOODS
from .run import write_whole

TITLE = "npspectral: every experiment beside its published numbers"
MODES = {"quick": "Small sizes (--quick)", "default": "Standard sizes (--standard)",
         "full": "Published sizes (--full)"}
FITS = 88                               # columns that a docstring's lines fill at least
ORACLE = ("The oracle's numbers were rounded from 75 digits or more, by code that shares nothing "
          "with npspectral. In its exact tier no rounding can happen: every bit has to match, on "
          "any machine.")
GET_DATA = ("Some parts need data files that are not here: MNIST, Fashion-MNIST, digits or "
            "California Housing, 40 MB in all. Run again with --download to get them once, or name "
            "a folder that has them in the environment variable NPSPECTRAL_DATA.")
QUICK = ("These sizes show that everything works. They are too small for a reproduction: a claim "
         "that does not hold here is no failure, unless it is exact at any size. --standard judges "
         "all of them.")
ABOUT = "About: source, method, deviations; measured numbers are in scripts/report/RESULTS.md"


def write(results, machine, mode, folder, seconds):
    """Write report.html to `folder`, whole or not at all; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.html"
    write_whole(target, html(TITLE, page(results, machine, mode, seconds)))
    return target


def page(results, machine, mode, seconds):
    """Its pieces: the machine, a summary, then every experiment."""
    yield heading(1, TITLE)
    yield paragraph(f"{MODES[mode]}, {time.strftime('%Y-%m-%d')}, {seconds / 60:.1f} minutes.")
    yield heading(2, "This machine")
    yield paragraph(machine.headline, GOOD if machine.ok else BAD)
    yield paragraph(ORACLE)
    yield table(("precision", "all cases", "exact tier, bit for bit", "largest error / allowed",
                 "time"), [("", row) for row in machine.rows])
    yield points([f"{name}: {value}" for name, value in machine.facts.items()])
    yield from summary(results, mode)
    for result in results:
        yield from experiment(result)


def summary(results, mode):
    counts = sum((result.counts for result in results), Counter())
    crashed = sum(result.code != 0 for result in results)
    damaged = sum(result.code == 0 and bool(result.faults) for result in results)
    said = [several(*words) for words in (
        (counts[PASS], "claim holds", "claims hold"), (counts[FAIL], "claim fails", "claims fail"),
        (counts[TOO_SMALL], "does not hold at this size", "do not hold at this size"),
        (crashed, "experiment crashed", "experiments crashed"),
        (damaged, "experiment is damaged", "experiments are damaged")) if words[0]]
    yield heading(2, "Summary")
    yield paragraph(f"{several(len(results), 'experiment', 'experiments')}: "
                    f"{', '.join(said) or 'nothing judged'}.",
                    BAD if crashed or damaged or counts[FAIL] else GOOD)
    if any(result.missing for result in results):
        yield paragraph(GET_DATA)
    if mode == "quick":
        yield paragraph(QUICK)
    yield paragraph("Ours: medians, and their range, over seeds or over what the line names.")
    yield table(("experiment", "question", "seconds", "verdict"),
                [(result.mood, (Link(result.name), result.question, f"{result.seconds:.0f}",
                                result.words)) for result in results])


def experiment(result):
    yield heading(2, f"{result.name}: {result.question}", result.name)
    yield paragraph(result.words, result.mood)
    if result.code != 0 and result.last_lines:
        yield paragraph("Its last lines:")
        yield plain(result.last_lines)
    yield from map(paragraph, result.missing)
    for verdict, title in ((FAIL, "Fails:"), (TOO_SMALL, "Not at this size:")):
        if rows := [row for row in result.rows if row["verdict"] == verdict]:
            yield paragraph(title, MOODS[verdict])
            yield points(map(sentence, rows))
    refuted, about = [], []
    for text in result.paragraphs[1:]:
        (refuted if text.startswith("Does not reproduce") else about).append(text)
    yield from (piece for text in refuted for piece in prose(text, BAD))
    yield from (figure(path, f"{result.name}: {path.stem.replace('_', ' ')}")
                for path in result.figures)
    yield from tables(result.rows)
    if about:
        yield fold(ABOUT, [piece for text in about for piece in prose(text)])


def sentence(row):
    """Of a claim that does not hold."""
    published = "" if row["published"] == "-" else f"; published: {row['published']}"
    return (f"{row['part']}: {row['quantity']} is {row['ours']}, expected {row['wanted']}"
            f"{published}")


def tables(rows):
    """Rows that are judged or have a published number; the others to be opened."""
    shown = [row for row in rows if row["verdict"] or row["published"] != "-"]
    rest = [row for row in rows if row not in shown]
    if shown:
        yield claims(shown)
    if rest:
        yield fold(several(len(rest), "more number", "more numbers"), [claims(rest)])


def claims(rows):
    names = "part", "quantity", "published", "ours"
    return table((*names, "verdict"), [
        (MOODS[row["verdict"]], (*map(row.get, names), row["verdict"] and
                                 f"{row['verdict']} ({row['wanted']})")) for row in rows])


def prose(text, mood=""):
    """A paragraph of a docstring: its lines joined where they were wrapped, tables as they are."""
    lines = text.splitlines()
    before, *items = re.split(r"^- ", text, flags=re.MULTILINE)
    aligned = [k for k, line in enumerate(lines) if re.search(r"^ |\S {3,}\S", line)]
    rest = [points(" ".join(map(str.strip, item.splitlines())) for item in items)] if items else []
    if aligned and not items:
        before, rest = "\n".join(lines[:aligned[0]]), [plain("\n".join(lines[aligned[0]:]))]
    return [paragraph(unwrap(before.splitlines()), mood)] * bool(before) + rest


def unwrap(lines):
    """Lines joined, but for those that end where the next word would have fitted."""
    text = "".join(line + ("\n" if len(line) + len((after.split() or [''])[0]) < FITS else " ")
                   for line, after in zip(lines, lines[1:]))
    return text + "".join(lines[-1:])
