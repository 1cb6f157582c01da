"""What a worker does, wherever it is, and how runs are made on any executor.

Nothing here writes to the file: workers send back text.
"""
import copy
import json
import os
import traceback
from concurrent.futures import BrokenExecutor, CancelledError, as_completed

from ._code import loaded_version
from ._surroundings import call_undisturbed
from ._values import classes, dumps

BROKE = "sweep: the executor broke"


def attempt(name, run, version, session, script=None):
    """Make a run; give its value or error as a piece of JSON. This is what every worker does.

    The run gets a copy of its parameters, and its surroundings are restored. `session` differs from
    sweep to sweep: Dask answers a call that it has seen before from memory, so that a run that
    failed would never be tried again. `script` is the caller's script_source().
    """
    process = os.getpid()
    try:
        check_code(run, version, script)
        seed = name.partition('"parameters": ')[2]
        value = call_undisturbed(run.function, copy.deepcopy(run.parameters), seed)
        check_code(run, version, script)         # the run may have loaded more
        return f'"value": {dumps(value, "value")}'
    except KeyboardInterrupt:
        raise
    except BaseException:
        return error_text(traceback.format_exc())
    finally:
        if os.getpid() != process:          # a child that the run forked must not answer, too
            os._exit(0)


def check_code(run, version, script):
    """RuntimeError unless this process has loaded the code that the caller has."""
    things = run.function, *classes(run.parameters)
    if version is not None and version != loaded_version(*things, script=script):
        raise RuntimeError(f"sweep: {run.function.__qualname__} or what it imports is another in "
                           f"this worker than in the caller, or was edited since; start anew")


def error_text(text):
    """The piece of JSON that records an error with this text."""
    return f'"error": {json.dumps(text)}'


def collect(executor, make, todo, record):
    """Make the runs on the executor, and record each as it ends.

    After an error the executor is left without the runs that it has not begun.
    """
    pending = {}
    try:
        for name, what in todo.items():
            pending[executor.submit(make, name, *what)] = name
        for future in as_completed(list(pending)):
            record(pending[future], _outcome(future))
            del pending[future]
    except (KeyboardInterrupt, BrokenExecutor, CancelledError) as error:
        for future, name in list(pending.items()):
            if future.done() and not future.cancelled() and future.exception() is None:
                record(name, future.result())
                del pending[future]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise RuntimeError(_broken(executor, [*pending.values()], record, error)) from error
    finally:
        for future in pending:
            future.cancel()


def _broken(executor, names, record, error):
    """The text of the error; the runs that the executor may have been making become failed ones."""
    names = names[:2 * getattr(executor, "_max_workers", 1) + 1]
    if isinstance(error, BrokenExecutor):
        for name in names:
            record(name, error_text(f"{BROKE} as it made this run or one of {len(names) - 1} "
                                    f"others"))
    return ("sweep: a worker of the executor ended by itself: killed, out of memory, or without "
            "the function's module. Start again to go on: runs that it may have ended with are "
            "tried last, one at a time, so that the one that ends it is found. These are:"
            + "".join(f"\n  {name[:300]}" for name in names))


def broke(ended, name):
    """Whether the run was under way when an executor broke the last time."""
    return ended.get(name, {}).get("error", "").startswith(BROKE)


def _outcome(future):
    """The outcome of a run; if the executor lost this run alone, as Dask may, that is its error."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise
    except Exception:
        return error_text(traceback.format_exc())
