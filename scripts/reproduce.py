"""Every experiment into one report: our numbers beside the published ones, and what failed.

    python scripts/reproduce.py --quick       small sizes, a few minutes; also without the option
    python scripts/reproduce.py --standard    every script as it comes, an hour or two on two cores
    python scripts/reproduce.py --full        the published sizes: two weeks of a core by estimate

Writes report.html, one file that needs no network, and report.md beside the scripts' own folders
with their arrays, figures and logs. Scripts run as processes of their own, one a core, each with
one BLAS thread. One that crashes is reported with its last lines, and the rest go on. One that
has ended well is not run again by the same code on the same data, unless --again; older results
are moved aside to NAME.1, NAME.2, ..., never deleted. Experiments that lack data files say how to
get them.

Quick runs show that everything works and what holds at small sizes already. They are no
reproduction: a claim that fails there is "not at this size", unless it is exact at any size.

Exit code: 1 if a script crashed, an exact claim failed, or npspectral fails its oracle; else 0.
"""
import argparse
import ast
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import reproduce_report
import scipy
from experiment import LABELED, at_least_one, progress
from reproduce_machine import judge_machine

import npspectral
from npspectral import data

SCRIPTS = Path(__file__).resolve().parent
MODES = {"quick": ("--quick",), "default": (), "full": ("--full",)}
# In the order of the report: seconds on one core with --quick, as it comes, with --full (guessed).
EXPERIMENTS = {
    "eigenvalue_training": (18, 720, 8400),
    "fewer_parameters": (10, 840, 9000),
    "sparse_training": (6, 720, 86400),
    "spectral_pruning": (11, 720, 97200),
    "teacher_student": (28, 1080, 30000),
    "input_relevance": (20, 300, 9000),
    "recurrent_classifier": (8, 580, 42000),
    "complex_memory": (5, 360, 7200),
    "stripe_compression": (9, 180, 4800),
    "tangent_kernel_pca": (10, 240, 36000),
    "learning_curves": (18, 540, 360000),
    "regimes": (20, 360, 36000),
    "sphere_model": (14, 480, 300000),
    "attractors": (16, 430, 42000),
    "spectral_feature_learning": (14, 300, 36000),
    "information_plane": (9, 90, 4800),
    "intrinsic_dimension": (11, 210, 14400),
}
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
                            "VECLIB_MAXIMUM_THREADS"), "1")
STATE, LOG, ERRORS = "run.json", "log.txt", "errors.txt"


@dataclass(frozen=True)
class Run:
    """How a script ended; its folder holds its figures, its verdicts, LOG and ERRORS."""

    name: str
    script: Path
    folder: Path
    code: int
    seconds: float


def sources(script):
    """A script and the files beside it that it imports, by way of others too."""
    found, todo = [], [script]
    while todo:
        path = todo.pop()
        if path in found or not path.is_file():
            continue
        found.append(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module] if isinstance(node, ast.ImportFrom) and node.module else [])
            todo += [path.parent / f"{name}.py" for name in names]
    return sorted(found)


def fingerprint(script, arguments):
    """A digest of all that a result depends on: code, versions, options, data at hand."""
    package = sorted(Path(npspectral.__file__).parent.rglob("*.py"))
    sets = [name for name in (*LABELED, "california-housing", "digits") if data.at_hand(name)]
    text = repr((arguments, sets, sys.version, platform.machine(), np.__version__,
                 scipy.__version__))
    digest = hashlib.sha256(text.encode())
    for path in (*sources(script), *package):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def state_of(folder):
    """What the file STATE says of the last run in a folder, {} if there was none."""
    path = folder / STATE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def run_script(name, folder, scripts=SCRIPTS, arguments=(), again=False):
    """Run a script, or find that it has ended well before. Returns a Run."""
    script, own = scripts / f"{name}.py", folder / name
    mark = fingerprint(script, arguments)
    before = state_of(own)
    if before and (again or before["fingerprint"] != mark):
        own.rename(next(aside for aside in (folder / f"{name}.{k}" for k in count(1))
                        if not aside.exists()))
        before = {}
    if before.get("code") == 0:
        return Run(name, script, own, 0, before["seconds"])
    own.mkdir(parents=True, exist_ok=True)
    write_state(own, fingerprint=mark)
    begin = time.monotonic()
    with open(own / LOG, "wb") as log, open(own / ERRORS, "wb") as errors:
        code = subprocess.run([sys.executable, script, *arguments, "--out", own], stdout=log,
                              stderr=errors, stdin=subprocess.DEVNULL, check=False,
                              env={**os.environ, **ONE_THREAD, "PYTHONUNBUFFERED": "1"}).returncode
    seconds = time.monotonic() - begin
    write_state(own, fingerprint=mark, code=code, seconds=seconds)
    return Run(name, script, own, code, seconds)


