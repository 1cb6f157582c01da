"""Cases that are known to fail: which ones, and how their results count."""
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..suite.case import known_ids


def read_xfail(path):
    """Id -> reason from a file whose lines are an id, with the reason behind a "#"; {} for None.

    Raises ValueError on a file that cannot be read, or a line that is no entry.
    """
    if path is None:
        return {}
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
    return expected_failures(reasons)


def expected_failures(xfail):
    """Id -> reason; an id that no case of the full suite has is refused."""
    if isinstance(xfail, str) or not hasattr(xfail, "__iter__"):
        raise TypeError(f"xfail is {xfail!r}, expected a list of ids or a mapping id -> reason")
    reasons = dict(xfail) if isinstance(xfail, Mapping) else dict.fromkeys(xfail, "")
    unknown = set(reasons) - known_ids() if reasons else ()
    if unknown:
        raise ValueError(f"xfail: no case has the id {sorted(map(str, unknown))}")
    return reasons


def as_expected(result, reasons):
    """The result as it counts where its case is known to fail."""
    if result.case.id not in reasons or result.status == "skipped":
        return result
    if result.passed:
        return replace(result, status="xpass",
                       message="is listed in xfail but passes: take it off the list")
    reason = reasons[result.case.id] or result.message or "listed in xfail"
    return replace(result, status="xfail", message=str(reason))
