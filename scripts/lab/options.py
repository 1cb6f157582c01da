"""The command line's numbers, and the settings that it changes."""
import argparse
import ast
import math
from dataclasses import fields, replace


def at_least_one(text):
    """A number of seeds or workers."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}, expected 1 or more")
    return number


def minutes(text):
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text}, expected a time above 0")
    return number


def seeds_of(setting):
    """name -> value of those fields of a setting that are a number of seeds."""
    return {field.name: getattr(setting, field.name) for field in fields(setting)
            if field.name.startswith("seeds")}


def with_seeds(setting, seeds):
    """The setting with another number of seeds, of every kind that it has; None leaves it alone."""
    return setting if seeds is None else replace(setting, **dict.fromkeys(seeds_of(setting), seeds))


def changed(setting, changes):
    """The setting with other values of fields, written FIELD=VALUE; a VALUE is a Python literal.

    Raises ValueError for a field that the setting does not have, or a value of another type.
    """
    known = [field.name for field in fields(setting)]
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            raise ValueError(f"--set {change}: the setting has no {name!r}, expected one of "
                             f"{', '.join(known)}")
        before, value = getattr(setting, name), _literal(text)
        if isinstance(before, float) and type(value) is int:
            value = float(value)
        if before is not None and type(value) is not type(before):
            raise ValueError(f"--set {change}: {name} is {before!r}, expected "
                             f"{type(before).__name__}")
        setting = replace(setting, **{name: value})
    return setting


def _literal(text):
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
