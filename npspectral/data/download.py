"""Downloads that go on where they stopped, are checked by sha256, and appear only when whole."""
import contextlib
import hashlib
import http.client
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

from ..progress import Line

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

CHUNK = 1 << 14         # bytes written at a time: what a cut connection loses at most
STEP = 100_000          # bytes between two updates of the progress line
ATTEMPTS = 5            # requests to one URL; each goes on where the one before was cut off


def fetch(target, sha256, size, urls, timeout=30.0):
    """Download `target`, of at most `size` bytes, from the first of `urls` that gives this sha256.

    A file that is there already is left alone. Bytes are written to target.part. If a call is
    stopped, a later one goes on with that file, which is renamed once its sha256 is right.
    While one process downloads, others wait for its lock on target.lock, an empty file that stays.
    timeout: seconds of silence after which a server counts as dead.
    Raises OSError, which says for each URL what came.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    failures = []
    with _lock(target.with_name(target.name + ".lock")):
        if target.exists():                             # another process has just brought it
            return
        if part.is_symlink():                           # nobody else's file is written to
            part.unlink()
        for url in urls:
            try:
                _complete(part, sha256, size, url, timeout)
                os.replace(part, target)
                return
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"\n  {url}: {error or type(error).__name__}")
    raise OSError(f"{target}: not downloaded. Check the network, or set NPSPECTRAL_DATA to a "
                  f"folder that has the file. What came:{''.join(failures)}")


@contextlib.contextmanager
def _lock(path):
    """Lock `path` against all other processes. If this one is killed, the system ends the lock."""
    with open(path, "ab", opener=_no_link) as file:
        if sys.platform == "win32":
            while True:
                with contextlib.suppress(OSError):      # ten seconds have passed: wait again
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _no_link(path, flags):
    """Open a file, but no symbolic link, if the system has a flag for that."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _complete(part, sha256, size, url, timeout):
    """Complete `part`, which may hold a beginning, to the file with this sha256. Raises OSError."""
    if part.exists() and part.stat().st_size > size:
        part.unlink()
    if part.exists() and _sha256(part) == sha256:       # stopped between last byte and rename
        return
    for _ in range(ATTEMPTS):
        begin, problem = _append(part, size, url, timeout)
        got = _sha256(part)
        if got == sha256:
            return
        if not problem:
            came = part.stat().st_size
            problem = (f"{came} bytes came, of sha256 {got}, expected {sha256}" if came <= size
                       else f"more than {size} bytes came, expected no more")
            with contextlib.suppress(OSError):
                part.unlink()
            if begin == 0:                              # else the beginning in `part` may be wrong
                break
    raise OSError(problem)


def _append(part, size, url, timeout):
    """Write to `part` what it lacks; give the byte where that began, and what cut it off, or "".

    At most size + 1 bytes are read, which shows that a server has too many.
    """
    response, begin = _open(url, part.stat().st_size if part.exists() else 0, timeout)
    done, problem, line = begin, "", Line()
    total = None if response.length is None else begin + response.length
    with response, open(part, "ab", opener=_no_link) as file:
        file.truncate(begin)
        try:
            while chunk := response.read(min(CHUNK, size + 1 - done)):
                file.write(chunk)
                done += len(chunk)
                if done == total or done // STEP > (done - len(chunk)) // STEP:
                    _show(line, part.stem, done, total)
        except (OSError, http.client.HTTPException) as error:
            problem = f"cut off after {done} bytes: {error or type(error).__name__}"
        finally:
            line.close()
        os.fsync(file.fileno())
    if not problem and total is not None and done < total and done <= size:
        problem = f"cut off after {done} of {total} bytes"
    if problem and done == begin:                       # nothing came: do not ask again
        raise OSError(problem)
    return begin, problem


def _open(url, begin, timeout):
    """The response and the byte where it starts: `begin`, or 0 if the server sends whole files."""
    request = urllib.request.Request(url, headers={"User-Agent": "npspectral"})
    if begin:
        request.add_header("Range", f"bytes={begin}-")
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if begin and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _open(url, 0, timeout)
        raise
    if response.status == http.HTTPStatus.OK:
        return response, 0
    if response.status == http.HTTPStatus.PARTIAL_CONTENT and begin:
        return response, begin          # a server that means another part fails by the sha256
    response.close()
    raise OSError(f"answered with status {response.status}, expected 200")


def _show(line, name, done, total):
    share = f" of {total / 1e6:.1f}" if total else ""
    line.show(f"{name}: {done / 1e6:.1f}{share} MB")


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
