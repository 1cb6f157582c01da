"""One experiment as a process, whatever it does: where it runs, what it was ended by."""
import json
import math
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, chain
from pathlib import Path
from threading import Event

from lab.perform import CODE, MADE, RUNS
from lab.table import VERDICTS
from lab.versions import versions

from npspectral.sweep._processes import THREADS

from .process import watched

STATE, TIMES, LOG, ERRORS = "made_with.json", "times.json", "log.txt", "errors.txt"
MOST = 8 << 20                          # bytes of a file that is read
RESULTS = (VERDICTS, MADE, "*.png", "*.npz")  # what is made anew from the runs, which stay


@dataclass(frozen=True)
class Job:
    """`source` has the docstring, `command` writes figures, verdicts and arrays to `folder`."""

    name: str
    source: Path
    command: list
    folder: Path


def run_job(job, again=False, limit=math.inf, stop=None):
    """Run a job to its end, whatever happens: (exit code, seconds, sentences on what went wrong).

    The code is None if it was not run. again: also the runs that its folder keeps; limit: seconds
    after which the process is ended; stop: an Event after which it is, too.
    """
    begin, folder = time.monotonic(), job.folder
    try:
        with suppress(OSError):                     # these seconds are no reason not to run
            add_killed(folder)
        prepare(folder, again)
        before = size_of(folder / RUNS)
        environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONUNBUFFERED": "1"}
        code, faults = watched(job.command, folder / LOG, folder / ERRORS, environment, limit,
                               stop or Event())
        if not folder.is_dir():
            faults.append("Deleted its own folder, with all results.")
        elif size_of(folder / RUNS) != before or not (folder / TIMES).is_file():
            add_time(folder, time.monotonic() - begin)
    except Exception as error:
        code, faults = None, [f"Not run: {in_words(error)}."]
    return code, time.monotonic() - begin, faults


def prepare(folder, again):
    """Make a folder without results; what other versions made, or all if `again`, moves aside."""
    mark = {**versions(), "machine": platform.machine()}
    if os.path.lexists(folder) and (again or state_of(folder) not in (mark, None)):
        names = (folder.with_name(f"{folder.name}.{k}") for k in count(1))
        folder.rename(next(name for name in names if not os.path.lexists(name)))
    folder.mkdir(parents=True, exist_ok=True)
    for path in chain.from_iterable(map(folder.glob, RESULTS)):
        if path.is_symlink() or not path.is_dir():
            path.unlink()
    write_whole(folder / STATE, [json.dumps(mark)])


def state_of(folder):
    """What made the runs in a folder; None if there are none, {} if that cannot be understood."""
    if folder.is_dir() and not os.path.lexists(folder / STATE):
        return None
    try:
        return json.loads(regular(folder / STATE).read_bytes()) or {}
    except (OSError, ValueError, RecursionError):
        return {}


def size_of(path):
    return path.stat().st_size if path.is_file() else 0


def times_of(path):
    """A dict of what the file of times says; {} if that is not known.

    seconds  of all starts that made runs of one code, whose digest is `code`
    date     of the last of them
    bytes    length of the file of runs when that start ended; -1 if an older file does not say
    """
    try:
        times = json.loads(regular(path).read_bytes())
        return {"seconds": float(round(times["seconds"])), "date": str(times["date"]),
                "code": str(times.get("code", "")), "bytes": int(times.get("bytes", -1))}
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return {}


def code_in(folder):
    """The digest of the code that the last start began with; "" if that is not known."""
    try:
        return str(json.loads(regular(folder / CODE).read_bytes()))
    except (OSError, ValueError, RecursionError):
        return ""


def add_time(folder, seconds):
    """Add to the seconds of earlier starts, or begin anew: other code makes all runs again."""
    before, code = times_of(folder / TIMES), code_in(folder)
    if before.get("code") == code:
        seconds += before["seconds"]
    write_whole(folder / TIMES, [json.dumps({
        "seconds": round(seconds), "date": time.strftime("%Y-%m-%d"), "code": code,
        "bytes": size_of(folder / RUNS)})])


def add_killed(folder):
    """Add the seconds of a start that was killed before it added them: begin to last run."""
    unknown = -1 if os.path.lexists(folder / TIMES) else 0
    known, size = times_of(folder / TIMES).get("bytes", unknown), size_of(folder / RUNS)
    if size and known not in (size, -1) and (folder / CODE).is_file():
        begin, end = ((folder / name).stat().st_mtime for name in (CODE, RUNS))
        add_time(folder, max(0.0, end - begin))


def write_whole(path, pieces):
    """Write pieces of text under another name, then rename it: an older file stays until then."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.writelines(pieces)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def regular(path):
    """The path. Raises ValueError if it is no file, or one of more than MOST bytes."""
    if not path.is_file():                          # a folder; a pipe, which would never end
        raise ValueError("is no regular file")
    size = path.stat().st_size
    if size > MOST:
        raise ValueError(f"has {size / 1e6:.0f} MB, more than {MOST / 1e6:.0f} MB")
    return path


def in_words(error):
    """What an error says, in one line."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    place = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"{' '.join(said.split())[:200] or type(error).__name__}{place}"
