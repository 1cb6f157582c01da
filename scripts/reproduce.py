"""Every experiment into one report: which published claims come out, beside what was measured.

    python scripts/reproduce.py --quick       small sizes, a few minutes; also without the option
    python scripts/reproduce.py --standard    judges the claims, some hours on two cores
    python scripts/reproduce.py --full        the published sizes: three weeks of a core by estimate
    python scripts/reproduce.py regimes sphere_model --standard --seeds 10      some of them

Writes report.html, one file that needs no network, beside a folder for each experiment with its
arrays, figures and log. Experiments run as processes of their own with one BLAS thread each. One
that crashes, hangs, floods its output or leaves damaged files is reported with its last lines, and
the rest go on. Runs that have ended are kept in NAME/runs.jsonl and not made again by the same
code, so the same command goes on where it was stopped. With --again, or if another version of
Python or NumPy made them, the folder is moved aside to NAME.1, NAME.2, ..., never deleted.
Experiments that lack data files say how to get them.

With --standard each experiment's verdicts and numbers are also kept in record.json beside its
code, and the pages scripts/report/RESULTS.md and STATEMENTS.md are written anew from these. A quick
run judges no claim: its report shows the kept verdicts, and its own numbers beside them.

Exit code: 1 if something is wrong with an experiment or what it left, an exact claim failed,
npspectral fails its oracle, or the report could not be written; else 0.
"""
import argparse
import io
import os
import signal
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Event

from lab.options import at_least_one, changed, minutes
from lab.perform import load_experiment, perform
from lab.progress import progress
from report import report
from report.machine import judge_machine
from report.page import visible
from report.record import records, take
from report.result import Result, seconds_of
from report.results import write_pages
from report.run import Job, in_words, run_job

SCRIPTS = Path(__file__).resolve().parent
LEAST, GENEROUS = 10, 10                # an experiment's limit: minutes, times what is expected
MODES = {                               # option -> setting, what it says
    "quick": ("quick", "small sizes (as it comes)"),
    "standard": ("default", "the sizes of the README"), "full": ("full", "the published sizes")}


def experiments():
    """Name -> expected seconds on one core: quick, default, full."""
    return {path.parent.name: seconds_of(path)
            for path in sorted(SCRIPTS.glob("experiments/*/experiment.py"))}


def seconds_left(expected, finished, workers):
    """Of the experiments that have not finished, at the pace of those that have."""
    pace = sum(finished.values()) / sum(map(expected.get, finished)) if finished else 1.0
    left = [pace * seconds for name, seconds in expected.items() if name not in finished]
    return max(sum(left) / workers, max(left, default=0))


def run_all(expected, workers, run, tell, stop):
    """run(name) for all names in `expected`, name -> seconds, `workers` at a time: the results.

    Whatever ends this early sets the event `stop`, which ends the processes.
    """
    results, finished, pool = {}, {}, ThreadPoolExecutor(workers)
    begin = since = time.monotonic()
    try:
        waiting = {pool.submit(run, name) for name in sorted(expected, key=expected.get)[::-1]}
        while waiting:
            done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
            for result in (future.result() for future in done):
                results[result.name], finished[result.name] = result, result.seconds
                since = time.monotonic()
                progress("")
                tell(result)
            now = time.monotonic()
            left = max(0, seconds_left(expected, finished, workers) - (now - since))
            progress(f"{len(results)} of {len(expected)} experiments, {now - begin:.0f} s, "
                     f"about {left / 60:.1f} minutes left")
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        progress("")
    return [results[name] for name in expected]


