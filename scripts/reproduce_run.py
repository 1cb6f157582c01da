"""One script into one Run, whatever the script does: what it depends on, what it was ended by."""
import ast
import hashlib
import json
import math
import os
import platform
import sys
import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from threading import Event

import numpy as np
import scipy
from experiment import LABELED
from reproduce_process import watched

import npspectral
from npspectral import data

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS",
                            "VECLIB_MAXIMUM_THREADS"), "1")
STATE, LOG, ERRORS = "run.json", "log.txt", "errors.txt"


@dataclass(frozen=True)
class Run:
    """How a script ended; its folder holds its figures, its verdicts, LOG and ERRORS.

    faults: sentences on what went wrong; code: None if it was not run.
    """

    name: str
    script: Path
    folder: Path
    code: int | None
    seconds: float
    faults: tuple = ()


def sources(script):
    """A script and the files beside it that it imports, by way of others too."""
    found, todo = [], [script]
    while todo:
        path = todo.pop()
        if path in found or not path.is_file():
            continue
        found.append(path)
        for node in ast.walk(tree_of(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module] if isinstance(node, ast.ImportFrom) and node.module else [])
            todo += [path.parent / f"{name}.py" for name in names]
    return sorted(found)


def tree_of(path):
    """The syntax tree of a file; empty where Python itself could not read it, either."""
    try:
        return ast.parse(path.read_bytes())         # bytes: in the encoding that the file declares
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


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


def regular(path, most):
    """The path. Raises ValueError if it is no file, or one of more than `most` bytes."""
    if not path.is_file():                          # a folder; a pipe, which would never end
        raise ValueError("is no regular file")
    size = path.stat().st_size
    if size > most:
        raise ValueError(f"has {size / 1e6:.0f} MB, more than {most / 1e6:.0f} MB")
    return path


def state_of(folder):
    """What the file STATE says of the last run in a folder, {} if there was none.

    One that cannot be understood has no fingerprint, so what it stood for is run again.
    """
    if not os.path.lexists(folder) or folder.is_dir() and not os.path.lexists(folder / STATE):
        return {}
    try:
        state = json.loads(regular(folder / STATE, 1 << 20).read_bytes())
    except (OSError, ValueError, RecursionError):
        state = None
    return state if is_state(state) else {"fingerprint": None}


def is_state(found):
    if not isinstance(found, dict) or not isinstance(found.get("fingerprint"), str):
        return False
    return "code" not in found or (isinstance(found["code"], int) and isinstance(
        found.get("seconds"), (int, float)) and math.isfinite(found["seconds"]))


def write_state(folder, **state):
    temporary = folder / f"{STATE}.part"
    temporary.write_text(json.dumps(state), encoding="utf-8")
    os.replace(temporary, folder / STATE)


def run_script(name, folder, scripts, arguments=(), again=False, limit=math.inf, stop=None):
    """Run a script, or find that it has ended well before. Returns a Run, whatever happens.

    limit: seconds after which the script is ended; stop: an Event after which it is, too.
    """
    script, own = scripts / f"{name}.py", folder / name
    begin = time.monotonic()
    try:
        mark = fingerprint(script, arguments)
        before = prepared(own, mark, again)
        if before.get("code") == 0 and not before.get("faults"):
            return Run(name, script, own, 0, before["seconds"])
        write_state(own, fingerprint=mark)
    except Exception as error:
        return Run(name, script, own, None, 0.0, (f"Not run: {in_words(error)}.",))
    try:
        code, faults = watched([sys.executable, script, *arguments, "--out", own], own / LOG,
                               own / ERRORS, {**os.environ, **ONE_THREAD, "PYTHONUNBUFFERED": "1"},
                               limit, stop or Event())
        faults += [] if own.is_dir() else ["Deleted its own folder, with all results."]
    except Exception as error:
        code, faults = None, [f"Not run: {in_words(error)}."]
    return recorded(Run(name, script, own, code, time.monotonic() - begin, tuple(faults)), mark)


def prepared(own, mark, again):
    """What is known of the last run by the same code; results of other code are moved aside."""
    before = state_of(own)
    if before and (again or before["fingerprint"] != mark):
        own.rename(next(aside for aside in (own.with_name(f"{own.name}.{k}") for k in count(1))
                        if not os.path.lexists(aside)))
        before = {}
    own.mkdir(parents=True, exist_ok=True)
    return before


def recorded(run, mark):
    """The Run, its end written to STATE; without it the script is run again the next time."""
    try:
        if run.folder.is_dir() and run.code is not None:
            write_state(run.folder, fingerprint=mark, code=run.code, seconds=run.seconds,
                        faults=run.faults)
    except OSError as error:
        return replace(run, faults=(*run.faults, f"Its end was not noted: {in_words(error)}."))
    return run


def in_words(error):
    """What an error says, in one line."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    place = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"{' '.join(said.split())[:200] or type(error).__name__}{place}"
