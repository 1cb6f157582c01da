"""Which columns of a table matter: a Table in, prices of its columns out, and files of them.

Each column of the file is priced as one, however many columns of numbers it became. With a
threshold, columns that are much alike are priced together.
"""
import csv
import io
from dataclasses import replace

import numpy as np


def relevance_of(table, q=0.1, threshold=None, seed=0, minutes=10.0):
    """The Relevance of a Table's columns, or of groups of them, by a network that is fitted here.

    Raises ValueError if that takes more than so many minutes of one core, by estimate.
    """
    from .analysis.spectral._names import joined
    from .analysis.spectral.alike import column_tree
    from .analysis.spectral.selection import GROUP_MARGIN
    from .estimators import SpectralClassifier, SpectralRegressor
    kind = SpectralRegressor if table.task == "regression" else SpectralClassifier
    model = kind((50,), learning_rate=3e-3, penalty="path", random_state=seed, verbose=True)
    tree, groups, margin = None, table.source, None
    if threshold is not None:
        tree = column_tree(table.x, threshold, table.columns, table.source)
        groups, margin = tree.group[table.source], GROUP_MARGIN
    _check_time(*table.x.shape, groups.max() + 1, minutes)
    model.fit(table.x, table.target)
    result = model.relevance(table.x, table.target, q=q, groups=groups, margin=margin)
    names = (joined([table.columns[k] for k in np.unique(table.source[groups == group])])
             for group in range(groups.max() + 1))
    return replace(result, names=tuple(names), alike=tree)


def _check_time(n, p, n_groups, minutes):
    """Refuse what takes too long: n rows, p columns of numbers, priced in so many groups.

    The seconds were fitted to runs with 200 to 100,000 rows and 5 to 2,000 columns.
    """
    features = p + 200                                  # those that tell a column from the others
    smaller = min(n, features)
    fitting = n * (1.9e-3 + 1.9e-5 * p)
    operations = 2 * n * features * smaller + 2 * smaller ** 3 + 400 * n * p
    pricing = 1.5e-5 * n + 3e-6 * p + operations / 1.2e10
    needed = (fitting + n_groups * pricing) / 60
    if needed > minutes:
        raise ValueError(f"{n} rows and {p} columns of numbers take about {needed:.2g} minutes, "
                         f"expected at most {minutes:g}: take some of the rows, at random, or "
                         f"fewer columns, or allow more")


def files_of(result):
    """name -> bytes: the table, the path of the penalty and the groups as CSV, and the figure."""
    files = {"relevance.csv": _of_features(result), "path.csv": _of_path(result),
             "relevance.png": _figure(result)}
    if result.alike is not None:
        files["groups.csv"] = _of_groups(result)
    return files


def _of_features(result):
    fields = "relevance", "share", "low", "high", "p", "selected"
    arrays = [getattr(result, field).tolist() for field in fields]
    return _written([("feature", *fields), *zip(result.names, *arrays)])


def _of_groups(result):
    """Each column of the file, and the name of the group that it is in."""
    tree = result.alike
    names = [result.names[group] for group in tree.group.tolist()]
    return _written([("column", "feature"), *zip(tree.names, names)])


def _of_path(result):
    """The held-out loss of each penalty, and the relevance of each group at it."""
    path, groups = result.path, result.groups[:, None] == np.arange(len(result.names))
    rows = zip(path.penalties.tolist(), path.losses.tolist(),
               (np.arange(len(path.penalties)) == path.best).tolist(),
               *(path.relevance @ groups).T.tolist())
    return _written([("penalty", "held-out loss", "chosen", *result.names), *rows])


def _written(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _figure(result):
    """The figure as PNG; no backend is chosen, and nothing in it tells the time."""
    from matplotlib.figure import Figure
    figure, content = Figure(layout="constrained", dpi=130), io.BytesIO()
    result.plot(figure)
    figure.savefig(content, format="png")
    return content.getvalue()
