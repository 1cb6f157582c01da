"""Runs for the tests of sweeps; as a script it sweeps: sweep_runs.py GRID FILE ENGINE.

The engine is a number of workers, MPI, or fork for two forked ones. The script prints a digest of
the table and the runs per second. Runs write their names to the file that SWEEP_LOG names, so that
tests see what was run.
"""
import ctypes
import hashlib
import os
import random
import re
import signal
import sys
import threading
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal, getcontext
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from npspectral import sweep


def log(line):
    """One line at a time, whichever process writes it."""
    if "SWEEP_LOG" in os.environ:
        with open(os.environ["SWEEP_LOG"], "ab", buffering=0) as file:
            file.write(f"{os.environ.get('SWEEP_SESSION', '-')} {os.getpid()} {line}\n".encode())


def first_line(file):
    with open(file.path, encoding="utf-8") as lines:
        return lines.readline()


def draw(scale, seed, pause=0.0):
    """Some numbers, and as long a pause as real work would take: 0.6 to 1.4 of `pause`."""
    log(f"{scale} {seed}")
    rng = np.random.default_rng(seed)
    time.sleep(pause * (0.6 + 0.8 * rng.random()))
    x = scale * rng.standard_normal((2, 3))
    return {"x": x, "half": x.astype(np.float32), "odd": [np.nan, -0.0, np.inf, 0.1],
            "z": (x[0] + 1j * x[1],), "seed": seed}


def train(n, seed):
    """Work for a processor: steps of a network whose outcome depends on every bit."""
    log(f"{n} {seed}")
    rng = np.random.default_rng(seed)
    weight, x = rng.standard_normal((n, n)) / n ** 0.5, rng.standard_normal((n, n))
    for _ in range(60):
        x = np.tanh(x @ weight)
        weight += 0.01 * x.T @ x / n
    return {"weight": weight[:3], "sum": x.sum()}


def give(kind):
    """One of the values that a test has listed."""
    from sweep_values import VALUES
    return VALUES[kind]


def fail_at(place, i):
    """Fails for i = 3 as long as there is a file at that place."""
    log(i)
    if i == 3 and Path(place).exists():
        raise ArithmeticError(f"no run {i} today")
    return i


def leave_at(place, i, how):
    """Ends its process for i = 3 as long as there is a file at that place."""
    log(i)
    if i in (3, 5 if how == "twice" else 3) and Path(place).exists():
        LEAVE[how]()
    return i


def fork_at(i):
    """For i = 1 it forks, and the child leaves the function before the parent does."""
    if i == 1:
        warnings.simplefilter("ignore")     # newer Pythons warn of a fork beside threads
        child = os.fork()
        if child == 0:
            return "the child's"
        os.waitpid(child, 0)
    return i


class Own(BaseException):
    """No Exception."""


def throw(error):
    raise error


LEAVE = {"exit": lambda: sys.exit("bye"), "kill": lambda: os.kill(os.getpid(), 9),
         "segmentation fault": lambda: ctypes.string_at(0), "_exit": lambda: os._exit(3),
         "twice": lambda: os._exit(3), "own": lambda: throw(Own("bye")),
         "generator": lambda: throw(GeneratorExit("bye")),
         "ctrl-c": lambda: throw(KeyboardInterrupt)}


def disturb(kind, i, config, x):
    """Gives what it finds around it, and for i = 0 changes it, unless SWEEP_QUIET is set."""
    found = look(config, x)
    if i == 0 and "SWEEP_QUIET" not in os.environ:
        DISTURB[kind](config, x)
    return found


def use_up(config, i):
    return [config.pop("lr"), i]


def sweep_inside(folder, i):
    """Makes a sweep of its own elsewhere; what that leaves is what this run had."""
    os.chdir(folder)
    os.environ["SWEEP_MARK"] = "x"
    values = sweep.run_all(sweep.grid(use_up, config=[{"lr": i}], i=range(2)), f"inner {i}").values
    return [os.getcwd() == folder, os.environ["SWEEP_MARK"], values]


def delete_folder(place):
    """Deletes the folder that it is in, goes elsewhere, and fails."""
    os.rmdir(place)
    os.chdir("/")
    raise ArithmeticError("its own error")


