"""The process of one library, asked over pipes by `turns.Worker`; not run by hand."""
import ctypes
import os
import pickle
import sys
import time
import traceback
from contextlib import suppress

from benchmark.workers import build

TICK = 0.01                                 # seconds: what /proc/stat counts in


class Server:
    """Answers requests, a method and its arguments each; of a library's cases it holds one."""

    def __init__(self, library, threads):
        self.library, self.threads = library, threads

    def build(self, case):
        """Hold this case; the one before stays in memory until this one is built."""
        self.run, self.result = build(self.library, case)
        self.taken = None                   # seconds per run in the last block

    def time(self, seconds):
        """timed_block of about so many seconds; the first of a case is one run."""
        n = max(1, round(seconds / self.taken)) if self.taken else 1
        self.taken, load = timed_block(self.run, n, self.threads)
        return self.taken, load

    def once(self, case):
        """The arrays of a case, and the memory that its first run took."""
        self.build(case)
        megabytes = peak_growth(self.run)
        return self.result(), megabytes


def timed_block(run, n, threads):
    """Seconds per run over n runs, and the foreign load.

    n // 10 runs, at least one, come before untimed.
    """
    run(max(1, n // 10))
    stat, cpu, wall = busy_seconds(), time.process_time(), time.perf_counter()
    run(n)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    foreign = 0.0 if stat is None else busy_seconds() - stat - cpu - TICK * threads
    if threads == 1:                                        # whatever took the processor from us
        foreign = max(foreign, wall - cpu)
    return wall / n, max(0.0, foreign) / (threads * wall)


def busy_seconds():
    """Processor seconds spent by anyone on the processors that this process may use."""
    try:
        mine = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        with open("/proc/stat") as stat:
            rows = [line.split() for line in stat if line.split()[0] in mine]
    except (AttributeError, OSError):
        return None
    ticks = sum(int(field) for row in rows for field in row[1:4] + row[6:9])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_growth(run):
    """Megabytes that one run needs beyond those in use before, its result included."""
    def kilobytes(name):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name))
    try:
        ctypes.CDLL(None).malloc_trim(0)                    # what is free does not count
        with open("/proc/self/clear_refs", "w") as reset:
            reset.write("5")
        before = kilobytes("VmRSS")
        run(1)
        return (kilobytes("VmHWM") - before) / 1024
    except (OSError, AttributeError):                       # only Linux tells
        return float("nan")


def main():
    library, threads = sys.argv[1], int(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                                           # what a library prints goes elsewhere
    server = Server(library, threads)
    with suppress(EOFError):
        while True:
            command, *arguments = pickle.load(sys.stdin.buffer)
            try:
                answer = getattr(server, command)(*arguments)
            except Exception:
                answer = RuntimeError(traceback.format_exc())
            pickle.dump(answer, replies)
            replies.flush()


if __name__ == "__main__":
    main()
