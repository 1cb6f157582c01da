"""The vector files: one JSON file a family, a text twin of each, and a manifest with SHA-256.

Every number that a candidate is held to is the IEEE-754 binary64 pattern as 16 hexadecimal
digits; decimals beside it ("about") are for people. One canonical serialization, so that the same
cases give the same bytes. Reading refuses whatever is not exactly what was written: the manifest's
own digest stands in digests, and every file of the folder is in the manifest.
"""
import functools
import hashlib
import json
import pickle
from collections import Counter
from pathlib import Path

from . import schema, text_twin
from .digests import MANIFESTS

FORMAT = 1
SUITE = "1.4.0"         # a changed bit raises the first number, a new case the second, S the third
FOLDER = Path(__file__).parent / "vectors" / f"v{FORMAT}"
SPECS = set(schema.SPECS)
MANIFEST = "MANIFEST.json"
EXAMPLES = "examples"   # the folder of programs that an export puts beside the files
SCHEMA = f"case-v{FORMAT}.schema.json"
ANSWERS_SCHEMA = f"answers-v{FORMAT}.schema.json"
DOCUMENTS = (SCHEMA, ANSWERS_SCHEMA, "CORRECTIONS.md", "README.md")     # by hand, protected, too


class BadVectors(ValueError):
    """The vector files are not what the manifest says."""


def family_files(cases):
    """Name -> bytes of every file that holds these solved cases, the manifest last."""
    families: dict = {}
    for case in cases:
        families.setdefault(case["id"].split("/")[0], []).append(case)
    files = {}
    for family, members in families.items():
        files[f"{family}.json"] = _json(family, members)
        files[f"{family}.txt"] = text_twin.text(family, SUITE, members)
    files |= {name: (FOLDER / name).read_bytes() for name in DOCUMENTS}
    entries = [_entry(name, content, families.get(name.split(".")[0], ()))
               for name, content in files.items()]
    manifest = {"format": FORMAT, "suite": SUITE, "files": entries}
    files[MANIFEST] = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    return files


def digest(content):
    return hashlib.sha256(content).hexdigest()


def _entry(name, content, cases):
    return {"name": name, "sha256": digest(content), "cases": len(cases),
            "numbers": sum(map(count, cases))}


def count(case):
    """How many expected numbers a case has."""
    return sum(len(entry["bits"]) for entry in case["expect"].values())


def _json(family, cases):
    known = _schema()["properties"]["notes"]["properties"]
    notes = {flag: known[flag]["const"] for case in cases for flag in case["flags"]}
    head = {"schema": SCHEMA, "suite": SUITE, "family": family, "count": len(cases),
            "notes": notes}
    lines = [json.dumps(case, sort_keys=True, separators=(",", ":")) for case in cases]
    return (json.dumps(head, sort_keys=True)[:-1] + ', "cases": [\n' + ",\n".join(lines)
            + "\n]}\n").encode()


def read(folder=FOLDER, recorded=True, wanted=lambda case_id, core: True):
    """The wanted cases of a folder of vector files, as solved dicts, and the suite's version.

    recorded: hold the manifest to the digest in digests. Bytes with that digest have passed the
    schema before; without it every file is held to the schema now.
    Raises BadVectors on anything that is not as the manifest and the format say.

    Recorded files are held to their digests each time, and parsed once: a reader gets copies of
    the cases for which wanted(id, whether it is in the core suite) is true.
    """
    manifest, contents = read_files(folder, recorded)
    digests = tuple(entry["sha256"] for entry in manifest["files"])
    if not recorded:
        return [case for case in _cases(folder, manifest, contents, recorded)
                if wanted(case["id"], case["core"])], manifest["suite"]
    if digests not in PARSED:
        PARSED[digests] = [(case["id"], case["core"], pickle.dumps(case))
                           for case in _cases(folder, manifest, contents, recorded)]
    return [pickle.loads(case) for case_id, core, case in PARSED[digests]
            if wanted(case_id, core)], manifest["suite"]


PARSED: dict = {}       # digests of recorded files -> (id, core, bytes) of their cases