def look(config, x):
    hidden = [pattern.pattern for _, pattern, *_ in warnings.filters if pattern is not None]
    return {"parameters": [config.get("lr"), x.sum()], "folder": os.getcwd() == "/",
            "environment": os.environ.get("SWEEP_MARK"), "path": "/nowhere" in sys.path,
            "handler": signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN,
            "timer": signal.getitimer(signal.ITIMER_REAL)[0] > 0,
            "numbers": [np.geterr()["under"], str(np.array([np.pi])), str(Decimal(1) / 3)],
            "filters": "mark" in hidden, "streams": sys.stdout is None, "argv": sys.argv == ["x"],
            "limit": sys.getrecursionlimit() > 9000, "drawn": [np.random.random(), random.random()]}


def change_handler(config, x):
    """Which only the main thread can."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 1000)


DISTURB = {
    "dict": lambda config, x: config.pop("lr"), "array": lambda config, x: x.__isub__(x.mean()),
    "folder": lambda config, x: os.chdir("/"), "handler": change_handler,
    "environment": lambda config, x: os.environ.update(SWEEP_MARK="x"),
    "path": lambda config, x: sys.path.insert(0, "/nowhere"),
    "path bound anew": lambda config, x: setattr(sys, "path", [*sys.path, "/nowhere"]),
    "arguments": lambda config, x: setattr(sys, "argv", ["x"]),
    "error state": lambda config, x: np.seterr(all="raise"),
    "print options": lambda config, x: np.set_printoptions(precision=2),
    "decimal context": lambda config, x: setattr(getcontext(), "prec", 3),
    "warning filters": lambda config, x: warnings.filterwarnings("error", "mark"),
    "filters bound anew": lambda config, x: setattr(
        warnings, "filters", [("error", re.compile("mark"), Warning, None, 0), *warnings.filters]),
    "generators": lambda config, x: (np.random.seed(0), random.seed(0)),
    "streams": lambda config, x: setattr(sys, "stdout", None),
    "recursion limit": lambda config, x: sys.setrecursionlimit(10_000),
}


def threads():
    return [os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")]


def deadly(*how):
    """Six runs for each way, of which i = 3 ends its process, if SWEEP_FLAG is a file."""
    return sweep.grid(leave_at, place=[os.environ.get("SWEEP_FLAG", "")], how=how, i=range(6))


GRIDS = {
    "segmentation fault": deadly("segmentation fault"), "twice": deadly("twice"),
    "kill": sweep.grid(draw, scale=(0.5, 1.0, 2.0), seed=range(20), pause=[0.035]),
    "slow": sweep.grid(draw, scale=(1.0,), seed=range(12), pause=[0.2]),
    "many": sweep.grid(draw, scale=(1.0,), seed=range(2000)),
    "train": sweep.grid(train, n=(60, 100), seed=range(6)),
    "disturb": sweep.grid(disturb, kind=tuple(DISTURB), i=range(3), config=[{"lr": 0.1}],
                          x=[np.arange(4.0)]),
    "speed": sweep.grid(train, n=(320,), seed=range(20)),
}


def digest(table):
    return hashlib.sha256(table.text.encode()).hexdigest()


def timed(grid, path, **engine):
    """The table, and runs per second from the end of the first run to that of the last."""
    ends = []
    table = sweep.run_all(GRIDS[grid], path, **engine,
                          report=lambda line: ends.append(time.perf_counter()))
    return table, (len(ends) - 2) / (ends[-1] - ends[1]) if len(ends) > 2 else 0


def main(grid, path, engine):
    if engine.isdigit():
        return timed(grid, path, workers=int(engine))
    if engine == "fork":
        with ProcessPoolExecutor(2, get_context("fork")) as executor:
            return timed(grid, path, executor=executor)
    from mpi4py.futures import MPIPoolExecutor
    log("caller")
    with MPIPoolExecutor() as executor:
        return timed(grid, path, executor=executor)


if __name__ == "__main__":
    table, rate = main(*sys.argv[1:])
    print(digest(table), rate)
