"""Every experiment into one report: our numbers beside the published ones, and what failed.

    python scripts/reproduce.py --quick       small sizes, a few minutes; also without the option
    python scripts/reproduce.py --standard    every script as it comes, an hour or two on two cores
    python scripts/reproduce.py --full        the published sizes: two weeks of a core by estimate

Writes report.html, one file that needs no network, and report.md beside the scripts' own folders
with their arrays, figures and logs. Scripts run as processes of their own, one a core, each with
one BLAS thread. One that crashes, hangs beyond its limit of time, floods its output or leaves
damaged files is reported with what is wrong and its last lines, and the rest go on. One that has
ended well is not run again by the same code on the same data, unless --again; older results are
moved aside to NAME.1, NAME.2, ..., never deleted. Experiments that lack data files say how to get
them.

Quick runs show that everything works and what holds at small sizes already. They are no
reproduction: a claim that fails there is "not at this size", unless it is exact at any size.

Exit code: 1 if something is wrong with a script or what it left, an exact claim failed, npspectral
fails its oracle, or the report could not be written; else 0.
"""
import argparse
import io
import math
import os
import signal
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event

import reproduce_report
from experiment import at_least_one, progress
from reproduce_machine import judge_machine
from reproduce_page import visible
from reproduce_result import Result
from reproduce_run import in_words, run_script

SCRIPTS = Path(__file__).resolve().parent
LEAST, GENEROUS = 10, 10                # a script's limit: minutes, and times what is expected
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


def seconds_left(expected, finished, workers):
    """Of the scripts that have not finished, at the pace of those that have."""
    pace = sum(finished.values()) / sum(map(expected.get, finished)) if finished else 1.0
    left = [pace * seconds for name, seconds in expected.items() if name not in finished]
    return max(sum(left) / workers, max(left, default=0))


def run_all(expected, workers, run, tell, stop):
    """run(name) for all names in `expected`, name -> seconds, `workers` at a time: the results.

    Whatever ends this early sets the event `stop`, which ends the scripts.
    """
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
        stop.set()
        pool.shutdown(cancel_futures=True)
        progress("")
    return [runs[name] for name in expected]


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
    parser.add_argument("--limit", type=minutes, help="minutes after which a script is ended "
                        f"({GENEROUS} times what is expected, at least {LEAST})")
    parser.add_argument("--again", action="store_true", help="also what has ended well before")
    parser.add_argument("--download", action="store_true", help="get data files that are not here")
    return parser


def minutes(text):
    """A time from the command line."""
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}, expected a time above 0")
    return number


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
    begin, stop = time.monotonic(), Event()
    machine = judge_machine()
    print(machine.headline)

    def run(name):
        limit = chosen.limit or max(LEAST, GENEROUS * expected[name] / 60)
        return Result.of(run_script(name, folder, scripts, arguments, chosen.again, 60 * limit,
                                    stop))
    results = run_all(expected, chosen.workers, run, tell, stop)
    broken = not machine.ok or any(result.broken for result in results)
    try:
        page = reproduce_report.write(results, machine, chosen.mode, folder,
                                      time.monotonic() - begin)
    except OSError as error:
        print(f"\nThe report could not be written: {in_words(error)}", file=sys.stderr)
        return 1
    print(f"\n{time.monotonic() - begin:.0f} s. Open {page}")
    return int(broken)


def tell(result):
    print(visible(f"{result.name:27}{result.seconds:6.0f} s  {result.words}"))


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):                # which may have ASCII only
        sys.stdout.reconfigure(errors="backslashreplace")
    for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):       # they end the scripts, too
        if signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on where this one was.")