def _cases(folder, manifest, contents, recorded):
    cases = []
    for entry in manifest["files"]:
        name = entry["name"]
        if not name.endswith(".json") or name in DOCUMENTS:
            continue
        document = parsed(contents[name], name)
        if not recorded:
            _hold_to_schema(document, entry, manifest["suite"])
        cases += document["cases"]
    if len({case["id"] for case in cases}) != len(cases):
        raise BadVectors(f"{folder}: an id occurs twice")
    return cases


def read_files(folder=FOLDER, recorded=True):
    """The manifest as a dict, and name -> bytes of every file that it lists, digests checked."""
    folder = Path(folder)
    content = _bytes(folder / MANIFEST)
    if recorded and digest(content) not in MANIFESTS.values():
        raise BadVectors(
            f"{folder / MANIFEST}: sha256 is {digest(content)}, expected "
            f"{MANIFESTS.get(SUITE)} of suite {SUITE}; install again (after a change of the cases: "
            f"python npspectral/oracle/certify/rebuild.py --write)")
    manifest = parsed(content, MANIFEST)
    if not recorded:
        _hold_manifest(manifest)
    contents = {entry["name"]: _bytes(folder / entry["name"], entry["sha256"])
                for entry in manifest["files"]}
    stray = {path.name for path in folder.iterdir()} - {*contents, MANIFEST, EXAMPLES}
    if stray:
        raise BadVectors(f"{folder}: holds {sorted(stray)}, which the manifest does not list")
    return manifest, contents


def _hold_manifest(manifest):
    """Refuse a manifest of another format, or one that does not list pairs of files."""
    definitions = _schema()["$defs"]
    faults = list(schema.breaches(manifest, definitions["manifest"], MANIFEST, definitions))
    if faults:
        raise BadVectors(faults[0])
    names = [entry["name"] for entry in manifest["files"]]
    if len(set(names)) != len(names) or MANIFEST in names:
        raise BadVectors(f"{MANIFEST}: lists a file twice, or itself")
    twins = {name[:-5] + ".txt" for name in {*names} - {*DOCUMENTS} if name.endswith(".json")}
    if set(names) != twins | {name[:-4] + ".json" for name in twins} | set(DOCUMENTS):
        raise BadVectors(f"{MANIFEST}: lists {sorted(names)}, expected pairs of .json and .txt, "
                         f"{', '.join(DOCUMENTS)}")


@functools.cache
def _schema():
    return parsed(_bytes(FOLDER / SCHEMA), SCHEMA)


def _hold_to_schema(document, entry, suite):
    """Refuse a case file that breaks the schema, or differs from its line in the manifest."""
    name = entry["name"]
    faults = schema.faults(document, _schema())
    if faults:
        raise BadVectors(f"{name}: {faults[0]}" + (f" ({len(faults)} faults)" * (len(faults) > 1)))
    told = {"suite": document["suite"], "family": document["family"],
            "cases": len(document["cases"]), "numbers": sum(map(count, document["cases"]))}
    wanted = {"suite": suite, "family": name[:-5], "cases": entry["cases"],
              "numbers": entry["numbers"]}
    if told != wanted:
        raise BadVectors(f"{name}: holds {told}, the manifest expects {wanted}")
    for case in document["cases"]:
        if case["id"].split("/")[0] != document["family"]:
            raise BadVectors(f"{name}: holds {case['id']}, which is of another family")


def _bytes(path, sha256=None):
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadVectors(f"{path}: cannot be read: {error}") from error
    if sha256 is not None and digest(content) != sha256:
        raise BadVectors(f"{path}: sha256 is {digest(content)}, expected {sha256}; install again")
    return content


def _no_constant(text):
    raise ValueError(f"{text} is no number in JSON")


def parsed(content, name, number=float, constant=_no_constant):
    """JSON without what Python's reader tolerates: names twice, NaN, Infinity, half characters."""
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_float=number,
                          parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise BadVectors(f"{name}: is not JSON: {error}") from error


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        names = Counter(name for name, _ in pairs)
        twice = [name for name, n in names.items() if n > 1]
        raise ValueError(f"a field occurs twice: {twice[:8]} among {list(names)[:8]}")
    for name, value in pairs:
        name.encode("utf-8")                        # a ValueError for a lone surrogate
        if isinstance(value, str):
            value.encode("utf-8")
    return found