def options(names):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add, size = parser.add_argument, parser.add_mutually_exclusive_group()
    add("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(names)}")
    for flag, (mode, said) in MODES.items():
        size.add_argument(f"--{flag}", dest="mode", action="store_const", const=mode,
                          default="quick", help=said)
    add("--seeds", type=at_least_one, help="how many, instead of the mode's number")
    add("--set", action="append", default=[], metavar="FIELD=VALUE",
        help="another value of a field of the experiment's Setting; may be given several times")
    add("--out", type=Path, help="folder (results/reproduce/ and the mode)")
    add("--workers", type=at_least_one, default=cores(),
        help="processes at a time (one a core: %(default)s)")
    add("--limit", type=minutes, help="minutes after which an experiment is ended "
        f"({GENEROUS} times what is expected, at least {LEAST})")
    add("--again", action="store_true", help="also the runs that are kept")
    add("--download", action="store_true", help="get data files that are not here")
    add("--here", action="store_true", help="in this process, without a report: for a debugger")
    return parser


def cores():
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def job_of(name, chosen, folder, workers):
    """The experiment as a process that runs this file with --here."""
    flag = next(flag for flag, (mode, _) in MODES.items() if mode == chosen.mode)
    command = [sys.executable, str(SCRIPTS / "reproduce.py"), name, "--here", f"--{flag}",
               "--out", str(folder), "--workers", str(workers),
               *(part for change in chosen.set for part in ("--set", change)),
               *(["--seeds", str(chosen.seeds)] if chosen.seeds else []),
               *(["--download"] if chosen.download else [])]
    return Job(name, SCRIPTS / "experiments" / name / "experiment.py", command, folder / name)


def main(argv=None, known=None, job_of=job_of):
    """The exit code. `known`: other experiments, name -> seconds, which `job_of` makes a Job."""
    own, known = known is None, experiments() if known is None else known
    parser = options(known)
    chosen = parser.parse_args(argv)
    names = chosen.names or list(known)
    for name in names:
        if name not in known:
            parser.error(f"NAME is {name!r}, expected one of {', '.join(known)}")
        try:
            if chosen.set:
                changed(load_experiment(name).SETTINGS[chosen.mode], chosen.set)
        except ValueError as error:                     # before anything has run
            parser.error(f"{name}: {error}")
    folder = (chosen.out or Path("results/reproduce") / chosen.mode).resolve()
    if not chosen.here:
        column = [mode for mode, _ in MODES.values()].index(chosen.mode)
        judged = own and chosen.mode == "default" and not chosen.set and not chosen.seeds
        return reproduce({name: known[name][column] for name in names},
                         partial(job_of, chosen=chosen, folder=folder), chosen, folder, judged)
    for name in names:
        perform(name, chosen.mode, folder / name, chosen.seeds, chosen.set, chosen.workers,
                chosen.download)
    return 0


def reproduce(expected, job_of, chosen, folder, judged):
    """Run all, name -> seconds; write the report and, if so `judged`, records; the exit code."""
    begin, stop, kept, machine = time.monotonic(), Event(), records(), judge_machine()
    print(machine.headline)
    at_once = min(chosen.workers, len(expected))

    def run(name):
        limit = chosen.limit or max(LEAST, GENEROUS * expected[name] / 60)
        job = job_of(name, workers=chosen.workers // at_once)
        return Result.of(job, *run_job(job, chosen.again, 60 * limit, stop))
    results = run_all(expected, at_once, run, tell, stop)
    try:
        if judged:
            for name in take(results, folder):
                print(f"{name}: no record is kept of it, as not all of it was run")
            write_pages()
        page = report.write(results, machine, chosen.mode, folder, time.monotonic() - begin, kept)
    except OSError as error:
        print(f"\nThe report could not be written: {in_words(error)}", file=sys.stderr)
        return 1
    print(f"\n{time.monotonic() - begin:.0f} s. Open {page}")
    return int(not machine.ok or any(result.broken for result in results))


def tell(result):
    print(visible(f"{result.name:27}{result.seconds:6.0f} s  {result.words}"))
    if (result.code or 0) > 0 and result.last_lines:            # it crashed: by which error?
        print(visible(f"    {result.last_lines.splitlines()[-1]}"))


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):                # which may have ASCII only
        sys.stdout.reconfigure(errors="backslashreplace")
    for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):       # they end the experiments, too
        if signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nStopped. The same command goes on where this one was.")
