"""SPEED.md, one run of all rows with how to read them, and the rows of times in README.md.

The README quotes from the page, row by row. A row that was disturbed, that disagrees or that is not
there, because a peer was not installed, is left out.
"""
import re
from pathlib import Path
from typing import NamedTuple

from report.run import write_whole

from . import turns

PAGE = Path(__file__).resolve().parent / "SPEED.md"
README = PAGE.parents[2] / "README.md"
HEAD = """# How fast npspectral is

Written by `python scripts/benchmark --page` in {minutes:.0f} minutes, with the README's rows of
times. Libraries take turns in short blocks. Times are medians of the blocks in which others used at
most {foreign:.0%} of the processor. "spread" is the largest interquartile range over median in a
row. "!" marks a row with too few such blocks: the README quotes none of them. Where the time goes,
and why some goals are missed: [NOTES](NOTES.md).
"""
QUOTES = "| work | peer | ours |\n| --- | --- | --- |\n"


class Quote(NamedTuple):
    """A row of the README: its words, where it stands in the page, and peer -> name of a peer."""

    words: str
    row: dict
    peers: dict


STEP = {"net": "784-200-10", "batch": "128", "dtype": "float32", "threads": "1"}
PEERS = {"torch": "PyTorch", "torch fused": "its fused Adam", "jax": "JAX"}
QUOTED = (
    Quote("step 784-200-10, batch 128, lambda_out trained",
          STEP | {"trained": "lambda_out"}, PEERS),
    Quote("step 784-200-10, batch 128, all trained", STEP | {"trained": "all"}, PEERS),
    Quote("tangent kernel, 10-10000-1, p = 2000",
          {"work": "tangent kernel 10-10000-1 p=2000", "threads": "1"},
          {"neural-tangents": "neural-tangents", "JAX Jacobian": "Jacobian in JAX"}))


def speed(texts, minutes):
    """The page of (module, text) of every part."""
    parts = [f"## {module.TITLE}\n\n{module.__doc__.partition(2 * chr(10))[2]}\n{text}"
             for module, text in texts]
    return "\n".join([HEAD.format(minutes=minutes, foreign=turns.FOREIGN), *parts])


def rows_of(text):
    """Every row of every table in a page: title -> field."""
    rows, titles = [], None
    for line in text.splitlines():
        fields = [field.strip() for field in line.strip("|").split("|")]
        if not line.startswith("|"):
            titles = None
        elif titles is None:
            titles = fields
        elif not line.startswith("|---"):
            rows.append(dict(zip(titles, fields)))
    return rows


def ratio(rows, quote, peer):
    """The time of a peer over ours as it stands in the page, or None if it is not to be quoted.

    A peer has a column of its own, or a row of its own.
    """
    for row in rows:
        if quote.row.items() <= row.items() and row.get("beside", peer) == peer:
            text = row.get(peer) or row.get("time", "")
            quiet = re.fullmatch(r"\d+%", row["spread"])
            return text if re.fullmatch(r"[\d.]+", text) and quiet else None
    return None


def quotes(text):
    """The README's rows of times from the text of SPEED.md."""
    rows, lines = rows_of(text), ""
    for quote in QUOTED:
        times = {name: ratio(rows, quote, peer) for peer, name in quote.peers.items()}
        told = {name: time for name, time in times.items() if time is not None}
        if told:
            lines += (f"| {quote.words} | {', '.join(told)} | "
                      f"{', '.join(told.values())} times as fast |\n")
    return QUOTES + lines


def write(texts, minutes, page=PAGE, readme=README):
    """The page, and the README with its rows."""
    text = speed(texts, minutes)
    write_whole(page, [text])
    now = re.sub(r"^\| work \| peer \|.*\n(\|.*\n)*", lambda _: quotes(text),
                 readme.read_text(encoding="utf-8"), flags=re.M)
    write_whole(readme, [now])
