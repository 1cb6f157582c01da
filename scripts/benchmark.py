"""How fast a training step is: npspectral against PyTorch, JAX and the matrix products alone.

One step is forward, loss, backward and Adam on one batch that stays the same. "products" makes
nothing but the matrix products that the formulas need, with the BLAS of NumPy, into arrays that
exist already: no step can be faster. All ratios are peer time / npspectral time, above 1 npspectral
is faster; step/products is our time / theirs. PyTorch runs eagerly, with Adam as it comes and
fused. JAX compiles the whole step, gives its buffers away and waits once per block, its best case.

Every library has its own process, bound to as many processors as it has threads. They take turns
in short blocks with a pause before each, so that waiting threads go to sleep. A block is repeated
when others used more than 12 % of its processors. "spread" is the largest interquartile range over
median in a row, "!" marks a row with too few undisturbed blocks: run it again on a quiet machine.
Before any timing all libraries make 5 steps from one start and have to agree.

Minutes on a quiet machine: --quick 1, as it comes (float32, 1 thread) about 6, --full about 25.

Tip: the header names the kernels that OpenBLAS chose. On some processors with AVX-512 these are its
AVX2 kernels ("Haswell" or "Zen"), and OPENBLAS_CORETYPE=SkylakeX in the environment, before Python
starts, may be faster; on others it is the other way round, with OPENBLAS_CORETYPE=Haswell. On a
processor without the instructions that ends in a crash, so nothing sets it silently.
--coretype measures one of them beside the default, --avx512 is --coretype SkylakeX.
"""
import argparse
import datetime
import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import benchmark_kernels
import numpy as np
from benchmark_process import ROOT, ROUNDS, Worker, machine, medians, processor, take_turns
from benchmark_workers import TRAINED, Case

from npspectral.progress import Line

WORKER = Path(__file__).with_name("benchmark_workers.py")
TINY = [((20, 20, 2), 20), ((10, 30, 1), 32)]
LARGER = [((784, 200, 10), 32), ((784, 200, 10), 128), ((784, 200, 10), 512),
          ((784, 1000, 1000, 10), 32), ((784, 1000, 1000, 10), 128), ((784, 1000, 1000, 10), 512)]
OURS = "npspectral"
CORETYPES = {"SkylakeX": "avx512f", "Haswell": "avx2"}     # and the flag in /proc/cpuinfo they need
LIBRARIES = {OURS: "numpy", "products": "numpy", "torch": "torch", "torch fused": "torch",
             "jax": "jax"}                  # and the module that has to be there
IMPORTS = ("numpy", "npspectral", "torch", "jax")
CHECKED_STEPS, CHECK_RATE = 5, 1e-3
TIMED_RATE = 1e-6                           # training must not wander off to zeros and subnormals
LOSS_TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
# float64: of the numbers. float32: of their movement, as a norm, because Adam turns the sign of a
# gradient that is nothing but rounding into a whole step.
PARAMETER_TOLERANCE = {"float64": 1e-12, "float32": 2e-2}


def cases(quick=False, dtypes=("float32",), threads=(1,), only=""):
    """The cells of the table, in order; those whose label `only` finds."""
    nets = TINY + (LARGER[1:2] if quick else LARGER)
    every = [Case(widths, batch, trained, dtype, count) for count in threads for dtype in dtypes
             for widths, batch in nets for trained in TRAINED
             if not (quick and (widths, batch) in LARGER and trained != "lambda_out")]
    return [case for case in every if re.search(only, case.label)]


def disagreement(ours, theirs, dtype):
    """What differs between two (losses, arrays by name) beyond rounding, as text; "" if nothing."""
    losses, arrays = (np.array(ours[0]), np.array(theirs[0])), (ours[1], theirs[1])
    found = []
    if not np.abs(losses[0] - losses[1]).max() <= LOSS_TOLERANCE[dtype] * np.abs(losses[0]).max():
        found.append(f"losses differ by {np.abs(losses[0] - losses[1]).max():.1e}")
    if arrays[0].keys() != arrays[1].keys():
        found.append(f"{sorted(arrays[1])} were trained, not {sorted(arrays[0])}")
    for name in arrays[0].keys() & arrays[1].keys():
        a, b = arrays[0][name], arrays[1][name]
        if str(b.dtype) != dtype or a.shape != b.shape:
            found.append(f"{name} is {b.dtype} {b.shape}")
            continue
        if dtype == "float64":
            error = np.abs(a - b).max()
        else:                                               # no entry moves more than steps * rate
            error = np.sqrt(np.mean((a - b) ** 2)) / (CHECKED_STEPS * CHECK_RATE)
        if not error <= PARAMETER_TOLERANCE[dtype]:
            found.append(f"{name} by {error:.1e}")
    return ", ".join(found)


