"""A study step, cell by cell: its text, its code, and what the code prints, draws and asserts."""
import contextlib
import io
import re
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

STEPS = sorted(Path(__file__).parent.glob("step*.py"))
MARK = re.compile(r"^# %% ?(.*)$", re.MULTILINE)


@dataclass
class Cell:
    """`text` is the comment that a cell begins with, `line` where its first line stands."""

    title: str
    text: str
    code: str
    line: int
    printed: str = ""
    figure: object = None


@dataclass
class Step:
    """A file of study, and what running it gave; `error` names the line that does not hold."""

    path: Path
    cells: list = field(default_factory=list)
    seconds: float = 0.0
    error: str = ""

    @property
    def title(self):
        return self.cells[0].title


def read(path, source=None):
    """The step of this file: the docstring is the first cell's text, its first line the title."""
    source = path.read_text(encoding="utf-8") if source is None else source
    marks = list(MARK.finditer(source))
    head = source[:marks[0].start()]
    _, docstring, code = head.split('"""', 2)
    title, _, text = docstring.partition("\n\n")
    cells = [Cell(title.rstrip("."), text.strip(), code.strip("\n"), docstring.count("\n") + 1)]
    for mark, end in zip(marks, [*(mark.start() for mark in marks[1:]), len(source)]):
        body = source[mark.end() + 1:end]
        text = re.match(r"(?:#.*\n)*", body)[0]
        line = source[:mark.end()].count("\n") + 1 + text.count("\n")
        cells.append(Cell(mark[1], re.sub(r"^# ?", "", text, flags=re.MULTILINE),
                          body[len(text):].strip("\n"), line + blank(body[len(text):])))
    return Step(path, cells)


def blank(code):
    """How many empty lines code begins with."""
    return len(code) - len(code.lstrip("\n"))


def run(path, source=None):
    """Read a step and run its cells in turn, in one namespace, until one fails."""
    step = read(path, source)
    space = {"__name__": path.stem}
    began = time.perf_counter()
    for cell in step.cells:
        shown, printed = space.get("figure"), io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile("\n" * cell.line + cell.code, str(path), "exec"), space)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)
            line = next(frame.lineno for frame in reversed(last) if frame.filename == str(path))
            step.error = f"line {line}: {type(error).__name__} {error}".rstrip()
            break
        finally:
            cell.printed = printed.getvalue()
        cell.figure = space.get("figure") if space.get("figure") is not shown else None
    step.seconds = time.perf_counter() - began
    return step
