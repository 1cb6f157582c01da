"""How far something is: one line rewritten on a terminal, a few whole lines in a file."""
import io
import os
import sys

import pytest

from npspectral import progress
from npspectral.progress import Line


class Terminal(io.StringIO):
    """A terminal of unknown width."""

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test moves: clock[0] is the time."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_gets_one_line_written_over_and_over():
    stream = Terminal()
    line = Line(stream)
    for text in ("epoch 9  loss 0.125", "epoch 10  loss 1", "epoch 11"):
        line.show(text)
    line.close()
    assert stream.getvalue() == ("\repoch 9  loss 0.125\repoch 10  loss 1   "
                                 "\repoch 11        \n")


def test_a_terminal_keeps_nothing_of_a_line_that_is_cleared():
    stream = Terminal()
    line = Line(stream)
    line.show("epoch 1")
    line.clear()
    assert stream.getvalue() == "\repoch 1\r       \r"


def test_a_line_longer_than_the_terminal_is_cut_before_it_wraps(monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((20, 5)))
    stream = Terminal()
    stream.fileno = lambda: 7
    Line(stream).show("x" * 100)
    assert stream.getvalue() == "\r" + "x" * 19
    stream = Terminal()                                     # its width is not known
    Line(stream).show("x" * 100)
    assert stream.getvalue() == "\r" + "x" * 79


def test_a_file_gets_whole_lines_now_and_then(clock):
    stream = io.StringIO()
    line = Line(stream)
    for second in range(91):
        clock[0] = 1000.0 + second
        line.show(f"second {second}")
    line.close()
    assert stream.getvalue().splitlines() == [f"second {10 * i}" for i in range(10)]


def test_a_file_gets_no_line_sooner_when_the_terminal_would_be_cleared(clock):
    stream = io.StringIO()
    line = Line(stream)
    for second in range(21):
        clock[0] = 1000.0 + second
        line.show(f"second {second}")
        line.clear()
    assert stream.getvalue().splitlines() == ["second 0", "second 10", "second 20"]


def test_a_file_gets_the_last_line_whenever_that_comes(clock):
    stream = io.StringIO()
    line = Line(stream)
    for number in range(200):
        line.show(f"epoch {number}")
    line.close()
    assert stream.getvalue() == "epoch 0\nepoch 199\n"


def test_a_file_gets_ever_fewer_lines_of_a_long_run(clock):
    stream = io.StringIO()
    line = Line(stream)
    for second in range(36_000):
        clock[0] = 1000.0 + second
        line.show("")
    assert 60 < stream.getvalue().count("\n") < 80          # 3,600 if there were one every 10 s


def test_a_line_that_was_closed_begins_anew(clock):
    stream = io.StringIO()
    line = Line(stream)
    for text in "ab":
        line.show(text)
        line.close()
    assert stream.getvalue() == "a\nb\n"


def test_nothing_shown_is_nothing_written():
    for stream in (io.StringIO(), Terminal()):
        Line(stream).close()
        Line(stream).clear()
        assert stream.getvalue() == ""


def broken_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", buffering=1)


def closed(kind):
    stream = kind()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [closed(io.StringIO), closed(Terminal), object(), broken_pipe()],
                         ids=["closed file", "closed terminal", "no stream", "broken pipe"])
def test_a_stream_that_takes_nothing_stops_nobody(stream):
    line = Line(stream)
    line.show("here")
    line.show("there")
    line.close()
    try:
        stream.close()
    except (AttributeError, BrokenPipeError):               # its buffer was not empty
        pass


def test_standard_error_is_the_one_of_the_moment(capsys, monkeypatch):
    line = Line()
    line.show("here")
    assert capsys.readouterr() == ("", "here\n")
    monkeypatch.setattr(sys, "stderr", None)                # a program without a console
    line.show("there")
    line.close()
    assert capsys.readouterr() == ("", "")
