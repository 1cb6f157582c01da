"""How fast npspectral is beside others: `python scripts/benchmark`; here, how it is written."""
import numpy as np


def markdown(titles, rows):
    """The lines of a table, of titles and rows of fields."""
    return ["", f"| {' | '.join(titles)} |", "|---" * len(titles) + "|",
            *(f"| {' | '.join(fields)} |" for fields in rows)]


def save(folder, name, text, **arrays):
    """NAME.md and NAME.npz."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    np.savez(folder / f"{name}.npz", **arrays)
