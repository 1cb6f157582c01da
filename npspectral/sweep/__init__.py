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
that raises is recorded with its traceback, does not stop the others, and is tried again next time,
after those that have not failed. Only Ctrl-C stops a sweep.

A run is known by its function's name, its exact parameters (1, 1.0 and True are three) and the
version of the code, which is what the caller names or `code_version`: a digest of all that the
function and the classes of its parameters reach by import. Python, NumPy and the machine are not
part of it. What was edited after it was loaded is refused. A file that a run reads is part of it
if it is handed over as a parameter, sweep.File("table.csv"), and only then.

A run works on its own copy of the parameters, and what it changes around it (folder, environment,
warning filters, NumPy's error state, ...: see _surroundings.py) is undone when it ends. Threads of
one process share these while their runs go at the same time: take processes for runs that change
them. What a run changes inside a module stays changed.

Engines: this process (workers=1), processes of this machine (workers=4), or any executor in the
manner of concurrent.futures: Dask's client.get_executor(), mpi4py.futures.MPIPoolExecutor().
A run that ends its process (a segmentation fault, no memory) costs own workers nothing: it is
recorded as failed, and its worker replaced. Dask, too, loses that run alone. With workers=1 it ends
the sweep; the next start records it, and tries it after all others. A pool of processes breaks:
the runs that it had are named, recorded and tried last by the next start. Under MPI all ranks end
and no run is named: find it with own workers.

Sums of a BLAS depend on its threads. Own workers have one; set OPENBLAS_NUM_THREADS=1 (with MKL,
MKL_NUM_THREADS=1) where this process or the executor's workers start, and all give the same bits.
"""
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from numbers import Integral
from typing import Any

import numpy as np

from ._code import code_version, full_name, script_source
from ._engines import attempt, broke, collect, error_text, hold_memory
from ._file import ResultsFile, located, read
from ._input import File
from ._processes import leave_if_imported, make_in_processes, refuse_notebook, starts_anew
from ._records import Recorder, decoded, latest
from ._values import classes, dumps

__all__ = ["File", "Run", "Row", "Table", "code_version", "grid", "hold_memory", "run_all", "table"]


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


@dataclass(frozen=True, repr=False)
class Table:
    """The rows of the runs that have ended, in the order in which the runs were given.

    `from_disk` is the number of runs that the results file held before, equal ones counted once.
    """

    rows: tuple[Row, ...]
    from_disk: int = field(default=0, compare=False)

    def __repr__(self):
        failed = sum(row.error is not None for row in self.rows)
        return f"Table({len(self.rows)} rows, {self.from_disk} from disk, {failed} failed)"

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

    >>> from npspectral.analysis.kernels import kernel_exponent
    >>> run_all(grid(kernel_exponent, d=(1, 2)), "results.jsonl").values
    [1.0, 0.5]
    """
    leave_if_imported()
    if (not isinstance(workers, Integral) or isinstance(workers, bool) or workers < 1
            or executor is not None and workers > 1):
        raise ValueError(f"sweep: workers is {workers!r}, expected 1 or more, and 1 with executor")
    runs, versions = _named(runs, version)
    if workers > 1 or starts_anew(executor):
        refuse_notebook(run.function for _, run in runs)
    with ResultsFile(path) as file:
        ended = latest(file.records, file.path)
        made = {name for name, last in ended.items() if "value" in last}
        todo = {name: (run, versions[name]) for name, run in runs if name not in made}
        record = Recorder(file, len(dict(runs)), todo, report)
        todo = _failed_last(todo, ended, file)
        alone = {name: todo.pop(name) for name in list(todo) if executor and broke(ended, name)}
        _make(todo, file, workers, executor, record)
        for name, what in alone.items():                    # so that the one that breaks is known
            _make({name: what}, file, workers, executor, record)
    return _table(runs, file.path, record.from_disk)


def _failed_last(todo, ended, file):
    """Those that nothing is known against, in the order of the grid; then the last failed last."""
    for name in filter(file.was_begun, todo):
        text = error_text("sweep: the process ended while it made this run itself: it was killed, "
                          "or the run ended it")
        file.append(f'{{"run": {name}, {text}}}')
        ended = {**{other: ended[other] for other in ended if other != name}, name: text}
    order = {name: place for place, name in enumerate(ended, 1)}
    return {name: todo[name] for name in sorted(todo, key=lambda name: order.get(name, 0))}


def _make(todo, file, workers, executor, record):
    make = partial(attempt, session=os.urandom(8).hex(), script=script_source())
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
    ended = latest(texts, path)
    rows = tuple(
        Row(run, ended[name]["text"], decoded(ended[name]), ended[name].get("error"))
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
        shown = version if digest is None else digest
        name = (f'{{"function": {json.dumps(function)}, "version": {json.dumps(shown)}, '
                f'"parameters": {parameters}}}')
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
