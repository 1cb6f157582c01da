"""Where the runs of a sweep are made: in processes of its own or on any executor.

Nothing here writes to the file: workers send back text.
"""
import json
import os
import signal
import threading
import traceback
from concurrent.futures import (BrokenExecutor, CancelledError, ProcessPoolExecutor,
                                as_completed)
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process

import numpy as np

from ._code import package_digest
from ._values import dumps

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS")


def attempt(run, sources, session):
    """What became of the run, as a piece of JSON: the work of a worker, wherever it is.

    `session` differs from sweep to sweep: Dask answers a call that it has seen from memory, and a
    run that failed would fail again without being tried.
    """
    try:
        if sources is not None and sources != package_digest():
            raise RuntimeError("sweep: this worker has another npspectral than the caller")
        return f'"value": {dumps(run.function(**run.parameters), "value")}'
    except (Exception, SystemExit):
        return f'"error": {json.dumps(traceback.format_exc())}'


def collect(executor, make, todo, record, borrowed):
    """Make the runs on the executor, and record each as it ends.

    After an error a borrowed executor is left without the runs that it has not begun.
    """
    pending = {}
    try:
        for name, run in todo.items():
            pending[executor.submit(make, run)] = name
        for future in as_completed(list(pending)):
            record(pending[future], _outcome(future))
            del pending[future]
    except (KeyboardInterrupt, BrokenExecutor, CancelledError) as error:
        for future, name in pending.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                record(name, future.result())
        if isinstance(error, KeyboardInterrupt):
            raise
        raise RuntimeError("sweep: a worker ended by itself: killed, out of memory, or without the "
                           "function's module. Start again to go on") from error
    finally:
        if borrowed:
            for future in pending:
                future.cancel()


def _outcome(future):
    """Of the run; if the executor lost it alone, as Dask may, that is how it failed."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise
    except Exception:
        return f'"error": {json.dumps(traceback.format_exc())}'


@contextmanager
def processes(workers):
    """An executor of fresh interpreters, each with one BLAS thread, which end with this process.

    They are spawned, not forked: NumPy sees the number of threads when it is loaded, a fork beside
    running threads may hang, and forks would hold the lock of the file and each other's pipes when
    this process is killed. A fresh one costs the time to import NumPy once per sweep.
    """
    others, threads = set(active_children()), {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    executor = ProcessPoolExecutor(workers, get_context("spawn"), _begin_worker)
    try:
        yield executor
    except BaseException:
        for child in set(active_children()) - others:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        for name, number in threads.items():
            del os.environ[name]
            if number is not None:
                os.environ[name] = number


def _begin_worker():
    """Ctrl-C is the parent's to answer, and a worker does not outlive its parent."""
    hold_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent():
    parent_process().join()
    os._exit(1)


@contextmanager
def undisturbed():
    """Ctrl-C waits until the block has ended."""
    handler, caught = signal.getsignal(signal.SIGINT), []
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    signal.signal(signal.SIGINT, lambda *what: caught.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if caught:
            handler(*caught[0])


def hold_memory():
    """Keep freed arrays of up to 30 MB in the process: small networks then train up to 3x faster.

    The C library of Linux gives a freed array back to the system, and the next one is cleared page
    by page, until it has once seen an array as large as this one freed.
    """
    np.empty(30_000_000, np.uint8)
