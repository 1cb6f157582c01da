"""A sweep: values to the bit, runs told apart, and a file that survives whatever happens."""
import errno
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import sweep_runs
from conftest import each
from sweep_runs import GRIDS, digest, draw, fail_at, first_line, give, leave_at
from sweep_values import LONG, VALUES

from npspectral import sweep
from npspectral.sweep._file import HEADER, ResultsFile, _line
from npspectral.sweep._values import _layout

ROOT = Path(__file__).parents[2]
RUNS = sweep.grid(draw, scale=(1.0, 2.0), seed=range(3))
workers = each([1, 2])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.jsonl"


@pytest.fixture
def logged(tmp_path, monkeypatch):
    """A function that gives the lines which runs have logged: (session, process, run)."""
    monkeypatch.setenv("SWEEP_LOG", str(tmp_path / "log"))

    def lines():
        file = tmp_path / "log"
        return [line.split(" ", 2) for line in file.read_text().splitlines()] if file.exists() \
            else []

    return lines


def start(grid, path, engine, **options):
    """The script in a process group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.Popen([sys.executable, sweep_runs.__file__, grid, path, str(engine)],
                            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True,
                            **{"preexec_fn": hear_ctrl_c, **options})


def hear_ctrl_c():
    """Jobs in the background of a shell inherit that it is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def n_lines(path):
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def alive(process):
    """Whether the process runs; one that has ended and waits to be noticed does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def orphans(path, logged, engine, begun):
    """The workers of a sweep whose caller is killed once it has begun; they hold its pipes."""
    caller = start("slow", path, engine)
    wait_for(begun)
    caller.kill()
    caller.wait()
    workers = {int(process) for _, process, _ in logged()}
    try:
        yield workers
    finally:
        for process in filter(alive, workers):
            os.kill(process, signal.SIGKILL)
        caller.communicate(timeout=60)


# The grid and its table

def test_grid_has_every_choice_and_its_last_axis_is_the_fastest():
    runs = sweep.grid(draw, scale=(1, 2), seed=range(3))
    assert [tuple(run.parameters.values()) for run in runs] == [
        (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)]
    assert list(runs[0].parameters) == ["scale", "seed"] and runs[0].function is draw
    assert sweep.grid(sweep_runs.threads) == [sweep.Run(sweep_runs.threads, {})]


def test_rows_come_in_the_order_of_the_grid_whatever_the_order_of_the_file(path):
    whole = sweep.run_all(RUNS, path)
    assert [row.run for row in whole.rows] == RUNS
    assert [value["seed"] for value in whole.values] == [0, 1, 2, 0, 1, 2]
    backwards = sweep.run_all(RUNS[::-1], path.with_name("other"))
    assert backwards.rows == whole.rows[::-1] != whole.rows
    assert sweep.table(RUNS, path.with_name("other")).text == whole.text
    some = sweep.table([*RUNS[4:1:-1], *sweep.grid(draw, scale=[9.0], seed=[0])], path)
    assert [row.run for row in some.rows] == RUNS[4:1:-1]
    with pytest.raises(FileNotFoundError):
        sweep.table(RUNS, path.with_name("none"))


def test_every_engine_gives_the_same_bytes(path, monkeypatch):
    want = sweep.run_all(GRIDS["train"], path).text
    assert want.count("\n") == 12
    for n, options in enumerate((dict(workers=2), dict(executor=ThreadPoolExecutor(3)))):
        assert sweep.run_all(GRIDS["train"], path.with_suffix(f".{n}"), **options).text == want


def test_only_what_is_missing_is_run(path, logged):
    sweep.run_all(RUNS[:4], path)
    assert len(logged()) == 4
    table = sweep.run_all(RUNS, path)
    assert [line[2] for line in logged()[4:]] == ["2.0 1", "2.0 2"]
    content = path.read_bytes()
    for options in (dict(), dict(workers=3), dict(executor=ThreadPoolExecutor(1))):
        assert sweep.run_all(RUNS, path, **options) == table
    assert len(logged()) == 6 and path.read_bytes() == content


def test_workers_have_one_thread_and_the_caller_keeps_its_own(path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    runs = sweep.grid(sweep_runs.threads)
    assert sweep.run_all(runs, path, workers=2).values == [["1", "1"]]
    assert sweep.run_all(runs, path.with_suffix(".2")).values == [["2", None]]


def test_progress_is_reported_in_a_line_for_each_run(path):
    sweep.run_all(RUNS[:2], path)
    lines = []
    sweep.run_all(RUNS, path, report=lines.append)
    assert [line.split(",")[0] for line in lines[1:]] == [f"{n} of 6 runs" for n in (3, 4, 5, 6)]
    assert lines[0] == "2 of 6 runs from disk" and lines[1].startswith("3 of 6 runs, 2 from disk, ")
    assert lines[-1].endswith(", 0 s to go")
    again = []
    assert sweep.run_all(RUNS, path, report=again.append).from_disk == 6
    assert again == ["6 of 6 runs from disk"]
    assert sweep.table(RUNS[:4], path).from_disk == 4
    assert repr(sweep.table(RUNS[:4], path)) == "Table(4 rows, 4 from disk, 0 failed)"


def test_a_run_is_made_again_when_the_contents_of_its_file_have_changed(path, tmp_path):
    table = tmp_path / "table.csv"
    for text, from_disk in ("1,2\n", 0), ("1,2\n", 1), ("1,3\n", 0), ("1,2\n", 1):
        table.write_text(text)
        made = sweep.run_all(sweep.grid(first_line, file=[sweep.File(str(table))]), path)
        assert made.values == [text] and made.from_disk == from_disk
    with pytest.raises(FileNotFoundError):
        sweep.File(str(tmp_path / "other.csv"))


def test_equal_runs_are_made_once_and_stand_where_they_were_given(path, logged):
    lines = []
    rows = sweep.run_all(RUNS + RUNS[2:0:-1], path, report=lines.append).rows
    assert rows[6:] == rows[2:0:-1] and len(logged()) == n_lines(path) == 6
    assert lines[0] == "0 of 6 runs" and len(lines) == 7


# Values

def bits(value):
    """What two values share only if they are the same in type, dtype, shape and every bit."""
    if isinstance(value, (np.ndarray, np.generic)):
        plain = np.array(value, order="C")
        if _layout(value.dtype).endswith("of 63 bits"):
            octets = plain.reshape(-1).view(np.longdouble).view(np.uint8)
            plain = octets.reshape(-1, LONG.itemsize)[:, :10]       # without the padding
        return type(value), value.dtype.str, value.shape, plain.tobytes()
    if isinstance(value, dict):
        return dict, [(key, bits(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [bits(item) for item in value]
    if isinstance(value, complex):
        return complex, bits(value.real), bits(value.imag)
    return type(value), np.float64(value).tobytes() if isinstance(value, float) else value


@pytest.mark.parametrize("kind", VALUES)
def test_values_come_back_to_the_bit(path, kind):
    row, = sweep.run_all(sweep.grid(give, kind=[kind]), path).rows
    assert row.error is None and bits(row.value) == bits(VALUES[kind])
    again, = sweep.table(sweep.grid(give, kind=[kind]), path).rows
    assert again.record == row.record and json.loads(row.record)["run"]["parameters"] == {
        "kind": kind}
    if isinstance(row.value, np.ndarray):
        assert row.value.flags.writeable and row.value.flags.c_contiguous


def test_equal_numbers_have_equal_bytes_whatever_is_in_their_padding(path, monkeypatch):
    if _layout(LONG.dtype) != "<f16 of 63 bits":
        pytest.skip("longdouble has no padding here")
    texts = set()
    for filling in (0x00, 0xff):
        octets = np.full(LONG.nbytes, filling, np.uint8)
        octets.reshape(-1, 16)[:, :10] = LONG.view(np.uint8).reshape(-1, 16)[:, :10]
        monkeypatch.setitem(VALUES, "longdouble", octets.view(np.longdouble))
        file = path.with_suffix(f".{filling}")
        texts.add(sweep.run_all(sweep.grid(give, kind=["longdouble"]), file).text)
    assert len(texts) == 1


def test_longdouble_of_another_machine_is_refused(path, monkeypatch):
    if LONG.itemsize == 8:
        pytest.skip("longdouble is float64 here")
    runs = sweep.grid(give, kind=["longdouble"])
    sweep.run_all(runs, path, version="1")
    name = _layout(LONG.dtype)
    monkeypatch.setattr("npspectral.sweep._values._layout", lambda dtype: "<f16 of 112 bits")
    with pytest.raises(ValueError, match=f"array of {name} is of another kind of machine"):
        sweep.table(runs, path, version="1")


class Way(Enum):
    HERE = 1
    ELSEWHERE = "1"


@dataclass(frozen=True)
class Pair:
    a: object
    b: object = 0


@dataclass(frozen=True)
class Twin:
    a: object
    b: object = 0


@pytest.mark.parametrize("value, place, kind", [
    ({1, 2}, "value", "set"), ({"a": [0, b"x"]}, r"value\['a'\]\[1\]", "bytes"),
    (np.array([None]), "value", "ndarray object"), (Path("x"), "value", "PosixPath"),
    (Way.HERE, "value", "Way"),
    (np.ma.array([1.0]), "value", "MaskedArray float64"), (Pair(1), "value", "Pair"),
    (np.zeros(1, "f4,i4"), "value", "ndarray"), (np.bool, "value", "type")])
def test_what_cannot_be_kept_exactly_is_a_failed_run(path, monkeypatch, value, place, kind):
    monkeypatch.setitem(VALUES, "odd", value)
    table = sweep.run_all(sweep.grid(give, kind=["none", "odd"]), path)
    assert [row.error is None for row in table.rows] == [True, False]
    with pytest.raises(RuntimeError, match=r"1 of 2 runs failed, the first with {'kind': 'odd'}"
                       rf"(.|\n)*sweep: {place} is {kind}.*, expected None, numbers"):
        table.values


@pytest.mark.parametrize("key", [1, None, "!array", np.str_("a")])
def test_keys_are_text_that_is_no_tag(path, monkeypatch, key):
    monkeypatch.setitem(VALUES, "odd", {"a": {key: 1}})
    row, = sweep.run_all(sweep.grid(give, kind=["odd"]), path).rows
    assert "value['a'] has the key" in row.error and "expected a str without !" in row.error


# Which run is which

def test_parameters_are_told_apart_exactly(path, logged):
    ones = [1, 1.0, True, "1", (1,), [1], {"1": 1}, 1 + 0j, np.int64(1), np.int32(1), np.float64(1),
            np.float32(1), np.array(1), np.array([1]), np.array([1.0]), np.array([[1]]), Pair(1),
            Twin(1), Pair(1.0), Pair(1, -1), Pair(Pair(1)), 1 + 2 ** -52, 0.0, -0.0, None, [], (),
            {}, np.nan, -np.nan, Way.HERE, Way.ELSEWHERE, Path("1"), Path("1/b")]
    runs = sweep.grid(fail_at, place=["/nowhere"], i=ones)
    assert len(sweep.run_all(runs, path, version="1").rows) == len(ones)
    assert len(logged()) == len(ones)
    again = sweep.grid(fail_at, i=ones, place=["/nowhere"])        # the order of names is no matter
    assert len(sweep.table(again, path, version="1").rows) == len(ones)


def test_another_version_is_another_run(path, logged):
    first = sweep.run_all(RUNS[:1], path)
    second = sweep.run_all(RUNS[:1], path, version="second")
    assert len(logged()) == 2 and first.text != second.text
    assert sweep.table(RUNS, path) == first and sweep.table(RUNS, path, "second") == second
    assert sweep.table(RUNS, path, version="third").rows == ()


def nested():
    def inner():
        pass
    return inner


run_all, grid = sweep.run_all, sweep.grid


@pytest.mark.parametrize("call, error, message", [
    (lambda path: run_all(grid(lambda: 1), path), TypeError, "<lambda>.* cannot be imported by it"),
    (lambda path: run_all(grid(nested()), path, workers=2), TypeError, "inner.* cannot be import"),
    (lambda path: run_all(grid(partial(draw, 1)), path), TypeError, "partial.* cannot be imported"),
    (lambda path: run_all(grid("x".upper), path), TypeError, "upper.* cannot be imported by its n"),
    (lambda path: run_all(grid(give, kind=[[{1}]]), path), TypeError,
     r"sweep: parameters\['kind'\]\[0\] is set, expected .*, dicts, dataclasses of these"),
    (lambda path: run_all(grid(give, kind=[Pair(1, draw)]), path), TypeError,
     r"parameters\['kind'\]\.b is function"),
    (lambda path: run_all([draw], path), TypeError,
     r"runs has <function draw .*, expected Run\(function, parameters\) or grid"),
    (lambda path: run_all(RUNS[0], path), TypeError,
     r"runs is Run\(.*, expected a list of them, \[Run\(function, parameters\)\] or"),
    (lambda path: run_all(draw, path), TypeError, "runs is <function"),
    (lambda path: grid(draw, scale=[1.0], seed=5), TypeError,
     r"grid: seed is 5, expected its values in their order, \[5\] for one"),
    (lambda path: grid(give, kind="adam"), TypeError, r"kind is 'adam', expected .* \['adam'\]"),
    (lambda path: grid(give, kind={"lr": 1}), TypeError, "kind is {'lr': 1}, expected its values"),
    (lambda path: grid(give, kind={2, 1}), TypeError, "kind is {1, 2}"),
    (lambda path: (lambda seeds: grid(draw, scale=seeds, seed=seeds))(iter([1, 2])), ValueError,
     "grid: seed is a generator that was used up before, expected a list"),
    (lambda path: run_all(RUNS, path.parent), ValueError,
     "path is the folder /.*, expected the name of a file"),
    (lambda path: run_all(RUNS, path, workers=True), ValueError, "workers is True,"),
    (lambda path: run_all(RUNS, path, workers=0), ValueError, "workers is 0,"),
    (lambda path: run_all(RUNS, path, workers=0.5), ValueError, "workers is 0.5"),
    (lambda path: run_all(RUNS, path, 2, ThreadPoolExecutor(1)), ValueError,
     "workers is 2, expected 1 or more, and 1 with executor"),
    (lambda path: run_all(grid(sys.getsizeof), path), ValueError,
     "getsizeof is not in a file, .* version=")])
def test_bad_input_is_refused_before_anything_is_written(path, call, error, message):
    with pytest.raises(error, match=message):
        call(path)
    assert not path.exists()


def test_a_path_at_home_any_integer_and_a_generator_of_runs_are_taken(path, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    table = sweep.run_all((run for run in RUNS), "~/results.jsonl", np.int64(2))
    assert path.exists() and len(table.rows) == 6
    assert sweep.table(iter(RUNS), Path("~/results.jsonl")).text == table.text
    assert len(sweep.grid(draw, scale=(s for s in (1.0, 2.0)), seed=np.arange(2))) == 4
    function, = sweep.grid(give, function=["x"])[0].parameters
    assert function == "function"


def test_a_function_that_another_of_its_name_has_replaced_is_refused(path, monkeypatch):
    monkeypatch.setattr(sweep_runs, "give", draw)
    with pytest.raises(TypeError, match="<function give .* cannot be imported by its name"):
        sweep.run_all(sweep.grid(give, kind=["none"]), path)


def test_a_report_that_fails_ends_the_sweep_and_loses_nothing(path, workers):
    def report(line):
        if line.startswith("3 of"):
            raise OSError("the terminal is gone")

    with pytest.raises(OSError, match="the terminal is gone"):
        sweep.run_all(RUNS, path, workers, report=report)
    assert len(sweep.table(RUNS, path).rows) == n_lines(path) == 3
    assert sweep.run_all(RUNS, path, workers).from_disk == 3


# Failures

def test_a_failing_run_is_recorded_and_tried_again(path, tmp_path, logged, workers):
    (tmp_path / "flag").touch()
    runs, lines = sweep.grid(fail_at, place=[str(tmp_path / "flag")], i=range(6)), []
    table = sweep.run_all(runs, path, workers, report=lines.append)
    assert [row.value for row in table.rows] == [0, 1, 2, None, 4, 5]
    assert "ArithmeticError: no run 3 today" in table.rows[3].error
    assert "in fail_at" in table.rows[3].error and "6 of 6 runs, 1 failed" in lines[-1]
    with pytest.raises(RuntimeError, match="1 of 6 runs failed(.|\n)*no run 3 today"):
        table.values
    assert sweep.run_all(runs, path).text == table.text             # it fails again
    (tmp_path / "flag").unlink()
    assert sweep.run_all(runs, path, workers).values == list(range(6))
    assert [line[2] for line in logged()[6:]] == ["3", "3"]
    assert sweep.run_all(runs, path).values == list(range(6)) and len(logged()) == 8


class Scripted(Executor):
    """Its first futures have ended, the next one has the exception, the rest never begin."""

    def __init__(self, n_done, error):
        self.n_done, self.error, self.futures = n_done, error, []

    def submit(self, function, *arguments):
        future = Future()
        n = len(self.futures)
        self.futures.append(future)
        if n < self.n_done:
            future.set_result(function(*arguments))
        elif n == self.n_done:
            future.set_exception(self.error)
        return future


def test_a_run_that_its_executor_lost_is_a_failed_run(path):
    table = sweep.run_all(RUNS[:3], path, executor=Scripted(2, OSError("worker 7 is gone")))
    assert [row.error is None for row in table.rows] == [True, True, False]
    assert "worker 7 is gone" in table.rows[2].error


@pytest.mark.parametrize("error, raised", [(BrokenProcessPool("gone"), RuntimeError),
                                           (KeyboardInterrupt(), KeyboardInterrupt)])
def test_when_the_executor_breaks_what_has_ended_is_recorded(path, error, raised):
    executor = Scripted(3, error)
    with pytest.raises(raised):
        sweep.run_all(RUNS, path, executor=executor)
    ended = [row.run for row in sweep.table(RUNS, path).rows if row.error is None]
    assert ended == RUNS[:3]
    assert all(future.cancelled() for future in executor.futures[4:])


# What a run leaves to the others

ENGINES = {
    "this process": dict, "two processes": lambda: dict(workers=2),
    "a thread": lambda: dict(executor=ThreadPoolExecutor(1)),
    "a pool": lambda: dict(executor=ProcessPoolExecutor(2, get_context("spawn")))}
engine = each(list(ENGINES))


def surroundings():
    return [os.getcwd(), dict(os.environ), list(sys.path), signal.getsignal(signal.SIGUSR1),
            np.geterr(), np.get_printoptions(), list(warnings.filters), sys.stdout,
            sys.getrecursionlimit(), random.getstate(), np.random.get_state()[1].tolist()]


def test_a_run_changes_nothing_that_later_runs_see(path, monkeypatch, engine):
    with monkeypatch.context() as quiet:
        quiet.setenv("SWEEP_QUIET", "1")
        want = sweep.run_all(GRIDS["disturb"], path.with_name("quiet"))
    before, options = surroundings(), ENGINES[engine]()
    monkeypatch.chdir(path.parent)
    before[0] = os.getcwd()
    table = sweep.run_all(GRIDS["disturb"], path.name, **options)       # a relative path
    assert surroundings() == before
    pairs = zip(table.rows, want.rows, strict=True)
    spoiled = {row.run.parameters["kind"] for row, other in pairs if row != other}
    print(f"{engine}: {len(sweep_runs.DISTURB)} disturbances, seen by later runs: {spoiled or 0}")
    assert spoiled == set() and table.text == want.text
    assert sweep.table(GRIDS["disturb"], path).rows == table.rows       # known by the same names
    if "executor" in options:
        options["executor"].shutdown()


def test_runs_in_threads_that_go_at_once_have_parameters_of_their_own(path):
    before, runs = surroundings(), sweep.grid(sweep_runs.use_up, config=[{"lr": 0.1}], i=range(40))
    with ThreadPoolExecutor(4) as executor:
        assert sweep.run_all(runs, path, executor=executor).values == [[0.1, i] for i in range(40)]
    assert surroundings()[:-2] == before[:-2]


def test_a_sweep_inside_a_run_leaves_that_run_as_it_was(path, tmp_path, workers):
    runs = sweep.grid(sweep_runs.sweep_inside, folder=[os.path.realpath(tmp_path)], i=range(3))
    before = surroundings()
    assert sweep.run_all(runs, path, workers).values == [
        [True, "x", [[i, 0], [i, 1]]] for i in range(3)]
    assert surroundings() == before


def test_an_error_of_the_run_is_not_hidden_by_what_it_has_broken(path, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    run = sweep.Run(sweep_runs.delete_folder, {"place": str(tmp_path / "gone")})
    row, = sweep.run_all([run], path).rows
    assert "ArithmeticError: its own error" in row.error and row.value is None


def test_a_child_that_a_run_forks_gives_no_value_in_its_place(path, engine):
    options = ENGINES[engine]()
    table = sweep.run_all(sweep.grid(sweep_runs.fork_at, i=range(6)), path, **options)
    assert table.values == [*range(6)]


@pytest.mark.parametrize("how", ["exit", "own", "generator"])
def test_whatever_a_run_raises_is_recorded_alike_on_every_engine(path, tmp_path, how):
    (tmp_path / "flag").touch()
    runs = sweep.grid(leave_at, place=[str(tmp_path / "flag")], i=range(5), how=[how])
    tables = [sweep.run_all(runs, path.with_suffix(f".{n}"), **ENGINES[engine]())
              for n, engine in enumerate(list(ENGINES)[:3])]
    errors = [row.error for row in tables[0].rows]
    assert errors.pop(3).endswith(": bye\n") and errors == [None] * 4
    assert tables[1].text == tables[0].text == tables[2].text


@pytest.mark.parametrize("engine", list(ENGINES)[:3])
def test_ctrl_c_inside_a_run_stops_the_sweep_on_every_engine(path, tmp_path, engine):
    (tmp_path / "flag").touch()
    runs = sweep.grid(leave_at, place=[str(tmp_path / "flag")], i=range(5), how=["ctrl-c"])
    with pytest.raises(KeyboardInterrupt):
        sweep.run_all(runs, path, **ENGINES[engine]())
    rows = sweep.table(runs, path).rows
    assert 0 < len(rows) == n_lines(path) < 5
    assert not any(row.error or row.value == 3 for row in rows)


# Runs that end their process

@pytest.mark.parametrize("how, words", [
    ("segmentation fault", r"signal 11 \(SIGSEGV\)"), ("_exit", "exit code 3"),
    ("kill", r"signal 9 \(SIGKILL\), killed or out of memory"), ("twice", "exit code 3")])
def test_a_run_that_ends_its_worker_is_recorded_and_all_others_end(path, tmp_path, how, words):
    (tmp_path / "flag").touch()
    runs = sweep.grid(leave_at, place=[str(tmp_path / "flag")], i=range(6), how=[how])
    table = sweep.run_all(runs, path, workers=2)                        # one start
    dead = [3, 5] if how == "twice" else [3]
    print(f"{how}: {len(table.rows)} of 6 recorded in one start, {len(dead)} of them as ended")
    assert [row.value for row in table.rows] == [None if i in dead else i for i in range(6)]
    for i in dead:
        assert re.fullmatch(f"sweep: the worker ended by itself while it made this run: {words}",
                            table.rows[i].error)
    (tmp_path / "flag").unlink()
    assert sweep.run_all(runs, path, workers=2).values == list(range(6))


@pytest.mark.parametrize("how, starts", [("segmentation fault", 2), ("twice", 3)])
def test_a_run_that_ends_this_very_process_is_tried_last_by_the_next_start(
        path, tmp_path, monkeypatch, how, starts):
    (tmp_path / "flag").touch()
    monkeypatch.setenv("SWEEP_FLAG", str(tmp_path / "flag"))
    for _ in range(starts):
        ended = start(how, path, 1)
        ended.communicate(timeout=60)
        assert ended.returncode == (-11 if starts == 2 else 3)
    rows = sweep.table(sweep_runs.deadly(how), path).rows
    dead = [3] if starts == 2 else [3, 5]
    assert [row.value for row in rows if row.error is None] == [i for i in range(6)
                                                                if i not in dead]
    assert "the process ended while it made this run itself" in rows[dead[0]].error
    (tmp_path / "flag").unlink()
    assert sweep.run_all(sweep_runs.deadly(how), path).values == list(range(6))


def test_a_borrowed_pool_that_breaks_names_the_runs_it_had_and_goes_on_next_time(path, tmp_path):
    (tmp_path / "flag").touch()
    runs = sweep.grid(leave_at, place=[str(tmp_path / "flag")], i=range(6), how=["_exit"])
    for _ in range(3):          # with others, then first of the suspects, then last of them
        with ProcessPoolExecutor(2, get_context("spawn")) as executor, pytest.raises(
                RuntimeError, match=r'ended by itself(.|\n)*These are:(.|\n)*"i": 3'):
            sweep.run_all(runs, path, executor=executor)
    rows = sweep.table(runs, path).rows
    assert [row.value for row in rows if row.error is None] == [0, 1, 2, 4, 5]
    assert "made this run or one of 0 others" in rows[3].error


def python(folder, *arguments, **options):
    """A process of Python in this folder, which finds the package and the runs, and has ended."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, timeout=60,
                          capture_output=True, text=True, **options)


