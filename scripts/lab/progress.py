"""How far an experiment is, on one line of the terminal."""
import multiprocessing

from npspectral.progress import Line

LINE = Line()


def progress(line):
    """Show how far an experiment is; an empty line ends it. Workers of a sweep are silent."""
    if multiprocessing.parent_process() is None:
        LINE.show(line) if line else LINE.clear()
