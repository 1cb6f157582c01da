"""The one way to keep runs: npspectral.sweep, its results file in the experiment's folder."""
from npspectral import sweep

from .progress import progress


def keeper(path, workers=1, executor=None):
    """A function of a plan, part -> runs: part -> what its runs returned; `path` keeps them.

    Runs that the file holds, made by the same code with the same parameters, are not made again,
    so an experiment that was killed goes on; it says how many those are.
    """
    def keep(plan):
        runs = [run for part in plan.values() for run in part]
        table = sweep.run_all(runs, path, workers, executor, report=progress)
        values = iter(table.values)
        progress("")
        different = len({row.record for row in table.rows})
        print(f"{table.from_disk} of {different} runs from disk")
        return {name: [next(values) for _ in part] for name, part in plan.items()}
    return keep
