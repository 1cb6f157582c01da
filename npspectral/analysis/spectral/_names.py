"""Names of columns as tables and figures can hold them."""


def joined(names, most=3):
    """The names in one: the first of them, and how many more there are."""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return " + ".join([*names[:most], *more])


def short(name, letters):
    """The name, or its begin and its end if it has more letters.

    >>> short("temperature of the sea", 9)
    'temp… sea'
    """
    if len(name) <= letters:
        return name
    end = (letters - 1) // 2
    return f"{name[:letters - 1 - end]}…{name[len(name) - end:]}"
