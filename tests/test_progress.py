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


def shown(texts, stream=None, close=True, each=lambda line: None):
    """What a stream, a file unless given, holds after these lines."""
    stream = stream or io.StringIO()
    line = Line(stream)
    for text in texts:
        line.show(text)
        each(line)
    if close:
        line.close()
    return stream.getvalue()


def test_a_terminal_gets_one_line_written_over_and_over():
    assert shown(("epoch 9  loss 0.125", "epoch 10  loss 1", "epoch 11"), Terminal()) == (
        "\repoch 9  loss 0.125\repoch 10  loss 1   \repoch 11        \n")


def test_a_terminal_keeps_nothing_of_a_line_that_is_cleared():
    assert shown(["epoch 1"], Terminal(), False, Line.clear) == "\repoch 1\r       \r"


def test_a_line_longer_than_the_terminal_is_cut_before_it_wraps(monkeypatch):
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((20, 5)))
    stream = Terminal()
    stream.fileno = lambda: 7
    assert shown(["x" * 100], stream, False) == "\r" + "x" * 19
    assert shown(["x" * 100], Terminal(), False) == "\r" + "x" * 79      # its width is not known


def seconds(clock, n):
    """A text for each second, when it comes."""
    for second in range(n):
        clock[0] = 1000.0 + second
        yield f"second {second}"


def test_a_file_gets_whole_lines_now_and_then(clock):
    assert shown(seconds(clock, 91)).splitlines() == [f"second {10 * i}" for i in range(10)]


def test_a_file_gets_no_line_sooner_when_the_terminal_would_be_cleared(clock):
    assert shown(seconds(clock, 21), close=False, each=Line.clear).splitlines() == [
        "second 0", "second 10", "second 20"]


def test_a_file_gets_the_last_line_whenever_that_comes(clock):
    assert shown(f"epoch {number}" for number in range(200)) == "epoch 0\nepoch 199\n"


def test_a_file_gets_ever_fewer_lines_of_a_long_run(clock):
    assert 60 < shown(seconds(clock, 36_000), close=False).count("\n") < 80     # not 3,600


def test_a_line_that_was_closed_begins_anew(clock):
    assert shown("ab", close=False, each=Line.close) == "a\nb\n"


def test_nothing_shown_is_nothing_written():
    for stream in (io.StringIO(), Terminal()):
        Line(stream).clear()
        assert shown([], stream) == ""


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