UNGUARDED = """
from npspectral import sweep
from sweep_runs import draw
sweep.run_all(sweep.grid(draw, scale=[1.0], seed=range(4)), "results.jsonl", workers=2)
"""


def test_a_script_without_its_guard_is_told_so_in_a_sentence(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = python(tmp_path, "script.py")
    assert done.returncode == 1 and done.stderr.count("Traceback") == 1
    assert done.stderr.splitlines()[-1].startswith("RuntimeError: sweep: each worker imports this "
                                                   "script") and "under if __name__" in done.stderr


NOTEBOOK = """
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from npspectral import sweep
def f(i):
    return i
print(sweep.run_all(sweep.grid(f, i=range(3)), "results.jsonl"{}).values)
"""


FROM_A_NOTEBOOK = "f was defined in a notebook, at a prompt or in a __main__.py"


@pytest.mark.parametrize("options, words", [
    ("", "f is not in a file, so its code has no digest; write it to a file and import it"),
    (", version='1', workers=2", FROM_A_NOTEBOOK),
    (", version='1', executor=ProcessPoolExecutor(2, get_context('spawn'))", FROM_A_NOTEBOOK),
    (", version='1'", None), (", version='1', executor=ThreadPoolExecutor(2)", None)])
def test_a_function_of_a_notebook_runs_under_a_version_or_is_told_what_to_do(tmp_path, options,
                                                                             words):
    done = python(tmp_path, input=NOTEBOOK.format(options))
    assert done.stdout.strip() == ("" if words else "[0, 1, 2]"), done.stderr
    assert done.returncode == (words is not None)
    assert words is None or f"ValueError: sweep: {words}" in done.stderr


MAIN = """
import sys
from npspectral import sweep
def f(i):
    return i
if __name__ == "__main__":
    print(sweep.run_all(sweep.grid(f, i=range(3)), "results.jsonl", int(sys.argv[1])).values)
"""


@pytest.mark.parametrize("how", [["-m", "package"], ["package"]])
def test_a_main_of_a_folder_is_told_that_workers_cannot_import_it(tmp_path, how):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text(MAIN)
    alone, shared = (python(tmp_path, *how, n) for n in "12")
    assert alone.stdout.strip() == "[0, 1, 2]", alone.stderr
    assert shared.returncode == 1 and "f was defined in a notebook, at a prompt or in a __main__" \
        in shared.stderr and not shared.stdout


def test_a_script_may_run_under_a_debugger(tmp_path):
    (tmp_path / "script.py").write_text(MAIN)
    done = python(tmp_path, "-m", "pdb", "-c", "continue", "script.py", "1", input="quit")
    assert "[0, 1, 2]" in done.stdout, done.stdout


# The file

def test_a_last_line_torn_anywhere_is_cut_off_and_its_run_made_again(path, logged):
    text = sweep.run_all(RUNS[:3], path).text
    content = path.read_bytes()
    begin = content.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(begin, len(content)):
        path.write_bytes(content[:end])
        before = len(logged())
        assert len(sweep.table(RUNS[:3], path).rows) == 2
        assert sweep.run_all(RUNS[:3], path).text == text
        assert path.read_bytes() == content and [line[2] for line in logged()[before:]] == ["1.0 2"]
    path.write_bytes(content[:-1])
    sweep.run_all(RUNS[:2], path)                                   # nothing to run, yet it is cut
    assert path.read_bytes() == content[:begin] and len(content) - begin > 300


def test_a_torn_first_line_is_written_anew(path):
    sweep.run_all([], path)
    assert path.read_bytes() == HEADER
    for end in range(len(HEADER)):
        path.write_bytes(HEADER[:end])
        assert len(sweep.run_all(RUNS[:1], path).rows) == 1
        assert path.read_bytes().startswith(HEADER) and n_lines(path) == 1


@pytest.mark.parametrize("number", [2, 4])
def test_a_damaged_line_is_an_error_wherever_the_damage_is(path, number):
    sweep.run_all(RUNS[:3], path)
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    begin = len(b"".join(lines[:number - 1]))
    last = number == len(lines)                 # without its end it is torn, not damaged
    for place in range(begin, begin + len(lines[number - 1]) - last):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=rf"results.jsonl, line {number} is damaged; delete"):
            sweep.run_all(RUNS[:3], path)
        assert path.read_bytes() == damaged
    path.write_bytes(b"".join(lines[:number - 1] + lines[number:]))     # as the message says
    sweep.run_all(RUNS[:3], path)
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines)


