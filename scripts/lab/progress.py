"""How far an experiment is, on one line of the terminal."""
import multiprocessing

from npspectral.progress import Line

LINE = Line()


def progress(line):
    """Show how far an experiment is; an empty line ends it. Workers of a sweep are silent."""
    if multiprocessing.parent_process() is None:
        LINE.show(line) if line else LINE.clear()


def told(flow, target, label):
    """The records of a flow; the terminal tells how many points are still to be learned."""
    for record in flow:
        if record.step % 200 == 0:
            progress(f"{label}  step {record.step}, {1 - record.satisfied(target):.3f} to go")
        yield record
