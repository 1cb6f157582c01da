"""How benchmarks measure: a process for every library, turns in short blocks.

A process is bound to as many processors as it has threads. There is a pause before each block, so
that waiting threads go to sleep. A block is repeated when others used more than FOREIGN of its
processors.
"""
import os
import pickle
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from npspectral.sweep._processes import THREADS

SCRIPTS = Path(__file__).resolve().parent.parent
ROUNDS, BLOCK, PAUSE = 7, 0.08, 0.06        # blocks; seconds
LONG = 4.0                                  # of all blocks of one library; at least one is measured
FOREIGN, PATIENCE = 0.12, 3                 # allowed load; so many times ROUNDS at most
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"     # of JAX


class Worker:
    """A process of `workers` with one library and a number of threads, in its own Python."""

    def __init__(self, library, threads, python=sys.executable):
        name, _, coretype = library.partition("@")
        environment = {**os.environ, "PYTHONPATH": f"{SCRIPTS.parent}{os.pathsep}{SCRIPTS}",
                       **dict.fromkeys(THREADS, str(threads)),
                       **({"XLA_FLAGS": ONE_THREAD} if threads == 1 else {}),
                       **({"OPENBLAS_CORETYPE": coretype} if coretype else {})}
        command = [python, str(SCRIPTS / "benchmark" / "workers"), name, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment)

    def ask(self, *request):
        pickle.dump(request, self.process.stdin)
        self.process.stdin.flush()
        answer = pickle.load(self.process.stdout)
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def started(pythons, threads):
    """Library -> Worker, for library -> Python; they end with the block."""
    workers = {library: Worker(library, threads, python) for library, python in pythons.items()}
    try:
        yield workers
    finally:
        for worker in workers.values():
            worker.process.communicate()


def take_turns(workers, rounds):
    """(library -> list of (seconds per run, foreign load), library -> how many were wanted).

    What the workers do was built before. A library whose run takes long has fewer blocks.
    """
    samples, wanted = {library: [] for library in workers}, {}
    for library, worker in workers.items():
        first = worker.ask("time", BLOCK / 4)               # finds out how many runs fill a block
        if first[0] < BLOCK:
            first = worker.ask("time", BLOCK / 4)
        wanted[library] = min(rounds, max(1, int(LONG / first[0])))
        if first[0] > LONG:
            samples[library].append(first)
    for _ in range(PATIENCE * rounds):
        for library, worker in workers.items():
            taken, enough = samples[library], wanted[library]
            if len(undisturbed(taken)) < enough and len(taken) < PATIENCE * enough:
                time.sleep(PAUSE)
                taken.append(worker.ask("time", BLOCK))
    return samples, wanted


def undisturbed(taken):
    return [seconds for seconds, load in taken if load <= FOREIGN]


def medians(samples, wanted):
    """Medians of the undisturbed blocks, their spread, and who had too few, by library."""
    seconds, spread, disturbed = {}, {}, {}
    for library, taken in samples.items():
        quiet = undisturbed(taken)
        disturbed[library] = len(quiet) < wanted[library]
        if len(quiet) < min(2, wanted[library]):
            quiet = [value for value, _ in taken]
        low, seconds[library], high = np.quantile(quiet, (0.25, 0.5, 0.75)).tolist()
        spread[library] = (high - low) / seconds[library]
    return dict(seconds=seconds, spread=spread, disturbed=disturbed, samples=samples)