def checked(workers, case):
    """Library -> what is wrong with its arithmetic, as text."""
    results = {library: worker.ask("check", CHECKED_STEPS, case, CHECK_RATE)
               for library, worker in workers.items() if not library.startswith("products")}
    return {library: text for library, result in results.items()
            if (text := disagreement(results[OURS], result, case.dtype))}


def run(every, libraries=None, rounds=ROUNDS, imports=True, progress=sys.stderr):
    """Measure all cases; returns a dict of header, notes, cells and imports, plain data."""
    libraries, notes = present(LIBRARIES if libraries is None else libraries)
    cells, begin, line = [], time.monotonic(), Line(progress)
    for threads in dict.fromkeys(case.threads for case in every):
        workers = {library: Worker(WORKER, library, threads) for library in libraries}
        try:
            for case in [case for case in every if case.threads == threads]:
                left = (time.monotonic() - begin) / max(1, len(cells)) * (len(every) - len(cells))
                line.show(f"{len(cells) + 1}/{len(every)} {case.label}, "
                          f"{f'{left:.0f}' if cells else '?'} s left")
                wrong = checked(workers, case)
                for worker in workers.values():
                    worker.ask("build", case, TIMED_RATE)
                cells.append({"case": case, "label": case.label, "wrong": wrong,
                              **medians(*take_turns(workers, rounds))})
        finally:
            for worker in workers.values():
                worker.close()
    line.clear()
    return {"header": header(libraries), "notes": notes, "libraries": list(libraries),
            "cells": cells, "imports": import_costs() if imports else {}}


def present(libraries):
    """(those that can run here, notes about those that cannot)."""
    kept, notes = [], []
    for library in libraries:
        name, _, coretype = library.partition("@")
        if importlib.util.find_spec(LIBRARIES[name]) is None:
            notes.append(f"{library} is not installed and left out")
        elif coretype and CORETYPES[coretype] not in processor()[1]:
            notes.append(f"{library}: no {CORETYPES[coretype]} in /proc/cpuinfo, left out")
        else:
            kept.append(library)
    return kept, notes


def header(libraries):
    """What the numbers depend on, a line each."""
    names = dict.fromkeys(["numpy"] + [LIBRARIES[name.partition("@")[0]] for name in libraries])
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names]
    return [f"{datetime.datetime.now():%Y-%m-%d %H:%M}, Python {platform.python_version()}, "
            + ", ".join(versions), *machine()]


def import_costs(repeats=5):
    """Module -> (wall seconds of `python -c "import module"`, peak megabytes), medians, warm."""
    def cost(module):
        begin = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", f"import {module}\n{PEAK_MEMORY}"],
                              env=dict(os.environ, PYTHONPATH=str(ROOT)), capture_output=True)
        return time.perf_counter() - begin, float(done.stdout or "nan")
    modules = [module for module in IMPORTS
               if module == OURS or importlib.util.find_spec(module) is not None]
    for module in modules:
        cost(module)
    taken = [[cost(module) for module in modules] for _ in range(repeats)]
    return dict(zip(modules, np.median(taken, axis=0).tolist()))


