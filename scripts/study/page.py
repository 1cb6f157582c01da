"""The study steps as one page: text and formulas beside the code that says the same.

Formulas are MathML and figures stand in the file, so it needs no network and no JavaScript.
"""
import base64
import io
import keyword
import re
import tokenize
from html import escape, unescape

from .formula import mathml

STYLE = """
body { font: 17px/1.55 Georgia, serif; color: #222; margin: 0 auto; max-width: 82rem;
       padding: 0 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { margin: 4rem 0 0; line-height: 1.25; }
h2 { border-top: 3px solid #222; padding-top: 1rem; } h3 { margin: 0 0 .3rem; font-size: 1.1rem; }
a { color: #0b5394; }
nav ol { padding-left: 1.4rem; columns: 24rem 2; } nav li { break-inside: avoid; }
section { border-top: 1px solid #ccc; margin-top: 1.2rem; padding-top: 1.2rem; }
math[display] { margin: .5rem 0; overflow-x: auto; overflow-y: hidden; max-width: 100%; }
math { font-size: 1.05em; }
pre { font: 12px/1.5 ui-monospace, Menlo, Consolas, monospace; background: #f6f6f4; margin: 0;
      padding: .6rem .8rem; overflow-x: auto; }
pre.out { background: #fff; border-left: 4px solid #0072b2; margin-top: .4rem; }
pre .c { color: #6a6a6a; } pre .k { color: #0b5394; } pre .a { color: #a84300; }
img { display: block; max-width: 100%; height: auto; margin: .6rem 0; }
p { margin: .5rem 0; } p.bad { color: #a84300; font-weight: bold; }
@media (min-width: 62rem) {
  section { display: grid; grid-template-columns: minmax(0, 4fr) minmax(0, 8fr); gap: 0 2rem; }
}
"""


def page(steps):
    """HTML of steps that were run."""
    links = "".join(f'<li><a href="#{step.path.stem}">{escape(step.title)}</a></li>'
                    for step in steps)
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>npspectral: study'
            f'</title><meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{STYLE}</style></head><body><h1>npspectral, for study</h1>"
            "<p>Each step derives one thing from nothing, in plain NumPy. On the left stands the "
            "sentence or the formula, on the right the line of code that says the same, and under "
            "it what it printed. Every line that begins with <code>assert</code> was run, and "
            f"held.</p><nav><ol>{links}</ol></nav>{''.join(map(chapter, steps))}</body></html>\n")


def chapter(step):
    first, *others = step.cells
    failed = f'<p class="bad">Not so: {escape(step.error)}</p>' if step.error else ""
    return (f'<h2 id="{step.path.stem}">{escape(first.title)}</h2>{failed}{prose(first.text)}'
            f"<p><code>scripts/study/{step.path.name}</code>, {step.seconds:.1f} s</p>"
            f"<pre>{colored(first.code)}</pre>{''.join(map(section, others))}")


def section(cell):
    printed = f'<pre class="out">{escape(cell.printed.rstrip())}</pre>' if cell.printed else ""
    return (f"<section><div><h3>{escape(cell.title)}</h3>{prose(cell.text)}</div><div>"
            f"<pre>{colored(cell.code)}</pre>{printed}{picture(cell.figure)}</div></section>")


def prose(text):
    """Paragraphs, with formulas in `backquotes` among the words, and formulas on lines alone."""
    parts, words = [], []
    for line in [*text.splitlines(), ""]:
        formula = line.startswith("    ")
        if line and not formula:
            words.append(line)
            continue
        if words:
            shown = escape(" ".join(words), quote=False)
            parts.append(f"<p>{re.sub('`(.+?)`', inline, shown)}</p>")
            words = []
        if formula:
            parts.append(mathml(line, block=True))
    return "".join(parts)


def inline(match):
    return mathml(unescape(match[1]))


def picture(figure):
    """A matplotlib figure within the page; its title says what there is to see."""
    if figure is None:
        return ""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=150, bbox_inches="tight")
    seen = escape(figure.get_suptitle() or "figure", quote=True)
    return (f'<img alt="{seen}" src="data:image/png;base64,'
            f'{base64.b64encode(file.getvalue()).decode()}">')


def colored(code):
    """Code as HTML: comments, keywords and asserts have colors of their own."""
    code = re.sub(r"  # noqa.*", "", code)
    lines, pieces, at = code.splitlines(keepends=True), [], (1, 0)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = kind_of(token)
        if kind:
            pieces += [escape(between(lines, at, token.start), quote=False),
                       f'<span class="{kind}">{escape(token.string, quote=False)}</span>']
            at = token.end
    return "".join(pieces) + escape(between(lines, at, (len(lines) + 1, 0)), quote=False)


def kind_of(token):
    if token.type == tokenize.COMMENT:
        return "c"
    if token.string == "assert":
        return "a"
    return "k" if token.type == tokenize.NAME and keyword.iskeyword(token.string) else ""


def between(lines, start, end):
    """The text from (line, column) to (line, column), lines counted from 1."""
    (first, low), (last, high) = start, end
    text = [line[:high] if number == last else line
            for number, line in enumerate(lines, 1) if first <= number <= last]
    return "".join(text)[low:]
