"""Downloads from a real HTTP server on this machine: whole, cut, wrong, slow, dead, killed."""
import contextlib
import gzip
import hashlib
import http.client
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from npspectral.data import catalog, download, mnist
from npspectral.data.download import ATTEMPTS, CHUNK, fetch

CONTENT = np.random.default_rng(0).bytes(10 * CHUNK + 1234)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = len(CONTENT)
HALF = 5 * CHUNK
WRONG = b"<html>please log in</html>"
PATIENCE = 20.0                 # seconds until a test that waits for another process gives up


# --- a server whose answer each test chooses


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.begin = 0
        asked = self.headers.get("Range")
        if asked:
            self.begin = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.server.begins.append(self.begin)
        self.server.answer(self)

    def send(self, body, status=200, length=None, **headers):
        self.send_response(status)
        if length is not False:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.begins = []                                # the first byte each request asked for
        self.released = threading.Event()               # set when the test is over
        self.url = f"http://127.0.0.1:{self.server_port}/file"

    def handle_error(self, request, client_address):
        pass                                            # a client that hangs up is no error here


@pytest.fixture
def serve(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        def start(answer):
            server = stack.enter_context(Server(answer))
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            stack.callback(server.released.set)
            return server
        yield start


def sends(body, status=200, **options):
    """A server that gives one answer, whatever it is asked."""
    return lambda handler: handler.send(body, status, **options)


whole = sends(CONTENT)                      # knows nothing of ranges
always_cut = sends(CONTENT[:HALF], length=SIZE)
missing, wrong = sends(b"no such file", 404), sends(WRONG)


def ranged(handler, content=CONTENT, length=None):
    """A server that goes on where it is asked to."""
    begin, end = handler.begin, len(content)
    if begin == 0:
        handler.send(content, length=length)
    elif begin >= end:
        handler.send(b"", 416, Content_Range=f"bytes */{end}")
    else:
        handler.send(content[begin:], 206, Content_Range=f"bytes {begin}-{end - 1}/{end}")


def cut_at_first(handler):
    """Half of the file under the header of all of it, then ranges."""
    (always_cut if len(handler.server.begins) == 1 else ranged)(handler)


def half_then_silence(handler):
    always_cut(handler)
    handler.wfile.flush()
    silence(handler)


def silence(handler):
    handler.server.released.wait(PATIENCE)


def half_then(answer):
    return lambda handler: (half_then_silence if handler.begin == 0 else answer)(handler)


def slow(handler):
    handler.send(b"", length=SIZE)
    for begin in range(0, len(CONTENT), CHUNK):
        handler.wfile.write(CONTENT[begin:begin + CHUNK])
        time.sleep(0.05)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "file"


def part_of(target):
    return target.with_name(target.name + ".part")


def assert_fetched(target, *urls):
    """A fetch makes the right file, and nothing beside it but its lock."""
    fetch(target, SHA256, SIZE, urls, PATIENCE)
    assert target.read_bytes() == CONTENT
    assert {path.name for path in target.parent.iterdir()} == {"file", "file.lock"}


def failure(target, *urls, timeout=PATIENCE):
    """The message of a fetch that fails, and leaves no file behind."""
    with pytest.raises(OSError) as caught:
        fetch(target, SHA256, SIZE, urls, timeout)
    assert not target.exists()
    return str(caught.value)


# --- one request, cut and resumed


def test_a_whole_file_arrives_with_a_progress_line(serve, target, capsys):
    server = serve(whole)
    assert_fetched(target, server.url)
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.splitlines()[-1] == "file: 0.2 of 0.2 MB"


def test_a_file_that_is_there_is_left_alone(serve, target):
    server = serve(whole)
    target.parent.mkdir()
    target.write_bytes(b"mine")
    fetch(target, SHA256, SIZE, [server.url])
    assert target.read_bytes() == b"mine" and server.begins == []


def cutting(handler):
    """Goes on where it is asked to, and is cut once more on the way."""
    end = SIZE if handler.begin > HALF else HALF + 2 * CHUNK
    handler.send(CONTENT[handler.begin:end], 206, length=SIZE - handler.begin)


def shifted(handler):
    """Answers every range with another one."""
    (sends(CONTENT[1:], 206, Content_Range=f"bytes 1-{SIZE - 1}/*") if handler.begin else whole)(
        handler)


@pytest.mark.parametrize("part, answer, begins", [
    (None, sends(CONTENT, length=False), [0]),
    (None, lambda handler: ranged(handler, length=SIZE + 5), [0]),
    (None, cut_at_first, [0, HALF]),
    (CONTENT[:HALF], ranged, [HALF]),
    (CONTENT[:HALF], cutting, [HALF, HALF + 2 * CHUNK]),
    (CONTENT[:HALF], shifted, [HALF, 0]),
    (CONTENT, missing, []),
    (bytes(HALF), whole, [HALF]),
    (bytes(HALF), ranged, [HALF, 0]),
    (bytes(SIZE), ranged, [SIZE, 0]),
    (bytes(SIZE + 7), ranged, [0]),
], ids=["no length", "too large a length", "cut", "partial", "partial, cut again",
        "partial, a range that begins elsewhere", "partial and whole", "wrong, no ranges known",
        "wrong", "wrong and as long", "wrong and longer"])
def test_a_file_is_resumed_where_it_stopped_and_started_again_if_that_was_wrong(
        serve, target, part, answer, begins):
    if part is not None:
        target.parent.mkdir()
        part_of(target).write_bytes(part)
    server = serve(answer)
    assert_fetched(target, server.url)
    assert server.begins == begins


def test_a_server_that_always_cuts_is_given_up_and_named(serve, target):
    server = serve(always_cut)
    assert f"{server.url}: cut off after {HALF} of {SIZE} bytes" in failure(target, server.url)
    assert len(server.begins) == ATTEMPTS


# --- bounded, and written nowhere else


@pytest.mark.parametrize("length", [False, 1 << 50], ids=["no length", "a long one"])
def test_a_body_that_never_ends_is_left_one_byte_past_the_known_size(serve, target, length,
                                                                     monkeypatch):
    def endless(handler):
        handler.send(b"", length=length)
        for _ in range(50):                             # then the test would fail by this size
            handler.wfile.write(CONTENT)

    most, append = [0], download._append

    def watched(part, *arguments):
        found = append(part, *arguments)
        most.append(part.stat().st_size)
        return found

    monkeypatch.setattr(download, "_append", watched)
    server = serve(endless)
    assert f"more than {SIZE} bytes came, expected no more" in failure(target, server.url)
    assert max(most) == SIZE + 1 and server.begins == [0] and not part_of(target).exists()


@pytest.mark.skipif(os.name != "posix", reason="other systems give links to administrators only")
def test_a_partial_file_that_is_a_link_is_not_followed(serve, target, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"somebody else's")
    target.parent.mkdir()
    part_of(target).symlink_to(other)
    assert_fetched(target, serve(ranged).url)
    assert other.read_bytes() == b"somebody else's"


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system has no flag for that")
def test_a_lock_that_is_a_link_is_not_followed(target, tmp_path):
    target.parent.mkdir()
    target.with_name("file.lock").symlink_to(tmp_path / "made by the link")
    with pytest.raises(OSError, match="file.lock"):
        fetch(target, SHA256, SIZE, [])
    assert not (tmp_path / "made by the link").exists()


def test_a_wrong_file_that_cannot_be_removed_does_not_hide_what_came(serve, target, monkeypatch):
    def locked(path):
        raise PermissionError("another error")

    monkeypatch.setattr(Path, "unlink", locked)
    assert f"26 bytes came, of sha256 {hashlib.sha256(WRONG).hexdigest()}" in failure(
        target, serve(wrong).url)


# --- refused


def test_wrong_content_is_refused_with_both_checksums_and_nothing_of_it_stays(serve, target):
    server = serve(wrong)
    message, got = failure(target, server.url), hashlib.sha256(WRONG).hexdigest()
    assert message.startswith(f"{target}: not downloaded. ")
    assert "set NPSPECTRAL_DATA to a folder that has the file" in message
    assert f"{server.url}: 26 bytes came, of sha256 {got}, expected {SHA256}" in message
    assert server.begins == [0] and not part_of(target).exists()


@pytest.mark.parametrize("answer, what_came", [
    (missing, "HTTP Error 404: Not Found"),
    (sends(b"", 416), f"HTTP Error 416: {http.client.responses[416]}"),
    (sends(b"", 503), "HTTP Error 503: Service Unavailable"),
    (sends(b"", 202), "answered with status 202, expected 200"),
    (sends(CONTENT[:9], 206), "answered with status 206, expected 200"),
    (lambda handler: handler.wfile.write(b"nonsense\r\n\r\n"), "nonsense"),
    (lambda handler: None, "Remote end closed connection without response"),
    (sends(b"", length=9), "cut off after 0 of 9 bytes"),
], ids=["404", "416", "503", "202", "206", "no HTTP", "hangs up", "nothing"])
def test_an_answer_without_the_file_is_named(serve, target, answer, what_came):
    server = serve(answer)
    message = failure(target, server.url)
    assert f"{server.url}: " in message and what_came in message
    assert server.begins == [0]


def test_a_dead_server_is_named(target, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/file"
    assert f"{url}: <urlopen error" in failure(target, url)


def test_a_silent_server_is_given_up_after_the_timeout(serve, target):
    server = serve(silence)
    begin = time.monotonic()
    assert f"{server.url}: " in failure(target, server.url, timeout=0.2)
    assert 0.2 <= time.monotonic() - begin < PATIENCE / 2


def test_a_server_that_falls_silent_halfway_leaves_its_half_for_the_next_call(serve, target):
    server = serve(half_then(silence))
    message = failure(target, server.url, timeout=0.2)
    assert "timed out" in message and server.begins == [0, HALF]
    assert part_of(target).read_bytes() == CONTENT[:HALF]
    server.answer = ranged
    assert_fetched(target, server.url)
    assert server.begins == [0, HALF, HALF]


# --- mirrors


@pytest.mark.parametrize("answers, begins", [
    ([missing, whole, whole], [[0], [0], []]),
    ([half_then(missing), ranged], [[0, HALF], [HALF]]),
    ([sends(bytes(HALF), length=SIZE), ranged], [[0] + (ATTEMPTS - 1) * [HALF], [HALF, 0]]),
], ids=["one is dead", "one was cut", "one was cut and wrong"])
def test_the_next_mirror_goes_on(serve, target, answers, begins):
    servers = [serve(answer) for answer in answers]
    fetch(target, SHA256, SIZE, [server.url for server in servers], timeout=0.2)
    assert_fetched(target)
    assert [server.begins for server in servers] == begins


def test_every_mirror_is_named_when_all_fail(serve, target):
    servers = [serve(missing), serve(wrong), serve(always_cut)]
    message = failure(target, *(server.url for server in servers))
    assert all(server.url in message for server in servers)


# --- several processes


def start_fetch(target, url):
    code = (f"from npspectral.data.download import fetch\n"
            f"fetch({str(target)!r}, {SHA256!r}, {SIZE}, [{url!r}], {PATIENCE})\n")
    return subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_two_processes_at_once_make_one_transfer_and_one_right_file(serve, target):
    server = serve(slow)
    processes = [start_fetch(target, server.url) for _ in range(2)]
    for process in processes:
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, errors
    assert_fetched(target)
    assert server.begins == [0]


def test_a_process_killed_halfway_leaves_its_half_for_the_next_one(serve, target):
    server = serve(half_then_silence)
    process = start_fetch(target, server.url)
    deadline = time.monotonic() + PATIENCE
    while not (part_of(target).exists() and part_of(target).stat().st_size == HALF):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL and not target.exists()
    server.answer = ranged
    assert_fetched(target, server.url)
    assert server.begins == [0, HALF]


# --- the known files


def test_every_known_url_names_its_file_and_every_sha256_is_one():
    for name, (sha256, size, urls) in catalog.KNOWN.items():
        assert len(sha256) == 64 and set(sha256) <= set("0123456789abcdef")
        assert len(urls) >= 2 or name in ("california-housing/cal_housing.data.gz",
                                          "digits/digits.csv.gz")
        assert type(size) is int and 4_000 < size < 30_000_000
        for url in urls:
            assert url.startswith(("https://", "http://"))
            assert url.endswith(("/", Path(name).name, "/5976036"))


@pytest.fixture
def small_mnist(serve, tmp_path, monkeypatch):
    """A server with a tiny MNIST training set, known by its sha256, and an empty cache."""
    files = {"train-images-idx3-ubyte.gz": b"\0\0\x08\x03" + bytes((0, 0, 0, 2, 0, 0, 0, 1,
                                                                   0, 0, 0, 2)) + b"\0\xff\x33\0",
             "train-labels-idx1-ubyte.gz": b"\0\0\x08\x01" + bytes((0, 0, 0, 2, 7, 5))}
    files = {name: gzip.compress(content) for name, content in files.items()}
    server = serve(lambda handler: handler.send(files[handler.path.removeprefix("/")]))
    home = (server.url.removesuffix("file"),)
    for name, content in files.items():
        known = (hashlib.sha256(content).hexdigest(), len(content), home)
        monkeypatch.setitem(catalog.KNOWN, f"mnist/{name}", known)
    monkeypatch.delenv("NPSPECTRAL_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return server


def test_a_data_set_is_downloaded_into_the_cache_on_first_use_only(small_mnist, tmp_path):
    for _ in range(2):
        x, labels = mnist()
        assert x.tolist() == [[0, 1], [0.2, 0]] and labels.tolist() == [7, 5]
    assert len(small_mnist.begins) == 2                 # one request for each of the two files
    assert (tmp_path / "cache/npspectral/mnist/train-images-idx3-ubyte.gz").is_file()


def test_a_cached_file_that_was_edited_is_refused_not_trusted(small_mnist, tmp_path):
    mnist()
    path = tmp_path / "cache/npspectral/mnist/train-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="delete it and get it again"):
        mnist()
    path.unlink()
    assert mnist()[1].tolist() == [7, 5]


def test_the_download_is_not_imported_before_it_is_needed():
    code = "import sys, npspectral.data; sys.exit('urllib.request' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)
    assert download.fetch is fetch
