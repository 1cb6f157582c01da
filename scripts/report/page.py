"""A page of headings, paragraphs, tables and figures, as HTML in one file.

The functions below give its pieces, `html` joins them. It needs neither network nor JavaScript.
"""
import base64
import html as escape
import re
from pathlib import Path

GOOD, BAD, SMALL = "good", "bad", "small"           # moods of paragraphs and of rows
STYLE = "\n" + Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
READABLE = 0.45                                     # of a figure's pixels, on the narrowest screen
# Controls but for the tab and the line end, what turns the direction of writing, surrogates.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
                 r"\ufffe\uffff]")


class Link(str):
    """Text of a table's cell that leads to the heading which has it as its anchor."""


def visible(words):
    """Text in which what no page or terminal may be given raw is written as \\x1b, \\ud800, ..."""
    return RAW.sub(lambda raw: raw[0].encode("unicode_escape").decode(), str(words))


def text(words):
    return escape.escape(visible(words))


def html(title, pieces):
    """The page as one HTML document, in pieces."""
    yield (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
           f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
           f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n")
    for piece in pieces:
        yield piece + "\n"
    yield "</body>\n</html>\n"


def heading(level, words, anchor=""):
    named = f' id="{text(anchor)}"' if anchor else ""
    return f"<h{level}{named}>{text(words)}</h{level}>"


def paragraph(words, mood=""):
    lines = "<br>\n".join(map(text, words.splitlines()))
    return f"<p{in_mood(mood)}>{lines}</p>"


def in_mood(mood):
    return f' class="{mood}"' if mood else ""


def points(sentences):
    return "\n".join(["<ul>", *(f"<li>{text(sentence)}</li>" for sentence in sentences), "</ul>"])


def plain(lines):
    """Lines as they stand."""
    return f"<pre>{text(lines)}</pre>"


def table(head, rows):
    """Of rows (mood, cells), whose cells are text or Link."""
    titles = "".join(f"<th>{text(name)}</th>" for name in head)
    body = "\n".join(f"<tr{in_mood(mood)}>" + "".join(
        f'<td data-head="{text(name)}">{linked(cell)}</td>' for name, cell in zip(head, cells))
        + "</tr>" for mood, cells in rows)
    return f"<table>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def linked(cell):
    return f'<a href="#{text(cell)}">{text(cell)}</a>' if isinstance(cell, Link) else text(cell)


def figure(path, caption):
    """A PNG file, inside the page."""
    try:
        content = path.read_bytes()
    except OSError as error:                                # it was there when it was looked for
        return paragraph(f"{path.name}: {error.strerror}.", BAD)
    width = int.from_bytes(content[16:20], "big")           # of a PNG's first chunk
    data = base64.b64encode(content).decode("ascii")
    return (f'<figure><img alt="{text(caption)}" style="min-width: {READABLE * width:.0f}px" '
            f'src="data:image/png;base64,{data}">\n'
            f"<figcaption>{text(caption)}</figcaption></figure>")


def fold(title, pieces):
    """What a reader opens."""
    inner = "\n".join(pieces)
    return f"<details><summary>{text(title)}</summary>\n{inner}\n</details>"
