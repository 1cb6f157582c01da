"""Do the tests see a mistake? Plants those of mutants.json one at a time, in a copy.

    python tests/mutants/plant.py [--rooms nn training] [--ids nn-01 nn-02]

A mutant is a line of the package with a mistake: a lost sign, a wrong axis, < for <=. The test that
is known to fail on it runs first, then its room. Prints what killed each; ends with 1 if one lives.
"gone": the line is no longer there, so the mistake wants a new line.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ROOMS = {"nn": ["tests/nn", "tests/test_bad_input.py", "tests/analysis/test_tangent_kernel.py"],
         "training": ["tests/training", "tests/test_bad_input.py"], "analysis": ["tests/analysis"],
         "data": ["tests/data", "tests/test_bad_input.py", "tests/analysis"],
         "oracle": ["tests/oracle"], "sweep": ["tests/sweep"],
         "estimators": ["tests/test_estimators.py", "tests/test_estimator_relevance.py"]}


def killer(copy, targets):
    """The test that fails, "" if none does."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p",
                           "no:cacheprovider", *targets], cwd=copy, env=environment, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    named = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return named[1] if done.returncode and named else ""


def verdict(copy, mutant):
    """"gone", "lives", or the test that kills the mutant."""
    path = copy / mutant["file"]
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if text.count(mutant["old"]) != 1:
        return "gone"
    path.write_text(text.replace(mutant["old"], mutant["new"]), encoding="utf-8")
    try:
        first = mutant["killed by"]
        known = first and (copy / first.partition("::")[0]).is_file()
        return (known and killer(copy, [first])) or killer(
            copy, ROOMS[mutant["id"].partition("-")[0]]) or "lives"
    finally:
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    parser.add_argument("--ids", nargs="+")
    chosen = parser.parse_args()
    mutants = json.loads((HERE / "mutants.json").read_text(encoding="utf-8"))
    lives = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "results", "__pycache__"))
        for mutant in mutants:
            if (mutant["id"] in chosen.ids if chosen.ids else
                    mutant["id"].partition("-")[0] in chosen.rooms):
                found = verdict(copy, mutant)
                lives += found == "lives"
                print(f"{mutant['id']:15}{mutant['fault']:14}{mutant['file']:45}{found}",
                      flush=True)
    return int(lives > 0)


if __name__ == "__main__":
    sys.exit(main())
