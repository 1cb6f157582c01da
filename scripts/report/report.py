"""The report of reproduce.py: which published claims came out, then every experiment."""
import re
import time

from lab.style import several
from lab.table import FAIL, TOO_SMALL

from .page import BAD, Link, figure, fold, heading, html, paragraph, plain, points, table
from .result import MOODS, of_checks
from .run import write_whole
from .summary import shown, summary, verdict

TITLE = "npspectral: what was published, and what came out"
MODES = {"quick": "Small sizes (--quick)", "default": "Standard sizes (--standard)",
         "full": "Published sizes (--full)"}
FITS = 88                               # columns that a docstring's lines fill at least
ORACLE = ("The oracle's numbers were rounded from 75 digits or more, by code that shares nothing "
          "with npspectral. In its exact tier no rounding can happen: every bit has to match, on "
          "any machine.")
GET_DATA = ("Some parts need data files that are not here: MNIST, Fashion-MNIST or California "
            "Housing, 40 MB in all. Run again with --download to get them once, or name a folder "
            "that has them in the environment variable NPSPECTRAL_DATA.")
ABOUT = "About: what it shows, source, deviations"


def write(results, machine, mode, folder, seconds, kept):
    """Write report.html to `folder`, whole or not at all; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.html"
    write_whole(target, html(TITLE, page(results, machine, mode, seconds, kept)))
    return target


def page(results, machine, mode, seconds, kept):
    """Its pieces: what came out, every experiment, the machine. kept: name -> record."""
    claims = {result.name: shown(result, mode, kept) for result in results}
    yield heading(1, TITLE)
    yield from faults(results, machine)
    yield from summary(results, claims, mode, kept)
    if any(result.missing for result in results):
        yield paragraph(GET_DATA)
    for result in results:
        yield from experiment(result, [claim for claim, _ in claims[result.name]])
    yield heading(2, "This run", "machine")
    yield paragraph(f"{MODES[mode]}, {time.strftime('%Y-%m-%d')}, {seconds / 60:.1f} minutes.")
    yield fold(of_checks([row for result in results for row in result.checks]) or "No own checks", [
        table(("experiment", "seconds", "this run"), [
            (result.mood, (Link(result.name), f"{result.seconds:.0f}", result.words))
            for result in results])])
    yield fold(machine.headline, [
        paragraph(ORACLE),
        table(("precision", "all cases", "exact tier, bit for bit", "largest error / allowed",
               "time"), [("", row) for row in machine.rows]),
        points([f"{name}: {value}" for name, value in machine.facts.items()])])


def faults(results, machine):
    """What is wrong with the run itself; nothing if all is well."""
    crashed = sum(result.code != 0 for result in results)
    damaged = sum(result.code == 0 and bool(result.faults) for result in results)
    said = [several(*words) for words in (
        (crashed, "experiment crashed", "experiments crashed"),
        (damaged, "experiment is damaged", "experiments are damaged")) if words[0]]
    if said:
        yield paragraph(f"Of {several(len(results), 'experiment', 'experiments')}: "
                        f"{', '.join(said)}.", BAD)
    if not machine.ok:
        yield paragraph(machine.headline, BAD)


def experiment(result, claims):
    """An experiment: what came of its claims, its figures, its own checks, all numbers."""
    yield heading(2, f"{result.name}: {result.question}", result.name)
    yield paragraph(result.words, result.mood)
    if result.code != 0 and result.last_lines:
        yield paragraph("Its last lines:")
        yield plain(result.last_lines)
    yield from map(paragraph, result.missing)
    if claims:
        yield notes(claims)
    yield from (figure(path, f"{result.name}: {path.stem.replace('_', ' ')}",
                       f"{result.name}/{path.stem}") for path in result.figures)
    yield from failures(result.checks)
    for title, rows in ((f"All numbers of the {several(len(result.claims), 'claim', 'claims')}",
                         [row for claim in result.claims for row in claim["rows"]]),
                        (several(len(result.checks), "own check", "own checks"), result.checks)):
        if rows:
            yield fold(title, [numbers(rows)])
    if result.paragraphs[1:]:
        yield fold(ABOUT, [piece for text in result.paragraphs[1:] for piece in prose(text)])


def notes(claims):
    """Each claim with its verdict, and what is to be said of it."""
    return table(("claim", "verdict", "note"), [
        ("", (claim["name"], verdict(claim["verdict"]), " ".join(filter(None, (
            claim["incomparable"], claim["note"]))))) for claim in claims])


def failures(checks):
    for said, title in ((FAIL, "Own checks that fail:"), (TOO_SMALL, "Not at this size:")):
        if rows := [row for row in checks if row["verdict"] == said]:
            yield paragraph(title, MOODS[said])
            yield points(map(sentence, rows))


def sentence(row):
    """A check that does not hold, as a sentence."""
    published = "" if row["published"] == "-" else f"; published: {row['published']}"
    return (f"{row['part']}: {row['quantity']} is {row['ours']}, expected {row['wanted']}"
            f"{published}")


def numbers(rows):
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
