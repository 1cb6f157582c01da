"""A grid of runs that survives a kill: every run is made once, on one machine or on many.

    runs = sweep.grid(train, alpha=(1e-6, 1e6), p=(128, 256, 512), seed=range(5))
    table = sweep.run_all(runs, "results.jsonl", workers=4, report=print)
    for row in table.rows:
        print(row.run.parameters, row.value)

`train` is a function at the top of a module; it draws whatever is random from its parameters (a
seed, say) and returns numbers, text, NumPy arrays, or lists, tuples and dicts of them. A value
comes back with the bits that it had. A script that makes runs with workers has its main part under
`if __name__ == "__main__":`, as multiprocessing demands.

Each run is written to the file as soon as it ends, by this process alone, and is there for good.
Start the same again after a crash, a kill or Ctrl-C: what the file holds is not run again. A run
that raises is recorded with its traceback, does not stop the others, and is tried again next time.

A run is known by its function's name, its exact parameters (1, 1.0 and True are three) and the
version of the code: a digest of npspectral's sources and of the function's file, or what the caller
names. Python, NumPy and the machine are not part of it.

Engines: this process (workers=1), processes of this machine (workers=4), or any executor in the
manner of concurrent.futures: Dask's client.get_executor(), mpi4py.futures.MPIPoolExecutor().
Sums of a BLAS depend on its threads. Own workers have one; set OPENBLAS_NUM_THREADS=1 (with MKL,
MKL_NUM_THREADS=1) where this process or the executor's workers start, and all give the same bits.
"""
import json
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from numbers import Integral
from typing import Any

import numpy as np

from ._code import code_version, full_name, script_sources
from ._engines import attempt, collect, error_text, hold_memory, undisturbed
from ._file import ResultsFile, located, read
from ._processes import leave_if_imported, make_in_processes, refuse_notebook
from ._values import classes, decode, dumps

__all__ = ["Run", "Row", "Table", "code_version", "grid", "hold_memory", "run_all", "table"]


@dataclass(frozen=True)
class Run:
    """A call that is to be made: function(**parameters)."""

    function: Callable
    parameters: dict[str, Any]


def grid(function, /, **axes):
    """A run for every choice of one value from each axis; the last axis varies fastest."""
    axes = {name: _choices(name, axis) for name, axis in axes.items()}
    return [Run(function, dict(zip(axes, values))) for values in product(*axes.values())]


def _choices(name, axis):
    if isinstance(axis, (str, bytes, dict, set, frozenset)) or not np.iterable(axis):
        raise TypeError(f"grid: {name} is {axis!r}, expected its values in their order, [{axis!r}] "
                        f"for one")
    values = list(axis)
    if not values and iter(axis) is axis:
        raise ValueError(f"grid: {name} is a generator that was used up before, expected a list")
    return values


@dataclass(frozen=True)
class Row:
    """What a run gave: its value, or `error`, the traceback of what it raised.

    Two rows are equal if their texts in the file are: arrays to the bit, nan to nan.
    """

    run: Run = field(compare=False)
    record: str
    value: Any = field(default=None, compare=False)
    error: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Table:
    """The rows of the runs that have ended, in the order in which the runs were given.

    `from_disk` is the number of runs that the results file held before, equal ones counted once.
    """

    rows: tuple[Row, ...]
    from_disk: int = field(default=0, compare=False)

    @property
    def text(self):
        """A line of JSON for each row: the same bytes, whichever engine and order made them."""
        return "".join(row.record + "\n" for row in self.rows)

    @property
    def values(self):
        """What the runs returned; RuntimeError with the first traceback if one raised."""
        failed = [row for row in self.rows if row.error]
        if failed:
            raise RuntimeError(f"sweep: {len(failed)} of {len(self.rows)} runs failed, the first "
                               f"with {failed[0].run.parameters}:\n{failed[0].error}")
        return [row.value for row in self.rows]


def run_all(runs, path, workers=1, executor=None, version=None, report=None):
    """Make the runs that the results file does not hold, equal ones once; give the Table of all.

    report(line) is told how far it is; what it raises ends the sweep. Raises ValueError for
    workers, a folder or a damaged file, TypeError for a function or parameter that has no exact
    name, BlockingIOError while another sweep writes to the file, OSError when the disk is full,
    RuntimeError for files of code that were edited after they were loaded, for workers that cannot
    begin and for an executor that broke; what ended before is in the file.
    """
    leave_if_imported()
    if (not isinstance(workers, Integral) or isinstance(workers, bool) or workers < 1
            or executor is not None and workers > 1):
        raise ValueError(f"sweep: workers is {workers!r}, expected 1 or more, and 1 with executor")
    runs, versions = _named(runs, version)
    if workers > 1:
        refuse_notebook(run.function for _, run in runs)
    with ResultsFile(path) as file:
        ended = _latest(file.records, file.path)
        made = {name for name, last in ended.items() if "value" in last}
        todo = {name: (run, versions[name]) for name, run in runs if name not in made}
        record = _Recorder(file, len(dict(runs)), todo, report)
        _make(_failed_last(todo, ended, file), file, workers, executor, record)
    return _table(runs, file.path, record.from_disk)