def damaged(content, flips, cuts, chance):
    """(what was done, the content with one bit turned or cut short)."""
    for place in chance.sample(range(8 * len(content)), flips):
        turned = bytearray(content)
        turned[place // 8] ^= 1 << place % 8
        yield f"bit {place}", bytes(turned)
    for length in chance.sample(range(len(content)), cuts):
        yield f"cut at {length}", content[:length]


@pytest.mark.parametrize("flips, cuts", [
    (300, 60), pytest.param(20_000, 2000, marks=pytest.mark.long)])
def test_one_bit_or_a_cut_is_refused_by_name_or_changes_no_record(path, flips, cuts):
    """And every bit of the end of the last line, which is no torn line."""
    rows, refused = sweep.run_all(RUNS, path).rows, 0
    content = path.read_bytes()
    ends = [(f"end, bit {bit}", content[:-1] + bytes([10 ^ 1 << bit])) for bit in range(8)]
    for what, changed in [*damaged(content, flips, cuts, random.Random(0)), *ends]:
        path.write_bytes(changed)
        try:
            found = sweep.table(RUNS, path).rows
        except ValueError as error:
            refused += 1
            assert str(path) in str(error) and not what.startswith("cut"), what
        else:
            assert what.startswith("cut") and found == rows[:len(found)], what
    assert refused == flips + 8
    print(f"{flips} flipped bits and {cuts} cuts: {refused - 8} refused by name, {cuts} left whole "
          f"records only, nothing else")


RUN = '"run": {"function": "f", "version": "1", "parameters": {}}'


@pytest.mark.parametrize("text", [
    "{}", "[]", "3", "null", '"run"', "{", '{"run": 3, "value": 1}', f"{{{RUN}}}", "[" * 100_000,
    f'{{{RUN}, "value": 1, "error": "x"}}', f'{{{RUN}, "error": 3}}', '{"run": {}, "value": 1}',
    '{"run": null, "value": 1}', f'{{{RUN}, "value": 1, "more": 1}}', "\u00e4"])
def test_a_whole_line_that_is_no_record_is_refused_by_its_place(path, text):
    sweep.run_all([], path)
    path.write_bytes(path.read_bytes() + _line(text.encode()))
    with pytest.raises(ValueError, match="results.jsonl, line 2 is (whole, but no rec|damaged)"):
        sweep.run_all(RUNS, path)


@pytest.mark.parametrize("value", [
    {"!no": 1}, {"!float": "x"}, {"!float": 1}, {"!complex": [1]}, {"!array": 1}, {"!tuple": 3},
    {"!array": ["<f8", [2], "AAAA"]}, {"!array": ["no", [1], ""]}, {"!array": ["<f8", [-1], ""]},
    {"!array": ["<f8", [1], "AAAAAAAAAAAAAAAAAAAAAA=="]}, {"!array": ["|O", [1], "AAAAAAAAAAA="]},
    {"!scalar": ["<f8", [], "~~~~"]}, {"!tuple": [{"!complex": {"a": 1}}]}])
def test_a_value_that_no_sweep_has_written_is_refused_by_its_place(path, value):
    row, = sweep.run_all(RUNS[:1], path).rows
    record = {**json.loads(row.record), "value": value}
    path.write_bytes(HEADER + _line(json.dumps(record).encode()))
    with pytest.raises(ValueError, match="results.jsonl, line 2 cannot be read: "):
        sweep.table(RUNS[:1], path)


def test_a_result_that_stands_twice_is_an_error(path):
    sweep.run_all(RUNS[:2], path)
    with open(path, "ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[1])
    with pytest.raises(ValueError, match="results.jsonl holds two results of one run"):
        sweep.run_all(RUNS, path)


@pytest.mark.parametrize("content", [b"x", b"a,b\n1,2\n", HEADER.replace(b"1", b"2"), b"\n"])
def test_a_file_of_another_kind_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="results.jsonl is not a results file of a sweep"):
        sweep.run_all(RUNS, path)
    assert path.read_bytes() == content


def test_a_file_that_may_not_grow_stays_whole(path):
    """A limit on the size of files, in a process of its own as it cannot be lifted again."""
    limited = start("many", path, 1, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY)))
    _, said = limited.communicate(timeout=60)
    assert limited.returncode == 1 and "OSError: [Errno 27] sweep: File too large; " in said
    assert "make room and start again" in said and str(path) in said
    table = sweep.table(GRIDS["many"], path)
    assert 20 < len(table.rows) == n_lines(path) and path.read_bytes().endswith(b"\n")
    assert 19_000 < path.stat().st_size <= 20_000
    more = GRIDS["many"][:len(table.rows) + 5]
    assert sweep.run_all(more, path).text.startswith(table.text)
    assert n_lines(path) == len(more)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
                          capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk takes the right to mount: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_an_error_that_leaves_the_file_whole(small_disk, workers, tmp_path, logged):
    path, ballast = small_disk / "results.jsonl", small_disk / "ballast"
    ballast.write_bytes(bytes(40_000))
    runs = GRIDS["many"][:50]
    with pytest.raises(OSError, match="sweep: No space left on device; the runs that ended before "
                                      "are safe, make room and start again") as caught:
        sweep.run_all(runs, path, workers)
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == str(path)
    recorded, before = [row.run for row in sweep.table(runs, path).rows], len(logged())
    assert 10 < len(recorded) == n_lines(path) < 50 and path.read_bytes().endswith(b"\n")
    ballast.unlink()
    assert sweep.run_all(runs, path, workers).text == sweep.run_all(runs, tmp_path / "other").text
    again = {line[2] for line in logged()[before:before + 50 - len(recorded)]}
    assert not again & {f"{run.parameters['scale']} {run.parameters['seed']}" for run in recorded}


