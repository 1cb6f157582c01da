"""A line that counts up to a known number, with the time left."""
import time

from .progress import Line


class Countdown:
    """Call it with done, of: it shows "text 3/30  5 s left" on a Line, and closes that at 30/30.

    done counts from 1.
    """

    def __init__(self, text, stream=None):
        self._text, self._line, self._begin = text, Line(stream), time.monotonic()

    def __call__(self, done, of):
        left = (time.monotonic() - self._begin) / done * (of - done)
        self._line.show(f"{self._text} {done}/{of}  {left:.0f} s left")
        if done == of:
            self._line.close()
