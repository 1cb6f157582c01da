"""How fast npspectral is: training steps beside PyTorch and JAX, kernels beside the field.

`turns` says how it is measured, `steps` and `kernels` what. In the tables "spread" is the largest
interquartile range over median in a row, "!" marks a row with too few undisturbed blocks: run it
again on a quiet machine.

Minutes of the steps on a quiet machine: --quick 1, as it comes (float32, 1 thread) about 6, --full
about 25.

Tip: the header names the kernels that OpenBLAS chose. On some processors with AVX-512 these are its
AVX2 kernels ("Haswell" or "Zen"), and OPENBLAS_CORETYPE=SkylakeX in the environment, before Python
starts, may be faster; on others it is the other way round, with OPENBLAS_CORETYPE=Haswell. On a
processor without the instructions that ends in a crash, so nothing sets it silently.
--coretype measures one of them beside the default, --avx512 is --coretype SkylakeX.
"""
import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmark import kernels, steps, turns, workers                        # noqa: E402


def arguments(argv=None):
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny nets and one larger cell")
    parser.add_argument("--full", action="store_true", help="both dtypes, 1 and 2 threads")
    parser.add_argument("--only", default="", metavar="REGEX", help="cells whose label matches")
    parser.add_argument("--threads", help="numbers with commas")
    parser.add_argument("--dtype", help="float32, float64 or both with a comma")
    parser.add_argument("--coretype", choices=steps.CORETYPES,
                        help="also with this OPENBLAS_CORETYPE")
    parser.add_argument("--avx512", dest="coretype", action="store_const", const="SkylakeX")
    parser.add_argument("--rounds", type=int, help=f"blocks per cell, {turns.ROUNDS}")
    parser.add_argument("--rows", choices=("all", "steps", "kernels"), default="all")
    parser.add_argument("--peer-python", metavar="PATH", help="a Python that has neural-tangents, "
                        "scikit-dimension and DADApy, if this one has not")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="FOLDER")
    return parser.parse_args(argv)


def main(argv=None):
    options = arguments(argv)
    threads = [int(n) for n in (options.threads or ("1,2" if options.full else "1")).split(",")]
    rounds = options.rounds or (3 if options.quick else turns.ROUNDS)
    cells = []
    for rows, measured in ((steps, measure_steps), (kernels, measure_kernels)):
        if options.rows in ("all", rows.__name__.rpartition(".")[2]):
            result = measured(options, threads, rounds)
            rows.save(result, options.out)
            print(rows.table(result))
            cells += result["cells"]
    return 1 if any(cell["wrong"] for cell in cells) else 0


def measure_steps(options, threads, rounds):
    dtypes = options.dtype or ("float32,float64" if options.full else "float32")
    every = steps.cases(options.quick, dtypes.split(","), threads, options.only)
    libraries = workers.BENCHMARKS["step"]
    if options.coretype:
        libraries += (f"npspectral@{options.coretype}", f"products@{options.coretype}")
    return steps.run(every, libraries, rounds, imports=not options.only)


def measure_kernels(options, threads, rounds):
    every = kernels.cases(options.quick, options.only, threads)
    grown = {} if options.quick or options.only else kernels.sweeps()
    return kernels.run(every, grown, rounds, options.peer_python)


if __name__ == "__main__":
    sys.exit(main())
