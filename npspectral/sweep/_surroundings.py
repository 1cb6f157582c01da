"""The surroundings of a run, which are restored when it ends.

These are the current folder, the environment, sys.path and sys.argv, where print writes, signal
handlers and timers, warning filters, NumPy's error state and print options, decimal contexts, the
recursion limit, and the global generators of random and numpy.random. The generators begin every
run with a seed that its parameters give, so that they draw the same wherever the run is made.

If runs go at the same time in threads of one process, each sees what another one changes. Whenever
one ends, the state before the first of them is restored. What a run changes inside a module (a
global name, a cache, a class) stays changed.
"""
import contextvars
import decimal
import hashlib
import os
import random
import signal
import sys
import threading
import warnings
from contextlib import ExitStack, contextmanager

import numpy as np

NAMES = ("path", "argv", "stdout", "stderr")         # of sys, which a run may bind anew
_lock = threading.Lock()
_under_way: list = []       # (thread, what it found) of each run that goes in this process


def call_undisturbed(function, parameters, seed):
    """Call function(**parameters), and restore the surroundings, whatever it raises.

    If that fails, too, the error has the function's as its context. seed: a text from which the
    global generators get their seeds.
    """
    with _restored(), np.printoptions(), decimal.localcontext():
        numbers = np.frombuffer(hashlib.sha256(seed.encode()).digest(), np.uint32)
        np.random.seed(numbers)
        random.seed(numbers.tobytes())
        return contextvars.copy_context().run(function, **parameters)


@contextmanager
def _restored():
    thread = threading.get_ident()
    with _lock:                             # a sweep inside a run begins with what that run has
        beside = bool(_under_way) and all(other != thread for other, _ in _under_way)
        mine = thread, _under_way[0][1] if beside else _look()
        _under_way.append(mine)
    stack = ExitStack()
    for restore, *before in mine[1]:
        stack.callback(restore, *before)
    try:
        with stack:
            yield
    finally:
        with _lock:
            _under_way.remove(mine)


def _look():
    """A list of (function, *arguments): calls that will restore what is there now."""
    return [(_change_folder, _folder()), (_fill, os.environ, dict(os.environ)),
            *((setattr, sys, name, getattr(sys, name)) for name in NAMES),
            (_fill, sys.path, list(sys.path)), (_fill, sys.argv, list(sys.argv)),
            (setattr, warnings, "showwarning", warnings.showwarning), (_handle, _handlers()),
            (_filter, warnings.filters, list(warnings.filters)),
            (_stop_timer, _timer()), (sys.setrecursionlimit, sys.getrecursionlimit()),
            (random.setstate, random.getstate()), (np.random.set_state, np.random.get_state())]


def _folder():
    try:
        return os.getcwd()
    except FileNotFoundError:               # it was deleted before the run
        return None


def _change_folder(folder):
    if folder is not None and _folder() != folder:
        os.chdir(folder)


def _fill(here, before):
    """Give a mapping or list the content that it had before."""
    if here == before:
        return
    if isinstance(before, list):
        here[:] = before
    else:
        for name in set(here) - set(before):
            del here[name]
        here.update(before)


def _handlers():
    """{signal: handler} of those that can be set again; {} outside of the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {number: handler for number, handler in handlers.items() if handler is not None}


def _handle(before):
    for number, handler in before.items():
        if signal.getsignal(number) != handler:
            signal.signal(number, handler)


def _timer():
    return signal.getitimer(signal.ITIMER_REAL)[0] if hasattr(signal, "getitimer") else 0


def _stop_timer(before):
    if not before and _timer():
        signal.setitimer(signal.ITIMER_REAL, 0)


def _filter(filters, before):
    if warnings.filters is not filters or filters != before:
        warnings.filters, filters[:] = filters, before
        with warnings.catch_warnings():
            pass                            # tells the module that its filters are others
