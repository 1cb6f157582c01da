"""How fast npspectral is: training steps beside PyTorch and JAX, kernels beside the field.

`turns` says how it is measured, `cells` what, `steps` and `kernels` of which cases, `page` what
SPEED.md and the README take from it. In the tables "spread" is the largest interquartile range over
median in a row, "!" marks a row with too few undisturbed blocks: run it again on a quiet machine.

Minutes of the steps on a quiet machine: --quick 1, as it comes (float32, 1 thread) about 6, --full
about 25; of steps and kernels, as --page measures them, about 22, at most three times as many where
blocks are repeated.

Tip: the header names the kernels that OpenBLAS chose. On some processors with AVX-512 these are its
AVX2 kernels ("Haswell" or "Zen"), and OPENBLAS_CORETYPE=SkylakeX in the environment, before Python
starts, may be faster; on others it is the other way round, with OPENBLAS_CORETYPE=Haswell. On a
processor without the instructions that ends in a crash, so nothing sets it silently.
--coretype measures one of them beside the default, in the rows of steps.
"""
import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmark import cells, kernels, machine, page, steps, turns           # noqa: E402


def arguments(argv=None):
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="tiny nets and one larger cell")
    add("--full", action="store_true", help="both dtypes, 1 and 2 threads")
    add("--only", default="", metavar="REGEX", help="cells whose label matches")
    add("--threads", help="numbers with commas")
    add("--dtype", help="of steps: float32, float64 or both with a comma")
    add("--coretype", choices=machine.CORETYPES, help="steps also with this OPENBLAS_CORETYPE")
    add("--rounds", type=int, help=f"blocks per cell, {turns.ROUNDS}")
    add("--rows", choices=("all", "steps", "kernels"), default="all")
    add("--page", action="store_true", help="all rows, and write SPEED.md and the README's rows")
    add("--peer-python", metavar="PATH", help="a Python for kernels that has neural-tangents "
        "(0.6.5 needs jax 0.4.25), scikit-dimension and DADApy, if this one has not")
    add("--out", type=Path, default=Path("results"), metavar="FOLDER")
    options = parser.parse_args(argv)
    if options.page and (options.quick or options.only or options.rows != "all"):
        parser.error("--page is of all rows, without --quick, --only and --rows")
    return options


def main(argv=None):
    options = arguments(argv)
    threads = [int(n) for n in (options.threads or ("1,2" if options.full else "1")).split(",")]
    rounds = options.rounds or (3 if options.quick else turns.ROUNDS)
    wrong, texts, begin = False, [], time.perf_counter()
    for name, module, measured in (("steps", steps, measure_steps),
                                   ("kernels", kernels, measure_kernels)):
        if options.rows in ("all", name):
            result, text, file = measured(options, threads, rounds)
            cells.save(result, text, options.out, file)
            print(text)
            texts.append((module, text))
            wrong |= any(cell["wrong"] for cell in result["cells"])
    if options.page:
        page.write(texts, (time.perf_counter() - begin) / 60)
    return int(wrong)


def measure_steps(options, threads, rounds):
    dtypes = options.dtype or ("float32,float64" if options.full else "float32")
    every = cells.chosen(steps.cases(options.quick, dtypes.split(","), threads), options.only)
    more = [f"{name}@{options.coretype}" for name in ("npspectral", "products") if options.coretype]
    result = cells.run(every, rounds=rounds, more=more)
    if not options.only:
        result["imports"] = machine.import_costs(["numpy", "npspectral", "torch", "jax"])
    return result, steps.table(result), "benchmark"


def measure_kernels(options, threads, rounds):
    every = cells.chosen(kernels.cases(options.quick, threads), options.only)
    grown = {} if options.quick or options.only else kernels.sweeps()
    result = cells.run(every, grown, rounds, options.peer_python)
    return result, kernels.table(result), "benchmark_kernels"


if __name__ == "__main__":
    sys.exit(main())
