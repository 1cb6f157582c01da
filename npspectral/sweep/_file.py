"""The results file of a sweep: lines that are whole or not there, written by one process at a time.

The first line names the format. Every other line is {"sha256": "...", "record": {...}}; the digest
is of the record's text. A line is on the disk before the next one is begun. While the writing
process makes a run itself, a last line without a line end names the run. If the run ends the
process, that line stays.
"""
import errno
import hashlib
import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

HEADER = b'{"format": "npspectral sweep 1"}\n'
START, MIDDLE, END = b'{"sha256": "', b'", "record": ', b'}\n'
BEGUN = b'{"begun": "'
N_HEX = 32                  # of the digest
FAR = 1 << 40               # where Windows locks: a locked byte cannot be read by others


class ResultsFile:
    """A results file opened for appending, and locked, as a context manager.

    `records` are the texts of the records in it. Raises BlockingIOError if another sweep writes to
    it, ValueError if it is a folder, damaged or of another kind, OSError if the disk is full.
    """

    def __init__(self, path):
        self.path = located(path)

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self.path, "a+b", buffering=0)
        try:
            _lock(self._file, self.path)
            self.records, self._whole = read(self.path)
            self._begun = _torn(self.path, self._whole)
            if self._whole == 0:
                self._write(HEADER)
                _sync_folder(self.path.parent)
            self._file.truncate(self._whole)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *exception):
        self._file.truncate(self._whole)
        self._file.close()

    def append(self, text):
        """Write a record to the disk; when this returns, no crash can take it away."""
        self._write(_line(text.encode()))

    def begin(self, name):
        """Note the name of a run for the next start; its record will be written over the note."""
        self._write(BEGUN + _digest(name.encode()), durable=False)

    def was_begun(self, name):
        """Whether the last process that wrote to the file ended while it made this run itself."""
        return self._begun == BEGUN + _digest(name.encode())

    def _write(self, line, durable=True):
        try:
            self._file.truncate(self._whole)        # a line that was interrupted, by Ctrl-C say
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest):]
            if not durable:
                return
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(self._whole)
            raise OSError(error.errno, f"sweep: {error.strerror}; the runs that ended before are "
                          f"safe, make room and start again", str(self.path)) from error
        self._whole += len(line)


def located(path):
    """The absolute path of the file, which a run cannot change by its folder; ~ is the home."""
    path = Path(path).expanduser().absolute()
    if path.is_dir():
        raise ValueError(f"sweep: path is the folder {path}, expected the name of a file")
    return path


def read(path):
    """The texts of all records, and the length of what is whole: a torn last line is left out.

    A line is torn if it has no line end, as after a crash. A crash cannot change a line that has
    its end, nor put another byte in place of the end: this is damage, and raises ValueError.
    """
    with open(path, "rb") as file:
        header = file.readline()
        if header != HEADER:
            if HEADER.startswith(header):
                return [], 0
            raise ValueError(f"sweep: {path} is not a results file of a sweep")
        texts, whole = [], len(HEADER)
        for number, line in enumerate(file, 2):
            if line.endswith(b"\n") or _is_line(line[:-1] + b"\n"):
                texts.append(_text(line, f"{path}, line {number}"))
                whole += len(line)
    return texts, whole


def _torn(path, whole):
    with open(path, "rb") as file:
        file.seek(whole)
        return file.read()


def _digest(text):
    return hashlib.sha256(text).hexdigest()[:N_HEX].encode()


def _line(text):
    return START + _digest(text) + MIDDLE + text + END


def _is_line(line):
    return line == _line(line[len(START) + N_HEX + len(MIDDLE):-len(END)])


def _text(line, place):
    text = line[len(START) + N_HEX + len(MIDDLE):-len(END)]
    if line != _line(text) or not text.isascii():
        raise ValueError(f"sweep: {place} is damaged; delete that line, and its run is made again")
    return text.decode()


def _lock(file, path):
    """Lock the file until it is closed or the process ends, in whatever way."""
    try:
        if sys.platform == "win32":
            file.seek(FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.register_at_fork(after_in_child=file.close)      # or a fork would hold the lock, too
    except (BlockingIOError, PermissionError) as error:
        raise BlockingIOError(errno.EAGAIN, "sweep: another sweep is writing to this file; wait for"
                              " it, or name another file", str(path)) from error


def _sync_folder(folder):
    """Write the folder to the disk, which holds the name of a new file."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