# Two sweeps, Ctrl-C, kill

def test_a_second_sweep_is_refused_while_the_first_one_writes(path):
    first = start("slow", path, 2)
    wait_for(lambda: n_lines(path) > 1)
    with pytest.raises(BlockingIOError, match="another sweep is writing to this file; .*results"):
        sweep.run_all(GRIDS["slow"], path)
    assert 1 <= len(sweep.table(GRIDS["slow"], path).rows) < 12           # but it may be read
    said, errors = first.communicate(timeout=60)
    assert first.returncode == 0, errors
    table = sweep.run_all(GRIDS["slow"], path)
    assert said.split()[0] == digest(table) and n_lines(path) == 12
    with ResultsFile(path), pytest.raises(BlockingIOError):         # in one process, too
        sweep.run_all(RUNS, path)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("whom", ["the caller", "all"])
def test_ctrl_c_ends_a_sweep_at_once_and_loses_nothing(path, logged, workers, whom):
    stopped = start("slow", path, workers)
    wait_for(lambda: n_lines(path) >= 4)
    (os.kill if whom == "the caller" else os.killpg)(stopped.pid, signal.SIGINT)
    _, said = stopped.communicate(timeout=60)
    assert stopped.returncode == -signal.SIGINT and said.endswith("KeyboardInterrupt\n")
    assert said.count("Traceback") == 1
    recorded = len(sweep.table(GRIDS["slow"], path).rows)
    lines = logged()
    assert len(lines) - workers - 2 <= recorded < 12                # the rest was under way
    wait_for(lambda: not any(alive(process) for _, process, _ in lines), 10)
    sweep.run_all(GRIDS["slow"], path)
    assert len(logged()) == len(lines) + 12 - recorded


