"""How benchmarks measure: a process for every library, turns in short blocks.

Every library has its own process, bound to as many processors as it has threads. They take turns
in short blocks with a pause before each, so that waiting threads go to sleep. A block is repeated
when others used more than FOREIGN of its processors.
"""
import os
import pickle
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

SCRIPTS = Path(__file__).resolve().parent.parent
ROUNDS, BLOCK, PAUSE = 7, 0.08, 0.06        # blocks; seconds
LONG = 4.0                                  # of all blocks of one library; at least one is measured
FOREIGN, PATIENCE = 0.12, 3                 # allowed load; so many times ROUNDS at most
OURS = "npspectral"


class Worker:
    """A process of `workers` with one library and a number of threads, in its own Python."""

    def __init__(self, library, threads, python=sys.executable):
        environment = dict(os.environ, PYTHONPATH=f"{SCRIPTS.parent}{os.pathsep}{SCRIPTS}")
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = str(threads)
        if threads == 1:
            environment["XLA_FLAGS"] = ("--xla_cpu_multi_thread_eigen=false "
                                        "intra_op_parallelism_threads=1")
        name, _, coretype = library.partition("@")
        if coretype:
            environment["OPENBLAS_CORETYPE"] = coretype
        self.process = subprocess.Popen(
            [python, str(Path(__file__).with_name("workers")), name, str(threads)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def ask(self, *request):
        pickle.dump(request, self.process.stdin)
        self.process.stdin.flush()
        answer = pickle.load(self.process.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@contextmanager
def started(pythons, threads):
    """Library -> Worker, for library -> Python; they end with the block."""
    workers = {library: Worker(library, threads, python) for library, python in pythons.items()}
    try:
        yield workers
    finally:
        for worker in workers.values():
            worker.close()


def take_turns(workers, rounds):
    """(library -> list of (seconds per run, foreign load), library -> how many were wanted).

    What the workers do was built before. A library whose run takes long has fewer blocks.
    """
    samples, wanted = {library: [] for library in workers}, dict.fromkeys(workers, rounds)
    for library, worker in workers.items():
        first = worker.ask("time", BLOCK / 4)               # finds out how many runs fill a block
        if first[0] < BLOCK:
            first = worker.ask("time", BLOCK / 4)
        wanted[library] = min(rounds, max(1, int(LONG / first[0])))
        if first[0] > LONG:
            samples[library].append(first)
    for _ in range(PATIENCE * rounds):
        for library, worker in workers.items():
            enough = sum(load <= FOREIGN for _, load in samples[library]) >= wanted[library]
            if not enough and len(samples[library]) < PATIENCE * wanted[library]:
                time.sleep(PAUSE)
                samples[library].append(worker.ask("time", BLOCK))
    return samples, wanted


def medians(samples, wanted):
    """Medians and spreads of the undisturbed blocks, as a dict of plain data."""
    seconds, spread, disturbed = {}, 0.0, False
    for library, taken in samples.items():
        quiet = [value for value, load in taken if load <= FOREIGN]
        disturbed |= len(quiet) < wanted[library]
        if len(quiet) < min(2, wanted[library]):
            quiet = [value for value, _ in taken]
        seconds[library] = statistics.median(quiet)
        low, high = np.quantile(quiet, (0.25, 0.75))
        spread = max(spread, (high - low) / seconds[library])
    load = statistics.median(load for taken in samples.values() for _, load in taken)
    return {"seconds": seconds, "spread": spread, "load": load, "disturbed": disturbed,
            "samples": samples}


def markdown(titles, rows):
    """The lines of a table, of titles and rows of fields."""
    return ["", f"| {' | '.join(titles)} |", "|---" * len(titles) + "|",
            *(f"| {' | '.join(fields)} |" for fields in rows)]


def save(folder, name, text, **arrays):
    """NAME.md and NAME.npz."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    np.savez(folder / f"{name}.npz", **arrays)
