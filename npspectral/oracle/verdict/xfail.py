"""Files of cases that are known to fail: a line is an id, with the reason behind a "#"."""
from pathlib import Path


def read_xfail(path):
    """Id -> reason. Raises ValueError on a file that cannot be read or a line that is no entry."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"xfail file {path}: cannot be read: {error}") from error
    reasons = {}
    for number, line in enumerate(lines, 1):
        name, _, reason = (part.strip() for part in line.partition("#"))
        if not name:
            continue
        if len(name.split()) > 1 or name in reasons:
            raise ValueError(f"xfail file {path}, line {number}: {name!r} "
                             + ("is listed twice" if name in reasons else "is not one id")
                             + ", expected lines like: id  # reason")
        reasons[name] = reason
    return reasons
