"""How benchmarks measure: a process for every library, turns in short blocks, machine and BLAS.

Every library has its own process, bound to as many processors as it has threads. They take turns
in short blocks with a pause before each, so that waiting threads go to sleep. A block is repeated
when others used more than FOREIGN of its processors.
"""
import ctypes
import os
import pickle
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, BLOCK, PAUSE = 7, 0.08, 0.06        # blocks; seconds
LONG = 4.0                                  # of all blocks of one library; at least one is measured
FOREIGN, PATIENCE = 0.12, 3                 # allowed load; so many times ROUNDS at most


class Worker:
    """A process of `script` with one library and a number of threads, in its own Python."""

    def __init__(self, script, library, threads, python=sys.executable):
        environment = dict(os.environ, PYTHONPATH=str(ROOT))
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = str(threads)
        if threads == 1:
            environment["XLA_FLAGS"] = ("--xla_cpu_multi_thread_eigen=false "
                                        "intra_op_parallelism_threads=1")
        name, _, coretype = library.partition("@")
        if coretype:
            environment["OPENBLAS_CORETYPE"] = coretype
        self.process = subprocess.Popen(
            [python, str(script), name, str(threads)],
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
        kept = [value for value, load in taken if load <= FOREIGN]
        disturbed |= len(kept) < wanted[library]
        kept = sorted(kept if len(kept) >= min(2, wanted[library])
                      else [value for value, _ in taken])
        seconds[library] = statistics.median(kept)
        low, high = np.quantile(kept, (0.25, 0.75))
        spread = max(spread, (high - low) / seconds[library])
    load = statistics.median(load for taken in samples.values() for _, load in taken)
    return {"seconds": seconds, "spread": spread, "load": load, "disturbed": disturbed,
            "samples": samples}


def processor():
    """(model name, list of flags); the flags are empty where there is no /proc/cpuinfo."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine(), []
    fields = dict(re.findall(r"^(model name|flags)\s*: (.*)$", text, re.MULTILINE))
    return fields.get("model name", platform.machine()), fields.get("flags", "").split()


def machine():
    """Lines of what the numbers depend on beside the libraries."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return [f"{processor()[0]}, {os.cpu_count()} processors, {platform.system()}",
            f"BLAS of NumPy: {blas['name']} {blas['version']}, kernels {kernels()}, "
            f"OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', '(not set)')}"]


def kernels():
    """The name of the processor that NumPy's own OpenBLAS chose its kernels for, if it tells."""
    module = sys.modules.get("numpy._core._multiarray_umath")
    try:
        name = ctypes.CDLL(module.__file__).scipy_openblas_get_corename64_
    except (AttributeError, OSError):
        return "unknown"
    name.restype = ctypes.c_char_p
    return name().decode()
