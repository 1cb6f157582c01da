"""Rows of training steps: PyTorch, JAX and the matrix products alone beside npspectral.

One step is forward, loss, backward and Adam on one batch that stays the same. A net of widths is
spectral layers with ReLU between them. "strided h" is four convolutions of 5 x 5 and h channels on
images of 28 x 28, "inverted h" sixteen with inverted bottlenecks, both as published. PyTorch runs
eagerly, with Adam as it comes and fused. JAX compiles the whole step, gives its buffers away and
waits once per block, its best case. "step" is our time. Ratios are peer time / npspectral time,
above 1 npspectral is faster; step/products is our time / theirs. Before any timing all libraries
make 5 steps from one start.
"""
from dataclasses import replace

from .cells import markdown, spread
from .workers import OURS, Case
from .workers.convolutional import PLANS
from .workers.problems import TRAINED

TITLE = "Training steps"
TINY = [((20, 20, 2), 20), ((10, 30, 1), 32)]
CONVOLUTIONAL = [(name, batch) for name in PLANS for batch in (32, 128)]
LARGER = [(widths, batch) for widths in ((784, 200, 10), (784, 1000, 1000, 10))
          for batch in (32, 128, 512)]


def cases(quick=False, dtypes=("float32",), threads=(1,)):
    """The cells of the table, in order."""
    nets = TINY + (LARGER[1:2] if quick else LARGER)
    dense = [Case("step", batch, widths, trained=trained) for widths, batch in nets
             for trained in TRAINED
             if not (quick and (widths, batch) in LARGER and trained != "lambda_out")]
    convolutional = [Case("convolution step", batch, trained="all", name=name)
                     for name, batch in CONVOLUTIONAL[:1 if quick else None]]
    return [replace(case, threads=count, dtype=dtype)
            for count in threads for dtype in dtypes for case in dense + convolutional]


def columns(libraries):
    """(title, ours, its peer) of each column of times."""
    for ours in libraries:
        if ours.startswith(OURS):
            kind = ours.removeprefix(OURS)
            yield "step" + kind, ours, ours
            yield from (("step/products" + kind, ours, peer) for peer in libraries
                        if peer == "products" + kind)
            yield from ((peer + kind, ours, peer) for peer in libraries
                        if "@" not in peer and peer not in (OURS, "products"))


def field(cell, ours, peer):
    wrong = cell["wrong"].get(peer) or cell["wrong"].get(ours)
    seconds = cell["seconds"]
    if wrong:
        return f"**DISAGREES**: {wrong}"
    if peer == ours:
        return f"{seconds[ours] * 1e6:.0f} µs"
    ratio = seconds[peer] / seconds[ours]
    return f"{1 / ratio if peer.startswith('products') else ratio:.2f}"


def table(result):
    """The Markdown table of a result of `cells.run`, and of imports if they were measured."""
    times = list(columns(result["libraries"]))
    titles = ["net", "batch", "trained", "dtype", "threads", *(title for title, *_ in times)]
    rows = [[case.net, str(case.p), case.trained, case.dtype, str(case.threads),
             *(field(cell, ours, peer) for _, ours, peer in times), spread(cell, *cell["seconds"])]
            for cell in result["cells"] for case in [cell["case"]]]
    imports = [[module, f"{wall:.3f}", f"{peak:.0f}"]
               for module, (wall, peak) in result.get("imports", {}).items()]
    return markdown(result, ([*titles, "spread"], rows), (("import", "wall s", "peak MB"), imports))
