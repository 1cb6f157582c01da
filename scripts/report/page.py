"""A page of headings, paragraphs, tables and figures, as HTML in one file.

A page is a list of the blocks below. `html` puts the figures into the file and needs neither
network nor JavaScript.
"""
import base64
import html as escape
import re
from dataclasses import dataclass
from pathlib import Path

GOOD, BAD, SMALL = "good", "bad", "small"           # moods of paragraphs and of rows
READABLE = 0.45                                     # of a figure's pixels, on the narrowest screen
# Controls but for the tab and the line end, what turns the direction of writing, surrogates.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
                 r"\ufffe\uffff]")
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; margin: 0 auto;
       max-width: 62rem; padding: 0 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.3rem; line-height: 1.3; }
h2 { border-top: 1px solid #ccc; margin-top: 3rem; padding-top: 1rem; }
a { color: #0b5394; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
         border-bottom: 1px solid #ddd; }
figure { margin: 1.5rem 0; overflow-x: auto; }
img { display: block; max-width: 100%; height: auto; }
figcaption { color: #666; font-size: .85rem; }
pre { overflow-x: auto; font-size: .8rem; background: #f6f6f6; padding: .6rem; }
summary { cursor: pointer; color: #0b5394; padding: .4rem 0; }
p.good, p.bad, p.small { border-left: .3rem solid; padding: .2rem 0 .2rem .8rem; }
p.good { border-color: #009e73; } p.bad { border-color: #d55e00; } p.small { border-color: #999; }
tr.good td:last-child { color: #006b4f; } tr.small td:last-child { color: #666; }
tr.bad td:last-child { color: #a84300; font-weight: bold; }
@media (max-width: 40rem) {
  thead { display: none; } tr { display: block; border-bottom: 1px solid #ccc; padding: .4rem 0; }
  td { display: flex; border: 0; padding: .1rem 0; overflow-wrap: anywhere; }
  td::before { content: attr(data-head); flex: 0 0 7rem; padding-right: .5rem; color: #666; }
  td:empty { display: none; }
}
"""


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    text: str
    mood: str = ""


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    items: list


@dataclass(frozen=True)
class Plain:
    """Lines as they stand."""

    text: str


@dataclass(frozen=True)
class Link:
    """The text of a table's cell that leads to a heading with this anchor."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Table:
    """`rows` of cells, text or Link, each with its mood in `moods`."""

    head: tuple
    rows: list
    moods: list


@dataclass(frozen=True)
class Figure:
    """A PNG file and what it is called."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Fold:
    """Blocks that a reader opens."""

    title: str
    blocks: list


def visible(words):
    """Text in which what no page or terminal may be given raw is written as \\x1b, \\ud800, ..."""
    return RAW.sub(lambda found: found[0].encode("unicode_escape").decode(), str(words))


def html(title, blocks):
    """The page as one HTML document, in pieces."""
    yield (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
           f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
           f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n")
    for block in blocks:
        yield html_block(block) + "\n"
    yield "</body>\n</html>\n"


def text(words):
    return escape.escape(visible(words))


def html_block(block):
    return HTML[type(block)](block)


def html_heading(block):
    anchor = f' id="{text(block.anchor)}"' if block.anchor else ""
    return f"<h{block.level}{anchor}>{text(block.text)}</h{block.level}>"


def html_paragraph(block):
    lines = "<br>\n".join(map(text, block.text.splitlines()))
    return f"<p{html_class(block.mood)}>{lines}</p>"


def html_class(mood):
    return f' class="{mood}"' if mood else ""


def html_table(block):
    head = "".join(f"<th>{text(name)}</th>" for name in block.head)
    rows = "\n".join(
        f"<tr{html_class(mood)}>" + "".join(
            f'<td data-head="{text(name)}">{html_cell(cell)}</td>'
            for name, cell in zip(block.head, row)) + "</tr>"
        for row, mood in zip(block.rows, block.moods))
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def html_cell(cell):
    if isinstance(cell, Link):
        return f'<a href="#{text(cell.anchor)}">{text(cell.text)}</a>'
    return text(cell)


def html_figure(block):
    try:
        content = block.path.read_bytes()
    except OSError as error:                                # it was there when it was looked for
        return html_paragraph(Paragraph(f"{block.path.name}: {error.strerror}.", BAD))
    width = int.from_bytes(content[16:20], "big")           # of a PNG's first chunk
    data = base64.b64encode(content).decode("ascii")
    return (f'<figure><img alt="{text(block.caption)}" style="min-width: {READABLE * width:.0f}px" '
            f'src="data:image/png;base64,{data}">\n'
            f"<figcaption>{text(block.caption)}</figcaption></figure>")


def html_fold(block):
    inner = "\n".join(map(html_block, block.blocks))
    return f"<details><summary>{text(block.title)}</summary>\n{inner}\n</details>"


HTML = {Heading: html_heading, Paragraph: html_paragraph, Table: html_table, Figure: html_figure,
        Fold: html_fold, Plain: lambda block: f"<pre>{text(block.text)}</pre>",
        Points: lambda block: "<ul>\n" + "\n".join(f"<li>{text(item)}</li>"
                                                   for item in block.items) + "\n</ul>"}
