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
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from ._code import code_version, full_name, package_digest
from ._engines import attempt, collect, hold_memory, processes, undisturbed
from ._file import ResultsFile, read
from ._values import decode, dumps

__all__ = ["Run", "Row", "Table", "code_version", "grid", "hold_memory", "run_all", "table"]


@dataclass(frozen=True)
class Run:
    """A call that is to be made: function(**parameters)."""

    function: Callable
    parameters: dict[str, Any]


def grid(function, **axes):
    """A run for every choice of one value from each axis; the last axis varies fastest."""
    return [Run(function, dict(zip(axes, values))) for values in product(*axes.values())]


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
    """The rows of the runs that have ended, in the order in which the runs were given."""

    rows: tuple[Row, ...]

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

    report(line) is told how far it is. Raises ValueError for workers or a damaged file, TypeError
    for a function or parameter that has no exact name, BlockingIOError while another sweep writes
    to the file, OSError when the disk is full, RuntimeError when a worker was killed; what ended
    before is in the file.
    """
    if type(workers) is not int or workers < 1 or executor is not None and workers > 1:
        raise ValueError(f"sweep: workers is {workers!r}, expected 1 or more, and 1 with executor")
    runs = _named(runs, version)
    with ResultsFile(path) as file:
        made = {name for name, last in _latest(file.records, path).items() if "value" in last}
        todo = {name: run for name, run in runs if name not in made}
        make = partial(attempt, sources=package_digest() if version is None else None,
                       session=os.urandom(8).hex())
        record = _Recorder(file, len(dict(runs)), todo, report)
        if executor is not None:
            collect(executor, make, todo, record, borrowed=True)
        elif workers > 1 and todo:
            with processes(min(workers, len(todo))) as executor:
                collect(executor, make, todo, record, borrowed=False)
        else:
            for name, run in todo.items():
                record(name, make(run))
    return _table(runs, path)


def table(runs, path, version=None):
    """The Table of those runs that have ended so far; a sweep may be writing to the file."""
    return _table(_named(runs, version), path)


def _table(runs, path):
    texts, _ = read(path)
    ended = _latest(texts, path)
    return Table(tuple(
        Row(run, ended[name]["text"], decode(ended[name].get("value")), ended[name].get("error"))
        for name, run in runs if name in ended))


def _named(runs, version):
    """Pairs (exact name, run): all that makes a run the one that it is, as a line of JSON."""
    named, versions = [], {}
    for run in runs:
        if not isinstance(run, Run):
            raise TypeError(f"sweep: runs has {run!r}, expected Run(function, parameters) or grid")
        function = full_name(run.function)
        if function not in versions:
            versions[function] = code_version(run.function) if version is None else version
        parameters = dumps(dict(sorted(run.parameters.items())), "parameters", one_way=True)
        named.append((f'{{"function": {json.dumps(function)}, "version": '
                      f'{json.dumps(versions[function])}, "parameters": {parameters}}}', run))
    return named


def _latest(texts, path):
    """exact name -> parsed record and its text, of the value or else of the last failure."""
    ended = {}
    for text in texts:
        record = json.loads(text)
        name = json.dumps(record["run"])
        if "value" in ended.get(name, {}):
            raise ValueError(f"sweep: {path} holds two results of one run, {name}")
        ended[name] = {**record, "text": text}
    return ended


class _Recorder:
    """Writes what became of a run, once, and reports how far the sweep is."""

    def __init__(self, file, total, todo, report):
        self.file, self.total, self.report = file, total, report
        self.left, self.n_todo, self.failed = set(todo), len(todo), 0
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
        self.report(f"{self.total - left} of {self.total} runs{failed}"
                    + (f", {seconds:.0f} s to go" if made else ""))