def test_ctrl_c_in_the_middle_of_a_line_waits_for_its_end(path, monkeypatch):
    real, calls = os.fsync, []

    def fsync(handle):
        calls.append(handle)
        if len(calls) == 4:                     # the file, its folder, a run, and then
            os.kill(os.getpid(), signal.SIGINT)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    before = signal.getsignal(signal.SIGINT)
    hear_ctrl_c()
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        sweep.run_all(RUNS, path, executor=executor)
    signal.signal(signal.SIGINT, before)
    rows = sweep.table(RUNS, path).rows
    assert 2 <= len(rows) == n_lines(path) < 7
    assert sweep.run_all(RUNS, path).rows[:2] == rows[:2] and n_lines(path) == 6


def test_workers_end_with_a_caller_that_was_killed(path, logged):
    def begun():
        return n_lines(path) >= 1 and len({process for _, process, _ in logged()}) == 3

    with orphans(path, logged, 3, begun) as workers:
        wait_for(lambda: not any(map(alive, workers)), 10)


def test_forked_workers_that_outlive_their_caller_do_not_hold_its_file(path, logged):
    with orphans(path, logged, "fork", lambda: n_lines(path) >= 3) as workers:
        assert any(map(alive, workers))
        assert len(sweep.run_all(GRIDS["slow"], path).rows) == n_lines(path) == 12


