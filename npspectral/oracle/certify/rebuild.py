"""Certification: rebuild every golden number with the standard library, and compare the bytes.

    npspectral certify                                          from the command line
    python -I -S npspectral/oracle/certify/rebuild.py           -S: nothing installed is seen
    python -I -S npspectral/oracle/certify/rebuild.py FOLDER    what differs from an older suite
    python -I -S npspectral/oracle/certify/rebuild.py --write   what maintainers do after a change
    python -I -S npspectral/oracle/certify/rebuild.py --write FOLDER

A new case comes last in the catalog, and SUITE in suite/files.py is raised before --write. Only the
files written without FOLDER can be read by the oracle: their manifest is recorded in digests.py.
"""
import sys
from pathlib import Path

if not __package__:     # run as a file: the modules beside it, without the packages' __init__
    import types
    __package__ = "npspectral.oracle.certify"
    packages = (__package__, "npspectral.oracle", "npspectral")
    for name, folder in zip(packages, Path(__file__).resolve().parents):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]

import gc                                                                           # noqa: E402
import math                                                                         # noqa: E402
import os                                                                           # noqa: E402
import platform                                                                     # noqa: E402
import time                                                                         # noqa: E402
from concurrent.futures import ProcessPoolExecutor                                  # noqa: E402

from ...progress import Line                                                        # noqa: E402
from ..suite import digests, files                                                  # noqa: E402
from . import solve                                                                 # noqa: E402
from .guard import guarded_catalog                                                  # noqa: E402


def certify(folder=files.FOLDER, workers=None, write=None):
    """0 if the folder's files are byte for byte those built anew, else 1; with `write`, write them.

    Prints progress to stderr; counts, digits, time, date and versions to stdout.
    """
    start = time.perf_counter()
    solved = solve_all(guarded_catalog(), workers)
    contents = files.family_files(solved)
    print(_summary(solved, contents, time.perf_counter() - start))
    if write is not None:
        return _write(contents, Path(write))
    before = {path.name: path.is_file() and path.read_bytes() for path in Path(folder).iterdir()
              if path.name != files.EXAMPLES}
    differing = [name for name in {**contents, **before} if before.get(name) != contents.get(name)]
    for name in differing:
        print(f"differs: {Path(folder) / name}")
    if differing:
        print(_moved(folder, solved))
        print(f"NOT certified: {len(differing)} files differ")
        return 1
    print("certified: every file is byte for byte what was rebuilt")
    return 0


def solve_all(cases, workers=None):
    """The cases with their golden values, in order; as many processes as cores.

    The largest ones begin, since they take longest. None leaves garbage in circles to look for.
    """
    solved, line = {}, Line()
    with ProcessPoolExecutor(workers or os.cpu_count(), initializer=gc.disable) as pool:
        for case in pool.map(solve.solve, sorted(cases, key=_size, reverse=True)):
            solved[case["id"]] = case
            line.show(f"{len(solved)} of {len(cases)} cases")
    line.close()
    return [solved[case["id"]] for case in cases]


def _size(case):
    return sum(math.prod(entry["shape"]) for entry in case["inputs"].values())


def _summary(solved, contents, seconds):
    numbers = sum(files.count(case) for case in solved)
    tiers = [case["tier"] for case in solved]
    least = min(case["agreed_digits"] for case in solved if case["expect"])
    foreign = sorted({name.split(".")[0] for name in sys.modules}
                     - set(sys.stdlib_module_names) - {"__main__", "__mp_main__", "npspectral"})
    return "\n".join((
        f"suite {files.SUITE}, {time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.machine()}",
        f"{len(solved)} cases, {numbers} numbers, rounded from {solve.DIGITS} digits or more, "
        f"in {seconds:.1f} s",
        f"{tiers.count('exact')} cases are exact, {tiers.count('refused')} have to be refused; "
        f"two witnesses agree to {least} digits or more everywhere",
        f"imported from outside the standard library: {', '.join(foreign) or 'nothing'}",
        f"sha256 of the manifest: {files.digest(contents[files.MANIFEST])}"))


def _moved(folder, solved):
    """How many bits differ from those of a folder, and its scales S against the new ones."""
    try:
        before = {case["id"]: case["expect"] for case in files.read(folder)[0]}
    except files.BadVectors as error:
        return f"the older files are not read: {error}"
    pairs = [(before[case["id"]][name], entry) for case in solved if case["id"] in before
             for name, entry in case["expect"].items() if name in before[case["id"]]]
    bits = sum(a != b for old, new in pairs for a, b in zip(old["bits"], new["bits"]))
    ratios = sorted(b / a for old, new in pairs for a, b in zip(old["scale"], new["scale"]) if a)
    if not ratios:
        return "no case is in both"
    at = " ".join(f"{percent} %: {ratios[percent * (len(ratios) - 1) // 100]:.3f}"
                  for percent in (0, 1, 10, 50, 90, 99, 100))
    return (f"of {sum(len(old['bits']) for old, _ in pairs)} numbers {bits} differ in their bits; "
            f"new over old S of the {len(ratios)} with rounding, sorted, at {at}")


def _write(contents, folder):
    """Write the files; into the package's own folder, with the digest of their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    print(f"written: {len(contents)} files, {sum(map(len, contents.values()))} bytes, to {folder}")
    if folder.resolve() == files.FOLDER.resolve():
        manifests = {**digests.MANIFESTS, files.SUITE: files.digest(contents[files.MANIFEST])}
        lines = [f'    "{suite}": "{sha256}",\n' for suite, sha256 in manifests.items()]
        path = Path(digests.__file__)
        head = path.read_text(encoding="utf-8").splitlines(keepends=True)[0]
        path.write_text(head + "MANIFESTS = {\n" + "".join(lines) + "}\n", encoding="utf-8")
    return 0


def main(arguments):
    writes = arguments[:1] == ["--write"]
    folder, *more = arguments[writes:] or [files.FOLDER]
    if more or not writes and not Path(folder).is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return certify(folder, write=folder if writes else None)
    except OSError as error:
        print(f"cannot be read or written: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
