"""The records in the lines of a results file: each has one run, and its value or its error."""
import json
import signal
import struct
import threading
import time
from contextlib import contextmanager

from ._values import decode


def latest(texts, path):
    """{exact name: its parsed record, text and place}, in the order of the file.

    Of several records of a run, the value counts, or else the last failure.
    """
    ended = {}
    for number, text in enumerate(texts, 2):
        record = _parsed(text, f"{path}, line {number}")
        name = json.dumps(record["run"])
        if "value" in ended.pop(name, {}):
            raise ValueError(f"sweep: {path} holds two results of one run, {name}")
        ended[name] = {**record, "text": text, "place": f"{path}, line {number}"}
    return ended


def _parsed(text, place):
    try:
        record = json.loads(text)
        outcome = {*record} - {"run"}
        if outcome in ({"value"}, {"error"}) and isinstance(record.get("error", ""), str) and {
                *record["run"]} == {"function", "version", "parameters"}:
            return record
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise ValueError(f"sweep: {place} is whole, but no record of a run; it was not written by a "
                     f"sweep")


def decoded(record):
    """The value in a record, None if there is none; ValueError names a line that cannot be read."""
    try:
        return decode(record.get("value"))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
            struct.error) as error:
        raise ValueError(f"sweep: {record['place']} cannot be read: {error}") from error


class Recorder:
    """Called with a run's name and outcome, it writes them once, and reports how far it all is."""

    def __init__(self, file, total, todo, report):
        self.file, self.total, self.report = file, total, report
        self.left, self.n_todo, self.failed = set(todo), len(todo), 0
        self.from_disk = total - len(todo)
        self.begin = time.monotonic()
        self.tell()

    def __call__(self, name, outcome):
        with _ctrl_c_waits():
            if name not in self.left:
                return
            self.file.append(f'{{"run": {name}, {outcome}}}')
            self.left.remove(name)
        self.failed += outcome.startswith('"error"')
        self.tell()

    def tell(self):
        """Report how far the sweep is, if there is a report."""
        if self.report is None:
            return
        left, made = len(self.left), self.n_todo - len(self.left)
        failed = f", {self.failed} failed" if self.failed else ""
        seconds = (time.monotonic() - self.begin) / made * left if made else 0
        disk = (f", {self.from_disk}" if made else "") + " from disk" if self.from_disk else ""
        self.report(f"{self.total - left} of {self.total} runs{disk}{failed}"
                    + (f", {seconds:.0f} s to go" if made else ""))


@contextmanager
def _ctrl_c_waits():
    """Ctrl-C waits until the block has ended."""
    handler, caught = signal.getsignal(signal.SIGINT), []
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    signal.signal(signal.SIGINT, lambda *what: caught.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if caught:
            handler(*caught[0])