def kill_at_a_random_moment(process, path, chance):
    """At the beginning, or once some more runs are recorded and up to a run's time later."""
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0, 1.5))
    else:
        enough = n_lines(path) + chance.randrange(8)
        wait_for(lambda: n_lines(path) >= enough or process.poll() is not None)
        time.sleep(chance.uniform(0, 0.04))
    process.kill()
    return process.communicate()[0]


@pytest.mark.parametrize("n_kills", [10, pytest.param(25, marks=pytest.mark.long)])
def test_kill_9_at_any_moment_loses_nothing_and_repeats_nothing(tmp_path, logged, n_kills):
    chance, runs = random.Random(os.environ.get("NPSPECTRAL_KILL_SEED", 0)), GRIDS["kill"]
    want = sweep.run_all(runs, tmp_path / "undisturbed").text
    (tmp_path / "log").unlink()
    kills, session, torn = 0, 0, 0
    while kills < n_kills:
        path, recorded = tmp_path / f"{session}.jsonl", {}          # run -> session that had it
        while len(recorded) < len(runs):
            session += 1
            process = start("kill", path, 4, env={"SWEEP_SESSION": str(session)})
            said = (kill_at_a_random_moment(process, path, chance) if kills < n_kills else
                    process.communicate()[0])
            kills += process.returncode == -signal.SIGKILL
            torn += path.exists() and not path.read_bytes().endswith(b"\n")
            rows = sweep.table(runs, path).rows if path.exists() else ()
            names = [f"{row.run.parameters['scale']} {row.run.parameters['seed']}" for row in rows]
            assert set(recorded) <= set(names)                                  # nothing is lost
            for line in logged():
                assert recorded.get(line[2], session) >= int(line[0]), line     # nor repeated
            recorded = {**dict.fromkeys(names, session), **recorded}
        text = sweep.run_all(runs, path).text
        assert text == want and n_lines(path) == len(runs)
        assert said.split()[:1] in ([], [digest(sweep.table(runs, path))])
        (tmp_path / "log").unlink()
    print(f"{kills} kills in {session} sessions, {torn} torn lines; every session went on")
