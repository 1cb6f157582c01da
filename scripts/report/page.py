"""A page of headings, paragraphs, tables and figures, as HTML in one file.

The functions below give its pieces, `html` joins them. It needs neither network nor JavaScript.
"""
import base64
import html as escape
import io
import re
from pathlib import Path

GOOD, BAD, SMALL = "good", "bad", "small"           # moods of paragraphs and of rows
THUMB = 150                                         # pixels that a small picture is wide
STYLE = "\n" + Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
READABLE = 0.45                                     # of a figure's pixels, on the narrowest screen
PHONE = 360                                         # pixels that such a screen has for it
# Controls but for the tab and the line end, what turns the direction of writing, surrogates.
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
                 r"\ufffe\uffff]")


class Link(str):
    """Text of a table's cell that leads to the heading which has it as its anchor."""


class Piece(str):
    """HTML, as the functions below give it, where text is expected."""


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


def table(head, rows, kind=""):
    """A table of rows (mood, cells), whose cells are text, Link or Piece.

    On a phone a "bare" table has no titles.
    """
    titles = "".join(f"<th>{linked(name)}</th>" for name in head)
    body = "\n".join(f"<tr{in_mood(mood)}>" + "".join(
        f"<td{titled(name, kind)}>{linked(cell)}</td>" for name, cell in zip(head, cells))
        + "</tr>" for mood, cells in rows)
    return (f"<table{in_mood(kind)}>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
            f"</table>")


def titled(name, kind):
    return "" if "bare" in kind.split() else f' data-head="{text(name)}"'


def linked(cell):
    if isinstance(cell, Link):
        return link(cell, cell)
    return cell if isinstance(cell, Piece) else text(cell)


def link(anchor, inner, title=""):
    """What leads to an anchor: text, or a Piece."""
    told = f' title="{text(title)}"' if title else ""
    return Piece(f'<a href="#{text(anchor)}"{told}>'
                 f"{inner if isinstance(inner, Piece) else text(inner)}</a>")


def boxes(inner, mood=""):
    """Text, or Pieces, in boxes of one kind, one under the other."""
    return Piece("".join(f"<div{in_mood(mood)}>{linked(one)}</div>" for one in inner))


def figure(path, caption, anchor=""):
    """A PNG file, inside the page. One too wide for a phone is said to be so on a phone."""
    try:
        content = path.read_bytes()
    except OSError as error:                                # it was there when it was looked for
        return paragraph(f"{path.name}: {error.strerror}.", BAD)
    width = READABLE * int.from_bytes(content[16:20], "big")        # of a PNG's first chunk
    named = f' id="{text(anchor)}"' if anchor else ""
    return (f'<figure{named}{in_mood("wide" if width > PHONE else "")}><div>'
            f'<img alt="{text(caption)}" style="min-width: {width:.0f}px" '
            f'src="{data_of(content)}"></div>\n'
            f"<figcaption>{text(caption)}</figcaption></figure>")


def data_of(content):
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


def thumbnail(path):
    """A small picture of a PNG file; none of one that is too small itself, or has gone."""
    from matplotlib.image import imread, imsave
    try:
        pixels = imread(path)
        step = -(-pixels.shape[1] // (2 * THUMB))           # two pixels for one, on fine screens
        rows, columns = (size // step * step for size in pixels.shape[:2])
        parts = pixels[:rows, :columns].reshape(rows // step, step, columns // step, step, -1)
        small = io.BytesIO()
        imsave(small, parts[..., :3].mean((1, 3)))
    except Exception:
        return Piece("")
    return Piece(f'<img alt="" width="{THUMB}" src="{data_of(small.getvalue())}">')


def fold(title, pieces):
    """What a reader opens."""
    inner = "\n".join(pieces)
    return f"<details><summary>{text(title)}</summary>\n{inner}\n</details>"
