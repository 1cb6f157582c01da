"""Which code made an experiment's runs and verdicts, as digests that tell when it has moved on."""
from npspectral.sweep import code_version


def code_of(experiment):
    """name -> digest of all code that its runs, and its verdicts, reach; "" where it was edited.

    "runs": its run, settings and parts; "verdicts": its claims and checks. A digest is the same on
    every version of Python. It is "" if a file was edited after this process had loaded it.
    """
    return {"runs": _digest(experiment.run), "verdicts": _digest(experiment.claims)}


def _digest(function):
    try:
        return code_version(function)
    except RuntimeError:
        return ""