def write_state(folder, **state):
    temporary = folder / f"{STATE}.part"
    temporary.write_text(json.dumps(state), encoding="utf-8")
    os.replace(temporary, folder / STATE)


def seconds_left(expected, finished, workers):
    """Of the scripts that have not finished, at the pace of those that have."""
    pace = sum(finished.values()) / sum(map(expected.get, finished)) if finished else 1.0
    left = [pace * seconds for name, seconds in expected.items() if name not in finished]
    return max(sum(left) / workers, max(left, default=0))


def run_all(expected, workers, run, tell):
    """run(name) for all names in `expected`, name -> seconds, `workers` at a time: name -> Run."""
    runs, begin = {}, time.monotonic()
    pool = ThreadPoolExecutor(workers)
    try:
        waiting = {pool.submit(run, name) for name in sorted(expected, key=expected.get)[::-1]}
        end = begin + seconds_left(expected, {}, workers)
        while waiting:
            done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
            for found in (future.result() for future in done):
                runs[found.name] = found
                end = time.monotonic() + seconds_left(
                    expected, {name: own.seconds for name, own in runs.items()}, workers)
                progress("")
                tell(found)
            left = max(0, end - time.monotonic())
            progress(f"{len(runs)} of {len(expected)} experiments, "
                     f"{time.monotonic() - begin:.0f} s, about {left / 60:.1f} minutes left")
    finally:
        pool.shutdown(cancel_futures=True)
        progress("")
    return {name: runs[name] for name in expected}


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for flag, mode, title in (("quick", "quick", "small sizes (as it comes)"),
                              ("standard", "default", "every script as it comes"),
                              ("full", "full", "the published sizes")):
        size.add_argument(f"--{flag}", dest="mode", action="store_const", const=mode,
                          default="quick", help=title)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=EXPERIMENTS,
                        default=list(EXPERIMENTS), help="some of: %(choices)s")
    parser.add_argument("--out", type=Path, help="folder (results/reproduce/ and the mode)")
    parser.add_argument("--workers", type=at_least_one, default=cores(),
                        help="scripts at a time (one a core: %(default)s)")
    parser.add_argument("--again", action="store_true", help="also what has ended well before")
    parser.add_argument("--download", action="store_true", help="get data files that are not here")
    return parser


def cores():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main(argv=None, experiments=None, scripts=SCRIPTS):
    """The exit code. `experiments` and `scripts`: others than EXPERIMENTS in SCRIPTS."""
    chosen = options().parse_args(argv)
    folder = (chosen.out or Path("results/reproduce") / chosen.mode).resolve()
    column = list(MODES).index(chosen.mode)
    expected = {name: seconds[column] for name, seconds in
                (experiments or {name: EXPERIMENTS[name] for name in chosen.only}).items()}
    arguments = (*MODES[chosen.mode], *(["--download"] if chosen.download else []))
    begin = time.monotonic()
    machine = judge_machine()
    print(machine.headline)
    runs = run_all(expected, chosen.workers, lambda name: run_script(
        name, folder, scripts, arguments, chosen.again), lambda run: print(
            f"{run.name:27}{run.seconds:6.0f} s  {reproduce_report.Result.of(run).words}"))
    results = [reproduce_report.Result.of(run) for run in runs.values()]
    page = reproduce_report.write(results, machine, chosen.mode, folder,
                                  time.monotonic() - begin)
    print(f"\n{time.monotonic() - begin:.0f} s. Open {page}")
    return int(not machine.ok or any(result.broken for result in results))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on where this one was.")
