"""Run every study step and write them as one page: python scripts/study [STEP ...] [--out FOLDER].

The page, study.html, holds text, formulas, code, printed values and figures of each step. It needs
no network. STEP: these alone, as step01. Exit code: 1 if a line of a step does not hold.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from study.cells import STEPS, run                                          # noqa: E402
from study.page import page                                                 # noqa: E402

parser = argparse.ArgumentParser(prog="study", description=__doc__.split("\n\n", 1)[0])
parser.add_argument("steps", nargs="*", metavar="STEP")
parser.add_argument("--out", type=Path, default=Path("results/study"))


def main(arguments=None):
    options = parser.parse_args(arguments)
    unknown = [name for name in options.steps if not any(p.stem.startswith(name) for p in STEPS)]
    if unknown:
        parser.error(f"unknown {', '.join(unknown)}; there are "
                     f"{', '.join(path.stem for path in STEPS)}")
    chosen = [path for path in STEPS
              if not options.steps or path.stem.startswith(tuple(options.steps))]
    steps = [run(path) for path in chosen]
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "study.html"
    target.write_text(page(steps), encoding="utf-8")
    print(f"{len(steps)} steps, {sum(step.seconds for step in steps):.1f} s: {target}")
    failed = [step for step in steps if step.error]
    for step in failed:
        print(f"{step.path.name}: {step.error}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
