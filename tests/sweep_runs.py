"""Runs for the tests of sweeps; as a script it sweeps: sweep_runs.py GRID FILE ENGINE.

The engine is a number of workers, MPI, or fork for two forked ones. The script prints a digest of
the table and the runs per second. Runs write their names to the file that SWEEP_LOG names, so that
tests see what was run.
"""
import hashlib
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from npspectral import sweep


def log(line):
    """One line at a time, whichever process writes it."""
    if "SWEEP_LOG" in os.environ:
        with open(os.environ["SWEEP_LOG"], "ab", buffering=0) as file:
            file.write(f"{os.environ.get('SWEEP_SESSION', '-')} {os.getpid()} {line}\n".encode())


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
    import test_sweep
    return test_sweep.VALUES[kind]


def fail_at(place, i):
    """Fails for i = 3 as long as there is a file at that place."""
    log(i)
    if i == 3 and Path(place).exists():
        raise ArithmeticError(f"no run {i} today")
    return i


def leave_at(place, i, how):
    """Ends its process for i = 3 as long as there is a file at that place."""
    log(i)
    if i == 3 and Path(place).exists():
        sys.exit("bye") if how == "exit" else os.kill(os.getpid(), 9)
    return i


def threads():
    return [os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")]


GRIDS = {
    "kill": sweep.grid(draw, scale=(0.5, 1.0, 2.0), seed=range(20), pause=[0.035]),
    "slow": sweep.grid(draw, scale=(1.0,), seed=range(12), pause=[0.2]),
    "many": sweep.grid(draw, scale=(1.0,), seed=range(2000)),
    "train": sweep.grid(train, n=(60, 100), seed=range(6)),
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