# The peak resident memory of the process itself. Linux counts in ru_maxrss what the parent had
# before it started the program, VmHWM does not.
PEAK_MEMORY = """
import re, sys
try:
    print(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
except OSError:
    import resource
    unit = 2 ** 20 if sys.platform == "darwin" else 2 ** 10
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""


def table(result):
    """The Markdown table of a result of `run`."""
    libraries = result["libraries"]
    groups = {ours: [peer for peer in libraries if peer == ours.replace(OURS, "products")
                     or "@" not in peer and peer not in (OURS, "products")]
              for ours in libraries if ours.startswith(OURS)}
    titles = ["net", "batch", "trained", "dtype", "threads"]
    for ours, peers in groups.items():
        kind = ours.removeprefix(OURS)
        titles += ["step" + kind, *["step/products" + kind if peer.startswith("products")
                                    else peer + kind for peer in peers]]
    titles.append("spread")
    lines = [*result["header"], *result["notes"], "", "| " + " | ".join(titles) + " |",
             "|---" * len(titles) + "|"]
    lines += ["| " + " | ".join(row(cell, groups)) + " |" for cell in result["cells"]]
    if result["imports"]:
        lines += ["", "| import | wall s | peak MB |", "|---|---|---|"]
        lines += [f"| {module} | {wall:.3f} | {peak:.0f} |"
                  for module, (wall, peak) in result["imports"].items()]
    return "\n".join(lines) + "\n"


def row(cell, groups):
    """The fields of one line of the table; each group is a column of ours with its peers."""
    case, seconds = cell["case"], cell["seconds"]
    fields = ["-".join(str(width) for width in case.widths), str(case.batch), case.trained,
              case.dtype, str(case.threads)]
    for ours, peers in groups.items():
        fields.append(f"{seconds[ours] * 1e6:.0f} µs")
        for peer in peers:
            wrong = cell["wrong"].get(peer) or cell["wrong"].get(ours)
            ratio = seconds[peer] / seconds[ours]
            ratio = 1 / ratio if peer.startswith("products") else ratio
            fields.append(f"**DISAGREES**: {wrong}" if wrong else f"{ratio:.2f}")
    return [*fields, f"{cell['spread']:.0%}" + " !" * cell["disturbed"]]


def save(result, folder):
    """benchmark.md, and benchmark.npz: medians (cell, library), and every single block."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmark.md").write_text(table(result), encoding="utf-8")
    libraries, cells = result["libraries"], result["cells"]
    blocks = [(i, j, *block) for i, cell in enumerate(cells) for j, name in enumerate(libraries)
              for block in cell["samples"][name]]
    np.savez(folder / "benchmark.npz", header=result["header"], libraries=libraries,
             labels=[cell["label"] for cell in cells],
             seconds=[[cell["seconds"][name] for name in libraries] for cell in cells],
             disagree=[[bool(cell["wrong"].get(name)) for name in libraries] for cell in cells],
             blocks=np.array(blocks, float).reshape(-1, 4))    # cell, library, seconds, load


def arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny nets and one larger cell")
    parser.add_argument("--full", action="store_true", help="both dtypes, 1 and 2 threads")
    parser.add_argument("--only", default="", metavar="REGEX", help="cells whose label matches")
    parser.add_argument("--threads", help="numbers with commas")
    parser.add_argument("--dtype", help="float32, float64 or both with a comma")
    parser.add_argument("--coretype", choices=CORETYPES, help="also with this OPENBLAS_CORETYPE")
    parser.add_argument("--avx512", dest="coretype", action="store_const", const="SkylakeX")
    parser.add_argument("--rounds", type=int, default=None, help=f"blocks per cell, {ROUNDS}")
    parser.add_argument("--rows", choices=("all", "steps", "kernels"), default="all")
    parser.add_argument("--peer-python", metavar="PATH", help="a Python that has neural-tangents, "
                        "scikit-dimension and DADApy, if this one has not")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="FOLDER")
    return parser.parse_args(argv)


def main(argv=None):
    options = arguments(argv)
    threads = [int(n) for n in (options.threads or ("1,2" if options.full else "1")).split(",")]
    rounds = options.rounds or (3 if options.quick else ROUNDS)
    cells = []
    for rows, measure in (("steps", steps), ("kernels", kernels)):
        if options.rows in ("all", rows):
            cells += measure(options, threads, rounds)
    return 1 if any(cell["wrong"] for cell in cells) else 0


def steps(options, threads, rounds):
    """Measure, save and print the table of training steps."""
    dtypes = options.dtype or ("float32,float64" if options.full else "float32")
    every = cases(options.quick, dtypes.split(","), threads, options.only)
    libraries = list(LIBRARIES)
    if options.coretype:
        libraries += [f"{OURS}@{options.coretype}", f"products@{options.coretype}"]
    result = run(every, libraries, rounds, imports=not options.only)
    save(result, options.out)
    print(table(result))
    return result["cells"]


def kernels(options, threads, rounds):
    """The same for kernels and what is made of them."""
    every = benchmark_kernels.cases(options.quick, options.only, threads)
    grown = {} if options.quick or options.only else benchmark_kernels.sweeps()
    result = benchmark_kernels.run(every, grown, rounds, options.peer_python)
    benchmark_kernels.save(result, options.out)
    print(benchmark_kernels.table(result))
    return result["cells"]


if __name__ == "__main__":
    sys.exit(main())
