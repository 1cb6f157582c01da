"""Worker processes of this machine that make runs, each of them one run at a time.

So if a run ends its process, its name is known. The worker is replaced, and the others go on.

Workers are spawned, not forked, for three reasons. NumPy reads the number of BLAS threads when it
is loaded. A fork beside running threads may hang. Forks would keep the lock of the file and each
other's pipes if this process is killed. A spawned process costs the time to import NumPy.
"""
import os
import pickle
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from multiprocessing import current_process, get_context, parent_process, resource_tracker
from multiprocessing.connection import wait

from .._memory import hold_memory
from ._code import is_in_file
from ._engines import error_text
from ._reach import parsed

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
           "VECLIB_MAXIMUM_THREADS")
NAME = "npspectral sweep worker"
UNGUARDED = 97              # exit code of a worker whose script begins a sweep as it is imported
_serving = False            # whether this process is a worker that has begun


def make_in_processes(workers, make, todo, record):
    """Make the runs and record each as it ends; todo: {name: further arguments of `make`}."""
    left, rest, staff = set(todo), list(reversed(todo)), []
    try:
        while left:
            while len(staff) < min(workers, len(left)):
                staff.append(_Worker(make))
            for worker in _heard(staff):
                name, outcome = worker.name, worker.hear()
                if worker.ended:
                    staff.remove(worker)
                elif rest and worker.begin(rest[-1], todo[rest[-1]]):
                    rest.pop()
                if name is not None:
                    left.discard(name)
                    record(name, outcome)
    except KeyboardInterrupt:
        for worker in staff:
            if worker.name is not None and worker.pipe.poll():
                record(worker.name, worker.hear())
        raise
    finally:
        for worker in staff:
            worker.dismiss(at_once=bool(left))


def _heard(staff):
    """The workers that have sent something or ended; a child may hold an ended one's pipe open."""
    said = wait([worker.pipe for worker in staff], timeout=1)
    return [worker for worker in staff
            if worker.pipe in said or worker.process.exitcode is not None]


class _Worker:
    """One process; `name` is the run that it makes."""

    def __init__(self, make):
        context = get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=_serve, args=(there, make, parsed), name=NAME)
        with _one_thread(), _no_ctrl_c():
            self.process.start()
        there.close()
        self.name, self.began, self.ended = None, False, False

    def begin(self, name, arguments):
        """Send a run; False if the worker could not get it, as it had ended."""
        try:
            content = pickle.dumps((name, *arguments))
        except Exception:
            content = pickle.dumps(error_text(traceback.format_exc()))
        try:
            self.pipe.send_bytes(content)
            self.name = name
        except OSError:
            pass
        return self.name is not None

    def hear(self):
        """The outcome of its run, or None from a worker that has just begun.

        Raises KeyboardInterrupt if the run did.
        """
        try:
            self.ended = not self.pipe.poll()
            said = None if self.ended else self.pipe.recv()
        except (EOFError, OSError):
            self.ended = True
        if self.ended:
            return self._last_word()
        if said is None and self.began:
            raise KeyboardInterrupt
        self.name, self.began = None, True
        return said

    def _last_word(self):
        self.process.join()
        if not self.began:
            raise RuntimeError(_why_it_did_not_begin(self.process.exitcode))
        return error_text(f"sweep: the worker ended by itself while it made this run: "
                          f"{_how(self.process.exitcode)}")

    def dismiss(self, at_once):
        self.pipe.close()
        if not at_once:
            self.process.join(5)
        self.process.kill()
        self.process.join()


def _how(code):
    if code >= 0:
        return f"exit code {code}"
    names = {number.value: f" ({number.name})" for number in signal.Signals}
    hint = ", killed or out of memory" if code == -9 else ""
    return f"signal {-code}{names.get(-code, '')}{hint}"


def _why_it_did_not_begin(code):
    if code == UNGUARDED:
        return ("sweep: each worker imports this script, and would begin the sweep anew; put the "
                "part that makes runs under if __name__ == \"__main__\":")
    return (f"sweep: a worker ended before its first run ({_how(code)}); workers import the script "
            f"that started them, and what stopped this one is on stderr")


@contextmanager
def _one_thread():
    """Processes that begin in the block have one BLAS thread."""
    threads = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, number in threads.items():
            del os.environ[name]
            if number is not None:
                os.environ[name] = number


@contextmanager
def _no_ctrl_c():
    """Processes that begin in the block do not hear Ctrl-C; this one does when the block ends."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()       # or it would begin in the block, and end the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_if_imported():
    """End a worker whose script begins a sweep as it is imported; else workers start workers."""
    if current_process().name == NAME and not _serving:
        sys.exit(UNGUARDED)


def starts_anew(executor):
    """Whether the executor's workers are new processes, which import functions; forks have them."""
    context = getattr(executor, "_mp_context", None)        # of a ProcessPoolExecutor
    return context is not None and context.get_start_method() != "fork"


def refuse_notebook(functions):
    """ValueError for functions that workers cannot import."""
    main = sys.modules["__main__"]
    by_folder = getattr(getattr(main, "__spec__", None), "name", "").endswith("__main__")
    if by_folder or not is_in_file(main):
        for name in (each.__qualname__ for each in functions if each.__module__ == "__main__"):
            raise ValueError(f"sweep: {name} was defined in a notebook, at a prompt or in a "
                             f"__main__.py, where workers cannot import it; write it to a file "
                             f"and import it from there, or take workers=1")


def _serve(pipe, make, sources):
    """What a worker does: receive a run, make it, send the outcome, again and again.

    It ignores Ctrl-C, which the parent answers, and ends with its parent.
    """
    global _serving
    _serving = True
    parsed.update(sources)
    hold_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        pipe.send(None)
        while True:
            pipe.send(_made(pipe.recv_bytes(), make))
    except (EOFError, OSError):             # the parent needs no more
        pass


def _made(content, make):
    try:
        arguments = pickle.loads(content)
        return arguments if isinstance(arguments, str) else make(*arguments)
    except KeyboardInterrupt:
        return None
    except BaseException:                   # the module of the function cannot be imported, say
        return error_text(traceback.format_exc())


def _end_with_parent():
    parent_process().join()
    os._exit(1)
