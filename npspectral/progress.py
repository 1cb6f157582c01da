"""How far something is, in one line: rewritten on a terminal, whole lines now and then in a file.

It imports nothing of the package, so that programs which run without the package can use it.
"""
import os
import sys
import time

PAUSE = 10.0        # seconds between two lines in a file; later a tenth of the time since the first


class Line:
    """Call show(text) whenever there is news, and close() at the end.

    On a terminal each text, cut at the width, replaces the one before. A file or a pipe gets the
    first text, one of the next now and then, and the last. Errors of the stream are ignored.
    stream: if None, what sys.stderr is at each call.
    """

    def __init__(self, stream=None):
        self._stream = stream
        self._length, self._held, self._begin, self._due = 0, "", None, 0.0

    def show(self, text):
        """Show `text` in place of what was shown before."""
        if self._is_terminal():
            room = self._width() - 1
            text = text[:room]
            self._write("\r" + text.ljust(min(self._length, room)))
            self._length = len(text)
            return
        now = time.monotonic()
        if self._begin is None:
            self._begin = self._due = now
        self._held = text
        if now >= self._due:
            self._due = now + max(PAUSE, 0.1 * (now - self._begin))
            self._release()

    def clear(self):
        """Take the text off a terminal, so that others can print. It does nothing to a file."""
        if self._length:
            self._write("\r" + " " * self._length + "\r")
        self._length = 0

    def close(self):
        """Leave the last text to be read."""
        if self._length:
            self._write("\n")
        elif self._held:
            self._release()
        self._length, self._begin = 0, None

    def _release(self):
        self._write(self._held + "\n")
        self._held = ""

    def _is_terminal(self):
        try:
            return self._target().isatty()
        except (AttributeError, ValueError, OSError):
            return False

    def _width(self):
        try:
            return os.get_terminal_size(self._target().fileno()).columns or 80
        except (AttributeError, ValueError, OSError):
            return 80

    def _write(self, text):
        try:
            self._target().write(text)
            self._target().flush()
        except (AttributeError, ValueError, OSError):       # closed, or nobody reads any more
            pass

    def _target(self):
        return sys.stderr if self._stream is None else self._stream
