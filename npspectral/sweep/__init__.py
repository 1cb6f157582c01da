"""A grid of runs that survives a kill: every run is made once, on one machine or on many.

    runs = sweep.grid(train, alpha=(1e-6, 1e6), p=(128, 256, 512), seed=range(5))
    table = sweep.run_all(runs, "results.jsonl", workers=4, report=print)
    for row in table.rows:
        print(row.run.parameters, row.value)

A run is one call of a function, here of `train`, which stands at the top of a module. Its random
numbers come from its parameters, for instance from a seed. It returns numbers, text, NumPy arrays,
or lists, tuples and dicts of them, which are read back with the bits that they had. A script that
makes runs with workers has its main part under `if __name__ == "__main__":`, as multiprocessing
demands.

This process writes each run to the file as soon as it ends; no other process writes there. After a
crash, a kill or Ctrl-C, start the same sweep again: runs that the file holds are not made again. A
run that raises is recorded with its traceback, and the sweep goes on. The next start tries it once
more, after all runs that have not failed. Only Ctrl-C stops a sweep.

A run is known by the name of its function, its exact parameters (1, 1.0 and True are three) and the
version of its code. The version is named by the caller, or else is `code_version`: a digest of all
code that the function and the classes of its parameters reach by import. Python, NumPy and the
machine are not part of it. Code that was edited after it was loaded is refused. A file that a run
reads is part of it only if it is handed over as a parameter, sweep.File("table.csv").

A run gets a copy of its parameters. What it changes around it (folder, environment, warning
filters, NumPy's error state, ...: see _surroundings.py) is undone when it ends. Runs in threads of
one process share all this; use processes for runs that change it. What a run changes inside a
module stays changed.

Engines: this process (workers=1), processes of this machine (workers=4), or any executor in the
manner of concurrent.futures: Dask's client.get_executor(), mpi4py.futures.MPIPoolExecutor().
If a run ends its process (by a segmentation fault, or for lack of memory), the engine decides what
is lost:

    workers=4            that run alone: it is recorded as failed, and its worker is replaced
    Dask                 that run alone
    workers=1            the sweep ends; the next start records the run as failed and tries it last
    a pool of processes  the pool breaks; the error names the runs that it had, they are recorded
                         as failed, and the next start tries them last
    MPI                  all ranks end, and no run is named: find it with workers=4

The last bits of a sum in BLAS depend on its number of threads. With workers=4 each worker has one
thread. Set OPENBLAS_NUM_THREADS=1 (for MKL, MKL_NUM_THREADS=1) where this process or the executor's
workers start: then all engines give the same bits.
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

from .._memory import hold_memory
from ._code import code_version, full_name, script_source
from ._engines import attempt, broke, collect, error_text
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

    record is its text in the file. Two rows are equal if their records are: arrays are compared by
    their bits, and nan equals nan.
    """

    run: Run = field(compare=False)
    record: str
    value: Any = field(default=None, compare=False)
    error: str | None = field(default=None, compare=False)


@dataclass(frozen=True, repr=False)
class Table:
    """The rows of the runs that have ended, in the order in which the runs were given.

    from_disk is the number of runs that the results file held before; equal runs count once.
    """

    rows: tuple[Row, ...]
    from_disk: int = field(default=0, compare=False)

    def __repr__(self):
        failed = sum(row.error is not None for row in self.rows)
        return f"Table({len(self.rows)} rows, {self.from_disk} from disk, {failed} failed)"

    @property
    def text(self):
        """A line of JSON for each row: the same text, whichever engine made them in which order."""
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
    """Make the runs that the results file does not hold, equal runs once; give the Table of all.

    report(line) is called with a line that says how far the sweep is; if it raises, the sweep ends.
    Raises ValueError for wrong workers, a folder in place of a file, or a damaged file; TypeError
    for a function or parameter that has no exact name; BlockingIOError while another sweep writes
    to the file; OSError when the disk is full; RuntimeError for code that was edited after it was
    loaded, workers that cannot begin, and an executor that broke. Runs that ended before are in the
    file.

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
    """todo in the order to make it: first what has not failed, in the grid's order, then the rest.

    The rest comes in the order in which the runs failed. If the last process ended while it made a
    run itself, that run is first recorded as failed.
    """
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
    """The Table of the runs that have ended so far, also while a sweep writes to the file."""
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
    """[(exact name, run)] and {exact name: digest of its code}.

    The exact name is a line of JSON with function, version and parameters. Workers compare the
    digest with that of the code that they have; it is None if the caller has named the version.
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
