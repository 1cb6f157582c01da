"""What the command line writes, to streams that may be full, closed or ASCII, and to folders."""
import os
import shutil
import sys
from contextlib import suppress

PART = ".part"                          # the folder of files that are not all there yet


def say(text, end="\n"):
    """Print, in the characters that stdout has. A reader that has gone away is no error.

    Raises OSError where stdout cannot be written, as on a full disk.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, flush=True)
    except BrokenPipeError:                         # it has seen enough
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise OSError(f"standard output cannot be written: {error.strerror}") from error


def complain(message):
    """A message on stderr, if there is one."""
    try:
        if sys.stderr is not None:                  # print would take stdout instead
            print(f"npspectral: {message}", file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def silence(stream):
    """Send what is left in a stream's buffer nowhere: at the exit it would fail once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def is_empty(folder):
    """Whether a folder is absent, or holds nothing but what a killed `write_all` left."""
    return not folder.exists() or all(path.name == PART for path in folder.iterdir())


def write_all(folder, contents):
    """Write all files to an empty folder, or none: first into PART inside of it.

    contents: name -> bytes; a name may begin with a folder's, as in "examples/judge.c".
    """
    made, part = not folder.exists(), folder / PART
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name, content in contents.items():
            (part / name).parent.mkdir(exist_ok=True)
            (part / name).write_bytes(content)
        for name in dict.fromkeys(name.split("/")[0] for name in contents):
            os.replace(part / name, folder / name)
        part.rmdir()
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)     # nothing here may hide the first error
        with suppress(OSError):
            if made:
                folder.rmdir()
        raise
