"""The record of an experiment: what its last standard run found, kept beside it in record.json.

    python scripts/report/record.py         lists records whose code has moved on since

A record is a part of the project. The pages RESULTS.md and STATEMENTS.md are written from all.
"""
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

from lab.code import code_of
from lab.perform import MADE, load_experiment
from report.run import TIMES, regular, times_of, write_whole

EXPERIMENTS = Path(__file__).parent.parent / "experiments"
RECORD = "record.json"
LISTS = "claims", "checks"


def record_of(result, folder):
    """The record of a Result; None if it or its times are damaged, or data files are missing."""
    if result.code != 0 or result.faults or result.missing or not result.rows:
        return None
    made, times = json.loads(regular(folder / MADE).read_bytes()), times_of(folder / TIMES)
    if not times:
        return None
    del times["bytes"]
    return {**times, **made, "figures": [path.stem for path in result.figures], **result.verdicts}


def take(results, folder, place=EXPERIMENTS):
    """Keep the records of results in `folder` that can be kept; the names of the others."""
    left = []
    for result in results:
        record = record_of(result, folder / result.name)
        if record is None:
            left.append(result.name)
        else:
            write(record, place / result.name / RECORD)
    return left


def write(record, path):
    """A line for each entry, and for each claim and check, so that two records can be compared."""
    entries = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in record.items()
               if name not in LISTS]
    for name in LISTS:
        lines = ",\n".join(json.dumps(one) for one in record[name])
        entries.append(f"{json.dumps(name)}: [\n{lines}\n]")
    write_whole(path, ["{\n", ",\n".join(entries), "\n}\n"])


def records(place=EXPERIMENTS):
    """experiment -> its record, of those that have one; ValueError names a damaged one."""
    kept = {}
    for path in sorted(place.glob(f"*/{RECORD}")):
        try:
            kept[path.parent.name] = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error
    return kept


def claims_of(kept):
    """(experiment, name of a claim) -> the claim, of all records."""
    return {(experiment, claim["name"]): claim for experiment, record in kept.items()
            for claim in record["claims"]}


def moved(kept):
    """experiment -> what has to be done anew, of records whose code has moved on."""
    anew = {"runs": "run again", "verdicts": "judge again what is kept"}
    found = {}
    for name, record in kept.items():
        code = code_of(load_experiment(name))
        changed = [anew[part] for part in anew if record["code"].get(part) != code[part]]
        found |= {name: changed[0]} if changed else {}
    return found


def main():
    kept = records()
    lines = [f"{name:27}{anew}" for name, anew in moved(kept).items()]
    print(*lines, f"{len(lines)} of {len(kept)} records are of other code.", sep="\n")


if __name__ == "__main__":
    main()