def _failed_last(todo, ended, file):
    """In the order of the grid, but first those that nothing is known against."""
    for name in filter(file.was_begun, todo):
        text = error_text("sweep: the process ended while it made this run itself: it was killed, "
                          "or the run ended it")
        file.append(f'{{"run": {name}, {text}}}')
        ended = {**ended, name: text}
    return {name: todo[name] for name in sorted(todo, key=lambda name: name in ended)}


def _make(todo, file, workers, executor, record):
    make = partial(attempt, session=os.urandom(8).hex(), scripts=script_sources())
    if executor is not None:
        collect(executor, make, todo, record)
    elif workers > 1:
        make_in_processes(int(workers), make, todo, record)
    else:
        for name, what in todo.items():
            file.begin(name)
            record(name, make(name, *what))


def table(runs, path, version=None):
    """The Table of those runs that have ended so far; a sweep may be writing to the file."""
    runs, _ = _named(runs, version)
    return _table(runs, located(path), None)


def _table(runs, path, from_disk):
    texts, _ = read(path)
    ended = _latest(texts, path)
    rows = tuple(
        Row(run, ended[name]["text"], _decoded(ended[name]), ended[name].get("error"))
        for name, run in runs if name in ended)
    return Table(rows, len({row.record for row in rows}) if from_disk is None else from_disk)


def _named(runs, version):
    """Pairs (exact name, run): all that makes a run the one that it is, as a line of JSON.

    And name -> the digest of its code that workers compare with theirs; None if the caller has
    named the version.
    """
    named, versions, digests = [], {}, {}
    for run in _listed(runs):
        function = full_name(run.function)
        things = (run.function, *sorted(classes(run.parameters), key=full_name))
        if version is None and things not in versions:
            versions[things] = code_version(*things)
        parameters = dumps(dict(sorted(run.parameters.items())), "parameters", one_way=True)
        digest = versions.get(things)
        name = (f'{{"function": {json.dumps(function)}, "version": '
                f'{json.dumps(version if digest is None else digest)}, "parameters": {parameters}}}')
        named.append((name, run))
        digests[name] = digest
    return named, digests


def _listed(runs):
    if isinstance(runs, Run) or not np.iterable(runs):
        raise TypeError(f"sweep: runs is {runs!r}, expected a list of them, [Run(function, "
                        f"parameters)] or grid(function, ...)")
    runs = list(runs)
    for run in runs:
        if not isinstance(run, Run):
            raise TypeError(f"sweep: runs has {run!r}, expected Run(function, parameters) or grid")
    return runs


def _latest(texts, path):
    """exact name -> parsed record and its text, of the value or else of the last failure."""
    ended = {}
    for number, text in enumerate(texts, 2):
        record = _parsed(text, f"{path}, line {number}")
        name = json.dumps(record["run"])
        if "value" in ended.get(name, {}):
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


def _decoded(record):
    try:
        return decode(record.get("value"))
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError,
            struct.error) as error:
        raise ValueError(f"sweep: {record['place']} cannot be read: {error}") from error


class _Recorder:
    """Writes what became of a run, once, and reports how far the sweep is."""

    def __init__(self, file, total, todo, report):
        self.file, self.total, self.report = file, total, report
        self.left, self.n_todo, self.failed = set(todo), len(todo), 0
        self.from_disk = total - len(todo)
        self.begin = time.monotonic()
        self.tell()

    def __call__(self, name, outcome):
        with undisturbed():
            if name not in self.left:
                return
            self.file.append(f'{{"run": {name}, {outcome}}}')
            self.left.remove(name)
        self.failed += outcome.startswith('"error"')
        self.tell()

    def tell(self):
        if self.report is None:
            return
        left, made = len(self.left), self.n_todo - len(self.left)
        failed = f", {self.failed} failed" if self.failed else ""
        seconds = (time.monotonic() - self.begin) / made * left if made else 0
        known = f"{' from' if not made else f', {self.from_disk} from'} disk" * bool(self.from_disk)
        self.report(f"{self.total - left} of {self.total} runs{known}{failed}"
                    + (f", {seconds:.0f} s to go" if made else ""))
