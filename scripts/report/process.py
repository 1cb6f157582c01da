"""A process whose time and output have limits, and that leaves no other process behind."""
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress

HEAD, TAIL = 4 << 20, 1 << 20           # bytes that are kept of an output: its first, its last
GRACE = 5.0                             # seconds for what a process has started to end by itself


class Copy(threading.Thread):
    """Copies a pipe to a file: all of it, or its first HEAD and its last TAIL bytes.

    A daemon, because a process that has left its group may hold the pipe for ever.
    """

    def __init__(self, pipe, path):
        super().__init__(daemon=True)
        self.pipe, self.path, self.size, self.error = pipe, path, 0, None
        self.file = open(path, "wb", buffering=0)
        self.start()

    def run(self):
        tail = b""
        with self.pipe, self.file:
            while content := self.pipe.read(1 << 16):
                room = max(0, HEAD - self.size)
                self.size += len(content)
                self.write(content[:room])
                tail = (tail + content[room:])[-TAIL:]
            if self.size > HEAD + TAIL:
                self.write(b"\n... %d bytes left out ...\n" % (self.size - HEAD - TAIL))
            self.write(tail)

    def write(self, content):
        """Once the disk is full, the pipe is only emptied, so that nobody waits."""
        try:
            if self.error is None:
                self.file.write(content)
        except OSError as error:
            self.error = error

    @property
    def faults(self):
        """Sentences."""
        if self.error is not None:
            return [f"Its {self.path.name} could not be written: {self.error.strerror}."]
        if self.size > HEAD + TAIL:
            return [f"Wrote {self.size / 1e6:.0f} MB to {self.path.name}; only the first "
                    f"{HEAD >> 20} MB and the last {TAIL >> 20} MB are kept."]
        return []


def watched(command, output, errors, environment, limit, stop):
    """Run a command, its output to two files; returns (exit code, sentences on what went wrong).

    After `limit` seconds, or once the event `stop` is set, it is killed with its whole group.
    """
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, bufsize=0, env=environment,
                               start_new_session=True)
    try:
        copies = [Copy(process.stdout, output), Copy(process.stderr, errors)]
        faults = wait(process, limit, stop)
        if not ended(copies, GRACE):
            faults.append("Left a process behind that held its output.")
    finally:
        kill(process)
    ended(copies, 1)
    return process.returncode, [*faults, *(fault for copy in copies for fault in copy.faults)]


def wait(process, limit, stop):
    """Until a process has ended, or has to; sentences on what went wrong."""
    end = time.monotonic() + limit
    while process.poll() is None:
        if stop.is_set() or time.monotonic() > end:
            kill(process)
            return ["Stopped." if stop.is_set() else
                    f"Ended after {limit / 60:.3g} minutes, its limit of time (--limit)."]
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    code = process.returncode
    if code < 0:
        names = {-entry.value: entry.name for entry in signal.Signals}
        return [f"Killed by {names.get(code, f'signal {-code}')}."]
    return [f"Crashed with exit code {code}."] if code else []


def kill(process):
    """A process, and what it has started that is still in its group."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def ended(copies, seconds):
    """Whether all of them end in so many seconds each."""
    for copy in copies:
        copy.join(seconds)
    return not any(copy.is_alive() for copy in copies)
